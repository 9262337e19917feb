//! `cachestorm sweep`: a scenario at many points of its settings.

use super::destination::Destination;
use super::exit::{Exit, Stop, note, print};
use super::format::{Format, TextRowsOrJson, named};
use super::kept::Kept;
use super::lookout::{self, Results};
use super::manifest::{Done, Made, manifest};
use super::part::{Part, Watched};
use super::plan::{Changes, Plan, is_of_no_replication};
use super::point::{Room, Varied};
use super::progress::Progress;
use super::shard;
use super::source::Source;
use super::terms::Terms;
use super::{long, number, simulate};
use cachestorm::experiment::sweep::{
    FIRST_LOOK, Measured, Point, Precision, Swept, grid, is_narrow, latin_hypercube, sweep,
};
use cachestorm::experiment::{Runner, State, Values, Watch};
use cachestorm::measure::metrics;
use cachestorm::model::{Axis, Model, SAMPLE_MAX, metric_hint, metric_names};
use cachestorm::report::{files_of_sweep, json, sweep as report, sweep_json};
use cachestorm::time::Instant;
use glob::Pattern;
use serde_json::json;
use std::ffi::OsString;
use std::ops::ControlFlow;

/// Simulates a scenario at many points of its settings
///
/// `--vary` names a setting and its values: a list, or a range with a number of values, even or by equal factors. All
/// combinations are simulated, each as often as the scenario's `replications` say, or until a measure is known to
/// `--precision`. What these arguments leave open is as the scenario's `[sweep]` says. A point that cannot be simulated,
/// because there is not enough memory or because it is overloaded, is marked, and the others are simulated all the same. The results are
/// in OUT/SCENARIO.sweep: `sweep.csv` and `sweep.parquet` with a row for each replication, a
/// curve for each measure, and `report.html`, a page with all of it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm sweep mine.toml                       as its `[sweep]` says
  cachestorm sweep mine.toml --vary redis.memory=64MiB..4GiB:log:9
  cachestorm sweep mine.toml --vary redis.memory=64MiB..4GiB:log:9 --vary redis.policy=allkeys-lru,allkeys-lfu
  cachestorm sweep mine.toml --vary app.instances=2..20:10 --measure 'client.latency_*'
  cachestorm sweep mine.toml --vary workload.rate=1000/s..9000/s:9
  cachestorm sweep mine.toml --vary redis.ttl=1s..5min:log:12 --precision 2% --of redis.hit_ratio
  cachestorm sweep mine.toml --vary redis.ttl=1s..5min:log:2 --vary database.workers=4..64:2 --sample 50

Exit status: 0 some point meets all objectives, 99 all miss one, 98 neither is known; see `cachestorm --help`.")]
pub struct Sweep {
    /// A scenario file, the name of a shipped scenario, or `-` for stdin
    scenario: OsString,
    #[command(flatten)]
    changes: Changes,
    /// A setting and its values, as in `redis.ttl=1s,10s,1min` or `redis.memory=64MiB..4GiB:log:9`; may be repeated.
    /// `workload.rate` is the rate of the arrivals, of whichever kind they are
    #[arg(long, value_name = "SETTING=VALUES", value_parser = Axis::parse)]
    vary: Vec<Axis>,
    /// Number of points of a Latin hypercube, instead of all combinations
    #[arg(long, value_name = "POINTS", value_parser = clap::value_parser!(u32).range(1..=i64::from(SAMPLE_MAX)))]
    sample: Option<u32>,
    /// Replicate each point until half of the 95 % interval of a measure is at most this share of its mean, as in `2%`
    #[arg(long, value_name = "SHARE", value_parser = number::share)]
    precision: Option<f64>,
    /// The measure that `--precision` is about [default: that of the first objective]
    #[arg(long, value_name = "METRIC")]
    of: Option<String>,
    /// Make no more replications of a point than this, whatever its precision [default: 100]
    #[arg(long, value_name = "NUMBER", value_parser = number::replications, allow_negative_numbers = true)]
    max_replications: Option<u32>,
    /// Show the metrics of this name, in which `*` stands for anything; may be repeated [default: those of the
    /// objectives, and a few more]
    #[arg(long = "measure", value_name = "GLOB", value_parser = metric_names)]
    measures: Vec<Pattern>,
    #[command(flatten)]
    printed: TextRowsOrJson,
    #[command(flatten)]
    part: shard::Chosen,
    #[command(flatten)]
    pub terms: Terms,
}

