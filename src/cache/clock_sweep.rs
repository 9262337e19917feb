//! The clock sweep: which pages of a database are in its buffers, as `PostgreSQL` 15 decides it.
//!
//! After its `freelist.c` and `bufmgr.c`: a buffer that is pinned counts one use, at most five; a page that is
//! loaded starts with one. When a buffer is needed and none was never used, the hand goes round, takes a use from
//! each buffer that has any, and stops at the first that has none. A buffer whose page is still on its way from
//! the disk is passed by, as its reader holds a pin on it. Other pins last microseconds there, and no time at all
//! here.

use rustc_hash::FxHashMap;

/// `BM_MAX_USAGE_COUNT`.
const USES_MAX: u8 = 5;

/// So many buffers, and the pages in them.
#[derive(Debug)]
pub struct ClockSweep {
    capacity: usize,
    buffers: Vec<Buffer>,
    by_page: FxHashMap<u32, u32>,
    hand: usize,
}

#[derive(Clone, Copy, Debug)]
struct Buffer {
    page: u32,
    uses: u8,
    loading: bool,
}

impl ClockSweep {
    /// So many buffers, all of them empty.
    ///
    /// # Panics
    /// If there would be none: the caller checks what a user wrote.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        assert!(capacity > 0, "a pool has at least one buffer");
        Self { capacity: capacity as usize, buffers: Vec::new(), by_page: FxHashMap::default(), hand: 0 }
    }

    /// Uses a page; whether a buffer had it. If none had, one has now, and keeps it until [`ClockSweep::loaded`]
    /// at least.
    ///
    /// # Panics
    /// If every buffer's page is being loaded: the caller loads fewer at once.
    pub fn pin(&mut self, page: u32) -> bool {
        if let Some(&buffer) = self.by_page.get(&page) {
            let buffer = &mut self.buffers[buffer as usize];
            buffer.uses = (buffer.uses + 1).min(USES_MAX);
            return true;
        }
        let buffer = Buffer { page, uses: 1, loading: true };
        if self.buffers.len() < self.capacity {
            self.by_page.insert(page, self.buffers.len() as u32);
            self.buffers.push(buffer);
        } else {
            let victim = self.sweep();
            self.by_page.remove(&self.buffers[victim].page);
            self.by_page.insert(page, victim as u32);
            self.buffers[victim] = buffer;
        }
        false
    }

    /// A page that a buffer was given for has arrived in it.
    ///
    /// # Panics
    /// If no buffer was.
    pub fn loaded(&mut self, page: u32) {
        let buffer = self.by_page.get(&page).expect("a page that is loaded has a buffer");
        self.buffers[*buffer as usize].loading = false;
    }

    /// All buffers are emptied, but for those whose page is on its way.
    pub fn clear(&mut self) {
        self.buffers.retain(|buffer| buffer.loading);
        self.by_page = (0..).zip(&self.buffers).map(|(index, buffer)| (buffer.page, index)).collect();
        self.hand = 0;
    }

    /// Turns the hand to the buffer that is to be emptied, and past it.
    fn sweep(&mut self) -> usize {
        // Each round takes a use from every buffer, or stops; after the last round none has any.
        for _ in 0..(usize::from(USES_MAX) + 1) * self.capacity {
            let at = self.hand;
            self.hand = (at + 1) % self.capacity;
            let buffer = &mut self.buffers[at];
            if buffer.loading {
                continue;
            }
            if buffer.uses == 0 {
                return at;
            }
            buffer.uses -= 1;
        }
        unreachable!("fewer pages are loaded at once than there are buffers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uses a page whose load takes no time.
    fn uses(sweep: &mut ClockSweep, page: u32) -> bool {
        let hit = sweep.pin(page);
        if !hit {
            sweep.loaded(page);
        }
        hit
    }

    #[test]
    fn the_hand_takes_a_use_from_each_and_stops_where_there_is_none() {
        let mut sweep = ClockSweep::new(3);
        let used: Vec<bool> = [1, 2, 3, 1, 1].map(|page| uses(&mut sweep, page)).into();
        assert_eq!(used, [false, false, false, true, true]);
        // Uses 3 1 1: a first round leaves 2 0 0, and the second stops at page 2.
        assert!(!uses(&mut sweep, 4));
        assert!(uses(&mut sweep, 1), "page 1 was used more often");
        assert!(uses(&mut sweep, 3), "the hand stood before page 3");
        assert!(!uses(&mut sweep, 2));
    }

    #[test]
    fn no_page_counts_more_than_five_uses() {
        let mut sweep = ClockSweep::new(2);
        (0..100).for_each(|_| _ = uses(&mut sweep, 1));
        // The first takes the other buffer. Each further one takes it over in two turns of the hand, which leave page
        // 1 with 3, with 1; the last finds it with none.
        let resident = |sweep: &ClockSweep| sweep.by_page.contains_key(&1);
        let left = (10..).take_while(|page| {
            uses(&mut sweep, *page);
            resident(&sweep)
        });
        assert_eq!(left.count(), 3);
    }

    #[test]
    fn a_page_on_its_way_keeps_its_buffer() {
        let mut sweep = ClockSweep::new(2);
        assert!(!sweep.pin(1));
        for page in 2..20 {
            assert!(!uses(&mut sweep, page));
        }
        assert!(sweep.pin(1), "it is still loading");
        sweep.clear();
        assert!(sweep.pin(1) && !uses(&mut sweep, 19));
        sweep.loaded(1);
        sweep.clear();
        assert!(!sweep.pin(1));
    }

    #[test]
    #[should_panic(expected = "fewer pages are loaded at once than there are buffers")]
    fn a_page_needs_a_buffer() {
        let mut sweep = ClockSweep::new(1);
        sweep.pin(1);
        sweep.pin(2);
    }
}
