//! The measured window of a replication: what is forgotten when it begins, sampled while it lasts and taken
//! when it ends.

use super::database::Database;
use super::process::Process;
use super::redis::Redis;
use super::world::World;
use crate::engine::Pool;
use crate::measure::{HotKey, Reason, Record};
use crate::time::Instant;

/// What the parts had counted when the window began.
#[derive(Clone, Copy, Default)]
pub(super) struct Before {
    commands: u64,
    refused: u64,
    stored: [u64; 2],
    rejected: [u64; 2],
    removals: [[u64; Reason::ALL.len()]; 2],
}

impl World<'_> {
    /// Writes down the mean levels of each bucket when it ends; of the last one, [`World::end_window`] does.
    pub(super) async fn sample(&self) {
        let timeline = self.record.borrow().timeline;
        for bucket in 0..timeline.buckets() - 1 {
            let ends = Instant::ZERO + timeline.width() * (bucket as u64 + 1);
            self.engine.sleep_until(ends).await;
            self.write_levels_down(bucket);
        }
    }

    fn write_levels_down(&self, bucket: usize) {
        let Some(database) = &self.database else { return };
        let workers = database.workers();
        let areas = [workers.waiting(), workers.busy()].map(|gauge| gauge.area(self.engine.now()));
        let record = &mut *self.record.borrow_mut();
        let width = record.timeline.width().as_nanos() as f64;
        let origin = record.layers.database.as_mut().expect("a database is recorded");
        let [queue, busy] = self.areas.replace(areas);
        origin.queue.set(bucket, (areas[0] - queue) as f64 / width);
        origin.busy.set(bucket, (areas[1] - busy) as f64 / width);
    }

    fn pools(&self) -> impl Iterator<Item = &Pool> {
        let redis = self.redis.iter().flat_map(Redis::pools);
        let database = self.database.iter().flat_map(|database| database.pools().chain([database.workers()]));
        self.app.pools().chain(redis).chain(database)
    }

    pub(super) async fn begin_window(&self) {
        self.engine.sleep_until(self.model.warmup_end()).await;
        let now = self.engine.now();
        self.redis.iter().for_each(|redis| redis.catch_up(now));
        self.record.borrow_mut().begin_window();
        for pool in self.pools() {
            pool.busy().reset(now);
            pool.waiting().reset(now);
        }
        self.redis
            .iter()
            .flat_map(|redis| redis.servers().chain(redis.lines()))
            .for_each(|server| server.reset(now));
        self.before.set(self.counted());
    }

    fn counted(&self) -> Before {
        let mut counted = Before {
            commands: self.redis.as_ref().map_or(0, Redis::commands),
            refused: self.redis.as_ref().map_or(0, Redis::refused),
            ..Before::default()
        };
        let processes = self.process.iter().flat_map(Process::stores).map(|store| (0, store));
        let nodes = self.redis.iter().flat_map(Redis::stores).map(|store| (1, store));
        for (layer, store) in processes.chain(nodes) {
            let store = store.borrow();
            counted.stored[layer] += store.inserted();
            counted.rejected[layer] += store.rejected();
            counted.removals[layer]
                .iter_mut()
                .zip(store.removals())
                .for_each(|(sum, removed)| *sum += removed);
        }
        counted
    }

    /// Takes all levels at the end of arrivals, and closes the record of the layers.
    pub(super) async fn end_window(&self) {
        self.engine.sleep_until(self.end).await;
        let now = self.engine.now();
        let buckets = self.record.borrow().timeline.buckets();
        self.write_levels_down(buckets - 1);
        let record = &mut *self.record.borrow_mut();
        if let Some(workers) = &mut record.layers.workers {
            workers.close(self.app.pools(), now);
        }
        self.redis.iter().for_each(|redis| redis.catch_up(now));
        let (before, after) = (self.before.get(), self.counted());
        let stores = [
            self.process.iter().flat_map(Process::stores).collect::<Vec<_>>(),
            self.redis.iter().flat_map(Redis::stores).collect(),
        ];
        for (layer, cache) in record.layers.caches.iter_mut().enumerate() {
            let Some(cache) = cache else { continue };
            cache.stored = after.stored[layer] - before.stored[layer];
            cache.rejected = after.rejected[layer] - before.rejected[layer];
            let removals = after.removals[layer].iter().zip(before.removals[layer]);
            cache.removals.iter_mut().zip(removals).for_each(|(sum, (after, before))| *sum = after - before);
            cache.entries = stores[layer].iter().map(|store| store.borrow().len() as u64).sum();
            cache.bytes = stores[layer].iter().map(|store| store.borrow().charge()).sum();
        }
        if let (Some(redis), Some(nodes), Some(pool)) =
            (&self.redis, &mut record.layers.redis_nodes, &mut record.layers.redis_pool)
        {
            nodes.commands = after.commands - before.commands;
            nodes.refused = after.refused - before.refused;
            nodes.close(redis.servers(), now);
            nodes.lines = redis.lines().map(|line| line.utilisation(now)).collect();
            pool.close(redis.pools(), now);
        }
        if let (Some(database), Some(workers), Some(pool)) =
            (&self.database, &mut record.layers.database_workers, &mut record.layers.database_pool)
        {
            workers.close(std::iter::once(database.workers()), now);
            pool.close(database.pools(), now);
        }
        record.end_window();
    }

    /// Everything has drained: checks that nothing is left, and closes the record.
    pub(super) fn finish(self, events: u64, hot_keys: usize) -> Record {
        assert!(self.pools().all(Pool::is_at_rest), "every permit is back and nobody waits");
        let redis_rests = self.redis.as_ref().is_none_or(Redis::is_at_rest);
        let rests = self.process.as_ref().is_none_or(Process::is_at_rest) && redis_rests;
        assert!(rests && self.database.as_ref().is_none_or(Database::is_at_rest), "every flight has landed");
        let asked = self.truth.borrow().asked_for();
        let keys = self.keys.borrow();
        let hot = asked.iter().take(hot_keys).map(|(key, state)| HotKey {
            key: self.prepared.key_name(&keys, *key),
            requests: state.requests.into(),
            node: self.redis.as_ref().map(|redis| redis.node_of(&self, keys.group_of(*key), *key)),
            look_ups: state.look_ups.into(),
        });
        let hot_keys = hot.collect();
        drop(keys);
        let mut record = self.record.into_inner();
        record.hot_keys = hot_keys;
        record.distinct_keys = asked.len() as u64;
        record.events = events;
        let clients = &record.clients;
        assert_eq!(clients.arrived, clients.completed + clients.failures_total(), "every request has ended");
        record.finish();
        record
    }
}
