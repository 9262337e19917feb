//! What is to be simulated: the scenario with a variant and the arguments laid over it.

use super::exit::Stop;
use super::number;
use super::part::Part;
use super::source::Source;
use super::traffic;
use cachestorm::experiment::Identity;
use cachestorm::model::{ArrivalSpec, Model, TraceFile, check_values, kind_of_arrivals, path_of};
use cachestorm::scenario::Document;
use cachestorm::time::Duration;
use cachestorm::workload::trace::Position;
use std::ffi::OsString;
use std::fmt;

/// The arguments that change what is simulated.
#[derive(Clone, Debug, clap::Args)]
pub struct Changes {
    /// Run this variant of the scenario in place of the scenario itself
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    #[command(flatten)]
    pub overrides: Overrides,
}

/// The arguments that are laid over a scenario, whichever of its variants is run.
#[derive(Clone, Debug, clap::Args)]
pub struct Overrides {
    /// Change a setting, as in `redis.ttl=10m` or `workload.keys.article.count=5000`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Random seed: the same seed gives the same bytes
    #[arg(long, value_name = "NUMBER", value_parser = number::seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// How many times the scenario is run, each with other random numbers. `auto` (for `run` and `compare`): until the
    /// objectives are decided, at most 100 times
    #[arg(long, value_name = "NUMBER", value_parser = Replications::parse, allow_negative_numbers = true)]
    pub replications: Option<Replications>,
    /// Replay this trace in place of the scenario's arrivals and keys: an access log, a CSV with a header, or
    /// libCacheSim's oracleGeneral; plain, gzip or zstd
    #[arg(long, value_name = "FILE")]
    pub trace: Option<OsString>,
    /// Settings of one point of a sweep or a search, after the option that has named them.
    #[arg(skip)]
    pub point: Option<(&'static str, Vec<String>)>,
}

/// How often something is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replications {
    /// So often.
    Of(u32),
    /// Until the objectives are decided.
    Auto,
}

impl Replications {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            number => {
                number::replications(number).map(Self::Of).map_err(|error| format!("{error}, or `auto`"))
            }
        }
    }
}

impl fmt::Display for Replications {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Of(number) => number.fmt(f),
            Self::Auto => f.write_str("auto"),
        }
    }
}

/// What is to be simulated.
#[derive(Debug)]
pub struct Plan {
    /// The model.
    pub model: Model,
    /// `base`, or the variant's name.
    pub variant: String,
    /// The file that the traffic comes from, if it comes from one.
    pub trace: Option<TraceFile>,
    /// Whether the scenario or an argument says how many replications there are.
    pub has_replications: bool,
    /// All settings that a replication hangs on, as a text.
    settings: String,
    /// What a user should know of how the arguments were understood.
    pub notes: Vec<String>,
}

/// What to do if a load cannot be simulated.
const LOWER: &str = "lower the share of `--headroom`, or leave it out with `--headroom 0%`";

/// What the scenario itself is called among its variants.
pub const BASE: &str = "base";

impl Plan {
    pub fn of(source: &Source, changes: &Changes) -> Result<Self, Stop> {
        let plan = Self::of_variant(source, changes.variant.as_deref(), &changes.overrides)?;
        check_all(source)?;
        Ok(plan)
    }

