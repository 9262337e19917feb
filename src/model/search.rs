//! A search engine: a derived view of the source of truth, which answers queries and lags behind.
//!
//! A query searches every shard at the same time, one copy of each, and waits for the slowest. Each copy is on a node
//! with workers and a bounded queue. A query whose caller has left runs on to its end. What a copy shows is in
//! `search_index.rs`; writes go to the database, which tells the index what it has committed.

use super::condition::{Condition, Outage};
use super::downstream::{begin_call, draws};
use super::event::Event;
use super::guard::Guard;
use super::job::{Answer, Job};
use super::link::Link;
use super::origin::OriginSpec;
use super::request::{ATTEMPT_SHIFT, Reply, Request};
use super::search_index::Index;
use super::search_spec::{Preference, SearchSpec};
use super::spans::note;
use super::truth::value;
use super::world::World;
use crate::engine::{Engine, Lane, Pool, Ticket};
use crate::measure::{CallsRecord, Failure, Kind, Layer, Place};
use crate::quantity::Rate;
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::{Duration, Instant};
use std::cell::{Cell, RefCell};
use std::future::Future;

/// The search engine.
pub struct Search {
    pub(super) guard: Option<Guard>,
    index: RefCell<Index>,
    nodes: Vec<Pool>,
    shards: u32,
    copies: u32,
    preference: Preference,
    query: Distribution,
    /// Share of the queries that are complex, and how long these take.
    complex: Option<(f64, Distribution)>,
    link: Link,
    timeout: Option<(Duration, Lane)>,
    condition: Condition,
    streams: Streams,
    /// Queries under way, by their places.
    queries: RefCell<Vec<Query>>,
    free: RefCell<Vec<u32>>,
    under_way: Cell<u32>,
}

struct Streams {
    query: Stream,
    complex: Stream,
    preference: Stream,
    routing: Stream,
}

/// A query under way.
#[derive(Clone, Copy)]
struct Query {
    request: Request,
    /// The how many-th of its key it is.
    nth: u32,
    is_complex: bool,
    /// Shards that have yet to answer.
    shards_left: u32,
    /// A node had no room for it.
    refused: bool,
    /// What the key's shard has shown, and when.
    version: u32,
    read_at: Instant,
    /// Who waits for the last shard.
    waits: Option<Ticket>,
}

impl Search {
    pub(super) fn new(
        spec: &SearchSpec,
        instances: u32,
        events: &[Event],
        engine: &Engine<Job>,
        stream: impl Fn(&str) -> Stream,
    ) -> Self {
        Self {
            guard: Guard::new(Layer::Search, &spec.guard, instances),
            index: RefCell::new(Index::new(spec, events, stream("search.refresh"), stream("search.lag"))),
            nodes: (0..spec.nodes).map(|_| Pool::new(spec.workers, spec.queue)).collect(),
            shards: spec.shards,
            copies: spec.copies,
            preference: spec.preference,
            query: spec.query.clone(),
            complex: spec.complex.as_ref().map(|complex| (complex.share.0, complex.query.clone())),
            link: Link::new(engine, &spec.round_trip, stream("search.round_trip")),
            timeout: spec.timeout.map(|limit| (limit, engine.lane(limit))),
            condition: Condition::of(Layer::Search, events),
            streams: Streams {
                query: stream("search.query"),
                complex: stream("search.complex"),
                preference: stream("search.preference"),
                routing: stream("search.routing"),
            },
            queries: RefCell::default(),
            free: RefCell::default(),
            under_way: Cell::new(0),
        }
    }

    /// Sends a query and waits for its result.
    pub(super) fn ask(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
        async move {
            let asked = w.engine.now();
            let reply = match self.timeout {
                None => w.call_reply(Job::Search(*request)).await,
                Some((_, limit)) => {
                    let answer = w.engine.call_within(limit, Job::Search(*request)).await;
                    answer.map_or(Err(Failure::SearchTimeout), Answer::reply)
                }
            };
            record(w, |calls| calls.answered(w.engine.now() - asked, reply.is_ok()));
            w.note_here(request, Kind::Call(Layer::Search), asked, move || reply.err());
            reply
        }
    }

    /// The job of one query, from the caller's socket and back to it.
    pub(super) fn query(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
        async move {
            w.note_passage(&self.link, request, 0);
            self.link.pass(&w.engine, request.ordinal, 0).await;
            let result = match (self.condition.outage(w.engine.now()), self.timeout) {
                (None, _) => self.search_all(w, request).await,
                (Some(outage), patience) => {
                    if let (Outage::Hangs, Some((patience, _))) = (outage, patience) {
                        // Longer than the caller's patience: it has left by then.
                        w.engine.sleep_until(w.engine.now() + patience).await;
                    }
                    Err(Failure::SearchDown)
                }
            };
            w.note_passage(&self.link, request, 1);
            self.link.pass(&w.engine, request.ordinal, 1).await;
            result
        }
    }

    /// All shards but the first are searched by tasks of their own.
    fn search_all(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
        async move {
            record(w, |calls| calls.call(w.engine.now(), request.group.into()));
            let query = self.begin(w, request);
            (1..self.shards).for_each(|shard| w.engine.spawn(Job::Shard { query, shard }));
            self.search(w, query, 0).await;
            if self.queries.borrow()[query as usize].shards_left > 0 {
                self.queries.borrow_mut()[query as usize].waits = Some(w.engine.ticket());
                w.engine.wait().await;
            }
            self.free.borrow_mut().push(query);
            self.under_way.set(self.under_way.get() - 1);
            let query = self.queries.borrow()[query as usize];
            if query.refused {
                return Err(Failure::SearchQueueFull);
            }
            let mut answer = value(w, request, query.version, query.read_at);
            answer.from = Layer::Search;
            Ok(answer)
        }
    }

