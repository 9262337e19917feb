//! What happened when: counts, levels and latencies in buckets of equal length.

use super::stored;
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// The buckets that a run is cut into for its time series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Timeline {
    width: Duration,
    buckets: usize,
    end: Instant,
}

/// At most so many buckets: more than a chart has pixels for.
const BUCKETS_MAX: u64 = 600;

/// At most so many where it matters when something was over: the seconds of an hour.
const MOMENTS_MAX: u64 = 3_600;

impl Timeline {
    /// Cuts a run of this length into buckets of a round width.
    #[must_use]
    pub fn for_run(length: Duration) -> Self {
        Self::with_at_most(length, BUCKETS_MAX)
    }

    /// Cuts a run of this length as finely as the length of a recovery is told: into seconds if it lasts up to an hour.
    #[must_use]
    pub fn for_events(length: Duration) -> Self {
        let second = Duration::from_secs(1);
        let (coarse, fine) = (Self::for_run(length), Self::with_at_most(length, MOMENTS_MAX));
        let width = fine.width.max(coarse.width.min(second));
        let buckets = length.as_nanos().div_ceil(width.as_nanos()).max(1) as usize;
        Self { width, buckets, end: Instant::ZERO + length }
    }

    fn with_at_most(length: Duration, buckets_max: u64) -> Self {
        const ROUND_MILLIS: [u64; 18] = [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 300_000,
            900_000,
        ];
        let fits = |width: &Duration| width.as_nanos() * buckets_max >= length.as_nanos();
        let hour = Duration::from_secs(3_600);
        let hours = || hour * length.as_nanos().div_ceil(hour.as_nanos() * buckets_max);
        let width = ROUND_MILLIS.into_iter().map(Duration::from_millis).find(fits).unwrap_or_else(hours);
        let buckets = length.as_nanos().div_ceil(width.as_nanos()).max(1) as usize;
        Self { width, buckets, end: Instant::ZERO + length }
    }

    /// The length of one bucket.
    #[must_use]
    pub fn width(self) -> Duration {
        self.width
    }

    /// How many there are.
    #[must_use]
    pub fn buckets(self) -> usize {
        self.buckets
    }

    /// The bucket that `now` falls into; nothing after the end of the run, when what is left drains.
    #[inline]
    #[must_use]
    pub fn bucket(self, now: Instant) -> Option<usize> {
        (now < self.end).then(|| (now.as_nanos() / self.width.as_nanos()) as usize)
    }
}

/// A number for each bucket.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Series {
    timeline: Timeline,
    values: Vec<f64>,
}

impl Series {
    /// Zero everywhere.
    #[must_use]
    pub fn new(timeline: Timeline) -> Self {
        Self { timeline, values: vec![0.0; timeline.buckets] }
    }

    /// One more now. Counts stay far below 2^53, so that adding them is exact.
    #[inline]
    pub fn count(&mut self, now: Instant) {
        if let Some(bucket) = self.timeline.bucket(now) {
            self.values[bucket] += 1.0;
        }
    }

    /// The level of a bucket.
    pub fn set(&mut self, bucket: usize, level: f64) {
        self.values[bucket] = level;
    }

    /// What lies between two times, if what a bucket holds is spread evenly over it. Of a series of levels it is the
    /// area, in levels times buckets.
    #[must_use]
    pub fn sum(&self, from: Instant, to: Instant) -> f64 {
        let width = self.timeline.width.as_nanos();
        let (from, to) = (from.as_nanos(), to.min(self.timeline.end).as_nanos());
        let part = |(start, value): (u64, &f64)| {
            let end = (start + width).min(self.timeline.end.as_nanos());
            let inside = to.min(end).saturating_sub(from.max(start));
            value * inside as f64 / (end - start).max(1) as f64
        };
        (0..).step_by(width as usize).zip(&self.values).map(part).sum()
    }

