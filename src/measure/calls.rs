//! Calls of a search engine or of downstream services, as the application sees them.

use super::group;
use super::histogram::Histogram;
use super::reading::{Part, Ranked};
use super::registry::{Measure, Unit};
use super::timeline::PeakPerSecond;
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// Calls of one kind of origin, all of its services together.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct CallsRecord {
    /// Calls that reached it.
    pub calls: u64,
    /// Of these, those of each key group.
    pub by_group: Vec<u64>,
    /// Of these, refused by a rate limit.
    pub rate_limited: u64,
    /// Requests of the application that ended without a result.
    pub failed: u64,
    /// From asking to the result, all attempts included.
    pub latency: Histogram,
    /// Calls in the peak second.
    pub peak: PeakPerSecond,
}

impl CallsRecord {
    /// A call for a key group has come.
    #[inline]
    pub fn call(&mut self, now: Instant, group: usize) {
        self.calls += 1;
        group::count(&mut self.by_group, group);
        self.peak.count(now);
    }

    /// The application has its result, or knows that it gets none.
    #[inline]
    pub fn answered(&mut self, took: Duration, well: bool) {
        if well {
            self.latency.record(took);
        } else {
            self.failed += 1;
        }
    }
}

pub(super) static MEASURES: &[Measure<CallsRecord>] = &[
    Measure::count("calls", "Calls that reached it, with those that it refused.", |c, _| {
        Some(c.calls as f64)
    }),
    Measure::mean("call_rate_mean_per_s", Unit::PerSecond, "Calls per second on average.", |c, w| {
        Some(c.calls as f64 / w.seconds)
    }),
    Measure::peak(
        "call_rate_peak_per_s",
        Unit::PerSecond,
        "Calls in the peak second of the clock; per second, if less is measured.",
        |c, w| Some(c.peak.rate(c.calls, w.seconds)),
    ),
    Measure::count("failed_calls", "Requests for it that ended without a result.", |c, _| {
        Some(c.failed as f64)
    }),
    Measure::mean("latency_mean_seconds", Unit::Seconds, "Mean time of a call, waiting included.", |c, _| {
        c.latency.mean_seconds()
    }),
    Measure::percentile("latency_p99_seconds", 0.99, "One call in a hundred took longer than this.", |c| {
        Ranked::of(&c.latency)
    }),
];

pub(super) static OF_SERVICES: &[Measure<CallsRecord>] = &[
    Measure::count("rate_limited_calls", "Calls refused with a 429.", |c, _| Some(c.rate_limited as f64)),
    Measure::share("rate_limited_ratio", "calls", "Share of the calls refused with a 429.", |c, _| {
        Part::of(c.rate_limited, c.calls)
    }),
];
