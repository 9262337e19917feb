//! How many instances there are while some come and others go.

use super::registry::{Measure, Unit};
use serde::{Deserialize, Serialize};

/// The instances of the application.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct InstancesRecord {
    /// Those that take traffic: mean over time, fewest and most.
    pub up_mean: f64,
    /// See [`InstancesRecord::up_mean`].
    pub up_min: u64,
    /// See [`InstancesRecord::up_mean`].
    pub up_max: u64,
    /// Keys that new ones have loaded before they took traffic.
    pub warmed: u64,
}

pub(super) static MEASURES: &[Measure<InstancesRecord>] = &[
    Measure::mean("instances_mean", Unit::Count, "Instances that take traffic, mean over time.", |i, _| {
        Some(i.up_mean)
    }),
    Measure::peak("instances_min", Unit::Count, "Fewest instances that took traffic at once.", |i, _| {
        Some(i.up_min as f64)
    }),
    Measure::peak("instances_max", Unit::Count, "Most instances that took traffic at once.", |i, _| {
        Some(i.up_max as f64)
    }),
    Measure::mean(
        "warmed_per_s",
        Unit::PerSecond,
        "Keys per second that new instances loaded before they took traffic.",
        |i, w| Some(i.warmed as f64 / w.seconds),
    ),
];
