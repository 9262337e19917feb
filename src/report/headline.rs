//! The first sentence of a report: whether the objectives are met, and by how much or by how little.

use super::{shown, verdict};
use crate::experiment::{Estimate, Outcome, State, Verdict};
use crate::model::Bound;

/// What a run says, in a sentence. It starts with a capital letter and ends with a full stop.
#[must_use]
pub fn headline(outcome: &Outcome) -> String {
    if let Some(text) = missed_together(outcome) {
        return text;
    }
    of(&outcome.verdicts(), &|verdict| says(outcome, verdict), &|verdict| {
        let unit = shown::unit(outcome, &verdict.metric);
        format!("{}: {}", shown::words(&verdict.metric), verdict::reason(verdict, unit))
    })
}

/// If no objective is missed alone, but too many runs miss one or the other.
fn missed_together(outcome: &Outcome) -> Option<String> {
    let is_alone = outcome.verdicts().iter().any(|verdict| verdict.state == State::Missed);
    let kept = outcome.kept().filter(|_| outcome.state() == State::Missed && !is_alone)?;
    let (runs, all) = (outcome.replications(), outcome.objectives.len());
    Some(format!("Misses its {all} objectives together: {} of {runs} runs miss at least one.", runs - kept))
}

/// The sentence. `says` is the value of an objective with its limit, `why` the reason why it is undecided.
fn of(verdicts: &[Verdict], says: &dyn Fn(&Verdict) -> String, why: &dyn Fn(&Verdict) -> String) -> String {
    let with = |state: State| verdicts.iter().filter(move |verdict| verdict.state == state);
    let (missed, undecided) = (with(State::Missed).count(), with(State::Undecided).count());
    let joined = |state: State, what: &dyn Fn(&Verdict) -> String, between: &str| {
        with(state).map(what).collect::<Vec<_>>().join(between)
    };
    match (verdicts.len(), missed, undecided) {
        (0, ..) => "No objectives are set, so there is no verdict.".to_owned(),
        (1, 0, 0) => format!("Meets its objective: {}.", joined(State::Met, says, ", ")),
        (all, 0, 0) => {
            let tightest = verdicts.iter().max_by(|one, other| used(one).total_cmp(&used(other)));
            let tightest = tightest.map_or(String::new(), says);
            format!("Meets all {all} objectives; the tightest is {tightest}.")
        }
        (1, 0, _) => format!("Not decided: {}.", joined(State::Undecided, why, "; ")),
        (all, 0, some) => {
            format!("Not decided for {some} of {all} objectives: {}.", joined(State::Undecided, why, "; "))
        }
        (1, ..) => format!("Misses its objective: {}.", joined(State::Missed, says, ", ")),
        (all, some, open) => {
            let missed = joined(State::Missed, says, ", ");
            let open = match open {
                0 => String::new(),
                1 => "; 1 is undecided".to_owned(),
                many => format!("; {many} are undecided"),
            };
            format!("Misses {some} of {all} objectives: {missed}{open}.")
        }
    }
}

/// The value of an objective beside its limit: `latency p99 1.93 s (limit 120 ms)`.
fn says(outcome: &Outcome, verdict: &Verdict) -> String {
    let unit = shown::unit(outcome, &verdict.metric);
    let value = shown::of(outcome, &verdict.metric).map_or("has no value".to_owned(), |it| shown::bare(&it));
    let limit = Estimate { mean: verdict.bound.limit(), half_width: None };
    let limit = shown::value(&verdict.metric, unit, limit);
    format!("{} {value} (limit {limit})", shown::words(&verdict.metric))
}

