//! A measure of a sweep of two settings.

use crate::report::chart::{Edge, HeatMap, Unit};
use crate::experiment::State;
use crate::report::marked;
use crate::report::sweep::{SweepView, label};

/// More values of a setting than this have no room.
const LEVELS_MAX: usize = 40;

/// The map of a metric; nothing unless exactly two settings vary, each over a few values, all of whose pairs are
/// simulated.
pub fn heat_map(view: &SweepView, metric: usize) -> Option<HeatMap> {
    let swept = view.swept;
    let [one, other] = &swept.axes[..] else { return None };
    let edges = [0, 1].map(|axis| {
        let mut texts: Vec<&str> = Vec::new();
        let mut names = Vec::new();
        for point in &swept.points {
            let level = &point.point[axis];
            if !texts.contains(&level.text.as_str()) {
                texts.push(&level.text);
                names.push(label(&swept.axes[axis], level));
            }
        }
        (texts, names)
    });
    let [(across, across_names), (up, up_names)] = edges;
    let is_grid = across.len() * up.len() == swept.points.len();
    let is_wide = [&across, &up].iter().all(|texts| (2..=LEVELS_MAX).contains(&texts.len()));
    if !is_grid || !is_wide {
        return None;
    }
    let measure = &swept.metrics[metric];
    let objective = view.objectives.iter().position(|objective| objective.metric.value == measure.name);
    let mut cells = vec![f64::NAN; swept.points.len()];
    let [mut crossed, mut open] = [vec![false; swept.points.len()], vec![false; swept.points.len()]];
    for point in &swept.points {
        let place =
            |texts: &[&str], axis: usize| texts.iter().position(|text| *text == point.point[axis].text);
        let index = place(&up, 1)? * across.len() + place(&across, 0)?;
        let value = view.summary(point, metric).and_then(|summary| summary.value());
        cells[index] = value.unwrap_or(f64::NAN);
        let state = |objective: usize| match point.refused {
            Some(_) => None,
            None => Some(view.verdicts(point)[objective].state),
        };
        let state = objective.and_then(state);
        crossed[index] = state == Some(State::Missed) || (objective.is_some() && point.refused.is_some());
        open[index] = state == Some(State::Undecided);
    }
    let missed = if objective.is_some() { " A cross: the objective is missed; a question mark: it is undecided." } else { "" };
    Some(HeatMap {
        title: format!("{}: {} over two settings", view.scenario, measure.name),
        caption: format!("{} Each cell: {}.{missed}", measure.sentence, marked::value(measure.kind)),
        across: Edge { label: one.setting.clone(), names: across_names },
        up: Edge { label: other.setting.clone(), names: up_names },
        unit: Unit::from(measure.unit),
        cells,
        crossed,
        open,
    })
}