    fn begin(&self, w: &World<'_>, request: &Request) -> u32 {
        let nth = begin_call(w, request);
        let is_complex = self
            .complex
            .as_ref()
            .is_some_and(|(share, _)| draws(self.streams.complex, request, nth).chance(*share));
        let query = Query {
            request: *request,
            nth,
            is_complex,
            shards_left: self.shards,
            refused: false,
            version: 0,
            read_at: w.engine.now(),
            waits: None,
        };
        self.under_way.set(self.under_way.get() + 1);
        let mut queries = self.queries.borrow_mut();
        let Some(free) = self.free.borrow_mut().pop() else {
            queries.push(query);
            return queries.len() as u32 - 1;
        };
        queries[free as usize] = query;
        free
    }

    /// Searches one shard for a query; the last one to be done wakes the query.
    pub(super) fn search(&self, w: &World<'_>, query: u32, shard: u32) -> impl Future<Output = ()> {
        async move {
            let arrived = w.engine.now();
            let copy = self.copy(&self.queries.borrow()[query as usize].request, shard);
            let number = ((shard + copy) as usize) % self.nodes.len();
            let node = &self.nodes[number];
            let worker = node.acquire(&w.engine, None).await;
            let now = w.engine.now();
            {
                let record = &mut w.record.borrow_mut().layers.search_workers;
                let record = record.as_mut().expect("a search engine that is asked is recorded");
                record.count(now - arrived, worker.is_ok());
            }
            let told = |kind, when, failure| {
                note!(w, |spans| {
                    let (queries, here) = (self.queries.borrow(), Place::Search(number as u16));
                    spans.add_result(&queries[query as usize].request, here, kind, when, failure);
                });
            };
            let failure = worker.is_err().then_some(Failure::SearchQueueFull);
            told(Kind::Wait("wait for a search worker"), (arrived, now), failure);
            if worker.is_ok() {
                let nanos = self.look(query, shard, copy, now) * self.condition.factor(now);
                let ends = now + Duration::from_nanos_f64(nanos);
                told(Kind::Serve("search a shard"), (now, ends), None);
                w.engine.sleep_until(ends).await;
            }
            let query = &mut self.queries.borrow_mut()[query as usize];
            query.refused |= worker.is_err();
            query.shards_left -= 1;
            if let (0, Some(waits)) = (query.shards_left, query.waits) {
                w.engine.wake(waits);
            }
        }
    }

    /// A worker begins with a shard: what it shows, and how long it takes in nanoseconds.
    fn look(&self, query: u32, shard: u32, copy: u32, now: Instant) -> f64 {
        let query = &mut self.queries.borrow_mut()[query as usize];
        let request = query.request;
        let mut index = self.index.borrow_mut();
        index.rouse(shard, copy, now);
        if index.shard_of(request.key, self.streams.routing) == shard {
            query.version = index.version(request.key, shard, copy, now);
            query.read_at = now;
        }
        let takes = match &self.complex {
            Some((_, complex)) if query.is_complex => complex,
            _ => &self.query,
        };
        takes.sample(&mut draws(self.streams.query.of(shard.into()), &request, query.nth))
    }

    /// Which copy of a shard a request goes to.
    fn copy(&self, request: &Request, shard: u32) -> u32 {
        let draws = match self.preference {
            _ if self.copies == 1 => return 0,
            Preference::Any => self.streams.preference.of(request.ordinal),
            Preference::Sticky => self.streams.preference.of(u64::from(request.user) | 1 << 63),
        };
        draws.at(shard.into()).below(self.copies.into()) as u32
    }

    /// The database has committed a version of a key.
    pub(super) fn ship(&self, request: &Request, version: u32, now: Instant) {
        self.index.borrow_mut().ship(request.key, version, request.ordinal, now);
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.nodes.iter()
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.under_way.get() == 0 && self.guard.as_ref().is_none_or(Guard::is_at_rest)
    }
}

/// The part of the event that builds the index anew which others notice: reads of the database, row by row, through the
/// connections of the instances in turn.
pub(super) fn scan(w: &World<'_>, event: usize, until: Instant, reads: Rate) -> impl Future<Output = ()> {
    async move {
        let groups: Vec<u16> = (0..)
            .zip(&w.model.workload.keys)
            .filter(|(_, group)| matches!(group.origin, OriginSpec::Search(_)))
            .map(|(index, _)| index)
            .collect();
        let keys = groups.iter().flat_map(|group| {
            let count = w.keys.borrow().range(usize::from(*group)).len() as u32;
            (0..count).map(move |rank| (*group, rank))
        });
        let from = w.engine.now();
        for (n, (group, rank)) in (0u64..).zip(keys.cycle()) {
            if reads.0 <= 0.0 {
                return;
            }
            let at = from + Duration::from_nanos_f64(n as f64 * 1e9 / reads.0);
            // A rebuild that is not done at the end of the run stops there.
            if at >= until.min(w.end) {
                return;
            }
            w.engine.sleep_until(at).await;
            let instance = (n % u64::from(w.model.app.instances)) as u16;
            // Requests have no attempt as late as this.
            let ordinal = u64::MAX << ATTEMPT_SHIFT | (event as u64) << SCAN_BITS | n;
            let request = w.request(ordinal, group, rank);
            w.engine.spawn(Job::Scan(Request { instance, ..request }));
        }
    }
}

/// Bits of an ordinal that count the reads of one rebuild; there are 1,000 events at most.
const SCAN_BITS: u32 = ATTEMPT_SHIFT - 10;

fn record(w: &World<'_>, what: impl FnOnce(&mut CallsRecord)) {
    what(w.record.borrow_mut().layers.search.as_mut().expect("a search engine that is asked is recorded"));
}