/// More points than this are a mistake in a `--vary`.
const POINTS_MAX: usize = 100_000;

/// More replications of a point than this are not made to reach a precision, if nobody says otherwise.
const REPLICATIONS_MAX: u32 = 100;

/// What is asked for: by arguments, and where they say nothing, by the scenario.
struct Asked {
    axes: Vec<Axis>,
    sample: Option<u32>,
    precision: Precision,
    measures: Vec<Pattern>,
}

impl Sweep {
    pub fn execute(&self) -> Result<Exit, Stop> {
        self.execute_part(&Source::find(&self.scenario)?, &self.part.into())
    }

    /// So much of it as is wanted.
    pub fn execute_part(&self, source: &Source, part: &Part) -> Result<Exit, Stop> {
        self.changes
            .overrides
            .check_number("sweep", "give a number, or a precision, as in `--precision 2%`")?;
        let base = Plan::of(source, &self.changes)?;
        let varied = Varied { source, changes: &self.changes, option: "--vary" };
        let Asked { axes, sample, precision, measures } = self.asked(&base.model, &varied)?;
        let points = points(&axes, sample, base.model.seed)?;
        let runs = base.model.replications.saturating_mul(points.len() as u32);
        let (threads, has_reports) = (simulate::threads(self.terms.threads, runs), part.has_reports());
        let mut room = Room::new(threads, self.terms.max_memory, points.len(), has_reports);
        check(&axes, &points, &varied, &mut room)?;
        long::check(room.events() * part.share(), &self.terms)?;
        let threads = room.threads(if has_reports { 1.0 } else { part.share() })?;
        let name = base.model.name.clone();
        let destination =
            Destination::claim(&self.terms.results.out, &name, part.suffix(Some("sweep")).as_deref())?;
        if !self.terms.results.quiet {
            base.notes.iter().chain(&destination.replaces(&self.arguments())).for_each(|text| note(text));
            axes.iter().filter_map(Axis::fewer_than_asked).for_each(|text| note(&text));
        }
        let made = Made {
            command: "sweep",
            source,
            given: &self.scenario,
            other: None,
            arguments: self.arguments(),
        };
        let settings = axes.clone();
        let kept = Kept::open(&destination, &self.terms)?;
        let case = |point: &Point| varied.case(&settings, point, self.terms.max_memory);
        let keys = points.iter().filter_map(|point| Some(case(point).ok()?.identity?.key::<Values>(0)));
        kept.check_resume(keys)?;
        part.begin(&made, &[base.identity(source)], &destination, &kept)?;
        let progress = ByPoint(Progress::new(
            points.len() as u32,
            &[Instant::from_nanos(1)],
            part,
            self.terms.results.quiet,
        ));
        let watched = Watched::new(part, progress);
        lookout::simulating(Results::of_points(points.len()));
        let pool = simulate::pool(threads)?;
        let runner = Runner::with_log(&watched, &kept.log);
        let swept = pool.install(|| sweep(axes, points, case, &precision, &runner));
        lookout::reporting();
        watched.inner.0.clear();
        long::end()?;
        let swept = swept?;
        if let Some(exit) = watched.end(&destination, &kept)? {
            return Ok(exit);
        }
        if swept.points.is_empty() {
            note("interrupted before the first point was done; nothing is written");
            return Ok(Exit::Interrupted);
        }
        let chosen = |name: &str| measures.iter().any(|pattern| pattern.matches(name));
        let chosen: Option<&dyn Fn(&str) -> bool> = if measures.is_empty() { None } else { Some(&chosen) };
        let mut view = report::SweepView::new(&name, &base.model.objectives, &swept, chosen);
        if let Some((metric, share)) = precision.of {
            view.show(metric);
            self.tell_of_precision(&swept, metric, share);
        }
        self.write(&view, &made, &base, &destination)?;
        Ok(exit(&swept, &view))
    }

