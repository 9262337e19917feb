//! The results of a sweep.
//!
//! | file | holds |
//! | --- | --- |
//! | `mod.rs` | what is said of all points, and a row for each replication |
//! | `text.rs` | the text for a terminal, with a table of the points |
//! | `notes.rs` | what has to be known about single points: runs that are not fit, or disagree |
//! | `curve.rs` | a curve for each measure |
//!
//! A point says of each metric what `run` says of the same scenario: see [`crate::experiment::Summary`].

mod curve;
mod notes;
mod text;

pub use curve::charts;
pub(super) use notes::{findings, notes};
pub(super) use text::points;
pub use text::text;

use super::dataset::{Column, Dataset, Rows};
use super::format::Unit;
use crate::experiment::sweep::{Measured, Numbers, Swept};
use crate::experiment::{State, Summary, Verdict};
use crate::measure::Metric;
use crate::model::{Axis, Level, Objective};
use std::fmt::Write;
use std::rc::Rc;

/// A sweep as it is reported.
pub struct SweepView<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// What its objectives are.
    pub objectives: &'a [Objective],
    /// The results.
    pub swept: &'a Swept,
    /// Places of the metrics that are shown, in the order of the registry.
    pub shown: Vec<usize>,
}

/// The metrics that a sweep shows if nothing is asked for, beside those of the objectives.
const USUAL: [&str; 4] =
    ["client.latency_p99_seconds", "client.error_ratio", "redis.hit_ratio", "database.load_rate_mean_per_s"];

impl<'a> SweepView<'a> {
    /// With the metrics that `chosen` takes; without it those of the objectives and a few that most want to know.
    #[must_use]
    pub fn new(
        scenario: &'a str,
        objectives: &'a [Objective],
        swept: &'a Swept,
        chosen: Option<&dyn Fn(&str) -> bool>,
    ) -> Self {
        let is_objective = |name: &str| objectives.iter().any(|objective| objective.metric.value == name);
        let is_shown = |metric: &Metric| match chosen {
            Some(chosen) => chosen(&metric.name),
            None => is_objective(&metric.name) || USUAL.contains(&metric.name.as_str()),
        };
        let has_value = |index: usize| swept.points.iter().any(|point| !point.values(index).is_empty());
        let metrics = swept.metrics.iter().enumerate();
        let shown = metrics.filter(|(index, metric)| is_shown(metric) && has_value(*index));
        Self { scenario, objectives, swept, shown: shown.map(|(index, _)| index).collect() }
    }

    /// Shows a metric more, if it has a value anywhere.
    pub fn show(&mut self, metric: usize) {
        let has_value = self.swept.points.iter().any(|point| !point.values(metric).is_empty());
        if let Err(place) = self.shown.binary_search(&metric)
            && has_value
        {
            self.shown.insert(place, metric);
        }
    }

    /// What the replications of a point say together about a metric.
    pub(super) fn summary(&self, point: &Measured, metric: usize) -> Option<Summary> {
        self.swept.summary(point, metric)
    }

    /// What is known about each objective at a point.
    #[must_use]
    pub fn verdicts(&self, point: &Measured) -> Vec<Verdict> {
        let verdict = |objective: &Objective| {
            let name = &objective.metric.value;
            let index = self.swept.metrics.iter().position(|metric| metric.name == *name);
            let value = |run: &Numbers| index.and_then(|index| run.get(index));
            let values: Vec<Option<f64>> = point.runs.iter().map(value).collect();
            let is_there = point.runs.iter().zip(&values).filter(|(_, value)| value.is_some());
            let tails = is_there.map(|(run, _)| index.and_then(|index| run.tail(index)));
            Verdict::of(name, objective.bound, objective.on, &values).with_tails(tails)
        };
        self.objectives.iter().map(verdict).collect()
    }

    /// Whether a point meets all objectives; nothing if there are none, or it was not simulated.
    #[must_use]
    pub fn state(&self, point: &Measured) -> Option<State> {
        let is_asked = !self.objectives.is_empty() && point.refused.is_none();
        is_asked.then(|| State::all(self.verdicts(point).iter().map(|verdict| verdict.state)))
    }
}

/// How many points meet all objectives, and which, in one sentence; nothing if there are none.
#[must_use]
pub fn verdict(view: &SweepView) -> Option<String> {
    if view.objectives.is_empty() {
        return None;
    }
    let points = &view.swept.points;
    let those = |state: State| -> Vec<&Measured> {
        points.iter().filter(|point| view.state(point) == Some(state)).collect()
    };
    let all = points.len();
    let mut text = match those(State::Met).as_slice() {
        [] => format!("None of {all} points is known to meet all objectives"),
        [only] => format!("1 of {all} points meets all objectives: {}", place(view, only)),
        some => format!("{} of {all} points meet all objectives", some.len()),
    };
    let refused = points.iter().filter(|point| point.refused.is_some()).count();
    for (count, what) in [
        (those(State::Undecided).len(), "undecided"),
        (those(State::Missed).len(), "missed"),
        (refused, "not simulated"),
    ] {
        if count > 0 {
            let _ = write!(text, "; {count} {what}");
        }
    }
    Some(text + ".")
}

/// The settings of a point, as a person reads them.
pub(super) fn place(view: &SweepView, point: &Measured) -> String {
    let settings = view.swept.axes.iter().zip(&point.point);
    let place: Vec<String> =
        settings.map(|(axis, level)| format!("{}={}", axis.setting, label(axis, level))).collect();
    place.join(" ")
}

/// A value of a setting, as a person reads it.
pub(super) fn label(axis: &Axis, level: &Level) -> String {
    match (axis.unit, level.at) {
        (Some(unit), Some(at)) => Unit::from(unit).show(at),
        _ => level.text.clone(),
    }
}

/// `sweep.csv` and `sweep.parquet`: a row for each replication of each point, with all metrics that have a value anywhere.
/// If there are points that are not simulated, each has a row without values, and a last column says why.
pub(super) fn dataset<'a>(view: &SweepView<'a>) -> Dataset<'a> {
    let swept = view.swept;
    let rows = Rows::new(swept.points.iter().map(|point| point.runs.as_slice()));
    let point = |rows: &Rc<Rows<'a>>| {
        let rows = Rc::clone(rows);
        move |row| &swept.points[rows.point(row)]
    };
    let settings = swept.axes.iter().enumerate().map(|(place, axis)| {
        let point = point(&rows);
        Column::setting(&axis.setting, axis.unit, rows.len(), move |row| &point(row).point[place])
    });
    let number = Rc::clone(&rows);
    let number = Column::whole("point", move |row| Some(number.point(row) + 1));
    let is_any_refused = swept.points.iter().any(|point| point.refused.is_some());
    let refused = point(&rows);
    let refused = Column::text("not_simulated", move |row| refused(row).refused.as_deref());
    let columns = [number].into_iter().chain(settings).chain([rows.replication()]);
    let columns = columns.chain(rows.metrics(&swept.metrics)).chain(is_any_refused.then_some(refused));
    Dataset { scenario: view.scenario, rows: rows.len(), columns: columns.collect() }
}
