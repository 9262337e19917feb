//! The shared cache: a Redis cluster.
//!
//! Keys are spread over the nodes by hash slot. A node executes one command at a time, in the order of
//! arrival. Each instance has a pool of connections to each node, and a connection carries one command at
//! a time. A client that waits too long for its answer leaves; the command is executed all the same.
//!
//! Left out so far: replicas and failover, the active expiry cycle, pipelining.

use super::condition::{Condition, Outage};
use super::database::from_database;
use super::freshness::Life;
use super::job::Job;
use super::link::Link;
use super::process::entry;
use super::read_through::{Cache, Rules};
use super::redis_spec::{RedisSpec, ServiceSpec};
use super::request::{Reply, Request, Value};
use super::slot::node_of_slot;
use super::world::World;
use crate::cache::{Entry, Removal, Store, redis_charge};
use crate::engine::{Engine, Flights, Lane, Pool, Server};
use crate::measure::{Failure, Layer};
use crate::random::Stream;
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::future::Future;

/// What a client asks a node.
#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// GET.
    Get,
    /// SET with a TTL.
    Set { value: Value, life: Life, load_time: Duration },
    /// DEL.
    Delete,
    /// SET NX with a TTL: the lock's.
    Lock(Duration),
    /// Deletes the lock if it is still the asker's (a script that compares and deletes).
    Unlock,
}

/// What a node answers.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Found(Option<Entry>),
    Locked(bool),
    Done,
}

impl Answer {
    /// What GET found.
    fn found(self) -> Option<Entry> {
        match self {
            Self::Found(entry) => entry,
            Self::Locked(_) | Self::Done => unreachable!("GET finds something or nothing"),
        }
    }

    /// Whether a lock was free.
    pub(super) fn locked(self) -> bool {
        match self {
            Self::Locked(won) => won,
            Self::Found(_) | Self::Done => unreachable!("a lock is free or not"),
        }
    }
}

/// The cluster.
pub struct Redis {
    rules: Rules,
    nodes: Vec<Node>,
    pool_limit: Option<Lane>,
    timeout: Option<Duration>,
    link: Link,
    service: ServiceSpec,
    flights: Flights<Reply>,
    /// Commands whose client will have left before it has their answer.
    abandoned: RefCell<Vec<Option<Abandoned>>>,
    condition: Condition,
}

/// A command whose client has left.
struct Abandoned {
    node: u32,
    ends: Instant,
    request: Request,
    command: Command,
}

struct Node {
    number: u32,
    pools: Vec<Pool>,
    server: Server,
    store: RefCell<Store>,
    locks: RefCell<FxHashMap<u32, Held>>,
    commands: Cell<u64>,
}

struct Held {
    by: u64,
    until: Instant,
}

impl Redis {
    pub(super) fn new(
        spec: &RedisSpec,
        instances: u32,
        engine: &Engine<Job>,
        stream: impl Fn(&str) -> Stream,
    ) -> Self {
        let capacity = spec.capacity();
        let evictions = stream("redis.evictions");
        let node = |number: u32| Node {
            number,
            pools: (0..instances).map(|_| Pool::new(spec.pool.size, u32::MAX)).collect(),
            server: Server::new(engine),
            store: RefCell::new(Store::new(capacity, spec.policy, evictions.of(number.into()))),
            locks: RefCell::default(),
            commands: Cell::new(0),
        };
        Self {
            rules: spec.rules.clone(),
            nodes: (0..spec.nodes).map(node).collect(),
            pool_limit: spec.pool.timeout.map(|limit| engine.lane(limit)),
            timeout: spec.timeout,
            link: Link::new(engine, &spec.round_trip, stream("redis.round_trip")),
            service: spec.service,
            flights: Flights::default(),
            abandoned: RefCell::default(),
            condition: Condition::default(),
        }
    }

    /// The node that a key belongs to.
    pub(super) fn node_of(&self, w: &World<'_>, group: usize, key: u32) -> u32 {
        if self.nodes.len() == 1 {
            return 0;
        }
        node_of_slot(w.keys.borrow().slot(group, key), self.nodes.len() as u32)
    }

