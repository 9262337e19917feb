//! Events: was the system well before the first of them, and is it well again at the end? Each replication is judged
//! alone, because of the same system one may collapse and the next recover.

use super::{Count, Fit};
use crate::measure::Health;

/// A system that is well may fail this share of its requests.
const FAILING_MAX: f64 = 0.01;

/// It has recovered when at most this share more of its requests fail than before.
const FAILING_MORE: f64 = 0.01;

/// And when at most this many times as many callers wait, and one more.
const WAITING_TIMES: f64 = 3.0;

/// In how many replications more requests fail in the last tenth of the window than before the first event, or far more
/// callers wait; nothing if there was no event, nothing before it, or not all events are over by then.
#[must_use]
pub fn not_recovered(fit: Fit) -> Option<Count> {
    let setting = fit.setting;
    let found = Count::of(fit.runs.iter().map(|run| Some(!is_well_again(run.before?, run.last?))));
    (setting.first_event.is_some() && setting.is_calm_at_end && found.these > 0).then_some(found)
}

fn is_well_again(before: Health, last: Health) -> bool {
    let [failing, failing_now] = [before, last].map(|health| health.failing.unwrap_or(0.0));
    failing_now <= failing + FAILING_MORE && last.waiting <= WAITING_TIMES * before.waiting + 1.0
}

/// In how many replications requests failed before the first event.
#[must_use]
pub fn unhealthy_before(fit: Fit) -> Option<Count> {
    let found = Count::of(fit.runs.iter().map(|run| Some(run.before?.failing? > FAILING_MAX)));
    (found.these > 0).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_or_waits_more_than_before_has_not_recovered() {
        let health = |failing: f64, waiting| Health { failing: Some(failing), waiting };
        for (before, last, expected) in [
            (health(0.0, 0.0), health(0.01, 1.0), true),
            (health(0.0, 0.0), health(0.011, 0.0), false),
            (health(0.0, 0.0), health(0.0, 1.1), false),
            (health(0.05, 2.0), health(0.06, 7.0), true),
            (health(0.05, 2.0), health(0.06, 7.1), false),
            (Health { failing: None, waiting: 0.0 }, health(0.02, 0.0), false),
        ] {
            assert_eq!(is_well_again(before, last), expected, "{before:?} {last:?}");
        }
    }
}
