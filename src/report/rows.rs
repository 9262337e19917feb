//! The two tables of a run: what each layer did, and what requests waited for.
//!
//! Rows and columns are data; a row appears if it has something to tell.

use super::shown;
use super::subject::Subject;
use super::table::{Align, Table};
use crate::experiment::{Outcome, Summary};
use crate::measure::{Layer, Metric};

/// How much of the tables is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Every row, with intervals.
    All,
    /// The rows that matter most, with intervals.
    Screen,
    /// The same, where intervals that are not symmetric are left out.
    Narrower,
    /// The same without intervals: numbers end at the last digit that is certain.
    Narrow,
}

/// From this share on that something is in use, it is worth a row on a screen even if nobody waits.
const IN_USE: f64 = 0.5;

/// A row of the first table: its label; a metric of the clients, one of each caching layer without its name, one of the
/// database, or none; and when the row is shown.
type Row = (&'static str, [&'static str; 3], Zeros);

/// Whether a row is shown.
#[derive(Clone, Copy, PartialEq)]
enum Zeros {
    /// Always.
    Show,
    /// If any of its numbers is not zero.
    Hide,
    /// Only where there is room, and if any of its numbers is not zero.
    Detail,
}

/// The rows of the first table.
const ROWS: &[Row] = {
    use Zeros::{Detail, Hide, Show};
    &[
        ("requests", ["client.requests", "", ""], Show),
        ("lookups, reads", ["", "look_ups", "database.loads"], Show),
        ("  per second", ["client.request_rate_mean_per_s", "", "database.load_rate_mean_per_s"], Show),
        ("  peak (1 s)", ["client.request_rate_peak_per_s", "", "database.load_rate_peak_per_s"], Show),
        ("failed", ["client.error_ratio", "", "database.failed_loads"], Hide),
        ("hit ratio", ["", "hit_ratio", ""], Show),
        ("  past soft TTL", ["", "stale_hit_ratio", ""], Hide),
        ("  negative hits", ["", "negative_hit_ratio", ""], Hide),
        ("waited for a load", ["", "coalesced_ratio", ""], Hide),
        ("bypassed", ["", "bypass_ratio", ""], Hide),
        (
            "latency (hits), mean",
            ["client.latency_mean_seconds", "hit_latency_mean_seconds", "database.latency_mean_seconds"],
            Show,
        ),
        (
            "latency (hits), p99",
            ["client.latency_p99_seconds", "hit_latency_p99_seconds", "database.latency_p99_seconds"],
            Show,
        ),
        ("latency, p99.9", ["client.latency_p999_seconds", "", ""], Detail),
        ("miss latency, mean", ["", "miss_latency_mean_seconds", ""], Show),
        ("miss takes, of a hit", ["", "miss_penalty_ratio", ""], Detail),
        ("stale answers", ["client.stale_ratio", "stale_ratio", ""], Hide),
        ("staleness, p99", ["client.staleness_p99_seconds", "staleness_p99_seconds", ""], Hide),
        (
            "violations: strong",
            ["client.strong_violation_ratio", "strong_violation_ratio", "database.strong_violation_ratio"],
            Show,
        ),
        (
            "violations: bounded",
            ["client.bounded_violation_ratio", "bounded_violation_ratio", "database.bounded_violation_ratio"],
            Show,
        ),
        (
            "violations: own writes",
            [
                "client.read_your_writes_violation_ratio",
                "read_your_writes_violation_ratio",
                "database.read_your_writes_violation_ratio",
            ],
            Show,
        ),
        (
            "violations: monotonic",
            [
                "client.monotonic_violation_ratio",
                "monotonic_violation_ratio",
                "database.monotonic_violation_ratio",
            ],
            Show,
        ),
        ("write propagation, p99", ["client.propagation_p99_seconds", "", ""], Show),
        ("versions at once, max", ["client.versions_at_once_max", "", ""], Show),
        ("expired", ["", "expired_per_s", ""], Detail),
        ("evicted", ["", "evicted_memory_per_s", ""], Hide),
        ("invalidated, purged", ["", "invalidated_per_s", ""], Detail),
        ("lost (flush, restart)", ["", "flushed_per_s", ""], Hide),
        ("memory of entries", ["", "memory_bytes", ""], Hide),
        ("loads of one key, max", ["", "", "database.concurrent_loads_per_key_max"], Show),
        ("duplicate loads", ["", "", "database.duplicate_load_ratio"], Hide),
        ("abandoned loads", ["", "", "database.orphaned_loads"], Detail),
        ("retries per request", ["client.retry_ratio", "", ""], Hide),
    ]
};

