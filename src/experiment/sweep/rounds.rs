//! The replications of one point, made in rounds until somebody has seen enough of them.

use super::{Case, Numbers, Runner, Values, Watch};
use crate::measure::Fitness;
use crate::model::{Prepared, SimulateError};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

/// A point that is being simulated.
pub struct Rounds<'a, W> {
    case: &'a Case,
    /// By which the watch knows it.
    number: u32,
    runner: &'a Runner<'a, W>,
    /// Made when something has to be simulated.
    prepared: Option<Prepared>,
    runs: Vec<Numbers>,
    fitness: Vec<Fitness>,
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

impl<'a, W: Watch> Rounds<'a, W> {
    /// Nothing is simulated yet.
    pub fn new(case: &'a Case, number: u32, runner: &'a Runner<'a, W>) -> Self {
        Self { case, number, runner, prepared: None, runs: Vec::new(), fitness: Vec::new() }
    }

    /// For each replication that is done the values of all metrics.
    pub fn runs(&self) -> &[Numbers] {
        &self.runs
    }

    /// As [`Self::runs`], when it is over.
    pub fn into_runs(self) -> Vec<Numbers> {
        self.runs
    }

    /// As [`Self::runs`], when it is over, with what tells of each replication whether it is fit to be measured.
    pub fn into_parts(self) -> (Vec<Numbers>, Vec<Fitness>) {
        (self.runs, self.fitness)
    }

    /// Forgets what was done.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.fitness.clear();
    }

    /// So many more replications, on the threads of the rayon pool that this is called in.
    ///
    /// # Errors
    /// If the trace cannot be read, or does not go with the scenario.
    pub fn add(&mut self, count: u32) -> Result<Round, SimulateError> {
        let first = self.runs.len() as u64;
        let identity = self.case.identity.as_ref();
        let wanted = (first..first + u64::from(count)).map(|replication| {
            let key = identity.map(|identity| identity.key::<Values>(replication));
            let kept: Option<Values> = key.as_ref().and_then(|key| self.runner.find(key));
            (replication, key, kept)
        });
        let wanted: Vec<_> = wanted.collect();
        if self.prepared.is_none() && wanted.iter().any(|(.., kept)| kept.is_none()) {
            let out = || self.runner.watch.is_out_of_memory();
            self.prepared = Some(Prepared::within(self.case.model.clone(), self.case.trace.clone(), &out)?);
        }
        let Self { number, runner, prepared, runs, fitness, .. } = self;
        let done: Vec<Result<Option<Values>, SimulateError>> = wanted
            .par_iter()
            .map(|(replication, key, kept)| match (kept, &*prepared) {
                (None, Some(prepared)) => runner.make(*number, prepared, key.as_ref(), *replication),
                (kept, _) => Ok(kept.clone()),
            })
            .collect();
        // The first of several errors, whichever thread came upon one first.
        let done: Option<Vec<Values>> = done.into_iter().collect::<Result<_, _>>()?;
        let Some(done) = done else { return Ok(Round::Ended) };
        Ok(match done.into_iter().collect::<Result<Vec<_>, String>>() {
            Ok(done) => {
                runs.extend(
                    done.iter()
                        .map(|(values, fitness)| Numbers::of(values).with_tails(fitness.short_tails.clone())),
                );
                fitness.extend(done.into_iter().map(|(_, fitness)| fitness));
                Round::Done
            }
            Err(reason) => Round::Refused(reason),
        })
    }
}
