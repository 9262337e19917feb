//! What instances keep out of their own caches.

use super::registry::{Measure, Unit};
use serde::{Deserialize, Serialize};

/// Copies that were loaded and not stored, all instances together.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ProcessRecord {
    /// Of keys that are not to be kept.
    pub unwanted: u64,
    /// Of keys that were invalidated after their load began.
    pub outdated: u64,
}

pub(super) static MEASURES: &[Measure<ProcessRecord>] = &[
    Measure::mean(
        "unwanted_per_s",
        Unit::PerSecond,
        "Copies per second that were not stored because their key is not to be kept.",
        |p, w| Some(p.unwanted as f64 / w.seconds),
    ),
    Measure::mean(
        "outdated_per_s",
        Unit::PerSecond,
        "Copies per second that were not stored because their key was invalidated after their load began.",
        |p, w| Some(p.outdated as f64 / w.seconds),
    ),
];
