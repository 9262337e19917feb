//! The comparison for programs: one JSON document, and CSV with a row for each metric of each variant.

use super::{SideBySide, sentence, take, words};
use crate::experiment::{Change, Collapse, Estimate, Family, Row, Summary};
use crate::report::{json, results, tables};
use serde_json::{Map, Value, json};

/// `comparison.json`: the variants as in `summary.json`, and the differences of each to the first.
#[must_use]
pub fn document(view: &SideBySide) -> Value {
    let base = &view.subjects[0];
    let outcomes = view.subjects.iter().zip(&view.comparison.outcomes);
    let variants: Vec<Value> = outcomes.map(|(subject, outcome)| json::variant(subject, outcome)).collect();
    let of_each = |one: &dyn Fn(usize) -> Value| -> Map<String, Value> {
        view.names().skip(1).enumerate().map(|(index, name)| (name.to_owned(), one(index))).collect()
    };
    let take = take(view).map(|take| {
        let variant = take.variant.map(|variant| &view.subjects[variant].variant);
        json!({ "state": take.state.name(), "variant": variant, "reason": take.text })
    });
    let fields = json!({
        "scenario": base.scenario,
        "seed": base.seed,
        "complete": view.comparison.base().is_complete(),
        "take": take,
        "gate": view.gate.map(|gate| json!({
            "variant": view.subjects[gate].variant,
            "state": view.comparison.outcomes[gate].state().name(),
        })),
        "variants": variants,
        "compared_with": base.variant,
        "tests": {
            "objectives": view.compared.tests(Family::Objectives),
            "headline": view.compared.tests(Family::Headline),
        },
        "sentences": of_each(&|index| Value::from(sentence(view, index + 1))),
        "collapses": of_each(&|index| collapse(view.compared.collapses[index].as_ref())),
        "differences": of_each(&|index| Value::Object(differences(view, index))),
    });
    results::document("compare", fields)
}

fn collapse(collapse: Option<&Collapse>) -> Value {
    let of = |it: &Collapse| {
        json!({
            "runs": it.runs,
            "base": it.base,
            "variant": it.variant,
            "p_value": it.p_value,
            "starred": it.is_starred,
        })
    };
    collapse.map_or(Value::Null, of)
}

/// How a variant, counted from 0 without the base, differs in each metric that both have.
fn differences(view: &SideBySide, index: usize) -> Map<String, Value> {
    let rows = view.compared.rows.iter();
    let rows = rows.filter(|row| row.base.is_some() && row.changes[index].value.is_some());
    rows.map(|row| (row.metric.name.clone(), difference(row, &row.changes[index]))).collect()
}

fn difference(row: &Row, change: &Change) -> Value {
    let [base, variant] = change.failing;
    json!({
        "value": change.difference.map(|difference| difference.mean),
        "ci95": change.difference.and_then(Estimate::interval),
        "unit": row.metric.unit.to_string(),
        "effect": change.effect.name(),
        "starred": change.is_starred,
        "standing": change.standing.name(),
        "p_value": change.p_value,
        "runs": change.pairs,
        "runs_needed": if change.is_starred { None } else { change.runs_needed() },
        "fails": { "base": base, "variant": variant },
        "not_compared": change.not_compared.map(words::not_compared),
    })
}

/// `comparison.csv`.
#[must_use]
pub fn csv(view: &SideBySide) -> Vec<u8> {
    let header = [
        "metric",
        "unit",
        "variant",
        "value",
        "ci95_low",
        "ci95_high",
        "difference",
        "difference_ci95_low",
        "difference_ci95_high",
        "p_value",
        "starred",
        "effect",
        "standing",
    ];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    for row in &view.rows {
        for (index, name) in view.names().enumerate() {
            let change = index.checked_sub(1).map(|index| &row.changes[index]);
            let value = change.map_or(row.base, |change| change.value);
            let difference = change.and_then(|change| change.difference);
            let mut line = vec![row.metric.name.clone(), row.metric.unit.to_string(), name.to_owned()];
            let summary = view.comparison.outcomes[index].summary(&row.metric.name);
            let [low, high] = summary.and_then(Summary::interval).unwrap_or([f64::NAN; 2]);
            line.extend([value.unwrap_or(f64::NAN), low, high].map(tables::number));
            let [low, high] = difference.and_then(Estimate::interval).unwrap_or([f64::NAN; 2]);
            line.extend([difference.map_or(f64::NAN, |it| it.mean), low, high].map(tables::number));
            line.push(tables::number(change.and_then(|change| change.p_value).unwrap_or(f64::NAN)));
            line.push(change.map_or(String::new(), |change| change.is_starred.to_string()));
            line.push(change.map_or(String::new(), |change| change.effect.name().to_owned()));
            line.push(change.map_or(String::new(), |change| change.standing.name().to_owned()));
            lines.push(line);
        }
    }
    tables::write(lines.into_iter())
}
