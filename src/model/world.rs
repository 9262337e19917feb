//! The simulated system while a replication runs: its parts, the source of truth, and what is recorded.

use super::Model;
use super::app::App;
use super::consistency::Needs;
use super::database::Database;
use super::event::Event;
use super::http_cache::HttpCache;
use super::http_cache_spec::HttpCacheSpec;
use super::in_service::InService;
use super::job::Job;
use super::keyspace::Keyspace;
use super::origin::Origins;
use super::page::Pages;
use super::prepare::Prepared;
use super::process::{Process, ProcessSpec};
use super::read_through::Cache as _;
use super::redis::Redis;
use super::representation::Representations;
use super::request::Request;
use super::session::Sessions;
use super::source::{Source, sources};
use super::spans::Recorder;
use super::trace_spec::Replay;
use super::traffic::ArrivalSpec;
use super::truth::Truth;
use super::window::Counted;
use super::write::{Writes, takes_long_ways};
use crate::engine::{Engine, Lane};
use crate::measure::{
    InstancesRecord, Layer, Moments, PageRecord, PoolRecord, ProcessRecord, Record, Timeline,
};
use crate::random::Stream;
use crate::time::{Duration, Instant};
use crate::workload::trace::TraceError;
use std::cell::{Cell, RefCell};

/// Named streams of draws that no single mechanism owns.
pub struct Streams {
    pub(super) groups: Stream,
    pub(super) keys: Stream,
    pub(super) users: Stream,
    pub(super) think: Stream,
    pub(super) backoff: Stream,
    pub(super) ttl_jitter: Stream,
    pub(super) early_refresh: Stream,
    pub(super) read_backs: Stream,
    pub(super) sessions: Stream,
    pub(super) session_thinks: Stream,
}

impl Streams {
    fn new(stream: impl Fn(&str) -> Stream) -> Self {
        Self {
            groups: stream("client.groups"),
            keys: stream("client.keys"),
            users: stream("client.users"),
            think: stream("client.think"),
            backoff: stream("client.backoff"),
            ttl_jitter: stream("cache.ttl_jitter"),
            early_refresh: stream("cache.early_refresh"),
            read_backs: stream("client.read_backs"),
            sessions: stream("client.sessions"),
            session_thinks: stream("client.session_thinks"),
        }
    }
}

/// All of one replication.
pub struct World<'m> {
    pub(super) model: &'m Model,
    pub(super) prepared: &'m Prepared,
    pub(super) engine: Engine<Job>,
    pub(super) end: Instant,
    pub(super) client_limit: Option<Lane>,
    pub(super) streams: Streams,
    pub(super) sources: Vec<Source>,
    /// Running sums of the groups' shares, the last one 1.
    pub(super) shares: Vec<f64>,
    pub(super) keys: RefCell<Keyspace>,
    pub(super) truth: RefCell<Truth>,
    pub(super) representations: Representations,
    /// Whether any key group wants anything of its users' reads.
    pub(super) has_needs: bool,
    /// What users remember, if that matters to any key group.
    pub(super) sessions: Option<RefCell<Sessions>>,
    pub(super) app: App,
    /// Caches on the way to the application, in the order in which requests come to them.
    pub(super) http_caches: Vec<HttpCache>,
    /// What the application puts together.
    pub(super) pages: Option<Pages>,
    pub(super) process: Option<Process>,
    pub(super) redis: Option<Redis>,
    pub(super) database: Option<Database>,
    pub(super) origins: Origins,
    pub(super) writes: Option<Writes>,
    pub(super) record: RefCell<Record>,
    pub(super) replay: Option<RefCell<Replay<'m>>>,
    pub(super) trace_error: RefCell<Option<TraceError>>,
    /// Counters of the parts at the end of the warm-up.
    pub(super) before: Cell<Counted>,
    /// Areas under the database's queue and its busy workers when the last bucket ended.
    pub(super) areas: Cell<[u128; 2]>,
    /// Area under all that wait, when it was last written down.
    pub(super) waiting_area: Cell<u128>,
    /// The first bucket for which that is still to be done, and how many pools there are.
    pub(super) waiting_at: Cell<[usize; 2]>,
    /// Who watches single requests, if anybody does.
    pub(super) recorder: Option<Box<RefCell<Recorder>>>,
}

