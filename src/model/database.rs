//! The source of truth: connections, a bounded queue, workers with a service time.
//!
//! A query whose caller has left runs on to its end and keeps its worker busy: that wasted work is what
//! overloads are made of. The connection is another matter: a client that gives up on a query closes its
//! connection and opens a new one, so the place in its pool is free again.

use super::condition::{Condition, Outage};
use super::database_spec::DatabaseSpec;
use super::job::{Answer, Job};
use super::link::Link;
use super::request::{Reply, Request, Value};
use super::world::World;
use crate::engine::{Engine, Lane, Pool};
use crate::measure::{Failure, Layer, OriginRecord, PoolRecord};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::{Duration, Instant};
use std::future::Future;

/// The database.
pub struct Database {
    pools: Vec<Pool>,
    pool_limit: Option<Lane>,
    timeout: Option<(Duration, Lane)>,
    workers: Pool,
    read: Distribution,
    write: Distribution,
    reads: Stream,
    writes: Stream,
    link: Link,
    condition: Condition,
}

impl Database {
    pub(super) fn new(
        spec: &DatabaseSpec,
        instances: u32,
        engine: &Engine<Job>,
        stream: impl Fn(&str) -> Stream,
    ) -> Self {
        Self {
            pools: (0..instances).map(|_| Pool::new(spec.pool.size, u32::MAX)).collect(),
            pool_limit: spec.pool.timeout.map(|limit| engine.lane(limit)),
            timeout: spec.timeout.map(|limit| (limit, engine.lane(limit))),
            workers: Pool::new(spec.workers, spec.queue),
            read: spec.read.clone(),
            write: spec.write.clone(),
            reads: stream("database.read"),
            writes: stream("database.write"),
            link: Link::new(engine, &spec.round_trip, stream("database.round_trip")),
            condition: Condition::default(),
        }
    }

    /// Sends a query and waits for its result.
    fn ask(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
        async move {
            let asked = w.engine.now();
            let connection =
                self.pools[usize::from(request.instance)].acquire(&w.engine, self.pool_limit).await;
            count_wait(
                &mut w.record.borrow_mut().layers.database_pool,
                w.engine.now() - asked,
                connection.is_ok(),
            );
            let reply = match (&connection, self.timeout) {
                (Err(_), _) => Err(Failure::DatabasePoolTimeout),
                (Ok(_), None) => w.call_reply(Job::Query(*request)).await,
                (Ok(_), Some((_, limit))) => {
                    let answer = w.engine.call_within(limit, Job::Query(*request)).await;
                    answer.map_or(Err(Failure::DatabaseTimeout), Answer::reply)
                }
            };
            if !request.write {
                let took = w.engine.now() - asked;
                record(w, |origin| origin.loaded(took, reply.is_ok()));
            }
            reply
        }
    }

    /// The job of one query, from the client's socket and back to it.
    pub(super) fn query(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
        async move {
            let sent = w.engine.now();
            self.link.pass(&w.engine, request.ordinal, 0).await;
            let result = match self.condition.outage(w.engine.now()) {
                None => {
                    let result = self.execute(w, request).await;
                    let took = w.engine.now() - sent;
                    if !request.write && self.timeout.is_some_and(|(patience, _)| took >= patience) {
                        record(w, |origin| origin.orphaned += 1);
                    }
                    result
                }
                Some(outage) => {
                    if let (Outage::Hangs, Some((_, patience))) = (outage, self.timeout) {
                        // Longer than the caller's patience: it has left by then.
                        w.engine.sleep(patience).await;
                    }
                    Err(Failure::DatabaseDown)
                }
            };
            self.link.pass(&w.engine, request.ordinal, 1).await;
            result
        }
    }

    /// A statement waits for a worker and keeps it busy. A read sees what was committed when it began
    /// (snapshot isolation), a write is committed at its end.
    fn execute(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
        async move {
            let arrived = w.engine.now();
            let nth = if request.write { begin_write(w) } else { begin_load(w, request.key) };
            let worker = self.workers.acquire(&w.engine, None).await;
            count_wait(
                &mut w.record.borrow_mut().layers.database_workers,
                w.engine.now() - arrived,
                worker.is_ok(),
            );
            let read_at = w.engine.now();
            let version = w.truth.borrow_mut().version(request.key);
            if worker.is_ok() {
                let nanos = self.service(request, nth) * self.condition.factor(read_at);
                w.engine.sleep_until(read_at + Duration::from_nanos_f64(nanos)).await;
            }
            if !request.write {
                w.truth.borrow_mut().key(request.key).loading -= 1;
            }
            if worker.is_err() {
                return Err(Failure::DatabaseQueueFull);
            }
            if request.write {
                w.truth.borrow_mut().commit(request.key, w.engine.now());
            }
            Ok(value(w, request, version, read_at))
        }
    }

    /// How long a worker takes, in nanoseconds: the n-th load of a key takes the same in every variant.
    fn service(&self, request: &Request, nth: u32) -> f64 {
        if request.write {
            self.write.sample(&mut self.writes.at(request.ordinal))
        } else {
            self.read.sample(&mut self.reads.of(u64::from(request.key)).at(u64::from(nth)))
        }
    }

    pub(super) fn condition(&self) -> &Condition {
        &self.condition
    }

    pub(super) fn workers(&self) -> &Pool {
        &self.workers
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.pools.iter()
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.workers.is_at_rest() && self.pools.iter().all(Pool::is_at_rest)
    }
}

/// Reads or writes the source of truth. Without a database it takes no time.
pub(super) fn from_database(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        if let Some(database) = &w.database {
            return database.ask(w, request).await;
        }
        if request.write {
            w.truth.borrow_mut().commit(request.key, w.engine.now());
        }
        let version = w.truth.borrow_mut().version(request.key);
        Ok(value(w, request, version, w.engine.now()))
    }
}

/// What the source of truth has under the key of a request.
fn value(w: &World<'_>, request: &Request, version: u32, read_at: Instant) -> Value {
    let absent = !w.model.workload.keys[usize::from(request.group)].exists;
    let size = match request.size {
        _ if absent => 0,
        0 => w.keys.borrow().size(request.group.into(), request.key),
        prescribed => prescribed,
    };
    Value { read_at, version, size, from: Layer::Database, absent }
}

/// A load begins: the how many-th of its key it is.
fn begin_load(w: &World<'_>, key: u32) -> u32 {
    let mut truth = w.truth.borrow_mut();
    let state = truth.key(key);
    state.loads += 1;
    state.loading += 1;
    let concurrent = u64::from(state.loading);
    record(w, |origin| origin.load(w.engine.now(), concurrent));
    state.loads
}

/// A write begins. What is drawn for it does not depend on how many there were.
fn begin_write(w: &World<'_>) -> u32 {
    record(w, |origin| origin.writes += 1);
    0
}

fn record(w: &World<'_>, what: impl FnOnce(&mut OriginRecord)) {
    what(w.record.borrow_mut().layers.database.as_mut().expect("a database that is asked is recorded"));
}

fn count_wait(pool: &mut Option<PoolRecord>, waited: Duration, got_it: bool) {
    pool.as_mut().expect("a database that is asked is recorded").count(waited, got_it);
}
