//! Experiments: a model run again and again with other draws, and what the runs say together.
//!
//! Replications are independent and run in parallel; their results are put together in the order of their
//! numbers, so that the outcome does not hang on the number of threads.

mod hot_keys;
mod outcome;
mod statistics;

pub use outcome::{Band, Outcome, Verdict};
pub use statistics::{Estimate, paired_difference};

use crate::engine::Effort;
use crate::measure::Record;
use crate::model::{Prepared, SimulateError, simulate};
use crate::time::Instant;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::ops::ControlFlow;

/// Somebody who is told how far the replications are, and may end them. Called from many threads.
pub trait Watch: Sync {
    /// Replication `replication` has come to `now`. Answer [`ControlFlow::Break`] to end it.
    fn at(&self, replication: u32, now: Instant) -> ControlFlow<()>;

    /// A replication has come to its end.
    fn done(&self, replication: u32);
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
pub fn replicate(prepared: &Prepared, variant: &str, watch: &impl Watch) -> Result<Outcome, SimulateError> {
    let wanted = prepared.model().replications;
    let one = |replication: u32| -> Result<Option<(Record, Effort)>, SimulateError> {
        // A short replication is over before the engine looks at the watch for the first time.
        if watch.at(replication, Instant::ZERO).is_break() {
            return Ok(None);
        }
        let done = simulate(prepared, u64::from(replication), |now| watch.at(replication, now))?;
        if done.is_some() {
            watch.done(replication);
        }
        Ok(done)
    };
    let results: Result<Vec<_>, _> = (0..wanted).into_par_iter().map(one).collect();
    Ok(Outcome::new(variant, prepared, results?.into_iter().flatten().collect()))
}
