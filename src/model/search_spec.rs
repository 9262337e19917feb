//! Settings of the search engine, with the defaults of Elasticsearch.

use super::guard::GuardSpec;
use super::kinds::{time_distribution, time_or_none};
use crate::quantity::Ratio;
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, choice, count, positive_time, share, table};
use crate::time::Duration;

/// Settings of the search engine.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchSpec {
    /// How often a copy of a shard makes what it has been sent visible.
    pub refresh_interval: Duration,
    /// A copy that nobody has asked for so long refreshes when it is asked.
    pub idle_after: Option<Duration>,
    /// From a commit in the database until every copy has the document in its buffer, in nanoseconds.
    pub indexing_lag: Distribution,
    /// Parts of the index; a query searches all of them.
    pub shards: u32,
    /// Copies of each, the primary included.
    pub copies: u32,
    /// Servers that these are spread over.
    pub nodes: u32,
    /// Shards that a node searches at the same time.
    pub workers: u32,
    /// Searches of a shard that may wait for a worker of a node.
    pub queue: u32,
    /// How long a worker searches a shard, in nanoseconds.
    pub query: Distribution,
    /// Queries that take longer.
    pub complex: Option<ComplexSpec>,
    /// Which copies a query goes to.
    pub preference: Preference,
    /// From an instance to the search engine and back, in nanoseconds.
    pub round_trip: Distribution,
    /// How long an instance waits for a result.
    pub timeout: Option<Duration>,
    /// What stands before it in each instance.
    pub guard: GuardSpec,
}

/// Queries that take longer than others.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplexSpec {
    /// Which share of all.
    pub share: Ratio,
    /// How long a worker searches a shard, in nanoseconds.
    pub query: Distribution,
}

/// Which copies a query goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// Any copy of each shard.
    Any,
    /// For each user always the same.
    Sticky,
}

impl SearchSpec {
    /// A drawn lag is this at most, so that versions which nobody can read any more can be forgotten.
    pub(super) const LAG_MAX: Duration = Duration::from_secs(3_600);

    /// For how long an index is asked before refreshes stop: `index.search.idle.after`.
    const IDLE_AFTER: Duration = Duration::from_secs(30);

    #[expect(clippy::too_many_lines, reason = "one entry for each setting of the table, all alike")]
    pub(super) fn read(r: &mut Reader) -> Self {
        let written =
            r.field(
                "refresh_interval",
                "How often a copy of a shard makes what it has been sent visible, each at moments of its own. Default: \
                 Elasticsearch, `1s`.",
                positive_time(),
            )
            .optional();
        let preference =
            choice().word("any", "Any copy of each shard, drawn for each query.", Preference::Any).word(
                "sticky",
                "For each user always the same copies: `preference` with the user's session.",
                Preference::Sticky,
            );
        let copies = r
            .field(
                "copies",
                "Copies of each shard, the primary included. Default: `number_of_replicas: 1`.",
                count(1..=100u32),
            )
            .or(2);
        let spec = Self {
            refresh_interval: written.unwrap_or(Duration::from_secs(1)),
            idle_after: r
                .field(
                    "idle_after",
                    "A copy that nobody has asked for so long refreshes when somebody asks. Default: \"30 s\", or \"none\" \
                     where `refresh_interval` is set, as Elasticsearch has it.",
                    time_or_none(Duration::from_nanos(1)..),
                )
                .optional()
                .unwrap_or_else(|| written.is_none().then_some(Self::IDLE_AFTER)),
            indexing_lag: r
                .field(
                    "indexing_lag",
                    "From a commit in the database until the index has been sent the document, drawn for each; at most an hour. \
                     Those of one key keep their order.",
                    time_distribution(),
                )
                .or_written(r#""0 s""#),
            shards: r
                .field("shards", "Parts of the index; a query searches all of them at the same time and waits for the last. Default: `number_of_shards`.", count(1..=1_024u32))
                .or(1),
            copies,
            nodes: r
                .field("nodes", "Servers that the copies of all shards are spread over. Default: as `copies`.", count(1..=10_000u32))
                .optional()
                .unwrap_or(copies),
            workers: r
                .field("workers", "Shards that a node searches at the same time. Default: the `search` thread pool on 8 cores.", count(1..=1_000_000u32))
                .or(13),
            queue: r
                .field("queue", "Searches of a shard that may wait for a worker of a node; with one more the query fails. Default: the `search` thread pool.", count(0..=10_000_000u32))
                .or(1_000),
            query: r.field("query", "How long a worker searches a shard.", time_distribution()).required(),
            complex: r
                .field("complex", "Queries that take longer. Without this table all are alike.", table(ComplexSpec::read))
                .optional(),
            preference: r.field("preference", "Which copies a query goes to.", preference).or(Preference::Any),
            round_trip: r
                .field(
                    "round_trip",
                    "From an instance to the search engine and back. Default: within a data centre, Dean, LADIS 2009.",
                    time_distribution(),
                )
                .or_written(r#""500 us""#),
            timeout: r
                .field(
                    "timeout",
                    "How long an instance waits for a result. Default: Elasticsearch's Java client, `socketTimeout`.",
                    time_or_none(Duration::from_nanos(1)..),
                )
                .or_written(r#""30 s""#),
            guard: GuardSpec::read(r),
        };
        if spec.nodes < spec.copies {
            let message =
                format!("{} nodes cannot hold {} copies of a shard, one each", spec.nodes, spec.copies);
            r.contradiction("nodes", message, "raise `nodes`, or lower `copies`");
        }
        spec
    }
}

impl ComplexSpec {
    fn read(r: &mut Reader) -> Self {
        Self {
            share: r.field("share", "Share of all queries.", share()).required(),
            query: r
                .field("query", "How long a worker searches a shard for one of them.", time_distribution())
                .required(),
        }
    }
}
