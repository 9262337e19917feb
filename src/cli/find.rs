//! `cachestorm plan`: how much is needed, or how much can be carried, so that the objectives are met.

use super::destination::Destination;
use super::exit::{Exit, Stop, note, print};
use super::format::{Format, TextRowsOrJson, named};
use super::kept::Kept;
use super::lookout::{self, Results};
use super::manifest::{Done, Made, manifest};
use super::need::Need;
use super::plan::{Changes, Plan, is_of_no_replication};
use super::point::Varied;
use super::progress::Search as Progress;
use super::source::Source;
use super::terms::Terms;
use super::{long, number, simulate, sought};
use cachestorm::experiment::fitness::{Fit, may_be_cold};
use cachestorm::experiment::plan::{Found, Headroom, Search, first_look, plan};
use cachestorm::experiment::statistics::REPLICATIONS_MAX;
use cachestorm::experiment::sweep::Case;
use cachestorm::experiment::{Runner, Values};
use cachestorm::model::{ArrivalSpec, Goal, Level, Model, PLAN_REPLICATIONS_MIN, Range, Sought, Sure};
use cachestorm::report::findings::{Finding, of_cold};
use cachestorm::report::plan::{PlanView, document, text};
use cachestorm::report::{files_of_plan, json};
use serde_json::json;
use std::ffi::OsString;

/// Finds the least of a setting, or the most, that meets the objectives
///
/// Some values over the whole range are simulated, then values between the last that meets all `[[objective]]`s and the
/// first that does not, until the two are as near to each other as `--precision` asks. Each value is run again and again
/// until it is known on which side it is: 18 clean runs in a row show that it meets the objectives, three bad ones that it
/// misses. Each side is wrong with at most 5 %. All values see the same random traffic. The results are in
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
  cachestorm plan mine.toml --find database.workers --least --sure nearly-all-runs --headroom 50%
  cachestorm plan mine.toml --find redis.memory=64MiB..8GiB --least --json --quiet | jq .answer.meets

Without a range it is from a tenth of what the scenario has to ten times as much. Factors are even steps: write
`=0s..10s:linear` for differences. `workload.rate` is the rate of the arrivals, of whichever kind they are: the same
as `workload.arrivals.poisson`, where they are Poisson.

`plan` does not answer from runs that are not warm (findings D20 and D22): raise `warmup` and `duration`, or add
`--even-if-cold`.

Exit status: 0 there is such a value, 99 none in the range, 98 none that is known to meet the objectives and some that may,
2 the runs are not warm;
see `cachestorm --help`.")]
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
    /// Make no more replications of a value than this, even if they cannot tell on which side it is; 18 are the fewest that can
    /// show that a value meets the objectives (31 for `nearly-all-runs`) [default: 100]
    #[arg(long, value_name = "NUMBER", value_parser = number::replications_of_plan, allow_negative_numbers = true)]
    max_replications: Option<u32>,
    /// How large a share of the runs has to keep the objectives: `most-runs` (at least 80 %; 95 % are enough) or
    /// `nearly-all-runs` (at least 90 %; 99 % are enough) [default: most-runs]
    #[arg(long, value_name = "SHARE", value_parser = Sure::parse)]
    sure: Option<Sure>,
    /// Also find the value for so much more load; `0%` does not [default: 20%]
    #[arg(long, value_name = "SHARE", value_parser = number::headroom)]
    headroom: Option<f64>,
    /// Answer even if the caches were not warm when measuring began; the answer then carries the warning
    #[arg(long)]
    even_if_cold: bool,
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

/// How much more load the second answer is for, if nobody says otherwise.
const HEADROOM: f64 = 0.2;

