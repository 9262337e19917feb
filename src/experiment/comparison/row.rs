//! One metric of all variants: the values, how they differ from the base, and what that means.

use super::difference::{Discordant, MARGIN, PAIRS_MIN, Paired};
use crate::experiment::outcome::Outcome;
use crate::experiment::statistics::Estimate;
use crate::measure::{Metric, MetricKind, Wanted};
use crate::model::{Bound, Objective};
use crate::time::Duration;
use std::cmp::Ordering;

/// Metrics that are tested together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Those that have an objective.
    Objectives,
    /// Four that tell how a system does.
    Headline,
}

/// The headline metrics: errors, latency, and the load of the database.
const HEADLINE: [&str; 4] = [
    "client.error_ratio",
    "client.latency_mean_seconds",
    "client.latency_p99_seconds",
    "database.load_rate_mean_per_s",
];

/// What the clients get. It is better or worse however much the layers work for it.
const SERVED: [&str; 3] = ["client.error_ratio", "client.failed", "client.goodput_per_s"];

/// How far apart two variants are, by the interval of their difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Both have the same value in each run.
    Same,
    /// The whole interval is within 5 % of the base.
    Near,
    /// The interval does not include zero.
    Differs,
    /// Both are possible.
    Unclear,
}

/// What a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// No difference is shown: there is no star.
    NotShown,
    /// It is better.
    Better,
    /// It is worse.
    Worse,
    /// It would be better, but fewer requests are served: less work done is no gain.
    LessWork,
    /// It is worse, and more requests are served.
    MoreWork,
    /// It differs, and neither way is better.
    Differs,
}

/// What one variant does to one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Of the variant, as everywhere: of a percentile that of all runs together, of a peak the median. Nothing if the metric
    /// has no value there.
    pub value: Option<f64>,
    /// Variant less base, over the pairs of runs in which both have a finite value. Without an interval if there is one
    /// such pair only, or if runs disagree.
    pub difference: Option<Estimate>,
    /// In how many pairs of runs both have a value.
    pub pairs: usize,
    /// In how many of these the metric is infinite: in the base, and in the variant.
    pub failing: [usize; 2],
    /// The chance of a difference as large as this if there is none, before it is corrected; nothing if it is not tested.
    pub p_value: Option<f64>,
    /// How long the base and the variant are measured, if that differs and the metric grows with it. Then they are not
    /// compared: no pair counts, and there is no difference.
    pub not_compared: Option<[Duration; 2]>,
    /// Whether it is a difference of percentiles that is smaller than their resolution.
    pub is_below_resolution: bool,
    /// Whether the difference is more than chance, all of its family considered.
    pub is_starred: bool,
    /// How far apart both are.
    pub standing: Standing,
    /// What it means.
    pub effect: Effect,
    /// The level of a test of its family, for the number of runs that would tell.
    pub(super) level: f64,
    /// The mean of the base over the pairs of [`Self::difference`].
    pub base_mean: f64,
    paired: Option<Paired>,
    direction: Ordering,
}

/// One metric of all variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub metric: Metric,
    /// With which others it is tested, if it is.
    pub family: Option<Family>,
    /// Which way is better: as the objective says, or else as usual.
    pub wanted: Wanted,
    /// Of the base, as [`Change::value`].
    pub base: Option<f64>,
    /// For each other variant.
    pub changes: Vec<Change>,
}

impl Effect {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotShown => "no difference shown",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::LessWork => "less work",
            Self::MoreWork => "more work",
            Self::Differs => "differs",
        }
    }
}

impl Standing {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Near => "near",
            Self::Differs => "differs",
            Self::Unclear => "cannot tell",
        }
    }
}

impl Change {
    /// How many runs would show a difference as large as the one that was seen, and at least one of 5 % of the base, in 80 %
    /// of all experiments. Nothing if there is nothing to show, or if it is not known how much runs vary.
    #[must_use]
    pub fn runs_needed(&self) -> Option<f64> {
        let margin = MARGIN * self.base_mean.abs();
        let paired = self.paired?;
        let needed = paired.runs_needed(paired.mean.abs().max(margin), self.level)?;
        // So many were not enough this time.
        Some(needed.max(self.pairs as f64 + 1.0))
    }

    /// By how much the value has changed, as a factor of at least 1; infinite from or to nothing.
    #[must_use]
    pub fn factor(&self, base: Option<f64>) -> f64 {
        let (Some(base), Some(value)) = (base, self.value) else { return 1.0 };
        let (smaller, larger) = (base.abs().min(value.abs()), base.abs().max(value.abs()));
        if larger > smaller { larger / smaller } else { 1.0 }
    }
}

impl Row {
    /// Says what the differences mean, given whether the variants serve fewer, as many or more requests.
    pub(super) fn judge(&mut self, served: &[Ordering]) {
        let is_served = SERVED.contains(&self.metric.name.as_str());
        for (change, served) in self.changes.iter_mut().zip(served) {
            let served = if is_served { Ordering::Equal } else { *served };
            let is_gain = match self.wanted {
                Wanted::Less => change.direction == Ordering::Less,
                Wanted::More => change.direction == Ordering::Greater,
                Wanted::Either => {
                    change.effect = if change.is_starred { Effect::Differs } else { Effect::NotShown };
                    continue;
                }
            };
            change.effect = match (change.is_starred, is_gain, served) {
                (false, ..) => Effect::NotShown,
                (_, true, Ordering::Less) => Effect::LessWork,
                (_, false, Ordering::Greater) => Effect::MoreWork,
                (_, true, _) => Effect::Better,
                (_, false, _) => Effect::Worse,
            };
        }
    }
}

