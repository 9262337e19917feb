//! What is said of objectives: the mark, the word, and the reason. The same in the summary, in comparisons and on pages.

use super::format::Unit;
use super::shown;
use crate::experiment::{Estimate, Outcome, State, Verdict, share_at_least};
use crate::model::{On, Sure};

/// The mark in tables.
#[must_use]
pub fn mark(state: State) -> &'static str {
    match state {
        State::Met => "✓",
        State::Undecided => "?",
        State::Missed => "✗",
    }
}

/// In how many runs an objective is met, and what else has to be known beside the mean and the limit.
#[must_use]
pub fn runs(verdict: &Verdict) -> String {
    let Verdict { kept, runs, state, on, .. } = verdict;
    let mut text = match (runs, state) {
        _ if verdict.is_short => return short(verdict),
        (1, _) => "in this run".to_owned(),
        _ if *on == On::Average => format!("on average; {kept} of {runs} runs keep it"),
        (_, State::Met) => format!("in {kept} of {runs} runs"),
        (_, _) if *kept == *runs => format!("in {runs} of {runs} runs, but its interval includes the limit"),
        (_, _) => format!("{} miss", some_of(verdict.missed(), *runs)),
    };
    // Where it fails in all runs, its value says so.
    let failing = if verdict.failing == *runs { 0 } else { verdict.failing };
    for (count, what) in [(verdict.absent, "has no value"), (failing, "fails")] {
        if count > 0 && *runs > 1 {
            text.extend([", ", what, " in ", &some_of(count, *runs).replace(" runs", "")]);
        } else if count > 0 {
            text.extend([", which ", what]);
        }
    }
    if verdict.is_thin && *state == State::Met {
        text += " (thin: half of the values are equal)";
    }
    text
}

/// Why the state is what it is: `mean 4.8 %, limit 5 %, but 2 of 5 runs miss`.
#[must_use]
pub fn reason(verdict: &Verdict, unit: Unit) -> String {
    let show = |estimate| shown::value(&verdict.metric, unit, estimate);
    let limit = show(Estimate { mean: verdict.bound.limit(), half_width: None });
    let Some(mean) = verdict.mean else { return format!("no value, limit {limit}") };
    if verdict.is_short {
        return format!("{}, limit {limit}", short(verdict));
    }
    if verdict.failing > 0 {
        let runs = match verdict.runs {
            1 => "this run".into(),
            runs => some_of(verdict.failing, runs),
        };
        return format!("fails in {runs}, limit {limit}");
    }
    let value = match verdict.runs {
        1 => "value",
        // In the table it is that of all runs together.
        _ if is_percentile(&verdict.metric) => "mean of the runs",
        _ => "mean",
    };
    let is_good = verdict.bound.is_met_by(mean.mean);
    let link = match (verdict.state, is_good) {
        (State::Undecided, true) => ", but ",
        (State::Undecided, false) => ", and ",
        _ => ": ",
    };
    let is_near = verdict.state == State::Undecided && (verdict.missed() == 0 || verdict.on == On::Average);
    let mean = if is_near { show(mean) } else { show(Estimate { half_width: None, ..mean }) };
    let rest = if is_near { "its interval includes the limit".to_owned() } else { runs(verdict) };
    format!("{value} {mean}, limit {limit}{link}{rest}")
}

/// Whether a metric's name ends in a percentile, such as `p99`, and its unit.
fn is_percentile(name: &str) -> bool {
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    name.split(['.', '_']).any(|word| word.strip_prefix('p').is_some_and(is_number))
}

/// What the runs of a variant that meets its objectives prove about all other runs of this length; nothing if it does not meet
/// them all, if no objective is on runs, or of a single run.
#[must_use]
pub fn proof(outcome: &Outcome) -> Option<String> {
    let (runs, window) = (outcome.replications(), outcome.records().first()?.window_seconds());
    let kept = outcome.kept().filter(|_| runs > 1 && outcome.state() == State::Met)?;
    // Runs that were made until it was decided are more often good than all runs are.
    let share = match outcome.auto_max {
        None => share_at_least(kept, runs),
        Some(_) => Sure::MOST_RUNS.too_few,
    };
    Some(proven(kept, runs, window, share))
}

