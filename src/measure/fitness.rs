//! Whether a replication is fit to be measured: what the rules about that need to know of it, in a few numbers.
//!
//! They are read off the time series when the replication is over. A replication whose full record is not kept keeps
//! these, so that a search knows as much of it as a run does.

use super::label::Layer;
use super::reading::Reading;
use super::record::Record;
use super::timeline::Series;
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// The measured window is compared in this many parts, first against last.
pub const THIRDS: usize = 3;

/// A trend is looked for in this many parts of the measured window.
pub const BATCHES: usize = 10;

/// A window of fewer buckets of the time series than this is too coarse to be cut into parts.
const BUCKETS_MIN: u64 = 30;

/// A part of the look-ups that is smaller than this decides nothing. Source: STATISTICS, "shorter than its TTL".
pub const LOOK_UPS_MIN: f64 = 0.05;

/// How many values must lie above a percentile of several replications together.
pub const TAIL_MIN: f64 = 30.0;

/// What the rules need to know of one replication.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Fitness {
    /// The end of arrivals, and of the window.
    pub end: Instant,
    /// The hit ratio of each caching layer, in the order of [`Layer::CACHING`], in each third of the window; nothing
    /// if nobody asked the layer in some third.
    pub hit_ratio: [Option<[f64; THIRDS]>; Layer::CACHING.len()],
    /// Reads of the database per second in each third.
    pub database_reads_per_s: Option<[f64; THIRDS]>,
    /// Busy workers of the database in each third.
    pub database_busy: Option<[f64; THIRDS]>,
    /// Callers that wait for anything, mean of each tenth of the window.
    pub waiting: Option<[f64; BATCHES]>,
    /// From the end of the warm-up to the first event in the window, if there is one.
    pub before: Option<Health>,
    /// The last tenth of the window.
    pub last: Option<Health>,
    /// Caching layers, by their place in [`Layer::CACHING`], and key groups: each with enough of the look-ups to matter.
    pub asked: Vec<(u32, u32)>,
    /// See [`short_tails`].
    pub short_tails: Vec<(u32, f64)>,
}

/// How well the system was in a part of the window.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Health {
    /// Share of the requests that ended in this part which failed; nothing if none ended.
    pub failing: Option<f64>,
    /// Callers that wait for anything, mean over this part.
    pub waiting: f64,
}

impl Fitness {
    /// How many lie above a percentile, by its place in the registry; nothing if there are [`TAIL_MIN`], or it is none.
    #[must_use]
    pub fn tail(&self, metric: usize) -> Option<f64> {
        let found = self.short_tails.iter().find(|(place, _)| *place as usize == metric);
        found.map(|(_, above)| *above)
    }

    /// What a record shows.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let (asked, short_tails) = (asked(record), short_tails(record));
        let window = record.end - record.warmup;
        if window.as_nanos() < record.timeline.width().as_nanos() * BUCKETS_MIN {
            return Self { end: record.end, asked, short_tails, ..Self::default() };
        }
        let caches = &record.layers.caches;
        let database = record.layers.database.as_ref();
        let seconds = window.as_secs_f64() / THIRDS as f64;
        let by_third = |series: &Series| parts::<THIRDS>(record, series);
        let hit_ratio = |layer: usize| {
            let cache = caches[layer].as_ref()?;
            let (look_ups, hits) = (by_third(&cache.look_ups), by_third(&cache.hits));
            look_ups.iter().all(|all| *all > 0.0).then(|| std::array::from_fn(|n| hits[n] / look_ups[n]))
        };
        Self {
            end: record.end,
            hit_ratio: std::array::from_fn(hit_ratio),
            database_reads_per_s: database
                .map(|database| by_third(&database.series).map(|reads| reads / seconds)),
            database_busy: database.map(|database| levels(record, &database.busy)),
            waiting: Some(levels(record, &record.waiting)),
            before: record.first_event.and_then(|first| health(record, record.warmup, first)),
            last: health(record, border(record, BATCHES - 1, BATCHES), record.end),
            asked,
            short_tails,
        }
    }
}

/// Percentiles with fewer than [`TAIL_MIN`] above them, by their place in the registry, each with how many there are.
#[must_use]
pub fn short_tails(record: &Record) -> Vec<(u32, f64)> {
    let mut tails = Vec::new();
    record.readings(|place, reading| {
        if let Reading::Percentile { quantile, ranked } = reading {
            let above = ranked.total() as f64 * (1.0 - quantile);
            if above < TAIL_MIN {
                tails.push((place as u32, above));
            }
        }
    });
    tails
}

/// The sums of a series of counts in equal parts of the window.
fn parts<const N: usize>(record: &Record, series: &Series) -> [f64; N] {
    std::array::from_fn(|n| series.sum(border(record, n, N), border(record, n + 1, N)))
}

/// Where part `n` of this many equal parts of the window begins.
fn border(record: &Record, n: usize, parts: usize) -> Instant {
    let window = (record.end - record.warmup).as_nanos();
    record.warmup + Duration::from_nanos((u128::from(window) * n as u128 / parts as u128) as u64)
}

