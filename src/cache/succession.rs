//! One store takes the place of another: a replica that is promoted, or a server that is back from a snapshot.
//!
//! The accounts go on as those of one store: what only the old one had was flushed, what only the new one has was
//! stored again.

use super::{Capacity, Entry, Removal, Store};
use crate::time::Instant;

/// What a change of stores did to the copies that were good at that moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Succession {
    /// Copies that were there, and of whose keys there is none now.
    pub lost: u64,
    /// Copies that had been removed or overwritten, and are there again.
    pub returned: u64,
}

impl Store {
    /// Takes the place and the accounts of `predecessor`, under a bound of its own.
    pub fn succeed(&mut self, predecessor: &Self, capacity: Capacity, now: Instant) -> Succession {
        let good = |entry: &&Entry| !entry.is_expired(now);
        let mut succession = Succession::default();
        let (mut flushed, mut stored) = (0, 0);
        // Only sums are taken, so that the order of a hash map is nobody's business.
        for (key, slot) in &predecessor.index {
            let entry = &predecessor.cells[slot.index()].entry;
            flushed += u64::from(!self.index.contains_key(key));
            succession.lost += u64::from(good(&entry) && self.peek(*key, now).is_none());
        }
        for (key, slot) in &self.index {
            let entry = &self.cells[slot.index()].entry;
            stored += u64::from(!predecessor.index.contains_key(key));
            succession.returned += u64::from(good(&entry) && predecessor.peek(*key, now) != Some(entry));
        }
        self.capacity = capacity;
        self.inserted = predecessor.inserted + stored;
        self.rejected = predecessor.rejected;
        self.refused = predecessor.refused;
        self.removals = predecessor.removals;
        self.removals[Removal::Flushed as usize] += flushed;
        succession
    }

    /// From now on it is kept which copies leave because of their time or for want of room.
    pub fn note_departures(&mut self) {
        self.departed.get_or_insert_default();
    }

    /// The keys of the copies that have left so since this was asked last, in order.
    pub fn departures(&mut self) -> impl Iterator<Item = u32> {
        self.departed.iter_mut().flat_map(|departed| departed.drain(..))
    }
}

#[cfg(test)]
mod tests {
    use super::super::PolicySpec;
    use super::*;
    use crate::random::Stream;
    use crate::time::Duration;

    fn entry(version: u32, expires_at: Instant) -> Entry {
        Entry {
            read_at: Instant::ZERO,
            stored_at: Instant::ZERO,
            soft_at: expires_at,
            expires_at,
            load_time: Duration::ZERO,
            key: 0,
            version,
            size: 1,
            negative: false,
            age: crate::cache::Age::default(),
        }
    }

    fn store(copies: &[(u32, u32)]) -> Store {
        let mut store = Store::new(Capacity::Unbounded, PolicySpec::default(), Stream::new(1, 0, "test"));
        for (key, version) in copies {
            store.put(*key, entry(*version, Instant::MAX), 10, Instant::ZERO);
        }
        store
    }

    #[test]
    fn what_is_lost_and_what_returns_is_told_and_the_accounts_go_on() {
        let now = Instant::from_nanos(5);
        // Key 1 is in both, 2 is lost, 3 comes back, 4 comes back in an older version, 5 is lost but past its time.
        let mut old = store(&[(1, 1), (2, 1), (4, 2)]);
        old.put(5, entry(1, now), 10, Instant::ZERO);
        let mut new = store(&[(1, 1), (3, 1), (4, 1)]);
        let succession = new.succeed(&old, Capacity::Entries(9), now);
        assert_eq!(succession, Succession { lost: 1, returned: 2 });
        assert_eq!(new.removals()[Removal::Flushed as usize], 2);
        assert_eq!(new.inserted(), new.len() as u64 + new.removals().iter().sum::<u64>());
        assert_eq!(new.capacity(), Capacity::Entries(9));
    }

    #[test]
    fn departures_are_told_once_and_deletes_are_none_of_them() {
        let mut store = store(&[(1, 1), (2, 1)]);
        store.note_departures();
        store.put(3, entry(1, Instant::ZERO), 10, Instant::ZERO);
        store.remove(1, Removal::Invalidated);
        assert_eq!(store.get(3, Instant::ZERO), None);
        assert_eq!(store.departures().collect::<Vec<_>>(), [3]);
        assert_eq!(store.departures().count(), 0);
    }
}
