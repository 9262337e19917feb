//! D11: a pool is smaller than Little's law requires: nearly all of its connections are always in use, or many callers
//! wait, although the server behind it has capacity left.

use super::{About, Find, Proof, Rule, mean, seconds, share};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

/// Each pool: its name, the prefix of its metrics, and the utilisation of the server behind it.
const POOLS: [(&str, &str, &str); 2] = [
    ("connections to the shared cache (`redis.pool.size`)", "redis.pool_", "redis.node_utilisation_max"),
    ("connections to the database (`database.pool.size`)", "database.pool_", "database.worker_utilisation"),
];

/// A pool with this utilisation is full. Little's law: callers that arrive at rate λ and hold a connection for W
/// need λ·W connections on average; with none to spare the queue grows without end.
const FULL: f64 = 0.95;
/// Or this share of the callers waits: the load comes in bursts, and the pool is too small for them.
const OFTEN: f64 = 0.2;
/// The server behind the pool has capacity left below this; above, a larger pool would only move the queue.
const BUSY: f64 = 0.8;

pub static RULE: Rule = Rule {
    code: "D11",
    title: "a pool is too small",
    about: About::System,
    meaning: "Callers wait for a connection although the server behind the pool has capacity left. The size of the pool \
              is the limit.",
    when: || {
        format!(
            "at least {} of a pool's connections are in use on average and some callers wait, or at least {} of the \
             callers wait; and the server behind it is busy less than {} of the time. Not in a run with a fault (outage, slow \
             part, restart)",
            share(FULL),
            share(OFTEN),
            share(BUSY)
        )
    },
    remedy: "Make the pool larger: at least the call rate times the time that a call holds a connection, and more if calls \
             come in bursts.",
    source: "Little's law: Little, A proof for the queuing formula L = λW, Operations Research 9(3), 1961",
    find: Find::Results(find),
};

fn find(subject: &Subject, outcome: &Outcome) -> Option<Proof> {
    // If a pool is full because no call returns, no number of connections is enough.
    if subject.happenings.iter().any(|happening| happening.effect.is_fault()) {
        return None;
    }
    POOLS.iter().find_map(|(pool, prefix, behind)| {
        let used = mean(outcome, &format!("{prefix}utilisation_max"))?;
        let waits = mean(outcome, &format!("{prefix}wait_ratio"))?;
        let wait = mean(outcome, &format!("{prefix}wait_mean_seconds"))?;
        let behind = mean(outcome, behind)?;
        ((used >= FULL && waits > 0.0 || waits >= OFTEN) && behind < BUSY).then(|| Proof {
            evidence: format!(
                "{} of the {pool} are in use on average; {} of the callers wait, for {} on average, but the server behind \
                 them is busy only {} of the time",
                share(used),
                share(waits),
                seconds(wait),
                share(behind)
            ),
            advice: "Make the pool larger: at least the call rate times the time that a call holds a connection."
                .into(),
        })
    })
}
