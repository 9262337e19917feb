//! The charts of a run, and of several side by side (`compare.rs`). Each is one file, or a function beside its kin, and one line in the registry.

pub mod compare;
mod distribution;
mod over_time;

use super::chart::{Axis, Chart, Figure, Mark, Theme};
use super::over_time::History;
use super::subject::Subject;
use crate::experiment::Outcome;

/// What charts are drawn from.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What was simulated.
    pub subject: &'a Subject,
    /// Its results.
    pub outcome: &'a Outcome,
    /// The results over time.
    pub history: &'a History,
}

/// A picture.
pub enum Drawing {
    /// One chart.
    Chart(Chart),
    /// Several that share an axis.
    Figure(Figure),
}

/// Draws one chart, unless the run has no data for it.
type Draw = fn(&View) -> Option<Drawing>;

/// All charts by the name of their file.
static CHARTS: &[(&str, Draw)] = &[
    ("timeline", over_time::timeline),
    ("arrivals", |view| over_time::arrivals(view).map(Drawing::Chart)),
    ("hit-ratio", |view| over_time::hit_ratio(view).map(Drawing::Chart)),
    ("database-load", |view| over_time::database_load(view).map(Drawing::Chart)),
    ("database-queue", |view| over_time::database_queue(view).map(Drawing::Chart)),
    ("latency", |view| over_time::latency(view).map(Drawing::Chart)),
    ("latency-distribution", |view| distribution::latency(view).map(Drawing::Chart)),
    ("staleness-distribution", |view| distribution::staleness(view).map(Drawing::Chart)),
];

/// Every chart that has data, as files.
#[must_use]
pub fn draw_all(view: &View) -> Vec<(String, Vec<u8>)> {
    let drawings = CHARTS.iter().filter_map(|(name, draw)| Some((name, draw(view)?)));
    let files = drawings.flat_map(|(name, drawing)| {
        let (svg, png) = match drawing {
            Drawing::Chart(chart) => (chart.svg(&Theme::LIGHT), chart.png(&Theme::LIGHT)),
            Drawing::Figure(figure) => (figure.svg(&Theme::LIGHT), figure.png(&Theme::LIGHT)),
        };
        [(format!("charts/{name}.svg"), svg.into_bytes()), (format!("charts/{name}.png"), png)]
    });
    files.collect()
}

/// The time axis: the whole run.
fn time(subject: &Subject) -> Axis {
    let range = Some((0.0, subject.length.as_secs_f64()));
    Axis { range, ..Axis::linear("time since the start", super::format::Unit::Seconds) }
}

/// What befell the system, and the warm-up.
fn marks(subject: &Subject) -> Vec<Mark> {
    let end = subject.length.as_secs_f64();
    let warmup = subject.warmup.as_secs_f64();
    let warmup = (warmup > 0.0).then(|| Mark::Window { from: 0.0, to: warmup, label: "warm-up".into() });
    let happenings = subject.happenings.iter().map(|happening| {
        let at = happening.at.as_nanos() as f64 / 1e9;
        let label = happening.label.clone();
        match happening.lasts {
            None => Mark::Event { at, label },
            Some(lasts) => Mark::Window { from: at, to: (at + lasts.as_secs_f64()).min(end), label },
        }
    });
    warmup.into_iter().chain(happenings).collect()
}

/// The limits that the objectives set to these lines, each a label and a metric.
fn limits(outcome: &Outcome, lines: &[(&str, &str)]) -> Vec<Mark> {
    let mut limits = Vec::new();
    for verdict in outcome.verdicts() {
        if let Some((label, _)) = lines.iter().find(|(_, name)| *name == verdict.metric) {
            limits.push(Mark::Limit { at: verdict.bound.limit(), label: format!("objective of {label}") });
        }
    }
    limits
}

/// Which replications a line is of, for captions.
fn replications(outcome: &Outcome) -> String {
    match outcome.replications() {
        1 => "One replication.".into(),
        many => format!("Mean of {many} replications; the shade is its 95 % interval."),
    }
}
