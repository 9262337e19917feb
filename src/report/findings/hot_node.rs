//! D12: one node of the shared cache is at its limit while the others are nearly idle.

use super::{About, Find, Proof, Rule, mean, share};
use crate::experiment::Outcome;
use crate::report::hot;
use crate::report::subject::Subject;

/// The queue of a single server that is busier than this grows fast: at load ρ a caller of an M/M/1 queue waits
/// ρ / (1 − ρ) service times, here nine.
const BUSY: f64 = 0.9;

/// The mean utilisation of the nodes is at most this share of the busiest node's.
const UNEVEN: f64 = 0.5;

pub static RULE: Rule = Rule {
    code: "D12",
    title: "one node of the shared cache does most of the work",
    about: About::System,
    meaning: "Each key is on one node. If a few keys get most of the requests, their node limits the whole cluster, and \
              all other keys on that node are slow too.",
    when: || {
        format!(
            "the busiest node is busy at least {} of the time (`redis.node_utilisation_max`), and the mean over all \
             nodes is at most {} of that",
            share(BUSY),
            share(UNEVEN)
        )
    },
    remedy: "More nodes do not help a single hot key. Cache the hottest keys in the instances (`[process]`, or a longer \
             `process.ttl`), or split the key into several copies (`copies`).",
    source: "M/M/1 queue: at a load of 90 % a caller waits nine service times",
    find: Find::Results(find),
};

fn find(_: &Subject, outcome: &Outcome) -> Option<Proof> {
    let busiest = mean(outcome, "redis.node_utilisation_max")?;
    let usual = mean(outcome, "redis.node_utilisation_mean")?;
    let hottest = outcome.hot_keys().into_iter().next().map(|key| {
        format!(
            "; the hottest key, `{}`, gets {} of the {}",
            key.key,
            share(hot::share(outcome, &key)),
            hot::reads(outcome)
        )
    });
    (busiest >= BUSY && usual <= UNEVEN * busiest).then(|| Proof {
        evidence: format!(
            "the busiest node is busy {} of the time, the mean node {}{}",
            share(busiest),
            share(usual),
            hottest.unwrap_or_default()
        ),
        advice: match mean(outcome, "process.hit_ratio") {
            Some(hits) => format!(
                "More nodes do not help a single hot key. The caches in the instances serve {} of the look-ups: raise \
                 `process.ttl`, or split the key into several copies.",
                share(hits)
            ),
            None => "More nodes do not help a single hot key: cache the hottest keys in the instances (`[process]`), or \
                     split the key into several copies."
                .into(),
        },
    })
}
