//! `volatile-ttl` of Redis 7.0: of a few sampled keys that have a TTL, the one that expires first leaves.

use super::Slot;
use super::redis_sampled::{Ranking, put};
use crate::random::Stream;
use crate::time::Instant;

/// A server keeps the time of expiry in milliseconds.
const MILLISECOND_NS: u64 = 1_000_000;

/// The soonest to expire leaves: keeps the time of expiry of each slot, in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct TimeToLive(Vec<u64>);

impl Ranking for TimeToLive {
    fn new(_stream: Stream) -> Self {
        Self(Vec::new())
    }

    fn on_insert(&mut self, slot: Slot, _now: Instant) {
        put(&mut self.0, slot, u64::MAX);
    }

    fn on_hit(&mut self, _slot: Slot, _now: Instant) {}

    fn on_expiry(&mut self, slot: Slot, expires_at: Instant) {
        self.0[slot.index()] = expires_at.as_nanos() / MILLISECOND_NS;
    }

    fn on_clear(&mut self) {
        self.0.clear();
    }

    fn score(&self, slot: Slot, _now: Instant) -> u64 {
        u64::MAX - self.0[slot.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::super::candidates::Volatile;
    use super::super::redis_sampled::Sampled;
    use super::super::{Policy, PolicyOptions};
    use super::*;
    use crate::time::Duration;

    /// With as many samples as keys the choice is exact.
    #[test]
    fn the_soonest_to_expire_leaves_however_it_is_used() {
        let stream = Stream::new(1, 0, "test");
        let mut policy = Sampled::<TimeToLive, Volatile>::new(PolicyOptions::default(), stream);
        for (key, seconds) in (0..).zip([30, 10, 20]) {
            policy.on_insert(Slot(key), key, Instant::ZERO);
            policy.on_expiry(Slot(key), key, Instant::ZERO + Duration::from_secs(seconds));
        }
        policy.on_hit(Slot(1), Instant::ZERO);
        let order = [0, 1, 2, 3].map(|ordinal| {
            let slot = policy.victim(Instant::ZERO, &mut stream.at(ordinal))?;
            policy.on_remove(slot);
            Some(slot.0)
        });
        assert_eq!(order, [Some(1), Some(2), Some(0), None]);
    }
}
