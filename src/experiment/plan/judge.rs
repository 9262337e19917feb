//! Whether a value meets the objectives, by tests that stop as soon as they know.
//!
//! Objectives on runs are judged together by Wald's test: does a run keep all of them? A metric without a value is a miss.
//! Objectives on the average are judged by a confidence sequence each. See `statistics/sequential.rs`. The value meets the
//! objectives if each test says so, and misses them if one does.
//!
//! Each objective is judged alone too. That decides nothing about the value, but it tells where the edge of each objective
//! lies, which the search needs to find values that lie between two edges.

use super::Verdict;
use crate::experiment::statistics::{Side, average, has_tail, wald};
use crate::experiment::sweep::Numbers;
use crate::experiment::verdict::keeps;
use crate::measure::Metric;
use crate::model::{Bound, Objective, On, Sure};

/// Judges values by the objectives of a scenario.
#[derive(Clone, Debug)]
pub struct Judge {
    rules: Vec<Rule>,
    sure: Sure,
    /// So many replications are made of each value, no fewer and no more.
    exact: Option<u32>,
    /// No more replications are made than this.
    most: u32,
}

/// An objective.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// The place of its metric in the registry.
    metric: usize,
    bound: Bound,
    on: On,
}

/// What is known about a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// About each objective alone.
    pub objectives: Vec<Verdict>,
    /// About all together.
    pub all: Verdict,
}

/// Replications of a value that are made at once. More would often be wasted: three misses decide.
const ROUND: u32 = 5;

impl Judge {
    /// The metrics are those of the registry. `exact` is a number of replications that is made of each value whatever they
    /// say; without it there are as many as are needed, and at most `most`.
    ///
    /// # Panics
    /// If an objective has a metric that there is none of: reading the scenario finds that.
    #[must_use]
    pub fn new(objectives: &[Objective], sure: Sure, exact: Option<u32>, most: u32) -> Self {
        Self::of(&crate::measure::metrics().iter().collect::<Vec<_>>(), objectives, sure, exact, most)
    }

    /// The same for runs with the values of these metrics.
    pub(in crate::experiment) fn of(
        metrics: &[&Metric],
        objectives: &[Objective],
        sure: Sure,
        exact: Option<u32>,
        most: u32,
    ) -> Self {
        let rule = |objective: &Objective| {
            let found = metrics.iter().position(|metric| metric.name == objective.metric.value);
            let metric = found.expect("an objective has a metric that there is");
            Rule { metric, bound: objective.bound, on: objective.on }
        };
        Self { rules: objectives.iter().map(rule).collect(), sure, exact, most }
    }

    /// Whether there is nothing to judge.
    #[must_use]
    pub fn has_no_rules(&self) -> bool {
        self.rules.is_empty()
    }

    /// How many more replications are made at once; none if it is decided, or there are enough.
    #[must_use]
    pub fn next(&self, runs: &[Numbers]) -> u32 {
        let done = runs.len() as u32;
        if let Some(exact) = self.exact {
            return exact.saturating_sub(done);
        }
        if done > 0 && self.judge(runs).all != Verdict::Open {
            return 0;
        }
        let clean = if self.on_runs().next().is_some() { self.until_met(runs) } else { ROUND };
        ROUND.min(clean).min(self.most.saturating_sub(done))
    }

    /// How many more runs decide that the objectives on runs are met, if all of them keep these.
    fn until_met(&self, runs: &[Numbers]) -> u32 {
        let [good, bad] = self.sure.steps();
        let kept = runs.iter().filter(|run| self.keeps(run)).count() as f64;
        let said = kept * good + (runs.len() as f64 - kept) * bad;
        let left = ((Sure::threshold(1) - said) / good).ceil();
        // The last of them decides, whatever rounding does.
        left.max(1.0) as u32
    }

