//! `cachestorm plan`: how much is needed, or how much can be carried, so that the objectives are met.

use super::destination::Destination;
use super::exit::{Exit, Stop, note};
use super::format::{Format, TextRowsOrJson, named};
use super::kept::Kept;
use super::manifest::{Done, Made, manifest};
use super::need::Need;
use super::plan::{Changes, Plan};
use super::point::Varied;
use super::progress::{Search as Progress, listen};
use super::source::Source;
use super::terms::Terms;
use super::{long, number, simulate};
use cachestorm::experiment::plan::{Search, plan};
use cachestorm::experiment::{Runner, Values};
use cachestorm::model::{Goal, Level, Quantity, Range, Sought};
use cachestorm::report::plan::{PlanView, document, text};
use cachestorm::report::{files_of_plan, json};
use serde_json::json;
use std::ffi::OsString;
use std::io::Write;

/// Finds the least of a setting, or the most, that meets the objectives
///
/// Some values over the whole range are simulated, then values between the last that meets all `[[objective]]`s and the
/// first that does not, until the two are as near to each other as `--precision` asks. Each value is replicated until
/// its intervals show on which side it is, and at least five times. All values see the same random traffic. The results are in
/// OUT/SCENARIO.plan: `plan.json`, `plan.csv` and `plan.parquet` with a row for each replication, a curve for each objective,
/// and `report.html`, a page with all of it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm plan mine.toml                        as its `[plan]` says
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
    /// The setting that is searched, and from where to where [default: as the scenario's `[plan]` says]
    #[arg(long = "find", value_name = "SETTING[=FROM..TO]", value_parser = Sought::parse)]
    sought: Option<Sought>,
    #[command(flatten)]
    wanted: End,
    /// How narrow the answer is to be, as a share of it [default: 2%]
    #[arg(long, value_name = "SHARE", value_parser = number::share)]
    precision: Option<f64>,
    /// Make no more replications of a value than this, even if it is not known on which side it is; at least 5 are made
    /// [default: 100]
    #[arg(long, value_name = "NUMBER", value_parser = number::replications_of_plan, allow_negative_numbers = true)]
    max_replications: Option<u32>,
    #[command(flatten)]
    printed: TextRowsOrJson,
    #[command(flatten)]
    pub terms: Terms,
}

/// Which end is wanted, if it is not the one that the scenario names.
#[derive(clap::Args)]
#[group(multiple = false)]
struct End {
    /// Find the smallest value that meets the objectives
    #[arg(long)]
    least: bool,
    /// Find the largest value that meets the objectives
    #[arg(long)]
    most: bool,
}

impl End {
    fn goal(&self) -> Option<Goal> {
        match (self.least, self.most) {
            (true, _) => Some(Goal::Least),
            (_, true) => Some(Goal::Most),
            _ => None,
        }
    }
}

/// How narrow the answer is, as a share of it, if nobody says otherwise.
const PRECISION: f64 = 0.02;

/// More replications of a value than this are not made, if nobody says otherwise.
const REPLICATIONS_MAX: u32 = 100;

/// Without a range, the search goes from the scenario's own value divided by this to as many times as much.
const AROUND: f64 = 10.0;

