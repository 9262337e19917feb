//! A copy that is served in place of the answer that somebody waits for, or does not get.

use super::request::{Reply, Value};
use crate::measure::Outcome;
use crate::time::Instant;

/// A copy that may be served, should the origin not be asked or fail.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fallback {
    pub(super) value: Value,
    pub(super) stored_at: Instant,
    /// What serving it counts as: a hit if it is renewed early, stale past its soft limit, stale-if-error past its
    /// TTL.
    pub(super) outcome: Outcome,
    /// Whether it may be served if the origin fails.
    pub(super) on_error: bool,
}

/// What may be served while somebody else asks the origin.
pub(super) fn meanwhile(fallback: Option<Fallback>) -> Option<Fallback> {
    fallback.filter(|old| old.outcome != Outcome::StaleIfError)
}

/// What came from the origin, or in its stead what there is.
pub(super) fn or_fall_back(reply: Reply, outcome: Outcome, fallback: Option<Fallback>) -> (Reply, Outcome) {
    match fallback {
        Some(old) if reply.is_err() && old.on_error => (Ok(old.value), old.outcome),
        _ => (reply, outcome),
    }
}
