//! What a run has shown, on one screen.
//!
//! Rows and columns of the two tables are data; a row appears if it has anything to tell.

use super::findings::{caution, findings};
use super::format::Unit;
use super::json::failure_counts;
use super::others::others;
use super::subject::Subject;
use super::table::{Align, Table, one_line};
use super::{groups, hot};
use super::{shown, verdict};
use crate::experiment::{Outcome, Summary};
use crate::measure::{Layer, Metric};
use anstyle::{AnsiColor, Style};
use std::fmt::{self, Write};

pub(super) const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The rows of the first table: a label; a metric of the clients, one of each caching layer without its name, one of
/// the database, or none; and whether the row is left out when all of its numbers are zero.
const ROWS: &[(&str, [&str; 3], Zeros)] = {
    use Zeros::{Hide, Show};
    &[
        ("requests", ["client.requests", "", ""], Show),
        ("reads", ["", "look_ups", "database.loads"], Show),
        ("  per second", ["client.request_rate_mean_per_s", "", "database.load_rate_mean_per_s"], Show),
        (
            "  in the fullest second",
            ["client.request_rate_peak_per_s", "", "database.load_rate_peak_per_s"],
            Show,
        ),
        ("hit ratio", ["", "hit_ratio", ""], Show),
        ("  of these past soft TTL", ["", "stale_hit_ratio", ""], Hide),
        ("  of these absences", ["", "negative_hit_ratio", ""], Hide),
        ("waited for another's load", ["", "coalesced_ratio", ""], Hide),
        ("went past the layer", ["", "bypass_ratio", ""], Hide),
        (
            "mean latency (of hits)",
            ["client.latency_mean_seconds", "hit_latency_mean_seconds", "database.latency_mean_seconds"],
            Show,
        ),
        (
            "p99 latency (of hits)",
            ["client.latency_p99_seconds", "hit_latency_p99_seconds", "database.latency_p99_seconds"],
            Show,
        ),
        ("p99.9 latency", ["client.latency_p999_seconds", "", ""], Show),
        ("mean latency of misses", ["", "miss_latency_mean_seconds", ""], Show),
        ("miss penalty", ["", "miss_penalty_ratio", ""], Show),
        ("stale answers", ["client.stale_ratio", "stale_ratio", ""], Hide),
        ("p99 staleness", ["client.staleness_p99_seconds", "staleness_p99_seconds", ""], Hide),
        (
            "replaced before the request",
            ["client.strong_violation_ratio", "strong_violation_ratio", "database.strong_violation_ratio"],
            Show,
        ),
        (
            "replaced for too long",
            ["client.bounded_violation_ratio", "bounded_violation_ratio", "database.bounded_violation_ratio"],
            Show,
        ),
        (
            "older than own write",
            [
                "client.read_your_writes_violation_ratio",
                "read_your_writes_violation_ratio",
                "database.read_your_writes_violation_ratio",
            ],
            Show,
        ),
        (
            "older than seen before",
            [
                "client.monotonic_violation_ratio",
                "monotonic_violation_ratio",
                "database.monotonic_violation_ratio",
            ],
            Show,
        ),
        ("p99 propagation of writes", ["client.propagation_p99_seconds", "", ""], Show),
        ("versions of a key at once", ["client.versions_at_once_max", "", ""], Show),
        ("expired", ["", "expired_per_s", ""], Hide),
        ("evicted for memory", ["", "evicted_memory_per_s", ""], Hide),
        ("invalidated or purged", ["", "invalidated_per_s", ""], Hide),
        ("lost to flush or restart", ["", "flushed_per_s", ""], Hide),
        ("memory of the copies", ["", "memory_bytes", ""], Hide),
        ("herd: loads of one key", ["", "", "database.concurrent_loads_per_key_max"], Show),
        ("duplicate loads", ["", "", "database.duplicate_load_ratio"], Hide),
        ("orphaned loads", ["", "", "database.orphaned_loads"], Hide),
        ("failed", ["client.error_ratio", "", "database.failed_loads"], Hide),
        ("retries per request", ["client.retry_ratio", "", ""], Hide),
    ]
};

/// The columns of the first table.
fn columns() -> impl Iterator<Item = &'static str> {
    std::iter::once("clients").chain(Layer::CACHING.iter().map(|layer| layer.name())).chain(["database"])
}

/// What becomes of a row of zeros.
#[derive(Clone, Copy, PartialEq)]
enum Zeros {
    Show,
    Hide,
}

/// The metrics of a pool in the columns of the second table.
macro_rules! pool {
    ($prefix:literal) => {
        [
            concat!($prefix, "utilisation"),
            concat!($prefix, "utilisation_max"),
            concat!($prefix, "wait_ratio"),
            concat!($prefix, "wait_p99_seconds"),
            concat!($prefix, "queue_max"),
            concat!($prefix, "denied"),
        ]
    };
}
/// The rows of the second table: what can be waited for, and its metrics by column.
const WAITS: &[(&str, [&str; 6])] = &[
    ("app workers", pool!("app.worker_")),
    (
        "redis nodes",
        ["redis.node_utilisation_mean", "redis.node_utilisation_max", "", "", "redis.node_queue_max", ""],
    ),
    ("redis connections", pool!("redis.pool_")),
    ("database connections", pool!("database.pool_")),
    ("database workers", pool!("database.worker_")),
    ("database disks", pool!("database.disk_")),
    ("search workers", pool!("search.worker_")),
    ("service workers", pool!("downstream.worker_")),
];

