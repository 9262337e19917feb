//! What becomes of writes that do more than delete copies, and of the messages that tell of them.

use super::histogram::Histogram;
use super::reading::Ranked;
use super::registry::{Measure, Unit, less};
use serde::{Deserialize, Serialize};

/// Writes.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct WriteRecord {
    /// Those of which the writer was told that they are done.
    pub acknowledged: u64,
    /// Those that the database refused to commit, or a full cache to take.
    pub refused: u64,
    /// Those that were acknowledged, and that the database will never have.
    pub lost: u64,
    /// Deletes and updates that did not reach a cache.
    pub cache_updates_lost: u64,
    /// Answers to clients with a value whose write was refused.
    pub refused_answers: u64,
    /// Most writes at once that a cache had taken and the database did not have.
    pub unflushed_max: u64,
}

/// The event bus.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct BusRecord {
    /// Messages, each write's counted once.
    pub sent: u64,
    /// Of these, those that came twice.
    pub duplicated: u64,
    /// Of these, those that never came.
    pub lost: u64,
    /// Times that a consumer left a copy alone because it was as new as the message.
    pub ignored: u64,
    /// Times that a consumer could not reach the shared cache.
    pub unreached: u64,
    /// From a commit until a consumer was done with its message.
    pub lag: Histogram,
    /// Most messages at once that the consumers of one kind had before them.
    pub backlog_max: u64,
}

pub(super) static MEASURES: &[Measure<WriteRecord>] = &[
    Measure::count("acknowledged", "Writes of which the writer was told that they are done.", |r, _| {
        Some(r.acknowledged as f64)
    }),
    Measure::count(
        "refused",
        "Writes that the database refused to commit, or a full cache to take.",
        |r, _| Some(r.refused as f64),
    ),
    less(Measure::count(
        "lost",
        "Writes that were acknowledged and that the database will never have.",
        |r, _| Some(r.lost as f64),
    )),
    Measure::count(
        "cache_updates_lost",
        "Deletes and updates of copies that a writer sent and that did not arrive.",
        |r, _| Some(r.cache_updates_lost as f64),
    ),
    Measure::count(
        "refused_answers",
        "Answers to clients with a value whose write the database had refused.",
        |r, _| Some(r.refused_answers as f64),
    ),
    Measure::peak(
        "unflushed_max",
        Unit::Count,
        "Most writes at once that a cache had taken and the database did not have yet.",
        |r, _| Some(r.unflushed_max as f64),
    ),
];

pub(super) static OF_BUS: &[Measure<BusRecord>] = &[
    Measure::count("messages", "Messages sent, each write's counted once.", |r, _| Some(r.sent as f64)),
    Measure::count("duplicated", "Messages that were sent twice.", |r, _| Some(r.duplicated as f64)),
    Measure::count("lost", "Messages that never arrived.", |r, _| Some(r.lost as f64)),
    Measure::count(
        "ignored",
        "Times that a consumer left a copy alone because it was as new as its message.",
        |r, _| Some(r.ignored as f64),
    ),
    Measure::count("unreached", "Times that a consumer could not reach Redis.", |r, _| {
        Some(r.unreached as f64)
    }),
    Measure::mean(
        "lag_mean_seconds",
        Unit::Seconds,
        "Mean time from a commit until a consumer was done with its message.",
        |r, _| r.lag.mean_seconds(),
    ),
    Measure::percentile("lag_p99_seconds", 0.99, "One message in a hundred took longer than this.", |r| {
        Ranked::of(&r.lag)
    }),
    Measure::peak(
        "backlog_max",
        Unit::Count,
        "Most messages at once that consumers of one kind had before them, all partitions together.",
        |r, _| Some(r.backlog_max as f64),
    ),
];
