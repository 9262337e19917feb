//! Sweeps: a scenario at many points of its settings, each replicated until a measure is known well enough.
//!
//! | file | holds |
//! | --- | --- |
//! | `design.rs` | which combinations are simulated: all, or a Latin hypercube |
//! | `numbers.rs` | what is kept of a replication |
//! | `precision.rs` | how often each is replicated |
//! | `rounds.rs` | the replications of one point |
//! | `together.rs` | what they say together |
//!
//! When a point is done, only the values of the metrics of each replication stay, and what they say together. The model of a
//! point is made when its turn comes, so that a thousand points take hardly more memory than ten.

mod design;
mod numbers;
mod precision;
mod rounds;
mod together;

pub use design::{Point, grid, latin_hypercube};
pub use numbers::Numbers;
pub use precision::{Enough, FIRST_LOOK, Precision, is_narrow};
pub(super) use rounds::{Done, Round, Rounds};
pub use together::Together;

use super::fitness::{Fit, Setting};
use super::log::Values;
use super::{Identity, Runner, Summary, Watch};
use crate::measure::{Fitness, Metric, metrics};
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
    pub runs: Vec<Numbers>,
    /// What the replications say together.
    pub together: Together,
    /// What its settings say of a run; nothing if none was made.
    pub setting: Option<Setting>,
    /// For each replication what tells whether it is fit to be measured.
    pub fitness: Vec<Fitness>,
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
        self.runs.iter().filter_map(|run| run.get(metric)).collect()
    }

    /// Its runs, to be judged whether they are fit to answer; nothing if none was made.
    #[must_use]
    pub fn fit(&self) -> Option<Fit<'_>> {
        Some(Fit { setting: self.setting.as_ref()?, runs: &self.fitness })
    }

    fn refused(point: Point, reason: String) -> Self {
        Self {
            point,
            runs: Vec::new(),
            together: Together::default(),
            setting: None,
            fitness: Vec::new(),
            refused: Some(reason),
        }
    }
}

impl Swept {
    /// What the replications of a point say together about the metric at this place; nothing if it has no value in any.
    #[must_use]
    pub fn summary(&self, point: &Measured, metric: usize) -> Option<Summary> {
        point.together.summary(metric, &self.metrics[metric], &point.runs)
    }
}

/// Simulates all points, on the threads of the rayon pool that this is called in. `case` is the scenario at a point, asked
/// for when its turn comes. The watch is told of points, not of replications; a point that it ends has no result. One that
/// cannot be simulated does not keep the others from it.
///
/// # Errors
/// Those of `case`; if a trace cannot be read to its end, or does not go with its case.
pub fn sweep<E, C>(
    axes: Vec<Axis>,
    points: Vec<Point>,
    case: C,
    precision: &Precision,
    runner: &Runner<impl Watch>,
) -> Result<Swept, E>
where
    E: From<SimulateError> + Send,
    C: Fn(&Point) -> Result<Case, E> + Sync,
{
    let metrics = metrics();
    let wanted = points.len();
    let numbered: Vec<(u32, Point)> = (0..).zip(points).collect();
    let one = |(number, point): (u32, Point)| {
        if !runner.watch.is_ended() && runner.watch.takes(number) {
            Ok(measure(number, case(&point)?, &metrics, precision, runner)?)
        } else {
            Ok(None)
        }
    };
    let done: Result<Vec<Option<Measured>>, E> = numbered.into_par_iter().map(one).collect();
    Ok(Swept { axes, metrics, points: done?.into_iter().flatten().collect(), wanted })
}

/// So many replications of a case as are enough; nothing if somebody has ended them.
fn measure(
    number: u32,
    case: Case,
    metrics: &[Metric],
    precision: &Precision,
    runner: &Runner<impl Watch>,
) -> Result<Option<Measured>, SimulateError> {
    if let Some(reason) = case.refused {
        runner.watch.done(number);
        return Ok(Some(Measured::refused(case.point, reason)));
    }
    let mut rounds = Rounds::new(&case, number, runner);
    while let Enough::Not { next } = precision.is_reached(rounds.runs(), case.model.replications) {
        match rounds.add(next)? {
            Round::Done => {}
            Round::Ended => return Ok(None),
            Round::Refused(reason) => {
                runner.watch.done(number);
                drop(rounds);
                return Ok(Some(Measured::refused(case.point, reason)));
            }
        }
    }
    runner.watch.done(number);
    let Done { runs, together, setting, fitness } = rounds.end(metrics);
    Ok(Some(Measured { point: case.point, runs, together, setting, fitness, refused: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Unwatched;
    use crate::scenario::Document;

    const WAITING: &str = r#"
        name = "waiting"
        duration = "1 s"
        client.timeout = "none"
        app = { workers = "none" }
        [workload]
        arrivals = { constant = "1000/s" }
        keys = [{ name = "page", count = 10 }]
    "#;

    /// A request stays for as long as its way is, to the application and back, and one comes each millisecond: with 1 s to
    /// each side a thousand and more are under way, with 10 ms some twenty.
    #[test]
    fn a_point_that_holds_more_requests_than_a_run_can_is_marked_and_the_others_are_simulated() {
        let axis = Axis::parse("app.round_trip=10 ms,2 s,20 ms").expect("it is sound");
        let case = |point: &Point| -> Result<Case, SimulateError> {
            let mut document = Document::parse("waiting.toml", WAITING).expect("it is TOML");
            document.set(&format!("app.round_trip={}", point[0].text)).expect("it is a setting");
            let model = document.read(None, Model::read).unwrap_or_else(|problems| panic!("{problems}"));
            let model = Model { places_max: Some(500), ..model };
            Ok(Case { point: point.clone(), model, trace: None, identity: None, refused: None })
        };
        let precision = Precision { of: None, replications_max: 1 };
        let points = grid(std::slice::from_ref(&axis));
        let swept = sweep(vec![axis], points, case, &precision, &Runner::new(&Unwatched));
        let points = swept.expect("there is no trace").points;
        let refused: Vec<bool> = points.iter().map(|point| point.refused.is_some()).collect();
        assert_eq!(refused, [false, true, false]);
        let reason = points[1].refused.as_deref().expect("it says why");
        assert!(reason.starts_with("failed to simulate beyond") && reason.contains("overloaded"), "{reason}");
        assert!(points[1].runs.is_empty() && points[0].runs.len() == points[2].runs.len());
        assert!(!points[0].runs.is_empty());
    }
}
