//! The measured window of a replication: what is forgotten when it begins, sampled while it lasts and taken
//! when it ends.

use super::database::Database;
use super::http_cache::HttpCache;
use super::page::Pages;
use super::process::Process;
use super::read_through::Cache as _;
use super::redis::Redis;
use super::redis_node::Node;
use super::truth::KeyState;
use super::world::World;
use super::write::Writes;
use crate::cache::Store;
use crate::engine::{Gauge, Pool, Server};
use crate::measure::{HotKey, Layer, Reason, Record};
use crate::time::Instant;

/// At the end of a bucket this many pools are looked at, on average.
const LOOKS_PER_BUCKET: usize = 4_096;

/// What the parts have counted since the start of the run.
#[derive(Clone, Copy, Default)]
pub(super) struct Counted {
    commands: u64,
    refused: u64,
    outdated: u64,
    caches: [Copies; Layer::CACHING.len()],
}

/// What has become of copies in the stores of one layer.
#[derive(Clone, Copy, Default)]
struct Copies {
    stored: u64,
    rejected: u64,
    removals: [u64; Reason::ALL.len()],
    /// Of those that are there now.
    entries: u64,
    bytes: u64,
}

impl Copies {
    fn add(&mut self, store: &Store) {
        self.stored += store.inserted();
        self.rejected += store.rejected();
        self.removals.iter_mut().zip(store.removals()).for_each(|(sum, removed)| *sum += removed);
        self.entries += store.len() as u64;
        self.bytes += store.charge();
    }
}

