//! Variants of which some runs collapse and others do not: their means say nothing, so collapsed runs are counted.

use super::difference::Discordant;
use crate::experiment::outcome::Outcome;
use crate::experiment::statistics::Disagreement;

/// How many runs of a variant and of the base collapse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collapse {
    /// How many runs there are of each.
    pub runs: usize,
    /// How many of the base collapse.
    pub base: usize,
    /// How many of the variant.
    pub variant: usize,
    /// Pairs in which one of the two collapses.
    pub discordant: Discordant,
    /// The chance of that if both collapse equally often.
    pub p_value: f64,
    /// Whether the difference is more than chance.
    pub is_starred: bool,
}

/// A run with a larger error ratio than this collapses, where the runs disagree in errors.
const ERRORS_MANY: f64 = 0.01;

/// By what the runs of a variant disagree.
enum Rule {
    Errors,
    /// Those collapse whose mean latency is at least this, in seconds.
    Latency(f64),
}

impl Rule {
    fn of(outcome: &Outcome, split: &Disagreement) -> Self {
        let by_errors = Self::Errors.collapsed(outcome);
        if by_errors == split.collapsed {
            return Self::Errors;
        }
        let latencies = latencies(outcome).iter().zip(&split.collapsed);
        let collapsed =
            latencies.filter(|(_, is_collapsed)| **is_collapsed).filter_map(|(latency, _)| *latency);
        Self::Latency(collapsed.fold(f64::INFINITY, f64::min))
    }

    fn collapsed(&self, outcome: &Outcome) -> Vec<bool> {
        match self {
            Self::Errors => {
                let errors = outcome.values("client.error_ratio").unwrap_or_default();
                errors.iter().map(|errors| errors.is_some_and(|it| it > ERRORS_MANY)).collect()
            }
            // A run without an answer has no mean latency.
            Self::Latency(least) => {
                latencies(outcome).iter().map(|latency| latency.is_none_or(|it| it >= *least)).collect()
            }
        }
    }
}

fn latencies(outcome: &Outcome) -> &[Option<f64>] {
    outcome.values("client.answer_latency_mean_seconds").unwrap_or_default()
}

impl Collapse {
    /// Nothing if neither the runs of the base nor those of the variant disagree.
    pub(super) fn of(base: &Outcome, variant: &Outcome) -> Option<Self> {
        let arms = [base, variant];
        let splits = arms.map(|arm| arm.disagreement.as_ref());
        // Where one variant agrees with itself, its runs are held against the rule of the other.
        let collapsed = |arm: usize| match (splits[arm], splits[1 - arm]) {
            (Some(split), _) => Some(split.collapsed.clone()),
            (None, Some(other)) => Some(Rule::of(arms[1 - arm], other).collapsed(arms[arm])),
            (None, None) => None,
        };
        let (base, variant) = (collapsed(0)?, collapsed(1)?);
        let pairs = || base.iter().copied().zip(variant.iter().copied());
        let discordant = Discordant::of(pairs());
        Some(Self {
            runs: pairs().count(),
            base: pairs().filter(|(base, _)| *base).count(),
            variant: pairs().filter(|(_, variant)| *variant).count(),
            discordant,
            p_value: discordant.p_value(),
            is_starred: false,
        })
    }
}
