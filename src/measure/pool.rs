//! Waiting for a permit: a worker, a connection.

use super::histogram::Histogram;
use super::reading::{Part, Ranked};
use super::registry::{Measure, Unit, less};
use crate::engine::Pool;
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// The pools of one kind, all together.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct PoolRecord {
    /// How long those waited who got a permit, those who did not have to included.
    pub wait: Histogram,
    /// Callers that were turned away or gave up.
    pub denied: u64,
    /// Share of the permits in use, mean over the time that each pool was there.
    pub utilisation: f64,
    /// The same of the busiest pool, over the time that it was there.
    pub utilisation_max: f64,
    /// Callers waiting, all pools together, mean over time.
    pub waiting_mean: f64,
    /// Most callers waiting for one pool at once.
    pub waiting_max: u64,
}

impl PoolRecord {
    /// A caller has waited so long, and got a permit or not.
    #[inline]
    pub fn count(&mut self, waited: Duration, got_it: bool) {
        if got_it {
            self.wait.record(waited);
        } else {
            self.denied += 1;
        }
    }

    /// Takes the levels of the pools over the window that ends now.
    pub fn close<'a>(&mut self, pools: impl Iterator<Item = &'a Pool>, now: Instant) {
        self.close_those_there(pools.map(|pool| (pool, 1.0)), now);
    }

    /// The same of pools with the shares of the window for which each of them was there.
    pub fn close_those_there<'a>(&mut self, pools: impl Iterator<Item = (&'a Pool, f64)>, now: Instant) {
        let (mut sum, mut there) = (0.0, 0.0);
        for (pool, share) in pools {
            let utilisation = pool.busy().mean(now) / f64::from(pool.size());
            // What goes on after its instance has ended is no use of what there is.
            let utilisation = utilisation.min(share);
            sum += utilisation;
            there += share;
            if share > 0.0 {
                self.utilisation_max = self.utilisation_max.max(utilisation / share);
            }
            self.waiting_mean += pool.waiting().mean(now);
            self.waiting_max = self.waiting_max.max(pool.waiting().max());
        }
        self.utilisation = if there > 0.0 { sum / there } else { 0.0 };
    }
}

pub(super) static MEASURES: &[Measure<PoolRecord>] = &[
    Measure::mean("utilisation", Unit::Ratio, "Share in use, mean over time and all of them.", |p, _| {
        Some(p.utilisation)
    }),
    Measure::peak(
        "utilisation_max",
        Unit::Ratio,
        "Share in use of the busiest one, mean over the time that it was there.",
        |p, _| Some(p.utilisation_max),
    ),
    Measure::mean("wait_mean_seconds", Unit::Seconds, "Mean time until one was free.", |p, _| {
        p.wait.mean_seconds()
    }),
    less(Measure::percentile(
        "wait_p99_seconds",
        0.99,
        "One caller in a hundred waited longer than this.",
        |p| Ranked::of(&p.wait),
    )),
    Measure::share("wait_ratio", "callers", "Share of the callers that had to wait.", |p, _| {
        Part::of(p.wait.count_above(Duration::ZERO), p.wait.count())
    }),
    Measure::mean("queue_mean", Unit::Count, "Callers waiting, mean over time.", |p, _| Some(p.waiting_mean)),
    Measure::peak("queue_max", Unit::Count, "Most callers waiting at once for one of them.", |p, _| {
        Some(p.waiting_max as f64)
    }),
    Measure::count("denied", "Callers turned away by a full queue, or gone before their turn.", |p, _| {
        Some(p.denied as f64)
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Two workers each. One pool is there for all of 10 s with one at work, the other for the last 5 s with both: the mean
    /// is (10 + 10) of (20 + 10) worker seconds, and the busiest is busy all of its time.
    #[test]
    fn means_and_maxima_are_over_the_time_that_a_pool_was_there() {
        let second = |n| Instant::ZERO + Duration::from_secs(n);
        let (old, new) = (Pool::new(2, 0), Pool::new(2, 0));
        old.busy().set(second(0), 1);
        new.busy().set(second(5), 2);
        let mut record = PoolRecord::default();
        record.close_those_there([(&old, 1.0), (&new, 0.5)].into_iter(), second(10));
        assert!((record.utilisation - 20.0 / 30.0).abs() < 1e-12, "{}", record.utilisation);
        assert!((record.utilisation_max - 1.0).abs() < 1e-12, "{}", record.utilisation_max);
    }
}
