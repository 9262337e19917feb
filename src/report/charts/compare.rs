//! Charts that lay variants over each other: one line for each, the base first.

use super::distribution::{LATENCY, STALENESS, distribution, failed, tail};
use super::hot_keys::hot_keys;
use super::measures::measures;
use super::over_time::{line, rising};
use super::{LINES, View, limits, marks_of_all, replications, time};
use crate::experiment::Outcome;
use crate::measure::{Histogram, Layer, Record};
use crate::report::chart::{Axis, Chart, Drawing, Figure, Mark, Series, Style};
use crate::report::compare::SideBySide;
use crate::report::format::Unit;

/// A quantity over time that variants are compared by: its name in sentences and in the history, its unit, whether its axis
/// is logarithmic.
struct Quantity {
    label: &'static str,
    name: &'static str,
    unit: Unit,
    is_log: bool,
}

/// The panels, top to bottom; those that no variant has are left out.
const OVER_TIME: &[Quantity] = &[
    Quantity {
        label: "failed requests",
        name: "client.failure_rate_per_s",
        unit: Unit::PerSecond,
        is_log: false,
    },
    Quantity { label: "latency p99", name: "client.latency_p99_seconds", unit: Unit::Seconds, is_log: true },
    Quantity { label: "hit ratio", name: "redis.hit_ratio", unit: Unit::Ratio, is_log: false },
    Quantity {
        label: "database reads",
        name: "database.load_rate_per_s",
        unit: Unit::PerSecond,
        is_log: false,
    },
];

/// Draws one chart of variants, the base first, unless they have no data for it.
type Draw = fn(&SideBySide, &[View]) -> Option<Drawing>;

/// All charts by the name of their file.
static CHARTS: &[(&str, Draw)] = &[
    ("measures", |side_by_side, _| measures(side_by_side).map(Drawing::from)),
    ("timeline", |_, views| timeline(views).map(Drawing::from)),
    ("latency-distribution", |_, views| latency(views).map(Drawing::from)),
    ("staleness-distribution", |_, views| staleness(views).map(Drawing::from)),
    // All variants see the same traffic.
    ("hot-keys", |_, views| hot_keys(views.first()?).map(Drawing::from)),
];

/// Every chart that has data, with the name of its file. The views are those of the variants, the base first.
pub fn draw_all(side_by_side: &SideBySide, views: &[View]) -> Vec<(String, Drawing)> {
    let views = &views[..views.len().min(LINES)];
    CHARTS.iter().filter_map(|(name, draw)| Some(((*name).to_owned(), draw(side_by_side, views)?))).collect()
}

/// The quantities over time, one panel for each.
fn timeline(views: &[View]) -> Option<Figure> {
    let panels: Vec<Chart> = OVER_TIME.iter().filter_map(|quantity| panel(views, quantity)).collect();
    let base = views.first().filter(|_| !panels.is_empty())?;
    Some(Figure {
        title: format!("{}: {} variants on the same traffic", base.subject.scenario, views.len()),
        caption: replications(base.outcome),
        panels,
    })
}

fn panel(views: &[View], quantity: &Quantity) -> Option<Chart> {
    let Quantity { label, name, unit, is_log } = quantity;
    // A variant without this layer keeps its place, so that each has one colour in all panels.
    let line = |view: &View| {
        let variant = &view.subject.variant;
        line(view, variant, name).unwrap_or_else(|| Series::new(variant, Style::Line, Vec::new()))
    };
    let series: Vec<Series> = views.iter().map(line).collect();
    if !series.iter().flat_map(|series| &series.points).any(|(_, value)| *value > 0.0) {
        return None;
    }
    let base = &views[0];
    let mut marks: Vec<Mark> = marks_of_all(views);
    marks.extend(limits(base.outcome, &[(label, name)]));
    let y = match unit {
        Unit::Ratio => Axis { range: Some((0.0, 1.0)), ..Axis::linear(*label, *unit) },
        _ if *is_log => Axis::log(*label, *unit),
        _ => rising(label, *unit, base),
    };
    let mut title = match *name {
        "redis.hit_ratio" => format!("{label} of {}", base.subject.name_of(Layer::Redis)),
        _ => (*label).to_owned(),
    };
    title[..1].make_ascii_uppercase();
    Some(Chart { title, caption: String::new(), x: time(base.subject), y, series, marks })
}

/// Latency of all requests, in each variant.
fn latency(views: &[View]) -> Option<Chart> {
    overlay(views, ("request latency", LATENCY), |record| Some(&record.clients.latency), failed)
}

/// Staleness of all answers, in each variant.
fn staleness(views: &[View]) -> Option<Chart> {
    let is_stale =
        views.iter().any(|view| view.outcome.value("client.stale_ratio").is_some_and(|share| share > 0.0));
    overlay(
        views,
        ("staleness of answers", STALENESS),
        |record| Some(&record.clients.answers.staleness),
        |_| 0,
    )
    .filter(|_| is_stale)
}

fn overlay(
    views: &[View],
    (title, axes): (&str, (&str, &str)),
    take: impl Fn(&Record) -> Option<&Histogram>,
    failed: impl Fn(&Outcome) -> u64,
) -> Option<Chart> {
    let series = views
        .iter()
        .map(|view| tail(&view.subject.variant, &view.outcome.histogram(&take), failed(view.outcome)));
    distribution(format!("{}: {title}", views.first()?.subject.scenario), axes, series.collect())
}
