//! `allkeys-lru` as in `evict.c` of Redis 7.0: an approximation of LRU by sampling.
//!
//! Each eviction samples a few keys from contiguous buckets of the hash table, offers them to a pool
//! of sixteen that outlives the eviction, and takes the candidate that had been idle longest when it
//! was sampled. Idle time is read from a clock of one second: at 15,000 requests a second thousands of
//! keys tie, which is why the real hit ratio stays below that of exact LRU.
//!
//! Memory is checked before a write and the write then happens, so use exceeds the limit by one copy;
//! the server checks before reads too, which moves an eviction ahead by one command.

use super::bucket_table::BucketTable;
use super::eviction_pool::EvictionPool;
use super::{Policy, PolicyOptions, Slot};
use crate::random::Draws;
use crate::time::Instant;

/// `LRU_CLOCK_RESOLUTION` of server.h, 1000 ms, in nanoseconds.
const CLOCK_TICK_NS: u64 = 1_000_000_000;

/// `LRU_CLOCK_MAX` of server.h: the clock has 24 bits and wraps after 194 days.
const CLOCK_MAX: u32 = (1 << 24) - 1;

/// Redis' approximated LRU.
#[derive(Clone, Debug)]
pub(super) struct RedisLru {
    table: BucketTable,
    pool: EvictionPool,
    /// The clock at the last use of each slot, in seconds.
    used_at: Vec<u32>,
    samples_max: usize,
    /// Scratch, so that an eviction does not allocate.
    samples: Vec<Slot>,
}

impl RedisLru {
    pub(super) fn new(options: PolicyOptions) -> Self {
        Self {
            table: BucketTable::new(),
            pool: EvictionPool::new(),
            used_at: Vec::new(),
            samples_max: options.samples.get() as usize,
            samples: Vec::new(),
        }
    }

    fn offer_samples(&mut self, now: Instant, draws: &mut Draws) {
        self.table.sample(self.samples_max, draws, &mut self.samples);
        for &slot in &self.samples {
            self.pool.offer(self.table.key(slot), idle_seconds(clock(now), self.used_at[slot.index()]));
        }
    }
}

impl Policy for RedisLru {
    fn on_insert(&mut self, slot: Slot, key: u32, now: Instant) {
        self.table.insert(slot, key);
        if slot.index() == self.used_at.len() {
            self.used_at.push(clock(now));
        } else {
            self.used_at[slot.index()] = clock(now);
        }
    }

    #[inline]
    fn on_hit(&mut self, slot: Slot, now: Instant) {
        self.used_at[slot.index()] = clock(now);
    }

    fn on_remove(&mut self, slot: Slot) {
        self.table.remove(slot);
    }

    fn on_clear(&mut self) {
        self.table.clear();
        self.pool.clear();
        self.used_at.clear();
    }

    fn victim(&mut self, now: Instant, draws: &mut Draws) -> Slot {
        loop {
            self.offer_samples(now, draws);
            while let Some(key) = self.pool.pop() {
                // A candidate whose key has gone meanwhile is a ghost: it is dropped and the next one asked.
                if let Some(slot) = self.table.find(key) {
                    return slot;
                }
            }
        }
    }

    fn overshoots(&self) -> bool {
        true
    }
}

#[inline]
fn clock(now: Instant) -> u32 {
    (now.as_nanos() / CLOCK_TICK_NS) as u32 & CLOCK_MAX
}

/// As `estimateObjectIdleTime`: a last use that lies ahead of the clock was before it wrapped.
fn idle_seconds(clock: u32, used_at: u32) -> u32 {
    if clock >= used_at { clock - used_at } else { clock + (CLOCK_MAX - used_at) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use crate::time::Duration;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn idle_time_counts_whole_seconds_and_survives_the_wrap_of_the_clock() {
        let almost_two = Instant::from_nanos(1_999_999_999);
        let cases = [
            (clock(at(9)), clock(at(9)), 0),
            (clock(at(9)), clock(almost_two), 8),
            (clock(at(1 << 24)), clock(at((1 << 24) - 1)), 0),
            (clock(at((1 << 24) + 5)), clock(at((1 << 24) - 2)), 6),
        ];
        for (now, used_at, expected) in cases {
            assert_eq!(idle_seconds(now, used_at), expected, "{now} {used_at}");
        }
    }

    /// With as many samples as keys the sample is the whole table, so the choice is exact.
    #[test]
    fn the_longest_idle_key_leaves_and_a_ghost_in_the_pool_is_skipped() {
        let mut policy = RedisLru::new(PolicyOptions::default());
        (0..4).for_each(|key| policy.on_insert(Slot(key), key, at(u64::from(key))));
        policy.on_hit(Slot(0), at(10));
        let evict = |policy: &mut RedisLru, ordinal| {
            let slot = policy.victim(at(20), &mut Stream::new(1, 0, "test").at(ordinal));
            policy.on_remove(slot);
            slot.0
        };
        assert_eq!(evict(&mut policy, 0), 1);
        policy.on_remove(Slot(2));
        assert_eq!(evict(&mut policy, 1), 3);
        assert_eq!(evict(&mut policy, 2), 0);
    }
}
