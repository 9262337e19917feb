//! Settings of the database, with the defaults of real servers and drivers.

use super::guard::GuardSpec;
use super::kinds::{count_or_none, time_distribution, time_or_none};
use super::profiles::DATABASE_POOL;
use super::redis_spec::PoolSpec;
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, count, number, table, time};
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
    /// What each further row adds to a read of several; none is what reading it alone would take.
    pub row: Option<Duration>,
    /// Connections of each instance.
    pub pool: PoolSpec,
    /// From an instance to the database and back, in nanoseconds.
    pub round_trip: Distribution,
    /// How long a client waits for the result.
    pub timeout: Option<Duration>,
    /// Connections of all clients together; none is no limit.
    pub max_connections: Option<u32>,
    /// How many of them applications cannot have.
    pub reserved_connections: u32,
    /// Pages in memory; none is all of them.
    pub buffer_pool: Option<BufferPoolSpec>,
    /// How statements that run at the same time slow each other down.
    pub contention: Option<Contention>,
    /// Planning of statements; none is that they are planned already.
    pub plan_cache: Option<PlanCacheSpec>,
    /// Copies of the database that reads go to.
    pub replicas: Option<ReplicasSpec>,
    /// What stands before it in each instance.
    pub guard: GuardSpec,
}

/// Copies of the database that reads go to.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicasSpec {
    /// How many.
    pub count: u32,
    /// From a commit until a replica has applied it, in nanoseconds.
    pub lag: Distribution,
}

impl ReplicasSpec {
    /// A drawn lag is this at most, so that versions which nobody can read any more can be forgotten.
    pub(super) const LAG_MAX: Duration = Duration::from_secs(3_600);

    fn read(r: &mut Reader) -> Self {
        Self {
            count: r.field("count", "How many, each with workers and pages of its own.", count(1..=1_000u32)).required(),
            lag: r
                .field(
                    "lag",
                    "From a commit until a replica has applied it, drawn for each; at most an hour. Commits keep their order.",
                    time_distribution(),
                )
                .required(),
        }
    }
}

/// Pages that the database holds in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct BufferPoolSpec {
    /// How many.
    pub pages: u32,
    /// How long a disk takes to read one, in nanoseconds.
    pub miss: Distribution,
    /// Pages read at the same time.
    pub disks: u32,
}

/// The universal scalability law: N. J. Gunther, Guerrilla Capacity Planning, 2007.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contention {
    /// The part of a statement for which it is alone: σ.
    pub sigma: f64,
    /// What keeping each pair of statements coherent costs: κ.
    pub kappa: f64,
}

impl Contention {
    /// How many times longer than alone a statement takes as one of so many.
    pub(super) fn factor(self, statements: u64) -> f64 {
        let n = statements as f64;
        1.0 + (n - 1.0) * (self.sigma + self.kappa * n)
    }

    fn read(r: &mut Reader) -> Self {
        Self {
            sigma: r
                .field(
                    "sigma",
                    "Part of a statement during which no other can go on: locks, latches. Measure it: fit X(N) to a load test.",
                    number(0.0..=1.0),
                )
                .required(),
            kappa: r
                .field(
                    "kappa",
                    "Cost of keeping each pair of statements coherent, as a part of a statement. Above 0 more load gives less throughput in the end.",
                    number(0.0..=1.0),
                )
                .or(0.0),
        }
    }
}

/// Plans that each connection keeps for its prepared statements.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanCacheSpec {
    /// How long planning takes, in nanoseconds.
    pub plan: Distribution,
    /// After so many plans made for one execution each, the next one is kept.
    pub custom: u32,
}

impl PlanCacheSpec {
    fn read(r: &mut Reader) -> Self {
        Self {
            plan: r
                .field("plan", "How long a worker plans a statement, before it executes it.", time_distribution())
                .required(),
            custom: r
                .field(
                    "custom",
                    "Executions of a statement on a connection that are planned one by one; the plan of the next one is kept. Default: PostgreSQL, `plancache.c`.",
                    count(0..=1_000_000_000u32),
                )
                .or(5),
        }
    }
}

