//! A level that changes over time: its time-weighted mean and its maximum since the last reset.

use crate::time::Instant;
use std::cell::Cell;

/// How many of something there are at each instant: busy workers, queued callers.
#[derive(Debug, Default)]
pub struct Gauge {
    level: Cell<u64>,
    max: Cell<u64>,
    /// The level has stood since then.
    since: Cell<Instant>,
    /// Level times nanoseconds from the start of the run up to `since`.
    area: Cell<u128>,
    /// The area and the time of the last reset.
    measured_from: Cell<(u128, Instant)>,
}

impl Gauge {
    /// The present level.
    #[inline]
    pub fn level(&self) -> u64 {
        self.level.get()
    }

    /// The level is `level` from now on.
    #[inline]
    pub fn set(&self, now: Instant, level: u64) {
        self.advance(now);
        self.level.set(level);
        if level > self.max.get() {
            self.max.set(level);
        }
    }

    /// One more.
    #[inline]
    pub fn up(&self, now: Instant) {
        self.set(now, self.level.get() + 1);
    }

    /// One fewer.
    #[inline]
    pub fn down(&self, now: Instant) {
        self.set(now, self.level.get() - 1);
    }

    /// Measures from `now` on: forgets mean and maximum, keeps the level.
    pub fn reset(&self, now: Instant) {
        self.measured_from.set((self.area(now), now));
        self.max.set(self.level.get());
    }

    /// The highest level since the last reset.
    pub fn max(&self) -> u64 {
        self.max.get()
    }

    /// Level times nanoseconds since the start of the run.
    pub fn area(&self, now: Instant) -> u128 {
        self.advance(now);
        self.area.get()
    }

    /// The mean level since the last reset; 0 if no time has passed.
    pub fn mean(&self, now: Instant) -> f64 {
        let (area, from) = self.measured_from.get();
        let span = (now - from).as_nanos();
        if span == 0 { 0.0 } else { (self.area(now) - area) as f64 / span as f64 }
    }

    #[inline]
    fn advance(&self, now: Instant) {
        let span = (now - self.since.get()).as_nanos();
        self.area.set(self.area.get() + u128::from(self.level.get()) * u128::from(span));
        self.since.set(now.max(self.since.get()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_weighted_by_time() {
        let at = Instant::from_nanos;
        let gauge = Gauge::default();
        gauge.set(at(10), 4);
        gauge.set(at(30), 1);
        // 0 for 10, 4 for 20, 1 for 20.
        assert!((gauge.mean(at(50)) - 2.0).abs() < 1e-12);
        assert_eq!(gauge.max(), 4);
        gauge.reset(at(50));
        gauge.down(at(60));
        assert!((gauge.mean(at(70)) - 0.5).abs() < 1e-12);
        assert_eq!(gauge.max(), 1);
    }
}
