//! Look-ups of one caching layer: what they came to, and what hits and misses cost.

use super::histogram::Histogram;
use super::label::{Outcome, Reason};
use super::reading::{Part, Ranked};
use super::registry::{Measure, Unit, Window, more};
use super::timeline::{Series, Timeline};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// One caching layer, all its nodes together.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CacheRecord {
    /// Look-ups by key group and [`Outcome`].
    pub outcomes: Vec<[u64; Outcome::ALL.len()]>,
    /// Of look-ups that were served from this layer: from asking it to its answer.
    pub hit_latency: Histogram,
    /// Of look-ups that went on to the origin: from asking this layer to the origin's answer.
    pub miss_latency: Histogram,
    /// Of look-ups that waited for somebody else's.
    pub coalesced_latency: Histogram,
    /// Copies renewed in the background.
    pub refreshes: u64,
    /// Loads by probabilistic early refresh, of copies that were still good.
    pub early: u64,
    /// Leases won, and attempts that found the lock held.
    pub locks: [u64; 2],
    /// Requests to the origin, by whatever cause.
    pub origin_requests: u64,
    /// Bytes of the values that came back; a confirmation that nothing has changed has none.
    pub origin_bytes: u64,
    /// Copies that left the layer, by [`Reason`].
    pub removals: [u64; Reason::ALL.len()],
    /// Copies stored, those that replaced another one included.
    pub stored: u64,
    /// Copies that were too large to be stored.
    pub rejected: u64,
    /// Copies and bytes held at the end of the run's window.
    pub entries: u64,
    /// See [`CacheRecord::entries`].
    pub bytes: u64,
    /// Look-ups over time, from the start of the run.
    pub look_ups: Series,
    /// Look-ups served from this layer over time.
    pub hits: Series,
}

impl CacheRecord {
    pub(super) fn new(timeline: Timeline, groups: usize) -> Self {
        Self {
            outcomes: vec![[0; Outcome::ALL.len()]; groups],
            hit_latency: Histogram::default(),
            miss_latency: Histogram::default(),
            coalesced_latency: Histogram::default(),
            refreshes: 0,
            early: 0,
            locks: [0; 2],
            origin_requests: 0,
            origin_bytes: 0,
            removals: [0; Reason::ALL.len()],
            stored: 0,
            rejected: 0,
            entries: 0,
            bytes: 0,
            look_ups: Series::new(timeline),
            hits: Series::new(timeline),
        }
    }

    /// A look-up has come to its end.
    #[inline]
    pub fn look_up(&mut self, now: Instant, group: usize, outcome: Outcome, took: Duration) {
        self.outcomes[group][outcome as usize] += 1;
        self.look_ups.count(now);
        match outcome {
            Outcome::Hit | Outcome::Stale | Outcome::Negative => {
                self.hits.count(now);
                self.hit_latency.record(took);
            }
            Outcome::Miss | Outcome::Revalidated => self.miss_latency.record(took),
            Outcome::Coalesced => self.coalesced_latency.record(took),
            Outcome::StaleIfError | Outcome::Bypass => {}
        }
    }

    /// Look-ups with this outcome, of all key groups.
    #[must_use]
    pub fn total(&self, outcome: Outcome) -> u64 {
        self.outcomes.iter().map(|group| group[outcome as usize]).sum()
    }

    /// All look-ups.
    #[must_use]
    pub fn look_ups_total(&self) -> u64 {
        self.outcomes.iter().flatten().sum()
    }

    fn ratio(&self, outcomes: &[Outcome]) -> Option<Part> {
        let all = self.look_ups_total();
        let these: u64 = outcomes.iter().map(|outcome| self.total(*outcome)).sum();
        Part::of(these, all)
    }

    fn evicted(&self, reason: Reason, window: Window) -> Option<f64> {
        (self.stored > 0).then(|| self.removals[reason as usize] as f64 / window.seconds)
    }
}

