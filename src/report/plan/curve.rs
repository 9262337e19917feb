//! Each objective's measure over the setting, with its limit, and the answer where the two meet.

use super::PlanView;
use crate::experiment::plan::Tried;
use crate::measure::Metric;
use crate::model::{Goal, Objective, Quantity};
use crate::report::chart::{Axis, Chart, Drawing, Mark, Scale};
use crate::report::charts::up_to;
use crate::report::format::Unit;
use crate::report::{marked, shown};

/// What is shown around the answer: down to it divided by this, and up to it times this.
const AROUND: f64 = 1.55;

/// Measures that differ by more than this factor are drawn on a logarithmic axis.
const LINEAR_MAX: f64 = 30.0;

/// A curve for each objective.
#[must_use]
pub fn charts(view: &PlanView) -> Vec<(String, Drawing)> {
    let mut names: Vec<&str> = Vec::new();
    let mut drawings = Vec::new();
    for objective in &view.found.search.objectives {
        let name = objective.metric.value.as_str();
        if names.contains(&name) {
            continue;
        }
        names.push(name);
        if let Some(chart) = curve(view, objective) {
            drawings.push((name.to_owned(), chart.into()));
        }
    }
    drawings
}

fn curve(view: &PlanView, objective: &Objective) -> Option<Chart> {
    let found = view.found;
    let metric = found.metric(objective);
    let name = &objective.metric.value;
    let (low, high) = shown_range(view);
    let is_shown = |tried: &&Tried| (low..=high).contains(&tried.at());
    let shown: Vec<_> = found.tried.iter().filter(is_shown).collect();
    let points: Vec<_> =
        shown.iter().filter_map(|tried| Some((tried.at(), view.summary(tried, metric)?))).collect();
    if points.len() < 2 {
        return None;
    }
    let series = marked::series("", &points);
    let limits = found.search.objectives.iter().filter(|other| other.metric.value == *name);
    let limits = limits.map(|objective| Mark::Limit {
        at: objective.bound.limit(),
        label: shown::limit(name, objective.unit.into(), objective.bound),
    });
    let missing = shown.iter().filter_map(|tried| {
        let value = view.summary(tried, metric).map(|summary| summary.value());
        let label = match (&tried.refused, value) {
            (Some(_), _) => "not simulated",
            (None, None) => "no value",
            (None, Some(None)) => "too few",
            (None, Some(Some(value))) if value.is_infinite() => "fails",
            (None, Some(_)) => return None,
        };
        Some(Mark::Event { at: tried.at(), label: format!("{}: {label}", view.show(tried.at())) })
    });
    let setting = Unit::from(found.search.range.quantity.unit());
    let x = Axis {
        scale: if found.search.range.is_log { Scale::Log } else { Scale::Linear },
        range: Some((low, high)),
        is_whole: found.search.range.quantity == Quantity::Whole,
        ..Axis::linear(&found.search.setting, setting)
    };
    let known = points.iter().filter_map(|(_, summary)| summary.value()).filter(|value| value.is_finite());
    let values = || known.clone().chain([objective.bound.limit()]);
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let unit = Unit::from(objective.unit);
    let is_log = least > 0.0 && most > LINEAR_MAX * least;
    let y = if is_log { Axis::log(name, unit) } else { up_to(name, unit, most) };
    let Metric { sentence, kind, .. } = found.metrics[metric];
    Some(Chart {
        title: title(view),
        caption: format!(
            "{sentence} A marker for each value that was tried: {}. Nothing is known between them.",
            marked::meaning(kind)
        ),
        x,
        y,
        series: vec![series],
        marks: edge(view).into_iter().chain(missing).chain(limits).collect(),
    })
}

fn title(view: &PlanView) -> String {
    let search = &view.found.search;
    let (scenario, setting) = (view.scenario, &search.setting);
    match (view.found.answer().map(|answer| view.show(answer.at())), search.goal) {
        (Some(answer), Goal::Least) => format!("{scenario}: {setting} of {answer} is enough"),
        (Some(answer), Goal::Most) => format!("{scenario}: {setting} up to {answer} meets the objectives"),
        (None, _) => format!("{scenario}: no {setting} is known to meet the objectives"),
    }
}

/// The values that are shown: those around the answer, or all.
fn shown_range(view: &PlanView) -> (f64, f64) {
    let range = view.found.search.range;
    let Some(answer) = view.found.answer().map(Tried::at).filter(|_| range.is_log) else {
        return (range.from, range.to);
    };
    ((answer / AROUND).max(range.from), (answer * AROUND).min(range.to))
}

/// The answer, and the stretch up to the first value that surely misses.
fn edge(view: &PlanView) -> Vec<Mark> {
    let Some(answer) = view.found.answer().map(Tried::at) else { return Vec::new() };
    let label = format!("met: {}", view.show(answer));
    let Some(beyond) = view.found.beyond().map(Tried::at) else {
        return vec![Mark::Event { at: answer, label }];
    };
    let label_beyond = format!("missed: {}", view.show(beyond));
    vec![Mark::Event { at: answer, label }, Mark::Event { at: beyond, label: label_beyond }]
}
