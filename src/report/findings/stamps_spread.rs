//! D26: requests of a trace were moved, because its times are whole seconds.

use super::{About, Find, Proof, Rule};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

pub static RULE: Rule = Rule {
    code: "D26",
    title: "the trace has whole seconds only, so its requests were spread",
    about: About::Run,
    meaning: "The trace does not say when within a second a request came. The requests of each second are replayed at \
              equal distances, so a burst within a second is not simulated, and neither is the herd that it causes.",
    when: || {
        "the trace writes its times in whole seconds, and two or more requests are in the same second. A CSV column in \
         ms, µs or ns, or one time with a decimal point, is taken as exact: then nothing is spread"
            .into()
    },
    remedy: "Record finer times (nginx: `$msec`). Or set `workload.arrivals.trace.spread = false`: then all requests of a \
             second arrive at once, which is the worst case.",
    source: "a rule about the trace",
    find: Find::Results(find),
};

fn find(subject: &Subject, _: &Outcome) -> Option<Proof> {
    let most = subject.trace.as_ref()?.most_in_a_second.filter(|most| *most > 1)?;
    Some(Proof {
        evidence: format!(
            "the times are whole seconds; up to {most} requests of the same second were spread evenly over it"
        ),
        advice: "Record finer times, or set `workload.arrivals.trace.spread = false` to replay all requests of a second \
                 at once."
            .into(),
    })
}
