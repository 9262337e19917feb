//! D16: retries add load to a system that already fails.

use super::{About, Find, Proof, Rule, mean, share};
use crate::experiment::Outcome;
use crate::model::Retries;
use crate::report::subject::Subject;
use crate::workload::backoff::Jitter;

/// More retries per request than this are a load that matters. Source: the retry budget of Google's clients, "Site
/// Reliability Engineering" (2016), chapter 21: at most 10 % of the requests.
const BUDGET: f64 = 0.1;

/// Fewer requests prove nothing: with this many, a share of 10 % has a standard error of 3 %.
const REQUESTS_MIN: f64 = 100.0;

pub static RULE: Rule = Rule {
    code: "D16",
    title: "retries multiply the load",
    about: About::System,
    meaning: "Requests that fail because capacity is missing are sent again, which takes even more capacity. Such an \
              overload can outlast its cause.",
    when: || {
        format!(
            "there are more than {} retries per request (`client.retry_ratio`), in at least {REQUESTS_MIN} requests \
             (`client.requests`)",
            share(BUDGET)
        )
    },
    remedy: "Retry fewer times (`client.retries.attempts`), wait longer (`client.retries.backoff`) with full jitter, \
             and reject requests early when the system is overloaded.",
    source: "the retry budget of Google's clients: Beyer et al., Site Reliability Engineering, O'Reilly 2016, \
             chapter 21",
    find: Find::Results(find),
};

fn find(subject: &Subject, outcome: &Outcome) -> Option<Proof> {
    let retries = mean(outcome, "client.retry_ratio")?;
    let errors = mean(outcome, "client.error_ratio")?;
    let requests = mean(outcome, "client.requests")?;
    let outcome_of_all = if errors > 0.0 {
        format!("{} of the requests still fail", share(errors))
    } else {
        "in the end every request gets an answer".into()
    };
    (retries > BUDGET && requests >= REQUESTS_MIN).then(|| Proof {
        evidence: format!("retries add {} to the number of requests, and {outcome_of_all}", share(retries)),
        advice: advice(&subject.retries),
    })
}

fn advice(retries: &Retries) -> String {
    let fewer = match retries.attempts {
        0 | 1 => "One retry is already too much: try none (`client.retries.attempts = 0`)",
        _ => "Retry fewer times (`client.retries.attempts`)",
    };
    let jitter = if retries.backoff.jitter() == Jitter::Full { "" } else { " and full jitter" };
    format!(
        "{fewer}, or use a longer backoff{jitter}, and reject requests early when the system is overloaded."
    )
}
