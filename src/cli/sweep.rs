//! `cachestorm sweep`: a scenario at many points of its settings.

use super::destination::Destination;
use super::exit::{Exit, Stop, note};
use super::pictures::Wanted;
use super::plan::{BASE, Changes, Overrides, Plan};
use super::progress::{Progress, listen};
use super::source::Source;
use super::{memory, number, simulate};
use cachestorm::experiment::Watch;
use cachestorm::experiment::sweep::{Axis, Case, Point, Precision, grid, latin_hypercube, sweep};
use cachestorm::measure::metrics;
use cachestorm::quantity::Bytes;
use cachestorm::report::{files_of_sweep, json, sweep as report};
use cachestorm::time::Instant;
use glob::Pattern;
use serde_json::json;
use std::ffi::OsString;
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Simulates a scenario at many points of its settings
///
/// `--vary` names a setting and its values: a list, or a range with a number of values, even or by equal factors. All
/// combinations are simulated, each as often as the scenario's `replications` say, or until a measure is known to
/// `--precision`. The results are in OUT/SCENARIO.sweep: `sweep.csv` with a row for each replication, and a curve for
/// each measure.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm sweep mine.toml --vary redis.memory=64MiB..4GiB:log:9
  cachestorm sweep mine.toml --vary redis.memory=64MiB..4GiB:log:9 --vary redis.policy=allkeys-lru,allkeys-lfu
  cachestorm sweep mine.toml --vary app.instances=2..20:10 --measure 'client.latency_*'
  cachestorm sweep mine.toml --vary redis.ttl=1s..5min:log:12 --precision 2% --of redis.hit_ratio
  cachestorm sweep mine.toml --vary redis.ttl=1s..5min:log:2 --vary database.workers=4..64:2 --sample 50

Exit status: 0 some point meets all objectives, 99 none does; see `cachestorm --help`.")]
pub struct Sweep {
    /// A scenario file, the name of a shipped scenario, or `-` for stdin
    scenario: OsString,
    #[command(flatten)]
    changes: Changes,
    /// A setting and its values, as in `redis.ttl=1s,10s,1min` or `redis.memory=64MiB..4GiB:log:9`; may be repeated
    #[arg(long, value_name = "SETTING=VALUES", required = true, value_parser = Axis::parse)]
    vary: Vec<Axis>,
    /// Simulate so many points of a Latin hypercube in place of all combinations
    #[arg(long, value_name = "POINTS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    sample: Option<u32>,
    /// Replicate each point until half of the 95 % interval of a measure is at most this share of its mean, as in `2%`
    #[arg(long, value_name = "SHARE", value_parser = number::share)]
    precision: Option<f64>,
    /// The measure that `--precision` is about [default: that of the first objective]
    #[arg(long, value_name = "METRIC", requires = "precision")]
    of: Option<String>,
    /// Make no more replications of a point than this
    #[arg(long, value_name = "NUMBER", default_value_t = 100, requires = "precision")]
    max_replications: u32,
    /// Show the metrics of this name, in which `*` stands for anything; may be repeated [default: those of the
    /// objectives, and a few more]
    #[arg(long = "measure", value_name = "GLOB", value_parser = super::compare::pattern)]
    measures: Vec<Pattern>,
    /// Simulate on so many threads; the results are the same for any number [default: one for each core]
    #[arg(long, value_name = "NUMBER", value_parser = number::threads, allow_negative_numbers = true)]
    threads: Option<NonZeroUsize>,
    /// Write the results to a folder in this one
    #[arg(long, value_name = "DIR", default_value = "output")]
    out: PathBuf,
    /// Show no progress and no notes
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    pictures: Wanted,
    /// Refuse to start if the runs may need more memory than this, as in `512 MiB`
    #[arg(long, value_name = "SIZE", default_value = "4 GiB", value_parser = memory::size)]
    max_memory: Bytes,
}

/// More points than this are a mistake in a `--vary`.
const POINTS_MAX: usize = 100_000;

