//! The replications of one point, made in rounds until somebody has seen enough of them.

use super::{Case, Watch};
use crate::model::{Prepared, SimulateError, simulate};
use crate::time::Instant;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

/// A point that is being simulated.
pub struct Rounds<'w, W> {
    prepared: Prepared,
    /// By which the watch knows it.
    number: u32,
    watch: &'w W,
    /// For each replication the values of all metrics.
    pub runs: Vec<Vec<Option<f64>>>,
}

/// What came of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Round {
    /// Its replications are done.
    Done,
    /// The watch has ended it.
    Ended,
    /// The point cannot be simulated, for this reason.
    Refused(String),
}

impl<'w, W: Watch> Rounds<'w, W> {
    /// Nothing is simulated yet.
    ///
    /// # Errors
    /// If the trace cannot be read, or does not go with the scenario.
    pub fn new(case: &Case, number: u32, watch: &'w W) -> Result<Self, SimulateError> {
        let prepared = Prepared::new(case.model.clone(), case.trace.clone())?;
        Ok(Self { prepared, number, watch, runs: Vec::new() })
    }

    /// So many more replications, on the threads of the rayon pool that this is called in.
    ///
    /// # Errors
    /// If the trace cannot be read to its end.
    pub fn add(&mut self, count: u32) -> Result<Round, SimulateError> {
        let Self { prepared, number, watch, runs } = self;
        let first = runs.len() as u64;
        let round: Vec<u64> = (first..first + u64::from(count)).collect();
        let done: Vec<Result<_, SimulateError>> = round
            .par_iter()
            .map(|replication| {
                // A short replication is over before the engine looks at the watch for the first time.
                if watch.at(*number, Instant::ZERO).is_break() {
                    return Ok(None);
                }
                let done = simulate(prepared, *replication, |now| watch.at(*number, now))?;
                Ok(done.map(|(record, _)| record.values()))
            })
            .collect();
        // The first of several errors, whichever thread came upon one first.
        match done.into_iter().collect::<Result<Option<Vec<_>>, _>>() {
            Ok(Some(done)) => runs.extend(done),
            Ok(None) => return Ok(Round::Ended),
            Err(SimulateError::Overload(overload)) => {
                return Ok(Round::Refused(format!("failed to {overload}")));
            }
            Err(error) => return Err(error),
        }
        Ok(Round::Done)
    }
}
