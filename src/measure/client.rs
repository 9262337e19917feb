//! What the clients saw: requests, latency, failures; how old and how stale the answers were.

use super::consistency::{Judged, PropagationRecord};
use super::histogram::Histogram;
use super::label::{Failure, Layer};
use super::reading::{Part, Ranked};
use super::registry::{Measure, Unit, less, more};
use super::timeline::{LatencySeries, PeakPerSecond, Series, Timeline};
use serde::{Deserialize, Serialize};

/// The requests that arrived after the warm-up, each from its arrival to its end.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ClientRecord {
    /// Requests that arrived.
    pub arrived: u64,
    /// Of these, writes.
    pub writes: u64,
    /// Requests that got their answer.
    pub completed: u64,
    /// Answers that came within the window, to whatever request.
    pub answered: u64,
    /// Requests that ended without one, by [`Failure`].
    pub failed: [u64; Failure::ALL.len()],
    /// Attempts beyond the first.
    pub retries: u64,
    /// From arrival to answer, retries included, of completed requests. See [`ClientRecord::all_latencies`].
    pub latency: Histogram,
    /// From arrival to giving up, of failed requests.
    pub failed_after: Histogram,
    /// Staleness and age of all answers.
    pub answers: Served,
    /// How writes of all key groups that need consistency have reached them; nothing if none does.
    pub propagation: Option<PropagationRecord>,
    /// Arrivals in the peak second.
    pub arrivals_peak: PeakPerSecond,
    /// Arrivals, completions and failures over time, from the start of the run.
    pub arrivals: Series,
    /// See [`ClientRecord::arrivals`].
    pub completions: Series,
    /// See [`ClientRecord::arrivals`].
    pub failures: Series,
    /// Latency of completed requests over time.
    pub latency_series: LatencySeries,
}

/// Copies handed to clients: how stale, how old.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Served {
    /// How long ago the source of truth stopped having the value; 0 if it still has it.
    pub staleness: Histogram,
    /// Time since the value was read from the source of truth.
    pub age: Histogram,
    /// How many were stale.
    pub stale: u64,
    /// How many were meant for another user.
    pub leaks: u64,
    /// How many were in another representation than the client's: another language, another encoding.
    pub mismatched: u64,
    /// Those that had to be consistent.
    pub judged: Judged,
}

impl Served {
    /// Adds what `other` has counted.
    pub fn add(&mut self, other: &Self) {
        self.staleness.add(&other.staleness);
        self.age.add(&other.age);
        self.stale += other.stale;
        self.leaks += other.leaks;
        self.mismatched += other.mismatched;
        self.judged.add(&other.judged);
    }
}

impl ClientRecord {
    pub(super) fn new(timeline: Timeline) -> Self {
        Self {
            arrived: 0,
            writes: 0,
            completed: 0,
            answered: 0,
            failed: [0; Failure::ALL.len()],
            retries: 0,
            latency: Histogram::default(),
            failed_after: Histogram::default(),
            answers: Served::default(),
            propagation: None,
            arrivals_peak: PeakPerSecond::default(),
            arrivals: Series::new(timeline),
            completions: Series::new(timeline),
            failures: Series::new(timeline),
            latency_series: LatencySeries::new(timeline),
        }
    }

    /// All failures together.
    #[must_use]
    pub fn failures_total(&self) -> u64 {
        self.failed.iter().sum()
    }

    /// The latencies of all requests: a failed one is slower than any answer.
    #[must_use]
    pub fn all_latencies(&self) -> Ranked<'_> {
        Ranked { histogram: &self.latency, beyond: self.failures_total() }
    }

    /// The mean latency of all requests. How slow a failed one would have been is not known; it is taken to be no faster
    /// than the slowest answer, so that the mean does not fall because requests fail.
    fn latency_mean(&self) -> Option<f64> {
        let answers = self.latency.count() as f64;
        let failures = self.failures_total() as f64;
        let slowest = self.latency.quantile_seconds(1.0)?;
        let failed = self.failed_after.mean_seconds().map_or(slowest, |after| after.max(slowest));
        Some((self.latency.mean_seconds()? * answers + failed * failures) / (answers + failures))
    }

    /// Which layer's answers these are, merged for [`ClientRecord::answers`].
    pub(super) fn merge_answers<'a>(&mut self, served: impl Iterator<Item = &'a Served>) {
        served.for_each(|part| self.answers.add(part));
    }
}

