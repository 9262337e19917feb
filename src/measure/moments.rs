//! What happened in each moment of a run, for what an event did and how long the system took to recover.
//!
//! Unlike the time series, latency and failures are those of the requests that *arrived* in a moment. A moment is a second
//! of runs of up to an hour, less of short ones; a run without events has the moments of its time series. So there are
//! at most 3,600, and each holds only the part of a coarse histogram that its latencies touch.

use super::timeline::{CELLS, LatencySeries, Timeline};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A run, moment by moment.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Moments {
    timeline: Timeline,
    all: Vec<Moment>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Moment {
    /// Requests that arrived in it and failed, and the latencies of those that were answered.
    failed: u32,
    latency: Spread,
    sum_nanos: u64,
    /// Requests that ended in it.
    ended: u32,
    /// Reads that reached the database in it.
    loads: u32,
}

/// The cells of a coarse histogram from the first that holds anything to the last.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Spread {
    first: u16,
    counts: Vec<u32>,
}

impl Spread {
    #[inline]
    fn count(&mut self, cell: usize) {
        let first = usize::from(self.first);
        if let Some(count) = cell.checked_sub(first).and_then(|place| self.counts.get_mut(place)) {
            *count = count.saturating_add(1);
        } else {
            self.widen(cell);
        }
    }

    #[cold]
    fn widen(&mut self, cell: usize) {
        let first = usize::from(self.first);
        if self.counts.is_empty() {
            self.first = cell as u16;
        } else if cell < first {
            self.counts.splice(0..0, std::iter::repeat_n(0, first - cell));
            self.first = cell as u16;
        }
        let place = cell - usize::from(self.first);
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += 1;
    }

    fn total(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }
}

impl Moments {
    /// Those of a run of this length; finer than its time series if something happens in it.
    #[must_use]
    pub fn new(length: Duration, has_events: bool) -> Self {
        let timeline = if has_events { Timeline::for_events(length) } else { Timeline::for_run(length) };
        Self { timeline, all: vec![Moment::default(); timeline.buckets()] }
    }

    /// Length of a moment.
    #[must_use]
    pub fn width(&self) -> Duration {
        self.timeline.width()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The moment that an instant is in; the end of the last one from the end of the run on.
    #[must_use]
    pub fn at(&self, instant: Instant) -> usize {
        self.timeline.bucket(instant).unwrap_or(self.all.len())
    }

    /// A request was answered.
    #[inline]
    pub fn answered(&mut self, arrived: Instant, now: Instant) {
        if let Some(moment) = self.timeline.bucket(arrived) {
            let moment = &mut self.all[moment];
            let took = now - arrived;
            moment.latency.count(LatencySeries::cell(took));
            moment.sum_nanos = moment.sum_nanos.saturating_add(took.as_nanos());
        }
        self.ended(now);
    }

    /// A request failed.
    #[inline]
    pub fn failed(&mut self, arrived: Instant, now: Instant) {
        if let Some(moment) = self.timeline.bucket(arrived) {
            self.all[moment].failed += 1;
        }
        self.ended(now);
    }

    #[inline]
    fn ended(&mut self, now: Instant) {
        if let Some(moment) = self.timeline.bucket(now) {
            self.all[moment].ended += 1;
        }
    }

    /// A read has reached the database.
    #[inline]
    pub fn load(&mut self, now: Instant) {
        if let Some(moment) = self.timeline.bucket(now) {
            self.all[moment].loads += 1;
        }
    }

    /// All that happened in these moments; nothing if there are none.
    #[must_use]
    pub fn stretch(&self, moments: Range<usize>) -> Stretch {
        let mut sum = Stretch::default();
        moments.clone().for_each(|moment| sum.add(&self.all[moment]));
        sum.seconds = moments.len() as f64 * self.width().as_secs_f64();
        sum
    }

    /// All stretches of so many moments that begin within a range, in order.
    pub fn slide(&self, begins: Range<usize>, length: usize) -> impl Iterator<Item = (usize, Stretch)> {
        let mut sum = self.stretch(begins.start..(begins.start + length).min(self.all.len()));
        let last = self.all.len().saturating_sub(length);
        (begins.start..begins.end.min(last + 1)).map(move |begin| {
            let now = (begin, sum.clone());
            if let Some(next) = self.all.get(begin + length) {
                sum.add(next);
                sum.remove(&self.all[begin]);
            }
            now
        })
    }

    /// Most requests under way at the end of one of these moments: waiting, or being served.
    #[must_use]
    pub fn under_way_max(&self, moments: Range<usize>) -> u64 {
        let mut under_way = 0u64;
        let levels = self.all.iter().map(|moment| {
            under_way += moment.latency.total() + u64::from(moment.failed);
            under_way = under_way.saturating_sub(moment.ended.into());
            under_way
        });
        levels.enumerate().filter(|(moment, _)| moments.contains(moment)).map(|it| it.1).max().unwrap_or(0)
    }

    /// The most reads of the database per second in one of these moments, averaged over a second where one is shorter.
    #[must_use]
    pub fn load_rate_max(&self, moments: Range<usize>) -> f64 {
        let width = self.width().as_nanos();
        let second = (1_000_000_000u64.div_ceil(width) as usize).min(moments.len()).max(1);
        let loads: Vec<u32> = self.all[moments].iter().map(|moment| moment.loads).collect();
        let most = loads.windows(second).map(|some| some.iter().map(|count| u64::from(*count)).sum::<u64>());
        most.max().unwrap_or(0) as f64 / (second as f64 * self.width().as_secs_f64())
    }
}

/// What happened in some moments together.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Requests that arrived and failed.
    pub failed: u64,
    /// Requests that arrived and were answered.
    pub answered: u64,
    /// Reads that reached the database.
    pub loads: u64,
    /// How long it is.
    pub seconds: f64,
    sum_nanos: u64,
    cells: Box<[u64; CELLS]>,
}

