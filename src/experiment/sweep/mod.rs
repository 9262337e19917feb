//! Sweeps: a scenario at many points of its settings, each replicated until a measure is known well enough.
//!
//! | file | holds |
//! | --- | --- |
//! | `axis.rs` | a setting and its values |
//! | `design.rs` | which combinations are simulated: all, or a Latin hypercube |
//! | `precision.rs` | how often each is replicated |
//!
//! Of a replication only the values of its metrics are kept, so that a thousand points take no more memory than one.

mod axis;
mod design;
mod precision;

pub use axis::{Axis, Level};
pub use design::{Point, grid, latin_hypercube};
pub use precision::{Enough, Precision};

use super::Watch;
use crate::measure::{Metric, metrics};
use crate::model::{Model, Prepared, SimulateError, TraceFile, simulate};
use crate::time::Instant;
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

/// A point that is to be simulated: its settings, and what they mean.
pub struct Case {
    /// The values of the axes.
    pub point: Point,
    /// The scenario with these values.
    pub model: Model,
    /// The file that its traffic comes from, if it comes from one.
    pub trace: Option<TraceFile>,
}

/// A point that was simulated.
pub struct Measured {
    /// The values of the axes.
    pub point: Point,
    /// For each replication the values of all metrics.
    pub runs: Vec<Vec<Option<f64>>>,
}

/// The results of a sweep.
pub struct Swept {
    /// The settings that were varied.
    pub axes: Vec<Axis>,
    /// What was measured, in the order of [`Measured::runs`].
    pub metrics: Vec<Metric>,
    /// Those points whose replications were finished, in the order of the design.
    pub points: Vec<Measured>,
    /// How many there were to be.
    pub wanted: usize,
}

impl Measured {
    /// A metric's values in those replications in which it has one.
    #[must_use]
    pub fn values(&self, metric: usize) -> Vec<f64> {
        self.runs.iter().filter_map(|run| run[metric]).collect()
    }
}

/// Simulates all cases, on the threads of the rayon pool that this is called in. The watch is told of cases, not of
/// replications; a case that it ends has no result.
///
/// # Errors
/// See [`super::replicate`].
pub fn sweep(
    axes: Vec<Axis>,
    cases: Vec<Case>,
    precision: &Precision,
    watch: &impl Watch,
) -> Result<Swept, SimulateError> {
    let metrics = metrics();
    let wanted = cases.len();
    let numbered: Vec<(u32, Case)> = (0..).zip(cases).collect();
    let done: Result<Vec<Option<Measured>>, SimulateError> = numbered
        .into_par_iter()
        .map(|(number, case)| {
            let runs = replicate_enough(number, &case, precision, watch)?;
            Ok(runs.map(|runs| Measured { point: case.point, runs }))
        })
        .collect();
    Ok(Swept { axes, metrics, points: done?.into_iter().flatten().collect(), wanted })
}

/// The values of so many replications as are enough; nothing if somebody has ended them.
fn replicate_enough(
    number: u32,
    case: &Case,
    precision: &Precision,
    watch: &impl Watch,
) -> Result<Option<Vec<Vec<Option<f64>>>>, SimulateError> {
    if watch.at(number, Instant::ZERO).is_break() {
        return Ok(None);
    }
    let prepared = Prepared::new(case.model.clone(), case.trace.clone())?;
    let mut runs: Vec<Vec<Option<f64>>> = Vec::new();
    while let Enough::Not { next } = precision.is_reached(&runs, case.model.replications) {
        let first = runs.len() as u64;
        let round: Vec<u64> = (first..first + u64::from(next)).collect();
        let done: Result<Vec<_>, SimulateError> = round
            .par_iter()
            .map(|replication| {
                let done = simulate(&prepared, *replication, |now| watch.at(number, now))?;
                Ok(done.map(|(record, _)| record.values()))
            })
            .collect();
        let Some(done) = done?.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        runs.extend(done);
    }
    watch.done(number);
    Ok(Some(runs))
}
