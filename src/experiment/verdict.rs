//! Whether an objective is met: on average, and in each run.
//!
//! Users ask two questions: is the objective met on average, and is it met in a run? A mean that keeps the limit says
//! nothing about the second one: if a system collapses in two of five runs, its mean error ratio may still be small. So
//! an objective is
//!
//! - `met` if the 95 % interval of the mean is on the good side of the limit and no run misses it (from 20 runs on: at
//!   most one in ten);
//! - `missed` if the interval is on the bad side, or all of at least five runs miss it;
//! - `undecided` otherwise.
//!
//! For an objective `on = "average"` only the interval counts: some runs may miss it.
//!
//! A percentile that too few lie above, so that its value is not shown, decides nothing.
//!
//! One run has no interval: it meets the objective or misses it. A run misses an objective too if the metric has no
//! value there, or if it is infinite: that is a latency percentile where more requests fail than the percentile leaves.

use super::statistics::{Estimate, has_tail, is_half_equal};
use crate::model::{Bound, On};
use crate::random::math::pow;
use statrs::distribution::{Beta, ContinuousCDF};

/// What is known about an objective, or about all objectives together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is met.
    Met,
    /// More runs are needed to tell.
    Undecided,
    /// It is missed.
    Missed,
}

/// What the runs say about an objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The metric's name.
    pub metric: String,
    /// The limit.
    pub bound: Bound,
    /// What has to keep it.
    pub on: On,
    /// Whether it is met.
    pub state: State,
    /// The mean over the runs in which the metric has a value, with its 95 % interval: what the state is decided by. It
    /// is infinite if the metric is infinite in some run.
    pub mean: Option<Estimate>,
    /// In how many runs the objective is met.
    pub kept: usize,
    /// How many runs there are.
    pub runs: usize,
    /// In how many runs the metric has no value.
    pub absent: usize,
    /// In how many runs the metric is infinite.
    pub failing: usize,
    /// Whether half of the values are equal, such as no errors at all: then the interval of the mean says little.
    pub is_thin: bool,
    /// Whether the metric is a percentile that too few lie above to say where it is.
    pub is_short: bool,
}

/// If all of so many runs miss an objective, it is missed, however much their values vary.
const RUNS_ENOUGH: usize = 5;

/// From so many runs on an objective is met although some runs miss it: at most one in [`MISSES_ONE_IN`].
const RUNS_MANY: usize = 20;

/// See [`RUNS_MANY`].
const MISSES_ONE_IN: usize = 10;

impl State {
    /// What is known about several objectives together: met if all are, missed if any is.
    #[must_use]
    pub fn all(states: impl IntoIterator<Item = Self>) -> Self {
        states.into_iter().max().unwrap_or(Self::Met)
    }

    /// What is known about several alternatives: met if any is, missed if all are.
    #[must_use]
    pub fn any(states: impl IntoIterator<Item = Self>) -> Self {
        states.into_iter().min().unwrap_or(Self::Met)
    }

    /// The word for it: `met`, `missed` or `undecided`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Undecided => "undecided",
            Self::Missed => "missed",
        }
    }
}

impl Verdict {
    /// What the values of the metric in each run say; nothing where it has no value.
    #[must_use]
    pub fn of(metric: &str, bound: Bound, on: On, values: &[Option<f64>]) -> Self {
        let present: Vec<f64> = values.iter().copied().flatten().collect();
        let failing = present.iter().filter(|value| !value.is_finite()).count();
        let kept = values.iter().filter(|value| keeps(bound, **value)).count();
        let mean = match failing {
            0 => Estimate::of(&present),
            _ => Some(Estimate { mean: f64::INFINITY, half_width: None }),
        };
        Self {
            metric: metric.to_owned(),
            bound,
            on,
            state: state((bound, on), mean, kept, [values.len(), present.len() - failing]),
            mean,
            kept,
            runs: values.len(),
            absent: values.len() - present.len(),
            failing,
            is_thin: is_half_equal(&present),
            is_short: false,
        }
    }

    /// The same, if the metric is a percentile: `tails` has for each run in which it has a value how many lie above it, and
    /// nothing if there are enough. With too few the objective is undecided. That a percentile fails is known from few, since
    /// no answer can make it finite.
    #[must_use]
    pub fn with_tails(self, tails: impl IntoIterator<Item = Option<f64>>) -> Self {
        let is_there = self.runs > self.absent && self.failing == 0;
        if !is_there || has_tail(tails) {
            return self;
        }
        Self { state: State::Undecided, is_short: true, ..self }
    }