impl Default for Stretch {
    fn default() -> Self {
        Self { failed: 0, answered: 0, loads: 0, seconds: 0.0, sum_nanos: 0, cells: Box::new([0; CELLS]) }
    }
}

impl Stretch {
    fn add(&mut self, moment: &Moment) {
        self.failed += u64::from(moment.failed);
        self.loads += u64::from(moment.loads);
        self.sum_nanos = self.sum_nanos.wrapping_add(moment.sum_nanos);
        let first = usize::from(moment.latency.first);
        for (cell, count) in self.cells[first..].iter_mut().zip(&moment.latency.counts) {
            *cell += u64::from(*count);
            self.answered += u64::from(*count);
        }
    }

    fn remove(&mut self, moment: &Moment) {
        self.failed -= u64::from(moment.failed);
        self.loads -= u64::from(moment.loads);
        self.sum_nanos = self.sum_nanos.wrapping_sub(moment.sum_nanos);
        let first = usize::from(moment.latency.first);
        for (cell, count) in self.cells[first..].iter_mut().zip(&moment.latency.counts) {
            *cell -= u64::from(*count);
            self.answered -= u64::from(*count);
        }
    }

    /// Requests that arrived.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.answered + self.failed
    }

    /// Share of the requests that failed; nothing if none arrived.
    #[must_use]
    pub fn error_ratio(&self) -> Option<f64> {
        (self.requests() > 0).then(|| self.failed as f64 / self.requests() as f64)
    }

    /// Mean latency of the answers.
    #[must_use]
    pub fn mean_seconds(&self) -> Option<f64> {
        (self.answered > 0).then(|| self.sum_nanos as f64 / self.answered as f64 / 1e9)
    }

    /// Reads of the database per second.
    #[must_use]
    pub fn load_rate(&self) -> f64 {
        if self.seconds > 0.0 { self.loads as f64 / self.seconds } else { 0.0 }
    }

    /// The percentile of the latency of all requests, a failed one being slower than any answer: infinite if too many fail.
    /// Within 6.25 %.
    #[must_use]
    pub fn quantile_seconds(&self, quantile: f64) -> Option<f64> {
        self.of_rank(quantile, self.requests())
    }

    /// The percentile of the latency of the answers alone.
    #[must_use]
    pub fn answer_quantile_seconds(&self, quantile: f64) -> Option<f64> {
        self.of_rank(quantile, self.answered)
    }

    fn of_rank(&self, quantile: f64, total: u64) -> Option<f64> {
        if total == 0 {
            return None;
        }
        let rank = ((quantile * total as f64).ceil() as u64).max(1);
        let mut before = 0;
        for (cell, count) in self.cells.iter().enumerate() {
            if before + count >= rank {
                let [low, high] = LatencySeries::ends_of(cell);
                let within = ((rank - before) as f64 - 0.5) / *count as f64;
                return Some(low + (high - low) * within);
            }
            before += count;
        }
        Some(f64::INFINITY)
    }

    /// Answers that took longer than this, as far as the cells tell: those of the limit's own cell in proportion.
    #[must_use]
    pub fn later_than(&self, seconds: f64) -> u64 {
        let above = |(cell, count): (usize, &u64)| {
            let [low, high] = LatencySeries::ends_of(cell);
            *count as f64 * ((high - seconds) / (high - low)).clamp(0.0, 1.0)
        };
        self.cells.iter().enumerate().map(above).sum::<f64>().round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(millis)
    }

    /// Ten requests a second for 20 s, each answered after 30 ms; from 10 s to 12 s each fails after 1 s.
    fn outage() -> Moments {
        let mut moments = Moments::new(Duration::from_secs(20), true);
        for n in 0..200 {
            let arrived = at(n * 100);
            if (100..120).contains(&n) {
                moments.failed(arrived, at(n * 100 + 1_000));
            } else {
                moments.answered(arrived, at(n * 100 + 30));
                moments.load(arrived);
            }
        }
        moments
    }

    #[test]
    fn requests_belong_to_the_moment_in_which_they_arrive() {
        let moments = outage();
        let width = moments.width().as_nanos();
        let place = |seconds: u64| (seconds * 1_000_000_000 / width) as usize;
        let outage = moments.stretch(place(10)..place(12));
        assert_eq!((outage.failed, outage.answered, outage.loads), (20, 0, 0));
        assert_eq!(outage.quantile_seconds(0.5), Some(f64::INFINITY));
        let whole = moments.stretch(0..moments.count());
        assert_eq!((whole.requests(), whole.failed, whole.loads), (200, 20, 180));
        assert_eq!(whole.mean_seconds(), Some(0.03));
        // A tenth fails: p90 is an answer, and what is above it is none.
        let median = whole.quantile_seconds(0.9).expect("there are some");
        assert!((median / 0.03 - 1.0).abs() < 0.0626, "{median}");
        assert_eq!(whole.quantile_seconds(0.91), Some(f64::INFINITY));
        assert_eq!([0.01, 1.0].map(|limit| whole.later_than(limit)), [180, 0]);
        // Ten a second that last a second each.
        assert_eq!(moments.under_way_max(place(11)..place(12)), 10);
        assert!((moments.load_rate_max(0..place(10)) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn a_stretch_that_slides_is_the_same_as_one_that_is_added_up() {
        let moments = outage();
        let mut seen = 0;
        for (begin, stretch) in moments.slide(30..moments.count(), 25) {
            let anew = moments.stretch(begin..begin + 25);
            assert_eq!(
                (stretch.failed, stretch.answered, stretch.loads),
                (anew.failed, anew.answered, anew.loads)
            );
            assert_eq!(stretch.cells, anew.cells);
            seen += 1;
        }
        assert_eq!(seen, moments.count() - 25 - 30 + 1);
    }

    #[test]
    fn moments_are_at_most_a_second_for_an_hour_and_bounded_for_any_run() {
        for (seconds, width_ms) in [(2, 5), (60, 100), (600, 1_000), (3_600, 1_000), (86_400, 30_000)] {
            let moments = Moments::new(Duration::from_secs(seconds), true);
            assert_eq!(moments.width(), Duration::from_millis(width_ms), "{seconds} s");
            assert!(moments.count() <= 3_600);
            assert!(Moments::new(Duration::from_secs(seconds), false).count() <= 600);
        }
    }
}
