//! Each objective's measure over the setting, with its limit, and the answer where the two meet.

use super::PlanView;
use crate::experiment::plan::Tried;
use crate::model::{Goal, Objective, Quantity};
use crate::report::chart::{Axis, Chart, Drawing, Mark, Scale, Series, Style};
use crate::report::charts::up_to;
use crate::report::format::Unit;
use crate::report::shown;

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
        shown.iter().filter_map(|tried| Some((tried.at(), PlanView::estimate(tried, metric)?))).collect();
    if points.len() < 2 {
        return None;
    }
    let band = points.iter().map(|(_, value)| {
        let [low, high] = value.interval().unwrap_or([value.mean; 2]);
        (low.max(0.0), high.max(0.0))
    });
    let curve = points.iter().map(|(at, value)| (*at, value.mean)).collect();
    let series = Series { band: Some(band.collect()), ..Series::new("", Style::Points, curve) };
    let limits = found.search.objectives.iter().filter(|other| other.metric.value == *name);
    let limits = limits.map(|objective| Mark::Limit {
        at: objective.bound.limit(),
        label: shown::limit(name, objective.unit.into(), objective.bound),
    });
    let missing = shown.iter().filter_map(|tried| {
        let value = PlanView::estimate(tried, metric);
        let label = match (&tried.refused, value) {
            (Some(_), _) => "not simulated",
            (None, None) => "no value",
            (None, Some(value)) if value.mean.is_infinite() => "fails",
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
    let means = points.iter().map(|(_, value)| value.mean).filter(|mean| mean.is_finite());
    let values = || means.clone().chain([objective.bound.limit()]);
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let unit = Unit::from(objective.unit);
    let is_log = least > 0.0 && most > LINEAR_MAX * least;
    let y = if is_log { Axis::log(name, unit) } else { up_to(name, unit, most) };
    let sentence = found.metrics[metric].sentence;
    Some(Chart {
        title: title(view),
        caption: format!(
            "{sentence} A marker for each value that was tried: the mean of its replications with its 95 % interval. Nothing is \
             known between them."
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
