//! Key groups, one by one: what clients saw of each, what each layer served of it, how old and how stale that was, and
//! whether it was as consistent as the group needs it. `groups.csv`, `groups` in `summary.json`, a table of the summary.

use super::format::Unit;
use super::table::{Align, Table};
use super::tables::{number, write};
use crate::experiment::Outcome;
use crate::measure::{
    GroupRecord, Histogram, Layer, Need, Outcome as LookUp, Part, PropagationRecord, Served,
};
use serde_json::{Map, Value, json};

/// What one layer did for one key group, in all replications together.
struct Row<'o> {
    group: &'o str,
    /// `client` for all layers together.
    layer: &'static str,
    /// How long all replications together measured, in seconds.
    seconds: f64,
    served: Served,
    /// What the clients saw, in the row of all layers.
    clients: Option<GroupRecord>,
    /// Look-ups in a caching layer, and those that it served itself.
    hits: Option<Part>,
    /// Reads that reached an origin.
    loads: Option<u64>,
    propagation: Option<PropagationRecord>,
}

impl Row<'_> {
    /// What the group needs, as far as it was read.
    fn need(&self) -> Option<Need> {
        Need::ALL.iter().copied().find(|need| self.served.judged.reads[*need as usize] > 0)
    }

    fn latency(&self, quantile: f64) -> Option<f64> {
        self.clients.as_ref()?.ranked().quantile_seconds(quantile)
    }
}

/// Takes a number out of a row.
type Take = fn(&Row<'_>) -> Option<f64>;

/// The columns after the first three, each with a number where there is one.
const COLUMNS: &[(&str, Take)] = &[
    ("requests", |row| Some(row.clients.as_ref()?.requests() as f64)),
    ("failed", |row| Some(row.clients.as_ref()?.failed as f64)),
    ("error_ratio", |row| Some(row.clients.as_ref()?.errors()?.share())),
    ("answer_latency_mean_seconds", |row| row.clients.as_ref()?.latency.mean_seconds()),
    ("latency_p50_seconds", |row| row.latency(0.5)),
    ("latency_p95_seconds", |row| row.latency(0.95)),
    ("latency_p99_seconds", |row| row.latency(0.99)),
    ("look_ups", |row| Some(row.hits?.of as f64)),
    ("hit_ratio", |row| Some(row.hits?.share())),
    ("loads", |row| Some(row.loads? as f64)),
    ("load_rate_mean_per_s", |row| Some(row.loads? as f64 / row.seconds)),
    ("answers", |row| Some(row.served.staleness.count() as f64)),
    ("stale", |row| Some(row.served.stale as f64)),
    ("staleness_mean_seconds", |row| row.served.staleness.mean_seconds()),
    ("staleness_p50_seconds", |row| row.served.staleness.quantile_seconds(0.5)),
    ("staleness_p90_seconds", |row| row.served.staleness.quantile_seconds(0.9)),
    ("staleness_p95_seconds", |row| row.served.staleness.quantile_seconds(0.95)),
    ("staleness_p99_seconds", |row| row.served.staleness.quantile_seconds(0.99)),
    ("staleness_max_seconds", |row| row.served.staleness.quantile_seconds(1.0)),
    ("age_mean_seconds", |row| row.served.age.mean_seconds()),
    ("age_p50_seconds", |row| row.served.age.quantile_seconds(0.5)),
    ("age_p90_seconds", |row| row.served.age.quantile_seconds(0.9)),
    ("age_p95_seconds", |row| row.served.age.quantile_seconds(0.95)),
    ("age_p99_seconds", |row| row.served.age.quantile_seconds(0.99)),
    ("age_max_seconds", |row| row.served.age.quantile_seconds(1.0)),
    ("leaks", |row| Some(row.served.leaks as f64)),
    ("mismatched", |row| Some(row.served.mismatched as f64)),
    ("violations", |row| Some(row.served.judged.violations[row.need()? as usize] as f64)),
    ("propagation_mean_seconds", |row| times(row)?.mean_seconds()),
    ("propagation_p50_seconds", |row| times(row)?.quantile_seconds(0.5)),
    ("propagation_p95_seconds", |row| times(row)?.quantile_seconds(0.95)),
    ("propagation_p99_seconds", |row| times(row)?.quantile_seconds(0.99)),
    ("propagation_max_seconds", |row| times(row)?.quantile_seconds(1.0)),
    ("versions_at_once_max", |row| {
        Some(f64::from(row.propagation.as_ref()?.versions_max)).filter(|most| *most > 0.0)
    }),
];

fn times<'r>(row: &'r Row<'_>) -> Option<&'r Histogram> {
    Some(&row.propagation.as_ref()?.times)
}

/// For each group what clients saw of it, then each layer that was asked for it.
fn rows(outcome: &Outcome) -> Vec<Row<'_>> {
    let seconds = outcome.window_seconds();
    let mut rows = Vec::new();
    for (index, group) in outcome.groups.iter().enumerate() {
        let of_layer = |layer: &Layer| Row {
            group,
            layer: layer.name(),
            seconds,
            served: outcome.served(*layer, index),
            clients: None,
            hits: hits(outcome, *layer, index),
            loads: loads(outcome, *layer, index),
            propagation: None,
        };
        let is_asked =
            |row: &Row| row.served.staleness.count() > 0 || row.hits.is_some() || row.loads.is_some();
        let layers: Vec<Row> = Layer::ALL.iter().map(of_layer).filter(is_asked).collect();
        let mut served = Served::default();
        for row in &layers {
            served.add(&row.served);
        }
        let clients = Some(outcome.clients_of(index)).filter(|clients| clients.requests() > 0);
        let propagation = outcome.propagation(index);
        let all =
            Row { layer: "client", served, clients, propagation, hits: None, loads: None, group, seconds };
        rows.push(all);
        rows.extend(layers);
    }
    rows
}

