//! The shared cache: a Redis cluster, or some memcached servers.
//!
//! Keys are spread over the nodes. A Redis executes one command at a time, in the order of arrival, and a memcached
//! as many as it has threads (`redis_server.rs`). Each instance has a pool of connections to each node, and a
//! connection carries one command at a time, or a pipeline of several (`redis_pipeline.rs`). A client that waits too
//! long for its answer leaves; the command is executed all the same.
//!
//! Which nodes there are, and who answers for a key, is in `redis_cluster.rs`.

use super::condition::{Condition, Outage};
use super::event::Event;
use super::guard::{begin, came_back};
use super::job::Job;
use super::key::KeyGroup;
use super::link::Link;
use super::own_rules::ByGroup;
use super::read_through::Rules;
use super::redis_abandoned::{Abandoned, Progress};
use super::redis_cluster::Cluster;
use super::redis_command::{Answer, Command};
use super::redis_freight::{Freight, One};
use super::redis_node::Node;
use super::redis_pipeline;
use super::redis_replica::Change;
use super::redis_spec::{RedisSpec, ServiceSpec};
use super::request::{Reply, Request};
use super::spans::{from, note, until};
use super::world::World;
use crate::cache::{Entry, Store};
use crate::engine::{Engine, Flights, Lane, Pool, Server, Wait};
use crate::measure::{Failure, Kind, Layer, Place};
use crate::random::Stream;
use crate::time::{Duration, Instant};
use std::cell::RefCell;
use std::future::Future;

/// The cluster.
pub struct Redis {
    pub(super) rules: Rules,
    pub(super) by_group: ByGroup,
    cluster: Cluster,
    pool_limit: Option<Lane>,
    timeout: Option<Duration>,
    link: Link,
    service: ServiceSpec,
    pub(super) flights: Flights<Reply>,
    pub(super) abandoned: RefCell<Vec<Option<Abandoned>>>,
    condition: Condition,
    /// Which copy of a key is asked for, where there are several.
    copies: Stream,
}

impl Redis {
    pub(super) fn new(
        spec: &RedisSpec,
        groups: &[KeyGroup],
        instances: u32,
        events: &[Event],
        engine: &Engine<Job>,
        stream: impl Fn(&str) -> Stream,
    ) -> Self {
        Self {
            rules: spec.rules.clone(),
            by_group: ByGroup::new(Layer::Redis, groups, &spec.rules.freshness),
            cluster: Cluster::new(spec, instances, events, engine, &stream),
            pool_limit: spec.pool.timeout.map(|limit| engine.lane(limit)),
            timeout: spec.timeout,
            link: Link::new(engine, &spec.round_trip, stream("redis.round_trip")),
            service: spec.service,
            flights: Flights::default(),
            abandoned: RefCell::default(),
            condition: Condition::of(Layer::Redis, events),
            copies: stream("redis.copies"),
        }
    }

    /// The node that has a key; nothing if several have copies of it.
    pub(super) fn node_of(&self, w: &World<'_>, group: usize, key: u32) -> Option<u32> {
        (copies_of(w, group) == 1).then(|| self.cluster.shard_of(w, group, key))
    }

    /// The name by which a command calls the request's key: any of those that it has, but each of them is deleted.
    #[inline]
    pub(super) fn key_of(&self, w: &World<'_>, request: &Request, command: &Command, look: u32) -> u32 {
        let group = usize::from(request.group);
        let copies = copies_of(w, group);
        if copies == 1 {
            return request.key;
        }
        let copy = match command {
            Command::Delete => look,
            _ => self.copies.at(request.ordinal).below(copies.into()) as u32,
        };
        w.keys.borrow().copy(group, request.key, copy)
    }

    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Sends one command and waits for its answer, of which `read` takes what the asker wants to know. A request
    /// sends each command once, but may look several times: `look` counts these from 0.
    pub(super) fn command<T>(
        &self,
        w: &World<'_>,
        request: &Request,
        command: &Command,
        look: u32,
        read: impl Fn(Answer) -> T,
    ) -> impl Future<Output = Result<T, Failure>> {
        self.exchange(w, One { request, command, look }, read)
    }

