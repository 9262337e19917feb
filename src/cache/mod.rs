//! The store: copies under dense keys, bounded by a [`Capacity`], emptied by a [`Policy`].
//!
//! ```text
//! Store ── index: key → slot
//!       ├─ cells: slot → Entry, charge       (store.rs, entry.rs, capacity.rs)
//!       └─ AnyPolicy: slot → order of eviction
//!            ├─ Lru          exact           (lru.rs)
//!            ├─ Sampled      as Redis does   (redis_sampled.rs; bucket_table.rs, eviction_pool.rs)
//!            │    by idle time, frequency or TTL   (redis_lru.rs, redis_lfu.rs, redis_ttl.rs)
//!            ├─ Random                       (redis_random.rs)
//!            ├─ SegmentedLru as memcached does  (memcached_lru.rs)
//!            └─ NoEviction                   (no_eviction.rs)
//!       of all keys, or of those with a TTL  (candidates.rs)
//! Succession:   one store in the place of another     (succession.rs)
//! redis_charge: what a key costs a Redis     (redis_memory.rs)
//! memcached_charge: and a memcached          (memcached_memory.rs)
//! ClockSweep:   pages in a database's buffers (clock_sweep.rs)
//! ```
//!
//! Time is an argument. Only sampling policies draw, from the stream the store was given, so that
//! they shift nobody else's draws. A new policy is one file that implements [`Policy`], or ranks keys for
//! sampling, and one line in the registry below.

mod age;
mod bucket_table;
mod candidates;
mod capacity;
mod clock_sweep;
mod entry;
mod eviction_pool;
mod lru;
mod memcached_lru;
mod memcached_memory;
mod no_eviction;
mod redis_lfu;
mod redis_lru;
mod redis_memory;
mod redis_random;
mod redis_sampled;
mod redis_ttl;
mod store;
mod succession;

pub use age::Age;
pub use capacity::Capacity;
pub use clock_sweep::ClockSweep;
pub use entry::{Entry, Removal, Stored};
pub use memcached_memory::{memcached_charge, memcached_item};
pub use redis_memory::{REDIS_BASE_BYTES, redis_charge};
pub use store::{Store, Swept};
pub use succession::Succession;

use crate::random::{Draws, Stream};
use crate::time::Instant;
use candidates::{AllKeys, Volatile};
use redis_lfu::Frequency;
use redis_lru::IdleTime;
use redis_random::Random;
use redis_sampled::Sampled;
use redis_ttl::TimeToLive;
use std::fmt;
use std::num::NonZeroU32;

/// Where a store keeps a copy; dense from zero, and reused after a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u32);

impl Slot {
    #[inline]
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// The end of a list of slots.
const NO_SLOT: Slot = Slot(u32::MAX);

/// Chooses what leaves when room is needed.
///
/// The caller (the store) guarantees: every slot that is named is occupied, `on_insert` and
/// `on_remove` of a slot alternate, a new slot is a freed one or the smallest that was never used, and
/// `now` never goes back. The implementor must not allocate per call once it has grown to the number
/// of resident copies.
pub trait Policy {
    /// A copy of `key` now lives in `slot`.
    fn on_insert(&mut self, slot: Slot, key: u32, now: Instant);

    /// The copy was read.
    fn on_hit(&mut self, slot: Slot, now: Instant);

    /// The copy is overwritten in place, which most policies treat as a read.
    fn on_replace(&mut self, slot: Slot, now: Instant) {
        self.on_hit(slot, now);
    }

    /// The copy, which has just been put or has been there for a while, expires at that moment; never is
    /// `Instant::MAX`.
    fn on_expiry(&mut self, _slot: Slot, _key: u32, _expires_at: Instant) {}

    /// The copy has left, whether chosen by [`Policy::victim`] or for another reason.
    fn on_remove(&mut self, slot: Slot);

    /// Every copy has left at once.
    fn on_clear(&mut self);

    /// The slot to empty next; none if no resident copy may be evicted. The implementor must name an
    /// occupied slot and keep it: `on_remove` follows. `draws` belong to this eviction alone.
    fn victim(&mut self, now: Instant, draws: &mut Draws) -> Option<Slot>;

    /// The copies that come next in any of its lists, where a server looks for those past their time; `NO_SLOT` for
    /// none.
    fn ends(&self) -> [Slot; 3] {
        [NO_SLOT; 3]
    }

    /// Whether memory is checked only before a write, which then happens whatever its size, so that
    /// use exceeds [`Capacity::Bytes`] by up to one copy.
    fn overshoots(&self) -> bool {
        false
    }
}

/// Settings of the policies; each reads what concerns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyOptions {
    /// Keys looked at per eviction by a sampling policy: Redis' `maxmemory-samples`.
    pub samples: NonZeroU32,
}

impl Default for PolicyOptions {
    /// Five samples, as in redis.conf of Redis 7.
    fn default() -> Self {
        Self { samples: const { NonZeroU32::new(5).unwrap() } }
    }
}

/// Which policy a store has, with its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicySpec {
    /// The policy.
    pub kind: PolicyKind,
    /// Its settings.
    pub options: PolicyOptions,
}

impl PolicySpec {
    /// The policy that scenario files call `name`, with default settings.
    ///
    /// # Errors
    /// When no policy has that name; the message lists those there are.
    pub fn named(name: &str) -> Result<Self, UnknownPolicy> {
        let entry = POLICIES.iter().find(|entry| entry.name == name);
        entry
            .map(|entry| Self { kind: entry.kind, options: PolicyOptions::default() })
            .ok_or_else(|| UnknownPolicy(name.to_owned()))
    }
}

