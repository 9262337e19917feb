//! What the Bloom filters of the instances did.

use super::reading::Part;
use super::registry::{Measure, Unit};
use serde::{Deserialize, Serialize};

/// The Bloom filters of the instances.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct BloomRecord {
    /// Reads that were answered because there is no such key.
    pub ruled_out: u64,
    /// Reads of keys that do not exist and were taken for others.
    pub passed: u64,
    /// Size of one filter.
    pub bytes: u64,
}

impl BloomRecord {
    /// The same filter, with nothing counted.
    pub(super) fn begin_anew(self) -> Self {
        Self { bytes: self.bytes, ..Self::default() }
    }
}

pub(super) static MEASURES: &[Measure<BloomRecord>] = &[
    Measure::mean(
        "answers_per_s",
        Unit::PerSecond,
        "Reads per second that a Bloom filter answered: there is no such key.",
        |b, w| Some(b.ruled_out as f64 / w.seconds),
    ),
    Measure::share(
        "false_positive_ratio",
        "reads",
        "Share of the reads of keys that do not exist which the Bloom filters let through.",
        |b, _| {
            let reads = b.ruled_out + b.passed;
            Part::of(b.passed, reads)
        },
    ),
    Measure::mean("memory_bytes", Unit::Bytes, "Size of the Bloom filter of one instance.", |b, _| {
        Some(b.bytes as f64)
    }),
];
