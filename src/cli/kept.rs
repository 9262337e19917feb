//! What is kept of earlier runs of a command: the log in its folder of results.

use super::destination::Destination;
use super::exit::{Stop, note};
use super::lookout;
use super::terms::Terms;
use cachestorm::experiment::{Key, Log, OpenError, Opened};
use cachestorm::quantity::Bytes;
use std::path::Path;

/// The arguments about what an earlier run has left.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Reuse {
    /// Go on where an earlier run of this command was ended, or fail if nothing is kept of it. Without this it goes on as
    /// well, or else begins anew
    #[arg(long, conflicts_with = "fresh")]
    resume: bool,
    /// Simulate anew what is kept of earlier runs
    #[arg(long)]
    fresh: bool,
}

/// The log of a command, while it runs.
pub struct Kept {
    pub log: Log,
    reuse: Reuse,
    pub is_quiet: bool,
}

/// Who has more than this is told how much it is.
const MUCH: Bytes = Bytes(256 << 20);

impl Kept {
    /// Opens the log in the folder of results.
    pub fn open(destination: &Destination, terms: &Terms) -> Result<Self, Stop> {
        let path = destination.folder().join(Log::NAME);
        let (log, opened) = Log::open(&path, &build()).map_err(|error| stop(&path, error))?;
        let (reuse, is_quiet) = (terms.reuse, terms.results.quiet);
        if !is_quiet {
            tell(&path, opened);
        }
        if reuse.fresh {
            log.clear().map_err(|error| stop(&path, error.into()))?;
        }
        Ok(Self { log, reuse, is_quiet })
    }

    /// If it was asked to go on, there has to be something to go on from: one of these replications. They are those of
    /// which an earlier run would have made some first.
    pub fn check_resume(&self, mut keys: impl Iterator<Item = Key>) -> Result<(), Stop> {
        if !self.reuse.resume || keys.any(|key| self.log.has(&key)) {
            return Ok(());
        }
        let path = self.log.path().display();
        let what = if self.log.is_empty() {
            format!("no replications are kept in `{path}`")
        } else {
            format!(
                "of those {} that are kept in `{path}` none has these settings and this seed",
                self.log.len()
            )
        };
        let help = "type the command as it was, with the same `--out`; or omit `--resume` to start again";
        Err(Stop::failed(format!("go on from an earlier run: {what}"), help))
    }

    /// Says how much was taken from it, for those who wonder why it was so quick; and that nothing of what was done is lost.
    pub fn tell(&self) {
        let path = self.log.path().display();
        if let Some(failure) = self.log.failure() {
            note(&format!("not all replications could be kept in {path}: {failure}"));
        }
        if self.is_quiet {
            return;
        }
        let (taken, made) = (self.log.taken(), self.log.made());
        if taken > 0 && made == 0 {
            let all = if taken == 1 {
                "the replication was".into()
            } else {
                format!("all {taken} replications were")
            };
            note(&format!("nothing had to be simulated: {all} kept in {path}; `--fresh` begins anew"));
        } else if taken > 0 {
            note(&format!("{taken} of {} replications were kept in {path}", taken + made));
        }
        if lookout::is_interrupted() && !self.log.is_empty() {
            note(&format!("interrupted; the same command goes on with what is kept in {path}"));
        }
        let bytes = Bytes(self.log.bytes());
        if bytes > MUCH {
            note(&format!("{path} has grown to {bytes}; it may be deleted when no run is to go on"));
        }
    }

    /// Where what is kept is the result, all of it has to be.
    pub fn check_kept(&self) -> Result<(), Stop> {
        let Some(failure) = self.log.failure() else { return Ok(()) };
        let path = self.log.path().display();
        Err(Stop::failed(
            format!("keep all replications in `{path}`: {failure}"),
            "run the command again where there is room for them",
        ))
    }
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

/// Why the log cannot be used, and what to do.
fn stop(path: &Path, error: OpenError) -> Stop {
    let path = path.display();
    let elsewhere = "choose another folder with `--out DIR`";
    match error {
        OpenError::InUse => Stop::failed(
            format!("use `{path}`: another cachestorm is writing to it"),
            format!("wait until it has ended, or {elsewhere}"),
        ),
        OpenError::Foreign | OpenError::AnotherBuild => Stop::failed(
            format!("keep replications in `{path}`: cachestorm did not write this file"),
            format!("move it away, or {elsewhere}"),
        ),
        OpenError::Io(error) => Stop::failed(format!("keep replications in `{path}`: {error}"), elsewhere),
    }
}

/// The program to the bit: another build may make other results.
fn build() -> String {
    let version = env!("CARGO_PKG_VERSION");
    // The path may name another program by now; on Linux the link leads to this one all the same.
    let program = std::fs::read("/proc/self/exe").or_else(|_| std::fs::read(std::env::current_exe()?));
    program.map_or_else(
        // Nobody knows which one it is, so nothing that others have made is used.
        |_| {
            let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
            format!("{version} unknown-{}-{}", std::process::id(), since.as_nanos())
        },
        |bytes| format!("{version} {}-{:08x}", bytes.len(), crc32fast::hash(&bytes)),
    )
}
