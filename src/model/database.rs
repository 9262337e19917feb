//! The source of truth: connections, a bounded queue, workers with a service time.
//!
//! A query whose caller has left runs on to its end and keeps its worker busy: that wasted work is what
//! overloads are made of. The connection is another matter: a client that gives up on a query closes its
//! connection and opens a new one, so the place in its pool is free again.
//!
//! What a database may have besides costs nothing when it has not: pages on disk (`buffer_pool.rs`), a limit of
//! its connections and plans that each of them keeps (`connections.rs`), statements that slow each other down, and
//! replicas for reads (`database_server.rs`).

use super::buffer_pool::BufferPool;
use super::condition::{Condition, Outage};
use super::connections::{Connections, Plan};
use super::database_server::Server;
use super::database_spec::{Contention, DatabaseSpec};
use super::event::Event;
use super::job::{Answer, Job};
use super::link::Link;
use super::origin;
use super::request::{Reply, Request};
use super::session;
use super::spans::note;
use super::statement::{Statement, begin_load, begin_write, count_wait, note_service, record};
use super::together::{MessageId, Rows};
use super::truth::{exists, value};
use super::world::World;
use super::write::not_committed;
use crate::engine::{Engine, Gauge, Lane, Pool};
use crate::measure::{Failure, Kind, Layer};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::{Duration, Instant};
use std::cell::RefCell;
use std::future::Future;

/// The database.
pub struct Database {
    pools: Vec<Pool>,
    pool_limit: Option<Lane>,
    timeout: Option<(Duration, Lane)>,
    /// The primary, and after it the replicas.
    servers: Vec<Server>,
    read: Distribution,
    write: Distribution,
    row: Option<Duration>,
    reads: Stream,
    writes: Stream,
    link: Link,
    condition: Condition,
    /// Which replica a read goes to.
    choices: Stream,
    connections: Option<RefCell<Connections>>,
    contention: Option<Contention>,
    planning: Option<(Distribution, Stream)>,
}

impl Database {
    pub(super) fn new(
        spec: &DatabaseSpec,
        instances: u32,
        events: &[Event],
        engine: &Engine<Job>,
        stream: impl Fn(&str) -> Stream,
    ) -> Self {
        let misses = stream("database.miss");
        let mut servers = vec![Server::primary(spec, misses)];
        if let Some(replicas) = &spec.replicas {
            let lags = stream("database.lag");
            let replica = |n: u16| Server::replica(spec, misses, replicas, (n + 1, lags.of(n.into())));
            servers.extend((0..replicas.count as u16).map(replica));
        }
        Self {
            pools: (0..instances).map(|_| Pool::new(spec.pool.size, u32::MAX)).collect(),
            pool_limit: spec.pool.timeout.map(|limit| engine.lane(limit)),
            timeout: spec.timeout.map(|limit| (limit, engine.lane(limit))),
            servers,
            read: spec.read.clone(),
            write: spec.write.clone(),
            row: spec.row,
            reads: stream("database.read"),
            writes: stream("database.write"),
            link: Link::new(engine, &spec.round_trip, stream("database.round_trip")),
            condition: Condition::of(Layer::Database, events),
            choices: stream("database.replica"),
            connections: (spec.max_connections.is_some() || spec.plan_cache.is_some())
                .then(|| RefCell::new(Connections::new(spec, instances))),
            contention: spec.contention,
            planning: spec.plan_cache.as_ref().map(|spec| (spec.plan.clone(), stream("database.plan"))),
        }
    }

    /// Sends a query and waits for its result.
    pub(super) fn ask(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
        self.ask_for_rows(w, request, None)
    }

    /// As [`Database::ask`], for one row or several.
    pub(super) fn ask_for_rows(
        &self,
        w: &World<'_>,
        request: &Request,
        rows: Option<MessageId>,
    ) -> impl Future<Output = Reply> {
        async move {
            let asked = w.engine.now();
            let place = self.pools[usize::from(request.instance)].acquire(&w.engine, self.pool_limit).await;
            count_wait(
                &mut w.record.borrow_mut().layers.database_pool,
                w.engine.now() - asked,
                place.is_ok(),
            );
            let failure = place.is_err().then_some(Failure::DatabasePoolTimeout);
            w.note_here(request, Kind::Wait("wait for a database connection"), asked, move || failure);
            let connection = if place.is_ok() { self.connect(w, request) } else { None };
            let reply = match (connection, self.timeout) {
                (None, _) if place.is_ok() => Err(Failure::DatabaseConnections),
                (None, _) => Err(Failure::DatabasePoolTimeout),
                (Some(connection), None) => {
                    let reply = w.call_reply(Self::job(w, request, connection, rows)).await;
                    self.disconnect(request, connection, false);
                    reply
                }
                (Some(connection), Some((_, limit))) => {
                    let query = Self::job(w, request, connection, rows);
                    let answer = w.engine.call_within(limit, query).await;
                    self.disconnect(request, connection, answer.is_none());
                    answer.map_or(Err(Failure::DatabaseTimeout), Answer::reply)
                }
            };
            w.note_here(request, Kind::Call(Layer::Database), asked, move || reply.err());
            if !request.write {
                let took = w.engine.now() - asked;
                record(w, |origin| origin.loaded(took, reply.is_ok()));
            }
            reply
        }
    }

