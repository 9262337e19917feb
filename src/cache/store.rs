//! The store itself: an index, a slab of cells, a policy, and the accounts of what came and went.

use super::bucket_table::mix;
use super::{AnyPolicy, Capacity, Entry, NO_SLOT, Policy, PolicySpec, Removal, Slot, Stored};
use crate::random::Stream;
use crate::time::{Duration, Instant};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

/// Copies under dense keys. Memory grows with what is resident, not with the key space, and no
/// operation allocates once the store has grown to its largest number of copies.
///
/// Expiry is lazy: a copy past its time takes up room until it is read, overwritten or evicted.
/// What came equals what is there plus what went: `inserted = len + sum of removals`.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) index: HashMap<u32, Slot, FxBuildHasher>,
    pub(super) cells: Vec<Cell>,
    free: Vec<Slot>,
    policy: AnyPolicy,
    pub(super) capacity: Capacity,
    charge: u64,
    pub(super) inserted: u64,
    pub(super) rejected: u64,
    pub(super) refused: u64,
    /// Resident copies that expire at some time.
    expiring: usize,
    pub(super) removals: [u64; Removal::ALL.len()],
    /// Keys of copies that left by themselves, for whoever has to be told of it.
    pub(super) departed: Option<Vec<u32>>,
    stream: Stream,
}

/// The member of a store's stream that its policy draws from, beside the ordinals of evictions.
const POLICY_DRAWS: u64 = u64::MAX;

/// A sweep passes so many empty buckets for each copy that it wants to see: `activeExpireCycle` of Redis 7.0.
const EMPTY_MAX: u64 = 20;

/// Redis has copies with a TTL in a table of their own. Here they are among the others, and where they are few a sweep
/// passes so many times as many slots, at most.
const SPARSE_MAX: usize = 20;

/// There is no room, and nothing may be evicted.
struct Full;

/// What a sweep has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Copies with a time of expiry that it saw.
    pub looked_at: u64,
    /// Those of them that it removed.
    pub removed: u64,
}

/// A slot that has nothing to do with the order of storing, as a bucket of a hash table; it may be one beyond the last.
/// Slots that a sweep frees are filled next, so that a walk through them in any fixed order would find them last.
fn scattered(place: u32, slots: usize) -> Slot {
    Slot(mix(place) & (slots.next_power_of_two() - 1) as u32)
}

/// What a slot holds; stale while the slot is free.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) entry: Entry,
    key: u32,
    charge: u32,
}

impl Store {
    /// An empty store. Evictions of a sampling policy draw from `stream`, each by its ordinal; so does what
    /// else it leaves to chance.
    #[must_use]
    pub fn new(capacity: Capacity, policy: PolicySpec, stream: Stream) -> Self {
        Self {
            index: HashMap::default(),
            cells: Vec::new(),
            free: Vec::new(),
            policy: AnyPolicy::new(policy, stream.of(POLICY_DRAWS)),
            capacity,
            charge: 0,
            inserted: 0,
            rejected: 0,
            refused: 0,
            expiring: 0,
            removals: [0; Removal::ALL.len()],
            departed: None,
            stream,
        }
    }

    /// The copy of `key`, if there is one that may be served; reading it counts for the policy. A copy
    /// past its expiry is removed here.
    #[inline]
    pub fn get(&mut self, key: u32, now: Instant) -> Option<&Entry> {
        let slot = *self.index.get(&key)?;
        if self.cells[slot.index()].entry.is_expired(now) {
            self.release(slot, Removal::Expired);
            return None;
        }
        self.policy.on_hit(slot, now);
        Some(&self.cells[slot.index()].entry)
    }

    /// As [`Store::get`], but nothing is counted, removed or moved.
    #[must_use]
    pub fn peek(&self, key: u32, now: Instant) -> Option<&Entry> {
        let slot = self.index.get(&key)?;
        let entry = &self.cells[slot.index()].entry;
        (!entry.is_expired(now)).then_some(entry)
    }

