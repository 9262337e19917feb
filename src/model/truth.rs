//! The source of truth: which version of each key is valid, and since when the others are not.
//!
//! Every copy carries the version that it was made from, so that the staleness of whatever is served is
//! computed and not estimated. Versions are numbered through all keys; 0 stands for "not written since
//! the start". A number is used again once no copy can carry it any more.
//!
//! The database has what is true, unless a cache has taken writes that it does not have yet, or never will.

use super::in_service::InService;
use super::request::{Request, Value};
use super::world::World;
use crate::cache::Age;
use crate::measure::{Layer, PropagationRecord};
use crate::time::{Duration, Instant};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// What is known of one key.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyState {
    /// When it was first written in this run.
    first_change: Instant,
    /// The valid version.
    version: u32,
    /// Reads of the database so far.
    pub loads: u32,
    /// Reads of the database under way.
    pub loading: u32,
    /// Requests of clients since the warm-up.
    pub requests: u32,
    /// Reads of the shared cache since the warm-up; of the database where there is no shared cache.
    pub reads: u32,
}

/// So many keys get a place each from the start; of more, only those that were asked for.
const DENSE_MAX: u64 = 1 << 22;

#[derive(Debug)]
enum Table {
    Dense(Vec<KeyState>),
    Sparse(FxHashMap<u32, KeyState>),
}

/// The state of all keys.
#[derive(Debug)]
pub struct Truth {
    keys: Table,
    /// By version, counted from 1.
    versions: Vec<Version>,
    /// Versions that are not valid any more, with the time from which on nobody has made a copy of them; oldest first.
    replaced: VecDeque<(u32, Instant)>,
    /// What the database has of the keys of which it does not have the valid version.
    behind: FxHashMap<u32, u32>,
    /// Those versions, and whether their number would be free but for that.
    held: FxHashMap<u32, bool>,
    /// Versions that were prepared and never became valid.
    refused: FxHashSet<u32>,
    /// No copy is served when it is older than this.
    longest_life: Duration,
    /// Which versions clients are given of the keys for which that is counted.
    in_service: Option<InService>,
}

#[derive(Clone, Copy, Debug)]
struct Version {
    /// When it got its number.
    made: Instant,
    /// When it became valid; the end of time if it never has.
    committed: Instant,
    replaced: Instant,
}

impl Truth {
    /// So many keys, none written yet. `longest_life` is how long after its replacement a version may
    /// still be served by some layer; [`Duration::MAX`] keeps all versions.
    #[must_use]
    pub fn new(keys: u64, longest_life: Duration) -> Self {
        let keys = if keys <= DENSE_MAX {
            Table::Dense(vec![KeyState::default(); keys as usize])
        } else {
            Table::Sparse(FxHashMap::default())
        };
        Self {
            keys,
            versions: Vec::new(),
            replaced: VecDeque::new(),
            behind: FxHashMap::default(),
            held: FxHashMap::default(),
            refused: FxHashSet::default(),
            longest_life,
            in_service: None,
        }
    }

    /// The same, with an eye on which versions clients are given.
    #[must_use]
    pub(super) fn watched(self, in_service: Option<InService>) -> Self {
        Self { in_service, ..self }
    }

    /// What clients were given, when the run is over.
    pub(super) fn finish(self) -> Option<Vec<PropagationRecord>> {
        self.in_service.map(InService::finish)
    }

    /// Keys of which something is known, and the bytes of that.
    pub(super) fn known(&self) -> (u64, u64) {
        let (keys, each) = match &self.keys {
            Table::Dense(states) => (states.len(), size_of::<KeyState>()),
            Table::Sparse(states) => (states.len(), 2 * size_of::<(u32, KeyState)>()),
        };
        (keys as u64, (keys * each) as u64)
    }

    /// Versions that are kept, and the bytes that they take.
    pub(super) fn kept(&self) -> (u64, u64) {
        let versions = self.versions.len();
        let bytes = versions * size_of::<Version>() + self.replaced.len() * size_of::<(u32, Instant)>();
        (versions as u64, bytes as u64)
    }

    /// The state of one key.
    #[inline]
    pub fn key(&mut self, key: u32) -> &mut KeyState {
        match &mut self.keys {
            Table::Dense(states) => {
                if key as usize >= states.len() {
                    states.resize(key as usize + 1, KeyState::default());
                }
                &mut states[key as usize]
            }
            Table::Sparse(states) => states.entry(key).or_default(),
        }
    }

    /// The version of `key` that is valid now.
    #[inline]
    pub fn version(&mut self, key: u32) -> u32 {
        self.key(key).version
    }

    /// The version of `key` that the database has.
    #[inline]
    pub fn database_version(&mut self, key: u32) -> u32 {
        if self.behind.is_empty() {
            return self.version(key);
        }
        self.behind.get(&key).copied().unwrap_or_else(|| self.version(key))
    }

    /// A write to `key` is committed; yields its version.
    pub fn commit(&mut self, key: u32, now: Instant) -> u32 {
        let version = self.prepare(now);
        self.commit_as(key, version, now);
        version
    }

