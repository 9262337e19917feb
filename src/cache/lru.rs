//! Exact least recently used: a list from the newest to the oldest copy, linked through the slots.

use super::{NO_SLOT, Policy, PolicyOptions, Slot};
use crate::random::{Draws, Stream};
use crate::time::Instant;

/// The order of use of every resident copy; each operation takes constant time.
#[derive(Clone, Debug)]
pub(super) struct Lru {
    links: Vec<Link>,
    newest: Slot,
    oldest: Slot,
}

/// The neighbours of a slot in the list.
#[derive(Clone, Copy, Debug)]
struct Link {
    newer: Slot,
    older: Slot,
}

impl Lru {
    pub(super) fn new(_options: PolicyOptions, _stream: Stream) -> Self {
        Self { links: Vec::new(), newest: NO_SLOT, oldest: NO_SLOT }
    }

    #[inline]
    fn unlink(&mut self, slot: Slot) {
        let Link { newer, older } = self.links[slot.index()];
        if newer == NO_SLOT {
            self.newest = older;
        } else {
            self.links[newer.index()].older = older;
        }
        if older == NO_SLOT {
            self.oldest = newer;
        } else {
            self.links[older.index()].newer = newer;
        }
    }

    #[inline]
    fn link_newest(&mut self, slot: Slot) {
        self.links[slot.index()] = Link { newer: NO_SLOT, older: self.newest };
        if self.newest == NO_SLOT {
            self.oldest = slot;
        } else {
            self.links[self.newest.index()].newer = slot;
        }
        self.newest = slot;
    }
}

impl Policy for Lru {
    #[inline]
    fn on_insert(&mut self, slot: Slot, _key: u32, _now: Instant) {
        if slot.index() == self.links.len() {
            self.links.push(Link { newer: NO_SLOT, older: NO_SLOT });
        }
        self.link_newest(slot);
    }

    #[inline]
    fn on_hit(&mut self, slot: Slot, _now: Instant) {
        if slot != self.newest {
            self.unlink(slot);
            self.link_newest(slot);
        }
    }

    #[inline]
    fn on_remove(&mut self, slot: Slot) {
        self.unlink(slot);
    }

    fn on_clear(&mut self) {
        self.links.clear();
        self.newest = NO_SLOT;
        self.oldest = NO_SLOT;
    }

    #[inline]
    fn victim(&mut self, _now: Instant, _draws: &mut Draws) -> Option<Slot> {
        (self.oldest != NO_SLOT).then_some(self.oldest)
    }
}
