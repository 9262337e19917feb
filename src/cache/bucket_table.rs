//! The hash table of Redis as far as sampling sees it: buckets in an order, chains in the buckets.
//!
//! After `dict.c` of Redis 7.0: buckets are a power of two, at least four; the table doubles when an
//! insertion finds as many keys as buckets, and shrinks when under a tenth of the buckets' number is
//! left (`HASHTABLE_MIN_FILL`); new keys go to the front of their chain. Two differences: keys are
//! mixed by the finalizer of `MurmurHash3` instead of a seeded `SipHash`, both of which spread keys
//! uniformly, and the table is rebuilt at once instead of bucket by bucket.

use super::{NO_SLOT, Slot};
use crate::random::Draws;

/// `DICT_HT_INITIAL_SIZE` of dict.h.
const BUCKETS_MIN: usize = 4;

/// Resident keys by bucket.
#[derive(Clone, Debug)]
pub(super) struct BucketTable {
    heads: Vec<Slot>,
    nodes: Vec<Node>,
    len: usize,
}

/// One key in its chain.
#[derive(Clone, Copy, Debug)]
struct Node {
    key: u32,
    /// The next of its chain, or [`ABSENT`].
    next: Slot,
}

/// In place of the next of its chain: the slot has no key here.
const ABSENT: Slot = Slot(u32::MAX - 1);

impl BucketTable {
    pub(super) fn new() -> Self {
        Self { heads: vec![NO_SLOT; BUCKETS_MIN], nodes: Vec::new(), len: 0 }
    }

