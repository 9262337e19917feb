//! D16: retries add load to a system that is already failing.

use super::{Finding, mean, share};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

/// Attempts beyond the first, per request, from which retries are a load of their own. Source: the retry
/// budget of Google's clients, "Site Reliability Engineering" (2016), chapter 21: at most 10 % of the requests.
const BUDGET: f64 = 0.1;

pub fn find(_: &Subject, outcome: &Outcome) -> Option<Finding> {
    let retries = mean(outcome, "client.retry_ratio")?;
    let errors = mean(outcome, "client.error_ratio")?;
    (retries > BUDGET).then(|| Finding {
        code: "D16",
        title: "retries multiply the load",
        evidence: format!(
            "retries add {} to the requests, and {} of the requests fail all the same",
            share(retries),
            share(errors)
        ),
        advice: "Retry less (`client.retries.attempts`), with longer backoff and full jitter, and shed load early.",
    })
}