impl World<'_> {
    /// Writes down the mean levels of each bucket when it ends; of the last one, [`World::end_window`] does.
    pub(super) async fn sample(&self) {
        let timeline = self.record.borrow().timeline;
        for bucket in 0..timeline.buckets() - 1 {
            let ends = Instant::ZERO + timeline.width() * (bucket as u64 + 1);
            self.engine.sleep_until(ends).await;
            self.write_levels_down(bucket);
            self.record.borrow_mut().end_bucket(ends);
        }
    }

    fn write_levels_down(&self, bucket: usize) {
        let now = self.engine.now();
        self.write_waiting_down(bucket, now);
        let Some(database) = &self.database else { return };
        let mut areas = [0; 2];
        for workers in database.workers() {
            areas[0] += workers.waiting().area(now);
            areas[1] += workers.busy().area(now);
        }
        let record = &mut *self.record.borrow_mut();
        let width = record.timeline.width().as_nanos() as f64;
        let origin = record.layers.database.as_mut().expect("a database is recorded");
        let [queue, busy] = self.areas.replace(areas);
        origin.queue.set(bucket, (areas[0] - queue) as f64 / width);
        origin.busy.set(bucket, (areas[1] - busy) as f64 / width);
    }

    /// Writes down how many callers wait, mean over what has passed since it was last done. Looking at all pools takes
    /// its time, so that of very many each bucket is not worth it.
    fn write_waiting_down(&self, bucket: usize, now: Instant) {
        let [bucket_before, pools] = self.waiting_at.get();
        let last = self.record.borrow().timeline.buckets() - 1;
        let buckets = (bucket + 1 - bucket_before) as u64;
        if bucket < last && buckets as usize * LOOKS_PER_BUCKET <= pools {
            return;
        }
        let (mut area, mut looks) = (0, 0);
        let pools = self.pools().map(Pool::waiting);
        let servers = self.redis.iter().flat_map(Redis::servers).map(Server::present);
        for level in pools.chain(servers) {
            area += level.area(now);
            looks += 1;
        }
        let record = &mut *self.record.borrow_mut();
        let width = record.timeline.width().as_nanos() as f64;
        let mean = (area - self.waiting_area.replace(area)) as f64 / width / buckets as f64;
        (bucket_before..=bucket).for_each(|bucket| record.waiting.set(bucket, mean));
        self.waiting_at.set([bucket + 1, looks]);
    }

    fn pools(&self) -> impl Iterator<Item = &Pool> {
        let redis = self.redis.iter().flat_map(Redis::pools);
        let database = self
            .database
            .iter()
            .flat_map(|database| database.pools().chain(database.workers()).chain(database.disks()));
        self.app.pools().chain(redis).chain(database).chain(self.origins.pools())
    }

    pub(super) async fn begin_window(&self) {
        self.engine.sleep_until(self.model.warmup_end()).await;
        let now = self.engine.now();
        self.redis.iter().for_each(|redis| redis.catch_up(now));
        self.record.borrow_mut().begin_window();
        self.app.begin_window(now);
        for pool in self.pools() {
            pool.busy().reset(now);
            pool.waiting().reset(now);
        }
        self.redis.iter().flat_map(Redis::servers).for_each(|server| server.reset(now));
        self.database.iter().for_each(|database| _ = database.open_connections(|open| open.reset(now)));
        self.origins.reset(now);
        self.writes.iter().for_each(|writes| writes.begin_window(now));
        self.before.set(self.counted());
    }

    fn counted(&self) -> Counted {
        let of_redis = |count: fn(&Redis) -> u64| self.redis.as_ref().map_or(0, count);
        let (commands, refused) = (of_redis(Redis::commands), of_redis(Redis::refused));
        let outdated = of_redis(Redis::outdated);
        let mut counted = Counted { commands, refused, outdated, ..Counted::default() };
        self.each_store(&mut |layer, store| counted.caches[layer as usize].add(store));
        counted
    }

    pub(super) fn each_store(&self, visit: &mut dyn FnMut(Layer, &Store)) {
        for http_cache in &self.http_caches {
            http_cache.each_store(&mut |store| visit(http_cache.layer(), store));
        }
        for store in self.process.iter().flat_map(Process::stores) {
            visit(Layer::Process, &store.borrow());
        }
        for store in self.redis.iter().flat_map(Redis::stores) {
            visit(Layer::Redis, &store.borrow());
        }
    }

    /// Takes all levels at the end of arrivals, and closes the record of the layers.
    pub(super) async fn end_window(&self) {
        self.engine.sleep_until(self.end).await;
        let now = self.engine.now();
        let buckets = self.record.borrow().timeline.buckets();
        self.write_levels_down(buckets - 1);
        let record = &mut *self.record.borrow_mut();
        if let Some(instances) = &mut record.layers.instances {
            self.app.close(instances, now);
        }
        let shares = self.app.shares(now);
        if let Some(workers) = &mut record.layers.workers {
            workers.close_those_there(self.app.pools().zip(shares.iter().copied()), now);
        }
        self.redis.iter().for_each(|redis| redis.catch_up(now));
        let (before, after) = (self.before.get(), self.counted());
        let caches = record.layers.caches.iter_mut().zip(before.caches.iter().zip(&after.caches));
        for (cache, (before, after)) in caches {
            let Some(cache) = cache else { continue };
            cache.stored = after.stored - before.stored;
            cache.rejected = after.rejected - before.rejected;
            let removals = after.removals.iter().zip(before.removals);
            cache.removals.iter_mut().zip(removals).for_each(|(sum, (after, before))| *sum = after - before);
            cache.entries = after.entries;
            cache.bytes = after.bytes;
        }
        if let (Some(redis), Some(nodes), Some(pool)) =
            (&self.redis, &mut record.layers.redis_nodes, &mut record.layers.redis_pool)
        {
            nodes.commands = after.commands - before.commands;
            nodes.refused = after.refused - before.refused;
            nodes.outdated = after.outdated - before.outdated;
            nodes.close(redis.nodes().map(|node| &node.server), now);
            let lines = redis.nodes().flat_map(Node::lines);
            nodes.lines = lines.map(|line| line.utilisation(now)).collect();
            nodes.lost = self.model.fails_over().then(|| redis.cluster().lost.get());
            let pools = redis.nodes().flat_map(|node| node.pools.iter().zip(shares.iter().copied()));
            pool.close_those_there(pools, now);
        }
        if let (Some(database), Some(workers), Some(pool)) =
            (&self.database, &mut record.layers.database_workers, &mut record.layers.database_pool)
        {
            workers.close(database.workers(), now);
            pool.close_those_there(database.pools().zip(shares.iter().copied()), now);
            if let Some(disks) = &mut record.layers.database_disks {
                disks.close(database.disks(), now);
            }
            let origin = record.layers.database.as_mut().expect("a database is recorded");
            origin.connections_max = database.open_connections(Gauge::max);
        }
        self.origins.close(record, &shares, now);
        self.writes.iter().for_each(|writes| writes.end_window(&mut record.layers));
        record.end_window();
    }

    /// Everything has drained: checks that nothing is left, and closes the record.
    pub(super) fn finish(self, events: u64, hot_keys: usize) -> Record {
        assert!(self.pools().all(Pool::is_at_rest), "every permit is back and nobody waits");
        let redis_rests = self.redis.as_ref().is_none_or(Redis::is_at_rest);
        assert!(self.pages.as_ref().is_none_or(Pages::is_at_rest), "every page is put together");
        assert!(self.http_caches.iter().all(HttpCache::is_at_rest), "every flight has landed");
        let sessions_rest = self.sessions.as_ref().is_none_or(|sessions| sessions.borrow().is_at_rest());
        assert!(sessions_rest, "every read that had to reach something has ended");
        let rests = self.process.as_ref().is_none_or(Process::is_at_rest) && redis_rests;
        assert!(rests && self.database.as_ref().is_none_or(Database::is_at_rest), "every flight has landed");
        assert!(self.origins.is_at_rest(), "every call has come back");
        assert!(self.writes.as_ref().is_none_or(Writes::is_at_rest), "every message has been delivered");
        let at_layer = self.model.layer_of_hot_keys().is_some();
        let reads = |state: &KeyState| if at_layer { state.reads } else { state.requests };
        let read = self.truth.borrow().read_most(reads);
        let keys = self.keys.borrow();
        let hot = read.iter().take(hot_keys).map(|(key, state)| HotKey {
            key: self.prepared.key_name(&keys, *key),
            reads: reads(state).into(),
            requests: state.requests.into(),
            node: self.redis.as_ref().and_then(|redis| redis.node_of(&self, keys.group_of(*key), *key)),
        });
        let hot_keys = hot.collect();
        drop(keys);
        let mut record = self.record.into_inner();
        record.hot_keys = hot_keys;
        record.distinct_keys = read.len() as u64;
        record.reads_total = read.iter().map(|(_, state)| u64::from(reads(state))).sum();
        record.events = events;
        let clients = &record.clients;
        assert_eq!(clients.arrived, clients.completed + clients.failures_total(), "every request has ended");
        if let Some(groups) = self.truth.into_inner().finish() {
            record.propagated(groups);
        }
        record.finish();
        record
    }
}
