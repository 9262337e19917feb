//! Where replications come from: the log, if they are kept there, and else the simulator, which leaves them in the log.

use super::log::{Keepable, Key, Log};
use crate::model::{Prepared, SimulateError, simulate_within};
use crate::time::Instant;
use std::ops::ControlFlow;

/// Somebody who is told how far the runs are, and may end them. Called from many threads. Runs are numbered
/// replication by replication, and within one variant by variant.
pub trait Watch: Sync {
    /// Whether a run is to be done at all. What others do is not even looked for in the log.
    fn takes(&self, _run: u32) -> bool {
        true
    }

    /// A run that has to be simulated has come to `now`. Answer [`ControlFlow::Break`] to end it.
    fn at(&self, run: u32, now: Instant) -> ControlFlow<()>;

    /// A run has come to its end.
    fn done(&self, run: u32);

    /// Whether nothing more is to be done: then runs that have not begun are not even looked at.
    fn is_ended(&self) -> bool {
        false
    }

    /// All runs have ended, and what they say is put together now.
    fn all_ended(&self) {}

    /// Whether no memory is left for what the runs would take. It ends them with an error.
    fn is_out_of_memory(&self) -> bool {
        false
    }
}

/// Nobody watches.
pub struct Unwatched;

impl Watch for Unwatched {
    fn at(&self, _: u32, _: Instant) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn done(&self, _: u32) {}
}

/// Makes replications, or takes them from the log.
pub struct Runner<'a, W> {
    /// Who may end them.
    pub watch: &'a W,
    log: Option<&'a Log>,
}

impl<'a, W: Watch> Runner<'a, W> {
    /// One that keeps nothing.
    pub fn new(watch: &'a W) -> Self {
        Self { watch, log: None }
    }

    /// One that keeps all it makes, and makes nothing that is kept.
    pub fn with_log(watch: &'a W, log: &'a Log) -> Self {
        Self { watch, log: Some(log) }
    }

    /// A replication, if it is kept.
    #[must_use]
    pub fn find<T: Keepable>(&self, key: &Key) -> Option<T> {
        self.log?.take(key)
    }

    /// Simulates a replication, and keeps it; nothing if the watch has ended it.
    ///
    /// # Errors
    /// If the trace cannot be read to its end, or there are more requests than a run can hold.
    pub fn make<T: Keepable>(
        &self,
        run: u32,
        prepared: &Prepared,
        key: Option<&Key>,
        replication: u64,
    ) -> Result<Option<T>, SimulateError> {
        // A short replication is over before the engine looks at the watch for the first time.
        if self.watch.at(run, Instant::ZERO).is_break() {
            return Ok(None);
        }
        let watch = |now| self.watch.at(run, now);
        let made = match simulate_within(prepared, replication, watch, &|| self.watch.is_out_of_memory()) {
            Ok(Some((record, _))) => T::of(record),
            Ok(None) => return Ok(None),
            Err(SimulateError::Overload(overload)) => match T::refused(&overload) {
                Some(refused) => refused,
                None => return Err(SimulateError::Overload(overload)),
            },
            Err(error) => return Err(error),
        };
        if let (Some(log), Some(key)) = (self.log, key) {
            log.keep(key, &made);
        }
        Ok(Some(made))
    }
}
