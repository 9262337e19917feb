//! Variants of which some runs collapse and others do not: their means say nothing, so collapsed runs are counted.

use super::difference::Discordant;
use crate::experiment::outcome::Outcome;
use crate::experiment::statistics::Collapses;

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

/// Which runs of a variant collapse by this rule.
fn collapsed_by(rule: Collapses, outcome: &Outcome) -> Vec<bool> {
    let of = |metric: &str| outcome.values(metric).unwrap_or_default();
    rule.runs(of("client.error_ratio"), of("client.answer_latency_mean_seconds"))
}

impl Collapse {
    /// Nothing if neither the runs of the base nor those of the variant disagree.
    pub(super) fn of(base: &Outcome, variant: &Outcome) -> Option<Self> {
        let arms = [base, variant];
        let splits = arms.map(|arm| arm.disagreement.as_ref());
        // Where one variant agrees with itself, its runs are held against the rule of the other.
        let collapsed = |arm: usize| match (splits[arm], splits[1 - arm]) {
            (Some(split), _) => Some(split.collapsed.clone()),
            (None, Some(other)) => Some(collapsed_by(other.by, arms[arm])),
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
