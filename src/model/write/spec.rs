//! What a key group says of its writes: which way they take, who learns of them, and how often they go wrong.

use crate::model::kinds::time_distribution;
use crate::quantity::Ratio;
use crate::random::distribution::Distribution;
use crate::scenario::{Kind, Reader, choice, count, flag, share_in, table, time};
use crate::time::Duration;

/// What a write does, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnWrite {
    /// Database first, then the writer deletes the copy in the shared cache and in its own process.
    Delete,
    /// Nothing: copies live until their TTL.
    Nothing,
    /// The same as `Delete` in the wrong order.
    DeleteFirst,
    /// The writer stores the new value in the shared cache and in its own process.
    WriteThrough(Order),
    /// The cache takes the write, and the database learns of it later.
    WriteBack(WriteBackSpec),
    /// Database first, then a message tells the shared cache and all instances.
    Bus,
}

/// Which of the two a write comes to first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The database, then the caches.
    DatabaseFirst,
    /// The caches, then the database.
    CacheFirst,
}

/// How what only the cache has comes into the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteBackSpec {
    /// How often.
    pub flush: Duration,
    /// Keys in one statement.
    pub batch: u32,
    /// A second memory has each write before it is acknowledged.
    pub replicated: bool,
}

/// How the processes of other instances learn of a write.
#[derive(Clone, Debug, PartialEq)]
pub struct BroadcastSpec {
    /// To an instance and back, in nanoseconds.
    pub round_trip: Distribution,
    /// The writer waits until all have answered.
    pub wait: bool,
}

/// How often a part of a write goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failures {
    /// What is sent to a cache never arrives.
    pub cache: Ratio,
    /// The database refuses to commit.
    pub database: Ratio,
}

impl Failures {
    /// Nothing goes wrong.
    pub const NONE: Self = Self { cache: Ratio(0.0), database: Ratio(0.0) };

    pub(in crate::model) fn read(r: &mut Reader) -> Self {
        r.words(crate::model::words::BUS);
        let share = || share_in(Ratio(0.0)..);
        Self {
            cache: r
                .field(
                    "cache",
                    "Share of the deletes and updates sent to Redis or to another instance that never arrive. The \
                     write succeeds all the same.",
                    share(),
                )
                .or_written(r#""0 %""#),
            database: r
                .field(
                    "database",
                    "Share of the writes that the database refuses when they are to be committed.",
                    share(),
                )
                .or_written(r#""0 %""#),
        }
    }
}

impl OnWrite {
    pub(in crate::model) fn kind() -> impl Kind<Value = Self> {
        choice()
            .hints(crate::model::words_of_values::ON_WRITE)
            .word("delete", "Cache-aside: the database first, then the copies are deleted.", Self::Delete)
            .word("nothing", "Copies live until their TTL.", Self::Nothing)
            .word(
                "delete-first",
                "Cache-aside in the wrong order: the copies are deleted, then comes the database.",
                Self::DeleteFirst,
            )
            .word("bus", "The database first, then a message on the `[bus]`.", Self::Bus)
            .tagged(
                "write-through",
                "The writer stores the new value in Redis and in its own process.",
                table(read_write_through),
                Self::WriteThrough,
            )
            .tagged(
                "write-back",
                "Redis takes the write, or the writer's process where there is no Redis; the database gets it later.",
                table(WriteBackSpec::read),
                Self::WriteBack,
            )
    }
}

fn read_write_through(r: &mut Reader) -> Order {
    let order =
        choice().word("database-first", "If the cache fails, an old copy stays.", Order::DatabaseFirst).word(
            "cache-first",
            "If the database fails, a copy stays of what was never written.",
            Order::CacheFirst,
        );
    r.field("order", "Which of the two comes first.", order).or(Order::DatabaseFirst)
}

impl WriteBackSpec {
    fn read(r: &mut Reader) -> Self {
        Self {
            flush: r
                .field(
                    "flush",
                    "How often what the database does not have is written to it; of each key the latest value only. \
                     Default: Ehcache 2, `maxWriteDelay`.",
                    time(Duration::from_millis(1)..=Duration::from_secs(86_400)),
                )
                .or(Duration::from_secs(1)),
            batch: r
                .field(
                    "batch",
                    "Keys in one statement, which takes one `database.write`. Default: Hazelcast, `write-batch-size`.",
                    count(1..=100_000u32),
                )
                .or(1),
            replicated: r
                .field(
                    "replicated",
                    "True: a second memory has each write before it is acknowledged, and a crash loses none.",
                    flag(),
                )
                .or(false),
        }
    }
}

impl BroadcastSpec {
    pub(in crate::model) fn read(r: &mut Reader) -> Self {
        Self {
            round_trip: r
                .field("round_trip", "From the writer to another instance and back.", time_distribution())
                .or_written(r#""500 us""#),
            wait: r.field("wait", "True: a write is over when all instances have answered.", flag()).or(true),
        }
    }
}
