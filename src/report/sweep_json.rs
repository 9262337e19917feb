//! `sweep.json`, which is also what `sweep --json` prints: all points with all their metrics.

use super::results;
use super::sweep::SweepView;
use crate::experiment::Estimate;
use crate::experiment::State;
use crate::experiment::sweep::Measured;
use crate::measure::Metric;
use crate::model::{Bound, Objective};
use serde_json::{Map, Value, json};

/// The whole document.
#[must_use]
pub fn document(view: &SweepView, variant: &str, seed: u64) -> Value {
    let swept = view.swept;
    let axes = swept.axes.iter().map(|axis| {
        let unit = axis.unit.map(|unit| unit.to_string());
        json!({ "setting": axis.setting, "unit": unit, "log": axis.is_log })
    });
    results::document(
        "sweep",
        json!({
            "scenario": view.scenario,
            "variant": variant,
            "seed": seed,
            "complete": swept.points.len() == swept.wanted,
            "axes": axes.collect::<Vec<_>>(),
            "objectives": view.objectives.iter().map(bound).collect::<Vec<_>>(),
            "points_wanted": swept.wanted,
            "points": swept.points.iter().map(|point| of_point(view, point)).collect::<Vec<_>>(),
        }),
    )
}

fn bound(objective: &Objective) -> Value {
    let bound = match objective.bound {
        Bound::AtMost(_) => "at_most",
        Bound::AtLeast(_) => "at_least",
    };
    json!({ "metric": objective.metric.value, "bound": bound, "limit": objective.bound.limit() })
}

/// A point keeps the values of its replications and no histograms, so that this is their mean.
fn of_metric(metric: &Metric, estimate: Estimate) -> Value {
    let mut object = json!({
        "value": estimate.mean,
        "ci95": estimate.interval(),
        "unit": metric.unit.to_string(),
        "kind": metric.kind.name(),
    });
    if estimate.mean.is_infinite() {
        object["fails"] = json!(true);
    }
    object
}

fn of_point(view: &SweepView, point: &Measured) -> Value {
    let swept = view.swept;
    let settings = swept.axes.iter().zip(&point.point);
    let settings: Map<String, Value> = settings
        .map(|(axis, level)| (axis.setting.clone(), json!({ "value": level.text, "at": level.at })))
        .collect();
    let metrics: Map<String, Value> = swept
        .metrics
        .iter()
        .enumerate()
        .filter_map(|(index, metric)| {
            Some((metric.name.clone(), of_metric(metric, SweepView::estimate(point, index)?)))
        })
        .collect();
    json!({
        "settings": settings,
        "replications": point.runs.len(),
        "metrics": metrics,
        "objectives_met": view.state(point).map(|state| state == State::Met),
        "not_simulated": point.refused,
    })
}
