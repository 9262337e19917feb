//! Reads that had to be consistent: how many were not, and how long writes took to reach the readers.

use super::client::Served;
use super::histogram::Histogram;
use super::label::Need;
use super::reading::{Part, Ranked};
use super::registry::{Measure, Unit};
use serde::{Deserialize, Serialize};

/// Answers to reads that had to be consistent, by [`Need`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Judged {
    /// All of them.
    pub reads: [u64; Need::ALL.len()],
    /// Those that were not.
    pub violations: [u64; Need::ALL.len()],
}

impl Judged {
    /// Counts an answer.
    #[inline]
    pub fn count(&mut self, need: Need, is_violated: bool) {
        self.reads[need as usize] += 1;
        self.violations[need as usize] += u64::from(is_violated);
    }

    /// Adds what `other` has counted.
    pub fn add(&mut self, other: &Self) {
        self.reads.iter_mut().zip(other.reads).for_each(|(sum, part)| *sum += part);
        self.violations.iter_mut().zip(other.violations).for_each(|(sum, part)| *sum += part);
    }
}

/// How writes reached the readers of their keys.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct PropagationRecord {
    /// From the commit of a write to the last answer with an older version; 0 if there was none.
    pub times: Histogram,
    /// Most versions of one key in service at once, each from its first answer to its last.
    pub versions_max: u32,
}

impl PropagationRecord {
    /// Adds what `other` has counted.
    pub fn add(&mut self, other: &Self) {
        self.times.add(&other.times);
        self.versions_max = self.versions_max.max(other.versions_max);
    }
}

fn violations(served: &Served, need: Need) -> Option<f64> {
    (served.judged.reads[need as usize] > 0).then_some(served.judged.violations[need as usize] as f64)
}

fn violation_ratio(served: &Served, need: Need) -> Option<Part> {
    Part::of(served.judged.violations[need as usize], served.judged.reads[need as usize])
}

/// For the answers of one layer, and for those of all.
pub(super) static MEASURES: &[Measure<Served>] = &[
    Measure::count(
        "strong_violations",
        "Answers that the source of truth had replaced before the request arrived; of key groups that need `strong`.",
        |s, _| violations(s, Need::Strong),
    ),
    Measure::share(
        "strong_violation_ratio",
        "reads",
        "Their share of the answers to reads of these groups.",
        |s, _| violation_ratio(s, Need::Strong),
    ),
    Measure::count(
        "bounded_violations",
        "Answers that had been replaced for longer than the bound when the request arrived; of key groups with a bound.",
        |s, _| violations(s, Need::Bounded),
    ),
    Measure::share(
        "bounded_violation_ratio",
        "reads",
        "Their share of the answers to reads of these groups.",
        |s, _| violation_ratio(s, Need::Bounded),
    ),
    Measure::count(
        "read_your_writes_violations",
        "Answers older than what their user had written, as acknowledged before the request arrived; of key groups that \
         need `read-your-writes`.",
        |s, _| violations(s, Need::ReadYourWrites),
    ),
    Measure::share(
        "read_your_writes_violation_ratio",
        "reads",
        "Their share of the answers to reads of these groups.",
        |s, _| violation_ratio(s, Need::ReadYourWrites),
    ),
    Measure::count(
        "monotonic_violations",
        "Answers older than what their user had seen of the key in an answer before the request arrived; of key groups \
         that need `monotonic`.",
        |s, _| violations(s, Need::Monotonic),
    ),
    Measure::share(
        "monotonic_violation_ratio",
        "reads",
        "Their share of the answers to reads of these groups.",
        |s, _| violation_ratio(s, Need::Monotonic),
    ),
];

/// For all key groups that need consistency, whichever.
pub(super) static PROPAGATION: &[Measure<PropagationRecord>] = &[
    Measure::mean(
        "propagation_mean_seconds",
        Unit::Seconds,
        "Mean time from the commit of a write to the last answer with an older version (0 if there was none); of key \
         groups that need consistency.",
        |p, _| p.times.mean_seconds(),
    ),
    Measure::percentile(
        "propagation_p99_seconds",
        0.99,
        "One write in a hundred took longer than this to reach all readers.",
        |p| Ranked::of(&p.times),
    ),
    Measure::peak(
        "propagation_max_seconds",
        Unit::Seconds,
        "The write that took longest to reach all readers.",
        |p, _| p.times.quantile_seconds(1.0),
    ),
    Measure::peak(
        "versions_at_once_max",
        Unit::Count,
        "Most versions of one key in service at once, each from its first answer to its last; of key groups that need \
         consistency.",
        |p, _| (p.versions_max > 0).then_some(f64::from(p.versions_max)),
    ),
];
