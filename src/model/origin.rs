//! The origins of the application: who answers what its caches do not have, and who takes its writes.
//!
//! A key group has one: the database, the search engine, which is derived from the database and takes no writes, or
//! a downstream service. Whatever is not a database without a guard is asked by a job of its own, so that others do
//! not pay for it.

use super::Model;
use super::batch;
use super::downstream::Service;
use super::guard::Guard;
use super::job::Job;
use super::request::{Reply, Request};
use super::search::Search;
use super::together::MessageId;
use super::truth::value;
use super::world::World;
use super::write;
use crate::engine::{Engine, Pool};
use crate::measure::{Failure, Layer, Place, PoolRecord, Record};
use crate::random::Stream;
use crate::scenario::Spanned;
use crate::time::Instant;
use std::future::Future;

/// Who answers the reads of a key group.
#[derive(Clone, Debug, PartialEq)]
pub enum OriginSpec {
    /// The database, or without one the source of truth itself.
    Database,
    /// The search engine.
    Search(Spanned<()>),
    /// The service of this name.
    Downstream(Spanned<String>),
}

impl OriginSpec {
    /// What a key group's `origin` means.
    pub(super) fn named(name: Spanned<String>) -> Self {
        match name.value.as_str() {
            "database" => Self::Database,
            "search" => Self::Search(Spanned { value: (), span: name.span }),
            _ => Self::Downstream(name),
        }
    }
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Database,
    Search,
    /// By its place among the services.
    Downstream(u16),
}

impl Origin {
    fn layer(self) -> Layer {
        match self {
            Self::Database => Layer::Database,
            Self::Search => Layer::Search,
            Self::Downstream(_) => Layer::Downstream,
        }
    }
}

/// All origins but the database, and what stands before that one and before Redis.
pub struct Origins {
    /// There is the database and nothing else, no guard before it, and nobody counts what pages ask: the short way.
    is_plain: bool,
    /// By key group: who is asked by reads, and by writes.
    groups: Vec<[Origin; 2]>,
    database_guard: Option<Guard>,
    redis_guard: Option<Guard>,
    search: Option<Search>,
    services: Vec<Service>,
}

impl Origins {
    pub(super) fn new(model: &Model, engine: &Engine<Job>, stream: impl Fn(&str) -> Stream) -> Self {
        let instances = model.instances_max();
        let group = |origin: &OriginSpec| match origin {
            OriginSpec::Database => [Origin::Database; 2],
            OriginSpec::Search(_) => [Origin::Search, Origin::Database],
            OriginSpec::Downstream(name) => {
                let place = model.downstream.iter().position(|service| service.name == name.value);
                [Origin::Downstream(place.expect("the services of key groups are validated") as u16); 2]
            }
        };
        let database = model.database.as_ref().map(|spec| &spec.guard);
        let redis = model.redis.as_ref().map(|spec| &spec.guard);
        let groups: Vec<_> = model.workload.keys.iter().map(|spec| group(&spec.origin)).collect();
        let database_guard = database.and_then(|spec| Guard::new(Layer::Database, spec, instances));
        let has_pages = model.workload.keys.iter().any(|spec| spec.page.is_some());
        let is_database = |group: &[Origin; 2]| *group == [Origin::Database; 2];
        Self {
            is_plain: groups.iter().all(is_database) && database_guard.is_none() && !has_pages,
            groups,
            database_guard,
            redis_guard: redis.and_then(|spec| Guard::new(Layer::Redis, spec, instances)),
            search: model
                .search
                .as_ref()
                .map(|spec| Search::new(spec, instances, &model.events, engine, &stream)),
            services: model
                .downstream
                .iter()
                .map(|spec| Service::new(spec, instances, &model.events, engine, &stream))
                .collect(),
        }
    }

    fn of(&self, request: &Request) -> Origin {
        self.groups[usize::from(request.group)][usize::from(request.write)]
    }

    fn guard(&self, origin: Origin) -> Option<&Guard> {
        match origin {
            Origin::Database => self.database_guard.as_ref(),
            Origin::Search => self.search().guard.as_ref(),
            Origin::Downstream(number) => self.services[usize::from(number)].guard.as_ref(),
        }
    }

    fn guards(&self) -> impl Iterator<Item = &Guard> {
        let services = self.services.iter().filter_map(|service| service.guard.as_ref());
        let search = self.search.iter().filter_map(|search| search.guard.as_ref());
        self.redis_guard.iter().chain(&self.database_guard).chain(search).chain(services)
    }

    /// What stands before Redis: a breaker there ends what a slow cache does to its callers.
    pub(super) fn redis_guard(&self) -> Option<&Guard> {
        self.redis_guard.as_ref()
    }

    pub(super) fn search(&self) -> &Search {
        self.search.as_ref().expect("who is asked is there")
    }

