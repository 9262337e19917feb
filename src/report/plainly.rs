//! What happened, in sentences: the numbers that matter most in a failure, for people who do not know the table.

use super::format::Unit;
use super::json::failure_counts;
use super::shown::about;
use super::subject::Subject;
use crate::experiment::{Outcome, Shown};
use crate::measure::Layer;

/// A part that is busy for a larger share of its time leaves no room for more.
const BUSY: f64 = 0.9;
/// Fewer duplicates than this are usual wherever several clients ask for a key.
const DUPLICATES: f64 = 0.05;
/// Waiting is worth a sentence from this share of requests on.
const WAITING: f64 = 0.01;

/// The parts that requests wait for: what they are called, where `{}` is the shared cache, and what their metrics begin with.
const PARTS: &[(&str, &str)] = &[
    ("app workers", "app.worker_"),
    ("{} connections", "redis.pool_"),
    ("database connections", "database.pool_"),
    ("database workers", "database.worker_"),
    ("database disks", "database.disk_"),
    ("search workers", "search.worker_"),
    ("service workers", "downstream.worker_"),
];

/// The sentences; none if nothing stands out.
pub fn sentences(subject: &Subject, outcome: &Outcome) -> Vec<String> {
    [failing(outcome), duplicates(outcome)].into_iter().flatten().chain(busy(subject, outcome)).collect()
}

/// Why requests fail.
fn failing(outcome: &Outcome) -> Option<String> {
    let counts = failure_counts(outcome);
    let all: u64 = outcome.records().iter().map(|record| record.clients.arrived).sum();
    let failed: u64 = counts.iter().map(|(_, count)| count).sum();
    if failed == 0 || all == 0 {
        return None;
    }
    let share = |count: u64| about(Unit::Ratio, count as f64 / all as f64);
    let mut counts = counts;
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let reasons: Vec<String> =
        counts.iter().map(|(reason, count)| format!("{} {}", reason.name(), share(*count))).collect();
    let (reasons, errors) = (reasons.join(", "), "client.error_ratio");
    match outcome.summary(errors).map(|summary| &summary.shown) {
        Some(Shown::Rare { count, of: Some(of), hit, .. }) if *count > 0 => {
            let runs = outcome.replications();
            Some(format!("{count} of {of} requests fail, in {hit} of {runs} runs: {reasons}."))
        }
        _ => Some(format!("{} of requests fail: {reasons}.", share(failed))),
    }
}

/// A herd: several loads of one key at once.
fn duplicates(outcome: &Outcome) -> Option<String> {
    let share = outcome.value("database.duplicate_load_ratio").filter(|share| *share >= DUPLICATES)?;
    // In the run in which there were most.
    let most = match outcome.summary("database.concurrent_loads_per_key_max").map(|summary| &summary.shown) {
        Some(Shown::Range { ends: [_, most], .. }) => {
            format!("; up to {} reads of one key run at once", Unit::Count.show(*most))
        }
        _ => String::new(),
    };
    Some(format!("{} of database reads duplicate one already running{most}.", about(Unit::Ratio, share)))
}

/// Parts without room, and how long requests wait for them.
fn busy(subject: &Subject, outcome: &Outcome) -> Vec<String> {
    let sentence = |(name, prefix): &(&str, &str)| {
        let of = |what: &str| outcome.value(&format!("{prefix}{what}"));
        let used = of("utilisation").filter(|used| *used >= BUSY)?;
        let waits = of("wait_ratio").filter(|share| *share >= WAITING).map_or(String::new(), |share| {
            let p99 = of("wait_p99_seconds")
                .map_or(String::new(), |wait| format!(", p99 {}", about(Unit::Seconds, wait)));
            format!("; {} of callers wait{p99}", about(Unit::Ratio, share))
        });
        Some(format!(
            "{} are {} busy{waits}.",
            capital(&name.replace("{}", subject.name_of(Layer::Redis))),
            about(Unit::Ratio, used)
        ))
    };
    PARTS.iter().filter_map(sentence).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
