//! Eviction by sampling as in `evict.c` of Redis 7.0, whatever the keys are ranked by.
//!
//! Each eviction samples a few keys from contiguous buckets of a hash table, offers them to a pool of sixteen
//! that outlives the eviction, and takes the candidate that had the highest score when it was sampled. By what
//! keys are scored is a [`Ranking`].
//!
//! Memory is checked before a write and the write then happens, so use exceeds the limit by one copy;
//! the server checks before reads too, which moves an eviction ahead by one command.

use super::candidates::{Candidates, Scope};
use super::eviction_pool::EvictionPool;
use super::{Policy, PolicyOptions, Slot};
use crate::random::{Draws, Stream};
use crate::time::Instant;

/// What a sampling policy knows of each copy, by slot.
pub(super) trait Ranking {
    /// Knows of no copy. Draws, if any, come from `stream`.
    fn new(stream: Stream) -> Self;

    /// The slot was filled; it is one that was used before, or the next.
    fn on_insert(&mut self, slot: Slot, now: Instant);

    /// The copy was read, or overwritten in place.
    fn on_hit(&mut self, slot: Slot, now: Instant);

    /// The copy expires then.
    fn on_expiry(&mut self, _slot: Slot, _expires_at: Instant) {}

    /// Every copy has left.
    fn on_clear(&mut self);

    /// The higher, the sooner the copy is evicted.
    fn score(&self, slot: Slot, now: Instant) -> u64;
}

/// A policy that evicts the worst of a few sampled keys.
#[derive(Clone, Debug)]
pub(super) struct Sampled<R, S> {
    ranking: R,
    candidates: Candidates<S>,
    pool: EvictionPool,
    samples_max: usize,
    /// Scratch, so that an eviction does not allocate.
    samples: Vec<Slot>,
}

impl<R: Ranking, S: Scope> Sampled<R, S> {
    pub(super) fn new(options: PolicyOptions, stream: Stream) -> Self {
        Self {
            ranking: R::new(stream),
            candidates: Candidates::new(),
            pool: EvictionPool::new(),
            samples_max: options.samples.get() as usize,
            samples: Vec::new(),
        }
    }

    fn offer_samples(&mut self, now: Instant, draws: &mut Draws) {
        let table = self.candidates.table();
        table.sample(self.samples_max, draws, &mut self.samples);
        for &slot in &self.samples {
            self.pool.offer(table.key(slot), self.ranking.score(slot, now));
        }
    }
}

impl<R: Ranking, S: Scope> Policy for Sampled<R, S> {
    fn on_insert(&mut self, slot: Slot, key: u32, now: Instant) {
        self.candidates.on_insert(slot, key);
        self.ranking.on_insert(slot, now);
    }

    #[inline]
    fn on_hit(&mut self, slot: Slot, now: Instant) {
        self.ranking.on_hit(slot, now);
    }

    fn on_expiry(&mut self, slot: Slot, key: u32, expires_at: Instant) {
        self.candidates.on_expiry(slot, key, expires_at);
        self.ranking.on_expiry(slot, expires_at);
    }

    fn on_remove(&mut self, slot: Slot) {
        self.candidates.on_remove(slot);
    }

    fn on_clear(&mut self) {
        self.candidates.on_clear();
        self.pool.clear();
        self.ranking.on_clear();
    }

    fn victim(&mut self, now: Instant, draws: &mut Draws) -> Option<Slot> {
        while !self.candidates.table().is_empty() {
            self.offer_samples(now, draws);
            while let Some(key) = self.pool.pop() {
                // A candidate whose key has gone meanwhile is a ghost: it is dropped and the next one asked.
                if let Some(slot) = self.candidates.table().find(key) {
                    return Some(slot);
                }
            }
        }
        None
    }

    fn overshoots(&self) -> bool {
        true
    }
}

/// Writes what is known of a slot, which is an old one or the next.
pub(super) fn put<T>(known: &mut Vec<T>, slot: Slot, value: T) {
    if slot.index() == known.len() {
        known.push(value);
    } else {
        known[slot.index()] = value;
    }
}