    /// Sends one command and waits for its answer, of which `read` takes what the asker wants to know.
    pub(super) fn command<T>(
        &self,
        w: &World<'_>,
        request: &Request,
        command: &Command,
        read: fn(Answer) -> T,
    ) -> impl Future<Output = Result<T, Failure>> {
        async move {
            let node = &self.nodes[self.node_of(w, request.group.into(), request.key) as usize];
            let engine = &w.engine;
            let asked = engine.now();
            let connection = node.pools[usize::from(request.instance)].acquire(engine, self.pool_limit).await;
            let sent = engine.now();
            record_wait(w, sent - asked, connection.is_ok());
            let _connection = connection.map_err(|_| Failure::RedisPoolTimeout)?;
            self.link.pass(engine, request.ordinal, command.leg()).await;
            match (self.condition.outage(engine.now()), self.timeout) {
                (None, _) => {}
                (Some(Outage::Hangs), Some(timeout)) => {
                    engine.sleep_until(sent + timeout).await;
                    return Err(Failure::RedisTimeout);
                }
                (Some(_), _) => {
                    self.link.pass(engine, request.ordinal, command.leg() + 1).await;
                    return Err(Failure::RedisDown);
                }
            }
            let ends = node.server.book(engine.now(), self.service_time(w, node, request, command));
            if let Some(gives_up) = self.timeout.map(|timeout| sent + timeout)
                && ends + self.link.takes(request.ordinal, command.leg() + 1) > gives_up
            {
                self.abandon(w, Abandoned { node: node.number, ends, request: *request, command: *command });
                engine.sleep_until(gives_up).await;
                return Err(Failure::RedisTimeout);
            }
            node.server.depart(engine, ends).await;
            node.server.leave(engine.now());
            let answer = node.execute(w, request, command);
            self.link.pass(engine, request.ordinal, command.leg() + 1).await;
            Ok(read(answer))
        }
    }

    fn service_time(&self, w: &World<'_>, node: &Node, request: &Request, command: &Command) -> Duration {
        let now = w.engine.now();
        let (base, bytes) = match command {
            Command::Get => {
                (self.service.get, node.store.borrow().peek(request.key, now).map_or(0, |entry| entry.size))
            }
            Command::Set { value, .. } => (self.service.set, value.size),
            Command::Delete | Command::Lock(_) | Command::Unlock => (self.service.other, 0),
        };
        let service = base.as_nanos() + self.service.per_kib.as_nanos() * u64::from(bytes) / 1024;
        let factor = self.condition.factor(now);
        if (factor - 1.0).abs() < f64::EPSILON {
            Duration::from_nanos(service)
        } else {
            Duration::from_nanos_f64(service as f64 * factor)
        }
    }

    fn abandon(&self, w: &World<'_>, abandoned: Abandoned) {
        let mut all = self.abandoned.borrow_mut();
        let free = all.iter().position(Option::is_none).unwrap_or_else(|| {
            all.push(None);
            all.len() - 1
        });
        all[free] = Some(abandoned);
        w.engine.spawn(Job::Abandoned(free as u32));
    }

    /// The job that executes a command whose client has left.
    pub(super) fn execute_abandoned(&self, w: &World<'_>, index: u32) -> impl Future<Output = ()> {
        async move {
            let abandoned =
                self.abandoned.borrow_mut()[index as usize].take().expect("a command is abandoned once");
            w.engine.sleep_until(abandoned.ends).await;
            let node = &self.nodes[abandoned.node as usize];
            node.server.leave(w.engine.now());
            node.execute(w, &abandoned.request, &abandoned.command);
        }
    }

    /// Deletes a key's copy; the writer learns if that failed.
    pub(super) fn delete(
        &self,
        w: &World<'_>,
        request: &Request,
    ) -> impl Future<Output = Result<(), Failure>> {
        self.command(w, request, &Command::Delete, |_| ())
    }

    /// The key's copy passes its TTL now.
    pub(super) fn expire(&self, w: &World<'_>, group: usize, key: u32) {
        let node = self.node_of(w, group, key);
        self.nodes[node as usize].store.borrow_mut().expire(key, w.engine.now());
    }

