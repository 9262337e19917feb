//! What the clients saw of one key group: how long its answers took, and how many of its requests failed.
//!
//! The clients' latency is the sum of those of the groups, made when a run is over: a request is counted once.

use super::histogram::Histogram;
use super::reading::{Part, Ranked};
use serde::{Deserialize, Serialize};

/// The requests of one key group that arrived after the warm-up.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct GroupRecord {
    /// From arrival to answer, retries included, of completed requests.
    pub latency: Histogram,
    /// Requests that ended without an answer.
    pub failed: u64,
}

impl GroupRecord {
    /// All requests. Each has ended when the run is over.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.latency.count() + self.failed
    }

    /// The latency of all requests, of which a failed one is slower than any answer.
    #[must_use]
    pub fn ranked(&self) -> Ranked<'_> {
        Ranked { histogram: &self.latency, beyond: self.failed }
    }

    /// The requests that failed, of all.
    #[must_use]
    pub fn errors(&self) -> Option<Part> {
        Part::of(self.failed, self.requests())
    }

    /// Adds what `other` has counted.
    pub fn add(&mut self, other: &Self) {
        self.latency.add(&other.latency);
        self.failed += other.failed;
    }
}

/// Counts one more of a key group; the list grows with the groups that are seen.
#[inline]
pub(super) fn count(groups: &mut Vec<u64>, group: usize) {
    if group >= groups.len() {
        groups.resize(group + 1, 0);
    }
    groups[group] += 1;
}
