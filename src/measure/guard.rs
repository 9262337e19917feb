//! What stands between the application and an origin: circuit breakers, limits of concurrent calls.

use super::registry::{Measure, Unit};
use serde::{Deserialize, Serialize};

/// The guards before one kind of origin, all instances and services together.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct GuardRecord {
    /// How often a breaker opened; nothing if there is none.
    pub opens: Option<u64>,
    /// Calls that a breaker did not let through.
    pub refused: u64,
    /// Share of the time that a breaker was open, mean over all of them.
    pub open_ratio: f64,
    /// Calls that a limit did not let through; nothing if there is none.
    pub shed: Option<u64>,
}

impl GuardRecord {
    /// A record of guards that have breakers, limits or both.
    #[must_use]
    pub fn new(breaks: bool, limits: bool) -> Self {
        Self { opens: breaks.then_some(0), shed: limits.then_some(0), ..Self::default() }
    }

    /// What this and other guards before origins of the same kind have together, empty.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(self.opens.or(other.opens).is_some(), self.shed.or(other.shed).is_some())
    }

    pub(super) fn begin_anew(self) -> Self {
        Self::new(self.opens.is_some(), self.shed.is_some())
    }
}

pub(super) static MEASURES: &[Measure<GuardRecord>] = &[
    Measure::count("breaker_opens", "How often a circuit breaker opened.", |g, _| {
        g.opens.map(|opens| opens as f64)
    }),
    Measure::mean(
        "breaker_open_ratio",
        Unit::Ratio,
        "Share of the time that a circuit breaker was open, mean over instances and services.",
        |g, _| g.opens.map(|_| g.open_ratio),
    ),
    Measure::count("breaker_refused", "Calls that an open breaker did not let through.", |g, _| {
        g.opens.map(|_| g.refused as f64)
    }),
    Measure::count(
        "shed",
        "Calls refused because the instance had its `limit` of them under way.",
        |g, _| g.shed.map(|shed| shed as f64),
    ),
];