/// The means of a series of levels in equal parts of the window.
fn levels<const N: usize>(record: &Record, series: &Series) -> [f64; N] {
    let buckets = (record.end - record.warmup).as_secs_f64() / record.timeline.width().as_secs_f64();
    parts(record, series).map(|sum: f64| sum * N as f64 / buckets)
}

fn health(record: &Record, from: Instant, to: Instant) -> Option<Health> {
    let buckets = (to - from).as_secs_f64() / record.timeline.width().as_secs_f64();
    let clients = &record.clients;
    let (failed, answered) = (clients.failures.sum(from, to), clients.completions.sum(from, to));
    let ended = failed + answered;
    (buckets > 0.0).then(|| Health {
        failing: (ended > 0.0).then(|| failed / ended),
        waiting: record.waiting.sum(from, to) / buckets,
    })
}

/// Layers with enough of the look-ups of the busiest layer, each with the groups that have enough of its own.
fn asked(record: &Record) -> Vec<(u32, u32)> {
    let caches =
        || (0..).zip(&record.layers.caches).filter_map(|(place, cache)| Some((place, cache.as_ref()?)));
    let enough = |part: u64, all: u64| part > 0 && part as f64 >= LOOK_UPS_MIN * all as f64;
    let most = caches().map(|(_, cache)| cache.look_ups_total()).max().unwrap_or(0);
    let mut asked = Vec::new();
    for (layer, cache) in caches() {
        let all = cache.look_ups_total();
        if !enough(all, most) {
            continue;
        }
        for (group, outcomes) in (0..).zip(&cache.outcomes) {
            if enough(outcomes.iter().sum(), all) {
                asked.push((layer, group));
            }
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::super::label::Outcome;
    use super::super::timeline::Timeline;
    use super::*;

    fn second(n: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(n)
    }

    /// 10 s of warm-up and 90 s that are measured: thirds from 10, 40 and 70 s, tenths of 9 s.
    fn record() -> Record {
        let mut record = Record::new(Timeline::for_run(Duration::from_secs(100)), second(10), second(100), 2);
        record.expect(&[Layer::Redis, Layer::Database], false);
        record
    }

    #[test]
    fn each_third_has_what_happened_in_it_and_the_warm_up_is_in_none() {
        let mut record = record();
        for at in 0..100 {
            let outcome = if at >= 70 { Outcome::Hit } else { Outcome::Miss };
            record.cache(Layer::Redis).look_up(second(at), 0, outcome, Duration::ZERO);
            let reads = if at < 40 { 2 } else { 1 };
            let database = record.layers.database.as_mut().expect("it is there");
            (0..reads).for_each(|_| database.load(second(at), 0, 1));
        }
        let fitness = Fitness::of(&record);
        assert_eq!(fitness.hit_ratio[Layer::Redis as usize], Some([0.0, 0.0, 1.0]));
        assert_eq!(fitness.hit_ratio[Layer::Process as usize], None);
        assert_eq!(fitness.database_reads_per_s, Some([2.0, 1.0, 1.0]));
        assert_eq!(fitness.asked, [(Layer::Redis as u32, 0)]);
    }

    #[test]
    fn levels_are_means_over_time_and_the_last_tenth_is_its_own() {
        let mut record = record();
        record.first_event = Some(second(28));
        for bucket in 0..record.timeline.buckets() {
            let at = record.timeline.width().as_secs_f64() * bucket as f64;
            record.waiting.set(bucket, if at < 10.0 { 100.0 } else { at.floor() });
        }
        for at in 0..100 {
            let failed = at >= 91 || (at < 28 && at % 6 == 0);
            let clients = &mut record.clients;
            if failed { &mut clients.failures } else { &mut clients.completions }.count(second(at));
        }
        let fitness = Fitness::of(&record);
        // Seconds 10 to 18 have a mean of 14, the next nine 23, and so on.
        let waiting = fitness.waiting.expect("there are enough buckets");
        let expected: [f64; BATCHES] = std::array::from_fn(|n| 14.0 + 9.0 * n as f64);
        assert!(
            waiting.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-9),
            "{waiting:?}"
        );
        // Of the requests from 10 to 27 s those at 12, 18 and 24 s fail.
        let before = fitness.before.expect("there is an event");
        assert!((before.failing.expect("some end") - 3.0 / 18.0).abs() < 1e-9);
        assert!((before.waiting - 18.5).abs() < 1e-9, "{before:?}");
        assert_eq!(fitness.last.expect("there are enough buckets").failing, Some(1.0));
    }

    #[test]
    fn a_window_of_a_few_buckets_is_not_cut_into_parts() {
        let mut record = record();
        record.warmup = second(99);
        let fitness = Fitness::of(&record);
        assert!(fitness.waiting.is_none() && fitness.last.is_none() && fitness.database_busy.is_none());
    }
}
