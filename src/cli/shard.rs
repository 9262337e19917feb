//! Parts of an experiment that are simulated apart, perhaps on other machines, and put together later.
//!
//! A shard makes each n-th run and leaves it in its log. `merge` takes the logs of all shards together and does the same
//! command again, which then finds everything in its log and has nothing to simulate: so its results are the same bytes
//! as those of one run.

use super::destination::Destination;
use super::exit::{Exit, Stop, note};
use super::kept::{self, Kept};
use super::manifest::Made;
use super::progress;
use super::source::Source;
use cachestorm::experiment::Watch;
use cachestorm::report::json;
use cachestorm::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// The i-th of n parts, the first of which is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    number: u32,
    of: u32,
}

/// More parts than this are no use: there are not as many runs.
const SHARDS_MAX: u32 = 1_000_000;

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if number >= 1 && number <= of && of <= SHARDS_MAX => Ok(Self { number, of }),
            _ => Err(format!(
                "expected the number of a part and how many there are, as in `2/3` or `1/{SHARDS_MAX}`"
            )),
        }
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    fn has(self, run: u32) -> bool {
        run % self.of == self.number - 1
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// All of them.
    pub fn all(self) -> impl Iterator<Item = Self> {
        (1..=self.of).map(move |number| Self { number, ..self })
    }

    /// That to which a run belongs.
    fn with(self, run: u32) -> Self {
        Self { number: run % self.of + 1, ..self }
    }
}

/// How much of an experiment is done.
#[derive(Clone, Debug)]
pub enum Part {
    /// All of it.
    Whole,
    /// One part; the results are put together later.
    Shard(Shard),
    /// Nothing: all parts, of which this is one, are done and lie in these logs.
    Merged(Shard, Vec<PathBuf>),
}

/// `shard.json`: what was asked for, beside the log of a part.
#[derive(Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Manifest {
    pub program: String,
    pub version: String,
    pub command: String,
    pub arguments: Vec<String>,
    pub scenario: Scenario,
    pub compared_with: Option<Scenario>,
    pub shard: Shard,
}

/// A scenario as it was.
#[derive(Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Scenario {
    pub file: String,
    pub text: String,
}

impl Manifest {
    /// The file's name.
    pub const NAME: &str = "shard.json";

    fn new(made: &Made, shard: Shard) -> Self {
        let scenario = |source: &Source| Scenario { file: source.name.clone(), text: source.text.clone() };
        Self {
            program: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            command: made.command.into(),
            arguments: made.arguments.clone(),
            scenario: scenario(made.source),
            compared_with: made.other.map(|(_, source)| scenario(source)),
            shard,
        }
    }
}

impl Part {
    /// What an argument `--shard` asks for.
    pub fn of(shard: Option<Shard>) -> Self {
        shard.map_or(Self::Whole, Self::Shard)
    }

    /// The end of the name of the folder that the results are written to.
    pub fn suffix(&self, suffix: Option<&str>) -> Option<String> {
        let Self::Shard(Shard { number, of }) = self else { return suffix.map(str::to_owned) };
        let part = format!("shard-{number}-of-{of}");
        Some(suffix.map_or(part.clone(), |suffix| format!("{suffix}.{part}")))
    }

    /// Before anything is simulated: says beside its log what a shard is a part of; lays what the logs of all shards hold
    /// into that of the results.
    pub fn begin(&self, made: &Made, destination: &Destination, kept: &Kept) -> Result<(), Stop> {
        let logs = match self {
            Self::Whole => return Ok(()),
            Self::Shard(shard) => {
                let manifest = serde_json::to_value(Manifest::new(made, *shard));
                let text = json::text(&manifest.expect("strings can be written as JSON"));
                return destination.write(&[(Manifest::NAME.to_owned(), text.into_bytes())]);
            }
            Self::Merged(_, logs) => logs,
        };
        gather(logs, kept).inspect_err(|_| kept.log.discard_if_new())
    }
}

