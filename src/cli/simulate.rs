//! Runs all replications on threads of our own.

use super::exit::Stop;
use super::progress::{Progress, listen};
use cachestorm::experiment::{Outcome, replicate_all};
use cachestorm::model::Prepared;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// How many threads are used: no more than there are runs.
pub fn threads(wanted: Option<NonZeroUsize>, runs: u32) -> usize {
    let threads = wanted.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    threads.min(runs as usize)
}

/// So many threads of our own.
pub fn pool(threads: usize) -> Result<ThreadPool, Stop> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| {
        Stop::failed(format!("start {threads} threads: {error}"), "use fewer with `--threads`")
    })
}

/// Runs all replications; fewer are finished if somebody presses Ctrl-C.
pub fn simulate(prepared: &Prepared, variant: &str, threads: usize, quiet: bool) -> Result<Outcome, Stop> {
    let mut outcomes = simulate_all(&[(variant.to_owned(), prepared)], threads, quiet)?;
    Ok(outcomes.pop().expect("one variant has one outcome"))
}

/// Runs all replications of several variants; fewer are finished if somebody presses Ctrl-C.
pub fn simulate_all(
    variants: &[(String, &Prepared)],
    threads: usize,
    quiet: bool,
) -> Result<Vec<Outcome>, Stop> {
    let pool = pool(threads)?;
    let replications = variants.first().map_or(0, |(_, first)| first.model().replications);
    let ends: Vec<_> = variants.iter().map(|(_, prepared)| prepared.end()).collect();
    let progress = Progress::new(replications, &ends, quiet);
    listen();
    let outcomes = pool.install(|| replicate_all(variants, &progress));
    progress.clear();
    Ok(outcomes?)
}