/// How much of what its limit allows an objective has used up.
fn used(verdict: &Verdict) -> f64 {
    let Some(mean) = verdict.mean else { return f64::INFINITY };
    let (value, limit) = (mean.mean, verdict.bound.limit());
    let used = match verdict.bound {
        Bound::AtMost(_) => value / limit,
        Bound::AtLeast(_) => limit / value,
    };
    // Nothing of nothing: it has just so much as it may.
    if used.is_nan() { 1.0 } else { used }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::format::Unit;

    fn verdict(metric: &str, bound: Bound, values: &[f64]) -> Verdict {
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        Verdict::of(metric, bound, crate::model::On::Run, &values)
    }

    fn sentence(verdicts: &[Verdict]) -> String {
        let unit = |verdict: &Verdict| {
            if verdict.metric.ends_with("_ratio") { Unit::Ratio } else { Unit::Seconds }
        };
        let says = |verdict: &Verdict| {
            let mean = verdict.mean.map_or(f64::NAN, |mean| mean.mean);
            let [value, limit] = [mean, verdict.bound.limit()].map(|it| unit(verdict).show(it));
            format!("{} {value} (limit {limit})", shown::words(&verdict.metric))
        };
        let why = |verdict: &Verdict| {
            format!("{}: {}", shown::words(&verdict.metric), verdict::reason(verdict, unit(verdict)))
        };
        of(verdicts, &says, &why)
    }

    const P99: &str = "client.latency_p99_seconds";
    const ERRORS: &str = "client.error_ratio";
    const HITS: &str = "redis.hit_ratio";
    const FAST: [f64; 5] = [0.100, 0.101, 0.102, 0.101, 0.100];

    #[test]
    fn objectives_that_are_met_name_the_tightest() {
        let p99 = verdict(P99, Bound::AtMost(0.12), &FAST);
        let hits = verdict(HITS, Bound::AtLeast(0.5), &[0.9, 0.91, 0.9, 0.91, 0.9]);
        assert_eq!(sentence(&[]), "No objectives are set, so there is no verdict.");
        assert_eq!(
            sentence(std::slice::from_ref(&p99)),
            "Meets its objective: latency p99 100.8 ms (limit 120 ms)."
        );
        assert_eq!(
            sentence(&[hits, p99]),
            "Meets all 2 objectives; the tightest is latency p99 100.8 ms (limit 120 ms)."
        );
    }

    #[test]
    fn objectives_that_are_missed_are_all_named() {
        let p99 = verdict(P99, Bound::AtMost(0.05), &FAST);
        let met = verdict(HITS, Bound::AtLeast(0.5), &[0.9, 0.91, 0.9, 0.91, 0.9]);
        let errors = verdict(ERRORS, Bound::AtMost(0.001), &[0.12, 0.13, 0.12, 0.13, 0.12]);
        let open = verdict(ERRORS, Bound::AtMost(0.05), &[0.01, 0.02, 0.03, 0.085, 0.095]);
        assert_eq!(
            sentence(&[met.clone(), p99.clone(), errors]),
            "Misses 2 of 3 objectives: latency p99 100.8 ms (limit 50 ms), error ratio 12.4 % (limit 0.1 %)."
        );
        assert_eq!(
            sentence(&[p99, met, open]),
            "Misses 1 of 3 objectives: latency p99 100.8 ms (limit 50 ms); 1 is undecided."
        );
    }

    #[test]
    fn a_percentile_that_fails_says_so() {
        let fails = [f64::INFINITY; 5];
        let p99 = verdict(P99, Bound::AtMost(0.12), &fails);
        assert_eq!(sentence(&[p99]), "Misses its objective: latency p99 fails (limit 120 ms).");
    }

    #[test]
    fn what_is_undecided_says_how_many_runs_miss() {
        let errors = verdict(ERRORS, Bound::AtMost(0.05), &[0.01, 0.02, 0.03, 0.085, 0.095]);
        let met = verdict(HITS, Bound::AtLeast(0.5), &[0.9, 0.91, 0.9, 0.91, 0.9]);
        assert_eq!(
            sentence(std::slice::from_ref(&errors)),
            "Not decided: error ratio: mean 4.8 %, limit 5 %, but 2 of 5 runs miss."
        );
        assert_eq!(
            sentence(&[met, errors]),
            "Not decided for 1 of 2 objectives: error ratio: mean 4.8 %, limit 5 %, but 2 of 5 runs miss."
        );
    }
}
