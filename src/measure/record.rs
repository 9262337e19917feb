//! The record of one replication, while it is written and when it is done.

use super::bloom::BloomRecord;
use super::cache::CacheRecord;
use super::calls::CallsRecord;
use super::client::{ClientRecord, Served, served_index};
use super::consistency::PropagationRecord;
use super::group::GroupRecord;
use super::guard::GuardRecord;
use super::instances::InstancesRecord;
use super::label::{Failure, Layer, Need};
use super::moments::Moments;
use super::nodes::NodesRecord;
use super::origin::OriginRecord;
use super::page::PageRecord;
use super::parts::{PARTS, Parts};
use super::pool::PoolRecord;
use super::process::ProcessRecord;
use super::reading::{Ranked, Reading};
use super::timeline::{Series, Timeline};
use super::write::{BusRecord, WriteRecord};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// All that one replication has to tell.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// The buckets of all time series, which begin at the start of the run.
    pub timeline: Timeline,
    /// Everything else counts from here on.
    pub warmup: Instant,
    /// The end of arrivals.
    pub end: Instant,
    /// What the clients saw.
    pub clients: ClientRecord,
    /// What clients and the database saw in each moment of the run.
    pub moments: Moments,
    /// When each event of the scenario was over; nothing if it lasts to the end, or never happens.
    pub event_ends: Vec<Option<Instant>>,
    /// Callers that wait for anything, mean of each bucket.
    pub waiting: Series,
    /// The first event within the window.
    pub first_event: Option<Instant>,
    /// What the servers did within the window.
    pub layers: Layers,
    /// The window in parts, if this is the first replication.
    parts: Option<Parts>,
    /// The keys that were read most, most first: from the shared cache, else from the database, else by clients.
    pub hot_keys: Vec<HotKey>,
    /// How many keys were read there at least once.
    pub distinct_keys: u64,
    /// Their reads there, of all keys together.
    pub reads_total: u64,
    /// Tasks that the engine resumed.
    pub events: u64,
    /// What the clients saw, by key group.
    clients_of: Vec<GroupRecord>,
    served: Vec<Served>,
    /// By key group; of none if no group needs consistency.
    propagation: Vec<PropagationRecord>,
    groups: usize,
    /// The layers as they were when the window ended.
    closed: Option<Layers>,
}

/// The servers that a run has.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Layers {
    /// Those that cache, in the order of [`Layer::CACHING`].
    pub caches: [Option<CacheRecord>; Layer::CACHING.len()],
    /// Workers of the application instances.
    pub workers: Option<PoolRecord>,
    /// How many instances there are, if that changes otherwise than by restarts.
    pub instances: Option<InstancesRecord>,
    /// Their Bloom filters, if they have any.
    pub bloom: Option<BloomRecord>,
    /// What instances keep out of their caches, if they keep out anything.
    pub process: Option<ProcessRecord>,
    /// Pages that the application puts together.
    pub pages: Option<PageRecord>,
    /// Nodes of the shared cache.
    pub redis_nodes: Option<NodesRecord>,
    /// Connections to the shared cache.
    pub redis_pool: Option<PoolRecord>,
    /// Loads of the database.
    pub database: Option<OriginRecord>,
    /// Its workers.
    pub database_workers: Option<PoolRecord>,
    /// Connections to it.
    pub database_pool: Option<PoolRecord>,
    /// Disks that its pages are read from.
    pub database_disks: Option<PoolRecord>,
    /// Queries of the search engine.
    pub search: Option<CallsRecord>,
    /// Its workers.
    pub search_workers: Option<PoolRecord>,
    /// Calls of downstream services.
    pub downstream: Option<CallsRecord>,
    /// Their workers, where they are counted.
    pub downstream_workers: Option<PoolRecord>,
    /// What stands before an origin, by layer.
    pub guards: [Option<GuardRecord>; Layer::ALL.len()],
    /// Writes, where they do more than delete copies.
    pub writes: Option<WriteRecord>,
    /// The event bus.
    pub bus: Option<BusRecord>,
}

/// A key and how often it was read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct HotKey {
    /// As the scenario or the trace writes it.
    pub key: String,
    /// Reads of the shared cache, else of the database, else of clients.
    pub reads: u64,
    /// Requests of clients.
    pub requests: u64,
    /// The node of the shared cache that holds it, if it is one.
    pub node: Option<u32>,
}

impl Record {
    pub(super) fn empty() -> Self {
        Self::new(Timeline::for_run(Duration::from_secs(1)), Instant::ZERO, Instant::ZERO, 1)
    }

