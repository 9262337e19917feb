//! `allkeys-lru` and `volatile-lru` of Redis 7.0: LRU by sampling, with a coarse clock.
//!
//! Idle time is read from a clock of one second: at 15,000 requests a second thousands of keys tie, which is
//! why the real hit ratio stays below that of exact LRU.

use super::Slot;
use super::redis_sampled::{Ranking, put};
use crate::random::Stream;
use crate::time::Instant;

/// `LRU_CLOCK_RESOLUTION` of server.h, 1000 ms, in nanoseconds.
const CLOCK_TICK_NS: u64 = 1_000_000_000;

/// `LRU_CLOCK_MAX` of server.h: the clock has 24 bits and wraps after 194 days.
const CLOCK_MAX: u32 = (1 << 24) - 1;

/// The longest idle leaves: keeps the clock at the last use of each slot, in seconds.
#[derive(Clone, Debug)]
pub(super) struct IdleTime(Vec<u32>);

impl Ranking for IdleTime {
    fn new(_stream: Stream) -> Self {
        Self(Vec::new())
    }

    fn on_insert(&mut self, slot: Slot, now: Instant) {
        put(&mut self.0, slot, clock(now));
    }

    #[inline]
    fn on_hit(&mut self, slot: Slot, now: Instant) {
        self.0[slot.index()] = clock(now);
    }

    fn on_clear(&mut self) {
        self.0.clear();
    }

    fn score(&self, slot: Slot, now: Instant) -> u64 {
        idle_seconds(clock(now), self.0[slot.index()]).into()
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
    use super::super::candidates::{AllKeys, Volatile};
    use super::super::redis_sampled::Sampled;
    use super::super::{Policy, PolicyOptions};
    use super::*;
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

    fn evict(policy: &mut impl Policy, ordinal: u64) -> Option<u32> {
        let slot = policy.victim(at(20), &mut Stream::new(1, 0, "test").at(ordinal))?;
        policy.on_remove(slot);
        Some(slot.0)
    }

    /// With as many samples as keys the sample is the whole table, so the choice is exact.
    #[test]
    fn the_longest_idle_key_leaves_and_a_ghost_in_the_pool_is_skipped() {
        let stream = Stream::new(1, 0, "test");
        let mut policy = Sampled::<IdleTime, AllKeys>::new(PolicyOptions::default(), stream);
        (0..4).for_each(|key| policy.on_insert(Slot(key), key, at(u64::from(key))));
        policy.on_hit(Slot(0), at(10));
        assert_eq!(evict(&mut policy, 0), Some(1));
        policy.on_remove(Slot(2));
        assert_eq!(evict(&mut policy, 1), Some(3));
        assert_eq!(evict(&mut policy, 2), Some(0));
        assert_eq!(evict(&mut policy, 3), None);
    }

    #[test]
    fn of_keys_without_a_ttl_a_volatile_policy_evicts_none() {
        let stream = Stream::new(1, 0, "test");
        let mut policy = Sampled::<IdleTime, Volatile>::new(PolicyOptions::default(), stream);
        for key in 0..4 {
            policy.on_insert(Slot(key), key, at(u64::from(key)));
            policy.on_expiry(Slot(key), key, if key % 2 == 1 { at(99) } else { Instant::MAX });
        }
        // A TTL is taken away, and another one given.
        policy.on_expiry(Slot(1), 1, Instant::MAX);
        policy.on_expiry(Slot(0), 0, at(50));
        assert_eq!([0, 1, 2].map(|ordinal| evict(&mut policy, ordinal)), [Some(0), Some(3), None]);
    }
}
