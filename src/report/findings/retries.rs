//! D16: retries add load to a system that is already failing.

use super::{Proof, Rule, mean, share};
use crate::experiment::Outcome;
use crate::model::Retries;
use crate::report::subject::Subject;
use crate::workload::backoff::Jitter;

/// Attempts beyond the first, per request, from which retries are a load of their own. Source: the retry
/// budget of Google's clients, "Site Reliability Engineering" (2016), chapter 21: at most 10 % of the requests.
const BUDGET: f64 = 0.1;

/// Of fewer requests nothing can be said: a share of 10 % has a standard error of 3 % at so many.
const REQUESTS_MIN: f64 = 100.0;

pub static RULE: Rule = Rule {
    code: "D16",
    title: "retries multiply the load",
    meaning: "What fails for want of capacity is asked for again, which takes more of it. Such an overload can \
              outlast its cause.",
    when: || {
        format!(
            "attempts beyond the first are more than {} of the requests (`client.retry_ratio`), of which there are at \
             least {REQUESTS_MIN} (`client.requests`)",
            share(BUDGET)
        )
    },
    remedy: "Retry less often (`client.retries.attempts`), later (`client.retries.backoff`) and with full jitter, \
             and shed load early.",
    source: "the retry budget of Google's clients: Beyer et al., Site Reliability Engineering, O'Reilly 2016, \
             chapter 21",
    find,
};

fn find(subject: &Subject, outcome: &Outcome) -> Option<Proof> {
    let retries = mean(outcome, "client.retry_ratio")?;
    let errors = mean(outcome, "client.error_ratio")?;
    let requests = mean(outcome, "client.requests")?;
    let all_the_same = if errors > 0.0 {
        format!("{} of the requests fail all the same", share(errors))
    } else {
        "with them all requests are answered in the end".into()
    };
    (retries > BUDGET && requests >= REQUESTS_MIN).then(|| Proof {
        evidence: format!("retries add {} to the requests, and {all_the_same}", share(retries)),
        advice: advice(&subject.retries),
    })
}

fn advice(retries: &Retries) -> String {
    let fewer = match retries.attempts {
        0 | 1 => {
            "One retry of each request is too much already: see what becomes of it with none \
                  (`client.retries.attempts = 0`)"
        }
        _ => "Retry less (`client.retries.attempts`)",
    };
    let jitter = if retries.backoff.jitter() == Jitter::Full { "" } else { " and full jitter" };
    format!("{fewer}, or with longer backoff{jitter}, and shed load early.")
}
