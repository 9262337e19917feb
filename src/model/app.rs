//! The application: instances behind a load balancer, each with workers and a bounded queue.
//!
//! A worker is held for as long as its request takes, waiting for caches and databases included: threads
//! of a blocking server. With `workers = "none"` an instance takes any number at once, as an event loop
//! does.

use super::balancer::{Balance, Balancer, balance};
use super::bloom::{BloomFilter, BloomSpec};
use super::job::Job;
use super::kinds::{count_or_none, time_distribution};
use super::link::Link;
use super::origin;
use super::read_through::read_through;
use super::request::{Reply, Request};
use super::spans::{from, in_front_of, note};
use super::world::World;
use super::write::write;
use crate::engine::{Engine, Gathers, Gauge, Lane, Pool, Ticket};
use crate::measure::{Failure, InstancesRecord, Kind, Place};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, count};
use crate::time::{Duration, Instant};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::ops::Range;

/// Settings of the application.
#[derive(Clone, Debug, PartialEq)]
pub struct AppSpec {
    /// How many instances.
    pub instances: u32,
    /// Requests that one works on at the same time; none is any number.
    pub workers: Option<u32>,
    /// Requests that may wait for a worker.
    pub queue: u32,
    /// How the balancer chooses.
    pub balance: Balance,
    /// From the client to an instance and back, in nanoseconds.
    pub round_trip: Distribution,
    /// The instance's own work on a request, in nanoseconds.
    pub work: Distribution,
    /// What each instance knows of which keys exist.
    pub bloom_filter: Option<BloomSpec>,
}

impl AppSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::APP);
        Self {
            instances: r
                .field("instances", "How many instances.", count(1..=10_000u32))
                .known_as(&["replicas", "pods", "servers", "count", "nodes"])
                .or(1),
            workers: r
                .field(
                    "workers",
                    "Requests that an instance works on at the same time, held to their end; \"none\" for any \
                     number. Default: Tomcat's maxThreads.",
                    count_or_none(),
                )
                .or_written("200"),
            queue: r
                .field(
                    "queue",
                    "Requests that may wait for a worker; more are refused. Default: Tomcat's maxConnections.",
                    count(0..=10_000_000u32),
                )
                .or(8192),
            balance: r.field("balance", "How the load balancer chooses an instance.", balance()).or(Balance::RoundRobin),
            round_trip: r
                .field("round_trip", "From the client to an instance and back.", time_distribution())
                .or_written(r#""0 s""#),
            work: r
                .field(
                    "work",
                    "The instance's own work on a request, caches and database not included.",
                    time_distribution(),
                )
                .or_written(r#""0 s""#),
            bloom_filter: BloomSpec::field(r),
        }
    }
}

/// The application.
pub struct App {
    instances: Vec<Instance>,
    balancer: Balancer,
    link: Link,
    work: Distribution,
    draws: Stream,
    /// How many instances there are to be.
    wanted: Cell<u32>,
    up: Gauge,
    /// Fewest that were up since the window began.
    up_min: Cell<u64>,
    /// Changes of instances under way.
    pub(super) rollouts: Gathers<()>,
    pub(super) warming: Stream,
    bloom_filter: Option<BloomFilter>,
}

/// One instance.
pub struct Instance {
    workers: Option<Pool>,
    in_progress: Cell<u32>,
    /// How many reasons there are for it to take no traffic.
    away: Cell<u32>,
    /// How many reasons there are for it not to exist; fewer than none while it goes and has been called back already.
    missing: Cell<i32>,
    /// 1 while it exists.
    exists: Gauge,
    /// Who waits until it has nothing in progress.
    drains: RefCell<Vec<Ticket>>,
}

impl Instance {
    pub(super) fn in_progress(&self) -> u32 {
        self.in_progress.get()
    }

    fn count_missing(&self, now: Instant, more: i32) {
        self.missing.set(self.missing.get() + more);
        self.exists.set(now, u64::from(self.missing.get() <= 0));
    }
}

