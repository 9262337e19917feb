//! The comparison for programs: one JSON document, and CSV with a row for each metric of each variant.

use super::SideBySide;
use crate::experiment::{Change, Estimate, Row};
use crate::report::{json, tables};
use serde_json::{Map, Value, json};

/// `comparison.json`: the variants as in `summary.json`, and the differences of each to the first.
#[must_use]
pub fn document(view: &SideBySide) -> Value {
    let base = &view.subjects[0];
    let outcomes = view.subjects.iter().zip(&view.comparison.outcomes);
    let variants: Vec<Value> = outcomes.map(|(subject, outcome)| json::variant(subject, outcome)).collect();
    let differences: Map<String, Value> = view
        .names()
        .skip(1)
        .enumerate()
        .map(|(index, name)| {
            let of_variant = view
                .rows
                .iter()
                .filter_map(|row| Some((row.metric.name.clone(), difference(row, &row.changes[index])?)));
            (name.to_owned(), Value::Object(of_variant.collect()))
        })
        .collect();
    json!({
        "scenario": base.scenario,
        "seed": base.seed,
        "version": env!("CARGO_PKG_VERSION"),
        "complete": view.comparison.base().is_complete(),
        "variants": variants,
        "compared_with": base.variant,
        "tests": view.tests().iter().sum::<usize>(),
        "differences": differences,
    })
}

fn difference(row: &Row, change: &Change) -> Option<Value> {
    let difference = change.difference?;
    Some(json!({
        "mean": difference.mean,
        "ci95": difference.interval(),
        "unit": row.metric.unit.to_string(),
        "p_value": change.p_value,
        "significant": change.is_significant,
    }))
}

/// `comparison.csv`.
#[must_use]
pub fn csv(view: &SideBySide) -> Vec<u8> {
    let header = [
        "metric",
        "unit",
        "variant",
        "mean",
        "ci95_low",
        "ci95_high",
        "difference",
        "difference_ci95_low",
        "difference_ci95_high",
        "p_value",
        "significant",
    ];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    for row in &view.rows {
        for (index, name) in view.names().enumerate() {
            let change = index.checked_sub(1).map(|index| &row.changes[index]);
            let value = change.map_or(row.base, |change| change.value);
            let difference = change.and_then(|change| change.difference);
            let mut line = vec![row.metric.name.clone(), row.metric.unit.to_string(), name.to_owned()];
            for estimate in [value, difference] {
                let [low, high] = estimate.and_then(Estimate::interval).unwrap_or([f64::NAN; 2]);
                line.extend([estimate.map_or(f64::NAN, |it| it.mean), low, high].map(tables::number));
            }
            line.push(tables::number(change.and_then(|change| change.p_value).unwrap_or(f64::NAN)));
            line.push(change.map_or(String::new(), |change| change.is_significant.to_string()));
            lines.push(line);
        }
    }
    tables::write(lines.into_iter())
}
