//! The results of a sweep: a table, a row for each replication, curves.

use super::chart::{Axis as ChartAxis, Chart, Drawing, Mark, Series, Style};
use super::charts::heat_map::heat_map;
use super::charts::up_to;
use super::dataset::{Column, Dataset, Rows};
use super::format::Unit;
use super::shown;
use super::table::{Align, Table};
use super::verdict::mark;
use crate::experiment::sweep::{Measured, Numbers, Swept};
use crate::experiment::{Estimate, State, Verdict};
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

/// More lines than this are too many for a terminal; the CSV has all.
const ROWS_MAX: usize = 60;
/// Of more points than this it is not told why they are not simulated; the CSV has it.
const REFUSED_MAX: usize = 5;
/// Lines that can be told apart in one chart.
const LINES_MAX: usize = 8;

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

    pub(super) fn estimate(point: &Measured, metric: usize) -> Option<Estimate> {
        Estimate::of(&point.values(metric))
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

/// The text for a terminal.
#[must_use]
pub fn text(view: &SweepView) -> String {
    let swept = view.swept;
    let mut text = String::new();
    let runs: usize = swept.points.iter().map(|point| point.runs.len()).sum();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}: {} points, {runs} replications\n", view.scenario, swept.points.len());
    if let Some(verdict) = verdict(view) {
        let _ = writeln!(text, "{verdict}\n");
    }
    if swept.points.len() < swept.wanted {
        let _ = writeln!(text, "partial: interrupted, {} points were to be simulated\n", swept.wanted);
    }
    let _ = write!(text, "{}", points(view, ROWS_MAX));
    if swept.points.len() > ROWS_MAX {
        let _ = writeln!(text, "… and {} more points: see sweep.csv", swept.points.len() - ROWS_MAX);
    }
    let refused = || swept.points.iter().filter_map(|point| Some((point, point.refused.as_ref()?)));
    for (point, reason) in refused().take(REFUSED_MAX) {
        let _ = writeln!(text, "\n{} is not simulated: {reason}", place(view, point));
    }
    let more = refused().count().saturating_sub(REFUSED_MAX);
    if more > 0 {
        let _ = writeln!(text, "… and {more} more points are not simulated: see sweep.csv");
    }
    text
}

/// The last part of a setting's name, if no other setting has the same.
fn short<'a>(axis: &'a Axis, all: &[Axis]) -> &'a str {
    let last = |axis: &'a Axis| axis.setting.rsplit('.').next().unwrap_or(&axis.setting);
    let is_only =
        all.iter().filter(|other| other.setting.rsplit('.').next() == Some(last(axis))).count() == 1;
    if is_only { last(axis) } else { &axis.setting }
}

