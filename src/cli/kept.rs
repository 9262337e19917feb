//! What is kept of earlier runs of a command: the log in its folder of results.

use super::destination::Destination;
use super::exit::{Stop, note};
use super::terms::Terms;
use cachestorm::experiment::{Log, OpenError, Opened};
use std::path::Path;

/// The arguments about what an earlier run has left.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Reuse {
    /// Go on where an earlier run of this command was ended. Without this it goes on as well, but begins anew if there is
    /// nothing to go on from
    #[arg(long, conflicts_with = "fresh")]
    resume: bool,
    /// Simulate anew what is kept of an earlier run
    #[arg(long)]
    fresh: bool,
}

/// The log of a command, while it runs.
pub struct Kept {
    pub log: Log,
    terms: Terms,
}

impl Kept {
    /// Opens the log in the folder of results.
    pub fn open(destination: &Destination, terms: &Terms) -> Result<Self, Stop> {
        let path = destination.folder().join(Log::NAME);
        let (log, opened) = Log::open(&path, &build()).map_err(|error| stop(&path, error))?;
        let shown = path.display();
        if !terms.quiet {
            tell(&path, opened);
        }
        if terms.kept.resume && opened.kept == 0 {
            let what = format!("go on from an earlier run: no replications are kept in `{shown}`");
            let help = if opened.is_of_another_build {
                "those in it were made by another build of cachestorm; leave `--resume` away to begin anew"
            } else {
                "run it in the same folder, or with the same `--out`; or leave `--resume` away to begin anew"
            };
            return Err(Stop::failed(what, help));
        }
        if terms.kept.fresh {
            log.clear().map_err(|error| stop(&path, error.into()))?;
        }
        Ok(Self { log, terms: terms.clone() })
    }

    /// Says how much was taken from it, for those who wonder why it was so quick.
    pub fn tell(&self) {
        let path = self.log.path().display();
        if let Some(failure) = self.log.failure() {
            note(&format!(
                "not all replications could be kept in {path}: {failure}; the results have all of them"
            ));
        }
        if self.terms.quiet {
            return;
        }
        let (taken, made) = (self.log.taken(), self.log.made());
        if taken > 0 && made == 0 {
            note(&format!(
                "nothing had to be simulated: {} kept in {path}; `--fresh` begins anew",
                all(taken)
            ));
        } else if taken > 0 {
            note(&format!("{taken} of {} replications were kept in {path}", taken + made));
        } else if self.terms.kept.resume {
            note(&format!("none of the replications that are kept in {path} are of this scenario and seed"));
        }
    }
}

fn all(count: usize) -> String {
    if count == 1 { "the replication was".into() } else { format!("all {count} replications were") }
}

fn tell(path: &Path, opened: Opened) {
    let path = path.display();
    let Opened { kept, damaged, is_of_another_build } = opened;
    if damaged > 0 {
        let bytes = if damaged == 1 { "1 byte is".into() } else { format!("{damaged} bytes are") };
        note(&format!("{path} is damaged: {bytes} left out, {kept} replications are sound"));
    }
    if is_of_another_build {
        note(&format!("what is kept in {path} was made by another build of cachestorm and is not used"));
    }
}

/// How to mend what is wrong with a log.
pub fn stop(path: &Path, error: OpenError) -> Stop {
    let path = path.display();
    match error {
        OpenError::InUse => Stop::failed(
            format!("use `{path}`: another cachestorm is writing to it"),
            "wait until it has ended, or choose another folder with `--out DIR`",
        ),
        OpenError::Foreign => Stop::failed(
            format!("keep replications in `{path}`: the file there is none of cachestorm's"),
            "move it away, or choose another folder with `--out DIR`",
        ),
        OpenError::Io(error) => Stop::failed(
            format!("keep replications in `{path}`: {error}"),
            "choose another folder with `--out DIR`",
        ),
    }
}

/// The program to the bit: another build may make other results.
pub fn build() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let program = std::env::current_exe().and_then(std::fs::read);
    program.map_or_else(
        |_| version.to_owned(),
        |bytes| format!("{version} {}-{:08x}", bytes.len(), crc32fast::hash(&bytes)),
    )
}