impl App {
    /// With places for so many instances as there will ever be.
    pub(super) fn new(
        spec: &AppSpec,
        places: u32,
        engine: &Engine<Job>,
        stream: impl Fn(&str) -> Stream,
    ) -> Self {
        let instance = |place: u32| {
            let exists = Gauge::default();
            exists.set(engine.now(), u64::from(place < spec.instances));
            Instance {
                workers: spec.workers.map(|workers| Pool::new(workers, spec.queue)),
                in_progress: Cell::new(0),
                away: Cell::new(u32::from(place >= spec.instances)),
                missing: Cell::new(i32::from(place >= spec.instances)),
                exists,
                drains: RefCell::default(),
            }
        };
        let up = Gauge::default();
        up.set(engine.now(), spec.instances.into());
        Self {
            instances: (0..places).map(instance).collect(),
            balancer: Balancer::new(spec.balance, spec.instances, places, stream("app.balance")),
            link: Link::new(engine, &spec.round_trip, stream("app.round_trip")),
            work: spec.work.clone(),
            draws: stream("app.work"),
            wanted: Cell::new(spec.instances),
            up,
            up_min: Cell::new(spec.instances.into()),
            rollouts: Gathers::default(),
            warming: stream("app.warming"),
            bloom_filter: spec
                .bloom_filter
                .as_ref()
                .map(|spec| BloomFilter::new(spec, stream("app.bloom_filter"))),
        }
    }

    /// How many places for instances there are.
    pub(super) fn instances(&self) -> usize {
        self.instances.len()
    }

    /// The balancer leaves these instances out, and what they have begun they finish.
    pub(super) fn take_away(&self, now: Instant, range: Range<usize>) {
        self.count_away(now, range, |reasons| reasons + 1);
    }

    /// These may take traffic; one that is away for another reason comes with the last of them.
    pub(super) fn bring_back(&self, now: Instant, range: Range<usize>) {
        self.count_away(now, range, |reasons| reasons - 1);
    }

    fn count_away(&self, now: Instant, range: Range<usize>, count: fn(u32) -> u32) {
        self.instances[range].iter().for_each(|instance| instance.away.set(count(instance.away.get())));
        let up = || (0..self.instances.len()).filter(|place| self.is_up(*place));
        self.balancer.chooses_among(up());
        self.up.set(now, up().count() as u64);
        self.up_min.set(self.up_min.get().min(self.up.level()));
    }

    pub(super) fn is_up(&self, place: usize) -> bool {
        self.instances[place].away.get() == 0
    }

    /// Whether there is an instance in this place: others come with a later `scale`, or have gone with one.
    pub(super) fn exists(&self, place: usize) -> bool {
        self.instances[place].exists.level() > 0
    }

    /// An instance that is new has been started.
    pub(super) fn appears(&self, now: Instant, place: usize) {
        self.instances[place].count_missing(now, -1);
    }

    /// An instance has ended, and none takes its place.
    pub(super) fn vanishes(&self, now: Instant, place: usize) {
        self.instances[place].count_missing(now, 1);
    }

    /// For which share of the window that ends now each instance was there.
    pub(super) fn shares(&self, now: Instant) -> Vec<f64> {
        self.instances.iter().map(|instance| instance.exists.mean(now)).collect()
    }

    /// How many instances there are to be.
    pub(super) fn wanted(&self) -> u32 {
        self.wanted.get()
    }

    /// From now on there are to be so many; yields how many were.
    pub(super) fn want(&self, instances: u32) -> u32 {
        self.wanted.replace(instances)
    }

    /// Waits until an instance has nothing in progress, at most so long.
    pub(super) fn drain<'a>(
        &'a self,
        engine: &'a Engine<Job>,
        place: usize,
        limit: Lane,
    ) -> impl Future<Output = ()> + 'a {
        async move {
            let instance = &self.instances[place];
            if instance.in_progress() > 0 {
                let ticket = engine.ticket();
                instance.drains.borrow_mut().push(ticket);
                engine.wait_within(ticket, limit).await;
            }
        }
    }

    /// An instance is done with a request.
    #[inline]
    fn is_done(&self, engine: &Engine<Job>, instance: u16) {
        let Some(instance) = self.instances.get(usize::from(instance)) else { return };
        if instance.in_progress() == 0 && !instance.drains.borrow().is_empty() {
            instance.drains.borrow_mut().drain(..).for_each(|ticket| _ = engine.wake(ticket));
        }
    }

    /// The window begins.
    pub(super) fn begin_window(&self, now: Instant) {
        self.up.reset(now);
        self.up_min.set(self.up.level());
        self.instances.iter().for_each(|instance| instance.exists.reset(now));
    }

    /// Takes the number of instances over the window that ends now.
    pub(super) fn close(&self, record: &mut InstancesRecord, now: Instant) {
        record.up_mean = self.up.mean(now);
        record.up_min = self.up_min.get();
        record.up_max = self.up.max();
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.instances.iter().filter_map(|instance| instance.workers.as_ref())
    }
}