    pub(super) fn insert(&mut self, slot: Slot, key: u32) {
        if self.len >= self.heads.len() {
            self.rebuild(self.heads.len() * 2);
        }
        let bucket = self.bucket(key);
        let node = Node { key, next: self.heads[bucket] };
        if slot.index() >= self.nodes.len() {
            self.nodes.resize(slot.index() + 1, Node { key: 0, next: ABSENT });
        }
        self.nodes[slot.index()] = node;
        self.heads[bucket] = slot;
        self.len += 1;
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let Node { key, next } = self.nodes[slot.index()];
        let bucket = self.bucket(key);
        if self.heads[bucket] == slot {
            self.heads[bucket] = next;
        } else {
            let mut before = self.heads[bucket];
            while self.nodes[before.index()].next != slot {
                before = self.nodes[before.index()].next;
            }
            self.nodes[before.index()].next = next;
        }
        self.nodes[slot.index()].next = ABSENT;
        self.len -= 1;
        if self.heads.len() > BUCKETS_MIN && self.len * 10 < self.heads.len() {
            self.rebuild(self.len.next_power_of_two().max(BUCKETS_MIN));
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn contains(&self, slot: Slot) -> bool {
        self.nodes.get(slot.index()).is_some_and(|node| node.next != ABSENT)
    }

    pub(super) fn key(&self, slot: Slot) -> u32 {
        self.nodes[slot.index()].key
    }

    pub(super) fn find(&self, key: u32) -> Option<Slot> {
        self.chain(self.bucket(key)).find(|&slot| self.key(slot) == key)
    }

    /// Fills `samples` with up to `count` keys from contiguous buckets, from a random one on, as
    /// `dictGetSomeKeys` does: after more than `count` empty buckets in a row (at least five) it jumps,
    /// after ten steps per key it gives up, and a chain that has more keys than are still wanted
    /// replaces earlier samples at random.
    pub(super) fn sample(&self, count: usize, draws: &mut Draws, samples: &mut Vec<Slot>) {
        samples.clear();
        let count = count.min(self.len);
        let mut bucket = draws.below(self.heads.len() as u64) as usize;
        let mut empty_in_a_row = 0;
        let mut seen = 0;
        for _ in 0..count * 10 {
            if self.heads[bucket] == NO_SLOT {
                empty_in_a_row += 1;
                if empty_in_a_row >= 5 && empty_in_a_row > count {
                    bucket = draws.below(self.heads.len() as u64) as usize;
                    empty_in_a_row = 0;
                }
            } else {
                empty_in_a_row = 0;
                for slot in self.chain(bucket) {
                    seen += 1;
                    if samples.len() < count {
                        samples.push(slot);
                    } else if let Some(sample) = samples.get_mut(draws.below(seen) as usize) {
                        *sample = slot;
                    }
                }
                if samples.len() == count {
                    return;
                }
            }
            bucket = (bucket + 1) & (self.heads.len() - 1);
        }
    }

    /// Any key, as `dictGetRandomKey` finds it: a random bucket that is not empty, then any key of its chain.
    pub(super) fn random(&self, draws: &mut Draws) -> Option<Slot> {
        if self.len == 0 {
            return None;
        }
        loop {
            let bucket = draws.below(self.heads.len() as u64) as usize;
            let length = self.chain(bucket).count() as u64;
            if length > 0 {
                return self.chain(bucket).nth(draws.below(length) as usize);
            }
        }
    }

    fn chain(&self, bucket: usize) -> impl Iterator<Item = Slot> {
        let present = |slot: Slot| (slot != NO_SLOT).then_some(slot);
        std::iter::successors(present(self.heads[bucket]), move |slot| present(self.nodes[slot.index()].next))
    }

    #[inline]
    fn bucket(&self, key: u32) -> usize {
        mix(key) as usize & (self.heads.len() - 1)
    }

    fn rebuild(&mut self, buckets: usize) {
        let old = std::mem::replace(&mut self.heads, vec![NO_SLOT; buckets]);
        for head in old {
            let mut slot = head;
            while slot != NO_SLOT {
                let Node { key, next } = self.nodes[slot.index()];
                let bucket = self.bucket(key);
                self.nodes[slot.index()].next = self.heads[bucket];
                self.heads[bucket] = slot;
                slot = next;
            }
        }
    }
}

/// The 32-bit finalizer of `MurmurHash3` (Appleby, public domain): a bijection in which every bit of
/// the key moves every bit of the result.
#[inline]
pub(super) fn mix(mut key: u32) -> u32 {
    key = (key ^ (key >> 16)).wrapping_mul(0x85EB_CA6B);
    key = (key ^ (key >> 13)).wrapping_mul(0xC2B2_AE35);
    key ^ (key >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn table_of(keys: u32) -> BucketTable {
        let mut table = BucketTable::new();
        (0..keys).for_each(|key| table.insert(Slot(key), key));
        table
    }

    #[test]
    fn keys_are_found_until_they_are_removed() {
        let mut table = table_of(1000);
        (0..1000).step_by(2).for_each(|key| table.remove(Slot(key)));
        for key in 0..1000 {
            assert_eq!(table.find(key), (key % 2 == 1).then_some(Slot(key)));
        }
    }

    #[test]
    fn the_table_doubles_when_full_and_shrinks_below_a_tenth() {
        let mut table = table_of(16);
        assert_eq!(table.heads.len(), 16);
        table.insert(Slot(16), 16);
        assert_eq!(table.heads.len(), 32);
        (4..17).for_each(|key| table.remove(Slot(key)));
        assert_eq!(table.heads.len(), 32);
        table.remove(Slot(3));
        assert_eq!(table.heads.len(), 4);
    }

    /// With as many keys as buckets a bucket is empty with probability 1/e, so six empty ones in a row,
    /// which make the walk jump, turn up in about one sample of fifty; independent samples would span
    /// fifty buckets of 16,384 practically never.
    #[test]
    fn samples_come_from_contiguous_buckets() {
        let table = table_of(16_384);
        let stream = Stream::new(1, 0, "test");
        let mut samples = Vec::new();
        let contiguous = (0..1000).filter(|&ordinal| {
            table.sample(5, &mut stream.at(ordinal), &mut samples);
            assert_eq!(samples.len(), 5);
            let buckets: Vec<usize> = samples.iter().map(|&slot| table.bucket(table.key(slot))).collect();
            // Distances on the ring, either way, since a full chain may replace the first sample.
            let distance = |bucket: &usize| (bucket + 16_384 - buckets[0]) % 16_384;
            buckets.iter().map(distance).all(|apart| !(50..=16_334).contains(&apart))
        });
        assert!(contiguous.count() >= 950);
    }

    #[test]
    fn a_sample_is_never_larger_than_the_table() {
        let table = table_of(3);
        let mut samples = Vec::new();
        table.sample(5, &mut Stream::new(1, 0, "test").at(0), &mut samples);
        let mut keys: Vec<u32> = samples.iter().map(|&slot| table.key(slot)).collect();
        keys.sort_unstable();
        assert_eq!(keys, [0, 1, 2]);
    }
}
