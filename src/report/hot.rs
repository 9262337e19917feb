//! Hot keys: of which layer they are, and how much of its reads each of them gets.

use super::format::Unit;
use crate::experiment::Outcome;
use crate::measure::{HotKey, Layer};
use serde_json::{Value, json};

/// How many hot keys are named.
pub const HOT_KEYS: usize = 5;

/// The layer whose reads are counted: `redis`, else `database`, else `client`.
#[must_use]
pub fn layer(outcome: &Outcome) -> &'static str {
    outcome.layer_of_hot_keys.map_or("client", Layer::name)
}

/// What a hot key has many of: `reads of redis`, or `requests`.
#[must_use]
pub fn reads(outcome: &Outcome) -> String {
    outcome.layer_of_hot_keys.map_or("requests".into(), |layer| format!("reads of {}", layer.name()))
}

/// The share of all those reads that a key gets.
#[must_use]
pub fn share(outcome: &Outcome, key: &HotKey) -> f64 {
    let all: u64 = outcome.records().iter().map(|record| record.reads_total).sum();
    if all == 0 { 0.0 } else { key.reads as f64 / all as f64 }
}

/// How many of those reads a key gets per second.
#[must_use]
pub fn rate(outcome: &Outcome, key: &HotKey) -> f64 {
    key.reads as f64 / outcome.window_seconds()
}

/// The rate and the share of a key: `5000/s, 98 %`.
#[must_use]
pub fn shown(outcome: &Outcome, key: &HotKey) -> String {
    let share = Unit::Ratio.show(share(outcome, key));
    format!("{}, {share}", Unit::PerSecond.show(rate(outcome, key)))
}

/// The hottest keys, for `summary.json`.
#[must_use]
pub fn list(outcome: &Outcome) -> Value {
    let one = |key: &HotKey| {
        json!({
            "key": key.key,
            "layer": layer(outcome),
            "reads": key.reads,
            "reads_per_s": rate(outcome, key),
            "share": share(outcome, key),
            "requests": key.requests,
            "node": key.node.map(|node| node + 1),
        })
    };
    outcome.hot_keys().iter().take(HOT_KEYS).map(one).collect()
}
