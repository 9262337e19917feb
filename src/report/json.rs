//! `summary.json`, which is also what `--json` prints: one document, the same bytes for the same run.

use super::findings::{About, Finding, findings};
use super::format::Unit;
use super::subject::Subject;
use super::{events, groups, hot};
use super::{results, shown, verdict};
use crate::experiment::{Disagreement, Outcome, Shown, Summary, Verdict};
use crate::measure::{Failure, Metric};
use crate::model::Bound;
use crate::text::is_hidden;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The whole document.
#[must_use]
pub fn document(subject: &Subject, outcome: &Outcome) -> Value {
    let fields = json!({
        "scenario": subject.scenario,
        "seed": subject.seed,
        "complete": outcome.is_complete(),
        "variants": [variant(subject, outcome)],
    });
    results::document("run", fields)
}

/// A document as it is written.
#[must_use]
pub fn text(document: &Value) -> String {
    let text = format!("{document:#}\n");
    let is_shown = |letter: char| letter == '\n' || !is_hidden(letter);
    if text.chars().all(is_shown) {
        return text;
    }
    // The same document, which steers no terminal that it is shown on.
    let mut escaped = String::with_capacity(text.len());
    let mut units = [0; 2];
    for letter in text.chars() {
        if is_shown(letter) {
            escaped.push(letter);
        } else {
            // Writing to a string cannot fail.
            for unit in letter.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

pub(super) fn variant(subject: &Subject, outcome: &Outcome) -> Value {
    let metrics: Map<String, Value> = outcome
        .summaries()
        .map(|(metric, summary)| (metric.name.clone(), of_metric(metric, summary)))
        .collect();
    let trace = subject.trace.as_ref().map(|trace| {
        json!({
            "file": trace.file,
            "requests": trace.requests,
            "replayed": trace.replayed,
            "reordered": trace.reordered,
            "distinct_keys": trace.distinct_keys,
            "skipped": trace.skipped,
        })
    });
    let mut variant = json!({
        "name": subject.variant,
        "replications": outcome.replications(),
        "replications_wanted": outcome.wanted,
        "duration_seconds": subject.length.as_secs_f64(),
        "warmup_seconds": subject.warmup.as_secs_f64(),
        "metrics": metrics,
        "disagreement": outcome.disagreement.as_ref().map(disagreement),
        "objectives": outcome.verdicts().iter().map(|verdict| {
            objective(verdict, shown::unit(outcome, &verdict.metric))
        }).collect::<Vec<_>>(),
        "findings": findings(subject, outcome).iter().map(finding).collect::<Vec<_>>(),
        "failures": failures(outcome),
        "hot_keys": hot::list(outcome),
        "events": events::list(outcome),
        "trace": trace,
    });
    if let Some(groups) = groups::list(outcome) {
        variant["groups"] = groups;
    }
    variant
}

/// What is known of an objective, whose metric has this unit.
pub(super) fn objective(verdict: &Verdict, unit: Unit) -> Value {
    let bound = match verdict.bound {
        Bound::AtMost(_) => "at_most",
        Bound::AtLeast(_) => "at_least",
    };
    json!({
        "metric": verdict.metric,
        "bound": bound,
        "limit": verdict.bound.limit(),
        "value": verdict.mean.map(|mean| mean.mean).filter(|mean| mean.is_finite() && !verdict.is_short),
        "fails": verdict.failing > 0,
        "state": verdict.state.name(),
        "kept": verdict.kept,
        "runs": verdict.runs,
        "thin": verdict.is_thin,
        "too_few": verdict.is_short,
        "reason": verdict::reason(verdict, unit),
    })
}

/// What the runs say about a metric. JSON has no infinity: an open end of an interval and what fails are `null`.
pub(super) fn of_metric(metric: &Metric, summary: &Summary) -> Value {
    let value = summary.value();
    let mut object = json!({
        "value": value,
        "ci95": summary.interval(),
        "unit": metric.unit.to_string(),
        "kind": metric.kind.name(),
    });
    if value.is_some_and(f64::is_infinite) {
        object["fails"] = json!(true);
    }
    if summary.is_rough {
        object["rough"] = json!(true);
    }
    if summary.present < summary.runs {
        object["in_runs"] = json!(summary.present);
    }
    match &summary.shown {
        Shown::TooFew { .. } => object["too_few"] = json!(true),
        Shown::Rare { count, of, hit, share_of_runs, .. } => {
            object["count"] = json!(count);
            if let Some(of) = of {
                object["of"] = json!(of);
            }
            object["hit_runs"] = json!(hit);
            object["hit_runs_ci95"] = json!(share_of_runs);
        }
        Shown::Range { ends, .. } => object["range"] = json!(ends),
        Shown::Split { means: [collapsed, others], .. } => {
            object["collapsed_runs"] = json!(collapsed);
            object["other_runs"] = json!(others);
        }
        Shown::Mean { .. } | Shown::Percentile { .. } => {}
    }
    object
}

pub(super) fn disagreement(split: &Disagreement) -> Value {
    let runs = split.collapsed.iter().enumerate().filter(|(_, is_collapsed)| **is_collapsed);
    json!({
        "collapsed_runs": runs.map(|(run, _)| run).collect::<Vec<_>>(),
        "share_ci95": split.share,
        "error_ratio": split.errors,
        "answer_latency_mean_seconds": split.latency,
    })
}

pub(super) fn finding(finding: &Finding) -> Value {
    let about = match finding.about {
        About::System => "system",
        About::Run => "run",
    };
    json!({
        "code": finding.code,
        "title": finding.title,
        "about": about,
        "evidence": finding.evidence,
        "advice": finding.advice,
    })
}

/// Failed requests by reason, in all replications together.
fn failures(outcome: &Outcome) -> Map<String, Value> {
    let counts = failure_counts(outcome).into_iter();
    counts.map(|(failure, count)| (failure.name().to_owned(), json!(count))).collect()
}

/// The reasons that occurred, with how often in all replications together.
#[must_use]
pub fn failure_counts(outcome: &Outcome) -> Vec<(Failure, u64)> {
    let count = |failure: Failure| {
        outcome.records().iter().map(|record| record.clients.failed[failure as usize]).sum::<u64>()
    };
    Failure::ALL.iter().map(|failure| (*failure, count(*failure))).filter(|(_, count)| *count > 0).collect()
}