    fn job(w: &World<'_>, request: &Request, connection: u32, rows: Option<MessageId>) -> Job {
        if let Some(rows) = Rows::of(w, rows) {
            rows.hold();
        }
        Job::Query { request: *request, connection, rows }
    }

    /// A connection for somebody who has a place in the pool; if nothing counts them, all are the same one.
    fn connect(&self, w: &World<'_>, request: &Request) -> Option<u32> {
        let Some(connections) = &self.connections else { return Some(0) };
        let connection = connections.borrow_mut().take(request.instance, w.engine.now());
        record(w, |origin| origin.refused_connections += u64::from(connection.is_none()));
        connection
    }

    fn disconnect(&self, request: &Request, connection: u32, gives_up: bool) {
        if let Some(connections) = &self.connections {
            connections.borrow_mut().give_back(connection, request.instance, gives_up);
        }
    }

    /// The job of one query, from the client's socket and back to it.
    pub(super) fn query(
        &self,
        w: &World<'_>,
        request: &Request,
        connection: u32,
        rows: Option<MessageId>,
    ) -> impl Future<Output = Reply> {
        async move {
            let sent = w.engine.now();
            w.note_passage(&self.link, request, 0);
            self.link.pass(&w.engine, request.ordinal, 0).await;
            let result = match self.condition.outage(w.engine.now()) {
                None => {
                    let result = self.execute(w, request, connection, rows).await;
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
            if request.write && result.is_err() {
                not_committed(w, request);
            }
            if self.timeout.is_none_or(|(patience, _)| w.engine.now() < sent + patience) {
                w.note_passage(&self.link, request, 1);
            }
            self.link.pass(&w.engine, request.ordinal, 1).await;
            if let Some(rows) = Rows::of(w, rows) {
                rows.leave();
            }
            if let Some(connections) = &self.connections {
                connections.borrow_mut().done(connection, w.engine.now());
            }
            result
        }
    }

    /// A statement waits for a worker and keeps it busy. A read sees what was committed when it began
    /// (snapshot isolation), a write is committed at its end.
    fn execute(
        &self,
        w: &World<'_>,
        request: &Request,
        connection: u32,
        rows: Option<MessageId>,
    ) -> impl Future<Output = Reply> {
        async move {
            let arrived = w.engine.now();
            let statement =
                if request.write { begin_write(w) } else { Statement::Load(begin_load(w, request)) };
            if let Some(rows) = Rows::of(w, rows) {
                rows.begin_loads(w);
            }
            let server = self.server(w, request);
            let worker = server.workers.acquire(&w.engine, None).await;
            count_wait(
                &mut w.record.borrow_mut().layers.database_workers,
                w.engine.now() - arrived,
                worker.is_ok(),
            );
            let read_at = w.engine.now();
            let failure = worker.is_err().then_some(Failure::DatabaseQueueFull);
            note!(w, move |spans| {
                let kind = Kind::Wait("wait for a database worker");
                spans.add_result(request, server.place(), kind, (arrived, read_at), failure);
            });
            let version_of = |key| {
                let replicated = server.version(key, read_at);
                replicated.unwrap_or_else(|| w.truth.borrow_mut().database_version(key))
            };
            let version = version_of(request.key);
            if let Some(rows) = Rows::of(w, rows) {
                rows.find(w, read_at, version_of);
            }
            if worker.is_ok() {
                let slow = self.condition.factor(read_at);
                if let Some(buffers) = server.buffers.as_ref().filter(|_| exists(w, request)) {
                    buffers.get(w, request, statement, slow).await;
                    if let Some(rows) = rows {
                        w.engine.call(Job::Pages { request: *request, rows, slow }).await;
                    }
                }
                let service = self.service(request, statement) + self.service_of_rows(w, rows);
                let nanos = (service + self.planning(w, request, connection)) * slow;
                let nanos =
                    nanos * self.contention.map_or(1.0, |law| law.factor(server.workers.busy().level()));
                let ends = w.engine.now() + Duration::from_nanos_f64(nanos);
                note_service(w, request, server, [read_at, w.engine.now(), ends]);
                w.engine.sleep_until(ends).await;
            }
            if !request.write {
                w.truth.borrow_mut().key(request.key).loading -= 1;
                if let Some(rows) = Rows::of(w, rows) {
                    rows.end_loads(w);
                }
            }
            if worker.is_err() {
                return Err(Failure::DatabaseQueueFull);
            }
            if request.write {
                // The writer learns which version is its own.
                let version = self.commit(w, request)?;
                return Ok(value(w, request, version, w.engine.now()));
            }
            Ok(value(w, request, version, read_at))
        }
    }

    /// The job of getting the pages of all rows but the first into buffers, one after the other.
    pub(super) fn get_pages(
        &self,
        w: &World<'_>,
        request: &Request,
        rows: MessageId,
        slow: f64,
    ) -> impl Future<Output = ()> {
        async move {
            let Some(buffers) = &self.server(w, request).buffers else { return };
            let Some(rows) = Rows::of(w, Some(rows)) else { return };
            for row in rows.further() {
                let (row, nth) = rows.get(row);
                buffers.get(w, &row, Statement::Load(nth), slow).await;
            }
        }
    }

    /// The server that a statement goes to: a read to any replica, if there are some; from whoever sends a version
    /// token to one that has applied it, or to the primary, as `ProxySQL` and `MaxScale` (`causal_reads = fast`) do it.
    fn server(&self, w: &World<'_>, request: &Request) -> &Server {
        let replicas = self.servers.len() as u64 - 1;
        if request.write || replicas == 0 {
            return &self.servers[0];
        }
        let chosen = self.choices.at(request.ordinal).below(replicas);
        let in_turn = (0..replicas).map(|n| &self.servers[1 + ((chosen + n) % replicas) as usize]);
        let (now, token) = (w.engine.now(), session::token(w, request));
        let has_applied = |server: &&Server| {
            token.is_none_or(|token| {
                let version = server.version(request.key, now).unwrap_or_default();
                w.truth.borrow().committed(version, now) >= Some(token)
            })
        };
        in_turn.into_iter().find(has_applied).unwrap_or(&self.servers[0])
    }

    fn commit(&self, w: &World<'_>, request: &Request) -> Result<u32, Failure> {
        let now = w.engine.now();
        origin::commit(w, request, |key, version| {
            self.servers.iter().for_each(|server| server.ship(key, version, now));
        })
    }

    /// How long a worker takes, in nanoseconds: the n-th load of a key takes the same in every variant.
    fn service(&self, request: &Request, statement: Statement) -> f64 {
        match statement {
            Statement::Write => self.write.sample(&mut statement.draws(self.writes, request)),
            Statement::Load(_) => self.read.sample(&mut statement.draws(self.reads, request)),
        }
    }

    /// What all rows but the first add to the service of a statement, in nanoseconds.
    fn service_of_rows(&self, w: &World<'_>, rows: Option<MessageId>) -> f64 {
        let Some(rows) = Rows::of(w, rows) else { return 0.0 };
        if let Some(row) = self.row {
            return row.as_nanos() as f64 * rows.further().len() as f64;
        }
        let alone = |row| {
            let (row, nth) = rows.get(row);
            self.service(&row, Statement::Load(nth))
        };
        rows.further().map(alone).sum()
    }

    /// How long a worker plans a statement, in nanoseconds. There is one statement to read and one to write in each
    /// key group.
    fn planning(&self, w: &World<'_>, request: &Request, connection: u32) -> f64 {
        let (Some((plan, draws)), Some(connections)) = (&self.planning, &self.connections) else {
            return 0.0;
        };
        let statement = 2 * usize::from(request.group) + usize::from(request.write);
        let from = connections.borrow_mut().plan(connection, statement);
        record(w, |origin| origin.planned(from == Plan::Custom));
        if from == Plan::Kept { 0.0 } else { plan.sample(&mut draws.at(request.ordinal)) }
    }

    /// An instance's process has ended.
    pub(super) fn close_connections(&self, instance: usize, now: Instant) {
        if let Some(connections) = &self.connections {
            connections.borrow_mut().close_those_of(instance, now);
        }
    }

    /// A flush of the buffer pools.
    pub(super) fn flush(&self) {
        self.buffers().for_each(BufferPool::flush);
    }

    fn buffers(&self) -> impl Iterator<Item = &BufferPool> {
        self.servers.iter().filter_map(|server| server.buffers.as_ref())
    }

    pub(super) fn disks(&self) -> impl Iterator<Item = &Pool> {
        self.buffers().map(BufferPool::disks)
    }

    /// Runs `f` on the number of open connections over time, if anything counts them.
    pub(super) fn open_connections<T>(&self, f: impl FnOnce(&Gauge) -> T) -> Option<T> {
        self.connections.as_ref().map(|connections| f(connections.borrow().open()))
    }

    /// The workers of each server.
    pub(super) fn workers(&self) -> impl Iterator<Item = &Pool> {
        self.servers.iter().map(|server| &server.workers)
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.pools.iter()
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.servers.iter().all(Server::is_at_rest) && self.pools.iter().all(Pool::is_at_rest)
    }
}
