//! D3: a miss in the shared cache takes hardly longer than a hit.

use super::{About, Find, Proof, Rule, mean, seconds, share};
use crate::experiment::Outcome;
use crate::report::format::significant;
use crate::report::subject::Subject;

/// A miss is a look-up, a load and a store. If the origin is as fast as the cache, it takes three times as long as a hit.
const PENALTY_MIN: f64 = 3.5;

/// Above this utilisation hits are slow because the cluster is busy, which says nothing about the origin.
const BUSY: f64 = 0.5;

pub static RULE: Rule = Rule {
    code: "D3",
    title: "the origin is about as fast as the cache",
    about: About::System,
    meaning: "A miss takes hardly longer than a hit. The shared cache reduces the load of the database but not the \
              latency, and its answers can be stale.",
    when: || {
        format!(
            "the mean latency of a miss in the shared cache is less than {} times that of a hit \
             (`redis.miss_penalty_ratio`), and its nodes and connections are busy less than {} of the time",
            significant(PENALTY_MIN),
            share(BUSY)
        )
    },
    remedy: "Run without the cache (`--set redis=none`) and see if the database can serve the load.",
    source: "a miss is a look-up, a load and a store; if the three take the same time, a miss takes three times as \
             long as a hit",
    find: Find::Results(find),
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
            "a hit in the shared cache takes {}, a miss with its load only {}",
            seconds(hit),
            seconds(miss)
        ),
        advice: "The shared cache saves load, not time. Run without it (`--set redis=none`): answers would be less \
                 often stale."
            .into(),
    })
}
