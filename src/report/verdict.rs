//! What is said of objectives: the mark, the word, and the reason. The same in the summary, in comparisons and on pages.

use super::format::Unit;
use super::shown;
use crate::experiment::{Estimate, State, Verdict};
use crate::model::On;

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
    let value = if verdict.runs == 1 { "value" } else { "mean" };
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

/// What runs that all meet an objective prove about all other runs of this length; nothing if there are none, or one only.
#[must_use]
pub fn proof(verdicts: &[Verdict], window_seconds: f64) -> Option<String> {
    let is_clean =
        |verdict: &&Verdict| verdict.state == State::Met && verdict.kept == verdict.runs && verdict.runs > 1;
    let clean = verdicts.iter().find(is_clean)?;
    let (runs, window) = (clean.runs, Unit::Seconds.show(window_seconds));
    let share = Unit::Ratio.show(libm::round(100.0 * clean.share_at_least()) / 100.0);
    Some(format!("Met in {runs} of {runs} runs of {window}: at least {share} of all runs would."))
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

    /// 0.05^(1/5) = 54.9 %.
    #[test]
    fn runs_that_all_meet_an_objective_prove_something_about_the_others() {
        let values = [0.01, 0.02, 0.03, 0.04, 0.05].map(Some);
        let text = proof(&[verdict(0.04, &values), verdict(0.2, &values)], 60.0);
        let expected = "Met in 5 of 5 runs of 1 min: at least 55 % of all runs would.";
        assert_eq!(text.as_deref(), Some(expected));
        assert_eq!(proof(&[verdict(0.2, &values[..1])], 60.0), None);
        assert_eq!(proof(&[verdict(0.04, &values)], 60.0), None);
    }
}