impl Default for PolicySpec {
    /// Exact LRU.
    fn default() -> Self {
        Self { kind: PolicyKind::Lru, options: PolicyOptions::default() }
    }
}

/// A name that no policy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPolicy(String);

impl fmt::Display for UnknownPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = POLICIES.iter().map(|entry| format!("`{}`", entry.name)).collect();
        write!(f, "no eviction policy is called `{}`; use one of {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownPolicy {}

/// One line of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyEntry {
    /// The policy.
    pub kind: PolicyKind,
    /// Its name in scenario files.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
}

/// From one line per policy: the kinds, the table of names, and the enum that dispatches statically.
macro_rules! policies {
    ($($kind:ident($policy:ty), $name:literal, $summary:literal;)+) => {
        /// The policies there are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum PolicyKind { $(#[doc = $summary] $kind,)+ }

        impl PolicyKind {
            /// What scenario files call it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }
        }

        /// Every policy with its name in scenario files.
        pub static POLICIES: &[PolicyEntry] =
            &[$(PolicyEntry { kind: PolicyKind::$kind, name: $name, summary: $summary },)+];

        /// A policy, dispatched without a virtual call on the path of every look-up.
        #[derive(Clone, Debug)]
        enum AnyPolicy { $($kind($policy),)+ }

        impl AnyPolicy {
            fn new(spec: PolicySpec, stream: Stream) -> Self {
                match spec.kind { $(PolicyKind::$kind => Self::$kind(<$policy>::new(spec.options, stream)),)+ }
            }
        }

        impl Policy for AnyPolicy {
            #[inline]
            fn on_insert(&mut self, slot: Slot, key: u32, now: Instant) {
                match self { $(Self::$kind(policy) => policy.on_insert(slot, key, now),)+ }
            }
            #[inline]
            fn on_hit(&mut self, slot: Slot, now: Instant) {
                match self { $(Self::$kind(policy) => policy.on_hit(slot, now),)+ }
            }
            #[inline]
            fn on_replace(&mut self, slot: Slot, now: Instant) {
                match self { $(Self::$kind(policy) => policy.on_replace(slot, now),)+ }
            }
            #[inline]
            fn on_expiry(&mut self, slot: Slot, key: u32, expires_at: Instant) {
                match self { $(Self::$kind(policy) => policy.on_expiry(slot, key, expires_at),)+ }
            }
            #[inline]
            fn on_remove(&mut self, slot: Slot) {
                match self { $(Self::$kind(policy) => policy.on_remove(slot),)+ }
            }
            fn on_clear(&mut self) {
                match self { $(Self::$kind(policy) => policy.on_clear(),)+ }
            }
            #[inline]
            fn victim(&mut self, now: Instant, draws: &mut Draws) -> Option<Slot> {
                match self { $(Self::$kind(policy) => policy.victim(now, draws),)+ }
            }
            fn ends(&self) -> [Slot; 3] {
                match self { $(Self::$kind(policy) => policy.ends(),)+ }
            }
            #[inline]
            fn overshoots(&self) -> bool {
                match self { $(Self::$kind(policy) => policy.overshoots(),)+ }
            }
        }
    };
}

policies! {
    Lru(lru::Lru), "lru", "Evicts the copy that was used longest ago, exactly.";
    AllKeysLru(Sampled<IdleTime, AllKeys>), "allkeys-lru",
        "Evicts the longest idle of a few sampled keys, as Redis 7 does.";
    AllKeysLfu(Sampled<Frequency, AllKeys>), "allkeys-lfu",
        "Evicts the least used of a few sampled keys; uses count logarithmically and decay.";
    AllKeysRandom(Random<AllKeys>), "allkeys-random", "Evicts any key.";
    VolatileLru(Sampled<IdleTime, Volatile>), "volatile-lru",
        "As allkeys-lru, but among keys that have a TTL; if there is none, writes are refused.";
    VolatileLfu(Sampled<Frequency, Volatile>), "volatile-lfu",
        "As allkeys-lfu, but among keys that have a TTL; if there is none, writes are refused.";
    VolatileRandom(Random<Volatile>), "volatile-random",
        "Evicts any key that has a TTL; if there is none, writes are refused.";
    VolatileTtl(Sampled<TimeToLive, Volatile>), "volatile-ttl",
        "Evicts the soonest to expire of a few sampled keys; if none has a TTL, writes are refused.";
    NoEviction(no_eviction::NoEviction), "noeviction",
        "Evicts nothing: writes are refused while memory is full. Redis' own default, memcached's `-M`.";
    SegmentedLru(memcached_lru::SegmentedLru), "lru-segmented",
        "Evicts the longest unused of the copies that are not read again and again, as memcached 1.6 does.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_found_by_its_name() {
        for entry in POLICIES {
            assert_eq!(PolicySpec::named(entry.name).map(|spec| spec.kind), Ok(entry.kind));
            assert!(entry.summary.ends_with('.'), "{}", entry.summary);
        }
    }

    #[test]
    fn an_unknown_policy_is_reported_with_those_there_are() {
        let error = PolicySpec::named("lur").unwrap_err().to_string();
        assert!(
            error.starts_with("no eviction policy is called `lur`; use one of `lru`, `allkeys-lru`, "),
            "{error}"
        );
    }
}
