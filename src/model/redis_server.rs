//! The program that the nodes of the shared cache run, and all in which Redis and memcached differ.
//!
//! How many commands a node executes at once, which node has a key, what a copy takes of its memory, which policies there
//! are, and what a node removes by itself. All else is the same: connections, time-outs, the network, locks (`add` with an
//! expiry is `SET NX PX`), and what an application does with a copy.
//!
//! Memcached has no slots: its clients spread the keys. What they do by default differs; here it is what gomemcache does,
//! and others call modulo: CRC-32 of the key, modulo the number of servers (its `selector.go`).

use super::keyspace::Keyspace;
use super::memcached_crawler::Crawler;
use super::redis_expiry::ActiveExpiry;
use super::slot::node_of_slot;
use crate::cache::{REDIS_BASE_BYTES, Store, memcached_charge, memcached_item, redis_charge};
use crate::engine::Server;
use crate::quantity::Bytes;
use crate::scenario::{Reader, choice, count, size, table};
use crate::time::Instant;
use std::cell::RefCell;

/// Which program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKind {
    /// Redis 7.
    Redis,
    /// memcached 1.6.
    Memcached(MemcachedSpec),
}

/// Settings of a memcached server that a Redis does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemcachedSpec {
    /// `-t`.
    pub threads: u32,
    /// `-I`.
    pub largest_item: Bytes,
}

/// As it is without `-t` and `-I` (`settings_init` in `memcached.c`).
const DEFAULT: MemcachedSpec = MemcachedSpec { threads: 4, largest_item: Bytes(1 << 20) };

/// `-m`, 64 MB.
const MEMCACHED_MEMORY: Bytes = Bytes(64 << 20);

/// What `maxmemory-policy` can be, and exact LRU; the first is the default.
const REDIS_POLICIES: &[&str] = &[
    "allkeys-lru",
    "lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "noeviction",
];

/// Its own, exact LRU, and `-M`; the first is the default.
const MEMCACHED_POLICIES: &[&str] = &["lru-segmented", "lru", "noeviction"];

/// Those of either.
pub(super) const POLICIES: &[&str] = &[
    "allkeys-lru",
    "lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "noeviction",
    "lru-segmented",
];

impl MemcachedSpec {
    fn read(r: &mut Reader) -> Self {
        Self {
            threads: r
                .field("threads", "Commands that a node executes at once, `-t`.", count(1..=256u32))
                .or(DEFAULT.threads),
            largest_item: r
                .field(
                    "largest_item",
                    "An item that is larger is not stored, `-I`: 59 bytes, the key and the value.",
                    size(Bytes(1 << 10)..=Bytes(1 << 30)),
                )
                .or(DEFAULT.largest_item),
        }
    }
}

impl ServerKind {
    pub(super) fn read(r: &mut Reader) -> Self {
        let kinds = choice()
            .word("redis", "Redis 7, as a cluster.", Self::Redis)
            .word("memcached", "Memcached 1.6 with its own settings.", Self::Memcached(DEFAULT))
            .tagged(
                "memcached",
                "Memcached 1.6, and what is not written here as it is by itself.",
                table(MemcachedSpec::read),
                Self::Memcached,
            );
        r.field("server", "Which program the nodes run.", kinds).or(Self::Redis)
    }

    /// As it is called in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::Memcached(_) => "memcached",
        }
    }

    /// Commands that a node executes at once.
    pub(super) fn workers(self) -> u32 {
        match self {
            Self::Redis => 1,
            Self::Memcached(spec) => spec.threads,
        }
    }

    /// The policies that it has, its default first.
    pub(super) fn policies(self) -> &'static [&'static str] {
        match self {
            Self::Redis => REDIS_POLICIES,
            Self::Memcached(_) => MEMCACHED_POLICIES,
        }
    }

    /// The limit of a node's memory where the scenario gives none.
    pub(super) fn default_memory(self) -> Option<Bytes> {
        match self {
            Self::Redis => None,
            Self::Memcached(_) => Some(MEMCACHED_MEMORY),
        }
    }

    /// What a node without copies takes of its memory.
    pub(super) fn empty(self) -> Bytes {
        match self {
            Self::Redis => Bytes(REDIS_BASE_BYTES),
            Self::Memcached(_) => Bytes(0),
        }
    }

    /// What a copy takes of a node's memory.
    #[inline]
    pub(super) fn charge(self, key_len: u32, value_len: u32) -> u32 {
        match self {
            Self::Redis => redis_charge(key_len, value_len),
            Self::Memcached(_) => memcached_charge(key_len, value_len),
        }
    }

    /// Whether it takes items of this size.
    #[inline]
    pub(super) fn takes(self, key_len: u32, value_len: u32) -> bool {
        match self {
            Self::Redis => true,
            Self::Memcached(spec) => u64::from(memcached_item(key_len, value_len)) <= spec.largest_item.0,
        }
    }

    /// Whether a copy stays when a new one for its key is refused because there is not enough memory.
    pub(super) fn keeps_what_it_cannot_replace(self) -> bool {
        self == Self::Redis
    }

    /// Which of so many nodes a key belongs to.
    #[inline]
    pub(super) fn node_of(self, keys: &Keyspace, group: usize, key: u32, nodes: u32) -> u32 {
        match self {
            Self::Redis => node_of_slot(keys.slot(group, key), nodes),
            Self::Memcached(_) => keys.crc32(group, key) % nodes,
        }
    }

    /// What a node does that removes copies past their time by itself.
    pub(super) fn expiry(self) -> Expiry {
        match self {
            Self::Redis => Expiry::Active(ActiveExpiry::new()),
            Self::Memcached(_) => Expiry::Crawler(Crawler::new()),
        }
    }
}

/// How a node removes copies past their time by itself.
#[derive(Debug)]
pub(super) enum Expiry {
    Active(ActiveExpiry),
    Crawler(Crawler),
}

impl Expiry {
    /// Begins at `now`.
    pub(super) fn begin(&self, now: Instant) {
        match self {
            Self::Active(expiry) => expiry.begin(now),
            Self::Crawler(crawler) => crawler.begin(now),
        }
    }

    /// Does what was due up to `now`.
    #[inline]
    pub(super) fn catch_up(&self, now: Instant, store: &RefCell<Store>, server: &Server) {
        match self {
            Self::Active(expiry) => expiry.catch_up(now, store, server),
            Self::Crawler(crawler) => crawler.catch_up(now, store),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_that_of_a_server_and_redis_defaults_come_first() {
        let mut of_either = [REDIS_POLICIES, MEMCACHED_POLICIES].concat();
        of_either.sort_unstable();
        of_either.dedup();
        let mut all = POLICIES.to_vec();
        all.sort_unstable();
        assert_eq!(all, of_either);
        assert_eq!(POLICIES[0], REDIS_POLICIES[0]);
    }
}
