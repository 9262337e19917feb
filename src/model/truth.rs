//! The source of truth: which version of each key is valid, and since when the others are not.
//!
//! Every copy carries the version that it was made from, so that the staleness of whatever is served is
//! computed and not estimated. Versions are numbered through all keys; 0 stands for "not written since
//! the start". A number is used again once no copy can carry it any more.

use super::in_service::InService;
use super::request::{Request, Value};
use super::world::World;
use crate::cache::Age;
use crate::measure::{Layer, PropagationRecord};
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
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
    /// Look-ups in the shared cache since the warm-up.
    pub look_ups: u32,
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
    /// Versions that are not valid any more, oldest first.
    replaced: VecDeque<u32>,
    /// No copy is served when it is older than this.
    longest_life: Duration,
    /// Which versions clients are given of the keys for which that is counted.
    in_service: Option<InService>,
}

#[derive(Clone, Copy, Debug)]
struct Version {
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
        Self { keys, versions: Vec::new(), replaced: VecDeque::new(), longest_life, in_service: None }
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

    /// A write to `key` is committed.
    pub fn commit(&mut self, key: u32, now: Instant) {
        let version = self.free_version(now);
        let state = self.key(key);
        let old = std::mem::replace(&mut state.version, version);
        if old == 0 {
            state.first_change = now;
        } else {
            self.versions[old as usize - 1].replaced = now;
            self.replaced.push_back(old);
        }
        if let Some(in_service) = &mut self.in_service {
            in_service.commit(key, now);
        }
    }

    fn free_version(&mut self, now: Instant) -> u32 {
        let fresh = Version { committed: now, replaced: Instant::MAX };
        if let Some(&oldest) = self.replaced.front()
            && self.versions[oldest as usize - 1].replaced + self.longest_life < now
        {
            self.replaced.pop_front();
            self.versions[oldest as usize - 1] = fresh;
            return oldest;
        }
        self.versions.push(fresh);
        self.versions.len() as u32
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
        if version.committed > read_at { now - read_at } else { now - version.replaced }
    }

    /// When a version was committed, which was read at `read_at`: at the beginning of time if it was never written. Nothing
    /// if its number has been used again meanwhile: it is older than any copy.
    #[inline]
    pub fn committed(&self, version: u32, read_at: Instant) -> Option<Instant> {
        if version == 0 {
            return Some(Instant::ZERO);
        }
        Some(self.versions[version as usize - 1].committed).filter(|committed| *committed <= read_at)
    }

    /// A client was given the version of `key` that was committed at this instant.
    #[inline]
    pub fn answered(&mut self, key: u32, committed: Option<Instant>, now: Instant) {
        if let Some(in_service) = &mut self.in_service {
            in_service.answered(key, committed, now);
        }
    }

    /// The states of all keys that were asked for since the warm-up, with their numbers.
    pub fn asked_for(&self) -> Vec<(u32, KeyState)> {
        let asked = |(_, state): &(u32, KeyState)| state.requests > 0;
        let mut all: Vec<_> = match &self.keys {
            Table::Dense(states) => (0..).zip(states.iter().copied()).filter(asked).collect(),
            Table::Sparse(states) => states.iter().map(|(key, state)| (*key, *state)).filter(asked).collect(),
        };
        // The order of a hash map is nobody's business.
        all.sort_unstable_by_key(|(key, state)| (std::cmp::Reverse(state.requests), *key));
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
        (2..100).for_each(|second| truth.commit(0, at(second)));
        assert_eq!(truth.staleness(0, read, at(1), at(100)), Duration::from_secs(99));
    }

    #[test]
    fn versions_that_no_copy_can_carry_are_used_again() {
        let mut truth = Truth::new(1, Duration::from_secs(10));
        (0..1_000).for_each(|second| truth.commit(0, at(second)));
        assert!(truth.versions.len() <= 13, "{}", truth.versions.len());
    }
}
