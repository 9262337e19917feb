//! D3: the origin is nearly as fast as the cache.

use super::{Proof, Rule, mean, seconds, share};
use crate::experiment::Outcome;
use crate::report::format::significant;
use crate::report::subject::Subject;

/// A miss looks up, loads and stores: with an origin as fast as the cache it takes three times as long as a hit.
const PENALTY_MIN: f64 = 3.5;

/// Above this a hit is slow because the cluster is busy, which says nothing of the origin.
const BUSY: f64 = 0.5;

pub static RULE: Rule = Rule {
    code: "D3",
    title: "the origin is about as fast as the cache",
    meaning: "A miss costs hardly more time than a hit. The shared cache takes load off the database, but no time \
              off an answer, and what it serves can be stale.",
    when: || {
        format!(
            "the mean time of a miss in Redis is less than {} times that of a hit \
             (`redis.miss_penalty_ratio`), and nodes and connections are used less than {}",
            significant(PENALTY_MIN),
            share(BUSY)
        )
    },
    remedy: "See what the database would have to bear alone (`--set redis=none`), and whether it can.",
    source: "a miss is a look-up, a load and a store; if all three take equally long, it takes three times as \
             long as a hit",
    find,
};

fn find(_: &Subject, outcome: &Outcome) -> Option<Proof> {
    let is_busy = ["redis.node_utilisation_max", "redis.pool_utilisation_max"]
        .iter()
        .any(|name| mean(outcome, name).is_some_and(|used| used > BUSY));
    let penalty = mean(outcome, "redis.miss_penalty_ratio")?;
    let (hit, miss) =
        (mean(outcome, "redis.hit_latency_mean_seconds")?, mean(outcome, "redis.miss_latency_mean_seconds")?);
    (penalty < PENALTY_MIN && !is_busy).then(|| Proof {
        evidence: format!(
            "a hit in Redis takes {}, a miss with its load only {}",
            seconds(hit),
            seconds(miss)
        ),
        advice:
            "The shared cache saves load, not time: without it (`--set redis=none`) there would be fewer \
                 stale answers."
                .into(),
    })
}
