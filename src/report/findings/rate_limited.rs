//! D30: a service refuses calls by its rate limit.

use super::{About, Find, Proof, Rule, mean, rate, share};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

/// One call in a hundred. Chosen: a limit that is met now and then is meant to be, and one that is met more often is too low.
const REFUSED_MAX: f64 = 0.01;

/// Of fewer calls nothing can be said.
const CALLS_MIN: f64 = 100.0;

pub static RULE: Rule = Rule {
    code: "D30",
    title: "a service refuses calls because of its rate limit",
    about: About::System,
    meaning: "The application calls a service more often than the service allows (429). These requests fail, or wait for a retry that \
              counts against the limit again.",
    when: || {
        format!(
            "more than {} of at least {CALLS_MIN} calls are refused (`downstream.rate_limited_ratio`)",
            share(REFUSED_MAX)
        )
    },
    remedy: "Cache the answers of the service (longer), coalesce calls for the same key, or ask for a higher limit \
             (`downstream.rate_limit`). Retry a 429 later, or not at all.",
    source: "chosen: one call in a hundred",
    find: Find::Results(find),
};

fn find(_: &Subject, outcome: &Outcome) -> Option<Proof> {
    let refused = mean(outcome, "downstream.rate_limited_ratio")?;
    let calls = mean(outcome, "downstream.calls")?;
    let called = mean(outcome, "downstream.call_rate_mean_per_s")?;
    (refused > REFUSED_MAX && calls >= CALLS_MIN).then(|| Proof {
        evidence: format!("{} of the calls are refused with a 429; services get {}", share(refused), rate(called)),
        advice: "Cache the answers of the service (longer), coalesce calls for the same key, or ask for a higher limit \
                 (`downstream.rate_limit`)."
            .into(),
    })
}