    /// The service that a request is for.
    pub(super) fn service(&self, request: &Request) -> &Service {
        let Origin::Downstream(number) = self.of(request) else {
            unreachable!("this request is for a service")
        };
        &self.services[usize::from(number)]
    }

    /// The same, as a place.
    pub(super) fn place_of_service(&self, request: &Request) -> Place {
        match self.of(request) {
            Origin::Downstream(number) => Place::Downstream(number),
            _ => unreachable!("this request is for a service"),
        }
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.search.iter().flat_map(Search::pools).chain(self.services.iter().filter_map(Service::pool))
    }

    /// What is recorded beyond the calls of each origin.
    pub(super) fn expect(&self, record: &mut Record) {
        if self.services.iter().any(|service| service.pool().is_some()) {
            record.layers.downstream_workers = Some(PoolRecord::default());
        }
        for guard in self.guards() {
            let record = &mut record.layers.guards[guard.layer() as usize];
            *record = Some(record.map_or_else(|| guard.new_record(), |other| other.and(guard.new_record())));
        }
    }

    /// The window begins.
    pub(super) fn reset(&self, now: Instant) {
        self.guards().for_each(|guard| guard.reset(now));
    }

    /// Takes all levels at the end of arrivals. Instances were there for such shares of the window.
    pub(super) fn close(&self, record: &mut Record, shares: &[f64], now: Instant) {
        if let (Some(search), Some(workers)) = (&self.search, &mut record.layers.search_workers) {
            workers.close(search.pools(), now);
        }
        if let Some(workers) = &mut record.layers.downstream_workers {
            workers.close(self.services.iter().filter_map(Service::pool), now);
        }
        for (layer, record) in Layer::ALL.iter().zip(&mut record.layers.guards) {
            let Some(record) = record else { continue };
            let guards = self.guards().filter(|guard| guard.layer() == *layer);
            let all = guards.flat_map(|guard| guard.open_ratios(shares, now));
            let (open, there) = all.fold((0.0, 0.0), |(open, there), one| (open + one.0, there + one.1));
            record.open_ratio = open / there;
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.guards().all(Guard::is_at_rest) && self.search.as_ref().is_none_or(Search::is_at_rest)
    }
}

/// Reads or writes the origin of the request's key group.
pub(super) fn ask(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        if !w.origins.is_plain {
            let origin = w.origins.of(request);
            if origin == Origin::Database
                && let Some(seat) = batch::join(w, request)
            {
                w.engine.wait().await;
                return batch::take(w, seat);
            }
            w.count_call(origin.layer(), request);
            if origin != Origin::Database || w.origins.database_guard.is_some() {
                return w.call_reply(Job::Ask(*request)).await;
            }
        }
        ask_database(w, request).await
    }
}

/// The job of asking an origin that is guarded, or is not the database.
pub(super) fn ask_guarded(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        let origin = w.origins.of(request);
        let guard = w.origins.guard(origin);
        if let Some(guard) = guard {
            guard.enter(w, request)?;
        }
        let reply = match origin {
            Origin::Database => ask_database(w, request).await,
            Origin::Search => w.origins.search().ask(w, request).await,
            Origin::Downstream(_) => w.origins.service(request).ask(w, request).await,
        };
        if let Some(guard) = guard {
            guard.leave(w, request, reply.is_ok());
        }
        reply
    }
}

/// Reads several rows from the database with one statement.
pub(super) fn ask_for_rows(w: &World<'_>, first: &Request, rows: MessageId) -> impl Future<Output = Reply> {
    async move {
        let guard = w.origins.database_guard.as_ref();
        if let Some(guard) = guard {
            guard.enter(w, first)?;
        }
        let database = w.database.as_ref().expect("a batch is for a database");
        let reply = database.ask_for_rows(w, first, Some(rows)).await;
        if let Some(guard) = guard {
            guard.leave(w, first, reply.is_ok());
        }
        reply
    }
}

/// Reads or writes the database. Without one the source of truth takes no time.
pub(super) fn ask_database(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        if let Some(database) = &w.database {
            return database.ask(w, request).await;
        }
        let version = if request.write {
            commit(w, request, |_, _| {})?
        } else {
            w.truth.borrow_mut().database_version(request.key)
        };
        Ok(value(w, request, version, w.engine.now()))
    }
}

/// The statement of a write is at its end: what is derived from the source of truth learns of it. Yields the version;
/// see [`write::commit`].
pub(super) fn commit(
    w: &World<'_>,
    request: &Request,
    mut each: impl FnMut(u32, u32),
) -> Result<u32, Failure> {
    let now = w.engine.now();
    let is_searched = w.origins.groups[usize::from(request.group)][0] == Origin::Search;
    write::commit(w, request, |key, version| {
        if is_searched {
            w.origins.search().ship(&Request { key, ..*request }, version, now);
        }
        each(key, version);
    })
}