/// The text, with colours that the caller takes out where they are not wanted.
#[must_use]
pub fn text(subject: &Subject, outcome: &Outcome) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, subject, outcome);
    text
}

fn write(out: &mut String, subject: &Subject, outcome: &Outcome) -> fmt::Result {
    header(out, subject, outcome)?;
    objectives(out, outcome)?;
    disagreement(out, outcome)?;
    if let Some(caution) = caution(&findings(subject, outcome)) {
        writeln!(out, "\n{caution}")?;
    }
    writeln!(out, "\n{}", layers(outcome).to_string().trim_end())?;
    if let Some(waits) = waits(outcome) {
        writeln!(out, "\n{}", waits.to_string().trim_end())?;
    }
    if let Some(groups) = groups::summary(outcome) {
        writeln!(out, "\n{}", groups.to_string().trim_end())?;
    }
    closing(out, subject, outcome)
}

fn header(out: &mut String, subject: &Subject, outcome: &Outcome) -> fmt::Result {
    let Subject { scenario, variant, .. } = subject;
    write!(out, "{BOLD}{scenario}{BOLD:#}")?;
    if variant != "base" {
        write!(out, ", variant {BOLD}{variant}{BOLD:#}")?;
    }
    writeln!(out)?;
    if let Some(description) = &subject.description {
        writeln!(out, "{}", one_line(description))?;
    }
    if let Some(trace) = &subject.trace {
        let counts = [(trace.requests, "request"), (trace.distinct_keys, "distinct key")];
        let counts = counts.map(|(number, noun)| counted(number, noun)).join(", ");
        write!(out, "{}: {counts}, {} skipped", one_line(&trace.file), counted(trace.skipped, "line"))?;
        if trace.reordered > 0 {
            let late = counted(trace.reordered, "request");
            write!(out, ", {late} out of order (moved on to the time of the one before)")?;
        }
        if trace.replayed < trace.requests {
            write!(out, ", {} replayed before the end", trace.replayed)?;
        }
        writeln!(out)?;
    }
    write!(out, "{} simulated", Unit::Seconds.show(subject.length.as_secs_f64()))?;
    if subject.warmup > crate::time::Duration::ZERO {
        write!(out, ", measured after a warm-up of {}", Unit::Seconds.show(subject.warmup.as_secs_f64()))?;
    }
    let replications = outcome.replications();
    match replications {
        1 => write!(out, "; 1 replication, so no confidence intervals")?,
        many => write!(out, "; {many} replications, mean ± half of the 95 % interval")?,
    }
    writeln!(out, "; seed {}", subject.seed)?;
    if !outcome.is_complete() {
        writeln!(
            out,
            "{BAD}partial{BAD:#}: interrupted, {replications} of {} replications are done",
            outcome.wanted
        )?;
    }
    Ok(())
}

fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn objectives(out: &mut String, outcome: &Outcome) -> fmt::Result {
    let Some(table) = objectives_table(outcome) else { return Ok(()) };
    writeln!(out)?;
    // The first two lines are the header and its rule: the marks tell what this is.
    for line in table.to_string().lines().skip(2) {
        let style = match line.chars().next() {
            Some('✓') => GOOD,
            Some('✗') => BAD,
            _ => OPEN,
        };
        let (mark, rest) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
        writeln!(out, "{style}{mark}{style:#}{rest}")?;
    }
    for said in [proof(outcome), shown::peaks(outcome)].into_iter().flatten() {
        writeln!(out, "{said}")?;
    }
    Ok(())
}

/// Whether the system collapses in some runs only.
fn disagreement(out: &mut String, outcome: &Outcome) -> fmt::Result {
    match &outcome.disagreement {
        Some(split) => writeln!(out, "\n{BAD}{}{BAD:#}", shown::disagreement(split)),
        None => Ok(()),
    }
}

/// Each objective with what became of it, if there are any.
pub(super) fn objectives_table(outcome: &Outcome) -> Option<Table> {
    let verdicts = outcome.verdicts();
    if verdicts.is_empty() {
        return None;
    }
    let mut table = Table::new([
        ("", Align::Left),
        ("objective", Align::Left),
        ("value", Align::Right),
        ("limit", Align::Right),
        ("runs", Align::Left),
    ]);
    for verdict in &verdicts {
        let unit = shown::unit(outcome, &verdict.metric);
        let value = outcome.estimate(&verdict.metric);
        let value = value.map_or("no value".into(), |value| shown::value(&verdict.metric, unit, value));
        table.row([
            verdict::mark(verdict.state).into(),
            verdict.metric.clone(),
            value,
            shown::limit(&verdict.metric, unit, verdict.bound),
            verdict::runs(verdict),
        ]);
    }
    Some(table)
}