fn proven(kept: usize, runs: usize, window_seconds: f64, share: f64) -> String {
    let share = Unit::Ratio.show(libm::round(100.0 * share) / 100.0);
    let window = Unit::Seconds.show(window_seconds);
    let all = if kept == runs { "all".to_owned() } else { kept.to_string() };
    format!(
        "Met in {all} of {runs} runs of {window}; with 95 % confidence at least {share} of all such runs meet them."
    )
}

/// Why a percentile tells nothing.
fn short(verdict: &Verdict) -> String {
    let many = if verdict.runs == 1 { "10 in a run" } else { "30 in all runs" };
    format!("too few values above the percentile (at least {many})")
}

/// `2 of 5 runs`.
fn some_of(count: usize, runs: usize) -> String {
    format!("{count} of {runs} runs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bound, On};

    fn verdict(limit: f64, values: &[Option<f64>]) -> Verdict {
        Verdict::of("client.error_ratio", Bound::AtMost(limit), On::Run, values)
    }

    #[test]
    fn a_verdict_says_why() {
        let fails = Some(f64::INFINITY);
        let spread = [0.01, 0.02, 0.03, 0.085, 0.095].map(Some);
        for (limit, values, expected) in [
            (0.05, &spread[..], "mean 4.8 %, limit 5 %, but 2 of 5 runs miss"),
            (0.04, &spread, "mean 4.8 %, limit 4 %, and 2 of 5 runs miss"),
            (0.1, &spread, "mean 4.8 %, limit 10 %: in 5 of 5 runs"),
            (
                0.05,
                &[Some(0.049), Some(0.02)],
                "mean 3 % (0 to 22 %), limit 5 %, but its interval includes the limit",
            ),
            (0.05, &[Some(0.01)], "value 1 %, limit 5 %: in this run"),
            (0.05, &[Some(0.06)], "value 6 %, limit 5 %: in this run"),
            (0.05, &[Some(0.01), None], "mean 1 %, limit 5 %, but 1 of 2 runs miss, has no value in 1 of 2"),
            (0.05, &[None, None], "no value, limit 5 %"),
            (0.05, &[fails, Some(0.01)], "fails in 1 of 2 runs, limit 5 %"),
            (0.05, &[fails], "fails in this run, limit 5 %"),
            (
                0.05,
                &[Some(0.0); 3],
                "mean 0 %, limit 5 %: in 3 of 3 runs (thin: half of the values are equal)",
            ),
        ] {
            assert_eq!(reason(&verdict(limit, values), Unit::Ratio), expected);
        }
    }

    #[test]
    fn a_percentile_with_a_short_tail_says_what_is_missing() {
        let of = |values: &[Option<f64>]| reason(&verdict(0.05, values).with_tails([Some(1.0)]), Unit::Ratio);
        let expected = "too few values above the percentile (at least 10 in a run), limit 5 %";
        assert_eq!(of(&[Some(0.01)]), expected);
        assert_eq!(of(&[Some(0.01); 2]), expected.replace("10 in a run", "30 in all runs"));
    }

    /// 0.05^(1/5) = 54.9 %; with 24 of 25 runs the end of Clopper and Pearson's one-sided interval is 82.4 %.
    #[test]
    fn runs_that_meet_the_objectives_prove_something_about_the_others() {
        let proof = |kept, runs| proven(kept, runs, 60.0, share_at_least(kept, runs));
        assert_eq!(
            proof(5, 5),
            "Met in all of 5 runs of 1 min; with 95 % confidence at least 55 % of all such runs meet them."
        );
        assert!(
            proof(24, 25).starts_with("Met in 24 of 25 runs of 1 min; with 95 % confidence at least 82 % ")
        );
    }
}