impl<'m> World<'m> {
    #[expect(clippy::too_many_lines, reason = "one entry for each part, all alike")]
    pub(super) fn new(prepared: &'m Prepared, replication: u64) -> Result<Self, TraceError> {
        let model = prepared.model();
        let stream = |purpose: &str| Stream::new(model.seed, replication, purpose);
        let engine = Engine::new();
        let end = prepared.end();
        let instances = model.instances_max();
        let workload = &model.workload;
        let replay = prepared.replay()?;
        let keys = match &replay {
            Some(_) => Keyspace::of_trace(&workload.keys[0], stream("keys.size")),
            None => Keyspace::of_groups(&workload.keys, stream("keys.size")),
        };
        let mut record =
            Record::new(Timeline::for_run(end - Instant::ZERO), model.warmup_end(), end, workload.keys.len());
        record.moments = Moments::new(end - Instant::ZERO, model.events.iter().any(Event::happens));
        if replication == 0 {
            record.expect_parts();
        }
        record.event_ends = model.events.iter().map(|event| event.known_end(end)).collect();
        record.first_event = model.first_event(end);
        let process = model.process.is_some().then_some(Layer::Process);
        let redis = model.redis.is_some().then_some(Layer::Redis);
        let origins = [
            model.database.is_some().then_some(Layer::Database),
            model.search.is_some().then_some(Layer::Search),
            (!model.downstream.is_empty()).then_some(Layer::Downstream),
        ];
        let http_caches: Vec<&HttpCacheSpec> = model.http_caches().collect();
        let layers = http_caches.iter().map(|http_cache| http_cache.layer);
        let layers: Vec<Layer> =
            layers.chain([process, redis].into_iter().chain(origins).flatten()).collect();
        record.expect(&layers, model.app.workers.is_some());
        let reads_disks = model.database.as_ref().is_some_and(|spec| spec.buffer_pool.is_some());
        record.layers.database_disks = reads_disks.then(PoolRecord::default);
        let pages = Pages::new(&workload.keys, stream);
        let is_choosy = model.process.as_ref().is_some_and(ProcessSpec::is_choosy);
        record.layers.process = is_choosy.then(ProcessRecord::default);
        record.layers.instances = model.rolls_out().then(InstancesRecord::default);
        record.layers.bloom = model.app.bloom_filter.as_ref().map(|spec| spec.new_record(&workload.keys));
        record.layers.pages = pages.as_ref().map(|_| PageRecord::new(&layers));
        let origins = Origins::new(model, &engine, stream);
        origins.expect(&mut record);
        if takes_long_ways(model) {
            record.expect_writes(model.bus.is_some());
        }
        Ok(Self {
            client_limit: model.client.timeout.map(|limit| engine.lane(limit)),
            streams: Streams::new(stream),
            sources: sources(workload, &model.events, end, stream),
            shares: shares(workload.keys.iter().map(|group| group.share)),
            truth: RefCell::new(
                Truth::new(keys.count(), model.longest_life()).watched(InService::of(model, &keys, end)),
            ),
            has_needs: workload.keys.iter().any(|group| group.needs != Needs::default()),
            sessions: Sessions::of(model).map(RefCell::new),
            keys: RefCell::new(keys),
            representations: Representations::new(&workload.dimensions, &workload.keys, stream),
            app: App::new(&model.app, instances, &engine, stream),
            http_caches: (1..)
                .zip(&http_caches)
                .map(|(behind, spec)| {
                    let behind = http_caches.get(behind).map(|behind| behind.layer);
                    HttpCache::new(spec, workload, behind, &engine, stream)
                })
                .collect(),
            pages,
            process: model
                .process
                .as_ref()
                .map(|spec| Process::new(spec, &workload.keys, instances, stream("process.evictions"))),
            redis: model
                .redis
                .as_ref()
                .map(|spec| Redis::new(spec, &workload.keys, instances, &model.events, &engine, stream)),
            database: model
                .database
                .as_ref()
                .map(|spec| Database::new(spec, instances, &model.events, &engine, stream)),
            origins,
            writes: Writes::new(model, stream),
            record: RefCell::new(record),
            replay: replay.map(RefCell::new),
            trace_error: RefCell::default(),
            before: Cell::default(),
            areas: Cell::default(),
            waiting_area: Cell::default(),
            waiting_at: Cell::default(),
            recorder: None,
            model,
            prepared,
            engine,
            end,
        })
    }

    /// Starts all that goes on by itself.
    pub(super) fn start(&self) {
        if self.model.warmup > Duration::ZERO {
            self.engine.spawn(Job::BeginWindow);
        }
        (0..self.sources.len()).for_each(|source| self.engine.spawn(Job::Arrive(source as u16)));
        if self.replay.is_some() {
            self.engine.spawn(Job::Replay);
        }
        if let ArrivalSpec::Closed(users, _) = self.model.workload.arrivals {
            (0..users).for_each(|user| self.engine.spawn(Job::User(user)));
        }
        for (index, event) in self.model.events.iter().enumerate() {
            if let Some(job) = Job::of_event(index, event) {
                self.engine.spawn(job);
            }
        }
        self.engine.spawn(Job::Sample);
        self.engine.spawn(Job::EndWindow);
    }

    /// The layers before the application that can be purged.
    pub(super) fn purgeable(&self) -> impl Iterator<Item = Layer> {
        self.http_caches.iter().filter(|http_cache| http_cache.is_purgeable()).map(HttpCache::layer)
    }

    /// The cache in the processes, if there is one and it has keys of the request's group.
    #[inline]
    pub(super) fn process_for(&self, request: &Request) -> Option<&Process> {
        self.process.as_ref().filter(|process| process.keeps(request))
    }

    /// The shared cache, if there is one and it has keys of the request's group.
    #[inline]
    pub(super) fn redis_for(&self, request: &Request) -> Option<&Redis> {
        self.redis.as_ref().filter(|redis| redis.keeps(request))
    }

    /// The caches of a layer before the application.
    pub(super) fn http_cache(&self, layer: Layer) -> Option<&HttpCache> {
        self.http_caches.iter().find(|http_cache| http_cache.layer() == layer)
    }

    /// Whether the warm-up is over, and arrivals are not.
    pub(super) fn is_measuring(&self) -> bool {
        (self.model.warmup_end()..self.end).contains(&self.engine.now())
    }
}

/// Running sums of shares, the last one 1.
pub(super) fn shares(shares: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let total: f64 = shares.clone().sum();
    // Rounded sums may end below 1. What lies above belongs to the last one that has a share.
    let last = shares.clone().enumerate().filter(|(_, share)| *share > 0.0).last().map(|(place, _)| place);
    let sums = shares.enumerate().scan(0.0, move |sum, (place, share)| {
        *sum += share / total;
        Some(if Some(place) >= last { 1.0 } else { *sum })
    });
    sums.collect()
}