pub(super) static MEASURES: &[Measure<CacheRecord>] = &[
    Measure::count("look_ups", "Look-ups in this layer.", |c, _| Some(c.look_ups_total() as f64)),
    more(Measure::share(
        "hit_ratio",
        "look-ups",
        "Share of the look-ups that this layer served itself, stale and negative hits included.",
        |c, _| c.ratio(&[Outcome::Hit, Outcome::Stale, Outcome::Negative]),
    )),
    Measure::share(
        "stale_hit_ratio",
        "look-ups",
        "Share of the look-ups served with a copy past its soft limit.",
        |c, _| c.ratio(&[Outcome::Stale]),
    ),
    Measure::share(
        "negative_hit_ratio",
        "look-ups",
        "Share of the look-ups served with a cached absence.",
        |c, _| c.ratio(&[Outcome::Negative]),
    ),
    Measure::share(
        "miss_ratio",
        "look-ups",
        "Share of the look-ups that got a new value from the origin.",
        |c, _| c.ratio(&[Outcome::Miss]),
    ),
    Measure::share(
        "revalidated_ratio",
        "look-ups",
        "Share of the look-ups whose old copy the origin confirmed: it has not changed.",
        |c, _| c.ratio(&[Outcome::Revalidated]),
    ),
    Measure::share(
        "stale_if_error_ratio",
        "look-ups",
        "Share of the look-ups served with an old copy because the origin failed.",
        |c, _| c.ratio(&[Outcome::StaleIfError]),
    ),
    Measure::share(
        "coalesced_ratio",
        "look-ups",
        "Share of the look-ups that waited for somebody else's request to the origin.",
        |c, _| c.ratio(&[Outcome::Coalesced]),
    ),
    Measure::share(
        "bypass_ratio",
        "look-ups",
        "Share of the look-ups that went past this layer: it could not be asked, or may not keep the answer.",
        |c, _| c.ratio(&[Outcome::Bypass]),
    ),
    Measure::mean(
        "hit_latency_mean_seconds",
        Unit::Seconds,
        "Mean time of a look-up that was served here.",
        |c, _| c.hit_latency.mean_seconds(),
    ),
    Measure::percentile(
        "hit_latency_p99_seconds",
        0.99,
        "One hit in a hundred took longer than this.",
        |c| Ranked::of(&c.hit_latency),
    ),
    Measure::mean(
        "miss_latency_mean_seconds",
        Unit::Seconds,
        "Mean time of a look-up that asked the origin.",
        |c, _| c.miss_latency.mean_seconds(),
    ),
    Measure::percentile(
        "miss_latency_p99_seconds",
        0.99,
        "One miss in a hundred took longer than this.",
        |c| Ranked::of(&c.miss_latency),
    ),
    Measure::mean(
        "miss_penalty_ratio",
        Unit::Ratio,
        "Mean time of a miss divided by that of a hit.",
        |c, _| {
            let hit = c.hit_latency.mean_seconds().filter(|hit| *hit > 0.0)?;
            Some(c.miss_latency.mean_seconds()? / hit)
        },
    ),
    Measure::mean(
        "origin_rate_per_s",
        Unit::PerSecond,
        "Requests per second from this layer to its origin.",
        |c, w| Some(c.origin_requests as f64 / w.seconds),
    ),
    Measure::mean(
        "origin_bytes_per_s",
        Unit::PerSecond,
        "Bytes of values per second from the origin to this layer.",
        |c, w| Some(c.origin_bytes as f64 / w.seconds),
    ),
    Measure::mean(
        "refresh_rate_per_s",
        Unit::PerSecond,
        "Copies per second that were renewed in the background.",
        |c, w| Some(c.refreshes as f64 / w.seconds),
    ),
    Measure::mean(
        "early_refresh_rate_per_s",
        Unit::PerSecond,
        "Loads per second that began early by chance, to renew a copy that was still good.",
        |c, w| Some(c.early as f64 / w.seconds),
    ),
    Measure::mean(
        "expired_per_s",
        Unit::PerSecond,
        "Copies per second that had passed their TTL when found.",
        |c, w| c.evicted(Reason::Expired, w),
    ),
    Measure::mean(
        "evicted_memory_per_s",
        Unit::PerSecond,
        "Copies per second that made room for others.",
        |c, w| c.evicted(Reason::Memory, w),
    ),
    Measure::mean(
        "invalidated_per_s",
        Unit::PerSecond,
        "Copies per second that a write or a purge took away.",
        |c, w| c.evicted(Reason::Invalidated, w),
    ),
    Measure::mean(
        "replaced_per_s",
        Unit::PerSecond,
        "Copies per second that a newer copy replaced.",
        |c, w| c.evicted(Reason::Replaced, w),
    ),
    Measure::mean(
        "flushed_per_s",
        Unit::PerSecond,
        "Copies per second lost to a flush or a restart.",
        |c, w| c.evicted(Reason::Flushed, w),
    ),
    Measure::mean(
        "rejected_per_s",
        Unit::PerSecond,
        "Copies per second that were too large to be stored.",
        |c, w| Some(c.rejected as f64 / w.seconds),
    ),
    Measure::count("entries", "Copies held at the end of the run.", |c, _| Some(c.entries as f64)),
    Measure::mean("memory_bytes", Unit::Bytes, "Memory that these copies take.", |c, _| Some(c.bytes as f64)),
];

/// Of the shared cache: instances share no lock.
pub(super) static LOCKS: &[Measure<CacheRecord>] = &[Measure::share(
    "lock_wait_ratio",
    "attempts",
    "Share of the attempts to take a key's lock that found it held.",
    |c, _| {
        let [won, held] = c.locks;
        Part::of(held, won + held)
    },
)];