/// What clean runs prove about all other runs.
pub(super) fn proof(outcome: &Outcome) -> Option<String> {
    let window = outcome.records().first()?.window_seconds();
    verdict::proof(&outcome.verdicts(), window)
}

/// What happened in each layer.
pub(super) fn layers(outcome: &Outcome) -> Table {
    let values = |[clients, what, database]: &[&str; 3]| -> Vec<_> {
        let caches = Layer::CACHING.iter().map(|layer| find(outcome, &format!("{}.{what}", layer.name())));
        std::iter::once(find(outcome, clients)).chain(caches).chain([find(outcome, database)]).collect()
    };
    let rows: Vec<_> = ROWS
        .iter()
        .map(|(label, metrics, zeros)| (*label, values(metrics), *zeros))
        .filter(|(_, values, zeros)| {
            let tells = |summary: &Summary| *zeros == Zeros::Show || summary.value() != Some(0.0);
            values.iter().flatten().any(|(_, summary)| tells(summary))
        })
        .collect();
    let has = |layer: usize| rows.iter().any(|(_, values, _)| values[layer].is_some());
    let present: Vec<(usize, &str)> = columns().enumerate().filter(|(layer, _)| has(*layer)).collect();
    let headers = present.iter().map(|(_, name)| (*name, Align::Right));
    let mut table = Table::new([("", Align::Left)].into_iter().chain(headers));
    for (label, values, _) in rows {
        let cell = |(layer, _): &(usize, &str)| {
            let (metric, summary) = values[*layer]?;
            Some(shown::cell(metric, summary))
        };
        let cells = present.iter().map(|layer| cell(layer).unwrap_or_default());
        table.row(std::iter::once(label.to_owned()).chain(cells));
    }
    table
}

fn find<'o>(outcome: &'o Outcome, name: &str) -> Option<(&'o Metric, &'o Summary)> {
    let (metric, _) = outcome.metrics.iter().find(|(metric, _)| metric.name == name)?;
    Some((metric, outcome.summary(name)?))
}

/// What was waited for, if there is anything to wait for.
pub(super) fn waits(outcome: &Outcome) -> Option<Table> {
    let headers = ["in use", "busiest", "had to wait", "p99 wait", "queue max", "turned away"];
    let columns = headers.map(|header| (header, Align::Right));
    let mut table = Table::new([("waiting for", Align::Left)].into_iter().chain(columns));
    let mut is_empty = true;
    for (label, metrics) in WAITS {
        let cells = metrics.map(|name| {
            let (metric, summary) = find(outcome, name)?;
            Some(shown::cell(metric, summary))
        });
        if cells.iter().any(Option::is_some) {
            is_empty = false;
            let cells = cells.into_iter().map(Option::unwrap_or_default);
            table.row(std::iter::once((*label).to_owned()).chain(cells));
        }
    }
    (!is_empty).then_some(table)
}

fn closing(out: &mut String, subject: &Subject, outcome: &Outcome) -> fmt::Result {
    let all: u64 = outcome.records().iter().map(|record| record.clients.arrived).sum();
    let failures = failure_counts(outcome);
    if !failures.is_empty() {
        let share = |count: u64| Unit::Ratio.show(count as f64 / all as f64);
        let errors = find(outcome, "client.error_ratio");
        let errors = errors.map_or(String::new(), |(metric, summary)| shown::summary(metric, summary));
        let reasons: Vec<String> =
            failures.iter().map(|(reason, count)| format!("{} {}", reason.name(), share(*count))).collect();
        writeln!(out, "\n{BOLD}failures{BOLD:#}  {errors}: {}", reasons.join(" · "))?;
    }
    others(out, outcome)?;
    let hottest: Vec<String> = outcome
        .hot_keys()
        .iter()
        .take(hot::HOT_KEYS)
        .map(|key| {
            let node = key.node.map(|node| format!(" (node {})", node + 1)).unwrap_or_default();
            format!("{} {}{node}", shortened(&key.key), hot::shown(outcome, key))
        })
        .collect();
    if !hottest.is_empty() {
        writeln!(out, "\n{BOLD}hot keys by {}{BOLD:#}  {}", hot::reads(outcome), hottest.join(" · "))?;
    }
    for finding in findings(subject, outcome) {
        writeln!(out, "\n{BOLD}{} {}{BOLD:#}: {}", finding.code, finding.title, finding.evidence)?;
        writeln!(out, "   {}", finding.advice)?;
    }
    Ok(())
}

/// A key of a trace can be as long as a URL, and hold anything.
fn shortened(key: &str) -> String {
    const LONGEST: usize = 40;
    let key = one_line(key);
    if key.chars().count() <= LONGEST { key } else { key.chars().take(LONGEST - 1).chain(['…']).collect() }
}
