//! Experiments: a model run again and again with other draws, and what the runs say together.
//!
//! Replications are independent and run in parallel; their results are put together in the order of their
//! numbers, so that the outcome does not hang on the number of threads.

mod comparison;
mod hot_keys;
mod outcome;
pub mod plan;
mod statistics;
pub mod sweep;

pub use comparison::{Change, Comparison, Row};
pub use outcome::{Band, Outcome, Verdict};
pub use statistics::{Estimate, paired_difference};

use crate::engine::Effort;
use crate::measure::Record;
use crate::model::{Prepared, SimulateError, simulate};
use crate::time::Instant;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::ops::ControlFlow;

/// Somebody who is told how far the runs are, and may end them. Called from many threads. Runs are numbered
/// replication by replication, and within one variant by variant.
pub trait Watch: Sync {
    /// A run has come to `now`. Answer [`ControlFlow::Break`] to end it.
    fn at(&self, run: u32, now: Instant) -> ControlFlow<()>;

    /// A run has come to its end.
    fn done(&self, run: u32);
}

/// Nobody watches.
pub struct Unwatched;

impl Watch for Unwatched {
    fn at(&self, _: u32, _: Instant) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn done(&self, _: u32) {}
}

/// Runs all replications of a model, on the threads of the rayon pool that this is called in.
///
/// # Errors
/// If the trace cannot be read to its end, or a replication holds more requests than a run can.
///
/// # Panics
/// If the simulator contradicts itself.
pub fn replicate(prepared: &Prepared, variant: &str, watch: &impl Watch) -> Result<Outcome, SimulateError> {
    let mut outcomes = replicate_all(&[(variant.to_owned(), prepared)], watch)?;
    Ok(outcomes.pop().expect("one variant has one outcome"))
}

/// Runs all replications of several variants, as many of each as of the first. One that was ended in some variant counts
/// in none: what is compared is compared on the same traffic.
///
/// # Errors
/// See [`replicate`].
pub fn replicate_all(
    variants: &[(String, &Prepared)],
    watch: &impl Watch,
) -> Result<Vec<Outcome>, SimulateError> {
    let wanted = variants.first().map_or(0, |(_, first)| first.model().replications);
    let one = |run: u32| -> Result<Option<(Record, Effort)>, SimulateError> {
        // A short replication is over before the engine looks at the watch for the first time.
        if watch.at(run, Instant::ZERO).is_break() {
            return Ok(None);
        }
        let (replication, variant) = (run / variants.len() as u32, run as usize % variants.len());
        let (_, prepared) = variants[variant];
        let done = simulate(prepared, u64::from(replication), |now| watch.at(run, now))?;
        if done.is_some() {
            watch.done(run);
        }
        Ok(done)
    };
    let runs = wanted * variants.len() as u32;
    let results: Result<Vec<_>, _> = (0..runs).into_par_iter().map(one).collect();
    let mut finished: Vec<Vec<(Record, Effort)>> = variants.iter().map(|_| Vec::new()).collect();
    let mut results = results?.into_iter();
    for _ in 0..wanted {
        let replication: Vec<_> = results.by_ref().take(variants.len()).collect();
        let replication: Option<Vec<_>> = replication.into_iter().collect();
        for (variant, done) in replication.into_iter().flatten().enumerate() {
            finished[variant].push(done);
        }
    }
    let outcomes = variants.iter().zip(finished);
    Ok(outcomes.map(|((name, prepared), finished)| Outcome::new(name, prepared, finished)).collect())
}
