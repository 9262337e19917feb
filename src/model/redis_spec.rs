//! Settings of the shared cache and of connection pools, with the defaults of real clients.

use super::coalesce::{COALESCE_NAMES, Coalesce, Lock, Losers, shared};
use super::freshness::Freshness;
use super::guard::GuardSpec;
use super::key::KeyGroup;
use super::kinds::{time_distribution, time_or_none};
use super::read_through::{Rules, WhenDown};
use super::redis_replica::{BACKLOG, RedisReplicasSpec};
use super::redis_server::{POLICIES, ServerKind};
use crate::cache::{Capacity, PolicySpec};
use crate::quantity::{Bandwidth, Bytes};
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, bandwidth, choice, count, flag, positive_size, table, time};
use crate::time::Duration;
use std::num::NonZeroU32;

/// Settings of the shared cache.
#[derive(Clone, Debug, PartialEq)]
pub struct RedisSpec {
    /// Which program the nodes run.
    pub server: ServerKind,
    /// Primaries.
    pub nodes: u32,
    /// The limit of each node's memory; none is no limit.
    pub memory: Option<Bytes>,
    /// Which copy makes room.
    pub policy: PolicySpec,
    /// Whether a node removes copies past their TTL by itself.
    pub active_expiry: bool,
    /// Whether copies that were read before the last delete are kept out.
    pub versioned_fill: bool,
    /// Freshness and coalescing.
    pub rules: Rules,
    /// Connections of each instance to each node.
    pub pool: PoolSpec,
    /// How long a client waits for the answer to a command.
    pub timeout: Option<Duration>,
    /// Copies of each node.
    pub replicas: Option<RedisReplicasSpec>,
    /// From an instance to a node and back, in nanoseconds.
    pub round_trip: Distribution,
    /// What each node's network carries, each way; none is any amount.
    pub bandwidth: Option<Bandwidth>,
    /// How long a node works on a command.
    pub service: ServiceSpec,
    /// What stands before it in each instance.
    pub guard: GuardSpec,
}

/// A pool of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSpec {
    /// How many.
    pub size: u32,
    /// How long a caller waits for one.
    pub timeout: Option<Duration>,
}

impl PoolSpec {
    /// Reads a pool whose defaults are those of a client library; the time is written as in a file.
    pub(super) fn read(r: &mut Reader, size: u32, timeout: &'static str) -> Self {
        r.words(super::words::POOL);
        let limit = time_or_none(Duration::from_nanos(1)..);
        Self {
            size: r
                .field(
                    "size",
                    "How many connections each instance has; to Redis, to each node.",
                    count(1..=100_000u32),
                )
                .or(size),
            timeout: r
                .field("timeout", "How long a caller waits for a free one of its instance.", limit)
                .or_written(timeout),
        }
    }
}

/// How long a node works on a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceSpec {
    /// GET.
    pub get: Duration,
    /// SET.
    pub set: Duration,
    /// DEL, and the commands of a lock.
    pub other: Duration,
    /// For each KiB of value that is read or written.
    pub per_kib: Duration,
}

/// A node that takes longer for a command is as good as down; for a while an event can make it so slow.
const LONGEST_SERVICE: Duration = Duration::from_secs(1);

impl ServiceSpec {
    /// SET of so many bytes.
    pub(super) fn of_set(&self, bytes: u32) -> Duration {
        self.set + self.of_bytes(bytes)
    }

    /// What so many bytes of value take on top.
    pub(super) fn of_bytes(&self, bytes: u32) -> Duration {
        Duration::from_nanos(self.per_kib.as_nanos() * u64::from(bytes) / 1024)
    }

    fn read(r: &mut Reader) -> Self {
        let any = || time(Duration::ZERO..=LONGEST_SERVICE);
        Self {
            get: r
                .field("get", "GET. Default: 81,000/s, redis.io, \"Redis benchmark\".", any())
                .or(Duration::from_nanos(12_300)),
            set: r.field("set", "SET. Default: 110,000/s, same page.", any()).or(Duration::from_nanos(9_100)),
            other: r
                .field("other", "DEL and lock commands. Default: as SET.", any())
                .or(Duration::from_nanos(9_100)),
            per_kib: r
                .field("per_kib", "For each KiB of value on top. Default: 10 Gbit/s.", any())
                .or(Duration::from_nanos(819)),
        }
    }
}

fn read_nodes(r: &mut Reader) -> u32 {
    let doc = "Primaries among which the 16,384 hash slots are shared. Of memcached: servers among which clients spread the \
         keys by their hash.";
    r.field("nodes", doc, count(1..=1_000u32)).known_as(&["shards", "primaries", "masters", "servers"]).or(1)
}

fn read_memory(r: &mut Reader, server: ServerKind) -> Option<Bytes> {
    let doc = "`maxmemory` of each node, memcached's `-m`. Without it: no limit, as Redis' own default; 64 MiB with memcached, \
         which always has one.";
    let others = ["maxmemory", "memory_limit", "capacity", "size", "max_size"];
    r.field("memory", doc, positive_size()).known_as(&others).optional().or(server.default_memory())
}

fn read_active_expiry(r: &mut Reader) -> bool {
    let doc = "A node removes copies past their TTL by itself, and works for it, as a server with `hz 10` does. Of memcached: \
         its LRU crawler, a thread of its own.";
    r.field("active_expiry", doc, flag()).or(true)
}

