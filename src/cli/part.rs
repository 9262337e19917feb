//! How much of an experiment a command does: all of it, a shard, or nothing but put shards together.
//!
//! A shard makes some of the runs and leaves them in its log. `merge` takes the logs of all shards together and does the
//! same command again, which then finds everything in its log and has nothing to simulate: so its results are the
//! same bytes as those of one run.

use super::destination::Destination;
use super::exit::{Exit, Stop, note, print};
use super::kept::Kept;
use super::lookout;
use super::manifest::{Made, quoted};
use super::shard::{self, Chosen, Manifest, Shard};
use cachestorm::experiment::{Identity, OpenError, Watch};
use cachestorm::report::json;
use cachestorm::time::Instant;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How much of an experiment is done.
#[derive(Clone, Debug)]
pub enum Part {
    /// All of it.
    Whole,
    /// One part; the results are put together later.
    Shard(Shard),
    /// Nothing: all parts are done, of which this is one, and lie in these logs.
    Merged(Box<Manifest>, Vec<PathBuf>),
}

impl From<Chosen> for Part {
    fn from(chosen: Chosen) -> Self {
        chosen.shard.map_or(Self::Whole, Self::Shard)
    }
}

impl Part {
    /// The end of the name of the folder that the results are written to.
    pub fn suffix(&self, suffix: Option<&str>) -> Option<String> {
        let Self::Shard(Shard { number, of }) = self else { return suffix.map(str::to_owned) };
        let part = format!("shard-{number}-of-{of}");
        Some(suffix.map_or(part.clone(), |suffix| format!("{suffix}.{part}")))
    }

    /// What it has to simulate, as a share of all.
    pub fn share(&self) -> f64 {
        match self {
            Self::Whole => 1.0,
            Self::Shard(shard) => 1.0 / f64::from(shard.of),
            Self::Merged(..) => 0.0,
        }
    }

    /// Whether it makes reports: a shard does not.
    pub fn has_reports(&self) -> bool {
        !matches!(self, Self::Shard(_))
    }

    /// Whether a run belongs to it.
    pub fn takes(&self, run: u32) -> bool {
        match self {
            Self::Shard(shard) => shard.with(run) == *shard,
            Self::Whole | Self::Merged(..) => true,
        }
    }

    /// Before anything is simulated: says beside its log what a shard is a part of; lays what the logs of all shards hold
    /// into that of the results.
    pub fn begin(
        &self,
        made: &Made,
        identities: &[Option<Identity>],
        destination: &Destination,
        kept: &Kept,
    ) -> Result<(), Stop> {
        match self {
            Self::Whole => Ok(()),
            Self::Shard(shard) => {
                let manifest = serde_json::to_value(Manifest::new(made, identities, *shard));
                let text = json::text(&manifest.expect("strings can be written as JSON"));
                destination.write(&[(Manifest::NAME.to_owned(), text.into_bytes())])
            }
            Self::Merged(manifest, logs) => {
                if manifest.identities != shard::texts(identities) {
                    let what = "merge: the trace that the shards were made of is not the one that is here";
                    return Err(Stop::failed(what, "merge where the trace is the same, in the same place"));
                }
                gather(logs, kept).inspect_err(|_| kept.log.discard_if_new())
            }
        }
    }
}

fn gather(logs: &[PathBuf], kept: &Kept) -> Result<(), Stop> {
    for path in logs {
        let opened = kept.log.take_in(path).map_err(|error| unread(path, &error))?;
        if opened.damaged > 0 {
            note(&format!("{} is damaged: {} replications in it are sound", path.display(), opened.kept));
        }
    }
    kept.check_kept()
}

/// Why the log of a shard cannot be used, and what to do.
fn unread(path: &Path, error: &OpenError) -> Stop {
    let path = path.display();
    let (what, help) = match error {
        OpenError::InUse => {
            ("another cachestorm is writing to it".to_owned(), "wait until the shard is done")
        }
        OpenError::Foreign => ("it is no log of cachestorm".into(), "name the folders of shards"),
        OpenError::AnotherBuild => (
            "it was made by another build of cachestorm".into(),
            "merge with the program that has made the shards",
        ),
        OpenError::Io(error) => (error.to_string(), ""),
    };
    Stop::failed(format!("read `{path}`: {what}"), help)
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
        self.part.takes(run)
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

    fn is_ended(&self) -> bool {
        self.inner.is_ended()
    }

    fn all_ended(&self) {
        self.inner.all_ended();
    }

    fn is_out_of_memory(&self) -> bool {
        self.inner.is_out_of_memory()
    }
}

impl<'a, W: Watch> Watched<'a, W> {
    pub fn new(part: &'a Part, inner: W) -> Self {
        Self { part, inner, missing: Mutex::default() }
    }

    /// How the command ends, if there are no results of the whole: of a part, or because something is missing.
    pub fn end(&self, destination: &Destination, kept: &Kept) -> Result<Option<Exit>, Stop> {
        match self.part {
            Part::Whole => {
                kept.tell();
                Ok(None)
            }
            Part::Shard(shard) => {
                kept.tell();
                end_of_shard(*shard, destination, kept).map(Some)
            }
            Part::Merged(manifest, _) => {
                let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
                let shards: BTreeSet<Shard> = missing.iter().map(|run| manifest.shard.with(*run)).collect();
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
    kept.check_kept()?;
    if lookout::is_interrupted() {
        return Ok(Exit::Interrupted);
    }
    let Shard { number, of } = shard;
    let folder = destination.shown();
    let mut all = folder.clone();
    if let Some(end) = folder.strip_suffix(&format!("{number}-of-{of}")) {
        // The star is for the shell, the rest is not.
        all = format!("{}*-of-{of}", quoted(end));
    }
    print(|out| {
        writeln!(out, "shard {shard} is in {folder}\nwhen all {of} are done: cachestorm merge {all}")
    })?;
    Ok(Exit::Done)
}
