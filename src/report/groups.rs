//! Answers by key group and layer: how stale and how old they were, and whether they were as consistent as their group
//! needs it. `groups.csv`, and `groups` in `summary.json` where any group needs consistency.

use super::tables::{number, write};
use crate::experiment::Outcome;
use crate::measure::{Histogram, Layer, Need, PropagationRecord, Served};
use serde_json::{Map, Value, json};

/// What the answers of one layer for one key group came to, in all replications together.
struct Row<'o> {
    group: &'o str,
    /// `client` for all layers together.
    layer: &'static str,
    served: Served,
    propagation: Option<PropagationRecord>,
}

impl Row<'_> {
    /// What the group needs, as far as it was read.
    fn need(&self) -> Option<Need> {
        Need::ALL.iter().copied().find(|need| self.served.judged.reads[*need as usize] > 0)
    }
}

/// Takes a number out of a row.
type Take = fn(&Row<'_>) -> Option<f64>;

/// The columns after the first three, each with a number where there is one.
const COLUMNS: &[(&str, Take)] = &[
    ("answers", |row| Some(row.served.staleness.count() as f64)),
    ("stale", |row| Some(row.served.stale as f64)),
    ("staleness_mean_seconds", |row| row.served.staleness.mean_seconds()),
    ("staleness_p50_seconds", |row| row.served.staleness.quantile_seconds(0.5)),
    ("staleness_p90_seconds", |row| row.served.staleness.quantile_seconds(0.9)),
    ("staleness_p99_seconds", |row| row.served.staleness.quantile_seconds(0.99)),
    ("staleness_max_seconds", |row| row.served.staleness.quantile_seconds(1.0)),
    ("age_mean_seconds", |row| row.served.age.mean_seconds()),
    ("age_p50_seconds", |row| row.served.age.quantile_seconds(0.5)),
    ("age_p90_seconds", |row| row.served.age.quantile_seconds(0.9)),
    ("age_p99_seconds", |row| row.served.age.quantile_seconds(0.99)),
    ("age_max_seconds", |row| row.served.age.quantile_seconds(1.0)),
    ("leaks", |row| Some(row.served.leaks as f64)),
    ("mismatched", |row| Some(row.served.mismatched as f64)),
    ("violations", |row| Some(row.served.judged.violations[row.need()? as usize] as f64)),
    ("propagation_mean_seconds", |row| times(row)?.mean_seconds()),
    ("propagation_p99_seconds", |row| times(row)?.quantile_seconds(0.99)),
    ("propagation_max_seconds", |row| times(row)?.quantile_seconds(1.0)),
    ("versions_at_once_max", |row| {
        Some(f64::from(row.propagation.as_ref()?.versions_max)).filter(|most| *most > 0.0)
    }),
];

fn times<'r>(row: &'r Row<'_>) -> Option<&'r Histogram> {
    Some(&row.propagation.as_ref()?.times)
}

/// For each group all its answers, then those of each layer that gave any.
fn rows(outcome: &Outcome) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for (index, group) in outcome.groups.iter().enumerate() {
        let by_layer = Layer::ALL.iter().map(|layer| (layer.name(), outcome.served(*layer, index)));
        let by_layer: Vec<_> = by_layer.filter(|(_, served)| served.staleness.count() > 0).collect();
        let mut all = Served::default();
        for (_, served) in &by_layer {
            all.add(served);
        }
        let propagation = outcome.propagation(index);
        rows.push(Row { group, layer: "client", served: all, propagation });
        let layers = by_layer.into_iter();
        rows.extend(layers.map(|(layer, served)| Row { group, layer, served, propagation: None }));
    }
    rows
}

/// A row for each key group and layer, in all replications together: first the two, then what the group needs, then
/// the numbers. A cell is empty where there is none.
#[must_use]
pub fn table(outcome: &Outcome) -> Vec<u8> {
    let columns = COLUMNS.iter().map(|(name, _)| *name);
    let header = ["group", "layer", "need"].into_iter().chain(columns).map(str::to_owned).collect();
    let line = |row: Row<'_>| {
        let need = row.need().map_or("", Need::name);
        let cells = COLUMNS.iter().map(|(_, value)| value(&row).map(number).unwrap_or_default());
        [row.group, row.layer, need].into_iter().map(str::to_owned).chain(cells).collect()
    };
    write(std::iter::once(header).chain(rows(outcome).into_iter().map(line)))
}

/// The same as a list, if any group needs consistency.
#[must_use]
pub fn list(outcome: &Outcome) -> Option<Value> {
    let rows = rows(outcome);
    rows.iter().any(|row| row.need().is_some()).then(|| rows.iter().map(object).collect())
}

fn object(row: &Row<'_>) -> Value {
    let mut object = Map::new();
    object.insert("group".into(), json!(row.group));
    object.insert("layer".into(), json!(row.layer));
    object.insert("need".into(), json!(row.need().map(Need::name)));
    let values = COLUMNS.iter().filter_map(|(name, value)| Some(((*name).to_owned(), json!(value(row)?))));
    object.extend(values);
    Value::Object(object)
}
