//! Each objective's measure over the setting, with its limit, and the answer where the two meet.

use super::PlanView;
use crate::experiment::plan::Tried;
use crate::measure::Metric;
use crate::model::{Goal, Objective, Quantity};
use crate::report::chart::{Axis, Chart, Drawing, Mark, Scale};
use crate::report::charts::up_to;
use crate::report::format::Unit;
use crate::report::{marked, shown};

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
    let range = found.search.range;
    let tried = found.tried.iter();
    let points: Vec<_> = tried.filter_map(|tried| Some((tried.at(), view.summary(tried, metric)?))).collect();
    if points.len() < 2 {
        return None;
    }
    let series = marked::series("", &points);
    let limits = found.search.objectives.iter().filter(|other| other.metric.value == *name);
    let limits = limits.map(|objective| Mark::Limit {
        at: objective.bound.limit(),
        label: shown::limit(name, objective.unit.into(), objective.bound),
    });
    let setting = Unit::from(found.search.range.quantity.unit());
    let x = Axis {
        scale: if range.is_log { Scale::Log } else { Scale::Linear },
        range: Some((range.from, range.to)),
        is_whole: range.quantity == Quantity::Whole,
        ..Axis::linear(label(&found.search.setting, range.is_log), setting)
    };
    let known = points.iter().filter_map(|(_, summary)| summary.value()).filter(|value| value.is_finite());
    let values = || known.clone().chain([objective.bound.limit()]);
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let unit = Unit::from(objective.unit);
    let is_log = least > 0.0 && most > LINEAR_MAX * least;
    let y = if is_log { Axis::log(label(name, true), unit) } else { up_to(name, unit, most) };
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
        marks: labels(view, metric).into_iter().chain(limits).collect(),
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

/// The name of an axis, which says so if it is logarithmic.
fn label(name: &str, is_log: bool) -> String {
    format!("{name}{}", if is_log { " (log scale)" } else { "" })
}

/// The answer and the first value that surely misses, and values that have no place in the curve.
fn labels(view: &PlanView, metric: usize) -> Vec<Mark> {
    let found = view.found;
    let edge = [(found.answer(), "met"), (found.beyond(), "missed")];
    let label = |tried: &Tried| {
        let at = tried.at();
        let edge = edge.iter().find(|(edge, _)| edge.is_some_and(|edge| std::ptr::eq(edge, tried)));
        let value = view.summary(tried, metric).map(|summary| summary.value());
        let no_place = match (&tried.refused, value) {
            (Some(_), _) => Some("not simulated"),
            (None, None) => Some("no value"),
            (None, Some(None)) => Some("too few"),
            (None, Some(Some(value))) => value.is_infinite().then_some("fails"),
        };
        let words: Vec<&str> = edge
            .map(|(_, word)| *word)
            .filter(|_| tried.refused.is_none())
            .into_iter()
            .chain(no_place)
            .collect();
        (!words.is_empty())
            .then(|| Mark::Event { at, label: format!("{}: {}", view.show(at), words.join(", ")) })
    };
    found.tried.iter().filter_map(label).collect()
}
