//! D21: a queue still grows at the end of the run.

use super::{About, Find, Proof, Rule};
use crate::experiment::fitness::{Fit, growing_queue};
use crate::report::format::significant;

pub static RULE: Rule = Rule {
    code: "D21",
    title: "a queue is still growing at the end",
    about: About::Run,
    meaning: "More work arrives than the system can do. It has no steady state: the longer the run, the higher the latency.",
    when: || {
        "the number of waiting callers rises over the measured window: cut into 10 parts, a straight line through the \
         means rises by more than half of the overall mean, with p < 0.01, and at least 1 caller waits at the end. Only \
         for a window without events and with a constant request rate"
            .into()
    },
    remedy: "Add capacity where callers wait (see the table of waits), or lower the load. Do not compare latencies of this run with those \
             of a run of another length.",
    source: "linear regression; measured on M/M/2 queues: it finds a load of 102 % in 95 % of experiments, and flags a \
             load of 95 % in 5 % and a load of 80 % in none",
    find: Find::Fit(find),
};

fn find(fit: Fit) -> Option<Proof> {
    let growth = growing_queue(fit)?;
    Some(Proof {
        evidence: format!(
            "{} callers wait in the first tenth of the measured window, {} in the last",
            significant(growth.first),
            significant(growth.last)
        ),
        advice: "Add capacity where callers wait (see the table of waits), or lower the load. The latencies of this run \
                 depend on its length."
            .into(),
    })
}
