//! D11: a pool is smaller than Little's law asks for: all of its connections are in use nearly all of the time,
//! or many callers wait, although what is behind it has room.

use super::{Proof, Rule, mean, seconds, share};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

/// Each pool with what stands behind it: its name, the prefix of its metrics, and the use of what is behind.
const POOLS: [(&str, &str, &str); 2] = [
    ("connections to Redis (`redis.pool.size`)", "redis.pool_", "redis.node_utilisation_max"),
    ("connections to the database (`database.pool.size`)", "database.pool_", "database.worker_utilisation"),
];

/// A pool is full from here on. Little's law: callers that arrive at rate λ and hold a connection for W
/// need λ·W of them on average; with none to spare the queue has no end.
const FULL: f64 = 0.95;
/// Or so many of the callers wait: the load comes in waves, and the pool is too small for them.
const OFTEN: f64 = 0.2;
/// What is behind the pool has room up to here; above, a larger pool would only move the queue.
const BUSY: f64 = 0.8;

pub static RULE: Rule = Rule {
    code: "D11",
    title: "a pool is too small",
    meaning: "Callers wait for a connection although what is behind it has room: the pool, not the work, is the \
              limit.",
    when: || {
        format!(
            "at least {} of a pool's connections are in use on average and somebody waits, or at least {} of the \
             callers wait; while what is behind is used less than {}, and nothing is out of order",
            share(FULL),
            share(OFTEN),
            share(BUSY)
        )
    },
    remedy: "Make the pool larger: at least the rate of calls times the time that each holds a connection, and \
             more if they come in waves.",
    source: "Little's law: Little, A proof for the queuing formula L = λW, Operations Research 9(3), 1961",
    find,
};

fn find(subject: &Subject, outcome: &Outcome) -> Option<Proof> {
    // Behind a pool that is full because nothing comes back no number of connections is enough.
    if subject.happenings.iter().any(|happening| happening.effect.is_fault()) {
        return None;
    }
    POOLS.iter().find_map(|(pool, prefix, behind)| {
        let used = mean(outcome, &format!("{prefix}utilisation_max"))?;
        let waits = mean(outcome, &format!("{prefix}wait_ratio"))?;
        let p99 = mean(outcome, &format!("{prefix}wait_p99_seconds"))?;
        let behind = mean(outcome, behind)?;
        ((used >= FULL && waits > 0.0 || waits >= OFTEN) && behind < BUSY).then(|| Proof {
            evidence: format!(
                "{} of the {pool} are in use on average; {} of the callers wait, one in a hundred longer than {}, \
                 while what is behind is busy only {}",
                share(used),
                share(waits),
                seconds(p99),
                share(behind)
            ),
            advice: "Make the pool larger: at least the rate of calls times the time that each holds a connection."
                .into(),
        })
    })
}