    /// The scenario's variant of this name, or the scenario itself, with the arguments laid over it.
    pub fn of_variant(source: &Source, variant: Option<&str>, overrides: &Overrides) -> Result<Self, Stop> {
        overrides.check()?;
        let mut document = Document::parse(&source.name, &source.text)?;
        let variant = variant.filter(|name| *name != BASE);
        let mut notes = Vec::new();
        if let Some(file) = &overrides.trace {
            let keeps_duration = overrides.sets.iter().any(|set| sets(set, "duration"));
            notes.extend(traffic::replace(&mut document, variant, file, keeps_duration)?);
        }
        overrides.lay_over(&mut document, variant)?;
        let model = match document.read(variant, Model::read) {
            Ok(model) => model,
            Err(problems) => {
                let file = overrides.trace.as_ref();
                let unfit = file.and_then(|file| traffic::unfit(&document, variant, file));
                return Err(match unfit {
                    None => problems.into(),
                    // Without a trace there is nothing to lay over the scenario.
                    Some(error) if error.position != Position::Replay => traffic::stop(error),
                    Some(error) => Stop::Both(Box::new(problems.into()), Box::new(traffic::stop(error))),
                });
            }
        };
        if let Some(note) = notes.first_mut().filter(|_| model.warmup > Duration::ZERO) {
            *note = format!("{note}; the warm-up of {} stays", model.warmup);
        }
        let trace = match (&model.workload.arrivals, &overrides.trace) {
            (ArrivalSpec::Trace(_), Some(file)) => Some(source.at(file.into())),
            (ArrivalSpec::Trace(traffic), None) => Some(source.file(&traffic.file)),
            _ => None,
        };
        let settings = document.resolved(variant, &OF_NO_REPLICATION);
        let has_replications = document.written(variant, "replications").is_some();
        Ok(Self {
            has_replications,
            model,
            variant: variant.unwrap_or(BASE).to_owned(),
            trace,
            settings,
            notes,
        })
    }
}

impl Plan {
    /// The same with so many times the load.
    pub fn with_load(self, factor: f64) -> Result<Self, Stop> {
        if factor <= 1.0 {
            return Ok(self);
        }
        let model = self.model.with_load(factor).map_err(|what| Stop::failed(what, LOWER))?;
        Ok(Self { model, settings: format!("{}\nload × {factor}", self.settings), ..self })
    }

    /// What tells its replications from all others; nothing if its trace cannot be read, which is told when it is replayed.
    pub fn identity(&self, source: &Source) -> Option<Identity> {
        let trace = self.trace.as_ref().map(|file| source.digest(file).ok_or(())).transpose().ok()?;
        Some(Identity::new(&self.settings, self.model.seed, trace))
    }
}

/// Settings at the top of a scenario that change no replication. The seed is one of the things that tell replications
/// apart, wherever it comes from.
const OF_NO_REPLICATION: [&str; 7] =
    ["name", "description", "seed", "replications", "objective", "sweep", "plan"];

/// Whether a path names a setting that no replication depends on, or that only says which random numbers are drawn.
pub fn is_of_no_replication(path: &str) -> bool {
    let table = path.split(['.', '[']).next().unwrap_or_default();
    OF_NO_REPLICATION.contains(&table.trim().trim_matches(['"', '\'']))
}

/// A mistake in a variant that is not run today, or in `[sweep]` and `[plan]`, is shown all the same. A file that is
/// sound only with the arguments laid over it is not looked at further.
pub fn check_all(source: &Source) -> Result<(), Stop> {
    let document = Document::parse(&source.name, &source.text)?;
    if let Ok(base) = document.read(None, Model::read) {
        document.read_all(Model::read)?;
        check_values(&document, &base)?;
    }
    Ok(())
}

/// Whether a `--set` argument is for this setting.
fn sets(argument: &str, setting: &str) -> bool {
    argument.split_once('=').is_some_and(|(key, _)| key.trim() == setting)
}

impl Overrides {
    /// Whether replications go on until the objectives of a scenario are decided. That needs objectives, and is not known
    /// beforehand, so it cannot be done in parts.
    pub fn is_auto(&self, model: &Model, part: &Part) -> Result<bool, Stop> {
        if self.replications != Some(Replications::Auto) {
            return Ok(false);
        }
        if model.objectives.is_empty() {
            let what = "replicate until the objectives are decided: the scenario has none";
            let help = "add an `[[objective]]`, or give a number, as in `--replications 10`";
            return Err(Stop::failed(what, help));
        }
        if !matches!(part, Part::Whole) {
            let what = "make a shard of `--replications auto`: nobody knows yet how many there are";
            return Err(Stop::failed(what, "give a number, as in `--replications 40`"));
        }
        Ok(true)
    }