/// So many of the points, with what is shown of each.
pub(super) fn points(view: &SweepView, most: usize) -> Table {
    let swept = view.swept;
    let columns = swept.axes.iter().map(|axis| (axis.setting.as_str(), Align::Right));
    let metrics = view.shown.iter().map(|index| (swept.metrics[*index].name.as_str(), Align::Right));
    let is_refused = |point: &Measured| point.refused.is_some();
    let has_last = !view.objectives.is_empty() || swept.points.iter().any(is_refused);
    let last = if view.objectives.is_empty() { "note" } else { "objectives" };
    let met = has_last.then_some((last, Align::Left));
    let mut table = Table::new(columns.chain([("runs", Align::Right)]).chain(metrics).chain(met));
    for point in swept.points.iter().take(most) {
        let levels = swept.axes.iter().zip(&point.point).map(|(axis, level)| label(axis, level));
        let values = view.shown.iter().map(|index| {
            let metric = &swept.metrics[*index];
            let value = SweepView::estimate(point, *index);
            value.map_or("–".into(), |value| shown::value(&metric.name, metric.unit.into(), value))
        });
        let met = match view.state(point) {
            _ if point.refused.is_some() => Some("not simulated".to_owned()),
            Some(state) => Some(format!("{} {}", mark(state), state.name())),
            None => None,
        };
        table.row(levels.chain([point.runs.len().to_string()]).chain(values).chain(met));
    }
    table
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

/// A curve for each shown metric over the first setting that is a number, a line for each value of the others. None
/// where no setting is one, or there are too many lines. And a map where two settings vary.
#[must_use]
pub fn charts(view: &SweepView) -> Vec<(String, Drawing)> {
    let charts = view.shown.iter().flat_map(|index| {
        let name = &view.swept.metrics[*index].name;
        let curve = curve(view, *index).map(|chart| (name.clone(), chart.into()));
        let map = heat_map(view, *index).map(|map| (format!("{name}.map"), map.into()));
        curve.into_iter().chain(map)
    });
    charts.collect()
}

fn curve(view: &SweepView, metric: usize) -> Option<Chart> {
    let swept = view.swept;
    let along = swept.axes.iter().position(|axis| axis.unit.is_some() && axis.levels().len() > 2)?;
    let name = |point: &Measured| {
        let others = swept.axes.iter().zip(&point.point).enumerate().filter(|(index, _)| *index != along);
        let part = |(_, (axis, level)): (usize, (&Axis, &Level))| {
            format!("{} {}", short(axis, &swept.axes), label(axis, level))
        };
        others.map(part).collect::<Vec<_>>().join(", ")
    };
    let mut lines: Vec<(String, Vec<(f64, Estimate)>)> = Vec::new();
    for point in &swept.points {
        let (Some(at), Some(value)) = (point.point[along].at, SweepView::estimate(point, metric)) else {
            continue;
        };
        let name = name(point);
        match lines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, line)) => line.push((at, value)),
            None => lines.push((name, vec![(at, value)])),
        }
    }
    if lines.is_empty() || lines.len() > LINES_MAX {
        return None;
    }
    let means = lines.iter().flat_map(|(_, line)| line).map(|(_, value)| value.mean);
    let means = means.filter(|mean| mean.is_finite());
    let most = means.filter(|mean| mean.is_finite()).fold(0.0, f64::max);
    let series = lines.into_iter().map(|(name, line)| {
        let band = line.iter().map(|(_, value)| {
            let [low, high] = value.interval().unwrap_or([value.mean; 2]);
            (low.max(0.0), high.max(0.0))
        });
        let band = Some(band.collect());
        Series {
            band,
            ..Series::new(name, Style::Points, line.iter().map(|(at, value)| (*at, value.mean)).collect())
        }
    });
    let Metric { name: measure, unit, sentence, .. } = &swept.metrics[metric];
    let axis = &swept.axes[along];
    let x_unit = Unit::from(axis.unit.expect("this axis has a unit"));
    let limits = view.objectives.iter().filter(|objective| objective.metric.value == *measure);
    let limit =
        |objective: &Objective| Mark::Limit { at: objective.bound.limit(), label: "objective".into() };
    let x = if axis.is_log {
        ChartAxis::log(&axis.setting, x_unit)
    } else {
        ChartAxis::linear(&axis.setting, x_unit)
    };
    let x = ChartAxis { is_whole: axis.is_whole(), ..x };
    let missing = missing(swept, along, metric)
        .map(|(at, what)| Mark::Event { at, label: format!("{}: {what}", x_unit.show(at)) });
    Some(Chart {
        title: format!("{}: {measure} over {}", view.scenario, axis.setting),
        caption: format!(
            "{sentence} A marker for each point: the mean of its replications with its 95 % interval. Nothing is known between \
             them."
        ),
        x,
        y: up_to(measure, Unit::from(*unit), most),
        series: series.collect(),
        marks: missing.chain(limits.map(limit)).collect(),
    })
}

/// Points that have no place in a curve, once for each value of the setting.
fn missing(swept: &Swept, along: usize, metric: usize) -> impl Iterator<Item = (f64, &'static str)> {
    let mut missing: Vec<(f64, &'static str)> = Vec::new();
    for point in &swept.points {
        let what = match (&point.refused, SweepView::estimate(point, metric)) {
            (Some(_), _) => "not simulated",
            (None, Some(value)) if value.mean.is_infinite() => "fails",
            (None, _) => continue,
        };
        if let Some(at) = point.point[along].at
            && !missing.contains(&(at, what))
        {
            missing.push((at, what));
        }
    }
    missing.into_iter()
}