    /// A version that is not valid yet, for copies of what is still to be written.
    pub fn prepare(&mut self, now: Instant) -> u32 {
        let fresh = Version { made: now, committed: Instant::MAX, replaced: Instant::MAX };
        while let Some(&(oldest, since)) = self.replaced.front() {
            if since + self.longest_life >= now {
                break;
            }
            self.replaced.pop_front();
            if let Some(is_free) = self.held.get_mut(&oldest) {
                *is_free = true;
                continue;
            }
            self.refused.remove(&oldest);
            self.versions[oldest as usize - 1] = fresh;
            return oldest;
        }
        self.versions.push(fresh);
        self.versions.len() as u32
    }

    /// The write of a version that was prepared is committed.
    pub fn commit_as(&mut self, key: u32, version: u32, now: Instant) {
        self.take_over(key, version, now);
        self.reaches_database(key, version, now);
    }

    /// A cache has taken a write; the database does not know of it. Yields its version.
    pub fn accept(&mut self, key: u32, now: Instant) -> u32 {
        let version = self.prepare(now);
        let has = self.database_version(key);
        if self.behind.insert(key, has).is_none() && has != 0 {
            self.held.insert(has, false);
        }
        self.take_over(key, version, now);
        version
    }

    /// The write of a version that was prepared will not be committed.
    pub fn refuse(&mut self, version: u32, now: Instant) {
        self.refused.insert(version);
        self.retire(version, now);
    }

    /// Whether the write of this version was refused.
    #[must_use]
    pub fn is_refused(&self, version: u32) -> bool {
        self.refused.contains(&version)
    }

    /// The database has this version of `key` from now on, whether it is the valid one or not.
    pub fn reaches_database(&mut self, key: u32, version: u32, now: Instant) {
        if let Some(had) = self.behind.remove(&key)
            && self.held.remove(&had) == Some(true)
        {
            self.replaced.push_back((had, now));
        }
        if self.version(key) != version {
            self.behind.insert(key, version);
            self.held.insert(version, false);
        }
    }

    /// Whether version `a` of a key is older than its version `b`.
    #[must_use]
    pub fn is_older(&self, a: u32, b: u32) -> bool {
        let made = |version: u32| version.checked_sub(1).map(|index| self.versions[index as usize].made);
        a != b && made(a) < made(b)
    }

    fn take_over(&mut self, key: u32, version: u32, now: Instant) {
        let state = self.key(key);
        let old = std::mem::replace(&mut state.version, version);
        if old == 0 {
            state.first_change = now;
        } else {
            self.retire(old, now);
        }
        self.versions[version as usize - 1].committed = now;
        if let Some(in_service) = &mut self.in_service {
            in_service.commit(key, now);
        }
    }

    fn retire(&mut self, version: u32, now: Instant) {
        self.versions[version as usize - 1].replaced = now;
        self.replaced.push_back((version, now));
    }

    /// How long ago `key` stopped having this version, which was read at `read_at`; zero if it has it
    /// still. If its number has been used again meanwhile, which takes a request that was under way for
    /// longer than any copy lives, then the most that it can be: the time since it was read.
    #[inline]
    pub fn staleness(&mut self, key: u32, version: u32, read_at: Instant, now: Instant) -> Duration {
        if version == 0 {
            let state = self.key(key);
            return if state.version == 0 { Duration::ZERO } else { now - state.first_change };
        }
        let version = self.versions[version as usize - 1];
        if version.made > read_at { now - read_at } else { now - version.replaced }
    }

    /// When a version was committed, which was read at `read_at`: at the beginning of time if it was never written; until
    /// it is, when it got its number. Nothing if that has been used again meanwhile: it is older than any copy.
    #[inline]
    pub fn committed(&self, version: u32, read_at: Instant) -> Option<Instant> {
        if version == 0 {
            return Some(Instant::ZERO);
        }
        let version = self.versions[version as usize - 1];
        let committed = if version.committed == Instant::MAX { version.made } else { version.committed };
        (version.made <= read_at).then_some(committed)
    }

    /// Whether a version has become valid, or was so from the start: one that was prepared may never be.
    #[inline]
    pub fn is_committed(&self, version: u32) -> bool {
        version == 0 || self.versions[version as usize - 1].committed < Instant::MAX
    }

    /// A client was given the version of `key` that was committed at this instant.
    #[inline]
    pub fn answered(&mut self, key: u32, committed: Option<Instant>, now: Instant) {
        if let Some(in_service) = &mut self.in_service {
            in_service.answered(key, committed, now);
        }
    }

