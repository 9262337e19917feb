//! D3: the origin is nearly as fast as the cache.

use super::{Finding, mean, seconds};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

/// A miss looks up, loads and stores: with an origin as fast as the cache it takes three times as long as a hit.
const PENALTY_MIN: f64 = 3.5;

/// Above this a hit is slow because the cluster is busy, which says nothing of the origin.
const BUSY: f64 = 0.5;

pub fn find(_: &Subject, outcome: &Outcome) -> Option<Finding> {
    let is_busy = ["redis.node_utilisation_max", "redis.pool_utilisation_max"]
        .iter()
        .any(|name| mean(outcome, name).is_some_and(|used| used > BUSY));
    let penalty = mean(outcome, "redis.miss_penalty_ratio")?;
    let (hit, miss) =
        (mean(outcome, "redis.hit_latency_mean_seconds")?, mean(outcome, "redis.miss_latency_mean_seconds")?);
    (penalty < PENALTY_MIN && !is_busy).then(|| Finding {
        code: "D3",
        title: "the origin is about as fast as the cache",
        evidence: format!(
            "a hit in Redis takes {}, a miss with its load only {}",
            seconds(hit),
            seconds(miss)
        ),
        advice: "The shared cache saves load, not time: without it there would be no stale answers.",
    })
}
