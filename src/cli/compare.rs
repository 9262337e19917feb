//! `cachestorm compare`: variants of a scenario side by side, on the same traffic.

use super::destination::Destination;
use super::exit::{Exit, Stop, note, print};
use super::format::Format;
use super::kept::Kept;
use super::manifest::{Done, Made, manifest};
use super::need::Need;
use super::part::Part;
use super::plan::{BASE, Overrides, Plan, check_all};
use super::shard;
use super::simulate::Until;
use super::source::Source;
use super::terminal;
use super::terms::Terms;
use super::{long, memory, simulate, subject};
use cachestorm::experiment::statistics::REPLICATIONS_MAX;
use cachestorm::experiment::{Comparison, Identity, Outcome, State, Variant};
use cachestorm::measure::Record;
use cachestorm::model::{Prepared, metric_names};
use cachestorm::report::compare::{Show, SideBySide, csv, document, markdown, text};
use cachestorm::report::{Subject, files_of_comparison, json};
use cachestorm::scenario::Document;
use glob::Pattern;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Puts the variants of a scenario side by side, all on the same traffic
///
/// Each variant sees the same arrivals, keys, users and service times as the scenario itself, so that what differs
/// is the cure and not the luck. First stands which variant to take, then what each does to the objectives and to what
/// differs. Each variant runs 10 times, unless the scenario sets `replications` or `--replications` is given. The results
/// are in OUT/SCENARIO.compare: `comparison.json`, `.csv` and `.md`, charts that lay the variants over each other, and
/// `report.html`, a page with all of it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm compare
  cachestorm compare mine.toml --variant single-flight --variant lock
  cachestorm compare before.toml after.toml --replications 20
  cachestorm compare mine.toml --replications auto
  cachestorm compare mine.toml --gate single-flight      in CI: does this variant meet all objectives?
  cachestorm compare mine.toml --measure 'client.*' --measure 'redis.hit_*'
  cachestorm compare mine.toml --format csv > comparison.csv

Exit status: 0 some variant meets all objectives, 98 none does and some may (undecided), 99 all miss one. With
`--gate NAME`: 0 this variant meets all, 98 undecided, 99 it misses one. See `cachestorm --help`.")]
pub struct Compare {
    /// A scenario file, the name of a shipped scenario, or `-` for stdin
    #[arg(default_value = "thundering-herd")]
    scenario: OsString,
    /// Another scenario, to be compared with the first in place of its variants
    #[arg(conflicts_with = "variants")]
    other: Option<OsString>,
    /// Compare with this variant only; may be repeated [default: all]
    #[arg(long = "variant", value_name = "NAME")]
    variants: Vec<String>,
    #[command(flatten)]
    overrides: Overrides,
    /// Show the metrics of this name, in which `*` stands for anything; may be repeated [default: those of the
    /// objectives, and those of which less or more is better]
    #[arg(long = "measure", value_name = "GLOB", value_parser = metric_names)]
    measures: Vec<Pattern>,
    /// Show all metrics with their intervals, not only those that differ or matter
    #[arg(long, conflicts_with = "measures")]
    all: bool,
    /// Let the exit status tell whether this variant meets all objectives; `base` is the scenario itself [default: whether
    /// any variant does]
    #[arg(long, value_name = "NAME")]
    gate: Option<String>,
    /// What is printed; the files are written all the same
    #[arg(long, value_enum, default_value_t = Format::Table, conflicts_with = "json")]
    format: Format,
    /// Print one JSON document, as `--format json` does; `cachestorm schema --results` describes it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    part: shard::Chosen,
    #[command(flatten)]
    pub terms: Terms,
}

/// How often each variant runs, if nobody says otherwise: five runs show large differences only.
const REPLICATIONS: u32 = 10;

/// One of those that are compared.
struct Arm<'a> {
    name: String,
    plan: Plan,
    source: &'a Source,
}

/// All variants see the same traffic: they have one seed and as many replications.
fn same_traffic(arms: &mut [Arm]) -> Result<(), Stop> {
    let seed = arms[0].plan.model.seed;
    if let Some(arm) = arms.iter().find(|arm| arm.plan.model.seed != seed) {
        let what = format!(
            "compare `{}` with `{}`: their seeds differ ({seed} and {}), so they do not see the same traffic",
            arms[0].name, arm.name, arm.plan.model.seed
        );
        return Err(Stop::failed(what, format!("give both the same seed, as in `--seed {seed}`")));
    }
    let written = arms.iter().filter(|arm| arm.plan.has_replications);
    let replications = written.map(|arm| arm.plan.model.replications).max().unwrap_or(REPLICATIONS);
    for arm in arms {
        arm.plan.model.replications = replications;
    }
    Ok(())
}

