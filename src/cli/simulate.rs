//! Runs all replications on threads of our own.

use super::exit::{Stop, note};
use super::kept::Kept;
use super::long;
use super::lookout::{self, Results};
use super::part::{Part, Watched};
use super::progress::Progress;
use cachestorm::experiment::{Outcome, Runner, State, Variant, replicate_all, replicate_until_decided};
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

/// How many replications are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// All that are asked for.
    All,
    /// Until the objectives are decided, but at least so many.
    Decided { first: u32 },
}

/// Says how many replications `auto` has made, and why it stopped.
pub fn tell_auto(outcomes: &[Outcome], quiet: bool) {
    let Some(outcome) = outcomes.first().filter(|outcome| outcome.auto_max.is_some() && !quiet) else {
        return;
    };
    let (made, most) = (outcome.replications(), outcome.auto_max.unwrap_or(0));
    if !outcome.is_complete() {
        return;
    }
    let is_open = outcomes.iter().any(|outcome| outcome.state() == State::Undecided);
    note(&if is_open {
        format!("still undecided after {made} replications; `--replications auto` makes no more than {most}")
    } else {
        format!("decided after {made} replications; `--replications auto` makes at most {most}")
    });
}

/// Runs all replications of several variants; fewer are finished if somebody presses Ctrl-C, or only a part is wanted.
pub fn simulate<'p>(
    variants: &[Variant],
    threads: usize,
    part: &'p Part,
    kept: &Kept,
    until: Until,
) -> Result<(Vec<Outcome>, Watched<'p, Progress>), Stop> {
    let pool = pool(threads)?;
    let replications = variants.first().map_or(0, |first| first.prepared.model().replications);
    let ends: Vec<_> = variants.iter().map(|variant| variant.prepared.end()).collect();
    let watched = Watched::new(part, Progress::new(replications, &ends, part, kept.is_quiet));
    let groups = variants.iter().map(|variant| variant.prepared.model().workload.keys.len()).max();
    let runs = u64::from(replications) * variants.len() as u64;
    lookout::simulating(Results::of_groups(runs, groups.unwrap_or(0)));
    let runner = Runner::with_log(&watched, &kept.log);
    let outcomes = pool.install(|| match until {
        Until::All => replicate_all(variants, &runner),
        Until::Decided { first } => replicate_until_decided(variants, first, &runner),
    });
    watched.inner.clear();
    long::end()?;
    Ok((outcomes?, watched))
}
