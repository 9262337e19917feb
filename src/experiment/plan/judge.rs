//! Whether a value meets the objectives: looked at after each round of replications, until that is sure or it has
//! been replicated often enough.
//!
//! Of each replication and objective there is a slack: how far the metric is on the good side of its limit. The value
//! meets an objective when the interval of the mean slack lies above zero, and misses it when it lies below. Looking
//! again and again would find something sooner or later, so the chance of a mistake, 5 %, is dealt out evenly to all
//! looks that there can be (Bonferroni): together they are wrong at most as often as a single one.

use super::Verdict;
use crate::experiment::statistics::interval_at;
use crate::experiment::sweep::Numbers;
use crate::model::{Bound, Objective, PLAN_REPLICATIONS_MIN};

/// Judges values by the objectives of a scenario.
#[derive(Clone, Debug)]
pub struct Judge {
    /// For each objective the place of its metric in the registry, and its limit.
    objectives: Vec<(usize, Bound)>,
    /// How many replications there are at each look.
    looks: Vec<u32>,
}

/// All looks at a value together take something for sure that is not with this chance at most.
const MISTAKE: f64 = 0.05;

impl Judge {
    /// Looks after `first` replications, and after each doubling of them up to `most`. The metrics are those of the
    /// registry.
    ///
    /// # Panics
    /// If an objective has a metric that there is none of: reading the scenario finds that.
    #[must_use]
    pub fn new(objectives: &[Objective], first: u32, most: u32) -> Self {
        let metrics = crate::measure::metrics();
        let place = |objective: &Objective| {
            let found = metrics.iter().position(|metric| metric.name == objective.metric.value);
            (found.expect("an objective has a metric that there is"), objective.bound)
        };
        let mut looks = vec![first.max(PLAN_REPLICATIONS_MIN)];
        while let Some(last) = looks.last().copied().filter(|last| *last < most) {
            looks.push(last.saturating_mul(2).min(most));
        }
        Self { objectives: objectives.iter().map(place).collect(), looks }
    }

    /// How many replications there are at each look.
    #[must_use]
    pub fn looks(&self) -> &[u32] {
        &self.looks
    }

    /// What these replications say of each objective.
    #[must_use]
    pub fn objectives(&self, runs: &[Numbers]) -> Vec<Verdict> {
        let confidence = 1.0 - MISTAKE / self.looks.len() as f64;
        let one = |(metric, bound): &(usize, Bound)| {
            let values = runs.iter().filter_map(|run| run.get(*metric));
            let slacks: Vec<f64> = values.map(|value| slack(*bound, value)).collect();
            match interval_at(&slacks, confidence) {
                // A metric without a value does not keep its limit.
                None if slacks.is_empty() => Verdict::Misses,
                Some([low, _]) if low >= 0.0 => Verdict::Meets,
                Some([_, high]) if high < 0.0 => Verdict::Misses,
                _ => Verdict::Open,
            }
        };
        self.objectives.iter().map(one).collect()
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

/// All objectives are met, or some is surely missed, or neither is sure.
#[must_use]
pub fn together(objectives: &[Verdict]) -> Verdict {
    if objectives.contains(&Verdict::Misses) {
        Verdict::Misses
    } else if objectives.contains(&Verdict::Open) {
        Verdict::Open
    } else {
        Verdict::Meets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn judge(bound: Bound, most: u32) -> Judge {
        Judge { objectives: vec![(0, bound)], looks: Judge::new(&[], 5, most).looks }
    }

    fn runs(values: &[f64]) -> Vec<Numbers> {
        values.iter().map(|value| Numbers::of(&[Some(*value)])).collect()
    }

    #[test]
    fn replications_double_from_look_to_look() {
        assert_eq!(Judge::new(&[], 1, 100).looks, [5, 10, 20, 40, 80, 100]);
        assert_eq!(Judge::new(&[], 30, 100).looks, [30, 60, 100]);
        assert_eq!(Judge::new(&[], 30, 20).looks, [30]);
    }

    #[test]
    fn a_value_is_sure_when_the_interval_of_its_slack_is_on_one_side_of_zero() {
        // One look: t = 2.776 for five; ± 2.776 · 1.58 / √5 = 1.96.
        let values = runs(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        for (bound, expected) in [
            (Bound::AtMost(5.0), Verdict::Meets),
            (Bound::AtMost(4.9), Verdict::Open),
            (Bound::AtMost(1.0), Verdict::Misses),
            (Bound::AtLeast(1.0), Verdict::Meets),
            (Bound::AtLeast(3.0), Verdict::Open),
            (Bound::AtLeast(5.0), Verdict::Misses),
        ] {
            assert_eq!(judge(bound, 5).objectives(&values), [expected], "{bound:?}");
        }
        // Six looks: t of 99.17 % is 4.87, and the interval 3.4 to each side.
        assert_eq!(judge(Bound::AtMost(5.0), 100).objectives(&values), [Verdict::Open]);
    }

    #[test]
    fn what_has_no_value_is_missed_and_what_is_exactly_the_limit_is_met() {
        let judge = judge(Bound::AtMost(2.0), 5);
        assert_eq!(judge.objectives(&[Numbers::of(&[None]), Numbers::of(&[None])]), [Verdict::Misses]);
        assert_eq!(judge.objectives(&runs(&[2.0; 5])), [Verdict::Meets]);
    }

    /// At the limit itself nothing is right: whatever is said to be sure is a mistake. Of 2,000 values with normal noise at
    /// most 5 % may be mistaken; three standard errors of that are 1.5 %.
    #[test]
    fn looking_again_and_again_makes_no_more_mistakes_than_looking_once() {
        let judge = judge(Bound::AtMost(0.0), 100);
        let is_mistaken = |value: &u64| {
            let draws = Stream::new(*value, 0, "test.noise");
            let noise = |n: u64| (0..12).map(|part| draws.at(12 * n + part).unit()).sum::<f64>() - 6.0;
            let values: Vec<f64> = (0..100).map(noise).collect();
            let sure = |look: &u32| judge.objectives(&runs(&values[..*look as usize])) != [Verdict::Open];
            judge.looks.iter().any(sure)
        };
        let mistaken = (0..2_000).filter(is_mistaken).count();
        assert!((20..=130).contains(&mistaken), "{mistaken} of 2,000");
    }
}