    /// The value of each bucket.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

/// A coarse latency histogram for each bucket: quantiles within 6.25 %, for charts.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LatencySeries {
    timeline: Timeline,
    /// A row for each bucket that has seen anything.
    #[serde(with = "stored::rows")]
    rows: Vec<Option<Box<[u32; CELLS]>>>,
}

/// Eight cells for each doubling, from 1 µs up.
const CELLS_PER_OCTAVE: u32 = 8;
const OCTAVES: u32 = 30;
pub(super) const CELLS: usize = (CELLS_PER_OCTAVE * OCTAVES) as usize;

impl LatencySeries {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(timeline: Timeline) -> Self {
        Self { timeline, rows: vec![None; timeline.buckets] }
    }

    /// How many buckets there are.
    pub(super) fn buckets(&self) -> usize {
        self.rows.len()
    }

    /// A latency that ended now.
    #[inline]
    pub fn record(&mut self, now: Instant, latency: Duration) {
        if let Some(bucket) = self.timeline.bucket(now) {
            let row = self.rows[bucket].get_or_insert_with(|| Box::new([0; CELLS]));
            let cell = &mut row[Self::cell(latency)];
            *cell = cell.saturating_add(1);
        }
    }

    /// Adds what another replication has seen.
    pub fn add(&mut self, other: &Self) {
        for (own, row) in self.rows.iter_mut().zip(&other.rows) {
            if let Some(row) = row {
                let own = own.get_or_insert_with(|| Box::new([0; CELLS]));
                own.iter_mut().zip(row.iter()).for_each(|(a, b)| *a = a.saturating_add(*b));
            }
        }
    }

    /// The quantile of each bucket in seconds; NaN where nothing was seen.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Vec<f64> {
        self.quantile_with(quantile, &[])
    }

    /// The same of all requests, of which so many failed in each bucket: infinite where these are more than the quantile
    /// leaves.
    #[must_use]
    pub fn quantile_with(&self, quantile: f64, failures: &[f64]) -> Vec<f64> {
        let failures = failures.iter().copied().chain(std::iter::repeat(0.0));
        let rows = self.rows.iter().zip(failures);
        rows.map(|(row, failed)| match row {
            Some(row) => Self::row_quantile(row, quantile, failed),
            None if failed > 0.0 => f64::INFINITY,
            None => f64::NAN,
        })
        .collect()
    }

    fn row_quantile(row: &[u32; CELLS], quantile: f64, failed: f64) -> f64 {
        let answers: u64 = row.iter().map(|&n| u64::from(n)).sum();
        let wanted = (((answers as f64 + failed) * quantile).ceil() as u64).max(1);
        if wanted > answers {
            return f64::INFINITY;
        }
        let mut seen = 0;
        let cell = row.iter().position(|&n| {
            seen += u64::from(n);
            seen >= wanted
        });
        Self::middle_micros(cell.unwrap_or(CELLS - 1)) / 1e6
    }

    /// The ends of a cell in seconds.
    pub(super) fn ends_of(cell: usize) -> [f64; 2] {
        let octave = (1u64 << (cell as u32 / CELLS_PER_OCTAVE)) as f64;
        let part = f64::from(cell as u32 % CELLS_PER_OCTAVE);
        [part, part + 1.0].map(|part| octave * (1.0 + part / f64::from(CELLS_PER_OCTAVE)) / 1e6)
    }

    #[inline]
    pub(super) fn cell(latency: Duration) -> usize {
        let micros = (latency.as_nanos() / 1_000).max(1);
        let octave = micros.ilog2();
        // The three bits below the leading one.
        let part = if octave >= 3 { micros >> (octave - 3) } else { micros << (3 - octave) } & 7;
        ((octave * CELLS_PER_OCTAVE) as usize + part as usize).min(CELLS - 1)
    }

    fn middle_micros(cell: usize) -> f64 {
        let octave = (1u64 << (cell as u32 / CELLS_PER_OCTAVE)) as f64;
        octave * (1.0 + (f64::from(cell as u32 % CELLS_PER_OCTAVE) + 0.5) / f64::from(CELLS_PER_OCTAVE))
    }
}

