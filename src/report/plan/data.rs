//! A search for programs: `plan.json`, which `--json` prints, and the table of all replications.

use super::{PlanView, verdict, word};
use crate::experiment::fitness::Fit;
use crate::experiment::plan::{Answer, Headroom, Tried};
use crate::model::{Bound, Objective, On};
use crate::report::dataset::{Column, Dataset, Rows};
use crate::report::{json, results};
use serde_json::{Map, Value, json};
use std::rc::Rc;

/// The whole document.
#[must_use]
pub fn document(view: &PlanView) -> Value {
    let found = view.found;
    let search = &found.search;
    let answer = found.answer().map(|answer| {
        let undecided: Vec<Value> = found.bracket.open.iter().map(|place| value(&found.tried[*place])).collect();
        let in_use: Map<String, Value> =
            view.in_use(answer).into_iter().map(|(metric, _, value)| (metric.name.clone(), json!(value))).collect();
        json!({
            "meets": value(answer),
            "misses": found.beyond().map(value),
            "undecided": undecided,
            "binding": found.binding().map(|index| &search.objectives[index].metric.value),
            "objectives": (0..search.objectives.len()).map(|index| objective(view, answer, index)).collect::<Vec<_>>(),
            "in_use": in_use,
        })
    });
    let fields = json!({
        "scenario": view.scenario,
        "variant": view.variant,
        "seed": view.seed,
        "complete": found.is_complete,
        "find": {
            "setting": search.setting,
            "goal": word(search.goal),
            "from": search.range.from,
            "to": search.range.to,
            "unit": search.range.quantity.unit().to_string(),
            "precision": search.precision,
        },
        "sure": { "name": search.sure.name(), "too_few": search.sure.too_few, "enough": search.sure.enough },
        "state": found.state().name(),
        "answer": answer,
        "headroom": view.headroom.map(headroom),
        "warm": found.telling().and_then(Tried::fit).map(Fit::is_warm),
        "findings": view.findings().iter().map(json::finding).collect::<Vec<_>>(),
        "monotone": found.bracket.is_monotone,
        "values": found.tried.iter().map(|tried| point(view, tried)).collect::<Vec<_>>(),
    });
    results::document("plan", fields)
}

fn headroom(headroom: &Headroom) -> Value {
    let answer = match &headroom.answer {
        Answer::Value(level) => json!({ "value": level.text, "at": level.at }),
        Answer::Load(at) => json!({ "load": at }),
        Answer::None => Value::Null,
    };
    json!({ "more_load_ratio": headroom.more, "answer": answer })
}

fn value(tried: &Tried) -> Value {
    json!({ "value": tried.level.text, "at": tried.at() })
}

fn objective(view: &PlanView, tried: &Tried, index: usize) -> Value {
    let found = view.found;
    let Objective { metric, bound, on, .. } = &found.search.objectives[index];
    let place = found.metric(&found.search.objectives[index]);
    let known = view.summary(tried, place).map(|summary| json::of_metric(&found.metrics[place], &summary));
    let mut fields = json!({
        "metric": metric.value,
        "bound": match bound {
            Bound::AtMost(_) => "at_most",
            Bound::AtLeast(_) => "at_least",
        },
        "limit": bound.limit(),
        "on": match on {
            On::Run => "run",
            On::Average => "average",
        },
        "value": null,
        "ci95": null,
        "spare_ratio": found.spare(tried, index).map(|spare| spare.value).filter(|spare| spare.is_finite()),
        "state": verdict(tried.objectives[index]),
        "kept": tried.runs.len() - tried.misses[index],
        "runs": tried.runs.len(),
    });
    // What `run` says of the metric.
    if let (Value::Object(fields), Some(Value::Object(known))) = (&mut fields, known) {
        fields.extend(known);
    }
    fields
}

fn point(view: &PlanView, tried: &Tried) -> Value {
    let objectives = (0..tried.objectives.len()).map(|index| objective(view, tried, index));
    json!({
        "value": tried.level.text,
        "at": tried.at(),
        "state": verdict(tried.verdict),
        "judged": tried.counts(),
        "kept": tried.kept,
        "replications": tried.runs.len(),
        "objectives": objectives.collect::<Vec<_>>(),
        "disagreement": tried.together.disagreement().map(json::disagreement),
        "not_simulated": tried.refused,
    })
}

/// A row for each replication of each value, with all metrics that have a value anywhere; one without for a value that
/// cannot be simulated.
pub fn dataset<'a>(view: &PlanView<'a>) -> Dataset<'a> {
    let found = view.found;
    let search = &found.search;
    let rows = Rows::new(found.tried.iter().map(|tried| tried.runs.as_slice()));
    let tried = |rows: &Rc<Rows<'a>>| {
        let rows = Rc::clone(rows);
        move |row| &found.tried[rows.point(row)]
    };
    let at = tried(&rows);
    let unit = search.range.quantity.unit();
    let setting = Column::setting(&search.setting, Some(unit), rows.len(), move |row| &at(row).level);
    let judged = tried(&rows);
    let state = Column::text("state", move |row| Some(verdict(judged(row).verdict)));
    let columns = [setting, state, rows.replication()].into_iter().chain(rows.metrics(&found.metrics));
    Dataset { scenario: view.scenario, rows: rows.len(), columns: columns.collect() }
}
