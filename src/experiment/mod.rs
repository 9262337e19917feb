//! Experiments: a model run again and again with other draws, and what the runs say together.
//!
//! Replications are independent and run in parallel; their results are put together in the order of their
//! numbers, so that the outcome does not hang on the number of threads.

mod aftermath;
mod comparison;
pub mod fitness;
mod gather;
mod hot_keys;
mod log;
mod outcome;
pub mod plan;
mod runner;
pub mod statistics;
pub mod sweep;
mod until;
mod verdict;

pub use aftermath::{Aftermath, Effects, EventFacts, Recovery};
pub use comparison::{
    Change, Collapse, Compared, Comparison, DISCORDANT_MIN, Discordant, Effect, Family, MARGIN, PAIRS_MIN,
    RUNS_MAX, Row, Standing,
};
pub use log::{Identity, Keepable, Key, Log, OpenError, Opened, Values};
pub use outcome::{Band, Outcome};
pub use runner::{Runner, Unwatched, Watch};
pub use statistics::{Disagreement, Estimate, Shown, Summary, paired_difference, wilson};
pub use until::replicate_until_decided;
pub use verdict::{State, Verdict, share_at_least};

use crate::measure::Record;
use crate::model::{Prepared, SimulateError};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::ops::Range;

/// One of those that are simulated on the same traffic.
pub struct Variant<'a> {
    /// Its name; `base` for the scenario itself.
    pub name: &'a str,
    /// What is simulated.
    pub prepared: &'a Prepared,
    /// What tells its replications from all others, if they may be kept.
    pub identity: Option<Identity>,
}

/// Runs all replications of a model, on the threads of the rayon pool that this is called in.
///
/// # Errors
/// If the trace cannot be read to its end, or a replication holds more requests than a run can.
///
/// # Panics
/// If the simulator contradicts itself.
pub fn replicate(prepared: &Prepared, name: &str, watch: &impl Watch) -> Result<Outcome, SimulateError> {
    let variant = Variant { name, prepared, identity: None };
    let mut outcomes = replicate_all(&[variant], &Runner::new(watch))?;
    Ok(outcomes.pop().expect("one variant has one outcome"))
}

/// Runs all replications of several variants, as many of each as of the first. One that was ended in some variant counts
/// in none: what is compared is compared on the same traffic.
///
/// # Errors
/// See [`replicate`].
pub fn replicate_all(
    variants: &[Variant],
    runner: &Runner<impl Watch>,
) -> Result<Vec<Outcome>, SimulateError> {
    let wanted = variants.first().map_or(0, |first| first.prepared.model().replications);
    let records = round(variants, 0..wanted, runner)?;
    runner.watch.all_ended();
    let outcomes = variants.iter().zip(records);
    Ok(outcomes.map(|(variant, records)| Outcome::new(variant.name, variant.prepared, records)).collect())
}

/// For each variant the records of these replications that are done in all variants.
fn round(
    variants: &[Variant],
    replications: Range<u32>,
    runner: &Runner<impl Watch>,
) -> Result<Vec<Vec<Record>>, SimulateError> {
    let one = |run: u32| -> Result<Option<Record>, SimulateError> {
        if runner.watch.is_ended() || !runner.watch.takes(run) {
            return Ok(None);
        }
        let (replication, variant) = (run / variants.len() as u32, run as usize % variants.len());
        let Variant { prepared, identity, .. } = &variants[variant];
        let key = identity.as_ref().map(|identity| identity.key::<Record>(replication.into()));
        let kept = key.as_ref().and_then(|key| runner.find(key));
        let done = match kept {
            Some(record) => Some(record),
            None => runner.make(run, prepared, key.as_ref(), replication.into())?,
        };
        if done.is_some() {
            runner.watch.done(run);
        }
        Ok(done)
    };
    let count = variants.len() as u32;
    let runs = replications.start * count..replications.end * count;
    let results: Result<Vec<_>, _> = runs.into_par_iter().map(one).collect();
    let mut finished: Vec<Vec<Record>> = variants.iter().map(|_| Vec::new()).collect();
    let mut results = results?.into_iter();
    for _ in replications {
        let replication: Vec<_> = results.by_ref().take(variants.len()).collect();
        let replication: Option<Vec<_>> = replication.into_iter().collect();
        for (variant, done) in replication.into_iter().flatten().enumerate() {
            finished[variant].push(done);
        }
    }
    Ok(finished)
}