    /// An empty record of a run with so many key groups and no layer but the clients.
    #[must_use]
    pub fn new(timeline: Timeline, warmup: Instant, end: Instant, groups: usize) -> Self {
        Self {
            timeline,
            warmup,
            end,
            clients: ClientRecord::new(timeline),
            moments: Moments::new(end - Instant::ZERO, false),
            event_ends: Vec::new(),
            waiting: Series::new(timeline),
            first_event: None,
            parts: None,
            layers: Layers::default(),
            hot_keys: Vec::new(),
            distinct_keys: 0,
            reads_total: 0,
            events: 0,
            clients_of: vec![GroupRecord::default(); groups],
            served: vec![Served::default(); Layer::ALL.len() * groups],
            propagation: Vec::new(),
            groups,
            closed: None,
        }
    }

    /// Length of the measured part in seconds.
    #[must_use]
    pub fn window_seconds(&self) -> f64 {
        (self.end - self.warmup).as_secs_f64()
    }

    /// Answers of one layer, all key groups together; nothing if it gave none.
    #[must_use]
    pub fn served_by(&self, layer: Layer) -> Option<Served> {
        let mut all = Served::default();
        (0..self.groups).for_each(|group| all.add(self.served(layer, group)));
        (all.staleness.count() > 0).then_some(all)
    }

    /// Answers of one layer to requests for one key group.
    #[must_use]
    pub fn served(&self, layer: Layer, group: usize) -> &Served {
        &self.served[served_index(layer, group, self.groups)]
    }

    /// What the clients saw of one key group.
    #[must_use]
    pub fn clients_of(&self, group: usize) -> &GroupRecord {
        &self.clients_of[group]
    }

    /// How writes to one key group have reached its readers, if that is counted.
    #[must_use]
    pub fn propagation(&self, group: usize) -> Option<&PropagationRecord> {
        self.propagation.get(group).filter(|record| record.versions_max > 0 || record.times.count() > 0)
    }

    /// Whether its parts belong together: what was read from a file may be anything.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let buckets = self.timeline.buckets();
        let clients = &self.clients;
        let caches = || self.layers.caches.iter().flatten();
        let series = [&clients.arrivals, &clients.completions, &clients.failures, &self.waiting].into_iter();
        let series = series.chain(caches().flat_map(|cache| [&cache.look_ups, &cache.hits]));
        let origin = self.layers.database.iter();
        let series = series.chain(origin.flat_map(|origin| [&origin.series, &origin.queue, &origin.busy]));
        self.warmup <= self.end
            && self.parts.as_ref().is_none_or(Parts::is_whole)
            && self.clients_of.len() == self.groups
            && self.served.len() == Layer::ALL.len() * self.groups
            && [0, self.groups].contains(&self.propagation.len())
            && clients.latency_series.buckets() == buckets
            && series.map(|series| series.values().len()).all(|length| length == buckets)
            && caches().all(|cache| cache.outcomes.len() == self.groups)
    }

    /// The share at or below `seconds` in each part of the window, of the distribution of the metric at this place; `all`
    /// is what that is now. Nothing if this is not the first replication, or some part has nothing in it.
    #[must_use]
    pub fn shares_by_part(&self, place: usize, all: Ranked<'_>, seconds: f64) -> Option<[f64; PARTS]> {
        self.parts.as_ref()?.shares_within(place, all, seconds)
    }

    /// How many key groups there are.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.groups
    }
}

impl Record {
    /// The layers of this run and whether its instances have workers; their records are empty but for what
    /// is counted from now on.
    pub fn expect(&mut self, layers: &[Layer], has_workers: bool) {
        let Self { timeline, groups, .. } = *self;
        let [redis, database] = [Layer::Redis, Layer::Database].map(|layer| layers.contains(&layer));
        let [search, downstream] = [Layer::Search, Layer::Downstream].map(|layer| layers.contains(&layer));
        let cache = |layer: &Layer| layers.contains(layer).then(|| CacheRecord::new(timeline, groups));
        let pool = |present: bool| present.then(PoolRecord::default);
        self.layers = Layers {
            caches: std::array::from_fn(|index| cache(&Layer::CACHING[index])),
            workers: pool(has_workers),
            instances: None,
            bloom: None,
            process: None,
            pages: None,
            redis_nodes: redis.then(NodesRecord::default),
            redis_pool: pool(redis),
            database: database.then(|| OriginRecord::new(timeline)),
            database_workers: pool(database),
            database_pool: pool(database),
            database_disks: None,
            search: search.then(CallsRecord::default),
            search_workers: pool(search),
            downstream: downstream.then(CallsRecord::default),
            downstream_workers: None,
            guards: Default::default(),
            writes: None,
            bus: None,
        };
    }

    /// Writes do more than delete copies, and there may be a bus.
    pub fn expect_writes(&mut self, has_bus: bool) {
        self.layers.writes = Some(WriteRecord::default());
        self.layers.bus = has_bus.then(BusRecord::default);
    }

