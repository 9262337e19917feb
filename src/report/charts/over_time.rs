//! Charts whose x axis is the time.

use super::{View, limits, marks, replications, time};
use crate::measure::Layer;
use crate::report::chart::{Axis, Chart, Figure, Mark, Series, Style};
use crate::report::format::Unit;
use crate::report::over_time::OverTime;

/// When requests came, and how many got their answer.
pub fn arrivals(view: &View) -> Option<Chart> {
    let arrived = line(view, "requests", "client.request_rate_per_s")?;
    let failed = line(view, "failed", "client.failure_rate_per_s")
        .filter(|series| series.points.iter().any(|(_, rate)| *rate > 0.0));
    let mean = mean_of(view, "client.request_rate_mean_per_s", Unit::PerSecond)?;
    let peak = mean_of(view, "client.request_rate_peak_per_s", Unit::PerSecond)?;
    Some(Chart {
        title: format!("Requests: {mean}, in the fullest second {peak}"),
        caption: replications(view.outcome),
        x: time(view.subject),
        y: rising("requests", Unit::PerSecond, view),
        series: std::iter::once(arrived).chain(failed).collect(),
        marks: marks(view.subject),
    })
}

/// What each caching layer serves itself.
pub fn hit_ratio(view: &View) -> Option<Chart> {
    let names = Layer::CACHING.iter().map(|layer| (layer.name(), format!("{}.hit_ratio", layer.name())));
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
    let mut marks = marks(view.subject);
    marks.extend(limits(view.outcome, &layers));
    let caption = format!(
        "Share of the look-ups that the layer served itself, stale copies included. {}",
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

/// What reaches the database.
pub fn database_load(view: &View) -> Option<Chart> {
    let series = line(view, "reads", "database.load_rate_per_s")?;
    let mean = mean_of(view, "database.load_rate_mean_per_s", Unit::PerSecond)?;
    let peak = mean_of(view, "database.load_rate_peak_per_s", Unit::PerSecond)?;
    let highest = series.points.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    let mut marks = marks(view.subject);
    // Far above the load the line would press it flat against the axis.
    if let Some(at) = view.subject.capacity.database_reads_per_s.filter(|capacity| highest > capacity / 3.0) {
        let label = format!("all workers busy: {}", Unit::PerSecond.show(at));
        marks.push(Mark::Limit { at, label });
    }
    Some(Chart {
        title: format!("Database reads: {mean}, in the fullest second {peak}"),
        caption: replications(view.outcome),
        x: time(view.subject),
        y: rising("reads", Unit::PerSecond, view),
        series: vec![Series { style: Style::Area, ..series }],
        marks,
    })
}

/// How busy the database is.
pub fn database_queue(view: &View) -> Option<Chart> {
    let busy = line(view, "busy workers", "database.busy_workers_mean")?;
    let queue = line(view, "queries that wait", "database.queue_mean")?;
    let utilisation = mean_of(view, "database.worker_utilisation", Unit::Ratio)?;
    let waits = mean_of(view, "database.worker_wait_ratio", Unit::Ratio).unwrap_or("0 %".into());
    Some(Chart {
        title: format!(
            "Database workers are busy {utilisation} of the time; {waits} of the queries wait for one"
        ),
        caption: format!("Means over each stretch of time. {}", replications(view.outcome)),
        x: time(view.subject),
        y: rising("queries", Unit::Count, view),
        series: vec![busy, queue],
        marks: marks(view.subject),
    })
}

/// Percentiles of the latency.
pub fn latency(view: &View) -> Option<Chart> {
    let lines = [
        ("p50", "client.latency_p50_seconds"),
        ("p90", "client.latency_p90_seconds"),
        ("p99", "client.latency_p99_seconds"),
    ];
    let series: Vec<Series> = lines.iter().filter_map(|(label, name)| line(view, label, name)).collect();
    let has_data = series.iter().any(|series| series.points.iter().any(|(_, seconds)| *seconds > 0.0));
    let p99 = mean_of(view, "client.latency_p99_seconds", Unit::Seconds).filter(|_| has_data)?;
    let mut marks = marks(view.subject);
    marks.extend(limits(view.outcome, &lines));
    Some(Chart {
        title: format!("p99 latency: {p99}"),
        caption: "Percentiles of all requests that ended in each stretch of time, all replications together, within 6 %. \
                  A failed request is slower than any answer: a line has a gap where its percentile fails."
            .into(),
        x: time(view.subject),
        y: Axis::log("latency", Unit::Seconds),
        series,
        marks,
    })
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
    Some(unit.show(view.outcome.summary(metric)?.value().unwrap_or(f64::NAN)))
}