    fn write(
        &self,
        view: &report::SweepView,
        made: &Made,
        base: &Plan,
        destination: &Destination,
    ) -> Result<(), Stop> {
        let swept = view.swept;
        let done = Done {
            scenario: view.scenario,
            variant: &base.variant,
            seed: base.model.seed,
            is_complete: swept.points.len() == swept.wanted,
            extent: json!({ "points": { "wanted": swept.wanted, "done": swept.points.len() } }),
        };
        let mut files = files_of_sweep(view, &made.how(), self.terms.results.pictures.into());
        let document = json::text(&sweep_json::document(view, &base.variant, base.model.seed));
        files.push(("sweep.json".to_owned(), document.clone().into_bytes()));
        files.push(manifest(made, &done));
        destination.write(&files)?;
        print(|out| match self.printed.format() {
            Format::Json => out.write_all(document.as_bytes()),
            Format::Csv => out.write_all(named(&files, "sweep.csv")),
            Format::Table | Format::Markdown => {
                out.write_all(report::text(view).as_bytes())?;
                writeln!(out, "\nresults in {}", destination.shown())
            }
        })
    }

    /// Says where the precision was not reached.
    fn tell_of_precision(&self, swept: &Swept, metric: usize, share: f64) {
        let is_wide = |point: &&Measured| {
            let values = point.values(metric);
            !values.is_empty() && !is_narrow(&values, share)
        };
        let wide = swept.points.iter().filter(is_wide).count();
        if wide > 0 && !self.terms.results.quiet {
            let (all, name) = (swept.points.len(), &swept.metrics[metric].name);
            note(&format!(
                "{wide} of {all} points are not known to {} % of {name}; `--max-replications` allows more",
                share * 100.0
            ));
        }
    }

    fn asked(&self, model: &Model, varied: &Varied) -> Result<Asked, Stop> {
        let spec = model.sweep.as_ref();
        let or_those_of_file = |given: &[Axis]| match (given, spec) {
            ([], Some(spec)) => spec.vary.iter().map(|axis| axis.value.clone()).collect(),
            _ => given.to_vec(),
        };
        let mut axes = or_those_of_file(&self.vary);
        if axes.is_empty() {
            let help = "name a setting and its values, as in `--vary redis.ttl=1s..5min:log:12`, or write them in the \
                        scenario: `sweep.vary = [\"redis.ttl=1s..5min:log:12\"]`";
            return Err(Stop::failed("sweep: nothing is varied", help));
        }
        for axis in &mut axes {
            axis.setting = varied.path(&axis.setting)?;
            // Other random numbers, or more of them, are something to see.
            let is_told = ["seed", "replications"].contains(&axis.setting.as_str());
            if is_of_no_replication(&axis.setting) && !is_told {
                let what = format!("vary `{}`: nothing that is measured depends on it", axis.setting);
                let help = "vary a setting of the system or of its load, as in `--vary redis.ttl=1s,10s`";
                return Err(Stop::failed(what, help));
            }
        }
        let mut names: Vec<&str> = axes.iter().map(|axis| axis.setting.as_str()).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let what = format!("vary `{twice}` twice");
            return Err(Stop::failed(what, "give all its values with one `--vary`"));
        }
        let shown = || spec.map(|spec| spec.measures.clone()).unwrap_or_default();
        let measures = if self.measures.is_empty() { shown() } else { self.measures.clone() };
        let sample = self.sample.or(spec.and_then(|spec| spec.sample));
        Ok(Asked { axes, sample, precision: self.precision(model)?, measures })
    }

    fn precision(&self, model: &Model) -> Result<Precision, Stop> {
        let spec = model.sweep.as_ref();
        let Some(share) = self.precision.or(spec.and_then(|spec| spec.precision)) else {
            let needless =
                [("--of", self.of.is_some()), ("--max-replications", self.max_replications.is_some())];
            return match needless.iter().find(|(_, is_there)| *is_there) {
                None => Ok(Precision { of: None, replications_max: u32::MAX }),
                Some((name, _)) => {
                    let what = format!("replicate as `{name}` says: there is no precision to be reached");
                    Err(Stop::failed(what, format!("add `--precision 2%`, or remove `{name}`")))
                }
            };
        };
        let objective = model.objectives.first().map(|objective| objective.metric.value.clone());
        let name = self.of.clone().or_else(|| spec?.of.clone()).or(objective).ok_or_else(|| {
            Stop::failed("replicate to a precision: of which measure?", "name one with `--of METRIC`")
        })?;
        let index = metrics()
            .iter()
            .position(|metric| metric.name == name)
            .ok_or_else(|| Stop::failed(format!("find a metric called `{name}`"), metric_hint(&name)))?;
        let given = self.changes.overrides.explicit_replications();
        if let Some(given) = given.filter(|_| model.replications < FIRST_LOOK) {
            let what = format!(
                "replicate each point to a precision, and {} times (`{given}`): a precision is first looked for in {FIRST_LOOK} runs",
                model.replications
            );
            let help = format!("ask for {FIRST_LOOK} or more, or give only one of them");
            return Err(Stop::failed(what, help));
        }
        let most = self.max_replications.or(spec.and_then(|spec| spec.max_replications));
        Ok(Precision { of: Some((index, share)), replications_max: most.unwrap_or(REPLICATIONS_MAX) })
    }

    /// As arguments of a command that asks for the same again.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = self.changes.arguments();
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        self.vary.iter().for_each(|axis| add("--vary", axis.to_string()));
        self.sample.iter().for_each(|sample| add("--sample", sample.to_string()));
        self.precision.iter().for_each(|share| add("--precision", share.to_string()));
        self.max_replications.iter().for_each(|most| add("--max-replications", most.to_string()));
        self.of.iter().for_each(|of| add("--of", of.clone()));
        self.measures.iter().for_each(|measure| add("--measure", measure.to_string()));
        arguments.extend(self.terms.arguments());
        arguments
    }
}