impl DatabaseSpec {
    /// Reads per second that the workers can do when all of them are busy and every page is in memory; nothing if
    /// a read takes no time.
    #[must_use]
    pub fn reads_per_s_max(&self) -> Option<f64> {
        let servers = self.replicas.as_ref().map_or(1, |replicas| replicas.count);
        let slower = self.contention.map_or(1.0, |law| law.factor(u64::from(self.workers)));
        let seconds = self.read.mean() / 1e9 * slower;
        let rate = f64::from(servers) * f64::from(self.workers) / seconds;
        (seconds > 0.0 && rate.is_finite()).then_some(rate)
    }

    #[expect(clippy::too_many_lines, reason = "one entry for each setting of the table, all alike")]
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::DATABASE);
        let pool = |r: &mut Reader| PoolSpec::read(r, 10, r#""30 s""#);
        let read = r.field("read", "How long a worker takes for a read.", time_distribution()).required();
        let spec = Self {
            workers: r.field("workers", "Queries executed at the same time: cores, or disks.", count(1..=1_000_000u32)).known_as(&["cores", "cpus", "threads", "concurrency"]).required(),
            queue: r
                .field("queue", "Queries that may wait for a worker; more are refused. A bound against runaway.", count(0..=10_000_000u32))
                .or(10_000),
            write: r.field("write", "How long a worker takes for a write. Default: as `read`.", time_distribution()).optional().unwrap_or_else(|| read.clone()),
            read,
            row: r
                .field(
                    "row",
                    "What each further row adds to a statement that reads several: pages with `batch`. Without it: as long as a read of that row alone.",
                    time(Duration::ZERO..),
                )
                .optional(),
            pool: r.field("pool", "Connections of each instance. Defaults: HikariCP.", table(pool).profiles(DATABASE_POOL).bare("size")).known_as(&["connections", "pool_size", "maximum_pool_size", "connection_pool"]).or_empty(),
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
            max_connections: r
                .field(
                    "max_connections",
                    "Connections of all instances together. Opened when needed and kept; who needs one more fails at once. PostgreSQL: 100; MySQL: 151.",
                    count_or_none(),
                )
                .or(None),
            reserved_connections: r
                .field(
                    "reserved_connections",
                    "How many of `max_connections` applications cannot have. Default: PostgreSQL, `superuser_reserved_connections`.",
                    count(0..=1_000_000u32),
                )
                .or(3),
            buffer_pool: r
                .field(
                    "buffer_pool",
                    "Pages in memory. Without this table all of them are, and no disk is read.",
                    table(BufferPoolSpec::read),
                )
                .optional(),
            contention: r
                .field(
                    "contention",
                    "How statements that run at the same time slow each other down. Without this table they do not.",
                    table(Contention::read).bare("sigma"),
                )
                .optional(),
            plan_cache: r
                .field(
                    "plan_cache",
                    "Planning of prepared statements, on each connection anew. Without this table it is part of `read` and `write`.",
                    table(PlanCacheSpec::read).bare("plan"),
                )
                .optional(),
            replicas: r
                .field(
                    "replicas",
                    "Copies of the database that all reads go to. Without this table there are none.",
                    table(ReplicasSpec::read).bare("count"),
                )
                .optional(),
            guard: GuardSpec::read(r),
        };
        spec.check(r);
        spec
    }

    fn check(&self, r: &mut Reader) {
        if let Some(max) = self.max_connections.filter(|max| *max <= self.reserved_connections) {
            let message = format!(
                "`max_connections` ({max}) leaves none beside `reserved_connections` ({})",
                self.reserved_connections
            );
            r.contradiction("max_connections", message, "raise it, or reserve fewer");
        }
        if let Some(pool) = self.buffer_pool.as_ref().filter(|pool| pool.pages < self.workers) {
            let message = format!(
                "`buffer_pool.pages` ({}) is less than `workers` ({}), each of which may need one at the same time",
                pool.pages, self.workers
            );
            r.contradiction("buffer_pool", message, "give it more pages");
        }
    }
}

impl BufferPoolSpec {
    fn read(r: &mut Reader) -> Self {
        Self {
            pages: r
                .field(
                    "pages",
                    "Pages in memory, each with the row of one key. PostgreSQL: `shared_buffers` divided by 8 KiB, 16384 of them by default.",
                    count(1..=1_000_000_000u32),
                )
                .required(),
            miss: r.field("miss", "How long a disk takes to read a page.", time_distribution()).required(),
            disks: r.field("disks", "Pages read at the same time.", count(1..=1_000_000u32)).required(),
        }
    }
}
