//! A thread that looks at memory and at signals where nobody else does: before a simulation, and while results are put
//! together and written.
//!
//! A simulation looks itself and ends in order. Everything else is ended from here: what is unfinished in the folder of
//! results goes, and what was simulated stays in the log, so that the same command goes on with it.

use super::exit::{Exit, Stop, note};
use super::{destination, in_folder, memory};
#[cfg(unix)]
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The command reads what is to be simulated.
const PREPARING: u8 = 1;
/// It simulates, and looks itself.
const SIMULATING: u8 = 2;
/// It puts results together and writes them.
const REPORTING: u8 = 3;

/// What the command does.
static PHASE: AtomicU8 = AtomicU8::new(PREPARING);

/// What it did when somebody pressed Ctrl-C, or sent SIGTERM or SIGHUP; 0 if nobody has.
static INTERRUPTED: AtomicU8 = AtomicU8::new(0);

/// What will be put together.
static RESULTS: Mutex<Results> = Mutex::new(Results { of: String::new(), help: "" });

/// What results are of, and how to have fewer.
#[derive(Clone, Debug)]
pub struct Results {
    /// As in `10 replications`.
    pub of: String,
    /// As in `ask for fewer replications`.
    pub help: &'static str,
}

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(5);

/// Who looks at memory itself has this long to see that it is used up, and to say what holds it.
const PATIENCE: Duration = Duration::from_secs(2);

/// As [`PATIENCE`], when more is in use than may be.
const IMPATIENCE: Duration = Duration::from_millis(500);

/// After a signal, what is done may be written for this long. It is less than the 10 s after which Docker kills.
const LAST_WORDS: Duration = Duration::from_secs(8);

/// Begins to look. Signals are heard from now on: the first ends the command in order, the second at once.
pub fn begin() {
    let handler = || {
        let phase = PHASE.load(Ordering::Relaxed);
        if INTERRUPTED.compare_exchange(0, phase, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            leave(Exit::Interrupted);
        }
    };
    // Without a handler Ctrl-C ends the program at once, which is not worth an error.
    let _ = ctrlc::set_handler(handler);
    take_limits_of_files_as_errors();
    // Without the thread only simulations look.
    let _ = thread::Builder::new().name("lookout".into()).spawn(look);
}

/// A file that grows beyond `ulimit -f` is an error of writing, and not the end of the program.
#[cfg(unix)]
fn take_limits_of_files_as_errors() {
    // Whoever hears the signal is not killed by it. Nobody asks the flag: writing fails too.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

#[cfg(not(unix))]
fn take_limits_of_files_as_errors() {}

/// Whether the command is to end.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed) != 0
}

/// From now on a simulation looks itself; its results will be these.
pub fn simulating(results: Results) {
    *RESULTS.lock().unwrap_or_else(PoisonError::into_inner) = results;
    PHASE.store(SIMULATING, Ordering::Relaxed);
}

/// From now on the results are put together and written.
pub fn reporting() {
    PHASE.store(REPORTING, Ordering::Relaxed);
}

impl Results {
    /// The results of this number of replications, each with this number of key groups.
    pub fn of_groups(replications: u64, groups: usize) -> Self {
        let of =
            format!("{} with {}", counted(replications, "replication"), counted(groups as u64, "key group"));
        Self { of, help: "ask for fewer replications, or put the keys into fewer groups" }
    }

    /// The results of this number of points of a sweep.
    pub fn of_points(points: usize) -> Self {
        Self { of: counted(points as u64, "point"), help: "sweep fewer points" }
    }

    /// Those of a search.
    pub fn of_search() -> Self {
        Self { of: "the search".into(), help: "search a narrower range" }
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn look() {
    let mut interrupted_since: Option<Instant> = None;
    let mut used_up_since: Option<Instant> = None;
    loop {
        thread::sleep(EVERY);
        let (phase, interrupted) = (PHASE.load(Ordering::Relaxed), INTERRUPTED.load(Ordering::Relaxed));
        if interrupted != 0 {
            let since = interrupted_since.get_or_insert_with(Instant::now);
            // What a simulation has done until then is written, if that does not take long.
            if interrupted != SIMULATING || since.elapsed() > LAST_WORDS {
                end_interrupted();
            }
        }
        if memory::is_used_up() {
            let since = used_up_since.get_or_insert_with(Instant::now);
            let patience = if memory::used() > memory::most() { IMPATIENCE } else { PATIENCE };
            if phase == REPORTING || since.elapsed() > patience {
                end_out_of_memory(phase);
            }
        } else {
            used_up_since = None;
        }
    }
}

fn end_interrupted() -> ! {
    let lock = in_folder::hold();
    note(&match destination::kept() {
        Some(log) => format!("interrupted; the same command goes on with what is kept in {}", log.display()),
        None => "interrupted; nothing is written".to_owned(),
    });
    leave_holding(&lock, Exit::Interrupted)
}

fn end_out_of_memory(phase: u8) -> ! {
    let (used, limit) = (memory::used(), memory::most());
    let lock = in_folder::hold();
    let within = format!("no memory is left: {used} are in use, and `--max-memory` allows {limit}");
    let kept = destination::kept().map_or_else(String::new, |log| {
        let log = log.display();
        format!("; what is simulated is kept in {log}, and the same command with more memory goes on with it")
    });
    let more = "allow more with `--max-memory`";
    let stop = match phase {
        REPORTING => {
            let Results { of, help } = RESULTS.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Stop::failed(
                format!("put together the results of {of}: {within}"),
                format!("{more}, or {help}{kept}"),
            )
        }
        SIMULATING => {
            let fewer = format!("{more}; `--threads 1` runs one replication at a time{kept}");
            Stop::failed(format!("simulate: {within}"), fewer)
        }
        _ => Stop::failed(format!("prepare the simulation: {within}"), more),
    };
    stop.explain();
    leave_holding(&lock, Exit::Mistake)
}

fn leave(exit: Exit) -> ! {
    leave_holding(&in_folder::hold(), exit)
}

/// Ends the program while nothing is being written or replaced; files that are not whole go.
fn leave_holding(_held: &in_folder::Held, exit: Exit) -> ! {
    destination::abandon();
    std::process::exit(exit as i32)
}