/// One attempt at a request, from the client's socket and back to it.
pub(super) fn serve(w: &World<'_>, request: &mut Request) -> impl Future<Output = Reply> {
    async move {
        w.app.link.pass(&w.engine, request.ordinal, 0).await;
        let reply = 'served: {
            let Some(chosen) = w.app.balancer.choose(&w.app.instances, request) else {
                break 'served Err(Failure::AppDown);
            };
            request.instance = chosen as u16;
            let instance = &w.app.instances[chosen];
            let _in_progress = InProgress::begin(instance);
            let _worker = match &instance.workers {
                None => {
                    note_arrival(w, request, w.engine.now(), true);
                    None
                }
                Some(workers) => {
                    let asked = w.engine.now();
                    let acquired = workers.acquire(&w.engine, None).await;
                    record_wait(w, w.engine.now() - asked, acquired.is_ok());
                    note_arrival(w, request, asked, acquired.is_ok());
                    let Ok(acquired) = acquired else { break 'served Err(Failure::AppQueueFull) };
                    Some(acquired)
                }
            };
            if w.app.work != Distribution::Constant(0.0) {
                let nanos = w.app.work.sample(&mut w.app.draws.at(request.ordinal));
                w.engine.sleep_until(w.engine.now() + Duration::from_nanos_f64(nanos)).await;
            }
            if request.write {
                write(w, request).await
            } else if w.is_page(request.group) {
                w.call_reply(Job::Page(*request)).await
            } else {
                read(w, request).await
            }
        };
        w.app.is_done(&w.engine, request.instance);
        let asker = &*request;
        note!(w, move |spans| {
            let (front, takes) = (in_front_of(w, asker, None), w.app.link.takes(asker.ordinal, 1));
            spans.departs(asker, front, takes, w.engine.now(), reply);
        });
        // A refusal takes the same way back.
        w.app.link.pass(&w.engine, request.ordinal, 1).await;
        reply
    }
}

/// A request that an instance works on, for as long as this lives.
struct InProgress<'a>(&'a Instance);

impl<'a> InProgress<'a> {
    fn begin(instance: &'a Instance) -> Self {
        instance.in_progress.set(instance.in_progress.get() + 1);
        Self(instance)
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        self.0.in_progress.set(self.0.in_progress.get() - 1);
    }
}

fn record_wait(w: &World<'_>, waited: Duration, got_it: bool) {
    let mut record = w.record.borrow_mut();
    record.layers.workers.as_mut().expect("workers are recorded").count(waited, got_it);
}

/// A request came to its instance, waited for a worker until now, and is worked on.
#[inline]
fn note_arrival(w: &World<'_>, request: &Request, asked: Instant, got_it: bool) {
    note!(w, move |spans| {
        let (here, now) = (Place::App(request.instance), w.engine.now());
        let front = in_front_of(w, request, None);
        spans.arrives(request, (front, here), w.app.link.takes(request.ordinal, 0), asked);
        let failure = (!got_it).then_some(Failure::AppQueueFull);
        spans.add_result(request, here, Kind::Wait("wait for a worker"), (asked, now), failure);
        if got_it {
            let work = w.app.work.sample(&mut w.app.draws.at(request.ordinal));
            spans.add(request, here, Kind::Serve("work"), from(now, Duration::from_nanos_f64(work)));
        }
    });
}

/// A read of a key goes down through the layers that there are, as far as it must.
pub(super) fn read(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        if let Some(filter) = &w.app.bloom_filter
            && let Some(nothing) = filter.rules_out(w, request)
        {
            return Ok(nothing);
        }
        match (w.process_for(request), w.redis_for(request)) {
            (Some(process), _) => read_through(w, process, request).await,
            (None, Some(redis)) => read_through(w, redis, request).await,
            (None, None) => origin::ask(w, request).await,
        }
    }
}

/// What an in-process cache asks: the shared cache, or the database.
pub(super) fn behind_process(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        match w.redis_for(request) {
            Some(redis) => read_through(w, redis, request).await,
            None => origin::ask(w, request).await,
        }
    }
}
