//! The segmented LRU of memcached 1.6: new items are HOT, items that are read again and again WARM, all others COLD.
//!
//! After `items.c` (`do_item_bump`, `lru_pull_tail`, `lru_maintainer_juggle`). An item is active from its second read on.
//! At the end of HOT an active item goes to WARM, at the end of WARM to its head again; a read makes it WARM at once if it
//! is COLD. What is not active goes to COLD when its segment is too large (HOT 20 %, WARM 40 %), or when it was used long
//! before the last of COLD was (more than 0.2 times as long ago in HOT, 2 times in WARM; the clock counts seconds). Only
//! the end of COLD is evicted. So what is read once never drives out what is read often.
//!
//! Differences: a thread of the server's own moves items, a little later than here, where they move when one comes; shares
//! are of items, not of their bytes, which is the same within a slab class; and where nothing is COLD, WARM is evicted from.

use super::{NO_SLOT, Policy, PolicyOptions, Slot};
use crate::random::{Draws, Stream};
use crate::time::Instant;

/// `hot_lru_pct`.
const HOT_PERCENT: u64 = 20;
/// `warm_lru_pct`.
const WARM_PERCENT: u64 = 40;
/// `hot_max_factor` is 0.2: one of so many.
const HOT_AGE_DIVISOR: u32 = 5;
/// `warm_max_factor`.
const WARM_AGE_FACTOR: u32 = 2;

/// Which segment every resident copy is in, and where; each operation takes constant time on average.
#[derive(Clone, Debug)]
pub(super) struct SegmentedLru {
    items: Vec<Item>,
    segments: [List; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Segment {
    Hot,
    Warm,
    Cold,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    newer: Slot,
    older: Slot,
    /// In seconds.
    used_at: u32,
    segment: Segment,
    /// It has been read.
    is_fetched: bool,
    /// It has been read again since it was moved last.
    is_active: bool,
}

/// From the newest to the oldest.
#[derive(Clone, Copy, Debug)]
struct List {
    newest: Slot,
    oldest: Slot,
    len: u64,
}

const EMPTY: List = List { newest: NO_SLOT, oldest: NO_SLOT, len: 0 };

/// What makes an inactive item at the end of its segment COLD: too many items, or too long without use.
#[derive(Clone, Copy)]
struct Limit {
    items: u64,
    age: u32,
}

impl SegmentedLru {
    pub(super) fn new(_options: PolicyOptions, _stream: Stream) -> Self {
        Self { items: Vec::new(), segments: [EMPTY; 3] }
    }

    fn list(&self, segment: Segment) -> &List {
        &self.segments[segment as usize]
    }

    fn unlink(&mut self, slot: Slot) {
        let Item { newer, older, segment, .. } = self.items[slot.index()];
        let list = &mut self.segments[segment as usize];
        list.len -= 1;
        if newer == NO_SLOT {
            list.newest = older;
        } else {
            self.items[newer.index()].older = older;
        }
        if older == NO_SLOT {
            list.oldest = newer;
        } else {
            self.items[older.index()].newer = newer;
        }
    }

    fn link(&mut self, slot: Slot, segment: Segment) {
        let list = &mut self.segments[segment as usize];
        list.len += 1;
        let older = std::mem::replace(&mut list.newest, slot);
        if older == NO_SLOT {
            list.oldest = slot;
        } else {
            self.items[older.index()].newer = slot;
        }
        let item = &mut self.items[slot.index()];
        (item.newer, item.older, item.segment) = (NO_SLOT, older, segment);
    }

    /// It is not active any more, and the newest of this segment.
    fn move_to(&mut self, slot: Slot, segment: Segment) {
        self.unlink(slot);
        self.items[slot.index()].is_active = false;
        self.link(slot, segment);
    }

    /// Moves the oldest of HOT or WARM, if it has to go; true if it had to.
    fn pull(&mut self, segment: Segment, limit: Limit, now: u32) -> bool {
        let List { oldest, len, .. } = *self.list(segment);
        if oldest == NO_SLOT {
            return false;
        }
        let Item { is_active, used_at, .. } = self.items[oldest.index()];
        let goes = is_active || len > limit.items || now - used_at > limit.age;
        if goes {
            self.move_to(oldest, if is_active { Segment::Warm } else { Segment::Cold });
        }
        goes
    }

    /// What the server's maintainer thread does, until nothing has to move.
    fn juggle(&mut self, now: u32) {
        let total: u64 = self.segments.iter().map(|list| list.len).sum();
        let last = self.list(Segment::Cold).oldest;
        let cold_age = if last == NO_SLOT { 0 } else { now - self.items[last.index()].used_at };
        let hot = Limit { items: total * HOT_PERCENT / 100, age: cold_age / HOT_AGE_DIVISOR };
        let warm = Limit { items: total * WARM_PERCENT / 100, age: cold_age.saturating_mul(WARM_AGE_FACTOR) };
        while self.pull(Segment::Hot, hot, now) || self.pull(Segment::Warm, warm, now) {}
    }

    /// A new item, or a new value of one, which is the same.
    fn insert(&mut self, slot: Slot, now: u32) {
        let item = &mut self.items[slot.index()];
        (item.used_at, item.is_fetched, item.is_active) = (now, false, false);
        self.link(slot, Segment::Hot);
        self.juggle(now);
    }
}

/// The server's clock.
#[inline]
fn seconds(now: Instant) -> u32 {
    (now.as_nanos() / 1_000_000_000) as u32
}

impl Policy for SegmentedLru {
    fn on_insert(&mut self, slot: Slot, _key: u32, now: Instant) {
        if slot.index() == self.items.len() {
            self.items.push(Item {
                newer: NO_SLOT,
                older: NO_SLOT,
                used_at: 0,
                segment: Segment::Hot,
                is_fetched: false,
                is_active: false,
            });
        }
        self.insert(slot, seconds(now));
    }

    #[inline]
    fn on_hit(&mut self, slot: Slot, now: Instant) {
        let item = &mut self.items[slot.index()];
        if item.is_active {
            return;
        }
        if !item.is_fetched {
            item.is_fetched = true;
            return;
        }
        item.used_at = seconds(now);
        if item.segment == Segment::Cold {
            self.move_to(slot, Segment::Warm);
            self.juggle(seconds(now));
        } else {
            item.is_active = true;
        }
    }

    fn on_replace(&mut self, slot: Slot, now: Instant) {
        self.unlink(slot);
        self.insert(slot, seconds(now));
    }

    #[inline]
    fn on_remove(&mut self, slot: Slot) {
        self.unlink(slot);
    }

    fn on_clear(&mut self) {
        self.items.clear();
        self.segments = [EMPTY; 3];
    }

    fn ends(&self) -> [Slot; 3] {
        self.segments.map(|list| list.oldest)
    }

    fn victim(&mut self, now: Instant, _draws: &mut Draws) -> Option<Slot> {
        while self.list(Segment::Cold).len == 0
            && self.pull(Segment::Hot, Limit { items: 0, age: 0 }, seconds(now))
        {}
        let of = |segment| Some(self.list(segment).oldest).filter(|slot| *slot != NO_SLOT);
        of(Segment::Cold).or_else(|| of(Segment::Warm))
    }
}
