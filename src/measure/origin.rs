//! Loads of the source of truth: how many, how bunched, how often the same thing twice.

use super::group;
use super::histogram::Histogram;
use super::reading::{Part, Ranked};
use super::registry::{Measure, Unit, less};
use super::timeline::{PeakPerSecond, Series, Timeline};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// The database as the layers before it see it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OriginRecord {
    /// Reads that reached it.
    pub loads: u64,
    /// Of these, those of each key group.
    pub by_group: Vec<u64>,
    /// Of these, reads of a key that was being read already.
    pub duplicates: u64,
    /// Writes that reached it.
    pub writes: u64,
    /// Most simultaneous reads of one key.
    pub concurrent_per_key_max: u64,
    /// Reads that ended without a result.
    pub failed: u64,
    /// Reads that ran on after their caller had left.
    pub orphaned: u64,
    /// From asking for a connection to the result.
    pub latency: Histogram,
    /// Statements whose page was in a buffer, and those whose page was not.
    pub pages: [u64; 2],
    /// Statements that were planned for this execution alone, and those that were executed by a plan that is kept.
    pub plans: [u64; 2],
    /// Callers for whom no connection could be opened.
    pub refused_connections: u64,
    /// Most connections at once, where they are counted.
    pub connections_max: Option<u64>,
    /// Reads in the peak second.
    pub peak: PeakPerSecond,
    /// Reads over time, from the start of the run.
    pub series: Series,
    /// Mean length of the queue before the workers over time.
    pub queue: Series,
    /// Mean number of busy workers over time.
    pub busy: Series,
}

impl OriginRecord {
    pub(super) fn new(timeline: Timeline) -> Self {
        Self {
            loads: 0,
            by_group: Vec::new(),
            duplicates: 0,
            writes: 0,
            concurrent_per_key_max: 0,
            failed: 0,
            orphaned: 0,
            pages: [0; 2],
            plans: [0; 2],
            refused_connections: 0,
            connections_max: None,
            latency: Histogram::default(),
            peak: PeakPerSecond::default(),
            series: Series::new(timeline),
            queue: Series::new(timeline),
            busy: Series::new(timeline),
        }
    }

    /// A read of a key group has reached the database, as one of so many of its key.
    #[inline]
    pub fn load(&mut self, now: Instant, group: usize, concurrent: u64) {
        self.loads += 1;
        group::count(&mut self.by_group, group);
        self.duplicates += u64::from(concurrent > 1);
        self.concurrent_per_key_max = self.concurrent_per_key_max.max(concurrent);
        self.peak.count(now);
        self.series.count(now);
    }

    /// A statement has asked for its page.
    #[inline]
    pub fn page(&mut self, hit: bool) {
        self.pages[usize::from(!hit)] += 1;
    }

    /// A statement is executed by a plan for itself alone, or by one that is kept.
    #[inline]
    pub fn planned(&mut self, custom: bool) {
        self.plans[usize::from(!custom)] += 1;
    }

    /// A read has come back.
    #[inline]
    pub fn loaded(&mut self, took: Duration, well: bool) {
        if well {
            self.latency.record(took);
        } else {
            self.failed += 1;
        }
    }
}

pub(super) static MEASURES: &[Measure<OriginRecord>] = &[
    Measure::count("loads", "Reads that reached the database.", |o, _| Some(o.loads as f64)),
    less(Measure::mean("load_rate_mean_per_s", Unit::PerSecond, "Reads per second on average.", |o, w| {
        Some(o.loads as f64 / w.seconds)
    })),
    less(Measure::peak(
        "load_rate_peak_per_s",
        Unit::PerSecond,
        "Reads in the peak second of the clock; per second, if less is measured.",
        |o, w| Some(o.peak.rate(o.loads, w.seconds)),
    )),
    less(Measure::peak(
        "concurrent_loads_per_key_max",
        Unit::Count,
        "Most simultaneous reads of one key: the size of a herd.",
        |o, _| Some(o.concurrent_per_key_max as f64),
    )),
    Measure::share(
        "duplicate_load_ratio",
        "reads",
        "Share of the reads whose key was being read already.",
        |o, _| Part::of(o.duplicates, o.loads),
    ),
    Measure::mean("write_rate_mean_per_s", Unit::PerSecond, "Writes per second on average.", |o, w| {
        Some(o.writes as f64 / w.seconds)
    }),
    Measure::count("failed_loads", "Reads that ended without a result.", |o, _| Some(o.failed as f64)),
    Measure::count("orphaned_loads", "Reads that ran on after their caller had given up.", |o, _| {
        Some(o.orphaned as f64)
    }),
    Measure::mean("latency_mean_seconds", Unit::Seconds, "Mean time of a read, waiting included.", |o, _| {
        o.latency.mean_seconds()
    }),
    Measure::percentile("latency_p99_seconds", 0.99, "One read in a hundred took longer than this.", |o| {
        Ranked::of(&o.latency)
    }),
    Measure::share(
        "buffer_hit_ratio",
        "statements",
        "Share of the statements whose page was in the buffer pool, or on its way there.",
        |o, _| Part::of(o.pages[0], o.pages[0] + o.pages[1]),
    ),
    Measure::count(
        "custom_plans",
        "Statements planned for one execution, as `pg_prepared_statements` counts them.",
        |o, _| (o.plans != [0; 2]).then_some(o.plans[0] as f64),
    ),
    Measure::count(
        "generic_plans",
        "Statements executed by a plan that is kept, the first of which made it.",
        |o, _| (o.plans != [0; 2]).then_some(o.plans[1] as f64),
    ),
    Measure::peak(
        "connections_max",
        Unit::Count,
        "Most connections at once, all instances together.",
        |o, _| o.connections_max.map(|max| max as f64),
    ),
    Measure::count(
        "refused_connections",
        "Callers for whom the database opened no connection, having `max_connections`.",
        |o, _| o.connections_max.map(|_| o.refused_connections as f64),
    ),
];
