//! D12: one node of the cluster is at its limit while the others are idle.

use super::{Finding, mean, share};
use crate::experiment::Outcome;
use crate::report::json;
use crate::report::subject::Subject;

/// A single server that is busier than this has a queue that grows fast: at load ρ a caller waits
/// ρ / (1 − ρ) service times in M/M/1, here nine.
const BUSY: f64 = 0.9;

pub fn find(_: &Subject, outcome: &Outcome) -> Option<Finding> {
    let busiest = mean(outcome, "redis.node_utilisation_max")?;
    let usual = mean(outcome, "redis.node_utilisation_mean")?;
    let hottest = outcome.hot_keys().into_iter().next()?;
    (busiest >= BUSY && usual <= busiest / 2.0).then(|| Finding {
        code: "D12",
        title: "one Redis node bears the load of all",
        evidence: format!(
            "the busiest node works {} of the time, a node on average {}; the hottest key, `{}`, gets {} of the requests",
            share(busiest),
            share(usual),
            hottest.key,
            share(json::share(outcome, &hottest))
        ),
        advice: "More nodes do not help a single key: keep the hottest in the instances (`[process]`), \
                 or split it into several keys.",
    })
}
