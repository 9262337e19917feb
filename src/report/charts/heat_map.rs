//! A measure of a sweep of two settings.

use crate::experiment::State;
use crate::model::Axis;
use crate::report::chart::{Edge, HeatMap, Unit};
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
    let missed = if objective.is_some() {
        " A cross: the objective is missed; a question mark: it is undecided."
    } else {
        ""
    };
    Some(HeatMap {
        title: format!("{}: {} over two settings", view.scenario, measure.name),
        caption: format!("{} Each cell: {}.{missed}", measure.sentence, marked::value(measure.kind)),
        across: Edge { label: edge(view, one, 0), names: across_names },
        up: Edge { label: edge(view, other, 1), names: up_names },
        unit: Unit::from(measure.unit),
        cells,
        crossed,
        open,
    })
}

/// The name of an edge: all columns are equally wide, so it says so where the values are not as far from each other.
fn edge(view: &SweepView, axis: &Axis, place: usize) -> String {
    let mut values: Vec<f64> = view.swept.points.iter().filter_map(|point| point.point[place].at).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    format!("{}{}", axis.setting, spacing(&values))
}

/// How values that stand equally far from each other are spaced.
fn spacing(values: &[f64]) -> &'static str {
    let is_even = |distance: &dyn Fn(f64, f64) -> f64| {
        let gaps = || values.windows(2).map(|pair| distance(pair[0], pair[1]));
        let (least, most) = (gaps().fold(f64::INFINITY, f64::min), gaps().fold(0.0, f64::max));
        // What was rounded to few digits counts as even.
        most - least <= EVEN * most
    };
    if is_even(&|one, next| next - one) {
        ""
    } else if values.iter().all(|value| *value > 0.0) && is_even(&|one, next| libm::log(next / one)) {
        " (log scale)"
    } else {
        " (not evenly spaced)"
    }
}

/// Gaps that differ by no more than this, as a share of the largest, are equal.
const EVEN: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_evenly_spaced_say_so() {
        for (values, expected) in [
            (&[1.0, 2.0, 3.0][..], ""),
            (&[1.0, 2.0], ""),
            (&[1.0], ""),
            (&[], ""),
            (&[1.0, 10.0, 100.0], " (log scale)"),
            (&[0.0, 10.0, 100.0], " (not evenly spaced)"),
            (&[2.0, 3.0, 4.0, 8.0], " (not evenly spaced)"),
        ] {
            assert_eq!(spacing(values), expected, "{values:?}");
        }
    }
}
