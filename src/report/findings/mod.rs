//! What the results alone prove: each finding with a stable code, the evidence, and what to do.
//!
//! A finding is one file, which declares its texts beside the rule, and one line in the registry;
//! `docs/FINDINGS.md` is written from these. It speaks only when the numbers leave no doubt: a finding that
//! cries wolf is worse than none. And it advises nothing that the scenario does already.

mod event_cut_off;
mod fast_origin;
mod hidden_dependency;
mod hot_node;
mod memory_full;
mod never_asked;
mod not_recovered;
mod queue_grows;
mod rate_limited;
mod retries;
mod shorter_than_ttl;
mod small_pool;
mod stale_answers;
mod stamps_spread;
mod still_warming;
mod unhealthy_before;
mod waves;
mod working_set;

use super::format::Unit;
use super::subject::Subject;
use crate::experiment::Outcome;
use crate::experiment::fitness::{Count, Fit};

/// Something that the results prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable, for programs and for searching the documentation.
    pub code: &'static str,
    /// What is the matter, in a few words.
    pub title: &'static str,
    /// What it is about.
    pub about: About,
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
    /// What it is about.
    pub about: About,
    find: Find,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The system that is simulated.
    System,
    /// The run: whether it is fit to answer.
    Run,
}

/// What a rule looks at.
enum Find {
    /// All results.
    Results(fn(&Subject, &Outcome) -> Option<Proof>),
    /// What is kept of each replication to judge the run: there may be no more than that.
    Fit(fn(Fit) -> Option<Proof>),
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
    &still_warming::RULE,     // D20
    &queue_grows::RULE,       // D21
    &shorter_than_ttl::RULE,  // D22
    &waves::RULE,             // D23
    &not_recovered::RULE,     // D24
    &unhealthy_before::RULE,  // D25
    &stamps_spread::RULE,     // D26
    &never_asked::RULE,       // D27
    &event_cut_off::RULE,     // D28
    &stale_answers::RULE,     // D29
    &rate_limited::RULE,      // D30
    &memory_full::RULE,       // D31
];

/// All findings of a run, in the order of the codes.
#[must_use]
pub fn findings(subject: &Subject, outcome: &Outcome) -> Vec<Finding> {
    let find = |rule: &&Rule| match rule.find {
        Find::Results(find) => Some(rule.finding(find(subject, outcome)?)),
        Find::Fit(find) => Some(rule.finding(find(outcome.fit())?)),
    };
    RULES.iter().filter_map(find).collect()
}

/// The findings about a run of which only that is known.
#[must_use]
pub fn of_fit(fit: Fit) -> Vec<Finding> {
    let find = |rule: &&Rule| match rule.find {
        Find::Results(_) => None,
        Find::Fit(find) => Some(rule.finding(find(fit)?)),
    };
    RULES.iter().filter_map(find).collect()
}

/// Why a run is not warm: nothing if it is.
#[must_use]
pub fn of_cold(fit: Fit) -> Vec<Finding> {
    if fit.is_warm() {
        return Vec::new();
    }
    let why = [still_warming::RULE.code, shorter_than_ttl::RULE.code];
    of_fit(fit).into_iter().filter(|finding| why.contains(&finding.code)).collect()
}

/// The line under a verdict, if the run may not be fit to give one.
#[must_use]
pub fn caution(findings: &[Finding]) -> Option<String> {
    Some(format!("This run may not be fit to answer: {}.", doubts(findings)?))
}

/// Why a run may not be fit to answer: `The caches still fill (D20); …`.
#[must_use]
pub fn doubts(findings: &[Finding]) -> Option<String> {
    let about_run = findings.iter().filter(|finding| finding.about == About::Run);
    let named: Vec<String> =
        about_run.map(|finding| format!("{} ({})", finding.title, finding.code)).collect();
    (!named.is_empty()).then(|| named.join("; "))
}

impl Rule {
    fn finding(&self, proof: Proof) -> Finding {
        let Proof { evidence, advice } = proof;
        Finding { code: self.code, title: self.title, about: self.about, evidence, advice }
    }
}

/// `3 of 5 replications (23 to 88 % of all runs)`.
fn of_runs(count: Count) -> String {
    let [low, high] = count.interval();
    let ends = format!("{:.0} to {:.0} %", low * 100.0, high * 100.0);
    match count.all {
        1 => "the replication".into(),
        all => format!("{} of {all} replications ({ends} of all runs)", count.these),
    }
}

/// The value of a metric, if it has one.
fn mean(outcome: &Outcome, metric: &str) -> Option<f64> {
    outcome.value(metric)
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