    /// Puts a copy in place of the one that may be there, and evicts what stands in its way. `charge`
    /// is what it takes from a capacity in bytes.
    #[inline]
    pub fn put(&mut self, key: u32, entry: Entry, charge: u32, now: Instant) -> Stored {
        let old = self.index.get(&key).copied();
        if !self.capacity.admits(charge) {
            return self.reject(key, now);
        }
        let checked_first = self.policy.overshoots();
        if let Some(slot) = old
            && !checked_first
        {
            // Before room is made, so that a policy by recency does not choose the copy being written.
            self.policy.on_replace(slot, now);
        }
        let Ok(kept) = self.make_room(old, charge, now) else {
            self.refused += 1;
            return Stored::Refused;
        };
        self.inserted += 1;
        self.expiring += usize::from(entry.expires_at < Instant::MAX);
        self.charge += u64::from(charge);
        let cell = Cell { entry, key, charge };
        if let Some(slot) = kept {
            self.removals[self.overwritten(slot, now) as usize] += 1;
            let old = std::mem::replace(&mut self.cells[slot.index()], cell);
            self.charge -= u64::from(old.charge);
            self.expiring -= usize::from(old.entry.expires_at < Instant::MAX);
            if checked_first {
                self.policy.on_replace(slot, now);
            }
            self.policy.on_expiry(slot, key, entry.expires_at);
            return Stored::Replaced;
        }
        let slot = self.occupy(cell);
        self.index.insert(key, slot);
        self.policy.on_insert(slot, key, now);
        self.policy.on_expiry(slot, key, entry.expires_at);
        Stored::Inserted
    }

    /// A copy of `key` comes that is too large to be kept; an older one goes.
    pub fn reject(&mut self, key: u32, now: Instant) -> Stored {
        if let Some(slot) = self.index.get(&key).copied() {
            self.release(slot, self.overwritten(slot, now));
        }
        self.rejected += 1;
        Stored::TooLarge
    }

    /// Removes the copy of `key`, for `reason`; false if there is none.
    pub fn remove(&mut self, key: u32, reason: Removal) -> bool {
        let slot = self.index.get(&key).copied();
        if let Some(slot) = slot {
            self.release(slot, reason);
        }
        slot.is_some()
    }

    /// Makes the time of the copy of `key` be up at `now`, if it is not already; false if there is none. What falls
    /// back on it has it for `kept` longer; then it leaves when it is next read.
    pub fn expire(&mut self, key: u32, now: Instant, kept: Duration) -> bool {
        let Some(slot) = self.index.get(&key) else { return false };
        let entry = &mut self.cells[slot.index()].entry;
        self.expiring += usize::from(entry.expires_at == Instant::MAX);
        entry.soft_at = entry.soft_at.min(now);
        entry.expires_at = entry.expires_at.min(now + kept);
        self.policy.on_expiry(*slot, key, entry.expires_at);
        true
    }

    /// Removes the copies of all keys of which `is_meant` is true, for `reason`.
    pub fn remove_all(&mut self, is_meant: impl Fn(u32) -> bool, reason: Removal) {
        let mut keys: Vec<u32> = self.index.keys().copied().filter(|key| is_meant(*key)).collect();
        // The order of a hash map is nobody's business.
        keys.sort_unstable();
        for key in keys {
            self.remove(key, reason);
        }
    }

    /// Removes everything, for `reason`.
    pub fn clear(&mut self, reason: Removal) {
        self.removals[reason as usize] += self.index.len() as u64;
        self.index.clear();
        self.cells.clear();
        self.free.clear();
        self.policy.on_clear();
        self.charge = 0;
        self.expiring = 0;
    }

    /// Looks at about so many copies that expire at some time, from `cursor` on, and removes those whose time is up.
    pub fn sweep(&mut self, cursor: &mut u32, count: u64, now: Instant) -> Swept {
        let mut swept = Swept { looked_at: 0, removed: 0 };
        if self.expiring == 0 {
            return swept;
        }
        let sparse = (self.cells.len() / self.expiring).clamp(1, SPARSE_MAX) as u64;
        for _ in 0..(count * EMPTY_MAX * sparse).min(self.cells.len().next_power_of_two() as u64) {
            if swept.looked_at == count {
                break;
            }
            let slot = scattered(*cursor, self.cells.len());
            *cursor = cursor.wrapping_add(1);
            let Some(cell) = self.cells.get(slot.index()) else { continue };
            swept.looked_at += u64::from(cell.entry.expires_at < Instant::MAX);
            if cell.entry.is_expired(now) {
                self.release(slot, Removal::Expired);
                swept.removed += 1;
            }
        }
        swept
    }

