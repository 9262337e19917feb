//! The replications of one point, made in rounds until somebody has seen enough of them.

use super::{Case, Numbers, Runner, Together, Values, Watch};
use crate::experiment::fitness::Setting;
use crate::measure::{Basis, Digest, Fitness, Metric};
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
    bases: Vec<Basis>,
}

/// What is left of a point when it is over.
pub struct Done {
    /// For each replication the values of all metrics.
    pub runs: Vec<Numbers>,
    /// What they say together.
    pub together: Together,
    /// What the settings say of a run; nothing if none was made.
    pub setting: Option<Setting>,
    /// For each replication what tells whether it is fit to be measured.
    pub fitness: Vec<Fitness>,
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
        Self {
            case,
            number,
            runner,
            prepared: None,
            runs: Vec::new(),
            fitness: Vec::new(),
            bases: Vec::new(),
        }
    }

    /// For each replication that is done the values of all metrics.
    pub fn runs(&self) -> &[Numbers] {
        &self.runs
    }

    /// What came of it; `metrics` are all of the registry.
    pub fn end(self, metrics: &[Metric]) -> Done {
        let Self { case, runs, fitness, bases, .. } = self;
        let setting = fitness.first().map(|run| Setting::of(&case.model, run.end));
        let window = setting.as_ref().map_or(0.0, |setting| setting.window.as_secs_f64());
        let together = Together::of(&runs, &bases, metrics, window);
        Done { runs, together, setting, fitness }
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
        let Self { number, runner, prepared, .. } = &*self;
        let done: Vec<Result<Option<Values>, SimulateError>> = wanted
            .par_iter()
            .map(|(replication, key, kept)| match (kept, prepared) {
                (None, Some(prepared)) => runner.make(*number, prepared, key.as_ref(), *replication),
                (kept, _) => Ok(kept.clone()),
            })
            .collect();
        // The first of several errors, whichever thread came upon one first.
        let done: Option<Vec<Values>> = done.into_iter().collect::<Result<_, _>>()?;
        let Some(done) = done else { return Ok(Round::Ended) };
        Ok(match done.into_iter().collect::<Result<Vec<Digest>, String>>() {
            Ok(done) => {
                for Digest { values, mut fitness, basis } in done {
                    // The numbers have them.
                    let tails = std::mem::take(&mut fitness.short_tails);
                    self.runs.push(Numbers::of(&values).with_tails(tails));
                    self.fitness.push(fitness);
                    self.bases.push(basis);
                }
                Round::Done
            }
            Err(reason) => Round::Refused(reason),
        })
    }
}