fn gather(logs: &[PathBuf], kept: &Kept) -> Result<(), Stop> {
    for path in logs {
        let taken = kept.log.take_in(path).map_err(|error| kept::stop(path, error))?;
        let shown = path.display();
        match taken {
            None => {
                let what = format!("use `{shown}`: it was made by another build of cachestorm");
                return Err(Stop::failed(what, "merge with the program that has made the shards"));
            }
            Some(opened) if opened.damaged > 0 => {
                note(&format!("{shown} is damaged: {} replications in it are sound", opened.kept));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Watches the runs of a part.
pub struct Watched<'a, W> {
    part: &'a Part,
    pub inner: W,
    /// Runs that should have been kept and were not.
    missing: Mutex<BTreeSet<u32>>,
}

impl<W: Watch> Watch for Watched<'_, W> {
    fn takes(&self, run: u32) -> bool {
        match self.part {
            Part::Shard(shard) => shard.has(run),
            Part::Whole | Part::Merged(..) => true,
        }
    }

    fn at(&self, run: u32, now: Instant) -> ControlFlow<()> {
        if let Part::Merged(..) = self.part {
            self.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(run);
            return ControlFlow::Break(());
        }
        self.inner.at(run, now)
    }

    fn done(&self, run: u32) {
        self.inner.done(run);
    }
}

impl<'a, W: Watch> Watched<'a, W> {
    pub fn new(part: &'a Part, inner: W) -> Self {
        Self { part, inner, missing: Mutex::default() }
    }

    /// How the command ends, if there are no results of the whole: of a part, or because something is missing.
    pub fn end(&self, destination: &Destination, kept: &Kept) -> Result<Option<Exit>, Stop> {
        match self.part {
            Part::Whole => Ok(None),
            Part::Shard(shard) => end_of_shard(*shard, destination, kept).map(Some),
            Part::Merged(shard, _) => {
                let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
                let shards: BTreeSet<Shard> = missing.iter().map(|run| shard.with(*run)).collect();
                if shards.is_empty() {
                    return Ok(None);
                }
                kept.log.discard_if_new();
                let shards: Vec<String> = shards.iter().map(Shard::to_string).collect();
                Err(Stop::Incomplete {
                    what: format!("merge: replications are missing of shard {}", shards.join(", ")),
                    help: "run its command again, which goes on where it was ended, and merge again".into(),
                })
            }
        }
    }
}

fn end_of_shard(shard: Shard, destination: &Destination, kept: &Kept) -> Result<Exit, Stop> {
    if let Some(failure) = kept.log.failure() {
        let log = kept.log.path().display();
        return Err(Stop::failed(
            format!("keep all replications in `{log}`: {failure}"),
            "run the command again",
        ));
    }
    if progress::is_interrupted() {
        note("interrupted; the same command goes on with what is kept");
        return Ok(Exit::Interrupted);
    }
    let folder = destination.folder().display().to_string();
    let all = folder.replace(&format!("shard-{}-of-", shard.number), "shard-*-of-");
    let mut out = anstream::stdout().lock();
    writeln!(out, "shard {shard} is in {folder}\nwhen all {} are done: cachestorm merge {all}", shard.of)?;
    out.flush()?;
    Ok(Exit::Done)
}

/// The argument for one part.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Chosen {
    /// Simulate the I-th of N parts only, as in `2/3`; `cachestorm merge` puts them together
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

impl Chosen {
    /// How much is to be done.
    pub fn part(self) -> Part {
        Part::of(self.shard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_belongs_to_one_shard() {
        for text in ["1/1", "1/3", "3/3", "2/7"] {
            let shard: Shard = text.parse().expect("it is sound");
            assert_eq!(shard.to_string(), text);
            for run in 0..20 {
                let having: Vec<Shard> = shard.all().filter(|shard| shard.has(run)).collect();
                assert_eq!(having, [shard.with(run)]);
            }
        }
        for text in ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/2/3", "a/b", "1/1000001"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