    /// Removes copies whose time is up, as long as one of them would be among the next that the policy evicts.
    pub fn reclaim(&mut self, now: Instant) {
        let is_up = |cells: &[Cell], slot: Slot| slot != NO_SLOT && cells[slot.index()].entry.is_expired(now);
        while let Some(slot) = self.policy.ends().into_iter().find(|slot| is_up(&self.cells, *slot)) {
            self.release(slot, Removal::Expired);
        }
    }

    /// Removes all copies whose time is up; `left` is told how long each of the others has that expires at some time.
    pub fn crawl(&mut self, now: Instant, mut left: impl FnMut(Duration)) {
        if self.expiring == 0 {
            return;
        }
        for slot in 0..self.cells.len() as u32 {
            let entry = &self.cells[slot as usize].entry;
            if entry.is_expired(now) {
                self.release(Slot(slot), Removal::Expired);
            } else if entry.expires_at < Instant::MAX {
                left(entry.expires_at - now);
            }
        }
    }

    /// Number of resident copies, those past their expiry included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether nothing is resident.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Sum of the charges of the resident copies, in bytes if the caller charges bytes.
    #[must_use]
    pub fn charge(&self) -> u64 {
        self.charge
    }

    /// The bound it was made with.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// Copies ever taken in, replacing ones included.
    #[must_use]
    pub fn inserted(&self) -> u64 {
        self.inserted
    }

    /// Copies that were too large to be taken in.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Copies that were refused because nothing could be evicted for them.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Evicts until the store is within its bound, as a server does before a command that may take memory; false if
    /// the policy has nothing to evict, and the command has to be refused.
    pub fn has_room(&mut self, now: Instant) -> bool {
        let has_room = self.make_room(None, 0, now).is_ok();
        self.refused += u64::from(!has_room);
        has_room
    }

    /// Copies ever removed, by `Removal as usize`.
    #[must_use]
    pub fn removals(&self) -> &[u64; Removal::ALL.len()] {
        &self.removals
    }

    /// Evicts until `charge` fits in the place of `old`, and yields what is left of `old`.
    ///
    /// # Errors
    /// If nothing more may be evicted.
    #[inline]
    fn make_room(&mut self, mut old: Option<Slot>, charge: u32, now: Instant) -> Result<Option<Slot>, Full> {
        while self.lacks_room(old, charge) {
            let ordinal = self.removals[Removal::Memory as usize];
            let victim = self.policy.victim(now, &mut self.stream.at(ordinal)).ok_or(Full)?;
            self.release(victim, Removal::Memory);
            old = old.filter(|&slot| slot != victim);
        }
        Ok(old)
    }

    #[inline]
    fn lacks_room(&self, old: Option<Slot>, charge: u32) -> bool {
        match self.capacity {
            Capacity::Unbounded => false,
            Capacity::Entries(limit) => old.is_none() && self.index.len() as u64 >= limit,
            Capacity::Bytes(limit) if self.policy.overshoots() => self.charge > limit,
            Capacity::Bytes(limit) => {
                let freed = old.map_or(0, |slot| self.cells[slot.index()].charge);
                self.charge - u64::from(freed) + u64::from(charge) > limit
            }
        }
    }

    /// The reason by which the copy in `slot` leaves when another takes its place.
    fn overwritten(&self, slot: Slot, now: Instant) -> Removal {
        if self.cells[slot.index()].entry.is_expired(now) { Removal::Expired } else { Removal::Replaced }
    }

    fn occupy(&mut self, cell: Cell) -> Slot {
        if let Some(slot) = self.free.pop() {
            self.cells[slot.index()] = cell;
            return slot;
        }
        let slot = u32::try_from(self.cells.len()).expect("keys are 32 bits, so slots are too");
        self.cells.push(cell);
        Slot(slot)
    }

    fn release(&mut self, slot: Slot, reason: Removal) {
        let cell = &mut self.cells[slot.index()];
        let Cell { key, charge, .. } = *cell;
        self.expiring -= usize::from(cell.entry.expires_at < Instant::MAX);
        // A free slot is none that a sweep looks at.
        cell.entry.expires_at = Instant::MAX;
        let indexed = self.index.remove(&key);
        assert_eq!(indexed, Some(slot), "a policy names resident copies only");
        self.policy.on_remove(slot);
        self.free.push(slot);
        self.charge -= u64::from(charge);
        self.removals[reason as usize] += 1;
        if let (Some(departed), Removal::Expired | Removal::Memory) = (&mut self.departed, reason) {
            departed.push(key);
        }
    }
}