/// The highest count within one second of the simulated clock.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct PeakPerSecond {
    second: u64,
    count: u64,
    peak: u64,
}

impl PeakPerSecond {
    /// One more now.
    #[inline]
    pub fn count(&mut self, now: Instant) {
        let second = now.as_nanos() / 1_000_000_000;
        if second != self.second {
            self.second = second;
            self.count = 0;
        }
        self.count += 1;
        self.peak = self.peak.max(self.count);
    }

    /// The highest count so far.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// The highest rate per second of `all` that were counted in so many seconds. Where the parts of a second at both
    /// ends, or the only one, were busier than the whole seconds, that is the mean.
    #[must_use]
    pub fn rate(&self, all: u64, seconds: f64) -> f64 {
        (self.peak as f64).max(all as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_round_and_not_too_many() {
        for (seconds, width_ms) in
            [(60, 100), (600, 1_000), (1, 2), (3_600, 10_000), (30 * 86_400, 2 * 3_600_000)]
        {
            let timeline = Timeline::for_run(Duration::from_secs(seconds));
            assert_eq!(timeline.width(), Duration::from_millis(width_ms), "{seconds} s");
            assert!(timeline.buckets() <= BUCKETS_MAX as usize);
        }
    }

    #[test]
    fn the_last_bucket_ends_with_the_run() {
        let timeline = Timeline::for_run(Duration::from_millis(60_050));
        let bucket = |millis| timeline.bucket(Instant::ZERO + Duration::from_millis(millis));
        assert_eq!((timeline.width(), timeline.buckets()), (Duration::from_millis(200), 301));
        assert_eq!([60_000, 60_049, 60_050, 60_199].map(bucket), [Some(300), Some(300), None, None]);
    }

    #[test]
    fn quantiles_over_time_are_within_their_stated_error() {
        let timeline = Timeline::for_run(Duration::from_secs(600));
        let mut series = LatencySeries::new(timeline);
        let second = |n| Instant::ZERO + Duration::from_secs(n);
        for micros in [1u64, 3, 47, 1_000, 12_345, 999_999, 50_000_000] {
            let bucket = micros as usize % 600;
            (0..100).for_each(|_| series.record(second(bucket as u64), Duration::from_micros(micros)));
            let value = series.quantile(0.5)[bucket] * 1e6;
            assert!((value / micros as f64 - 1.0).abs() < 0.0626, "{micros}: {value}");
        }
        assert!(series.quantile(0.5)[599 - 1].is_nan());
    }

    /// In an outage in which 12 of 100 requests fail and all others are answered in a microsecond, p88 is that
    /// microsecond and what lies above fails.
    #[test]
    fn percentiles_over_time_fail_where_requests_fail() {
        let mut series = LatencySeries::new(Timeline::for_run(Duration::from_secs(600)));
        (0..88).for_each(|_| series.record(Instant::ZERO, Duration::from_micros(1)));
        let failures = [12.0, 5.0];
        let found = [0.88, 0.89].map(|quantile| series.quantile_with(quantile, &failures));
        assert!(found[0][0] < 1.1e-6 && found[1][0] == f64::INFINITY);
        assert!(found[0][1] == f64::INFINITY && found[0][2].is_nan());
    }

    #[test]
    fn the_peak_is_the_fullest_second() {
        let mut peak = PeakPerSecond::default();
        for millis in [0, 500, 999, 1_000, 1_001, 1_002, 1_999, 5_000] {
            peak.count(Instant::ZERO + Duration::from_millis(millis));
        }
        assert_eq!(peak.peak(), 4);
        // Eight in six seconds; and if they were all of a window of 0.8 s, ten per second.
        assert!((peak.rate(8, 6.0) - 4.0).abs() < 1e-12);
        assert!((peak.rate(8, 0.8) - 10.0).abs() < 1e-12);
    }
}
