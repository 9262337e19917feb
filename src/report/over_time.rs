//! What a run looked like over time: the series of `timeseries.csv` and of the charts.

use super::subject::Subject;
use crate::experiment::{Band, Outcome};
use crate::measure::{CacheRecord, Layer, Record, Series};

/// One quantity over time.
#[derive(Clone, Debug)]
pub struct OverTime {
    /// As a metric is named.
    pub name: String,
    /// Whether there is a value for each replication, and so an interval if there are several.
    pub has_interval: bool,
    /// A value for each bucket; not a number where there is none.
    pub band: Band,
}

/// All quantities of a run, and when.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The middle of each bucket, in seconds.
    pub times: Vec<f64>,
    /// The quantities that this run has.
    pub all: Vec<OverTime>,
}

/// Takes a quantity out of a record, for each bucket.
type Take = fn(&Record, &Buckets) -> Option<Vec<f64>>;

const OF_CLIENTS: [(&str, Take); 3] = [
    ("client.request_rate_per_s", |record, buckets| Some(buckets.rates(&record.clients.arrivals))),
    ("client.goodput_per_s", |record, buckets| Some(buckets.rates(&record.clients.completions))),
    ("client.failure_rate_per_s", |record, buckets| Some(buckets.rates(&record.clients.failures))),
];

const OF_THE_DATABASE: [(&str, Take); 3] = [
    ("database.load_rate_per_s", |record, buckets| {
        Some(buckets.rates(&record.layers.database.as_ref()?.series))
    }),
    ("database.busy_workers_mean", |record, buckets| {
        Some(buckets.levels(&record.layers.database.as_ref()?.busy))
    }),
    ("database.queue_mean", |record, buckets| Some(buckets.levels(&record.layers.database.as_ref()?.queue))),
];

/// Percentiles of the latency of all requests, of which those that fail are slower than any answer; of all replications
/// together, so that they have no interval.
const PERCENTILES: [(&str, f64); 4] = [
    ("client.latency_p50_seconds", 0.5),
    ("client.latency_p90_seconds", 0.9),
    ("client.latency_p99_seconds", 0.99),
    ("client.latency_p999_seconds", 0.999),
];

/// A last bucket that the end of the run leaves shorter than this part of the others is left out: a request or
/// two in an instant would look like a peak or a breakdown.
const SHORTEST: f64 = 0.1;

impl History {
    /// The history of a run; empty without a finished replication.
    #[must_use]
    pub fn of(subject: &Subject, outcome: &Outcome) -> Self {
        let Some(timeline) = outcome.timeline() else { return Self::default() };
        let width = timeline.width().as_secs_f64();
        let mut buckets = Buckets { width, count: timeline.buckets(), length: subject.length.as_secs_f64() };
        if buckets.count > 1 && buckets.length_of(buckets.count - 1) < SHORTEST * width {
            buckets.count -= 1;
        }
        let mut all: Vec<OverTime> = Vec::new();
        let mut add = |name: String, take: &dyn Fn(&Record, &Buckets) -> Option<Vec<f64>>| {
            let values = |record: &Record| {
                let mut values = take(record, &buckets)?;
                values.truncate(buckets.count);
                Some(values)
            };
            if let Some(band) = outcome.band(values) {
                all.push(OverTime { name, has_interval: true, band });
            }
        };
        for (name, take) in OF_CLIENTS {
            add(name.to_owned(), &take);
        }
        for (index, layer) in Layer::CACHING.iter().enumerate() {
            add(format!("{}.look_up_rate_per_s", layer.name()), &|record, buckets| {
                Some(buckets.rates(&record.layers.caches[index].as_ref()?.look_ups))
            });
            add(format!("{}.hit_ratio", layer.name()), &|record, _| {
                Some(hit_ratio(record.layers.caches[index].as_ref()?))
            });
        }
        for (name, take) in OF_THE_DATABASE {
            add(name.to_owned(), &take);
        }
        if let Some(latencies) = outcome.latency_series() {
            let failures = sum(outcome, |record| record.clients.failures.values());
            let mut add = |name: &str, mut mean: Vec<f64>| {
                mean.truncate(buckets.count);
                let band = Band { mean, interval: None };
                all.push(OverTime { name: name.to_owned(), has_interval: false, band });
            };
            for (name, quantile) in PERCENTILES {
                add(name, latencies.quantile_with(quantile, &failures));
            }
            let completions = sum(outcome, |record| record.clients.completions.values());
            let share = |(failed, answered): (&f64, &f64)| failed / (failed + answered);
            add("client.error_ratio", failures.iter().zip(&completions).map(share).collect());
        }
        let middle = |bucket: usize| bucket as f64 * width + buckets.length_of(bucket) / 2.0;
        Self { times: (0..buckets.count).map(middle).collect(), all }
    }

    /// The quantity of this name, if this run has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OverTime> {
        self.all.iter().find(|quantity| quantity.name == name)
    }
}

/// The counts of all replications together, for each bucket.
fn sum<'o>(outcome: &'o Outcome, values: impl Fn(&'o Record) -> &'o [f64]) -> Vec<f64> {
    let mut all = outcome.records().iter().map(values);
    let mut sum = all.next().unwrap_or_default().to_vec();
    for values in all {
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    sum
}

/// The buckets of a run, of which the last may be cut short by its end.
struct Buckets {
    width: f64,
    count: usize,
    length: f64,
}

impl Buckets {
    fn length_of(&self, bucket: usize) -> f64 {
        let left = self.length - bucket as f64 * self.width;
        if left > 0.0 { left.min(self.width) } else { self.width }
    }

    fn rates(&self, counts: &Series) -> Vec<f64> {
        counts.values().iter().enumerate().map(|(bucket, count)| count / self.length_of(bucket)).collect()
    }

    /// Levels are recorded as means over a whole bucket.
    fn levels(&self, series: &Series) -> Vec<f64> {
        let whole = |(bucket, level): (usize, &f64)| level * self.width / self.length_of(bucket);
        series.values().iter().enumerate().map(whole).collect()
    }
}

/// Not a number where nothing was looked up.
fn hit_ratio(cache: &CacheRecord) -> Vec<f64> {
    let ratio = |(hits, look_ups): (&f64, &f64)| if *look_ups > 0.0 { hits / look_ups } else { f64::NAN };
    cache.hits.values().iter().zip(cache.look_ups.values()).map(ratio).collect()
}
