//! A search for programs: `plan.json`, which `--json` prints, and `plan.csv`.

use super::{PlanView, verdict, word};
use crate::experiment::Estimate;
use crate::experiment::plan::Tried;
use crate::model::{Bound, Objective};
use crate::report::tables;
use serde_json::{Map, Value, json};

/// The whole document.
#[must_use]
pub fn document(view: &PlanView) -> Value {
    let found = view.found;
    let search = &found.search;
    let answer = found.answer().map(|answer| {
        let undecided: Vec<Value> = found.bracket.open.iter().map(|place| value(&found.tried[*place])).collect();
        let in_use: Map<String, Value> =
            view.in_use(answer).into_iter().map(|(name, estimate)| (name.to_owned(), json!(estimate.mean))).collect();
        json!({
            "meets": value(answer),
            "misses": found.beyond().map(value),
            "undecided": undecided,
            "binding": found.binding().map(|index| &search.objectives[index].metric.value),
            "objectives": (0..search.objectives.len()).map(|index| objective(view, answer, index)).collect::<Vec<_>>(),
            "in_use": in_use,
        })
    });
    json!({
        "scenario": view.scenario,
        "variant": view.variant,
        "seed": view.seed,
        "version": env!("CARGO_PKG_VERSION"),
        "complete": found.is_complete,
        "find": {
            "setting": search.setting,
            "goal": word(search.goal),
            "from": search.range.from,
            "to": search.range.to,
            "unit": search.range.quantity.unit().to_string(),
            "precision": search.precision,
        },
        "answer": answer,
        "monotone": found.bracket.is_monotone,
        "values": found.tried.iter().map(|tried| point(view, tried)).collect::<Vec<_>>(),
    })
}

fn value(tried: &Tried) -> Value {
    json!({ "value": tried.level.text, "at": tried.at() })
}

fn objective(view: &PlanView, tried: &Tried, index: usize) -> Value {
    let found = view.found;
    let Objective { metric, bound, .. } = &found.search.objectives[index];
    let estimate = PlanView::estimate(tried, found.metric(&found.search.objectives[index]));
    json!({
        "metric": metric.value,
        "bound": match bound {
            Bound::AtMost(_) => "at_most",
            Bound::AtLeast(_) => "at_least",
        },
        "limit": bound.limit(),
        "mean": estimate.map(|estimate| estimate.mean),
        "ci95": estimate.and_then(Estimate::interval),
        "spare_ratio": found.spare(tried, index).map(|spare| spare.mean),
        "verdict": verdict(tried.objectives[index]),
    })
}

fn point(view: &PlanView, tried: &Tried) -> Value {
    let objectives = (0..tried.objectives.len()).map(|index| objective(view, tried, index));
    json!({
        "value": tried.level.text,
        "at": tried.at(),
        "verdict": verdict(tried.verdict),
        "replications": tried.runs.len(),
        "objectives": objectives.collect::<Vec<_>>(),
        "not_simulated": tried.refused,
    })
}

/// A row for each replication of each value, with all metrics that have a value anywhere; one without for a value that
/// cannot be simulated.
#[must_use]
pub fn csv(view: &PlanView) -> Vec<u8> {
    let found = view.found;
    let has_value =
        |index: &usize| found.tried.iter().flat_map(|tried| &tried.runs).any(|run| run[*index].is_some());
    let metrics: Vec<usize> = (0..found.metrics.len()).filter(has_value).collect();
    let names = metrics.iter().map(|index| found.metrics[*index].name.clone());
    let head = [found.search.setting.clone(), "verdict".to_owned(), "replication".to_owned()];
    let header: Vec<String> = head.into_iter().chain(names).collect();
    let rows = found.tried.iter().flat_map(|tried| {
        let head = || [tried.level.text.clone(), verdict(tried.verdict).to_owned()].into_iter();
        let simulated = tried.runs.iter().enumerate().map(|(replication, run)| {
            let values = metrics.iter().map(|index| tables::number(run[*index].unwrap_or(f64::NAN)));
            head().chain([replication.to_string()]).chain(values).collect::<Vec<String>>()
        });
        let refused = tried.refused.iter().map(|_| {
            let nothing = std::iter::repeat_n(String::new(), 1 + metrics.len());
            head().chain(nothing).collect()
        });
        simulated.chain(refused).collect::<Vec<_>>()
    });
    tables::write(std::iter::once(header).chain(rows))
}
