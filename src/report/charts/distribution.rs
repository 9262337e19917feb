//! Distributions, as the share of values that are at least this large: so rare values can be seen.

use super::View;
use crate::experiment::Outcome;
use crate::measure::{Histogram, Layer};
use crate::report::chart::{Axis, Chart, Series, Style};
use crate::report::format::Unit;

/// Latency of hits, of misses and of all requests, failed ones included.
pub fn latency(view: &View) -> Option<Chart> {
    let all = view.outcome.histogram(|record| Some(&record.clients.latency));
    let mut series = Vec::new();
    for (index, layer) in Layer::CACHING.iter().enumerate() {
        let hits = view
            .outcome
            .histogram(|record| record.layers.caches[index].as_ref().map(|cache| &cache.hit_latency));
        let misses = view
            .outcome
            .histogram(|record| record.layers.caches[index].as_ref().map(|cache| &cache.miss_latency));
        let name = view.subject.name_of(*layer);
        series.push(tail(&format!("{name} hits"), &hits, 0));
        series.push(tail(&format!("{name} misses"), &misses, 0));
    }
    series.retain(|series| !series.points.is_empty());
    series.push(tail("all requests", &all, failed(view.outcome)));
    let percentile = |(name, metric): (&str, &str)| {
        let value = Unit::Seconds.show(view.outcome.value(&format!("client.latency_{metric}_seconds"))?);
        Some(format!("{name} {value}"))
    };
    // Those that enough requests tell.
    let known: Vec<String> =
        [("p50", "p50"), ("p99", "p99"), ("p99.9", "p999")].into_iter().filter_map(percentile).collect();
    let title = if known.is_empty() { String::new() } else { format!(": {}", known.join(", ")) };
    distribution(format!("Request latency{title}"), LATENCY, series)
}

/// The axes of a distribution of latencies.
pub const LATENCY: (&str, &str) = ("latency", "share of requests that take at least this long");
/// The axes of a distribution of staleness.
pub const STALENESS: (&str, &str) =
    ("staleness: time since the value was replaced", "share of answers that are at least this stale");

/// How many requests failed, in all replications together.
pub fn failed(outcome: &Outcome) -> u64 {
    outcome.records().iter().map(|record| record.clients.failures_total()).sum()
}

/// Staleness of the answers of each layer.
pub fn staleness(view: &View) -> Option<Chart> {
    let served = Layer::ALL.iter().map(|layer| (layer, view.outcome.served_by(*layer)));
    let stale: Vec<_> = served.filter(|(_, served)| served.stale > 0).collect();
    let series = stale.iter().map(|(layer, served)| {
        tail(&format!("from {}", view.subject.name_of(**layer)), &served.staleness, 0)
    });
    let series: Vec<Series> = series.filter(|series| !series.points.is_empty()).collect();
    let share = view.outcome.value("client.stale_ratio")?;
    distribution(format!("{} of answers are stale", Unit::Ratio.show(share)), STALENESS, series)
}

/// A line without points keeps its place, and with it the colours of the others, but has no name.
pub fn distribution(title: String, (x, y): (&str, &str), series: Vec<Series>) -> Option<Chart> {
    let name = |series: Series| match series.points.as_slice() {
        [] => Series { name: String::new(), ..series },
        _ => series,
    };
    let series: Vec<Series> = series.into_iter().map(name).collect();
    let smallest =
        series.iter().flat_map(|series| &series.points).map(|(_, share)| *share).reduce(f64::min)?;
    let fails = series.iter().flat_map(|series| &series.points).any(|(value, _)| value.is_infinite());
    let floor = libm::exp10(libm::floor(libm::log10(smallest))).max(1e-7);
    let series = series.into_iter().map(|mut series| {
        // Each line comes down where the largest value was, unless there is none, since some requests fail.
        let last = series.points.last().filter(|(last, _)| last.is_finite()).copied();
        series.points.extend(last.map(|(last, _)| (last, floor)));
        series
    });
    Some(Chart {
        title,
        caption: format!(
            "A line crosses 10 % at its 90th percentile and 1 % at its 99th; it ends at its largest value.{}",
            if fails { " A line that ends above the axis: that share of requests fails." } else { "" }
        ),
        x: Axis::log(x, Unit::Seconds),
        y: Axis { range: Some((floor, 1.0)), ..Axis::log(y, Unit::Ratio) },
        series: series.collect(),
        marks: Vec::new(),
    })
}

/// For each value the share that is at least as large. Zeros have no place on a logarithmic axis, but count, and so do
/// requests that fail: their latency is larger than any.
pub fn tail(name: &str, histogram: &Histogram, failed: u64) -> Series {
    let total = (histogram.count() + failed) as f64;
    let mut below = 0;
    let mut points = Vec::new();
    for (seconds, count) in histogram.cells() {
        if seconds > 0.0 {
            points.push((seconds, 1.0 - below as f64 / total));
        }
        below += count;
    }
    if failed > 0 {
        // Level up to the largest latency, and from there on.
        let share = failed as f64 / total;
        points.extend(points.last().map(|(last, _)| (*last, share)));
        points.push((f64::INFINITY, share));
    }
    Series::new(name, Style::Line, points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    /// Of ten requests one fails: at least one in ten takes longer than any answer.
    #[test]
    fn a_distribution_of_latencies_ends_at_the_share_that_fails() {
        let mut histogram = Histogram::default();
        (1..=9).for_each(|millis| histogram.record(Duration::from_millis(millis)));
        let Series { points, .. } = tail("all requests", &histogram, 1);
        assert_eq!(points.first().map(|(_, share)| *share), Some(1.0));
        assert_eq!(points.last(), Some(&(f64::INFINITY, 0.1)));
        let chart = distribution(String::new(), LATENCY, vec![tail("all", &histogram, 1)]).expect("a chart");
        assert_eq!(chart.series[0].points.last(), Some(&(f64::INFINITY, 0.1)));
        let chart = distribution(String::new(), LATENCY, vec![tail("all", &histogram, 0)]).expect("a chart");
        assert!(chart.series[0].points.last().is_some_and(|(last, _)| last.is_finite()));
    }
}
