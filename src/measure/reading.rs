//! What a metric is computed from in one run: a number, a part of a whole, or ranks in a distribution.
//!
//! Runs are put together from these, not from finished values: a percentile of all runs is that of their distributions
//! added, and a share of all runs is that of their counts added.

use super::histogram::Histogram;
use serde::{Deserialize, Serialize};

/// What one run says about a metric.
#[derive(Clone, Copy, Debug)]
pub enum Reading<'r> {
    /// Nothing: the layer is left out, or nothing happened.
    Absent,
    /// A number.
    Number(f64),
    /// The longest of a distribution; infinite if anything in it never ended.
    Longest(f64),
    /// How many of how many.
    Part(Part),
    /// A percentile, and the distribution that it is read from.
    Percentile {
        /// Such as 0.99.
        quantile: f64,
        /// The distribution.
        ranked: Ranked<'r>,
    },
}

impl Reading<'_> {
    /// The metric's value in this run. Only a percentile or the longest can be infinite, see [`Ranked::quantile_seconds`].
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Absent => None,
            Self::Number(value) => Some(*value).filter(|value| value.is_finite()),
            Self::Longest(seconds) => Some(*seconds),
            Self::Part(part) => Some(part.share()),
            Self::Percentile { quantile, ranked } => ranked.quantile_seconds(*quantile),
        }
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Part {
    /// Those of one sort.
    pub count: u64,
    /// All; not zero.
    pub of: u64,
}

impl Part {
    /// So many of all; nothing if there are none.
    #[must_use]
    pub fn of(count: u64, of: u64) -> Option<Self> {
        (of > 0).then_some(Self { count, of })
    }

    /// The part as a share.
    #[must_use]
    pub fn share(self) -> f64 {
        self.count as f64 / self.of as f64
    }
}

/// Lengths of time in order, and how many things took longer than all of them.
#[derive(Clone, Copy, Debug)]
pub struct Ranked<'r> {
    /// Those that have a length.
    pub histogram: &'r Histogram,
    /// Those that never ended, such as failed requests: slower than any answer.
    pub beyond: u64,
}

impl<'r> Ranked<'r> {
    /// A distribution in which everything has a length.
    #[must_use]
    pub fn of(histogram: &'r Histogram) -> Self {
        Self { histogram, beyond: 0 }
    }

    /// How many there are.
    #[must_use]
    pub fn total(self) -> u64 {
        self.histogram.count() + self.beyond
    }

    /// The quantile in seconds, such as 0.99; infinite if more are beyond all lengths than the quantile leaves; nothing
    /// if there are none.
    #[must_use]
    pub fn quantile_seconds(self, quantile: f64) -> Option<f64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        Some(self.histogram.at_rank((quantile * total as f64).ceil()).unwrap_or(f64::INFINITY))
    }

    /// The share that took at most this long; all that ended if `seconds` is infinite. Nothing if there are none.
    #[must_use]
    pub fn share_within(self, seconds: f64) -> Option<f64> {
        let total = self.total();
        (total > 0).then(|| self.histogram.count_within(seconds) / total as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    /// 900 answers of 1 … 900 ms and 100 failures: p90 is the slowest answer, and all above it fails.
    #[test]
    fn what_never_ended_is_slower_than_any_answer() {
        let mut histogram = Histogram::default();
        (1..=900).for_each(|millis| histogram.record(Duration::from_millis(millis)));
        let ranked = Ranked { histogram: &histogram, beyond: 100 };
        assert_eq!(ranked.quantile_seconds(0.9), Some(0.9));
        assert_eq!(ranked.quantile_seconds(0.901), Some(f64::INFINITY));
        let median = ranked.quantile_seconds(0.5).expect("there are some");
        assert!((median / 0.5 - 1.0).abs() < 0.004, "{median}");
        assert_eq!(ranked.share_within(f64::INFINITY), Some(0.9));
        let half = ranked.share_within(0.45).expect("there are some");
        assert!((half - 0.45).abs() < 0.001, "{half}");
        let none = Histogram::default();
        assert_eq!(Ranked { histogram: &none, beyond: 3 }.quantile_seconds(0.5), Some(f64::INFINITY));
        assert_eq!(Ranked::of(&none).quantile_seconds(0.5), None);
    }
}