impl Compare {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let source = Source::find(&self.scenario)?;
        let other = self.other.as_deref().map(Source::find).transpose()?;
        self.execute_part(&source, other.as_ref(), &self.part.into())
    }

    /// So much of it as is wanted.
    pub fn execute_part(&self, source: &Source, other: Option<&Source>, part: &Part) -> Result<Exit, Stop> {
        let mut arms = self.arms(source, other)?;
        let gate = self.gate(&arms)?;
        let until = self.until(&mut arms, part)?;
        let replications = arms[0].plan.model.replications;
        let threads = simulate::threads(self.terms.threads, replications.saturating_mul(arms.len() as u32));
        let notes = std::mem::take(&mut arms[0].plan.notes);
        let events: f64 = arms.iter().map(|arm| long::expected(&arm.plan.model)).sum();
        long::check(events * f64::from(replications) * part.share(), &self.terms)?;
        let needs = arms.iter().map(|arm| Need::of(&arm.plan.model, threads));
        Need::together(needs).into_iter().try_for_each(|need| need.check(self.terms.max_memory))?;
        let suffix = part.suffix(Some("compare"));
        let destination =
            Destination::claim(&self.terms.results.out, &arms[0].plan.model.name, suffix.as_deref())?;
        let second = arms.last().map(|arm| arm.plan.model.name.clone()).unwrap_or_default();
        let made = Made {
            command: "compare",
            source,
            given: &self.scenario,
            other: other.zip(self.other.as_deref()).map(|(other, given)| (second.as_str(), given, other)),
            arguments: self.arguments(),
        };
        let identities: Vec<Option<Identity>> =
            arms.iter().map(|arm| arm.plan.identity(arm.source)).collect();
        let (names, prepared) = prepare(arms)?;
        let needs = prepared.iter().map(|prepared| Need::of_prepared(prepared, threads));
        Need::together(needs).into_iter().try_for_each(|need| need.check(self.terms.max_memory))?;
        if !self.terms.results.quiet {
            let replaced = destination.replaces(&self.arguments());
            notes.iter().chain(&replaced).for_each(|text| note(text));
        }
        let kept = Kept::open(&destination, &self.terms)?;
        let replications = 0..u64::from(replications);
        let keys = identities.iter().flatten();
        kept.check_resume(keys.flat_map(|it| replications.clone().map(|n| it.key::<Record>(n))))?;
        part.begin(&made, &identities, &destination, &kept)?;
        let variants = names.iter().zip(&prepared).zip(identities);
        let variants: Vec<Variant> =
            variants.map(|((name, prepared), identity)| Variant { name, prepared, identity }).collect();
        let (outcomes, watched) = simulate::simulate(&variants, threads, part, &kept, until)?;
        if let Some(exit) = watched.end(&destination, &kept)? {
            return Ok(exit);
        }
        simulate::tell_auto(&outcomes, self.terms.results.quiet);
        let comparison = Comparison { outcomes };
        if comparison.base().replications() == 0 {
            note("interrupted before the first replication was done in all variants; nothing is written");
            return Ok(Exit::Interrupted);
        }
        self.report(&comparison, gate, &variants, &made, &destination)?;
        Ok(exit(&comparison, gate))
    }

    /// Writes the files, and prints what was asked for.
    fn report(
        &self,
        comparison: &Comparison,
        gate: Option<usize>,
        variants: &[Variant],
        made: &Made,
        destination: &Destination,
    ) -> Result<(), Stop> {
        let file = self.overrides.trace.as_ref().map(|file| file.to_string_lossy().into_owned());
        let subjects: Vec<Subject> = variants
            .iter()
            .map(|it| subject::of(it.prepared, it.name, file.clone()))
            .map(|subject| Subject { sets: self.overrides.sets.clone(), ..subject })
            .collect();
        let chosen = |name: &str| self.measures.iter().any(|pattern| pattern.matches(name));
        let show = match (self.measures.is_empty(), self.all) {
            (false, _) => Show::Named(&chosen),
            (true, true) => Show::All,
            (true, false) => Show::Brief,
        };
        let view = SideBySide::new(&subjects, comparison, &show).with_gate(gate);
        let document = document(&view);
        let mut results =
            files_of_comparison(&view, &document, &made.how(), self.terms.results.pictures.into());
        results.push(manifest(made, &Done::replications(&subjects[0], comparison.base())));
        destination.write(&results)?;
        print(|out| match Format::chosen(Some(self.format), self.json) {
            Format::Table => {
                out.write_all(text(&view, terminal::width()).as_bytes())?;
                writeln!(out, "\nresults in {}", destination.shown())
            }
            Format::Markdown => out.write_all(markdown(&view).as_bytes()),
            Format::Csv => out.write_all(&csv(&view)),
            Format::Json => out.write_all(json::text(&document).as_bytes()),
        })
    }

    /// The base, and what is compared with it.
    fn arms<'a>(&self, source: &'a Source, other: Option<&'a Source>) -> Result<Vec<Arm<'a>>, Stop> {
        let arm = |source: &'a Source, name: &str| -> Result<Arm<'a>, Stop> {
            let plan = Plan::of_variant(source, Some(name), &self.overrides)?;
            if name == BASE {
                check_all(source)?;
            }
            Ok(Arm { name: name.to_owned(), plan, source })
        };
        let mut arms = vec![arm(source, BASE)?];
        if let Some(other) = other {
            let second = arm(other, BASE)?;
            let names = [&arms[0], &second].map(|arm| arm.plan.model.name.clone());
            let is_told_apart = names[0] != names[1];
            let name = if is_told_apart { names[1].clone() } else { stem(self.other.as_deref(), &names[1]) };
            arms[0].name =
                if is_told_apart { names[0].clone() } else { stem(Some(&self.scenario), &names[0]) };
            arms.push(Arm { name, ..second });
        } else {
            for name in self.chosen_variants(source)? {
                arms.push(arm(source, &name)?);
            }
        }
        same_traffic(&mut arms)?;
        Ok(arms)
    }

    /// How long replications go on.
    fn until(&self, arms: &mut [Arm], part: &Part) -> Result<Until, Stop> {
        if !self.overrides.is_auto(&arms[0].plan.model, part)? {
            return Ok(Until::All);
        }
        let first = arms[0].plan.model.replications.min(REPLICATIONS_MAX);
        for arm in arms {
            arm.plan.model.replications = REPLICATIONS_MAX;
        }
        Ok(Until::Decided { first })
    }

    /// The variant that the exit status is about, by its place among those that are compared.
    fn gate(&self, arms: &[Arm]) -> Result<Option<usize>, Stop> {
        let Some(name) = &self.gate else { return Ok(None) };
        let place = arms.iter().position(|arm| arm.name == *name).or((name == BASE).then_some(0));
        let names: Vec<&str> = arms.iter().map(|arm| arm.name.as_str()).collect();
        place.map(Some).ok_or_else(|| {
            let near = cachestorm::scenario::nearest(name, names.iter().copied());
            let help = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            let help = format!("{help}compared are {}", names.join(", "));
            Stop::failed(format!("gate on `{name}`: no variant that is compared has this name"), help)
        })
    }

    /// The names of the variants, each once.
    fn chosen_variants(&self, source: &Source) -> Result<Vec<String>, Stop> {
        let document = Document::parse(&source.name, &source.text)?;
        let known: Vec<String> = document.variants().iter().map(|variant| variant.name.clone()).collect();
        if known.is_empty() {
            return Err(Stop::failed(
                format!("compare variants: `{}` has none", source.name),
                "add a `[[variant]]` with a `name` and the settings that it changes, or name a second file",
            ));
        }
        if self.variants.is_empty() {
            return Ok(known);
        }
        let mut chosen: Vec<String> = Vec::new();
        for name in self.variants.iter().filter(|name| *name != BASE) {
            if !chosen.contains(name) {
                chosen.push(name.clone());
            }
        }
        if chosen.is_empty() {
            return Err(Stop::failed("compare the base with itself", "name a variant with `--variant`"));
        }
        Ok(chosen)
    }

    /// As arguments of a command that asks for the same again.
    fn arguments(&self) -> Vec<String> {
        let variants = self.variants.iter().flat_map(|name| ["--variant".to_owned(), name.clone()]);
        let measures = self.measures.iter().flat_map(|measure| ["--measure".to_owned(), measure.to_string()]);
        let gate = self.gate.iter().flat_map(|name| ["--gate".to_owned(), name.clone()]);
        let all = self.all.then(|| "--all".to_owned());
        let shown = measures.chain(all).chain(gate);
        variants.chain(self.overrides.arguments()).chain(shown).chain(self.terms.arguments()).collect()
    }
}

fn prepare(arms: Vec<Arm>) -> Result<(Vec<String>, Vec<Prepared>), Stop> {
    let mut names = Vec::new();
    let mut prepared = Vec::new();
    for Arm { name, plan, .. } in arms {
        names.push(name);
        prepared.push(Prepared::within(plan.model, plan.trace, &memory::is_used_up)?);
    }
    Ok((names, prepared))
}

/// What a file is called, where the scenarios in two files have one name.
fn stem(file: Option<&OsStr>, name: &str) -> String {
    let stem =
        file.map(PathBuf::from).and_then(|file| Some(file.file_stem()?.to_string_lossy().into_owned()));
    stem.unwrap_or_else(|| name.to_owned())
}

fn exit(comparison: &Comparison, gate: Option<usize>) -> Exit {
    if !comparison.base().is_complete() {
        return Exit::Interrupted;
    }
    let state = match gate {
        Some(variant) => comparison.outcomes[variant].state(),
        None => State::any(comparison.outcomes.iter().map(Outcome::state)),
    };
    state.into()
}
