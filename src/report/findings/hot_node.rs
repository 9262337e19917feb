//! D12: one node of the cluster is at its limit while the others are idle.

use super::{Proof, Rule, mean, share};
use crate::experiment::Outcome;
use crate::report::hot;
use crate::report::subject::Subject;

/// A single server that is busier than this has a queue that grows fast: at load ρ a caller waits
/// ρ / (1 − ρ) service times in M/M/1, here nine.
const BUSY: f64 = 0.9;

/// The nodes on average work at most this part of what the busiest does.
const UNEVEN: f64 = 0.5;

pub static RULE: Rule = Rule {
    code: "D12",
    title: "one Redis node bears the load of all",
    meaning: "A key lives on one node. Where a few keys get most of the requests, their node is the limit of the \
              whole cluster, and every key that shares it is slow.",
    when: || {
        format!(
            "the busiest node works at least {} of the time (`redis.node_utilisation_max`), and the nodes on \
             average at most {} of that",
            share(BUSY),
            share(UNEVEN)
        )
    },
    remedy: "More nodes do not help a single key. Keep the hottest keys in the instances (`[process]`), for longer \
             if they are kept there already, or split a key into several.",
    source: "M/M/1: at a load of 90 % a caller waits nine service times",
    find,
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
            "the busiest node works {} of the time, a node on average {}{}",
            share(busiest),
            share(usual),
            hottest.unwrap_or_default()
        ),
        advice: match mean(outcome, "process.hit_ratio") {
            Some(hits) => format!(
                "More nodes do not help a single key. The instances keep copies already, which serve {} of the \
                 look-ups: keep them longer (`process.ttl`), or split the key into several.",
                share(hits)
            ),
            None => "More nodes do not help a single key: keep the hottest in the instances (`[process]`), or split \
                     it into several keys."
                .into(),
        },
    })
}
