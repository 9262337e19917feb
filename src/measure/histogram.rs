//! The distribution of a length of time: latencies, waits, staleness, ages.
//!
//! An HDR histogram with two significant digits: a quantile is within 0.4 % of the true value at any
//! percentile, over the whole window and not a sample of it. The mean, the shortest and the longest are exact.
//! Adding two histograms is adding integers, so that the result does not hang on the order.

use super::stored;
use crate::time::Duration;
use hdrhistogram::Histogram as Hdr;
use serde::{Deserialize, Serialize};

/// 2^47 ns, about 39 hours: what is longer counts as this long, and is counted.
const HIGHEST_NANOS: u64 = 1 << 47;
/// Values are told apart down to about this: half a microsecond.
const LOWEST_NANOS: u64 = 1_000;
const SIGNIFICANT_DIGITS: u8 = 2;

/// How often a length of time was seen.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Histogram {
    /// Made when first needed: many layers have many of them.
    #[serde(with = "stored::cells")]
    cells: Option<Box<Hdr<u64>>>,
    count: u64,
    sum_nanos: u128,
    shortest_nanos: u64,
    longest_nanos: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { cells: None, count: 0, sum_nanos: 0, shortest_nanos: u64::MAX, longest_nanos: 0 }
    }
}

impl Histogram {
    /// Counts one length of time.
    #[inline]
    pub fn record(&mut self, value: Duration) {
        let nanos = value.as_nanos();
        self.count += 1;
        self.sum_nanos += u128::from(nanos);
        self.shortest_nanos = self.shortest_nanos.min(nanos);
        self.longest_nanos = self.longest_nanos.max(nanos);
        self.cells.get_or_insert_with(new_cells).saturating_record(nanos);
    }

