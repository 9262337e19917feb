//! Runs all replications on threads of our own.

use super::exit::Stop;
use super::progress::{Progress, listen};
use cachestorm::experiment::{Outcome, replicate};
use cachestorm::model::Prepared;
use rayon::ThreadPoolBuilder;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// How many threads are used: no more than there are replications.
pub fn threads(wanted: Option<NonZeroUsize>, replications: u32) -> usize {
    let threads = wanted.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    threads.min(replications as usize)
}

/// Runs all replications; fewer are finished if somebody presses Ctrl-C.
pub fn simulate(prepared: &Prepared, variant: &str, threads: usize, quiet: bool) -> Result<Outcome, Stop> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| {
        Stop::failed(format!("start {threads} threads: {error}"), "use fewer with `--threads`")
    })?;
    let progress = Progress::new(prepared.model().replications, prepared.end(), quiet);
    listen();
    let outcome = pool.install(|| replicate(prepared, variant, &progress));
    progress.clear();
    Ok(outcome?)
}
