//! `sweep.json`, which is also what `sweep --json` prints: all points with all their metrics.

use super::sweep::{SweepView, findings};
use super::{json, results};
use crate::experiment::State;
use crate::experiment::sweep::Measured;
use crate::model::{Bound, Objective, On};
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
    let on = match objective.on {
        On::Run => "run",
        On::Average => "average",
    };
    json!({ "metric": objective.metric.value, "bound": bound, "limit": objective.bound.limit(), "on": on })
}

/// A point, with what `run` says of the same scenario.
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
            Some((metric.name.clone(), json::of_metric(metric, &view.summary(point, index)?)))
        })
        .collect();
    let is_asked = point.refused.is_none();
    let objectives = view.objectives.iter().zip(view.verdicts(point)).filter(|_| is_asked);
    let objectives: Vec<Value> =
        objectives.map(|(objective, verdict)| json::objective(&verdict, objective.unit.into())).collect();
    json!({
        "settings": settings,
        "replications": point.runs.len(),
        "metrics": metrics,
        "disagreement": point.together.disagreement().map(json::disagreement),
        "state": view.state(point).map(State::name),
        "objectives": objectives,
        "findings": findings(point).iter().map(json::finding).collect::<Vec<_>>(),
        "not_simulated": point.refused,
    })
}
