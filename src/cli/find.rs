//! `cachestorm plan`: how much is needed, or how much can be carried, so that the objectives are met.

use super::destination::Destination;
use super::exit::{Exit, Stop, note};
use super::kept::Kept;
use super::plan::{Changes, Plan};
use super::point::Varied;
use super::progress::{Search as Progress, listen};
use super::source::Source;
use super::terms::Terms;
use super::{memory, number, simulate};
use cachestorm::experiment::Runner;
use cachestorm::experiment::plan::{Goal, Search, plan};
use cachestorm::experiment::sweep::Case;
use cachestorm::model::{Level, Quantity, Range};
use cachestorm::report::plan::{PlanView, document, text};
use cachestorm::report::{files_of_plan, json};
use serde_json::json;
use std::ffi::OsString;
use std::io::Write;

/// Finds the least of a setting, or the most, that meets the objectives
///
/// Some values over the whole range are simulated, then values between the last that meets all `[[objective]]`s and the
/// first that does not, until the two are as near to each other as `--precision` asks. Each value is replicated until
/// its intervals show on which side it is. All values see the same random traffic. The results are in
/// OUT/SCENARIO.plan: `plan.json`, `plan.csv` with a row for each replication, and a curve for each objective.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm plan mine.toml --find redis.memory=64MiB..8GiB --least
  cachestorm plan mine.toml --find workload.rate=1000/s..50000/s --most
  cachestorm plan mine.toml --find app.instances=1..40 --least --variant single-flight
  cachestorm plan mine.toml --find database.workers --least --precision 5%
  cachestorm plan mine.toml --find redis.memory=64MiB..8GiB --least --json --quiet | jq .answer.meets

Without a range it is from a tenth of what the scenario has to ten times as much. Factors are even steps: write
`=0s..10s:linear` for differences. `workload.rate` is the rate of the arrivals, of whichever kind they are: the same
as `workload.arrivals.poisson`, where they are Poisson.

Exit status: 0 there is such a value, 99 none in the range; see `cachestorm --help`.")]
pub struct Find {
    /// A scenario file, the name of a shipped scenario, or `-` for stdin
    scenario: OsString,
    #[command(flatten)]
    changes: Changes,
    /// The setting that is searched, and from where to where
    #[arg(long = "find", value_name = "SETTING[=FROM..TO]", value_parser = Sought::parse)]
    sought: Sought,
    #[command(flatten)]
    wanted: End,
    /// How narrow the answer is to be, as a share of it
    #[arg(long, value_name = "SHARE", default_value = "2%", value_parser = number::share)]
    precision: f64,
    /// Make no more replications of a value than this, even if it is not known on which side it is
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = number::replications,
          allow_negative_numbers = true)]
    max_replications: u32,
    /// Print plan.json in place of the text for people; the files are written all the same
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    terms: Terms,
}

/// Which end is wanted: one of the two has to be named.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct End {
    /// Find the smallest value that meets the objectives
    #[arg(long)]
    least: bool,
    /// Find the largest value that meets the objectives
    #[arg(long)]
    most: bool,
}

/// A setting, and perhaps where it is searched.
#[derive(Clone, Debug, PartialEq)]
struct Sought {
    setting: String,
    range: Option<Range>,
    /// As it was asked for.
    written: String,
}

/// How a range is written.
const SHAPE: &str = "expected `setting=from..to`, as in `redis.memory=64MiB..8GiB`";

/// Without a range, the search goes from the scenario's own value divided by this to as many times as much.
const AROUND: f64 = 10.0;

impl Sought {
    fn parse(text: &str) -> Result<Self, String> {
        let written = text.to_owned();
        let Some((setting, range)) = text.split_once('=') else {
            let setting = text.trim().to_owned();
            return if setting.is_empty() {
                Err(SHAPE.into())
            } else {
                Ok(Self { setting, range: None, written })
            };
        };
        let setting = setting.trim().to_owned();
        let (from, to) = range
            .split_once("..")
            .filter(|_| !setting.is_empty())
            .ok_or_else(|| format!("`{text}` is no range: {SHAPE}"))?;
        let from = from.trim();
        let (to, spread) = to.split_once(':').map_or((to, None), |(to, spread)| (to, Some(spread.trim())));
        let is_from_zero = Quantity::of(from).is_some_and(|(_, from)| from <= 0.0);
        let is_log = match spread {
            None => !is_from_zero,
            Some("log") => true,
            Some("linear") => false,
            Some(spread) => {
                return Err(format!(
                    "`{spread}` is no way to spread values: expected `log` or `linear`, and no number of values"
                ));
            }
        };
        let range = Range::parse(&setting, from, to.trim(), is_log)?;
        Ok(Self { setting, range: Some(range), written })
    }

