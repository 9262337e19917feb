//! The settings of the event bus.

use crate::model::kinds::time_distribution;
use crate::quantity::Ratio;
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, choice, count, flag, share_in, time};
use crate::time::Duration;

/// A log of writes, in partitions, and what its consumers do.
#[derive(Clone, Debug, PartialEq)]
pub struct BusSpec {
    /// From a commit until its message is in the log, in nanoseconds.
    pub lag: Distribution,
    /// Parts of the log, each in order.
    pub partitions: u32,
    /// All messages of a key come to one partition.
    pub by_key: bool,
    /// Share of the messages that are sent twice.
    pub duplicates: Ratio,
    /// Share of the messages that never arrive.
    pub loss: Ratio,
    /// How long a consumer works on a message.
    pub work: Duration,
    /// What a consumer does with a copy.
    pub carries: Carries,
    /// A consumer leaves copies alone that are newer than its message.
    pub versioned: bool,
    /// The writer deletes the copies that it can reach, and does not wait for the bus.
    pub writer_deletes: bool,
}

/// What is in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// The key: copies are deleted.
    Key,
    /// The new value: copies are replaced.
    Value,
}

impl BusSpec {
    /// No message takes longer into the log.
    pub(in crate::model) const LAG_MAX: Duration = Duration::from_secs(3_600);

    pub(in crate::model) fn read(r: &mut Reader) -> Self {
        let carries = choice()
            .word("key", "Only which key was written: consumers delete its copies.", Carries::Key)
            .word(
                "value",
                "The new value: Redis stores it, and an instance that has a copy replaces it.",
                Carries::Value,
            );
        let share = || share_in(Ratio(0.0)..);
        let on_or_off = |r: &mut Reader, key, doc, default| r.field(key, doc, flag()).or(default);
        Self {
            lag: r
                .field("lag", "From a commit until its message is in the log.", time_distribution())
                .required(),
            partitions: r
                .field(
                    "partitions",
                    "Parts of the log. Each is in order and has consumers of its own. Default: Kafka, `num.partitions`.",
                    count(1..=10_000u32),
                )
                .or(1),
            by_key: on_or_off(
                r,
                "by_key",
                "True: all messages of a key come to one partition, as Kafka does it with a key. False: any.",
                true,
            ),
            duplicates: r
                .field(
                    "duplicates",
                    "Share of the messages that come twice, the second time after another `lag`.",
                    share(),
                )
                .or_written(r#""0 %""#),
            loss: r
                .field("loss", "Share of the messages that never arrive.", share())
                .or_written(r#""0 %""#),
            work: r
                .field(
                    "work",
                    "How long a consumer works on a message, beside its command to Redis; it takes one at a time.",
                    time(Duration::ZERO..=Self::LAG_MAX),
                )
                .or(Duration::ZERO),
            carries: r.field("carries", "What is in a message.", carries).or(Carries::Key),
            versioned: on_or_off(
                r,
                "versioned",
                "True: a consumer leaves a copy alone that is as new as its message, or newer.",
                false,
            ),
            writer_deletes: on_or_off(
                r,
                "writer_deletes",
                "True: the writer deletes the copies in Redis and in its own process, and does not wait for the bus.",
                false,
            ),
        }
    }
}
