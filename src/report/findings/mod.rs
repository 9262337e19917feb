//! What the results alone prove: each finding with a stable code, the evidence, and what to do.
//!
//! A finding is one file, which declares its texts beside the rule, and one line in the registry;
//! `docs/FINDINGS.md` is written from these. It speaks only when the numbers leave no doubt: a finding that
//! cries wolf is worse than none. And it advises nothing that the scenario does already.

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
    pub advice: String,
}

/// Looks for one thing, and says what that is.
pub struct Rule {
    /// As in [`Finding::code`].
    pub code: &'static str,
    /// As in [`Finding::title`].
    pub title: &'static str,
    /// What it means for the system, as sentences.
    pub meaning: &'static str,
    /// When it is said, with the thresholds: completes "said when ...".
    pub when: fn() -> String,
    /// What to do, as sentences, where the scenario does not do it already.
    pub remedy: &'static str,
    /// Where the thresholds come from: completes "source: ...".
    pub source: &'static str,
    find: fn(&Subject, &Outcome) -> Option<Proof>,
}

/// What a rule has found.
struct Proof {
    evidence: String,
    advice: String,
}

/// All rules, in the order of the codes.
pub static RULES: &[&Rule] = &[
    &fast_origin::RULE,       // D3
    &hidden_dependency::RULE, // D4
    &working_set::RULE,       // D6
    &small_pool::RULE,        // D11
    &hot_node::RULE,          // D12
    &retries::RULE,           // D16
];

/// All findings of a run, in the order of the codes.
#[must_use]
pub fn findings(subject: &Subject, outcome: &Outcome) -> Vec<Finding> {
    let finding = |rule: &&Rule| {
        let Proof { evidence, advice } = (rule.find)(subject, outcome)?;
        Some(Finding { code: rule.code, title: rule.title, evidence, advice })
    };
    RULES.iter().filter_map(finding).collect()
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
