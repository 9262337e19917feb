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
pub(super) const HIGHEST_NANOS: u64 = 1 << 47;
/// Values are told apart down to about this: half a microsecond.
const LOWEST_NANOS: u64 = 1_000;
const SIGNIFICANT_DIGITS: u8 = 2;
/// The narrowest cell.
const FIRST_CELL_NANOS: f64 = 512.0;

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
        self.at_rank((quantile * self.count as f64).ceil())
    }

    /// The length at this rank, of which the shortest has 1; nothing if there are not that many. Between the ends of a
    /// cell the lengths in it count as evenly spread, so that a quantile follows its rank inside a cell too.
    #[must_use]
    pub(super) fn at_rank(&self, rank: f64) -> Option<f64> {
        if self.count == 0 || rank > self.count as f64 {
            return None;
        }
        // The shortest and the longest are exact.
        if rank >= self.count as f64 {
            return Some(seconds(self.longest_nanos as f64));
        }
        if rank <= 1.0 {
            return Some(seconds(self.shortest_nanos as f64));
        }
        let (cell, before) = self.ranges().find(|(cell, before)| rank <= before + cell.count)?;
        let nanos =
            if cell.low == 0.0 { 0.0 } else { cell.low + cell.width * (rank - 0.5 - before) / cell.count };
        // All that a cell holds may lie on one side.
        Some(seconds(nanos.clamp(self.shortest_nanos as f64, self.longest_nanos as f64)))
    }

    /// How many are at most this long; lengths are spread inside a cell as in [`Histogram::quantile_seconds`].
    #[must_use]
    pub(super) fn count_within(&self, limit_seconds: f64) -> f64 {
        if limit_seconds >= seconds(self.longest_nanos as f64) {
            return self.count as f64;
        }
        if self.count == 0 || limit_seconds < seconds(self.shortest_nanos as f64) {
            return 0.0;
        }
        let limit = limit_seconds * 1e9;
        let last = self.ranges().take_while(|(cell, _)| cell.low <= limit).last();
        last.map_or(0.0, |(cell, before)| {
            let inside = if cell.low == 0.0 { 1.0 } else { (limit - cell.low) / cell.width };
            before + cell.count * inside.clamp(0.0, 1.0)
        })
    }

    /// Every cell that holds anything, by a value in it, and how many it holds.
    pub(super) fn held(&self) -> Vec<(u64, u64)> {
        let cells = self.cells.iter().flat_map(|cells| cells.iter_recorded());
        cells.map(|cell| (cell.value_iterated_to(), cell.count_at_value())).collect()
    }

    /// As [`Histogram::count_within`], of those that were there when [`Histogram::held`] was `held`.
    pub(super) fn count_within_of(&self, held: &[(u64, u64)], limit_seconds: f64) -> f64 {
        if self.count == 0 || limit_seconds < seconds(self.shortest_nanos as f64) {
            return 0.0;
        }
        let limit = if limit_seconds >= seconds(self.longest_nanos as f64) {
            f64::INFINITY
        } else {
            limit_seconds * 1e9
        };
        let within = |(value, count): &(u64, u64)| {
            let cells = self.cells.as_ref().expect("something was counted");
            let [low, width] =
                [cells.lowest_equivalent(*value), cells.equivalent_range(*value)].map(|it| it as f64);
            let inside = if low == 0.0 { 1.0 } else { (limit - low) / width };
            *count as f64 * inside.clamp(0.0, 1.0)
        };
        held.iter().map(within).sum()
    }

    /// The width of a cell at this length: about 1/128 of it, and no less than half a microsecond.
    #[must_use]
    pub fn step_seconds(at: f64) -> f64 {
        (at.abs() / 128.0).max(FIRST_CELL_NANOS / 1e9)
    }

    /// How many are longer than `limit`, as far as cells can tell.
    #[must_use]
    pub fn count_above(&self, limit: Duration) -> u64 {
        let Some(cells) = self.cells.as_ref() else { return 0 };
        if limit.as_nanos() < self.shortest_nanos {
            return self.count;
        }
        if limit.as_nanos() >= self.longest_nanos {
            return 0;
        }
        self.count - cells.count_between(0, limit.as_nanos().min(HIGHEST_NANOS))
    }

    /// The share that is longer than `limit`; nothing if nothing was counted.
    #[must_use]
    pub fn share_above(&self, limit: Duration) -> Option<f64> {
        (self.count > 0).then(|| self.count_above(limit) as f64 / self.count as f64)
    }

    /// Every cell that holds anything, with how many lie in the cells before it.
    fn ranges(&self) -> impl Iterator<Item = (Range, f64)> {
        let cells = self.cells.iter().flat_map(|cells| {
            cells.iter_recorded().map(|cell| Range {
                low: cells.lowest_equivalent(cell.value_iterated_to()) as f64,
                width: cells.equivalent_range(cell.value_iterated_to()) as f64,
                count: cell.count_at_value() as f64,
            })
        });
        cells.scan(0.0, |before, cell| {
            let so_far = *before;
            *before += cell.count;
            Some((cell, so_far))
        })
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
        seconds(middle.clamp(self.shortest_nanos, self.longest_nanos) as f64)
    }
}

/// A cell: how many lengths lie from `low` up to `low + width`, in nanoseconds.
struct Range {
    low: f64,
    width: f64,
    count: f64,
}

fn seconds(nanos: f64) -> f64 {
    nanos / 1e9
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

    /// The cell of 512,000 ns is 2,048 ns wide. It holds ranks 101 to 200; rank 150 lies at its share of the width:
    /// 512,000 + 2,048 · (150 − ½ − 100) / 100.
    #[test]
    fn a_quantile_is_interpolated_inside_its_cell() {
        let mut histogram = Histogram::default();
        (0..100).for_each(|_| histogram.record(Duration::from_nanos(300_000)));
        (0..100).for_each(|n| histogram.record(Duration::from_nanos(512_000 + 20 * n)));
        (0..100).for_each(|_| histogram.record(Duration::from_nanos(900_000)));
        let value = histogram.quantile_seconds(0.5).expect("something was counted");
        assert!((value - 513_013.76e-9).abs() < 1e-15, "{value}");
        // And back: the rank in the middle of its interval.
        assert!((histogram.count_within(value) - 149.5).abs() < 1e-6);
    }

    #[test]
    fn the_step_of_a_quantile_is_the_width_of_its_cell() {
        for (seconds, step) in [(0.128, 0.001), (-0.128, 0.001), (1e-6, 512e-9), (0.0, 512e-9)] {
            assert!((Histogram::step_seconds(seconds) - step).abs() < 1e-15, "{seconds}");
        }
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