/// What rows are made from.
pub(super) struct Arms<'a> {
    /// The base first.
    pub(super) outcomes: &'a [Outcome],
    /// Those of all of them.
    pub(super) objectives: Vec<&'a Objective>,
    /// For each variant but the base whether runs disagree, so that means are not tested.
    pub(super) disagree: Vec<bool>,
}

impl Arms<'_> {
    /// The row of a metric, by its place in the registry; stars and effects are not known yet.
    pub(super) fn row(&self, index: usize) -> Row {
        let base = &self.outcomes[0];
        let metric = base.metrics[index].0.clone();
        let limits = self.objectives.iter().filter(|objective| objective.metric.value == metric.name);
        let mut wanted: Vec<Wanted> = limits
            .map(|objective| match objective.bound {
                Bound::AtMost(_) => Wanted::Less,
                Bound::AtLeast(_) => Wanted::More,
            })
            .collect();
        wanted.dedup();
        let family = if !wanted.is_empty() {
            Some(Family::Objectives)
        } else if HEADLINE.contains(&metric.name.as_str()) {
            Some(Family::Headline)
        } else {
            None
        };
        let wanted = match wanted[..] {
            [] => metric.wanted,
            [only] => only,
            _ => Wanted::Either,
        };
        let variants = self.outcomes[1..].iter().zip(&self.disagree);
        let changes = variants.map(|(variant, disagree)| {
            let test = (!disagree).then_some(family.is_some());
            self.change(&metric, index, variant, test)
        });
        Row { family, wanted, base: value(base, &metric.name), changes: changes.collect(), metric }
    }

    /// `test` says whether the metric is tested; nothing if its means say nothing.
    fn change(&self, metric: &Metric, index: usize, variant: &Outcome, test: Option<bool>) -> Change {
        let (of_base, of_variant) = (&self.outcomes[0].metrics[index].1, &variant.metrics[index].1);
        let windows = [&self.outcomes[0], variant].map(Outcome::window);
        let not_compared = (windows[0] != windows[1] && metric.grows_with_window()).then_some(windows);
        // A percentile that too few lie above to tell it is in neither table nor test.
        let is_told =
            |arm: &Outcome| arm.summary(&metric.name).is_none_or(|summary| summary.value().is_some());
        let is_compared = not_compared.is_none() && is_told(&self.outcomes[0]) && is_told(variant);
        let compared = of_base.iter().filter(|_| is_compared);
        let pairs: Vec<(f64, f64)> =
            compared.zip(of_variant).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
        let fails = |value: f64| value.is_infinite();
        let discordant = Discordant::of(pairs.iter().map(|(a, b)| (fails(*a), fails(*b))));
        let finite: Vec<(f64, f64)> =
            pairs.iter().copied().filter(|(a, b)| !fails(*a) && !fails(*b)).collect();
        let summaries = [&self.outcomes[0], variant].map(|arm| arm.summary(&metric.name));
        let step = summaries.iter().flatten().map(|it| it.step).fold(0.0, f64::max);
        let differences: Vec<f64> = finite.iter().map(|(a, b)| b - a).collect();
        let paired = Paired::of(&differences, step);
        let is_tested = test == Some(true) && pairs.len() >= PAIRS_MIN;
        let by_means = if finite.len() < PAIRS_MIN { None } else { paired.and_then(Paired::p_value) };
        let p_value = if discordant.all() > 0 { Some(discordant.p_value()) } else { by_means };
        let base_mean = finite.iter().map(|(a, _)| a).sum::<f64>() / finite.len().max(1) as f64;
        let is_same = !pairs.is_empty() && pairs.iter().all(|(a, b)| a.to_bits() == b.to_bits());
        let mean = paired.map_or(0.0, |paired| paired.mean);
        let is_percentile = matches!(metric.kind, MetricKind::Percentile(_));
        let mut difference = paired.map(Paired::estimate);
        if test.is_none() {
            difference = difference.map(|difference| Estimate { half_width: None, ..difference });
        }
        let p_value = p_value.map(|p_value| if is_same { 1.0 } else { p_value });
        Change {
            value: value(variant, &metric.name),
            standing: standing(is_same, base_mean, difference, discordant),
            base_mean,
            difference,
            pairs: pairs.len(),
            failing: [
                pairs.iter().filter(|(a, _)| fails(*a)).count(),
                pairs.iter().filter(|(_, b)| fails(*b)).count(),
            ],
            p_value: p_value.filter(|_| is_tested),
            not_compared,
            is_below_resolution: is_percentile && discordant.all() == 0 && mean.abs() < step,
            is_starred: false,
            effect: Effect::NotShown,
            level: 0.05,
            paired: paired.filter(|_| test.is_some() && discordant.all() == 0),
            direction: match discordant.all() {
                0 => mean.partial_cmp(&0.0).unwrap_or(Ordering::Equal),
                _ => discordant.variant.cmp(&discordant.base),
            },
        }
    }
}

/// The value that is shown everywhere.
fn value(outcome: &Outcome, metric: &str) -> Option<f64> {
    outcome.summary(metric)?.value()
}

fn standing(is_same: bool, base_mean: f64, difference: Option<Estimate>, discordant: Discordant) -> Standing {
    if is_same {
        return Standing::Same;
    }
    if discordant.all() > 0 {
        let is_clear = discordant.p_value() <= 0.05;
        return if is_clear { Standing::Differs } else { Standing::Unclear };
    }
    let Some([low, high]) = difference.and_then(Estimate::interval) else { return Standing::Unclear };
    let margin = MARGIN * base_mean.abs();
    if -margin <= low && high <= margin {
        Standing::Near
    } else if low > 0.0 || high < 0.0 {
        Standing::Differs
    } else {
        Standing::Unclear
    }
}