/// Look-ups of a group in a caching layer, and how many of them the layer served itself; nothing if there are none.
fn hits(outcome: &Outcome, layer: Layer, group: usize) -> Option<Part> {
    let mut part = (0, 0);
    for record in outcome.records() {
        let Some(cache) = record.layers.caches.get(layer as usize)?.as_ref() else { continue };
        let outcomes = &cache.outcomes[group];
        let served = [LookUp::Hit, LookUp::Stale, LookUp::Negative];
        part.0 += served.iter().map(|hit| outcomes[*hit as usize]).sum::<u64>();
        part.1 += outcomes.iter().sum::<u64>();
    }
    Part::of(part.0, part.1)
}

/// Reads of a group that reached an origin; nothing if none did.
fn loads(outcome: &Outcome, layer: Layer, group: usize) -> Option<u64> {
    let of_record = |record: &crate::measure::Record| {
        let layers = &record.layers;
        let by_group = match layer {
            Layer::Database => layers.database.as_ref().map(|origin| &origin.by_group),
            Layer::Search => layers.search.as_ref().map(|calls| &calls.by_group),
            Layer::Downstream => layers.downstream.as_ref().map(|calls| &calls.by_group),
            _ => None,
        };
        by_group.and_then(|by_group| by_group.get(group).copied()).unwrap_or(0)
    };
    Some(outcome.records().iter().map(of_record).sum()).filter(|loads| *loads > 0)
}

/// A row for each key group and layer, in all replications together: first the two, then what the group needs, then
/// the numbers. A cell is empty where there is none, and `inf` where more requests fail than the percentile leaves.
#[must_use]
pub fn table(outcome: &Outcome) -> Vec<u8> {
    let columns = COLUMNS.iter().map(|(name, _)| *name);
    let header = ["group", "layer", "need"].into_iter().chain(columns).map(str::to_owned).collect();
    let cell = |value: f64| if value == f64::INFINITY { "inf".to_owned() } else { number(value) };
    let line = |row: Row<'_>| {
        let need = row.need().map_or("", Need::name);
        let cells = COLUMNS.iter().map(|(_, value)| value(&row).map(cell).unwrap_or_default());
        [row.group, row.layer, need].into_iter().map(str::to_owned).chain(cells).collect()
    };
    write(std::iter::once(header).chain(rows(outcome).into_iter().map(line)))
}

/// The same as a list, if there are several groups, or one that needs consistency.
#[must_use]
pub fn list(outcome: &Outcome) -> Option<Value> {
    let rows = rows(outcome);
    let is_told = outcome.groups.len() > 1 || rows.iter().any(|row| row.need().is_some());
    is_told.then(|| rows.iter().map(object).collect())
}