    fn on_runs(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.on == On::Run)
    }

    /// Whether a run keeps all objectives on runs.
    #[must_use]
    pub fn keeps(&self, run: &Numbers) -> bool {
        self.on_runs().all(|rule| rule.keeps(run))
    }

    /// In how many of these runs an objective is missed.
    #[must_use]
    pub fn misses(&self, objective: usize, runs: &[Numbers]) -> usize {
        runs.iter().filter(|run| !self.rules[objective].keeps(run)).count()
    }

    /// What these replications say.
    #[must_use]
    pub fn judge(&self, runs: &[Numbers]) -> Judged {
        let is_on_average = |rule: &&Rule| rule.on == On::Average;
        let averages = self.rules.iter().filter(is_on_average).count();
        let tests = averages + usize::from(self.on_runs().next().is_some());
        let alone = |rule: &Rule| match rule.on {
            _ if rule.is_short(runs) => Verdict::Open,
            On::Run => verdict(wald(self.sure, runs.iter().map(|run| rule.keeps(run)), 1)),
            On::Average => rule.average(runs, tests),
        };
        let objectives: Vec<Verdict> = self.rules.iter().map(alone).collect();
        let is_short = self.on_runs().any(|rule| rule.is_short(runs));
        let on_runs = (tests > averages).then(|| {
            let kept = runs.iter().map(|run| self.keeps(run));
            if is_short { Verdict::Open } else { verdict(wald(self.sure, kept, tests)) }
        });
        let on_average = self.rules.iter().zip(&objectives).filter(|(rule, _)| rule.on == On::Average);
        let all: Vec<Verdict> = on_average.map(|(_, verdict)| *verdict).chain(on_runs).collect();
        Judged { all: together(&all), objectives }
    }
}

impl Rule {
    /// Whether a run keeps it. A metric without a value does not, and one that is infinite fails, whichever side is good.
    fn keeps(&self, run: &Numbers) -> bool {
        keeps(self.bound, run.get(self.metric))
    }

    /// Whether it is on a percentile that too few lie above to say where it is. That one fails is known from few.
    fn is_short(&self, runs: &[Numbers]) -> bool {
        let mut values = runs.iter().filter_map(|run| run.get(self.metric)).peekable();
        let is_there = values.peek().is_some() && values.all(f64::is_finite);
        let with_value = runs.iter().filter(|run| run.get(self.metric).is_some());
        is_there && !has_tail(with_value.map(|run| run.tail(self.metric)))
    }

    fn average(&self, runs: &[Numbers], tests: usize) -> Verdict {
        let slack = |value: f64| if value.is_finite() { slack(self.bound, value) } else { f64::NEG_INFINITY };
        let slacks: Vec<f64> = runs.iter().filter_map(|run| run.get(self.metric).map(slack)).collect();
        if slacks.is_empty() && !runs.is_empty() { Verdict::Misses } else { verdict(average(&slacks, tests)) }
    }
}

fn verdict(side: Option<Side>) -> Verdict {
    match side {
        Some(Side::Met) => Verdict::Meets,
        Some(Side::Missed) => Verdict::Misses,
        None => Verdict::Open,
    }
}

/// How far a value is on the good side of a limit.
#[must_use]
pub fn slack(bound: Bound, value: f64) -> f64 {
    match bound {
        Bound::AtMost(limit) => limit - value,
        Bound::AtLeast(limit) => value - limit,
    }
}

