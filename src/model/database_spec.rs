//! Settings of the database, with the defaults of real servers and drivers.

use super::kinds::{time_distribution, time_or_none};
use super::redis_spec::PoolSpec;
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, count, table};
use crate::time::Duration;

/// Settings of the database.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseSpec {
    /// Queries executed at the same time.
    pub workers: u32,
    /// Queries that may wait for a worker.
    pub queue: u32,
    /// How long a worker takes for a read, in nanoseconds.
    pub read: Distribution,
    /// How long a worker takes for a write, in nanoseconds.
    pub write: Distribution,
    /// Connections of each instance.
    pub pool: PoolSpec,
    /// From an instance to the database and back, in nanoseconds.
    pub round_trip: Distribution,
    /// How long a client waits for the result.
    pub timeout: Option<Duration>,
}

impl DatabaseSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        let pool = |r: &mut Reader| PoolSpec::read(r, 10, r#""30 s""#);
        let read = r.field("read", "How long a worker takes for a read.", time_distribution()).required();
        Self {
            workers: r.field("workers", "Queries executed at the same time: cores, or disks.", count(1..=1_000_000u32)).required(),
            queue: r
                .field("queue", "Queries that may wait for a worker; more are refused. A bound against runaway.", count(0..=10_000_000u32))
                .or(10_000),
            write: r.field("write", "How long a worker takes for a write. Default: as `read`.", time_distribution()).optional().unwrap_or_else(|| read.clone()),
            read,
            pool: r.field("pool", "Connections of each instance. Defaults: HikariCP.", table(pool)).or_empty(),
            round_trip: r
                .field(
                    "round_trip",
                    "From an instance to the database and back. Default: within a data centre, Dean, LADIS 2009.",
                    time_distribution(),
                )
                .or_written(r#""500 us""#),
            timeout: r
                .field("timeout", "How long a client waits for a result. Default: none, as JDBC.", time_or_none(Duration::from_nanos(1)..))
                .or(None),
        }
    }
}