    /// In how many runs the objective is missed.
    #[must_use]
    pub fn missed(&self) -> usize {
        self.runs - self.kept
    }
}

/// The share of all possible runs that keep the objectives at least, with 95 % confidence, if this many of all runs did:
/// 0.05^(1/R) if all R runs do (Clopper and Pearson, Biometrika 26, 1934).
///
/// # Panics
/// Never: some runs keep them, and no more than there are.
#[must_use]
pub fn share_at_least(kept: usize, runs: usize) -> f64 {
    if kept == runs {
        return pow(CHANCE, 1.0 / runs.max(1) as f64);
    }
    if kept == 0 {
        return 0.0;
    }
    let beta = Beta::new(kept as f64, (runs - kept) as f64 + 1.0).expect("both are positive");
    beta.inverse_cdf(CHANCE)
}

/// Whether a run keeps a limit. A metric that has no value or is infinite does not.
pub(super) fn keeps(bound: Bound, value: Option<f64>) -> bool {
    value.is_some_and(|value| value.is_finite() && bound.is_met_by(value))
}

/// How often a statement with 95 % confidence is wrong.
const CHANCE: f64 = 0.05;

/// The state by the mean of the finite values, the number of runs that keep the limit, and how many runs and finite
/// values there are.
fn state((bound, on): (Bound, On), mean: Option<Estimate>, kept: usize, [runs, finite]: [usize; 2]) -> State {
    let missed = runs - kept;
    if finite == 0 {
        // There is no chance in a metric that never has a value.
        return State::Missed;
    }
    if runs == 1 {
        return if missed == 0 { State::Met } else { State::Missed };
    }
    let interval = mean.and_then(Estimate::interval);
    let is_inside = interval.is_some_and(|ends| ends.iter().all(|end| bound.is_met_by(*end)));
    let is_outside = interval.is_some_and(|ends| !ends.iter().any(|end| bound.is_met_by(*end)));
    let allowed = match on {
        On::Average => runs,
        On::Run if runs >= RUNS_MANY => runs / MISSES_ONE_IN,
        On::Run => 0,
    };
    if is_inside && missed <= allowed {
        State::Met
    } else if is_outside || (on == On::Run && missed == runs && runs >= RUNS_ENOUGH) {
        State::Missed
    } else {
        State::Undecided
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Met, Missed, Undecided};

    fn verdict(bound: Bound, values: &[f64]) -> Verdict {
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        Verdict::of("m", bound, On::Run, &values)
    }

    /// The mean of 1 to 5 is 3, its interval ± 2.776 · 1.5811 / √5 = 1.963.
    #[test]
    fn an_objective_is_met_on_average_and_in_each_run() {
        for (bound, expected, kept) in [
            (Bound::AtMost(3.5), Undecided, 3),
            (Bound::AtMost(5.5), Met, 5),
            (Bound::AtMost(5.0), Met, 5),
            (Bound::AtMost(4.97), Undecided, 4),
            (Bound::AtMost(0.5), Missed, 0),
            (Bound::AtLeast(5.5), Missed, 0),
            (Bound::AtLeast(4.97), Missed, 1),
            (Bound::AtLeast(3.5), Undecided, 2),
            (Bound::AtLeast(0.5), Met, 5),
        ] {
            let verdict = verdict(bound, &[1.0, 2.0, 3.0, 4.0, 5.0]);
            assert_eq!((verdict.state, verdict.kept), (expected, kept), "{bound:?}");
        }
    }

    #[test]
    fn the_word_of_one_run_holds_for_that_run() {
        for (value, expected) in [(1.0, Met), (2.0, Met), (2.1, Missed), (f64::INFINITY, Missed)] {
            assert_eq!(verdict(Bound::AtMost(2.0), &[value]).state, expected, "{value}");
        }
    }

    /// With one run in ten that misses, 19 runs are undecided and 20 are met.
    #[test]
    fn of_twenty_runs_one_in_ten_may_miss() {
        let runs = |runs: usize, missing: usize| {
            let values = (0..runs).map(|run| if run < missing { 1.01 } else { 0.5 + run as f64 / 1000.0 });
            verdict(Bound::AtMost(1.0), &values.collect::<Vec<_>>()).state
        };
        assert_eq!([runs(19, 1), runs(20, 1), runs(20, 2), runs(20, 3)], [Undecided, Met, Met, Undecided]);
    }

    /// All of five miss, but vary so much that the interval reaches the good side: 100.8 ± 2.776 · 223 / √5.
    #[test]
    fn five_runs_that_all_miss_are_enough() {
        let values = [1.1, 1.1, 1.1, 1.1, 500.0];
        assert_eq!(verdict(Bound::AtMost(1.0), &values).state, Missed);
        assert_eq!(verdict(Bound::AtMost(1.0), &values[1..]).state, Undecided);
    }

    #[test]
    fn a_metric_that_fails_or_is_absent_misses() {
        let all = [1.0, 1.1, 0.9, 1.0, 1.05].map(Some);
        let with = |other: Option<f64>, count: usize| {
            let mut values = all;
            values[..count].fill(other);
            Verdict::of("m", Bound::AtMost(10.0), On::Run, &values)
        };
        for (other, [absent, failing]) in [(None, [1, 0]), (Some(f64::INFINITY), [0, 1])] {
            assert_eq!(
                [0, 1, 4, 5].map(|count| with(other, count).state),
                [Met, Undecided, Undecided, Missed]
            );
            let one = with(other, 1);
            assert_eq!((one.kept, one.absent, one.failing), (4, absent, failing));
        }
        assert_eq!(with(None, 5).mean, None);
        assert_eq!(with(Some(f64::INFINITY), 2).mean.map(|mean| mean.mean), Some(f64::INFINITY));
        // It is slower than every limit, whichever side is the good one.
        let lower = [Some(f64::INFINITY); 5];
        assert_eq!(Verdict::of("m", Bound::AtLeast(1.0), On::Run, &lower).state, Missed);
    }

    /// 0.05^(1/R): 55 % for 5 runs, 74 % for 10, 85 % for 18, 90 % for 29, 95 % for 59. With 1 miss in 10 the lower end
    /// of Clopper and Pearson's one-sided interval is 60.6 %.
    #[test]
    fn clean_runs_say_how_many_of_all_runs_are_clean() {
        for (runs, missing, expected) in
            [(5, 0, 0.549), (10, 0, 0.741), (18, 0, 0.847), (29, 0, 0.902), (59, 0, 0.950), (10, 1, 0.606)]
        {
            let values: Vec<f64> = (0..runs).map(|run| if run < missing { 2.0 } else { 0.0 }).collect();
            let verdict = verdict(Bound::AtMost(1.0), &values);
            let share = share_at_least(verdict.kept, verdict.runs);
            assert!((share - expected).abs() < 0.0006, "{runs} {missing}: {share}");
        }
        assert!(share_at_least(0, 2).abs() < 1e-12);
    }

    /// The mean of 1 to 5 is 3 ± 1.963: two runs miss 3.5 and one misses 4.97, of which neither matters on average.
    #[test]
    fn an_objective_on_the_average_is_met_although_some_runs_miss_it() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0].map(Some);
        let cases = [(4.97, Met), (3.5, Undecided), (1.0, Missed)];
        for (limit, expected) in cases {
            let verdict = Verdict::of("m", Bound::AtMost(limit), On::Average, &values);
            assert_eq!(verdict.state, expected, "{limit}");
        }
    }

    /// One run needs 10 above its percentile, several need 30 together.
    #[test]
    fn a_percentile_with_a_short_tail_decides_nothing_unless_it_fails() {
        let with = |values: &[f64], tails: &[f64]| {
            let verdict = verdict(Bound::AtMost(2.0), values).with_tails(tails.iter().copied().map(Some));
            (verdict.state, verdict.is_short)
        };
        for value in [1.0, 3.0] {
            let decided = if value < 2.0 { Met } else { Missed };
            assert_eq!(with(&[value], &[9.9]), (Undecided, true));
            assert_eq!(with(&[value], &[10.0]), (decided, false));
            assert_eq!(with(&[value; 5], &[5.9; 5]), (Undecided, true));
            assert_eq!(with(&[value; 5], &[6.0; 5]), (decided, false));
        }
        assert_eq!(with(&[f64::INFINITY; 5], &[0.1; 5]), (Missed, false));
        assert!(!Verdict::of("m", Bound::AtMost(2.0), On::Run, &[None; 5]).with_tails([]).is_short);
    }

    #[test]
    fn objectives_together_are_as_good_as_the_worst_and_variants_as_the_best() {
        for (states, all, any) in [
            (&[Met, Met][..], Met, Met),
            (&[Met, Undecided], Undecided, Met),
            (&[Undecided, Missed], Missed, Undecided),
            (&[], Met, Met),
        ] {
            assert_eq!((State::all(states.to_vec()), State::any(states.to_vec())), (all, any), "{states:?}");
        }
    }
}
