//! Variants side by side: what each changes, and whether that is more than chance.
//!
//! All variants see the same random traffic, so that they are compared replication by replication: the
//! difference of two numbers that have their luck in common varies far less than either of them. Whether a mean
//! difference is chance is asked by a paired t-test, and since a table asks that many times, the answers are
//! corrected together by Holm's method (S. Holm, Scandinavian Journal of Statistics 6, 1979): the chance that
//! even one difference of the table is taken for real and is none stays at most 5 %. The metrics that have an objective
//! are a family of their own, so that what the user cares for does not hang on how many others are looked at.

use super::outcome::Outcome;
use super::statistics::{Estimate, paired_p_value};
use crate::measure::Metric;

/// The outcomes of several variants on the same traffic; the first is what the others are compared with.
pub struct Comparison {
    /// One for each variant.
    pub outcomes: Vec<Outcome>,
}

/// What one variant does to one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Of the variant; nothing if the metric has no value there.
    pub value: Option<Estimate>,
    /// Variant less base, over the replications in which both have a value.
    pub difference: Option<Estimate>,
    /// The chance of a difference as large as this if there were none, before it is corrected.
    pub p_value: Option<f64>,
    /// Whether the difference is more than chance, all of the table considered.
    pub is_significant: bool,
}

/// One metric of all variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub metric: Metric,
    /// Of the base.
    pub base: Option<Estimate>,
    /// For each other variant.
    pub changes: Vec<Change>,
}

/// All differences of a table that are called significant are real with this chance at least.
const CONFIDENCE: f64 = 0.95;

impl Comparison {
    /// What the others are compared with.
    #[must_use]
    pub fn base(&self) -> &Outcome {
        &self.outcomes[0]
    }

    /// The variants that are compared with it.
    #[must_use]
    pub fn variants(&self) -> &[Outcome] {
        &self.outcomes[1..]
    }

    /// The rows of those metrics that are chosen and have a value somewhere, in the order of the registry.
    pub fn rows(&self, chosen: impl Fn(&Metric) -> bool) -> Vec<Row> {
        let metrics = self.base().metrics.iter().enumerate();
        let rows = metrics.filter(|(_, (metric, _))| chosen(metric)).map(|(index, _)| self.row(index));
        let has_value =
            |row: &Row| row.base.is_some() || row.changes.iter().any(|change| change.value.is_some());
        let mut rows: Vec<Row> = rows.filter(has_value).collect();
        correct(rows.iter_mut().filter(|row| self.has_objective(&row.metric)));
        correct(rows.iter_mut().filter(|row| !self.has_objective(&row.metric)));
        rows
    }

    /// Whether a variant, counted from 1, has the value of the base in each metric and each replication, to the bit.
    #[must_use]
    pub fn is_same_as_base(&self, variant: usize) -> bool {
        let bits = |outcome: &Outcome| -> Vec<Vec<Option<u64>>> {
            let of = |values: &[Option<f64>]| values.iter().map(|value| value.map(f64::to_bits)).collect();
            outcome.metrics.iter().map(|(_, values)| of(values)).collect()
        };
        bits(self.base()) == bits(&self.outcomes[variant])
    }

    /// Whether somebody has set a limit for a metric.
    #[must_use]
    pub fn has_objective(&self, metric: &Metric) -> bool {
        self.base().objectives.iter().any(|objective| objective.metric.value == metric.name)
    }

    fn row(&self, index: usize) -> Row {
        let values = |outcome: &Outcome| outcome.metrics[index].1.clone();
        let of =
            |values: &[Option<f64>]| Estimate::of(&values.iter().copied().flatten().collect::<Vec<f64>>());
        let base = values(self.base());
        let change = |variant: &Outcome| {
            let values = values(variant);
            let pairs = base.iter().zip(&values);
            let differences: Vec<f64> =
                pairs.filter_map(|(base, value)| Some((*value)? - (*base)?)).collect();
            Change {
                value: of(&values),
                difference: Estimate::of(&differences),
                p_value: paired_p_value(&differences),
                is_significant: false,
            }
        };
        Row {
            metric: self.base().metrics[index].0.clone(),
            base: of(&base),
            changes: self.variants().iter().map(change).collect(),
        }
    }
}

/// Holm's method: the smallest of m values is held against 5 % / m, the next against 5 % / (m - 1), and so on until
/// one is too large.
fn correct<'r>(rows: impl Iterator<Item = &'r mut Row>) {
    let mut tested: Vec<&mut Change> =
        rows.flat_map(|row| &mut row.changes).filter(|change| change.p_value.is_some()).collect();
    tested.sort_by(|a, b| a.p_value.partial_cmp(&b.p_value).expect("a chance is a number"));
    let count = tested.len();
    for (rank, change) in tested.into_iter().enumerate() {
        let level = (1.0 - CONFIDENCE) / (count - rank) as f64;
        if change.p_value.is_none_or(|p_value| p_value > level) {
            return;
        }
        change.is_significant = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{MetricKind, Unit, Wanted};

    fn row(p_values: &[f64]) -> Row {
        let change = |p_value: &f64| Change {
            value: None,
            difference: None,
            p_value: Some(*p_value),
            is_significant: false,
        };
        let metric = Metric {
            name: "m".into(),
            unit: Unit::Count,
            kind: MetricKind::Count,
            whole: "",
            sentence: "A metric.",
            wanted: Wanted::Either,
        };
        Row { metric, base: None, changes: p_values.iter().map(change).collect() }
    }

    /// The worked example of Holm's method with four hypotheses: 0.005 is held against 0.0125, 0.01 against 0.0167,
    /// 0.03 against 0.025 and fails, and with it 0.04.
    #[test]
    fn many_differences_are_corrected_together() {
        let mut rows = [row(&[0.01, 0.04]), row(&[0.03, 0.005])];
        correct(rows.iter_mut());
        let significant =
            |row: &Row| row.changes.iter().map(|change| change.is_significant).collect::<Vec<_>>();
        assert_eq!(significant(&rows[0]), [true, false]);
        assert_eq!(significant(&rows[1]), [false, true]);
    }

    #[test]
    fn a_single_difference_needs_no_correction() {
        let mut rows = [row(&[0.049])];
        correct(rows.iter_mut());
        assert!(rows[0].changes[0].is_significant);
    }
}