impl Find {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let source = Source::find(&self.scenario)?;
        self.changes.overrides.check_number(
            "plan",
            "`plan` replicates each value until it is decided: omit `--replications`",
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
        let is_bounded = sought::is_bounded(&search.range, search.goal, |level| at(level).is_ok());
        let threads = self.threads(&search.range, at)?;
        let name = base.model.name.clone();
        let case = |level: &Level, load: f64| {
            let plan = at(level)?.with_load(load)?;
            Ok::<_, Stop>(varied.case_of(plan, vec![level.clone()], self.terms.max_memory))
        };
        let progress = Progress::new(self.terms.results.quiet);
        lookout::simulating(Results::of_search());
        let destination = Destination::claim(&self.terms.results.out, &name, Some("plan"))?;
        let pool = simulate::pool(threads)?;
        let checked = pool
            .install(|| self.check_settings(&search, at, |level| case(level, 1.0), &Runner::new(&progress)));
        if checked.is_err() {
            progress.clear();
        }
        checked?;
        if !self.terms.results.quiet {
            base.notes.iter().chain(&destination.replaces(&self.arguments())).for_each(|text| note(text));
        }
        let kept = Kept::open(&destination, &self.terms)?;
        // A search begins with both ends.
        let ends = [search.range.from, search.range.to].map(|end| search.range.quantity.level(end));
        let ends = ends.iter().filter_map(|end| case(end, 1.0).ok()?.identity);
        kept.check_resume(ends.map(|identity| identity.key::<Values>(0)))?;
        let runner = Runner::with_log(&progress, &kept.log);
        let found = pool.install(|| {
            let found = plan(search, |level| case(level, 1.0), &runner)?;
            self.check_warm(&found)?;
            let headroom = self.headroom(&base.model, &found, &case, &runner)?;
            Ok::<_, Stop>((found, headroom))
        });
        lookout::reporting();
        progress.clear();
        kept.tell();
        long::end()?;
        let (found, headroom) = found?;
        if found.tried.is_empty() {
            note("interrupted before the first values were judged; nothing is written");
            return Ok(Exit::Interrupted);
        }
        let view = PlanView {
            scenario: &name,
            variant: base.variant.as_str(),
            seed: base.model.seed,
            found: &found,
            headroom: headroom.as_ref(),
            is_bounded,
            window_seconds: window_seconds(&base.model),
        };
        self.write(&view, &source, &destination)?;
        Ok(if found.is_complete { found.state().into() } else { Exit::Interrupted })
    }

    /// Refuses to answer from runs that are not warm, unless told. What was interrupted is no answer yet.
    fn check_warm(&self, found: &Found) -> Result<(), Stop> {
        if self.even_if_cold || !found.is_complete {
            return Ok(());
        }
        let Some((tried, fit)) = found.telling().and_then(|tried| Some((tried, tried.fit()?))) else {
            return Ok(());
        };
        let cold = of_cold(fit);
        cold_stop(&found.search.setting, &tried.level, &cold).map_or(Ok(()), Err)
    }

    /// Refuses before the search where the settings tell that no run is warm. They do not tell which TTLs enough look-ups
    /// depend on; a replication at each end does.
    fn check_settings(
        &self,
        search: &Search,
        at: impl Fn(&Level) -> Result<Plan, Stop>,
        case: impl Fn(&Level) -> Result<Case, Stop>,
        runner: &Runner<Progress>,
    ) -> Result<(), Stop> {
        if self.even_if_cold {
            return Ok(());
        }
        let ends = [search.range.from, search.range.to].map(|end| search.range.quantity.level(end));
        for end in &ends {
            if !may_be_cold(&at(end)?.model) {
                return Ok(());
            }
        }
        let mut stop = None;
        for end in &ends {
            let Some((setting, fitness)) = first_look(end, &case, runner)? else { return Ok(()) };
            let cold = of_cold(Fit { setting: &setting, runs: &[fitness] });
            let Some(why) = cold_stop(&search.setting, end, &cold) else { return Ok(()) };
            stop.get_or_insert(why);
        }
        stop.map_or(Ok(()), Err)
    }

