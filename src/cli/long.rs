//! Runs that take hours: refused where nobody watches, unless `--yes` says that they are meant.
//!
//! What is counted is events, not seconds, so that the same command is refused on every machine. A run is refused before
//! it begins if it is expected to have too many, and ended if it turns out so, as with a lock that is looked at a million
//! times a second.

use super::exit::{Stop, note};
use super::terms::Terms;
use cachestorm::engine::WATCH_EVERY;
use cachestorm::model::{Model, Prepared};
use cachestorm::time::Instant;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

/// More events than this in one command have to be asked for: about an hour on one core, with the 4 to 9 million events
/// per second of docs/PERFORMANCE.md.
const EVENTS_MAX: f64 = 20e9;

/// Events per second of one thread, for estimates: the middle of what was measured.
const EVENTS_PER_SECOND: f64 = 5.5e6;

/// Looks at the runs so far.
static LOOKS: AtomicU64 = AtomicU64::new(0);
/// How many there may be.
static LOOKS_MAX: AtomicU64 = AtomicU64::new(u64::MAX);

/// Events of a replication that are to be expected.
pub fn expected(model: &Model) -> f64 {
    let end = model.duration.map_or(Instant::ZERO, |length| Instant::ZERO + length);
    model.events_of(&model.traffic(end, None))
}

/// The same, when the trace has been read.
pub fn expected_of(prepared: &Prepared) -> f64 {
    let traced = prepared.scan().map(|scan| (scan.requests, scan.writes));
    let model = prepared.model();
    model.events_of(&model.traffic(prepared.end(), traced))
}

/// Refuses a command that is expected to play so many events, unless it was asked for or somebody watches.
pub fn check(events: f64, terms: &Terms) -> Result<(), Stop> {
    let watched = !terms.results.quiet && std::io::stderr().is_terminal();
    if terms.yes || watched {
        if events > EVENTS_MAX && watched {
            note(&format!("this takes about {}; Ctrl-C ends it in order", estimate(events)));
        }
        return Ok(());
    }
    LOOKS_MAX.store((EVENTS_MAX / WATCH_EVERY as f64) as u64, Ordering::Relaxed);
    if events <= EVENTS_MAX {
        return Ok(());
    }
    Err(refused(&format!("start: this takes about {}", estimate(events))))
}

/// Counts a look at a run. Yields whether it may go on.
pub fn look() -> bool {
    LOOKS.fetch_add(1, Ordering::Relaxed) < LOOKS_MAX.load(Ordering::Relaxed)
}

/// The error of a command that was ended because it took too long.
pub fn end() -> Result<(), Stop> {
    if LOOKS.load(Ordering::Relaxed) <= LOOKS_MAX.load(Ordering::Relaxed) {
        return Ok(());
    }
    Err(refused(&format!("go on: this takes more than {}", estimate(EVENTS_MAX))))
}

fn refused(what: &str) -> Stop {
    let help =
        "add `--yes` if it is meant; or shorten `duration`, lower the rate, or the number of replications";
    Stop::failed(what, help)
}

/// In words: events, and hours on one core.
fn estimate(events: f64) -> String {
    let hours = events / EVENTS_PER_SECOND / 3_600.0;
    let time = if hours < 48.0 { format!("{hours:.0} hours") } else { format!("{:.0} days", hours / 24.0) };
    let time = if hours < 1.5 { "1 hour".to_owned() } else { time };
    format!("{:.0} billion events, {time} on one core", events / 1e9)
}