impl Sweep {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let source = Source::find(&self.scenario)?;
        let base = Plan::of(&source, &self.changes)?;
        let points = self.points(base.model.seed)?;
        let precision = self.precision(&base)?;
        let cases: Vec<Case> =
            points.into_iter().map(|point| self.case(&source, point)).collect::<Result<_, _>>()?;
        let runs = base.model.replications.saturating_mul(cases.len() as u32);
        let threads = simulate::threads(self.threads, runs);
        for case in &cases {
            memory::Need::of(&case.model, threads).check(self.max_memory)?;
        }
        let name = base.model.name.clone();
        let destination = Destination::claim(&self.out, &name, Some("sweep"))?;
        if !self.quiet {
            base.notes.iter().chain(&destination.replaces(&self.arguments())).for_each(|text| note(text));
        }
        let progress = ByPoint(Progress::new(cases.len() as u32, &[Instant::from_nanos(1)], self.quiet));
        listen();
        let pool = simulate::pool(threads)?;
        let swept = pool.install(|| sweep(self.vary.clone(), cases, &precision, &progress));
        progress.0.clear();
        let swept = swept?;
        if swept.points.is_empty() {
            note("interrupted before the first point was done; nothing is written");
            return Ok(Exit::Interrupted);
        }
        let chosen = |name: &str| self.measures.iter().any(|pattern| pattern.matches(name));
        let chosen: Option<&dyn Fn(&str) -> bool> =
            if self.measures.is_empty() { None } else { Some(&chosen) };
        let view = report::SweepView::new(&name, &base.model.objectives, &swept, chosen);
        let is_complete = swept.points.len() == swept.wanted;
        let manifest = json!({
            "program": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "command": "sweep",
            "complete": is_complete,
            "scenario": { "name": name, "file": source.name, "text": source.text },
            "arguments": self.arguments(),
            "seed": base.model.seed,
            "points": { "wanted": swept.wanted, "done": swept.points.len() },
        });
        let mut files = files_of_sweep(&view, self.pictures.into());
        files.push(("manifest.json".into(), json::text(&manifest).into_bytes()));
        destination.write(&files)?;
        let mut out = anstream::stdout().lock();
        out.write_all(report::text(&view).as_bytes())?;
        writeln!(out, "\nresults in {}", destination.folder().display())?;
        out.flush()?;
        let meets = |point| view.meets(point).unwrap_or(true);
        Ok(match () {
            () if !is_complete => Exit::Interrupted,
            () if swept.points.iter().any(meets) => Exit::Done,
            () => Exit::Missed,
        })
    }

    fn points(&self, seed: u64) -> Result<Vec<Point>, Stop> {
        let mut names: Vec<&str> = self.vary.iter().map(|axis| axis.setting.as_str()).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let what = format!("vary `{twice}` twice");
            return Err(Stop::failed(what, "give all its values with one `--vary`"));
        }
        if let Some(sample) = self.sample {
            return Ok(latin_hypercube(&self.vary, sample as usize, seed));
        }
        let count = self.vary.iter().map(|axis| axis.levels().len()).fold(1, usize::saturating_mul);
        if count > POINTS_MAX {
            let what = format!("sweep {count} points: {POINTS_MAX} are the most");
            return Err(Stop::failed(
                what,
                "vary fewer settings, in fewer steps, or take `--sample POINTS` of them",
            ));
        }
        Ok(grid(&self.vary))
    }

    fn precision(&self, base: &Plan) -> Result<Precision, Stop> {
        let Some(share) = self.precision else {
            return Ok(Precision { of: None, replications_max: u32::MAX });
        };
        let objective = base.model.objectives.first().map(|objective| objective.metric.value.clone());
        let name = self.of.clone().or(objective).ok_or_else(|| {
            Stop::failed("replicate to a precision: of which measure?", "name one with `--of METRIC`")
        })?;
        let index = metrics().iter().position(|metric| metric.name == name).ok_or_else(|| {
            Stop::failed(format!("find a metric called `{name}`"), "`cachestorm metrics` lists them")
        })?;
        Ok(Precision { of: Some((index, share)), replications_max: self.max_replications })
    }

    /// The scenario at a point; what is wrong with it is told before anything is simulated.
    fn case(&self, source: &Source, point: Point) -> Result<Case, Stop> {
        let settings =
            self.vary.iter().zip(&point).map(|(axis, level)| format!("{}={}", axis.setting, level.text));
        let Overrides { sets, .. } = &self.changes.overrides;
        let sets: Vec<String> = sets.iter().cloned().chain(settings).collect();
        let overrides = Overrides { sets, ..self.changes.overrides.clone() };
        let plan = Plan::of_variant(source, self.changes.variant.as_deref().or(Some(BASE)), &overrides)?;
        Ok(Case { point, model: plan.model, trace: plan.trace })
    }

    /// As arguments of a command that asks for the same again.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = self.changes.arguments();
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        self.vary.iter().for_each(|axis| add("--vary", axis.to_string()));
        self.sample.iter().for_each(|sample| add("--sample", sample.to_string()));
        self.precision.iter().for_each(|share| {
            add("--precision", format!("{}%", share * 100.0));
            add("--max-replications", self.max_replications.to_string());
        });
        self.of.iter().for_each(|of| add("--of", of.clone()));
        self.measures.iter().for_each(|measure| add("--measure", measure.to_string()));
        arguments
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
}
