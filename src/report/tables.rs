//! `timeseries.csv` and `histograms.csv`: the details, for a spreadsheet or a script.

use super::over_time::History;
use crate::experiment::Outcome;
use crate::measure::{CacheRecord, Histogram, Layer, Record};
use csv::Writer;
use std::error::Error;

/// A row for each bucket: `time_seconds`, its middle, then each quantity with the ends of its 95 % interval.
/// A cell is empty where there is no number. Percentiles and the error ratio are of all replications together and have no
/// interval.
#[must_use]
pub fn time_series(history: &History) -> Vec<u8> {
    let mut header = vec!["time_seconds".to_owned()];
    for quantity in &history.all {
        header.push(quantity.name.clone());
        if quantity.has_interval {
            header.extend(["ci95_low", "ci95_high"].map(|end| format!("{}.{end}", quantity.name)));
        }
    }
    let row = |(bucket, time): (usize, &f64)| {
        let mut row = vec![number(*time)];
        for quantity in &history.all {
            row.push(number(quantity.band.mean[bucket]));
            if quantity.has_interval {
                let interval = quantity.band.interval.as_ref().map(|interval| interval[bucket]);
                let (low, high) = interval.unwrap_or((f64::NAN, f64::NAN));
                row.extend([number(low), number(high)]);
            }
        }
        row
    };
    write(std::iter::once(header).chain(history.times.iter().enumerate().map(row)))
}

/// Takes a distribution out of a record.
type Take = fn(&Record) -> Option<&Histogram>;

/// The distributions beside those of the caching layers.
const DISTRIBUTIONS: &[(&str, &str, Take)] = &[
    ("client", "latency", |record| Some(&record.clients.latency)),
    ("client", "failed_after", |record| Some(&record.clients.failed_after)),
    ("client", "staleness", |record| Some(&record.clients.answers.staleness)),
    ("client", "age", |record| Some(&record.clients.answers.age)),
    ("app", "worker_wait", |record| Some(&record.layers.workers.as_ref()?.wait)),
    ("redis", "pool_wait", |record| Some(&record.layers.redis_pool.as_ref()?.wait)),
    ("database", "latency", |record| Some(&record.layers.database.as_ref()?.latency)),
    ("database", "pool_wait", |record| Some(&record.layers.database_pool.as_ref()?.wait)),
    ("bus", "lag", |record| Some(&record.layers.bus.as_ref()?.lag)),
    ("database", "worker_wait", |record| Some(&record.layers.database_workers.as_ref()?.wait)),
];

/// Takes a distribution out of the record of a caching layer.
type TakeOfCache = fn(&CacheRecord) -> &Histogram;

/// The distributions that each caching layer has.
const OF_CACHES: &[(&str, TakeOfCache)] = &[
    ("hit_latency", |cache| &cache.hit_latency),
    ("miss_latency", |cache| &cache.miss_latency),
    ("coalesced_latency", |cache| &cache.coalesced_latency),
];

/// A row for each length of time that was seen: `layer`, `what`, `seconds` (the middle of the histogram's cell)
/// and `count`, in all replications together.
#[must_use]
pub fn histograms(outcome: &Outcome) -> Vec<u8> {
    let mut rows = vec![["layer", "what", "seconds", "count"].map(str::to_owned).to_vec()];
    let mut add = |layer: &str, what: &str, histogram: &Histogram| {
        let row = |(seconds, count): (f64, u64)| {
            vec![layer.to_owned(), what.to_owned(), number(seconds), count.to_string()]
        };
        rows.extend(histogram.cells().map(row));
    };
    for (layer, what, take) in DISTRIBUTIONS {
        add(layer, what, &outcome.histogram(take));
    }
    for (index, layer) in Layer::CACHING.iter().enumerate() {
        for (what, take) in OF_CACHES {
            add(
                layer.name(),
                what,
                &outcome.histogram(|record| record.layers.caches[index].as_ref().map(take)),
            );
        }
    }
    for layer in Layer::ALL {
        let served = outcome.served_by(*layer);
        add(layer.name(), "staleness", &served.staleness);
        add(layer.name(), "age", &served.age);
    }
    write(rows.into_iter())
}

/// A cell: empty if there is no number, `inf` for a latency that is longer than any, because too many requests fail.
pub(super) fn number(value: f64) -> String {
    if value.is_finite() || value == f64::INFINITY { value.to_string() } else { String::new() }
}

pub(super) fn write(rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let written = || -> Result<Vec<u8>, Box<dyn Error>> {
        let mut writer = Writer::from_writer(Vec::new());
        for row in rows {
            writer.write_record(row)?;
        }
        Ok(writer.into_inner()?)
    };
    written().expect("rows of equal length can be written to memory")
}