    /// The warm-up is over: what the layers have counted is forgotten, but for the time series. What the
    /// clients see is counted by the time of a request's arrival, and needs no cut.
    pub fn begin_window(&mut self) {
        let before = std::mem::take(&mut self.layers);
        let caches = Layer::CACHING.iter().zip(&before.caches);
        let present = caches.filter(|(_, cache)| cache.is_some()).map(|(layer, _)| *layer);
        let origins = [
            before.database.is_some().then_some(Layer::Database),
            before.search.is_some().then_some(Layer::Search),
            before.downstream.is_some().then_some(Layer::Downstream),
        ];
        let layers: Vec<Layer> = present.chain(origins.into_iter().flatten()).collect();
        self.expect(&layers, before.workers.is_some());
        self.layers.instances = before.instances.map(|_| InstancesRecord::default());
        self.layers.bloom = before.bloom.map(BloomRecord::begin_anew);
        self.layers.process = before.process.map(|_| ProcessRecord::default());
        self.layers.pages = before.pages.as_ref().map(PageRecord::anew);
        self.layers.database_disks = before.database_disks.map(|_| PoolRecord::default());
        self.layers.downstream_workers = before.downstream_workers.map(|_| PoolRecord::default());
        self.layers.guards = before.guards.map(|guard| guard.map(GuardRecord::begin_anew));
        if before.writes.is_some() {
            self.expect_writes(before.bus.is_some());
        }
        for (cache, before) in
            self.layers.caches.iter_mut().flatten().zip(before.caches.into_iter().flatten())
        {
            cache.look_ups = before.look_ups;
            cache.hits = before.hits;
        }
        if let (Some(database), Some(before)) = (&mut self.layers.database, before.database) {
            database.series = before.series;
            database.queue = before.queue;
            database.busy = before.busy;
        }
    }

    /// Arrivals are over: what the layers have counted until now stands, and what they do while the rest drains
    /// is not part of it. What the clients see goes on until the last of their requests has ended.
    pub fn end_window(&mut self) {
        self.closed = Some(self.layers.clone());
    }

    /// A request for this key group that counts got its answer.
    #[inline]
    pub fn completed(&mut self, group: usize, took: Duration) {
        self.clients.completed += 1;
        self.clients_of[group].latency.record(took);
    }

    /// A request for this key group that counts has failed.
    #[inline]
    pub fn failed(&mut self, group: usize, failure: Failure, took: Duration) {
        self.clients.failed[failure as usize] += 1;
        self.clients.failed_after.record(took);
        self.clients_of[group].failed += 1;
    }

    /// A client got an answer from this layer; one that `leaks` was meant for another.
    #[inline]
    pub fn answered(&mut self, layer: Layer, group: usize, staleness: Duration, age: Duration, leaks: bool) {
        let served = &mut self.served[served_index(layer, group, self.groups)];
        served.staleness.record(staleness);
        served.age.record(age);
        served.stale += u64::from(staleness > Duration::ZERO);
        served.leaks += u64::from(leaks);
    }

    /// One of these answers was in another representation than its client should have.
    #[inline]
    pub fn mismatched(&mut self, layer: Layer, group: usize) {
        self.served[served_index(layer, group, self.groups)].mismatched += 1;
    }

    /// The same answer had to be consistent.
    #[inline]
    pub fn judged(&mut self, layer: Layer, group: usize, need: Need, is_violated: bool) {
        self.served[served_index(layer, group, self.groups)].judged.count(need, is_violated);
    }

    /// How the writes of each key group have reached its readers.
    pub fn propagated(&mut self, groups: Vec<PropagationRecord>) {
        let mut all = PropagationRecord::default();
        for group in &groups {
            all.add(group);
        }
        self.clients.propagation = Some(all);
        self.propagation = groups;
    }

    /// The record of a caching layer that this run has.
    ///
    /// # Panics
    /// If the run has no such layer.
    #[inline]
    pub fn cache(&mut self, layer: Layer) -> &mut CacheRecord {
        self.layers.caches[layer as usize].as_mut().expect("a layer that is asked is recorded")
    }

    /// This is the first replication: the window is noted in parts.
    pub fn expect_parts(&mut self) {
        self.parts = Some(Parts::default());
    }

    /// A bucket of the time series is over. If a part of the window is too, that is noted.
    pub fn end_bucket(&mut self, now: Instant) {
        let Some(mut parts) = self.parts.take() else { return };
        if parts.is_due([self.warmup, self.end, now], self.timeline.width()) {
            let mut so_far = self.clone();
            so_far.merge();
            parts.end();
            so_far.readings(|place, reading| {
                if let Reading::Percentile { ranked, .. } = reading {
                    parts.note(place, ranked);
                }
            });
        }
        self.parts = Some(parts);
    }

    /// Everything has drained: computes what is kept in parts while the run goes on.
    ///
    /// # Panics
    /// If the window was never ended.
    pub fn finish(&mut self) {
        self.layers = self.closed.take().expect("a run that is over has had its end of arrivals");
        self.merge();
    }

    /// Computes what is kept in parts while the run goes on.
    fn merge(&mut self) {
        self.clients.merge_answers(self.served.iter());
        self.clients_of.iter().for_each(|group| self.clients.latency.add(&group.latency));
    }
}