    /// The answer for more load, if it is asked for.
    fn headroom(
        &self,
        model: &Model,
        found: &Found,
        case: &(impl Fn(&Level, f64) -> Result<Case, Stop> + Sync),
        runner: &Runner<Progress>,
    ) -> Result<Option<Headroom>, Stop> {
        let more = self.headroom.or(model.plan.as_ref().and_then(|spec| spec.headroom)).unwrap_or(HEADROOM);
        Headroom::find(found, more, |level, load| case(level, load), runner)
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
        if is_of_no_replication(&setting) {
            let what = format!(
                "search `{setting}`: the system and its load do not depend on it, so no value of it is the answer"
            );
            let help =
                "search a setting of the system or of its load, as in `--find redis.memory=64MiB..8GiB`";
            return Err(Stop::failed(what, help));
        }
        let most = self.max_replications.or(spec.and_then(|spec| spec.max_replications));
        let precision = self.precision.or(spec.and_then(|spec| spec.precision));
        let sure = self.sure.or(spec.and_then(|spec| spec.sure)).unwrap_or(Sure::MOST_RUNS);
        let overrides = &self.changes.overrides;
        let replications = sought::replications(overrides, base.model.replications, most, sure)?;
        Ok(Search {
            range: sought::range_of(sought, &setting, varied)?,
            setting,
            goal,
            objectives: base.model.objectives.clone(),
            precision: precision.unwrap_or(PRECISION),
            sure,
            replications,
            replications_max: most.unwrap_or(REPLICATIONS_MAX),
            first: Vec::new(),
        })
    }

    /// How many threads are used: as many as both ends of the range have room for. What is wrong with an end is told before
    /// anything is simulated.
    fn threads(&self, range: &Range, at: impl Fn(&Level) -> Result<Plan, Stop>) -> Result<usize, Stop> {
        let mut threads = simulate::threads(self.terms.threads, u32::MAX);
        for end in [range.from, range.to] {
            let model = at(&range.quantity.level(end))?.model;
            // Both ends are tried, and some values between them; 18 runs show that one meets the objectives.
            long::check(long::expected(&model) * f64::from(PLAN_REPLICATIONS_MIN), &self.terms)?;
            let need = Need::of(&model, 1).of_numbers();
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
        print(|out| match self.printed.format() {
            Format::Json => out.write_all(json::text(&document(view)).as_bytes()),
            Format::Csv => out.write_all(named(&files, "plan.csv")),
            Format::Table | Format::Markdown => {
                out.write_all(text(view).as_bytes())?;
                writeln!(out, "\nresults in {}", destination.shown())
            }
        })
    }

    /// As arguments of a command that asks for the same again.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = self.changes.arguments();
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        self.sought.iter().for_each(|sought| add("--find", sought.written.clone()));
        self.precision.iter().for_each(|share| add("--precision", share.to_string()));
        self.max_replications.iter().for_each(|most| add("--max-replications", most.to_string()));
        self.sure.iter().for_each(|sure| add("--sure", sure.name().to_owned()));
        self.headroom.iter().for_each(|share| add("--headroom", share.to_string()));
        arguments.extend(self.wanted.goal().map(|goal| match goal {
            Goal::Least => "--least".to_owned(),
            Goal::Most => "--most".to_owned(),
        }));
        arguments.extend(self.even_if_cold.then(|| "--even-if-cold".to_owned()));
        arguments.extend(self.terms.arguments());
        arguments
    }
}

/// How long a run measures, if the scenario says so. That of a trace is known when it is read.
fn window_seconds(model: &Model) -> Option<f64> {
    let is_trace = matches!(model.workload.arrivals, ArrivalSpec::Trace(_));
    let duration = model.duration.filter(|_| !is_trace)?;
    Some(duration.as_secs_f64() - model.warmup.as_secs_f64())
}

/// Why there is no answer from runs that are not warm, if these are not.
fn cold_stop(setting: &str, level: &Level, cold: &[Finding]) -> Option<Stop> {
    let mend = cold.iter().max_by_key(|finding| finding.code)?;
    let why: Vec<String> =
        cold.iter().map(|it| format!("{} ({}): {}", it.title, it.code, it.evidence)).collect();
    let what =
        format!("answer from runs that are not warm: at `{setting}={}`, {}", level.text, why.join("; "));
    let help = format!(
        "{} `--even-if-cold` answers all the same, if the cold start is what you ask about",
        mend.advice
    );
    Some(Stop::failed(what, help))
}
