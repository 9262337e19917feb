//! Charts whose x axis is the time.

use super::{View, limits, marks, replications, time};
use crate::measure::Layer;
use crate::report::chart::{Axis, Chart, Figure, Mark, Series, Style};
use crate::report::format::Unit;
use crate::report::over_time::OverTime;

/// Requests per second, and those that fail.
pub fn arrivals(view: &View) -> Option<Chart> {
    let arrived = line(view, "requests", "client.request_rate_per_s")?;
    let failed = line(view, "failed", "client.failure_rate_per_s")
        .filter(|series| series.points.iter().any(|(_, rate)| *rate > 0.0));
    let mean = mean_of(view, "client.request_rate_mean_per_s", Unit::PerSecond)?;
    let peak = mean_of(view, "client.request_rate_peak_per_s", Unit::PerSecond)?;
    Some(Chart {
        title: format!("Requests: {mean}, peak (1 s) {peak}"),
        caption: replications(view.outcome),
        x: time(view.subject),
        y: rising("requests", Unit::PerSecond, view),
        series: std::iter::once(arrived).chain(failed).collect(),
        marks: marks(view),
    })
}

/// The hit ratio of each caching layer.
pub fn hit_ratio(view: &View) -> Option<Chart> {
    let names = Layer::CACHING
        .iter()
        .map(|layer| (view.subject.name_of(*layer), format!("{}.hit_ratio", layer.name())));
    let names: Vec<(&str, String)> = names.collect();
    let layers: Vec<(&str, &str)> = names.iter().map(|(layer, name)| (*layer, name.as_str())).collect();
    let series: Vec<Series> = layers.iter().filter_map(|(layer, name)| line(view, layer, name)).collect();
    let said = layers
        .iter()
        .filter_map(|(layer, name)| Some(format!("{layer} {}", mean_of(view, name, Unit::Ratio)?)));
    let said: Vec<String> = said.collect();
    if series.is_empty() || said.is_empty() {
        return None;
    }
    let mut marks = marks(view);
    marks.extend(limits(view.outcome, &layers));
    let caption = format!(
        "Share of lookups that the layer answers itself, stale entries included. {}",
        replications(view.outcome)
    );
    Some(Chart {
        title: format!("Hit ratio: {}", said.join(", ")),
        caption,
        x: time(view.subject),
        y: Axis { range: Some((0.0, 1.0)), ..Axis::linear("hit ratio", Unit::Ratio) },
        series,
        marks,
    })
}

/// Database reads per second.
pub fn database_load(view: &View) -> Option<Chart> {
    let series = line(view, "reads", "database.load_rate_per_s")?;
    let mean = mean_of(view, "database.load_rate_mean_per_s", Unit::PerSecond)?;
    let peak = mean_of(view, "database.load_rate_peak_per_s", Unit::PerSecond)?;
    let highest = series.points.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    let mut marks = marks(view);
    // Far above the load the line would press it flat against the axis.
    if let Some(at) = view.subject.capacity.database_reads_per_s.filter(|capacity| highest > capacity / 3.0) {
        let label = format!("all workers busy: {}", Unit::PerSecond.show(at));
        marks.push(Mark::Limit { at, label });
    }
    Some(Chart {
        title: format!("Database reads: {mean}, peak (1 s) {peak}"),
        caption: replications(view.outcome),
        x: time(view.subject),
        y: rising("reads", Unit::PerSecond, view),
        series: vec![Series { style: Style::Area, ..series }],
        marks,
    })
}

/// Busy database workers and waiting queries.
pub fn database_queue(view: &View) -> Option<Chart> {
    let busy = line(view, "busy workers", "database.busy_workers_mean")?;
    let queue = line(view, "waiting queries", "database.queue_mean")?;
    let utilisation = mean_of(view, "database.worker_utilisation", Unit::Ratio)?;
    let waits = mean_of(view, "database.worker_wait_ratio", Unit::Ratio).unwrap_or("0 %".into());
    Some(Chart {
        title: format!("Database workers: {utilisation} busy; {waits} of queries wait for a worker"),
        caption: format!("Mean of each {}. {}", bucket(view), replications(view.outcome)),
        x: time(view.subject),
        y: rising("queries", Unit::Count, view),
        series: vec![busy, queue],
        marks: marks(view),
    })
}

