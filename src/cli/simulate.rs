//! Runs all replications on threads of our own.

use super::exit::Stop;
use super::kept::Kept;
use super::long;
use super::part::{Part, Watched};
use super::progress::{Progress, listen};
use cachestorm::experiment::{Outcome, Runner, Variant, replicate_all};
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

/// Runs all replications of several variants; fewer are finished if somebody presses Ctrl-C, or only a part is wanted.
pub fn simulate<'p>(
    variants: &[Variant],
    threads: usize,
    part: &'p Part,
    kept: &Kept,
    quiet: bool,
) -> Result<(Vec<Outcome>, Watched<'p, Progress>), Stop> {
    let pool = pool(threads)?;
    let replications = variants.first().map_or(0, |first| first.prepared.model().replications);
    let ends: Vec<_> = variants.iter().map(|variant| variant.prepared.end()).collect();
    let watched = Watched::new(part, Progress::new(replications, &ends, part, quiet));
    listen();
    let outcomes = pool.install(|| replicate_all(variants, &Runner::with_log(&watched, &kept.log)));
    watched.inner.clear();
    long::end()?;
    Ok((outcomes?, watched))
}