    /// FLUSHALL on every node.
    pub(super) fn flush(&self) {
        for node in &self.nodes {
            node.store.borrow_mut().clear(Removal::Flushed);
            node.locks.borrow_mut().clear();
        }
    }

    pub(super) fn condition(&self) -> &Condition {
        &self.condition
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.nodes.iter().flat_map(|node| &node.pools)
    }

    pub(super) fn servers(&self) -> impl Iterator<Item = &Server> {
        self.nodes.iter().map(|node| &node.server)
    }

    pub(super) fn stores(&self) -> impl Iterator<Item = &RefCell<Store>> {
        self.nodes.iter().map(|node| &node.store)
    }

    /// Commands executed so far.
    pub(super) fn commands(&self) -> u64 {
        self.nodes.iter().map(|node| node.commands.get()).sum()
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.flights.is_at_rest() && self.pools().all(Pool::is_at_rest)
    }
}

fn record_wait(w: &World<'_>, waited: Duration, got_it: bool) {
    let mut record = w.record.borrow_mut();
    record.redis_pool.as_mut().expect("a cluster that is asked is recorded").count(waited, got_it);
}

impl Command {
    /// Tells the passages of one request apart, for what is drawn for each: this is the way there, the next
    /// the way back.
    fn leg(&self) -> u64 {
        match self {
            Self::Get => 0,
            Self::Set { .. } => 2,
            Self::Delete => 4,
            Self::Lock(_) => 6,
            Self::Unlock => 8,
        }
    }
}

impl Node {
    /// What a command does when its turn has come.
    fn execute(&self, w: &World<'_>, request: &Request, command: &Command) -> Answer {
        let now = w.engine.now();
        self.commands.set(self.commands.get() + 1);
        match *command {
            Command::Get => {
                if w.is_measuring() {
                    w.truth.borrow_mut().key(request.key).look_ups += 1;
                }
                Answer::Found(self.store.borrow_mut().get(request.key, now).map(|entry| *entry))
            }
            Command::Set { value, life, load_time } => {
                let name_length = w.keys.borrow().name_length(request.group.into(), request.key);
                let charge = redis_charge(name_length, value.size);
                self.store.borrow_mut().put(request.key, entry(&value, life, load_time, now), charge, now);
                Answer::Done
            }
            Command::Delete => {
                self.store.borrow_mut().remove(request.key, Removal::Invalidated);
                Answer::Done
            }
            Command::Lock(lease) => {
                let mut locks = self.locks.borrow_mut();
                let free = locks.get(&request.key).is_none_or(|held| held.until <= now);
                if free {
                    locks.insert(request.key, Held { by: request.ordinal, until: now + lease });
                }
                Answer::Locked(free)
            }
            Command::Unlock => {
                let mut locks = self.locks.borrow_mut();
                if locks.get(&request.key).is_some_and(|held| held.by == request.ordinal) {
                    locks.remove(&request.key);
                }
                Answer::Done
            }
        }
    }
}

impl Cache for Redis {
    const LAYER: Layer = Layer::Redis;

    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn flights(&self) -> &Flights<Reply> {
        &self.flights
    }

    fn look_up(
        &self,
        w: &World<'_>,
        request: &Request,
    ) -> impl Future<Output = Result<Option<Entry>, Failure>> {
        self.command(w, request, &Command::Get, Answer::found)
    }

    fn keep(
        &self,
        w: &World<'_>,
        request: &Request,
        value: &Value,
        life: Life,
        load_time: Duration,
    ) -> impl Future<Output = ()> {
        async move {
            // A copy that cannot be stored is lost; the value is served all the same.
            let _ = self.command(w, request, &Command::Set { value: *value, life, load_time }, |_| ()).await;
        }
    }

    fn release(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Result<(), Failure>> {
        // Should this fail, the lease ends by itself.
        self.command(w, request, &Command::Unlock, |_| ())
    }

    fn ask_origin<'a>(&self, w: &'a World<'_>, request: &'a Request) -> impl Future<Output = Reply> + 'a {
        from_database(w, request)
    }
}
