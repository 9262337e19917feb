//! One server of the database, the primary or a replica: its workers, its pages, and what a replica has applied.
//!
//! A replica applies commits in the order of the primary, each after a lag that is drawn for it, or together with
//! the one before if that is later. What it knows is brought up to date when somebody asks, so that replication
//! takes no events.

use super::buffer_pool::BufferPool;
use super::database_spec::{DatabaseSpec, ReplicasSpec};
use crate::engine::Pool;
use crate::measure::Place;
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::collections::VecDeque;

/// A server.
pub(super) struct Server {
    /// 0 is the primary.
    number: u16,
    pub(super) workers: Pool,
    pub(super) buffers: Option<BufferPool>,
    replica: Option<RefCell<Replica>>,
}

/// What a replica has of the primary.
struct Replica {
    /// Commits that are not applied yet, with the time when they will be.
    log: VecDeque<(Instant, u32, u32)>,
    /// The version of each key that was ever written.
    versions: FxHashMap<u32, u32>,
    lag: Distribution,
    lags: Stream,
    shipped: u64,
}

impl Server {
    pub(super) fn primary(spec: &DatabaseSpec, misses: Stream) -> Self {
        Self {
            number: 0,
            workers: Pool::new(spec.workers, spec.queue),
            buffers: spec.buffer_pool.as_ref().map(|spec| BufferPool::new(spec, misses)),
            replica: None,
        }
    }

    pub(super) fn replica(
        spec: &DatabaseSpec,
        misses: Stream,
        replicas: &ReplicasSpec,
        (number, lags): (u16, Stream),
    ) -> Self {
        let (log, versions) = (VecDeque::new(), FxHashMap::default());
        let replica = Replica { log, versions, lag: replicas.lag.clone(), lags, shipped: 0 };
        Self { number, replica: Some(RefCell::new(replica)), ..Self::primary(spec, misses) }
    }

    /// As a place.
    pub(super) fn place(&self) -> Place {
        Place::Database(self.number)
    }

    /// The version that a replica has of a key now; of the primary nothing.
    pub(super) fn version(&self, key: u32, now: Instant) -> Option<u32> {
        let mut replica = self.replica.as_ref()?.borrow_mut();
        replica.apply(now);
        Some(replica.versions.get(&key).copied().unwrap_or(0))
    }

    /// The primary has committed a version.
    pub(super) fn ship(&self, key: u32, version: u32, now: Instant) {
        if let Some(replica) = &self.replica {
            replica.borrow_mut().ship(key, version, now);
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.workers.is_at_rest() && self.buffers.as_ref().is_none_or(BufferPool::is_at_rest)
    }
}

impl Replica {
    fn apply(&mut self, now: Instant) {
        while let Some((_, key, version)) = self.log.pop_front_if(|(at, ..)| *at <= now) {
            self.versions.insert(key, version);
        }
    }

    fn ship(&mut self, key: u32, version: u32, now: Instant) {
        self.apply(now);
        let lag = Duration::from_nanos_f64(self.lag.sample(&mut self.lags.at(self.shipped)));
        self.shipped += 1;
        let earliest = self.log.back().map_or(now, |(at, ..)| *at);
        self.log.push_back((earliest.max(now + lag.min(ReplicasSpec::LAG_MAX)), key, version));
    }
}
