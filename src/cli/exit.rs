//! How the program ends: the exit status, and what is said on stderr before.

use super::memory;
use cachestorm::experiment::State;
use cachestorm::model::{MemoryUse, SimulateError};
use cachestorm::quantity::Bytes;
use cachestorm::scenario::Problems;
use cachestorm::text::{is_hidden, printable, printable_lines};
use cachestorm::workload::trace::TraceError;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, and all objectives are met.
    Done = 0,
    /// The program is wrong.
    Fault = 1,
    /// The user can mend it: usage, scenario, trace, files.
    Mistake = 2,
    /// Shards are missing that were to be merged.
    Incomplete = 4,
    /// Done, but more replications are needed to tell whether an objective is met.
    Undecided = 98,
    /// Done, but an objective is missed.
    Missed = 99,
    /// Ended by Ctrl-C; 128 and the number of the signal, as shells have it.
    Interrupted = 130,
}

/// What was asked for is met, missed or undecided: the same for all commands.
impl From<State> for Exit {
    fn from(state: State) -> Self {
        match state {
            State::Met => Self::Done,
            State::Undecided => Self::Undecided,
            State::Missed => Self::Missed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ends before it is done.
#[derive(Debug)]
pub enum Stop {
    /// The scenario is not sound.
    Problems(Problems),
    /// Something failed that the user can mend: what, as the rest of "failed to …", and how to mend it.
    Failed { what: String, help: String },
    /// Shards are missing: what could not be done, and how to get them.
    Incomplete { what: String, help: String },
    /// Two things are wrong.
    Both(Box<Self>, Box<Self>),
    /// The program is wrong; what happened has been printed.
    Fault,
}

impl Stop {
    /// `what` completes "failed to …".
    pub fn failed(what: impl Display, help: impl Display) -> Self {
        Self::Failed { what: what.to_string(), help: help.to_string() }
    }

    /// Says what is wrong on stderr.
    pub fn explain(&self) -> Exit {
        if let Self::Both(first, second) = self {
            first.explain();
            return second.explain();
        }
        let mut stderr = anstream::stderr().lock();
        // Where there is no stderr to write to, the exit status has to do.
        let _ = match self {
            Self::Problems(problems) => stderr.write_all(problems.render(true).as_bytes()),
            Self::Failed { what, help } | Self::Incomplete { what, help } => {
                write_error(&mut stderr, what, help)
            }
            Self::Fault => stderr.write_all(report_request().as_bytes()),
            Self::Both(..) => Ok(()),
        };
        match self {
            Self::Problems(_) | Self::Failed { .. } | Self::Both(..) => Exit::Mistake,
            Self::Incomplete { .. } => Exit::Incomplete,
            Self::Fault => Exit::Fault,
        }
    }
}

fn write_error(stderr: &mut impl Write, what: &str, help: &str) -> io::Result<()> {
    let (red, bold) = (anstyle::AnsiColor::Red.on_default().bold(), anstyle::Style::new().bold());
    writeln!(stderr, "{red}error{red:#}{bold}: failed to {}{bold:#}", printable(what))?;
    if help.is_empty() { Ok(()) } else { writeln!(stderr, "  {bold}help{bold:#}: {}", printable(help)) }
}

/// Says what is wrong with the arguments, or what was asked for in place of a command, and ends the program.
pub fn usage(error: &clap::Error) -> ! {
    let is_plain = |argument: OsString| argument.to_string_lossy().chars().all(|letter| !is_hidden(letter));
    if std::env::args_os().all(is_plain) {
        error.exit();
    }
    // Colours would be spelled out with what steers a terminal in an argument.
    let _ = io::stderr().write_all(printable_lines(&error.to_string()).as_bytes());
    std::process::exit(error.exit_code())
}

/// Tells something that is good to know on stderr.
pub fn note(text: &str) {
    let bold = anstyle::Style::new().bold();
    // Where there is no stderr, nobody wants to know.
    let _ = writeln!(anstream::stderr().lock(), "{bold}note{bold:#}: {}", printable(text));
}

/// Writes to stdout. If nobody reads it to its end, as with `| head -1`, that is fine: the command goes on, and its exit status
/// is what it would be otherwise.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Stop> {
    let mut out = anstream::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Stop::failed(format!("write to stdout: {error}"), ""))
        }
        _ => Ok(()),
    }
}

/// What is said when the program is wrong, after the message of the panic.
fn report_request() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).map(|argument| format!("{argument:?}")).collect();
    format!(
        "\nThis is a fault of cachestorm, not of your scenario. The same command fails again in the same way:\n\
         please report the lines above with the scenario file and these.\n\
         \x20 version:   {}\n\
         \x20 arguments: {}\n\
         \x20 seed:      as in the scenario, unless `--seed` is among the arguments\n",
        env!("CARGO_PKG_VERSION"),
        arguments.join(" "),
    )
}

impl From<Problems> for Stop {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

impl From<TraceError> for Stop {
    fn from(error: TraceError) -> Self {
        let mut help = error.help.clone().unwrap_or_default();
        if memory::used_up() > Bytes(0) {
            help = format!("allow more with `--max-memory`; or {help}");
        }
        Self::failed(TraceError { help: None, ..error }, help)
    }
}

impl From<SimulateError> for Stop {
    fn from(error: SimulateError) -> Self {
        match error {
            SimulateError::Trace(error) => error.into(),
            SimulateError::Overload(overload) => Self::failed(&overload, &overload.help),
            SimulateError::Memory(grown) => out_of_memory(&grown),
        }
    }
}

/// A replication that was ended because no memory is left, which need not hold it itself.
fn out_of_memory(grown: &MemoryUse) -> Stop {
    let more = "allow more with `--max-memory`; `--threads 1` runs one replication at a time";
    let own: u64 = grown.held.iter().map(|held| held.bytes.0).sum();
    let used = memory::used_up();
    if own > used.0 / OTHERS {
        return Stop::failed(grown, format!("{more}; or {}", grown.help()));
    }
    let what = format!(
        "{grown}; most of the {used} in use are results of replications that are done, and others under way"
    );
    Stop::failed(what, format!("{more}; or ask for fewer replications"))
}

/// A replication with less than this part of the memory is not to blame.
const OTHERS: u64 = 8;
