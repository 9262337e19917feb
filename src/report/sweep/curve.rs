//! The curves of a sweep: a measure over one of its settings.

use super::{SweepView, label};
use crate::experiment::Summary;
use crate::experiment::sweep::Measured;
use crate::measure::Metric;
use crate::model::{Axis, Level, Objective};
use crate::report::chart::{Axis as ChartAxis, Chart, Drawing, Mark};
use crate::report::charts::heat_map::heat_map;
use crate::report::charts::up_to;
use crate::report::format::Unit;
use crate::report::marked;

/// Lines that can be told apart in one chart.
const LINES_MAX: usize = 8;

/// The last part of a setting's name, if no other setting has the same.
fn short<'a>(axis: &'a Axis, all: &[Axis]) -> &'a str {
    let last = |axis: &'a Axis| axis.setting.rsplit('.').next().unwrap_or(&axis.setting);
    let is_only =
        all.iter().filter(|other| other.setting.rsplit('.').next() == Some(last(axis))).count() == 1;
    if is_only { last(axis) } else { &axis.setting }
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
    let mut lines: Vec<(String, Vec<(f64, Summary)>)> = Vec::new();
    for point in &swept.points {
        let (Some(at), Some(value)) = (point.point[along].at, view.summary(point, metric)) else {
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
    let values = lines.iter().flat_map(|(_, line)| line).filter_map(|(_, summary)| summary.value());
    let most = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
    let series = lines.into_iter().map(|(name, line)| marked::series(name, &line));
    let Metric { name: measure, unit, sentence, kind, .. } = &swept.metrics[metric];
    let axis = &swept.axes[along];
    let x_unit = Unit::from(axis.unit.expect("this axis has a unit"));
    let limits = view.objectives.iter().filter(|objective| objective.metric.value == *measure);
    let limit =
        |objective: &Objective| Mark::Limit { at: objective.bound.limit(), label: "objective".into() };
    let x = if axis.is_log {
        ChartAxis::log(format!("{} (log scale)", axis.setting), x_unit)
    } else {
        ChartAxis::linear(&axis.setting, x_unit)
    };
    let x = ChartAxis { is_whole: axis.is_whole(), ..x };
    let missing = missing(view, along, metric)
        .map(|(at, what)| Mark::Event { at, label: format!("{}: {what}", x_unit.show(at)) });
    Some(Chart {
        title: format!("{}: {measure} over {}", view.scenario, axis.setting),
        caption: format!(
            "{sentence} A marker for each point: {}. Nothing is known between them.",
            marked::meaning(*kind)
        ),
        x,
        y: up_to(measure, Unit::from(*unit), most),
        series: series.collect(),
        marks: missing.chain(limits.map(limit)).collect(),
    })
}

/// Points that have no place in a curve, once for each value of the setting.
fn missing(view: &SweepView, along: usize, metric: usize) -> impl Iterator<Item = (f64, &'static str)> {
    let mut missing: Vec<(f64, &'static str)> = Vec::new();
    for point in &view.swept.points {
        let what = match (&point.refused, view.summary(point, metric).map(|summary| summary.value())) {
            (Some(_), _) => "not simulated",
            (None, Some(None)) => "too few",
            (None, Some(Some(value))) if value.is_infinite() => "fails",
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
