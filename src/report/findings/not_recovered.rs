//! D24: the system does not recover from an event.

use super::{About, Find, Proof, Rule, of_runs};
use crate::experiment::fitness::{Fit, not_recovered};

pub static RULE: Rule = Rule {
    code: "D24",
    title: "the system has not recovered at the end",
    about: About::Run,
    meaning: "The events are over, but the system is not as it was before the first one. Either it needs more time, or the \
              overload sustains itself.",
    when: || {
        "in the last tenth of the measured window the share of failing requests is more than 1 percentage point above its \
         value before the first event, or more than 3 times as many callers wait, plus 1. Each replication is judged \
         alone. It is not said while an event lasts (see D28)"
            .into()
    },
    remedy: "Raise `duration`. If the system does not recover then, look at retries, timeouts and queues: they keep the \
             load above the capacity.",
    source: "measured: it flags a system that collapses in some replications in exactly these, and a healthy one in none of \
             40 runs. The interval is Wilson's",
    find: Find::Fit(find),
};

fn find(fit: Fit) -> Option<Proof> {
    let count = not_recovered(fit)?;
    Some(Proof {
        evidence: format!(
            "in {}, more requests fail or more callers wait in the last tenth of the measured window than before the \
             first event",
            of_runs(count)
        ),
        advice: "Raise `duration`. If it does not recover then either, retries or timeouts keep the load above the \
                 capacity."
            .into(),
    })
}