/// A percentile that fails is `null`, and its name is in the list `fails`.
fn object(row: &Row<'_>) -> Value {
    let mut object = Map::new();
    object.insert("group".into(), json!(row.group));
    object.insert("layer".into(), json!(row.layer));
    object.insert("need".into(), json!(row.need().map(Need::name)));
    let values: Vec<(&str, f64)> =
        COLUMNS.iter().filter_map(|(name, take)| Some((*name, take(row)?))).collect();
    let fails: Vec<&str> =
        values.iter().filter(|(_, value)| value.is_infinite()).map(|(name, _)| *name).collect();
    object.extend(values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    if !fails.is_empty() {
        object.insert("fails".into(), json!(fails));
    }
    Value::Object(object)
}

/// More rows than this do not fit a screen: the groups with the most requests are shown.
const ROWS_MAX: usize = 10;

/// What the clients saw of a group: a header, and the cell.
type Cell = fn(&Row<'_>) -> Option<String>;

/// The columns of the clients, those that a narrow table goes without last.
const OF_CLIENTS: [(&str, Cell); 6] = [
    ("requests", |row| Some(Unit::PerSecond.show(row.clients.as_ref()?.requests() as f64 / row.seconds))),
    ("failed", |row| Some(Unit::Ratio.show(row.clients.as_ref()?.errors()?.share()))),
    ("p99", |row| Some(Unit::Seconds.show(row.latency(0.99)?))),
    ("p95", |row| Some(Unit::Seconds.show(row.latency(0.95)?))),
    ("p50", |row| Some(Unit::Seconds.show(row.latency(0.5)?))),
    ("mean of answers", |row| Some(Unit::Seconds.show(row.clients.as_ref()?.latency.mean_seconds()?))),
];

/// What there is to tell of each key group, if there are several: with as many columns as fit.
#[must_use]
pub fn summary(outcome: &Outcome, width: usize) -> Option<Table> {
    if outcome.groups.len() < 2 || outcome.replications() == 0 {
        return None;
    }
    let rows = rows(outcome);
    let tables = (3..=OF_CLIENTS.len()).rev().map(|columns| grid(&rows, &OF_CLIENTS[..columns]));
    let narrowest = grid(&rows, &OF_CLIENTS[..3]);
    tables.into_iter().find(|table| table.width() <= width).or(Some(narrowest))
}

fn grid(rows: &[Row<'_>], of_clients: &[(&str, Cell)]) -> Table {
    let present = |take: Take| -> Vec<&str> {
        Layer::ALL.iter().map(|layer| layer.name()).filter(|layer| has(rows, layer, take)).collect()
    };
    let caches = present(|row| Some(row.hits?.share()));
    let origins = present(|row| Some(row.loads? as f64));
    let headers = of_clients.iter().map(|(header, _)| (*header).to_owned());
    let headers = headers.chain(caches.iter().map(|layer| format!("{layer} hits")));
    let headers = headers.chain(origins.iter().map(|layer| format!("{layer} reads")));
    let columns = std::iter::once(("key group".to_owned(), Align::Left));
    let mut table = Table::new(columns.chain(headers.map(|header| (header, Align::Right))));
    let mut groups: Vec<&Row<'_>> = rows.iter().filter(|row| row.layer == "client").collect();
    groups.sort_by_key(|row| std::cmp::Reverse(row.clients.as_ref().map_or(0, GroupRecord::requests)));
    for clients in groups.iter().take(ROWS_MAX) {
        let of = |layer: &str| rows.iter().find(|row| row.group == clients.group && row.layer == layer);
        let cells = of_clients.iter().map(|(_, cell)| cell(clients));
        let hits =
            caches.iter().map(|layer| of(layer).and_then(|row| Some(Unit::Ratio.show(row.hits?.share()))));
        let loads = origins.iter().map(|layer| {
            let row = of(layer)?;
            Some(Unit::PerSecond.show(row.loads? as f64 / row.seconds))
        });
        let cells = cells.chain(hits).chain(loads).map(Option::unwrap_or_default);
        table.row(std::iter::once(clients.group.to_owned()).chain(cells));
    }
    if groups.len() > ROWS_MAX {
        table.row([format!("{} more: groups.csv", groups.len() - ROWS_MAX)]);
    }
    table
}

fn has(rows: &[Row<'_>], layer: &str, take: Take) -> bool {
    rows.iter().any(|row| row.layer == layer && take(row).is_some())
}