    /// Where it is searched: as asked for, or around what the scenario has.
    fn range(&self, path: &str, varied: &Varied) -> Result<Range, Stop> {
        if let Some(range) = self.range {
            return Ok(range);
        }
        let written = varied.document()?.written(varied.variant(), path).and_then(|node| node.scalar());
        let found = written.as_deref().and_then(Quantity::of).filter(|(_, at)| *at > 0.0);
        let Some((quantity, at)) = found else {
            let what = format!(
                "search `{path}`: from where to where? The scenario gives it no number to search around"
            );
            return Err(Stop::failed(
                what,
                format!("give the range, as in `--find {path}=10..1000`, with the unit of the setting"),
            ));
        };
        let least = if quantity == Quantity::Whole { 1.0 } else { 0.0 };
        let most = if quantity == Quantity::Share { 1.0 } else { f64::INFINITY };
        let end = |at: f64| quantity.round_level(at).at.unwrap_or(at);
        let (from, to) = (end((at / AROUND).max(least)), end((at * AROUND).min(most)));
        Ok(Range { quantity, from, to, is_log: true })
    }
}

impl Find {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let source = Source::find(&self.scenario)?;
        let base = Plan::of(&source, &self.changes)?;
        if base.model.objectives.is_empty() {
            let help = "write what has to hold, as in `[[objective]]` with `metric = \"client.latency_p99_seconds\"` and \
                        `at_most = \"200 ms\"`";
            return Err(Stop::failed("search: the scenario has no objectives that could be met", help));
        }
        let varied = Varied { source: &source, changes: &self.changes };
        let search = self.search(&base, &varied)?;
        let setting = search.setting.clone();
        let at = |level: &Level| varied.at(std::iter::once((setting.clone(), level.text.clone())));
        let threads = self.threads(&search.range, at)?;
        let name = base.model.name.clone();
        let destination = Destination::claim(&self.terms.out, &name, Some("plan"))?;
        if !self.terms.quiet {
            base.notes.iter().chain(&destination.replaces(&self.arguments())).for_each(|text| note(text));
        }
        let kept = Kept::open(&destination, &self.terms)?;
        let progress = Progress::new(self.terms.quiet);
        listen();
        let case = |level: &Level| {
            let plan = at(level)?;
            let need = memory::Need::of(&plan.model, 1);
            let refused = (!need.fits(self.terms.max_memory)).then(|| {
                format!(
                    "may need {} of memory, more than `--max-memory` allows ({})",
                    need.total(),
                    self.terms.max_memory
                )
            });
            let identity = plan.identity(&source);
            let point = vec![level.clone()];
            Ok::<_, Stop>(Case { point, model: plan.model, trace: plan.trace, identity, refused })
        };
        let runner = Runner::with_log(&progress, &kept.log);
        let found = simulate::pool(threads)?.install(|| plan(search, case, &runner));
        progress.clear();
        kept.tell();
        let found = found?;
        if found.tried.is_empty() {
            note("interrupted before the first values were judged; nothing is written");
            return Ok(Exit::Interrupted);
        }
        let variant = base.variant.as_str();
        let view = PlanView { scenario: &name, variant, seed: base.model.seed, found: &found };
        self.write(&view, &source, &destination)?;
        Ok(match found.answer() {
            _ if !found.is_complete => Exit::Interrupted,
            Some(_) => Exit::Done,
            None => Exit::Missed,
        })
    }

    fn search(&self, base: &Plan, varied: &Varied) -> Result<Search, Stop> {
        let setting = varied.path(&self.sought.setting)?;
        Ok(Search {
            range: self.sought.range(&setting, varied)?,
            setting,
            goal: if self.wanted.least { Goal::Least } else { Goal::Most },
            objectives: base.model.objectives.clone(),
            precision: self.precision,
            replications: [base.model.replications, self.max_replications],
        })
    }

    /// How many threads are used: as many as both ends of the range have room for. What is wrong with an end is told before
    /// anything is simulated.
    fn threads(&self, range: &Range, at: impl Fn(&Level) -> Result<Plan, Stop>) -> Result<usize, Stop> {
        let mut threads = simulate::threads(self.terms.threads, u32::MAX);
        for end in [range.from, range.to] {
            let need = memory::Need::of(&at(&range.quantity.level(end))?.model, 1);
            need.check(self.terms.max_memory)?;
            while !need.on(threads).fits(self.terms.max_memory) {
                threads -= 1;
            }
        }
        Ok(threads)
    }

    fn write(&self, view: &PlanView, source: &Source, destination: &Destination) -> Result<(), Stop> {
        let manifest = json!({
            "program": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "command": "plan",
            "complete": view.found.is_complete,
            "scenario": { "name": view.scenario, "file": source.name, "text": source.text },
            "arguments": self.arguments(),
            "variant": view.variant,
            "seed": view.seed,
        });
        let mut files = files_of_plan(view, self.terms.pictures.into());
        files.push(("manifest.json".into(), json::text(&manifest).into_bytes()));
        destination.write(&files)?;
        let mut out = anstream::stdout().lock();
        if self.json {
            out.write_all(json::text(&document(view)).as_bytes())?;
        } else {
            out.write_all(text(view).as_bytes())?;
            writeln!(out, "\nresults in {}", destination.folder().display())?;
        }
        Ok(out.flush()?)
    }

    /// As arguments of a command that asks for the same again.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = self.changes.arguments();
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        add("--find", self.sought.written.clone());
        add("--precision", format!("{}%", self.precision * 100.0));
        add("--max-replications", self.max_replications.to_string());
        arguments.push(if self.wanted.least { "--least".into() } else { "--most".into() });
        arguments
    }
}