    /// All keys that were read or asked for since the warm-up, those that were read most first: how often a key was read,
    /// says `reads`.
    pub fn read_most(&self, reads: impl Fn(&KeyState) -> u32) -> Vec<(u32, KeyState)> {
        let is_read = |(_, state): &(u32, KeyState)| reads(state) > 0 || state.requests > 0;
        let mut all: Vec<_> = match &self.keys {
            Table::Dense(states) => (0..).zip(states.iter().copied()).filter(is_read).collect(),
            Table::Sparse(states) => {
                states.iter().map(|(key, state)| (*key, *state)).filter(is_read).collect()
            }
        };
        // The order of a hash map is nobody's business.
        all.sort_unstable_by_key(|(key, state)| (std::cmp::Reverse(reads(state)), *key));
        all
    }
}

/// What the source of truth has under the key of a request.
pub(super) fn value(w: &World<'_>, request: &Request, version: u32, read_at: Instant) -> Value {
    let absent = !exists(w, request);
    let size = match request.size {
        _ if absent => 0,
        0 => w.keys.borrow().size(request.group.into(), request.key),
        prescribed => prescribed,
    };
    Value { read_at, key: request.key, version, size, from: Layer::Database, age: Age::ZERO, absent }
}

/// Whether the source of truth has the keys of a request's group.
pub(super) fn exists(w: &World<'_>, request: &Request) -> bool {
    w.model.workload.keys[usize::from(request.group)].exists
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn staleness_counts_from_the_write_that_replaced_the_version() {
        let mut truth = Truth::new(3, Duration::MAX);
        let initial = truth.version(1);
        assert_eq!(truth.staleness(1, initial, at(0), at(5)), Duration::ZERO);
        truth.commit(1, at(10));
        let second = truth.version(1);
        truth.commit(0, at(12));
        truth.commit(1, at(20));
        let third = truth.version(1);
        assert_eq!(truth.staleness(1, initial, at(0), at(25)), Duration::from_secs(15));
        assert_eq!(truth.staleness(1, second, at(10), at(25)), Duration::from_secs(5));
        assert_eq!(truth.staleness(1, third, at(20), at(25)), Duration::ZERO);
        assert_eq!(truth.staleness(2, 0, at(0), at(25)), Duration::ZERO);
    }

    #[test]
    fn of_a_version_whose_number_was_used_again_the_staleness_is_the_most_it_can_be() {
        let mut truth = Truth::new(1, Duration::from_secs(10));
        truth.commit(0, at(1));
        let read = truth.version(0);
        (2..100).for_each(|second| _ = truth.commit(0, at(second)));
        assert_eq!(truth.staleness(0, read, at(1), at(100)), Duration::from_secs(99));
    }

    #[test]
    fn what_the_database_has_keeps_its_number_however_old_it_is() {
        let mut truth = Truth::new(2, Duration::from_secs(10));
        truth.commit(0, at(1));
        let had = truth.version(0);
        truth.accept(0, at(2));
        (3..200).for_each(|second| _ = truth.commit(1, at(second)));
        assert_eq!(truth.database_version(0), had);
        assert_eq!(truth.staleness(0, had, at(150), at(200)), Duration::from_secs(198));
        let valid = truth.version(0);
        truth.reaches_database(0, valid, at(200));
        assert_eq!(truth.database_version(0), valid);
        assert_eq!(truth.staleness(0, valid, at(200), at(300)), Duration::ZERO);
        // Free from now on, and used again once no copy can carry it.
        assert!((201..260).any(|second| truth.commit(1, at(second)) == had));
    }

    #[test]
    fn a_version_that_is_prepared_is_not_stale_before_its_write_and_is_when_that_fails() {
        let mut truth = Truth::new(1, Duration::MAX);
        let [one, other] = [truth.prepare(at(1)), truth.prepare(at(2))];
        assert_eq!(truth.staleness(0, one, at(1), at(3)), Duration::ZERO);
        truth.commit_as(0, one, at(4));
        truth.refuse(other, at(5));
        assert_eq!(truth.staleness(0, 0, at(0), at(6)), Duration::from_secs(2));
        assert_eq!(truth.staleness(0, one, at(1), at(6)), Duration::ZERO);
        assert_eq!(truth.staleness(0, other, at(2), at(6)), Duration::from_secs(1));
        assert_eq!([one, other].map(|version| truth.is_refused(version)), [false, true]);
        assert!(truth.is_older(0, one) && truth.is_older(one, other) && !truth.is_older(one, one));
    }

    #[test]
    fn of_two_writes_that_cross_the_one_committed_last_is_the_newer() {
        let mut truth = Truth::new(1, Duration::MAX);
        let [one, other] = [truth.prepare(at(1)), truth.prepare(at(2))];
        truth.commit_as(0, other, at(3));
        truth.commit_as(0, one, at(4));
        assert_eq!([one, other].map(|version| truth.committed(version, at(2))), [4, 3].map(|s| Some(at(s))));
        assert_eq!(truth.committed(other, at(1)), None, "its number was another's then");
    }

    #[test]
    fn versions_that_no_copy_can_carry_are_used_again() {
        let mut truth = Truth::new(1, Duration::from_secs(10));
        (0..1_000).for_each(|second| _ = truth.commit(0, at(second)));
        assert!(truth.versions.len() <= 13, "{}", truth.versions.len());
    }
}