pub(super) static MEASURES: &[Measure<ClientRecord>] = &[
    Measure::count("requests", "Requests that arrived after the warm-up.", |c, _| Some(c.arrived as f64)),
    Measure::mean("request_rate_mean_per_s", Unit::PerSecond, "Requests per second on average.", |c, w| {
        Some(c.arrived as f64 / w.seconds)
    }),
    Measure::peak(
        "request_rate_peak_per_s",
        Unit::PerSecond,
        "Requests in the peak second of the clock; per second, if less is measured.",
        |c, w| Some(c.arrivals_peak.rate(c.arrived, w.seconds)),
    ),
    Measure::count("writes", "Requests that wrote.", |c, _| Some(c.writes as f64)),
    more(Measure::mean(
        "goodput_per_s",
        Unit::PerSecond,
        "Answers per second while requests arrive.",
        |c, w| Some(c.answered as f64 / w.seconds),
    )),
    Measure::count(
        "failed",
        "Requests that ended without an answer.",
        |c, _| Some(c.failures_total() as f64),
    ),
    less(Measure::share(
        "error_ratio",
        "requests",
        "Share of the requests that ended without an answer.",
        |c, _| Part::of(c.failures_total(), c.arrived),
    )),
    less(Measure::percentile(
        "failed_after_p99_seconds",
        0.99,
        "One failure in a hundred came longer than this after its request.",
        |c| Ranked::of(&c.failed_after),
    )),
    less(Measure::mean("retry_ratio", Unit::Ratio, "Attempts beyond the first, per request.", |c, _| {
        (c.arrived > 0).then(|| c.retries as f64 / c.arrived as f64)
    })),
    less(Measure::mean(
        "latency_mean_seconds",
        Unit::Seconds,
        "Mean latency of all requests. A failed request counts as slow as the slowest answer, or as the mean time until a \
         request failed if that is longer. No value if no request was answered.",
        |c, _| c.latency_mean(),
    )),
    less(Measure::percentile(
        "latency_p50_seconds",
        0.5,
        "Half of the requests took longer than this. A failed request is slower than any answer.",
        ClientRecord::all_latencies,
    )),
    Measure::percentile(
        "latency_p90_seconds",
        0.9,
        "One request in ten took longer than this, or failed.",
        ClientRecord::all_latencies,
    ),
    Measure::percentile(
        "latency_p95_seconds",
        0.95,
        "One request in twenty took longer than this, or failed.",
        ClientRecord::all_latencies,
    ),
    less(Measure::percentile(
        "latency_p99_seconds",
        0.99,
        "One request in a hundred took longer than this, or failed.",
        ClientRecord::all_latencies,
    )),
    less(Measure::percentile(
        "latency_p999_seconds",
        0.999,
        "One request in a thousand took longer than this, or failed.",
        ClientRecord::all_latencies,
    )),
    Measure::slowest("latency_max_seconds", "The slowest request; it fails if any request failed.", |c| {
        c.all_latencies()
    }),
    Measure::mean(
        "answer_latency_mean_seconds",
        Unit::Seconds,
        "Mean time from a request to its answer. Failed requests are left out.",
        |c, _| c.latency.mean_seconds(),
    ),
    Measure::percentile(
        "answer_latency_p50_seconds",
        0.5,
        "Half of the answers took longer than this.",
        |c| Ranked::of(&c.latency),
    ),
    Measure::percentile("answer_latency_p90_seconds", 0.9, "One answer in ten took longer than this.", |c| {
        Ranked::of(&c.latency)
    }),
    Measure::percentile(
        "answer_latency_p95_seconds",
        0.95,
        "One answer in twenty took longer than this.",
        |c| Ranked::of(&c.latency),
    ),
    Measure::percentile(
        "answer_latency_p99_seconds",
        0.99,
        "One answer in a hundred took longer than this.",
        |c| Ranked::of(&c.latency),
    ),
    Measure::percentile(
        "answer_latency_p999_seconds",
        0.999,
        "One answer in a thousand took longer than this.",
        |c| Ranked::of(&c.latency),
    ),
    Measure::slowest("answer_latency_max_seconds", "The slowest answer.", |c| Ranked::of(&c.latency)),
    less(Measure::share(
        "stale_ratio",
        "answers",
        "Share of the answers that the source of truth had replaced.",
        |c, _| Part::of(c.answers.stale, c.answers.staleness.count()),
    )),
    less(Measure::count("leaks", "Answers that were meant for another user.", |c, _| {
        (c.answers.staleness.count() > 0).then_some(c.answers.leaks as f64)
    })),
    Measure::count(
        "mismatched",
        "Answers made for users with another language or the like, because a cache's key lacks that.",
        |c, _| (c.answers.staleness.count() > 0).then_some(c.answers.mismatched as f64),
    ),
    Measure::mean(
        "staleness_mean_seconds",
        Unit::Seconds,
        "Mean time since the source of truth stopped having the value served (0 if it still had it).",
        |c, _| c.answers.staleness.mean_seconds(),
    ),
    less(Measure::percentile(
        "staleness_p99_seconds",
        0.99,
        "One answer in a hundred was staler than this.",
        |c| Ranked::of(&c.answers.staleness),
    )),
    Measure::peak("staleness_max_seconds", Unit::Seconds, "The stalest answer.", |c, _| {
        c.answers.staleness.quantile_seconds(1.0)
    }),
    Measure::mean(
        "age_mean_seconds",
        Unit::Seconds,
        "Mean time since the value served was read from the source of truth.",
        |c, _| c.answers.age.mean_seconds(),
    ),
    Measure::percentile("age_p99_seconds", 0.99, "One answer in a hundred was older than this.", |c| {
        Ranked::of(&c.answers.age)
    }),
];

