//! Distributions, as the share of values that are at least so large: what is rare is where it can be seen.

use super::View;
use crate::measure::{Histogram, Layer};
use crate::report::chart::{Axis, Chart, Series, Style};
use crate::report::format::Unit;

/// Latency of hits, of misses and of everything.
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
        series.push(tail(&format!("{} hits", layer.name()), &hits));
        series.push(tail(&format!("{} misses", layer.name()), &misses));
    }
    series.retain(|series| !series.points.is_empty());
    series.push(tail("all answers", &all));
    let median = all.quantile_seconds(0.5).map(|seconds| Unit::Seconds.show(seconds))?;
    let rare = all.quantile_seconds(0.999).map(|seconds| Unit::Seconds.show(seconds))?;
    distribution(
        format!("Half of the answers take {median} and more, one in a thousand {rare}"),
        ("latency", "share of the answers that take at least as long"),
        series,
    )
}

/// Staleness of the answers of each layer.
pub fn staleness(view: &View) -> Option<Chart> {
    let served = Layer::ALL.iter().map(|layer| (layer, view.outcome.served_by(*layer)));
    let stale: Vec<_> = served.filter(|(_, served)| served.stale > 0).collect();
    let series =
        stale.iter().map(|(layer, served)| tail(&format!("from {}", layer.name()), &served.staleness));
    let series: Vec<Series> = series.filter(|series| !series.points.is_empty()).collect();
    let share = view.outcome.estimate("client.stale_ratio")?.mean;
    distribution(
        format!("{} of the answers are stale", Unit::Ratio.show(share)),
        ("staleness: time since the value was replaced", "share of the answers that are at least as stale"),
        series,
    )
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
    let floor = libm::exp10(libm::floor(libm::log10(smallest))).max(1e-7);
    let series = series.into_iter().map(|mut series| {
        // Each line comes down where the largest value was.
        series.points.extend(series.points.last().map(|(last, _)| (*last, floor)));
        series
    });
    Some(Chart {
        title,
        caption:
            "A line crosses 10 % at its 90th percentile, 1 % at its 99th, and ends at its largest value."
                .into(),
        x: Axis::log(x, Unit::Seconds),
        y: Axis { range: Some((floor, 1.0)), ..Axis::log(y, Unit::Ratio) },
        series: series.collect(),
        marks: Vec::new(),
    })
}

/// For each value the share that is at least as large. Zeros have no place on a logarithmic axis, but count.
pub fn tail(name: &str, histogram: &Histogram) -> Series {
    let total = histogram.count() as f64;
    let mut below = 0;
    let mut points = Vec::new();
    for (seconds, count) in histogram.cells() {
        if seconds > 0.0 {
            points.push((seconds, 1.0 - below as f64 / total));
        }
        below += count;
    }
    Series::new(name, Style::Line, points)
}
