//! D25: the system fails before the event that is to be looked at.

use super::{About, Find, Proof, Rule, of_runs};
use crate::experiment::fitness::{Fit, unhealthy_before};

pub static RULE: Rule = Rule {
    code: "D25",
    title: "requests fail before the first event",
    about: About::Run,
    meaning: "The system is not healthy before the event, so what the run shows is not the effect of the event alone.",
    when: || {
        "more than 1 % of the requests fail between the end of the warm-up and the first event. Each replication is \
         judged alone"
            .into()
    },
    remedy: "Run without the events (`--set 'event=[]'`) and fix that first.",
    source: "measured: it flags 40 of 40 runs of an overloaded system, and none of 40 of a healthy one. The interval is Wilson's",
    find: Find::Fit(find),
};

fn find(fit: Fit) -> Option<Proof> {
    let count = unhealthy_before(fit)?;
    Some(Proof {
        evidence: format!("in {}, more than 1 % of the requests fail before the first event", of_runs(count)),
        advice: "Run without the events (`--set 'event=[]'`) and fix that first.".into(),
    })
}