    /// Sends something to its node, on a connection of its own, and waits for the answer.
    pub(super) fn exchange<T>(
        &self,
        w: &World<'_>,
        freight: impl Freight,
        read: impl Fn(Answer) -> T,
    ) -> impl Future<Output = Result<T, Failure>> {
        async move {
            if freight.may_join()
                && let Some(seat) = redis_pipeline::join(w, self, freight.request())
            {
                w.engine.wait().await;
                return redis_pipeline::take(w, seat).map(|found| read(Answer::Found(found)));
            }
            begin(w, freight.request())?;
            let node = freight.node(w, self);
            let asked = w.engine.now();
            let connection =
                node.pools[usize::from(freight.request().instance)].acquire(&w.engine, self.pool_limit).await;
            self.waited(w, &freight, asked, connection.is_ok());
            let Ok(_connection) = connection else {
                return came_back(w, freight.request(), Err(Failure::RedisPoolTimeout));
            };
            let gives_up = self.timeout.map_or(Instant::MAX, |timeout| w.engine.now() + timeout);
            'late: {
                let there = self.link.takes(freight.request().ordinal, freight.leg());
                let arrives = w.engine.now() + there;
                if arrives > gives_up {
                    self.abandon(w, node, freight.parcel(), Progress::Travels(arrives));
                    break 'late;
                }
                self.link.travel(&w.engine, there).await;
                if let Some(wire) = &node.wire {
                    let enters = wire.receives(w.engine.now(), freight.bytes(w, self));
                    note_entry(w, node, freight.request(), enters.min(gives_up));
                    if enters > gives_up {
                        self.abandon(w, node, freight.parcel(), Progress::Enters(enters));
                        break 'late;
                    }
                    wire.received(&w.engine, enters).await;
                }
                let back = self.link.takes(freight.request().ordinal, freight.leg() + 1);
                match self.outage(node, w.engine.now()) {
                    None => {}
                    Some(Outage::Refuses) if w.engine.now() + back <= gives_up => {
                        self.go_back(w, &freight).await;
                        return came_back(w, freight.request(), Err(Failure::RedisDown));
                    }
                    Some(_) => break 'late,
                }
                let ends = freight.book(w, self, node);
                if ends + back > gives_up {
                    self.abandon(w, node, freight.parcel(), Progress::Executes(ends));
                    break 'late;
                }
                node.server.depart(&w.engine, ends).await;
                let answer = freight.execute(w, self, node);
                if let (Answer::Unreachable, Some(Outage::Hangs)) = (answer, node.dead()) {
                    break 'late;
                }
                // One wait for both, since the state of a request in flight has a slot for each.
                let back = match &node.wire {
                    None => self.go_back(w, &freight),
                    Some(wire) => {
                        let sent = wire.sends(w.engine.now(), answer.bytes());
                        let arrives = sent + self.link.takes(freight.request().ordinal, freight.leg() + 1);
                        if arrives > gives_up {
                            break 'late;
                        }
                        arrive(w, freight.request(), arrives)
                    }
                };
                back.await;
                return came_back(w, freight.request(), answer.reached().map(read));
            }
            w.engine.sleep_until(gives_up).await;
            came_back(w, freight.request(), self.is_late(w, freight.request(), gives_up))
        }
    }

    /// Somebody has waited for a connection, and sends something on it.
    #[inline]
    fn waited(&self, w: &World<'_>, freight: &impl Freight, asked: Instant, has_one: bool) {
        let now = w.engine.now();
        record_wait(w, now - asked, has_one);
        note!(w, move |spans| {
            let (request, place) = (freight.request(), Place::App(freight.request().instance));
            let failure = (!has_one).then_some(Failure::RedisPoolTimeout);
            let kind = Kind::Wait("wait for a redis connection");
            spans.add_result(request, place, kind, (asked, now), failure);
            if has_one {
                let there = self.link.takes(request.ordinal, freight.leg());
                let there = self.timeout.map_or(there, |timeout| there.min(timeout));
                spans.add(request, place, Kind::Network, from(now, there));
            }
        });
    }

    /// An answer was waited for in vain until now.
    fn is_late<T>(&self, w: &World<'_>, request: &Request, now: Instant) -> Result<T, Failure> {
        note!(w, move |spans| {
            let (place, kind) = (Place::App(request.instance), Kind::Call(Layer::Redis));
            let waited = until(now, self.timeout.unwrap_or(Duration::ZERO));
            spans.add_result(request, place, kind, waited, Some(Failure::RedisTimeout));
        });
        Err(Failure::RedisTimeout)
    }

    /// The answer goes back over a network without a limit.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "most commands go back so, and what is called returns at once")]
    fn go_back<'w>(&self, w: &'w World<'_>, freight: &impl Freight) -> Wait<'w, Job> {
        w.note_passage(&self.link, freight.request(), freight.leg() + 1);
        self.link.pass(&w.engine, freight.request().ordinal, freight.leg() + 1)
    }

    /// Who is sent a command.
    pub(super) fn node_for(&self, w: &World<'_>, request: &Request, command: &Command, look: u32) -> &Node {
        let key = self.key_of(w, request, command, look);
        let shard = self.cluster.shard_of(w, request.group.into(), key);
        self.cluster.node_for(shard, command, (request.ordinal, look))
    }

    /// How a node cannot be reached now, if it cannot.
    pub(super) fn outage(&self, node: &Node, now: Instant) -> Option<Outage> {
        self.condition.outage(now).or_else(|| self.cluster.outage(node, now))
    }

    /// The command has been worked on; what it changed goes to the replicas.
    pub(super) fn execute(
        &self,
        w: &World<'_>,
        node: &Node,
        what: (&Request, u32),
        command: &Command,
    ) -> Answer {
        let (request, key) = what;
        let answer = node.execute(w, request, key, command);
        self.cluster.tell_replicas(node, (request.ordinal, command.leg(0)), w.engine.now());
        answer
    }

    pub(super) fn service_time(&self, w: &World<'_>, node: &Node, key: u32, command: &Command) -> Duration {
        let now = w.engine.now();
        let service = match command {
            Command::Get => {
                let found = node.store.borrow().peek(key, now).map_or(0, |entry| entry.size);
                self.service.get + self.service.of_bytes(found)
            }
            Command::Set { value, .. } | Command::Update { value, .. } => self.service.of_set(value.size),
            Command::Delete | Command::DeleteOlder { .. } | Command::Lock(_) | Command::Unlock => {
                self.service.other
            }
        };
        let factor = self.condition.factor(node.server.begins(now));
        if (factor - 1.0).abs() < f64::EPSILON {
            service
        } else {
            Duration::from_nanos_f64(service.as_nanos() as f64 * factor)
        }
    }

    /// Looks for a key's copy, for the how many-th time on behalf of this request, counted from 0.
    pub(super) fn look(
        &self,
        w: &World<'_>,
        request: &Request,
        nth: u32,
    ) -> impl Future<Output = Result<Option<Entry>, Failure>> {
        self.command(w, request, &Command::Get, nth, Answer::found)
    }

    /// Deletes all copies of a key, at the same time; the writer waits for the first, and learns if that failed.
    pub(super) fn delete(
        &self,
        w: &World<'_>,
        request: &Request,
    ) -> impl Future<Output = Result<(), Failure>> {
        for copy in 1..copies_of(w, request.group.into()) {
            w.engine.spawn(Job::DeleteCopy { request: *request, copy });
        }
        self.delete_copy(w, request, 0)
    }

    /// Deletes one of a key's copies, counted from 0.
    pub(super) fn delete_copy(
        &self,
        w: &World<'_>,
        request: &Request,
        copy: u32,
    ) -> impl Future<Output = Result<(), Failure>> {
        self.command(w, request, &Command::Delete, copy, |_| ())
    }

    /// Tells the node of a key what a writer has for it; yields the version of a new value that it had room for.
    pub(super) fn tell(
        &self,
        w: &World<'_>,
        request: &Request,
        command: &Command,
    ) -> impl Future<Output = Result<Option<(u32, Instant)>, Failure>> {
        self.command(w, request, command, 0, Answer::took)
    }

    /// The key's copies pass their TTL now.
    pub(super) fn expire(&self, w: &World<'_>, group: usize, key: u32) {
        for copy in 0..copies_of(w, group) {
            let key = w.keys.borrow().copy(group, key, copy);
            let shard = self.cluster.shard_of(w, group, key);
            self.cluster.change(shard, Change::Expire(key, self.rules.freshness.kept()), w.engine.now());
        }
    }

    /// Each node does what it would have done by itself by now.
    pub(super) fn catch_up(&self, now: Instant) {
        self.cluster.catch_up(now);
    }

    /// FLUSHALL on every node.
    pub(super) fn flush(&self, now: Instant) {
        (0..self.cluster.shards.len() as u32)
            .for_each(|shard| self.cluster.change(shard, Change::Flush, now));
    }

    /// Those nodes that are not kept in reserve.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.cluster.in_use()
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.cluster.nodes.iter().flat_map(|node| &node.pools)
    }

    /// Every server, and the lines of every node's network, where these have a limit.
    pub(super) fn servers(&self) -> impl Iterator<Item = &Server> {
        self.cluster.nodes.iter().flat_map(|node| std::iter::once(&node.server).chain(node.lines()))
    }

    /// What is there to be served, but for copies of it.
    pub(super) fn stores(&self) -> impl Iterator<Item = &RefCell<Store>> {
        self.cluster.primaries().map(|node| &node.store)
    }

    /// Commands executed so far.
    pub(super) fn commands(&self) -> u64 {
        self.cluster.nodes.iter().map(Node::commands).sum()
    }

    /// Commands refused so far because memory was full.
    pub(super) fn refused(&self) -> u64 {
        self.cluster.primaries().map(Node::refused).sum()
    }

    /// Copies not stored so far because their key was deleted after they were read.
    pub(super) fn outdated(&self) -> u64 {
        self.cluster.nodes.iter().map(Node::outdated).sum()
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.flights.is_at_rest() && self.pools().all(Pool::is_at_rest)
    }
}

#[inline]
fn copies_of(w: &World<'_>, group: usize) -> u32 {
    w.model.workload.keys[group].copies
}

/// Something comes in over a node's network, until then.
fn note_entry(w: &World<'_>, node: &Node, request: &Request, enters: Instant) {
    note!(w, move |spans| {
        spans.add(request, Place::Redis(node.number), Kind::Network, (w.engine.now(), enters));
    });
}

/// The answer is there then.
fn arrive<'w>(w: &'w World<'_>, request: &Request, when: Instant) -> Wait<'w, Job> {
    note!(w, move |spans| {
        spans.add(request, Place::App(request.instance), Kind::Network, (w.engine.now(), when));
    });
    w.engine.sleep_until(when)
}

fn record_wait(w: &World<'_>, waited: Duration, got_it: bool) {
    let mut record = w.record.borrow_mut();
    record.layers.redis_pool.as_mut().expect("a cluster that is asked is recorded").count(waited, got_it);
}
