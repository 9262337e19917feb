//! How much memory a run may have: `--max-memory`, and what it has at the moment.
//!
//! A run that is sure to need more is refused before it begins (`need.rs`). All others are watched: every few thousand
//! events somebody looks at what is allocated, and ends the run in order when it is too much.

use cachestorm::quantity::Bytes;
use cachestorm::scenario::{Document, positive_size};
use cap::Cap;
use std::alloc::System;
use std::sync::atomic::{AtomicU64, Ordering};

/// The system's allocator, which counts what it gives out.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// What may be allocated.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);

/// Code, stacks, and what the allocator loses between its blocks.
const PROGRAM_BYTES: u64 = 16 << 20;

/// The part of the limit that is not used: a table that grows needs its new place before it gives back the old one.
const RESERVE: u64 = 8;

/// What was in use when it was found to be too much for the first time.
static USED_UP: AtomicU64 = AtomicU64::new(0);

/// A size as an argument, as in `512 MiB`.
pub fn size(text: &str) -> Result<Bytes, String> {
    let mut document = Document::parse("--max-memory", "").map_err(|problems| problems.to_string())?;
    let quoted = format!("max_memory={text:?}");
    let read = document
        .set(&quoted)
        .and_then(|()| document.read(None, |r| r.field("max_memory", "A size.", positive_size()).required()));
    read.map_err(|problems| {
        let first = problems.iter().next();
        first.map_or_else(String::new, |problem| {
            let help = problem.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
            format!("{}, {}{help}", problem.message, problem.label)
        })
    })
}

/// From now on no run may have more than this.
pub fn limit(most: Bytes) {
    LIMIT.store(most.0, Ordering::Relaxed);
}

/// What the program may have.
pub fn most() -> Bytes {
    Bytes(LIMIT.load(Ordering::Relaxed))
}

/// What the program has.
pub fn used() -> Bytes {
    Bytes((MEMORY.allocated() as u64).saturating_add(PROGRAM_BYTES))
}

/// What the program had when it was too much for the first time.
pub fn used_up() -> Bytes {
    Bytes(USED_UP.load(Ordering::Relaxed))
}

/// Whether the program has about as much as it may.
pub fn is_used_up() -> bool {
    let (limit, used) = (most().0, used().0);
    let is_used_up = used > limit - limit / RESERVE;
    if is_used_up {
        let _ = USED_UP.compare_exchange(0, used, Ordering::Relaxed, Ordering::Relaxed);
    }
    is_used_up
}