/// Percentiles of the latency of all requests. Where too many fail, a percentile is no number and its line has a gap; a
/// shade shows how many fail.
pub fn latency(view: &View) -> Option<Chart> {
    let lines = [
        ("p50", "client.latency_p50_seconds"),
        ("p90", "client.latency_p90_seconds"),
        ("p99", "client.latency_p99_seconds"),
    ];
    let series: Vec<Series> = lines.iter().filter_map(|(label, name)| line(view, label, name)).collect();
    let has_data = series.iter().any(|series| series.points.iter().any(|(_, seconds)| *seconds > 0.0));
    let said = lines
        .iter()
        .filter(|(label, _)| *label != "p90")
        .filter_map(|(label, name)| Some(format!("{label} {}", mean_of(view, name, Unit::Seconds)?)));
    let said: Vec<String> = said.filter(|_| has_data).collect();
    let mut marks = marks(view);
    marks.extend(failing(view));
    marks.extend(limits(view.outcome, &lines));
    (!said.is_empty()).then(|| Chart {
        title: format!("Request latency: {}", said.join(", ")),
        caption: format!(
            "All requests that end in each {}, within 6 %. A failed request is slower than any answer: a line has a gap \
             where its percentile fails.",
            bucket(view)
        ),
        x: time(view.subject),
        y: Axis::log("latency", Unit::Seconds),
        series,
        marks,
    })
}

/// The share of requests that fail, where any does.
pub fn failing(view: &View) -> Option<Mark> {
    let share = line(view, "", "client.error_ratio")?;
    let has_some = share.points.iter().any(|(_, share)| *share > 0.0);
    has_some.then(|| Mark::Failing { points: share.points, label: "share that fails".into() })
}

/// How long one point of time lasts.
fn bucket(view: &View) -> String {
    // A point stands in the middle of what it is of.
    Unit::Seconds.show(view.history.times.first().map_or(0.0, |middle| 2.0 * middle))
}

/// The charts over time, one above the other.
pub fn timeline(view: &View) -> Option<Figure> {
    let panels: Vec<Chart> =
        [arrivals(view), hit_ratio(view), database_load(view), latency(view)].into_iter().flatten().collect();
    if panels.is_empty() {
        return None;
    }
    let variant = if view.subject.variant == "base" {
        String::new()
    } else {
        format!(", variant {}", view.subject.variant)
    };
    Some(Figure {
        title: format!("{}{variant}", view.subject.scenario),
        caption: replications(view.outcome),
        panels: panels.into_iter().map(|panel| Chart { caption: String::new(), ..panel }).collect(),
    })
}

/// An axis of a quantity that a cold start can raise far above all that comes later.
pub fn rising(label: &str, unit: Unit, view: &View) -> Axis {
    let warmup = view.subject.warmup.as_secs_f64();
    Axis { settled: (warmup > 0.0).then_some(warmup), ..Axis::linear(label, unit) }
}

pub fn line(view: &View, label: &str, name: &str) -> Option<Series> {
    // A single bucket is no course of time.
    let OverTime { band, .. } = view.history.get(name).filter(|_| view.history.times.len() > 1)?;
    let points = view.history.times.iter().copied().zip(band.mean.iter().copied()).collect();
    let mut series = Series::new(label, Style::Line, points);
    // None of these quantities can be negative, though the interval of a small one may say so.
    let above_zero = |(low, high): &(f64, f64)| (low.max(0.0), high.max(0.0));
    series.band = band.interval.as_ref().map(|interval| interval.iter().map(above_zero).collect());
    Some(series)
}

fn mean_of(view: &View, metric: &str, unit: Unit) -> Option<String> {
    Some(unit.show(view.outcome.value(metric)?))
}
