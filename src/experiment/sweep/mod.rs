//! Sweeps: a scenario at many points of its settings, each replicated until a measure is known well enough.
//!
//! | file | holds |
//! | --- | --- |
//! | `design.rs` | which combinations are simulated: all, or a Latin hypercube |
//! | `precision.rs` | how often each is replicated |
//! | `rounds.rs` | the replications of one point |
//!
//! Of a replication only the values of its metrics are kept, so that a thousand points take no more memory than one.

mod design;
mod precision;
mod rounds;

pub use design::{Point, grid, latin_hypercube};
pub use precision::{Enough, Precision};
pub(super) use rounds::{Round, Rounds};

use super::log::Values;
use super::{Identity, Runner, Watch};
use crate::measure::{Metric, metrics};
use crate::model::{Axis, Model, SimulateError, TraceFile};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// A point that is to be simulated: its settings, and what they mean.
pub struct Case {
    /// The values of the axes.
    pub point: Point,
    /// The scenario with these values.
    pub model: Model,
    /// The file that its traffic comes from, if it comes from one.
    pub trace: Option<TraceFile>,
    /// What tells its replications from all others, if they may be kept.
    pub identity: Option<Identity>,
    /// Why it is not to be simulated, although it is sound.
    pub refused: Option<String>,
}

/// A point that was simulated, or could not be.
pub struct Measured {
    /// The values of the axes.
    pub point: Point,
    /// For each replication the values of all metrics.
    pub runs: Vec<Vec<Option<f64>>>,
    /// Why it could not be simulated; then there are no runs.
    pub refused: Option<String>,
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
/// replications; a case that it ends has no result. A case that cannot be simulated does not keep the others from it.
///
/// # Errors
/// If a trace cannot be read to its end, or does not go with its case.
pub fn sweep(
    axes: Vec<Axis>,
    cases: Vec<Case>,
    precision: &Precision,
    runner: &Runner<impl Watch>,
) -> Result<Swept, SimulateError> {
    let metrics = metrics();
    let wanted = cases.len();
    let numbered: Vec<(u32, Case)> = (0..).zip(cases).collect();
    let done: Result<Vec<Option<Measured>>, SimulateError> =
        numbered.into_par_iter().map(|(number, case)| measure(number, case, precision, runner)).collect();
    Ok(Swept { axes, metrics, points: done?.into_iter().flatten().collect(), wanted })
}

/// So many replications of a case as are enough; nothing if somebody has ended them.
fn measure(
    number: u32,
    case: Case,
    precision: &Precision,
    runner: &Runner<impl Watch>,
) -> Result<Option<Measured>, SimulateError> {
    if !runner.watch.takes(number) {
        return Ok(None);
    }
    if case.refused.is_some() {
        runner.watch.done(number);
        return Ok(Some(Measured { point: case.point, runs: Vec::new(), refused: case.refused }));
    }
    let mut rounds = Rounds::new(&case, number, runner);
    let mut refused = None;
    while let Enough::Not { next } = precision.is_reached(rounds.runs(), case.model.replications) {
        match rounds.add(next)? {
            Round::Done => {}
            Round::Ended => return Ok(None),
            Round::Refused(reason) => {
                refused = Some(reason);
                rounds.clear();
                break;
            }
        }
    }
    runner.watch.done(number);
    let runs = rounds.into_runs();
    Ok(Some(Measured { point: case.point, runs, refused }))
}
