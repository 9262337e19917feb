//! The charts of a run, of several side by side (`compare.rs`, `measures.rs`), and of a
//! sweep (`heat_map.rs`; its curves are in `report/sweep.rs`). Each is one file, or a function beside its kin, and one line in the registry.

pub mod compare;
mod distribution;
mod headroom;
pub mod heat_map;
mod hot_keys;
mod measures;
mod over_time;

use super::chart::{Axis, Drawing, Mark};
use super::format::Unit;
use super::over_time::History;
use super::subject::{Happening, Subject};
use crate::experiment::Outcome;
use crate::time::{Duration, Instant};

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

/// Lines that can be told apart in one chart; more variants than this are too many for a picture.
const LINES: usize = 8;

/// Draws one chart, unless the run has no data for it.
type Draw = fn(&View) -> Option<Drawing>;

/// All charts by the name of their file.
static CHARTS: &[(&str, Draw)] = &[
    ("timeline", |view| over_time::timeline(view).map(Drawing::from)),
    ("arrivals", |view| over_time::arrivals(view).map(Drawing::from)),
    ("hit-ratio", |view| over_time::hit_ratio(view).map(Drawing::from)),
    ("database-load", |view| over_time::database_load(view).map(Drawing::from)),
    ("database-queue", |view| over_time::database_queue(view).map(Drawing::from)),
    ("latency", |view| over_time::latency(view).map(Drawing::from)),
    ("latency-distribution", |view| distribution::latency(view).map(Drawing::from)),
    ("staleness-distribution", |view| distribution::staleness(view).map(Drawing::from)),
    ("headroom", |view| headroom::headroom(view).map(Drawing::from)),
    ("hot-keys", |view| hot_keys::hot_keys(view).map(Drawing::from)),
];

/// Every chart that has data, with the name of its file.
#[must_use]
pub fn draw_all(view: &View) -> Vec<(String, Drawing)> {
    CHARTS.iter().filter_map(|(name, draw)| Some(((*name).to_owned(), draw(view)?))).collect()
}

/// The time axis: the whole run.
fn time(subject: &Subject) -> Axis {
    let range = Some((0.0, subject.length.as_secs_f64()));
    Axis { range, ..Axis::linear("time since the start", Unit::Seconds) }
}

/// A linear axis of a quantity whose largest value is this. A share ends at the whole, though its interval may go beyond, and
/// needs all of that only if it comes near.
pub fn up_to(label: &str, unit: Unit, most: f64) -> Axis {
    let is_whole = unit == Unit::Ratio && (0.5..=1.0).contains(&most);
    Axis { range: is_whole.then_some((0.0, 1.0)), ..Axis::linear(label, unit) }
}

/// The events, each for as long as it lasts, and the warm-up.
fn marks(view: &View) -> Vec<Mark> {
    let happenings = view.subject.happenings.iter().map(|happening| spanned(happening, view));
    marks_of(view.subject, happenings)
}

/// An event of which only the simulation knows how long it lasts, such as a deploy: until it was over, in the mean of the
/// replications, or to the end of the run.
fn spanned(happening: &Happening, view: &View) -> Happening {
    let mut happening = happening.clone();
    if happening.lasts.is_some() {
        return happening;
    }
    let ends = view.outcome.records().iter().map(|record| record.event_ends.get(happening.place).copied());
    let ends: Vec<Option<Instant>> = ends.flatten().collect();
    let known: Vec<u64> = ends.iter().flatten().map(|end| end.as_nanos()).collect();
    let rest = view.subject.length.as_nanos();
    let end = match known.len() {
        0 if happening.effect.is_fault() && !ends.is_empty() => rest,
        0 => return happening,
        count => known.iter().sum::<u64>() / count as u64,
    };
    let lasts = end.saturating_sub(happening.at.as_nanos());
    // What is over at once is a line.
    happening.lasts = (lasts > rest / 1000).then(|| Duration::from_nanos(lasts));
    happening
}

fn marks_of(subject: &Subject, happenings: impl Iterator<Item = Happening>) -> Vec<Mark> {
    let end = subject.length.as_secs_f64();
    let warmup = subject.warmup.as_secs_f64();
    let warmup = (warmup > 0.0).then(|| Mark::Window { from: 0.0, to: warmup, label: "warm-up".into() });
    let happenings = happenings.map(|happening| {
        let at = happening.at.as_nanos() as f64 / 1e9;
        let label = happening.label;
        match happening.lasts {
            None => Mark::Event { at, label },
            Some(lasts) => Mark::Window { from: at, to: (at + lasts.as_secs_f64()).min(end), label },
        }
    });
    warmup.into_iter().chain(happenings).collect()
}

/// The events of all variants: where they differ it is said whose it is. The warm-up is the base's.
fn marks_of_all(views: &[View]) -> Vec<Mark> {
    let Some(base) = views.first() else { return Vec::new() };
    let mut happenings: Vec<Happening> = Vec::new();
    let mut known: Vec<&Happening> = Vec::new();
    for (view, happening) in
        views.iter().flat_map(|view| view.subject.happenings.iter().map(move |one| (view, one)))
    {
        // The same in several variants is one, whatever it does there, and lasts as long as in the first of them.
        if known.iter().any(|known| is_same(known, happening)) {
            continue;
        }
        known.push(happening);
        let label = format!("{}{}", happening.label, whose(happening, views));
        happenings.push(Happening { label, ..spanned(happening, view) });
    }
    happenings.sort_by_key(|happening| happening.at);
    marks_of(base.subject, happenings.into_iter())
}

fn is_same(one: &Happening, other: &Happening) -> bool {
    (one.at, one.lasts, &one.label) == (other.at, other.lasts, &other.label)
}

/// Of whom a happening is, unless it is of all.
fn whose(happening: &Happening, views: &[View]) -> String {
    let has = |view: &&View| view.subject.happenings.iter().any(|one| is_same(one, happening));
    let name = |view: &View| view.subject.variant.clone();
    let with: Vec<String> = views.iter().filter(has).map(name).collect();
    let without: Vec<String> = views.iter().filter(|view| !has(view)).map(name).collect();
    match (with.len(), without.len()) {
        (_, 0) => String::new(),
        (1, _) => format!(": {} only", with[0]),
        (_, 1) => format!(": not {}", without[0]),
        (some, _) => format!(": {some} of {} variants", views.len()),
    }
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