/// The columns of the first table.
fn columns(subject: &Subject) -> impl Iterator<Item = &'static str> {
    let caches = Layer::CACHING.iter().map(|layer| subject.name_of(*layer));
    std::iter::once("clients").chain(caches).chain(["database"])
}

/// The metrics of a pool in the columns of the second table.
macro_rules! pool {
    ($prefix:literal) => {
        [
            concat!($prefix, "utilisation"),
            concat!($prefix, "utilisation_max"),
            concat!($prefix, "wait_ratio"),
            concat!($prefix, "wait_p99_seconds"),
            concat!($prefix, "queue_max"),
            concat!($prefix, "denied"),
        ]
    };
}

/// The rows of the second table: what can be waited for, and its metrics by column. `{}` is the shared cache.
const WAITS: &[(&str, [&str; 6])] = &[
    ("app workers", pool!("app.worker_")),
    (
        "{} nodes",
        ["redis.node_utilisation_mean", "redis.node_utilisation_max", "", "", "redis.node_queue_max", ""],
    ),
    ("{} connections", pool!("redis.pool_")),
    ("database connections", pool!("database.pool_")),
    ("database workers", pool!("database.worker_")),
    ("database disks", pool!("database.disk_")),
    ("search workers", pool!("search.worker_")),
    ("service workers", pool!("downstream.worker_")),
];

/// What happened in each layer.
pub fn layers(subject: &Subject, outcome: &Outcome, extent: Extent) -> Table {
    let values = |[clients, what, database]: &[&str; 3]| -> Vec<_> {
        let caches = Layer::CACHING.iter().map(|layer| find(outcome, &format!("{}.{what}", layer.name())));
        std::iter::once(find(outcome, clients)).chain(caches).chain([find(outcome, database)]).collect()
    };
    let rows: Vec<_> = ROWS
        .iter()
        .map(|(label, metrics, zeros)| (*label, values(metrics), *zeros))
        .filter(|(_, values, zeros)| {
            let tells = |summary: &Summary| *zeros == Zeros::Show || summary.value() != Some(0.0);
            let has_room = extent == Extent::All || *zeros != Zeros::Detail;
            has_room && values.iter().flatten().any(|(_, summary)| tells(summary))
        })
        .collect();
    let has = |layer: usize| rows.iter().any(|(_, values, _)| values[layer].is_some());
    let present: Vec<(usize, &str)> = columns(subject).enumerate().filter(|(layer, _)| has(*layer)).collect();
    let headers = present.iter().map(|(_, name)| (*name, Align::Right));
    let mut table = Table::new([("", Align::Left)].into_iter().chain(headers));
    for (label, values, _) in rows {
        let cell = |(layer, _): &(usize, &str)| Some(cell(values[*layer]?, extent));
        let cells = present.iter().map(|layer| cell(layer).unwrap_or_default());
        table.row(std::iter::once(label.to_owned()).chain(cells));
    }
    table
}

fn find<'o>(outcome: &'o Outcome, name: &str) -> Option<(&'o Metric, &'o Summary)> {
    let (metric, _) = outcome.metrics.iter().find(|(metric, _)| metric.name == name)?;
    Some((metric, outcome.summary(name)?))
}

fn cell((metric, summary): (&Metric, &Summary), extent: Extent) -> String {
    let shown = shown::cell(metric, summary);
    match extent {
        Extent::Narrower if shown.contains('(') => shown::bare(&shown),
        Extent::Narrow => shown::bare(&shown),
        Extent::All | Extent::Screen | Extent::Narrower => shown,
    }
}

/// What was waited for, if there is anything to wait for.
pub fn waits(subject: &Subject, outcome: &Outcome, extent: Extent) -> Option<Table> {
    let headers = ["in use", "busiest", "waited", "wait p99", "queue max", "rejected"];
    let columns = headers.map(|header| (header, Align::Right));
    let mut table = Table::new([("waiting for", Align::Left)].into_iter().chain(columns));
    let mut is_empty = true;
    for (label, metrics) in WAITS {
        let found = metrics.map(|name| find(outcome, name));
        let mean = |column: usize| found[column].and_then(|(_, summary)| summary.value()).unwrap_or(0.0);
        // In use, and how many waited, or how long the queue was, or were rejected.
        let is_idle = mean(0).max(mean(1)) < IN_USE && mean(2) == 0.0 && mean(5) == 0.0;
        let cells = found.map(|found| Some(cell(found?, extent)));
        if cells.iter().any(Option::is_some) && (extent == Extent::All || !is_idle) {
            is_empty = false;
            let label = label.replace("{}", subject.name_of(Layer::Redis));
            table.row(std::iter::once(label).chain(cells.into_iter().map(Option::unwrap_or_default)));
        }
    }
    (!is_empty).then_some(table)
}