    /// Refuses `--replications auto`, for commands that decide about replications in another way.
    pub fn check_number(&self, command: &str, help: &str) -> Result<(), Stop> {
        match self.replications {
            Some(Replications::Auto) => {
                Err(Stop::failed(format!("use `--replications auto` with `{command}`"), help))
            }
            _ => Ok(()),
        }
    }

    /// Which of two values would hold is nothing that one should have to know.
    fn check(&self) -> Result<(), Stop> {
        let options = [
            ("seed", self.seed.map(|seed| seed.to_string())),
            ("replications", self.replications.map(|replications| replications.to_string())),
        ];
        for (name, value) in options {
            let set = self.sets.iter().find(|argument| sets(argument, name));
            if let (Some(value), Some(set)) = (value, set) {
                let what = format!("choose between `--{name} {value}` and `--set {set}`");
                return Err(Stop::failed(what, "give only one of them"));
            }
        }
        Ok(())
    }

    /// Lays them over a scenario of which this variant is run.
    pub fn lay_over(&self, document: &mut Document, variant: Option<&str>) -> Result<(), Stop> {
        for argument in self.settings() {
            lay_over(document, variant, "--set", &argument)?;
        }
        let (option, settings) =
            self.point.as_ref().map_or(("", [].as_slice()), |(option, all)| (option, all));
        settings.iter().try_for_each(|argument| lay_over(document, variant, option, argument))
    }

    /// How the number of replications is given, if an argument gives it.
    pub fn explicit_replications(&self) -> Option<&'static str> {
        let is_set = self.sets.iter().any(|argument| sets(argument, "replications"));
        let option = self.replications.map(|_| "--replications");
        option.or(is_set.then_some("--set replications"))
    }

    /// Those that are settings of the scenario, in the order in which they are laid over it.
    fn settings(&self) -> impl Iterator<Item = String> {
        let seed = self.seed.map(|seed| format!("seed={seed}"));
        let replications = self.replications.and_then(|replications| match replications {
            Replications::Of(number) => Some(format!("replications={number}")),
            Replications::Auto => None,
        });
        self.sets.iter().cloned().chain(seed).chain(replications)
    }

    /// As arguments of a command that asks for the same again.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        self.sets.iter().for_each(|set| add("--set", set.clone()));
        self.seed.iter().for_each(|seed| add("--seed", seed.to_string()));
        self.replications.iter().for_each(|number| add("--replications", number.to_string()));
        self.trace.iter().for_each(|file| add("--trace", file.to_string_lossy().into_owned()));
        arguments
    }
}

/// Lays one argument over a scenario. `workload.rate` is the rate of the arrivals, of whichever kind they are.
fn lay_over(
    document: &mut Document,
    variant: Option<&str>,
    option: &str,
    argument: &str,
) -> Result<(), Stop> {
    let Some((path, value)) = argument.split_once('=') else { return Ok(document.set_as(option, argument)?) };
    let kind = kind_of_arrivals(document, variant);
    let told = |help| Stop::failed(format!("find `{}`: arrivals of this kind have none", path.trim()), help);
    let meant = path_of(path.trim(), kind.as_deref()).map_err(told)?;
    if meant == path.trim() {
        return Ok(document.set_as(option, argument)?);
    }
    Ok(document.set_as(option, &format!("{meant}={value}"))?)
}

impl Changes {
    /// As arguments of a command that asks for the same again.
    pub fn arguments(&self) -> Vec<String> {
        let variant = self.variant.iter().flat_map(|variant| ["--variant".to_owned(), variant.clone()]);
        variant.chain(self.overrides.arguments()).collect()
    }
}