/// All are met, or some is surely missed, or neither is sure.
fn together(verdicts: &[Verdict]) -> Verdict {
    if verdicts.contains(&Verdict::Misses) {
        Verdict::Misses
    } else if verdicts.contains(&Verdict::Open) {
        Verdict::Open
    } else {
        Verdict::Meets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(rules: &[(Bound, On)]) -> Judge {
        let rule = |(metric, (bound, on)): (usize, &(Bound, On))| Rule { metric, bound: *bound, on: *on };
        let rules = rules.iter().enumerate().map(rule).collect();
        Judge { rules, sure: Sure::MOST_RUNS, exact: None, most: 100 }
    }

    fn runs(values: &[f64]) -> Vec<Numbers> {
        values.iter().map(|value| Numbers::of(&[Some(*value)])).collect()
    }

    #[test]
    fn a_value_meets_an_objective_when_eighteen_runs_in_a_row_keep_it() {
        let judge = judge(&[(Bound::AtMost(2.0), On::Run)]);
        for (values, expected) in [
            (vec![2.0; 17], Verdict::Open),
            (vec![2.0; 18], Verdict::Meets),
            (vec![3.0; 2], Verdict::Open),
            (vec![3.0; 3], Verdict::Misses),
            (vec![f64::INFINITY; 3], Verdict::Misses),
            ([vec![3.0], vec![1.0; 25]].concat(), Verdict::Open),
            ([vec![3.0], vec![1.0; 26]].concat(), Verdict::Meets),
        ] {
            let said = judge.judge(&runs(&values));
            assert_eq!((said.all, said.objectives), (expected, vec![expected]), "{values:?}");
        }
        // A metric without a value is a miss.
        assert_eq!(judge.judge(&[const { None }; 3].map(|none| Numbers::of(&[none]))).all, Verdict::Misses);
    }

    #[test]
    fn rounds_end_where_a_clean_value_is_decided_and_no_later_than_the_cap() {
        let all = judge(&[(Bound::AtMost(2.0), On::Run)]);
        let rounds = |judge: &Judge, value: f64| {
            let mut done = Vec::new();
            loop {
                let next = judge.next(&runs(&done));
                if next == 0 {
                    return done.len();
                }
                done.extend(vec![value; next as usize]);
            }
        };
        assert_eq!([rounds(&all, 1.0), rounds(&all, 3.0)], [18, 5]);
        let exact = Judge { exact: Some(40), ..all };
        assert_eq!([rounds(&exact, 1.0), rounds(&exact, 3.0)], [40, 40]);
        // An average of equal values is never decided.
        assert_eq!(rounds(&judge(&[(Bound::AtMost(2.0), On::Average)]), 1.0), 100);
    }

    /// Each objective alone is missed in one run of six, which leaves it open; together they are missed in a third.
    #[test]
    fn a_run_has_to_keep_all_objectives_at_once() {
        let judge = judge(&[(Bound::AtMost(1.0), On::Run), (Bound::AtMost(1.0), On::Run)]);
        let run = |run: usize| {
            let value = |misses: bool| Some(if misses { 2.0 } else { 0.0 });
            Numbers::of(&[value(run.is_multiple_of(6)), value(run % 6 == 3)])
        };
        let runs: Vec<Numbers> = (0..18).map(run).collect();
        let judged = judge.judge(&runs);
        // Six misses and twelve that are kept: 12 · 0.172 − 6 · 1.386 = −6.3.
        assert_eq!((judged.all, judged.objectives), (Verdict::Misses, vec![Verdict::Open; 2]));
        assert_eq!(judge.misses(0, &runs), 3);
    }

    /// With two above the percentile of each run it takes 15 runs to know it: fewer misses decide nothing, and eighteen that
    /// keep the objective are enough.
    #[test]
    fn a_percentile_with_a_short_tail_is_open() {
        let judge = judge(&[(Bound::AtMost(2.0), On::Run)]);
        let with = |value: f64, count: usize| {
            let runs: Vec<Numbers> =
                runs(&vec![value; count]).into_iter().map(|run| run.with_tails(vec![(0, 2.0)])).collect();
            judge.judge(&runs).all
        };
        assert_eq!(
            [with(3.0, 14), with(3.0, 15), with(1.0, 18)],
            [Verdict::Open, Verdict::Misses, Verdict::Meets]
        );
        assert_eq!(with(f64::INFINITY, 3), Verdict::Misses);
    }

    #[test]
    fn an_average_is_judged_by_the_mean_whatever_single_runs_do() {
        let judge = judge(&[(Bound::AtLeast(0.5), On::Average)]);
        let far: Vec<f64> = (0..20).map(|run| 0.9 + 0.001 * f64::from(run)).collect();
        assert_eq!(judge.judge(&runs(&far)).all, Verdict::Meets);
        let near: Vec<f64> = (0..20).map(|run| 0.49 + 0.001 * f64::from(run * 7 % 20)).collect();
        assert_eq!(judge.judge(&runs(&near)).all, Verdict::Open);
    }
}