    /// Adds all that `other` has counted.
    #[expect(clippy::missing_panics_doc, reason = "all histograms are made with the same bounds")]
    pub fn add(&mut self, other: &Self) {
        if let Some(cells) = &other.cells {
            let own = self.cells.get_or_insert_with(new_cells);
            own.add(&**cells).expect("all histograms have the same bounds");
            self.count += other.count;
            self.sum_nanos += other.sum_nanos;
            self.shortest_nanos = self.shortest_nanos.min(other.shortest_nanos);
            self.longest_nanos = self.longest_nanos.max(other.longest_nanos);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact mean in seconds; nothing if nothing was counted.
    #[must_use]
    pub fn mean_seconds(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_nanos as f64 / self.count as f64 / 1e9)
    }

    /// The quantile in seconds, such as 0.99; nothing if nothing was counted.
    #[must_use]
    pub fn quantile_seconds(&self, quantile: f64) -> Option<f64> {
        let cells = self.cells.as_ref()?;
        // The shortest and the longest are known better than the middle of their cells.
        let rank = (quantile * self.count as f64).ceil();
        Some(if rank >= self.count as f64 {
            seconds(self.longest_nanos)
        } else if rank <= 1.0 {
            seconds(self.shortest_nanos)
        } else {
            self.middle(cells.value_at_quantile(quantile))
        })
    }

    /// The share that is longer than `limit`; nothing if nothing was counted.
    #[must_use]
    pub fn share_above(&self, limit: Duration) -> Option<f64> {
        let cells = self.cells.as_ref()?;
        if limit.as_nanos() < self.shortest_nanos {
            return Some(1.0);
        }
        if limit.as_nanos() >= self.longest_nanos {
            return Some(0.0);
        }
        let above = self.count - cells.count_between(0, limit.as_nanos().min(HIGHEST_NANOS));
        Some(above as f64 / self.count as f64)
    }

    /// Every cell that holds anything: (seconds at its middle, how many), in order.
    pub fn cells(&self) -> impl Iterator<Item = (f64, u64)> {
        self.cells.iter().flat_map(|cells| {
            cells.iter_recorded().map(|cell| (self.middle(cell.value_iterated_to()), cell.count_at_value()))
        })
    }

    fn middle(&self, nanos: u64) -> f64 {
        let cells = self.cells.as_ref().expect("a cell belongs to cells");
        // The first cell stands for "shorter than can be told apart", which is best called zero.
        let middle = if nanos < LOWEST_NANOS / 2 + 12 { 0 } else { cells.median_equivalent(nanos) };
        // All that a cell holds may lie on one side of its middle.
        seconds(middle.clamp(self.shortest_nanos, self.longest_nanos))
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

#[expect(clippy::unnecessary_box_returns, reason = "a box is what a histogram keeps")]
pub(super) fn new_cells() -> Box<Hdr<u64>> {
    let cells = Hdr::new_with_bounds(LOWEST_NANOS, HIGHEST_NANOS, SIGNIFICANT_DIGITS);
    Box::new(cells.expect("the bounds are sound"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_their_stated_error_and_the_mean_is_exact() {
        let mut histogram = Histogram::default();
        for millis in 1..=10_000 {
            histogram.record(Duration::from_millis(millis));
        }
        for (quantile, seconds) in [(0.01, 0.1), (0.5, 5.0), (0.99, 9.9), (0.999, 9.99), (1.0, 10.0)] {
            let value = histogram.quantile_seconds(quantile).expect("something was counted");
            assert!((value / seconds - 1.0).abs() <= 0.004, "{quantile}: {value}");
        }
        let mean = histogram.mean_seconds().expect("something was counted");
        assert!((mean - 5.0005).abs() < 1e-12);
        let above = histogram.share_above(Duration::from_secs(9)).expect("something was counted");
        // The cell that the limit lies in counts as below it; it is at most 1/128 of 9 s wide, and each
        // second holds a tenth of the values.
        assert!((above - 0.1).abs() <= 9.0 / 128.0 / 10.0, "{above}");
    }

    #[test]
    fn what_is_always_the_same_is_so_at_every_quantile() {
        for nanos in [0, 1, 300, 511, 1_000, 5_000_000, 40_000_000, 1_234_567_890, HIGHEST_NANOS * 3] {
            let value = Duration::from_nanos(nanos);
            for count in [1, 2, 1_000] {
                let mut histogram = Histogram::default();
                (0..count).for_each(|_| histogram.record(value));
                for quantile in [0.0, 0.01, 0.5, 0.99, 0.999, 1.0] {
                    let found = histogram.quantile_seconds(quantile);
                    assert_eq!(found, Some(value.as_secs_f64()), "{count} times {nanos} ns, {quantile}");
                }
                let shares = [nanos.saturating_sub(1), nanos]
                    .map(|limit| histogram.share_above(Duration::from_nanos(limit)));
                assert_eq!(shares, [Some(if nanos == 0 { 0.0 } else { 1.0 }), Some(0.0)], "{nanos} ns");
                assert!(histogram.cells().eq([(value.as_secs_f64(), count)]), "{nanos} ns");
            }
        }
    }

    #[test]
    fn no_quantile_lies_outside_of_what_was_recorded() {
        let mut histogram = Histogram::default();
        for nanos in [5_030_000, 5_031_000, 5_032_000, 70_001, 70_002, 70_003] {
            histogram.record(Duration::from_nanos(nanos));
        }
        for percent in 0..=100 {
            let value =
                histogram.quantile_seconds(f64::from(percent) / 100.0).expect("something was counted");
            assert!((70_001e-9..=5_032_000e-9).contains(&value), "{percent} %: {value}");
        }
        assert_eq!(histogram.quantile_seconds(1.0), Some(5_032_000e-9), "the longest is exact");
    }

    #[test]
    fn zero_stays_zero_and_nothing_has_no_quantile() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.mean_seconds(), histogram.quantile_seconds(0.5)), (None, None));
        histogram.record(Duration::ZERO);
        assert_eq!((histogram.mean_seconds(), histogram.quantile_seconds(0.5)), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn added_histograms_count_as_one() {
        let (mut a, mut b, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for n in 0..1_000u64 {
            let value = Duration::from_micros(n * n);
            if n % 3 == 0 {
                a.record(value);
            } else {
                b.record(value);
            }
            both.record(value);
        }
        a.add(&b);
        assert_eq!((a.count(), a.mean_seconds()), (both.count(), both.mean_seconds()));
        assert!(a.cells().eq(both.cells()));
    }
}