/// Where it is searched: as asked for, or around what the scenario has.
fn range_of(sought: &Sought, path: &str, varied: &Varied) -> Result<Range, Stop> {
    if let Some(range) = sought.range {
        return Ok(range);
    }
    let written = varied.document()?.written(varied.variant(), path).and_then(|node| node.scalar());
    let found = written.as_deref().and_then(Quantity::of).filter(|(_, at)| *at > 0.0);
    let Some((quantity, at)) = found else {
        // That there is no such setting is told as such.
        if let Err(Stop::Problems(problems)) = varied.at(std::iter::once((path.to_owned(), "1".to_owned())))
            && problems.iter().any(|problem| problem.message.starts_with("unknown setting"))
        {
            return Err(problems.into());
        }
        let what =
            format!("search `{path}`: from where to where? The scenario gives it no number to search around");
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

impl Find {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let source = Source::find(&self.scenario)?;
        self.changes.overrides.check_number(
            "plan",
            "`plan` replicates each value until it is decided: leave `--replications` away",
        )?;
        let base = Plan::of(&source, &self.changes)?;
        if base.model.objectives.is_empty() {
            let help = "write what has to hold, as in `[[objective]]` with `metric = \"client.latency_p99_seconds\"` and \
                        `at_most = \"200 ms\"`";
            return Err(Stop::failed("search: the scenario has no objectives that could be met", help));
        }
        let varied = Varied { source: &source, changes: &self.changes, option: "--find" };
        let search = self.search(&base, &varied)?;
        let setting = search.setting.clone();
        let at = |level: &Level| varied.at(std::iter::once((setting.clone(), level.text.clone())));
        let threads = self.threads(&search.range, at)?;
        let name = base.model.name.clone();
        let destination = Destination::claim(&self.terms.results.out, &name, Some("plan"))?;
        if !self.terms.results.quiet {
            base.notes.iter().chain(&destination.replaces(&self.arguments())).for_each(|text| note(text));
        }
        let kept = Kept::open(&destination, &self.terms)?;
        let case = |level: &Level| {
            Ok::<_, Stop>(varied.case_of(at(level)?, vec![level.clone()], self.terms.max_memory))
        };
        // A search begins with both ends.
        let ends = [search.range.from, search.range.to].map(|end| search.range.quantity.level(end));
        let ends = ends.iter().filter_map(|end| case(end).ok()?.identity);
        kept.check_resume(ends.map(|identity| identity.key::<Values>(0)))?;
        let progress = Progress::new(self.terms.results.quiet);
        listen();
        let runner = Runner::with_log(&progress, &kept.log);
        let found = simulate::pool(threads)?.install(|| plan(search, case, &runner));
        progress.clear();
        kept.tell();
        long::end()?;
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

    /// What is asked for: by arguments, and where they say nothing, by the scenario.
    fn search(&self, base: &Plan, varied: &Varied) -> Result<Search, Stop> {
        let spec = base.model.plan.as_ref();
        let sought = self.sought.as_ref().or(spec.map(|spec| &spec.find.value)).ok_or_else(|| {
            let help = "name a setting, as in `--find redis.memory=64MiB..8GiB --least`, or write it in the scenario: \
                        `[plan]` with `find = \"redis.memory=64MiB..8GiB\"` and `goal = \"least\"`";
            Stop::failed("search: nothing is named that could be searched", help)
        })?;
        let goal = self.wanted.goal().or(spec.map(|spec| spec.goal)).ok_or_else(|| {
            let help = "add `--least` for what costs money, `--most` for a load";
            Stop::failed(format!("search `{}`: which end of it?", sought.setting), help)
        })?;
        let setting = varied.path(&sought.setting)?;
        let most = self.max_replications.or(spec.and_then(|spec| spec.max_replications));
        let precision = self.precision.or(spec.and_then(|spec| spec.precision));
        Ok(Search {
            range: range_of(sought, &setting, varied)?,
            setting,
            goal,
            objectives: base.model.objectives.clone(),
            precision: precision.unwrap_or(PRECISION),
            replications: [base.model.replications, most.unwrap_or(REPLICATIONS_MAX)],
        })
    }

    /// How many threads are used: as many as both ends of the range have room for. What is wrong with an end is told before
    /// anything is simulated.
    fn threads(&self, range: &Range, at: impl Fn(&Level) -> Result<Plan, Stop>) -> Result<usize, Stop> {
        let mut threads = simulate::threads(self.terms.threads, u32::MAX);
        for end in [range.from, range.to] {
            let model = at(&range.quantity.level(end))?.model;
            // Both ends are tried, and some values between them.
            long::check(long::expected(&model) * f64::from(model.replications), &self.terms)?;
            let need = Need::of(&model, 1);
            need.check(self.terms.max_memory)?;
            while !need.on(threads).fits(self.terms.max_memory) {
                threads -= 1;
            }
        }
        Ok(threads)
    }

    fn write(&self, view: &PlanView, source: &Source, destination: &Destination) -> Result<(), Stop> {
        let done = Done {
            scenario: view.scenario,
            variant: view.variant,
            seed: view.seed,
            is_complete: view.found.is_complete,
            extent: json!({}),
        };
        let made =
            Made { command: "plan", source, given: &self.scenario, other: None, arguments: self.arguments() };
        let mut files = files_of_plan(view, &made.how(), self.terms.results.pictures.into());
        files.push(manifest(&made, &done));
        destination.write(&files)?;
        let mut out = anstream::stdout().lock();
        match self.printed.format() {
            Format::Json => out.write_all(json::text(&document(view)).as_bytes())?,
            Format::Csv => out.write_all(named(&files, "plan.csv"))?,
            Format::Table | Format::Markdown => {
                out.write_all(text(view).as_bytes())?;
                writeln!(out, "\nresults in {}", destination.folder().display())?;
            }
        }
        Ok(out.flush()?)
    }

    /// As arguments of a command that asks for the same again.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = self.changes.arguments();
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        self.sought.iter().for_each(|sought| add("--find", sought.written.clone()));
        self.precision.iter().for_each(|share| add("--precision", share.to_string()));
        self.max_replications.iter().for_each(|most| add("--max-replications", most.to_string()));
        arguments.extend(self.wanted.goal().map(|goal| match goal {
            Goal::Least => "--least".to_owned(),
            Goal::Most => "--most".to_owned(),
        }));
        arguments.extend(self.terms.arguments());
        arguments
    }
}