fn read_replicas(r: &mut Reader) -> Option<RedisReplicasSpec> {
    let doc = "Copies of each node, which follow it after a lag. Without this table there are none.";
    r.field("replicas", doc, table(RedisReplicasSpec::read).bare("count")).optional()
}

fn versioned_fill(r: &mut Reader) -> bool {
    let setting = r.field(
        "versioned_fill",
        "A copy that was read before its key was last deleted is not stored: the lease tokens of Nishtala et al., \
         NSDI 2013. No help where the cache has a write before the database.",
        flag(),
    );
    setting.or(false)
}

impl RedisSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::REDIS);
        let when_down = choice()
            .word("fall-through", "The request goes on to the database.", WhenDown::FallThrough)
            .word("fail", "The request fails.", WhenDown::Fail);
        let server = ServerKind::read(r);
        let (nodes, memory) = (read_nodes(r), read_memory(r, server));
        let mut policy = super::kinds::policy_or(r, POLICIES, server.policies()[0]);
        let samples = r
            .field("samples", "Keys sampled for each eviction, `maxmemory-samples`.", count(1..=64u32))
            .or(5);
        policy.options.samples = NonZeroU32::new(samples).unwrap_or(NonZeroU32::MIN);
        let active_expiry = read_active_expiry(r);
        let versioned_fill = versioned_fill(r);
        let coalesce = r
            .field("coalesce", "Who asks the database when several miss a key at once.", shared())
            .known_as(&COALESCE_NAMES)
            .or(Coalesce::Nobody);
        let freshness = Freshness::read(r);
        let when_down = r
            .field("when_down", "What a request does when Redis cannot be asked.", when_down)
            .or(WhenDown::FallThrough);
        let pool = |r: &mut Reader| PoolSpec::read(r, 10, r#""4 s""#);
        let spec = Self {
            server,
            nodes,
            memory,
            policy,
            active_expiry,
            versioned_fill,
            rules: Rules { freshness, coalesce, when_down },
            pool: r
                .field(
                    "pool",
                    "Connections of each instance to each node. Defaults: go-redis 9 with one CPU.",
                    table(pool).bare("size"),
                )
                .or_empty(),
            timeout: r
                .field(
                    "timeout",
                    "How long a client waits for an answer. Default: go-redis 9.",
                    time_or_none(Duration::from_nanos(1)..),
                )
                .or_written(r#""3 s""#),
            round_trip: r
                .field(
                    "round_trip",
                    "From an instance to a node and back. Default: within a data centre, Dean, LADIS 2009.",
                    time_distribution(),
                )
                .or_written(r#""500 us""#),
            replicas: read_replicas(r),
            bandwidth: r
                .field(
                    "bandwidth",
                    "What the network of each node carries each way, keys and values only. Without it: no limit.",
                    bandwidth(Bandwidth(1_000)..),
                )
                .optional(),
            service: r
                .field("service", "How long a node works on a command.", table(ServiceSpec::read))
                .or_empty(),
            guard: GuardSpec::read(r),
        };
        spec.check(r);
        spec
    }

    /// What a node without copies takes of its memory.
    fn taken(&self) -> Bytes {
        Bytes(self.server.empty().0 + self.replicas.as_ref().map_or(0, |_| BACKLOG.0))
    }

    /// What is left of each node's memory for copies.
    pub(super) fn capacity(&self) -> Capacity {
        let taken = self.taken();
        self.memory.map_or(Capacity::Unbounded, |memory| Capacity::Bytes(memory.0.saturating_sub(taken.0)))
    }

    /// Whether an empty node has room for a value of so many bytes under a key of this group.
    pub(super) fn fits(&self, group: &KeyGroup, value: u32) -> bool {
        self.capacity().admits(self.server.charge(shortest_key(group), value))
    }

    /// Whether the server takes such a value.
    pub(super) fn takes(&self, group: &KeyGroup, value: u32) -> bool {
        self.server.takes(shortest_key(group), value)
    }

    fn check(&self, r: &mut Reader) {
        self.check_server(r);
        if let Some(memory) = self.memory.filter(|memory| *memory <= self.taken()) {
            let message =
                format!("`memory` ({memory}) is less than an empty server takes ({})", self.taken());
            r.contradiction("memory", message, "give each node more");
        }
        let stale = matches!(self.rules.coalesce, Coalesce::Lock(Lock { losers: Losers::ServeStale, .. }));
        if stale && self.rules.freshness.soft_ttl.is_none() {
            let message = "`losers = \"serve-stale\"` needs a `soft_ttl`: before it no copy is stale, after `ttl` none is left";
            r.contradiction("coalesce", message, "add `soft_ttl`, shorter than `ttl`");
        }
    }

    /// What the one program has and the other has not.
    fn check_server(&self, r: &mut Reader) {
        let (server, policies) = (self.server.name(), self.server.policies());
        let policy = self.policy.kind.name();
        if !policies.contains(&policy) {
            let known: Vec<String> = policies.iter().map(|known| format!("`{known}`")).collect();
            let message = format!("{server} has no policy `{policy}`");
            r.contradiction("policy", message, format!("use one of {}", known.join(", ")));
        }
        if let (ServerKind::Memcached(_), Some(_)) = (self.server, &self.replicas) {
            let message = "memcached has no replicas: each key is on one server";
            r.contradiction("replicas", message, "remove `replicas`, or use `server = \"redis\"`");
        }
    }
}

/// Length of the shortest name that a key of this group has.
fn shortest_key(group: &KeyGroup) -> u32 {
    group.name.len() as u32 + 2
}