fn points(axes: &[Axis], sample: Option<u32>, seed: u64) -> Result<Vec<Point>, Stop> {
    if let Some(sample) = sample {
        return Ok(latin_hypercube(axes, sample as usize, seed));
    }
    let mut counts = axes.iter().map(|axis| axis.levels().len());
    let count = counts.try_fold(1, usize::checked_mul);
    if count.is_none_or(|count| count > POINTS_MAX) {
        let count = count.map_or_else(|| format!("more than {}", usize::MAX), |count| count.to_string());
        let what = format!("sweep {count} points: {POINTS_MAX} are the most");
        let help = "vary fewer settings, in fewer steps, or take `--sample POINTS` of them";
        return Err(Stop::failed(what, help));
    }
    Ok(grid(axes))
}

/// Looks at the scenario at each point: what is wrong with one is told before anything is simulated. The points are not
/// kept, since thousands of them would take more memory than their results.
fn check(axes: &[Axis], points: &[Point], varied: &Varied, room: &mut Room) -> Result<(), Stop> {
    for point in points {
        let plan = varied.at_point(axes, point).inspect_err(|_| {
            let settings =
                axes.iter().zip(point).map(|(axis, level)| format!("`{}={}`", axis.setting, level.text));
            let place: Vec<String> = settings.collect();
            note(&format!("at the point {}", place.join(" ")));
        })?;
        room.add(&plan.model);
    }
    Ok(())
}

fn exit(swept: &Swept, view: &report::SweepView) -> Exit {
    let mut simulated = swept.points.iter().filter(|point| point.refused.is_none()).peekable();
    if swept.points.len() < swept.wanted {
        Exit::Interrupted
    } else if simulated.peek().is_none() {
        Exit::Mistake
    } else {
        State::any(simulated.filter_map(|point| view.state(point))).into()
    }
}

/// Progress by points: how far the replications of one are says little, since more may follow.
struct ByPoint(Progress);

impl Watch for ByPoint {
    fn at(&self, point: u32, _: Instant) -> ControlFlow<()> {
        self.0.at(point, Instant::ZERO)
    }

    fn done(&self, point: u32) {
        self.0.done(point);
    }

    fn is_ended(&self) -> bool {
        self.0.is_ended()
    }

    fn is_out_of_memory(&self) -> bool {
        self.0.is_out_of_memory()
    }
}
