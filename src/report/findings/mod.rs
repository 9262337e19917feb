//! What the results alone prove: each finding with a stable code, the evidence, and what to do.
//!
//! A finding is one file and one line in the registry. It speaks only when the numbers leave no doubt: a
//! finding that cries wolf is worse than none.

mod fast_origin;
mod hidden_dependency;
mod hot_node;
mod retries;
mod small_pool;
mod working_set;

use super::format::Unit;
use super::subject::Subject;
use crate::experiment::Outcome;

/// Something that the results prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable, for programs and for searching the documentation.
    pub code: &'static str,
    /// What is the matter, in a few words.
    pub title: &'static str,
    /// The numbers that prove it, as a sentence.
    pub evidence: String,
    /// What to do.
    pub advice: &'static str,
}

/// Looks for one thing.
type Rule = fn(&Subject, &Outcome) -> Option<Finding>;

/// All rules, in the order of the codes.
static RULES: &[Rule] = &[
    fast_origin::find,       // D3
    hidden_dependency::find, // D4
    working_set::find,       // D6
    small_pool::find,        // D11
    hot_node::find,          // D12
    retries::find,           // D16
];

/// All findings of a run, in the order of the codes.
#[must_use]
pub fn findings(subject: &Subject, outcome: &Outcome) -> Vec<Finding> {
    RULES.iter().filter_map(|rule| rule(subject, outcome)).collect()
}

/// The mean of a metric, if it has a value.
fn mean(outcome: &Outcome, metric: &str) -> Option<f64> {
    Some(outcome.estimate(metric)?.mean)
}

fn rate(value: f64) -> String {
    Unit::PerSecond.show(value)
}

fn share(value: f64) -> String {
    Unit::Ratio.show(value)
}

fn seconds(value: f64) -> String {
    Unit::Seconds.show(value)
}
