//! The parts of a system that have no column in the summary's tables: what there is to tell of them, a line each.

use super::shown;
use super::summary::BOLD;
use crate::experiment::Outcome;
use std::fmt::{self, Write};

/// What is told of parts that have no column: a title, what their metrics begin with, and which of these; none are all.
const TOLD: [(&str, &str, &[&str]); 6] = [
    ("instances", "app.", &["instances_mean", "instances_min", "instances_max", "warmed_per_s"]),
    (
        "redis",
        "redis.",
        &[
            "refused_per_s",
            "lost_writes",
            "lost_copies",
            "returned_copies",
            "breaker_opens",
            "breaker_refused",
            "shed",
        ],
    ),
    (
        "search",
        "search.",
        &[
            "call_rate_mean_per_s",
            "latency_mean_seconds",
            "latency_p99_seconds",
            "stale_ratio",
            "failed_calls",
            "breaker_opens",
            "breaker_refused",
            "shed",
        ],
    ),
    (
        "services",
        "downstream.",
        &[
            "call_rate_mean_per_s",
            "latency_mean_seconds",
            "latency_p99_seconds",
            "rate_limited_ratio",
            "failed_calls",
            "breaker_opens",
            "breaker_refused",
            "shed",
        ],
    ),
    ("writes", "write.", &[]),
    ("event bus", "bus.", &[]),
];

/// The parts that have no column, as far as there is something to tell of them.
pub(super) fn others(out: &mut String, outcome: &Outcome) -> fmt::Result {
    for (title, prefix, names) in TOLD {
        let told: Vec<String> = outcome
            .metrics
            .iter()
            .filter_map(|(metric, _)| {
                let what = metric.name.strip_prefix(prefix)?;
                if !(names.is_empty() || names.contains(&what)) {
                    return None;
                }
                let what = what.trim_end_matches("_seconds").trim_end_matches("_per_s").replace('_', " ");
                let summary = outcome.summary(&metric.name).filter(|all| all.value() != Some(0.0))?;
                Some(format!("{what} {}", shown::cell(metric, summary)))
            })
            .collect();
        if !told.is_empty() {
            writeln!(out, "\n{BOLD}{title}{BOLD:#}  {}", told.join(" · "))?;
        }
    }
    Ok(())
}