/// Which answers came from where, for the metrics of one layer.
pub(super) static SERVED: &[Measure<Served>] = &[
    Measure::count("answers", "Answers to clients that came from this layer.", |s, _| {
        Some(s.staleness.count() as f64)
    }),
    Measure::count("leaks", "This layer's answers that were meant for another user.", |s, _| {
        Some(s.leaks as f64)
    }),
    Measure::count(
        "mismatched",
        "This layer's answers made for users with another language or the like.",
        |s, _| Some(s.mismatched as f64),
    ),
    Measure::share("stale_ratio", "answers", "Share of this layer's answers that were stale.", |s, _| {
        Part::of(s.stale, s.staleness.count())
    }),
    Measure::mean(
        "staleness_mean_seconds",
        Unit::Seconds,
        "Mean staleness of this layer's answers.",
        |s, _| s.staleness.mean_seconds(),
    ),
    Measure::percentile(
        "staleness_p99_seconds",
        0.99,
        "One of this layer's answers in a hundred was staler than this.",
        |s| Ranked::of(&s.staleness),
    ),
    Measure::mean("age_mean_seconds", Unit::Seconds, "Mean age of this layer's answers.", |s, _| {
        s.age.mean_seconds()
    }),
    Measure::percentile(
        "age_p99_seconds",
        0.99,
        "One of this layer's answers in a hundred was older than this.",
        |s| Ranked::of(&s.age),
    ),
];

/// The place of an answer of this layer and key group among `groups` groups.
pub(super) fn served_index(layer: Layer, group: usize, groups: usize) -> usize {
    layer as usize * groups + group
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Duration, Instant};

    /// 88 answers of 1 … 88 ms, and 12 requests that failed at once.
    fn outage() -> ClientRecord {
        let mut clients = ClientRecord::new(Timeline::for_run(Duration::from_secs(1)));
        clients.arrived = 100;
        clients.completed = 88;
        clients.failed[0] = 12;
        (1..=88).for_each(|millis| clients.latency.record(Duration::from_millis(millis)));
        (0..12).for_each(|_| clients.failed_after.record(Duration::from_micros(1)));
        clients
    }

    fn value(clients: ClientRecord, name: &str) -> Option<f64> {
        let timeline = Timeline::for_run(Duration::from_secs(1));
        let end = Instant::ZERO + Duration::from_secs(1);
        let mut record = super::super::record::Record::new(timeline, Instant::ZERO, end, 1);
        record.clients = clients;
        let place = super::super::registry::metrics().iter().position(|metric| metric.name == name);
        record.values()[place.expect("there is such a metric")]
    }

    #[test]
    fn a_failed_request_is_slower_than_any_answer() {
        for (name, expected) in [
            ("client.latency_p90_seconds", f64::INFINITY),
            ("client.latency_p999_seconds", f64::INFINITY),
            ("client.latency_max_seconds", f64::INFINITY),
            ("client.answer_latency_max_seconds", 0.088),
            // (1 + … + 88 + 12 · 88) / 100.
            ("client.latency_mean_seconds", 0.049_72),
            ("client.answer_latency_mean_seconds", 0.0445),
        ] {
            let found = value(outage(), name).expect("it has a value");
            let is_it = found.total_cmp(&expected).is_eq() || (found - expected).abs() < 1e-12;
            assert!(is_it, "{name}: {found}");
        }
        let median = value(outage(), "client.latency_p50_seconds").expect("it has a value");
        assert!((median - 0.05).abs() < 0.0005, "{median}");
    }

    #[test]
    fn without_failures_requests_and_answers_are_the_same() {
        let clients = ClientRecord { arrived: 88, failed: Default::default(), ..outage() };
        for what in ["mean", "p50", "p99", "max"] {
            let of = |prefix: &str| value(clients.clone(), &format!("client.{prefix}_{what}_seconds"));
            assert_eq!(of("latency"), of("answer_latency"), "{what}");
        }
    }

    #[test]
    fn if_nothing_is_answered_percentiles_fail_and_there_is_no_mean() {
        let clients = ClientRecord { latency: Histogram::default(), completed: 0, ..outage() };
        assert_eq!(value(clients.clone(), "client.latency_p50_seconds"), Some(f64::INFINITY));
        assert_eq!(value(clients.clone(), "client.latency_mean_seconds"), None);
        assert_eq!(value(clients, "client.answer_latency_p50_seconds"), None);
    }
}
