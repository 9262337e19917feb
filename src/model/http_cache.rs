//! Caches that a response passes on its way to the client: in browsers, at the edges of a CDN, in a gateway.
//!
//! Unlike a cache beside the application they stand in the way: whoever misses here asks the next of them, and the
//! last one asks the application. They keep whole responses, and learn of a write from a purge or not at all.
//!
//! Left out: their processors and connections, their failures.

use super::freshness::{Freshness, Life};
use super::http_cache_spec::{HttpCacheSpec, Personal};
use super::http_headers::heuristic;
use super::http_stores::HttpStores;
use super::job::Job;
use super::key::KeyGroup;
use super::local_lock::LocalLocks;
use super::process::entry;
use super::read_through::{Cache, Rules, flight_key, read_through, served};
use super::representation::Filing;
use super::request::{Purge, Reply, Request, Value};
use super::spans::{in_front_of, note};
use super::traffic::WorkloadSpec;
use super::world::World;
use crate::cache::{Age, Entry, Removal, Store};
use crate::engine::{Engine, Flights};
use crate::measure::{Failure, Layer, Outcome, Place};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::Duration;
use std::future::Future;
use std::ops::Range;

/// One layer of them.
pub struct HttpCache {
    layer: Layer,
    rules: Rules,
    personal: Personal,
    stores: HttpStores,
    flights: Flights<Reply>,
    locks: LocalLocks,
    filing: Filing,
    /// By key group, where responses say how long they may be kept; nothing for those that may not be.
    by_group: Vec<Option<Freshness>>,
    drops_on_write: bool,
    /// The layer behind it, if that is one of these.
    behind: Option<Layer>,
    purge_delay: Option<Distribution>,
    purges: Stream,
}

impl HttpCache {
    pub(super) fn new(
        spec: &HttpCacheSpec,
        workload: &WorkloadSpec,
        behind: Option<Layer>,
        engine: &Engine<Job>,
        stream: impl Fn(&str) -> Stream,
    ) -> Self {
        let named = |what: &str| stream(&format!("{}.{what}", spec.layer.name()));
        Self {
            layer: spec.layer,
            rules: spec.rules.clone(),
            personal: spec.personal,
            stores: HttpStores::new(spec, engine, named),
            flights: Flights::default(),
            locks: LocalLocks::default(),
            filing: Filing::of_cache(&workload.dimensions, &workload.keys, &spec.keys()),
            by_group: by_group(spec, &workload.keys),
            drops_on_write: spec.drops_on_write,
            behind,
            purge_delay: spec.purge_delay.clone(),
            purges: named("purges"),
        }
    }

    fn is_personal(w: &World<'_>, group: u16) -> bool {
        w.model.workload.keys[usize::from(group)].personal
    }

    /// The key that this layer takes this one for.
    fn shared_key(&self, w: &World<'_>, key: u32, group: u16) -> u32 {
        if self.personal == Personal::Share && Self::is_personal(w, group) {
            return w.keys.borrow().key(group.into(), 0);
        }
        key
    }

    /// All keys under which copies of this one may be; those that a purge of its name finds.
    fn filed_keys(&self, w: &World<'_>, key: u32, purged: bool) -> Range<u32> {
        let keys = w.keys.borrow();
        let group = keys.group_of(key);
        self.filing.keys_of(&keys, self.shared_key(w, key, group as u16), purged)
    }

    pub(super) fn locks(&self) -> &LocalLocks {
        &self.locks
    }

    /// The node that this user comes to.
    pub(super) fn stands_for(&self, user: u32) -> Place {
        Place::HttpCache(self.layer, self.stores.node_of(user))
    }

    /// Whether a read goes past this layer without a look.
    fn is_passed(&self, w: &World<'_>, request: &Request) -> bool {
        if w.is_page(request.group) {
            // `no-store`: what a page was put together from is the application's business.
            return true;
        }
        if matches!(self.by_group.get(usize::from(request.group)), Some(None)) {
            return true;
        }
        if self.stores.are_private() {
            return self.stores.is_without(request.user);
        }
        self.personal == Personal::Bypass && Self::is_personal(w, request.group)
    }

    /// Shows all stores to somebody, in an order that does not matter to sums.
    pub(super) fn each_store(&self, visit: &mut dyn FnMut(&Store)) {
        self.stores.each(visit);
    }

    /// The key's copies pass their TTL now, wherever they are.
    pub(super) fn expire(&self, w: &World<'_>, key: u32) {
        let now = w.engine.now();
        let keys = self.filed_keys(w, key, false);
        let group = w.keys.borrow().group_of(key);
        let freshness = self.freshness_of(group);
        let kept = freshness.kept() + freshness.stale_while_revalidate;
        self.stores.each_mut(|store| {
            keys.clone().for_each(|key| {
                store.expire(key, now, kept);
            });
        });
    }

    fn freshness_of(&self, group: usize) -> &Freshness {
        self.by_group.get(group).and_then(Option::as_ref).unwrap_or(&self.rules.freshness)
    }

    /// All copies are gone.
    pub(super) fn flush(&self) {
        self.stores.each_mut(|store| store.clear(Removal::Flushed));
    }

    /// Whether it can be told to forget something.
    pub(super) fn is_purgeable(&self) -> bool {
        self.purge_delay.is_some()
    }

    /// The job of a purge: it reaches each node after a delay of its own. `cause` names the draws.
    pub(super) fn purge(&self, w: &World<'_>, cause: u64, what: Purge) -> impl Future<Output = ()> {
        async move {
            let Some(delay) = &self.purge_delay else { return };
            let arrival = |place: u32| {
                let delay = delay.sample(&mut self.purges.of(cause).at(place.into()));
                (w.engine.now() + Duration::from_nanos_f64(delay), place)
            };
            let mut arrivals: Vec<_> = (0..self.stores.nodes()).map(arrival).collect();
            arrivals.sort_unstable();
            for (at, place) in arrivals {
                if at > w.engine.now() {
                    w.engine.sleep_until(at).await;
                }
                self.purge_here(w, place, what);
            }
        }
    }

    fn purge_here(&self, w: &World<'_>, place: u32, what: Purge) {
        let keys = match what {
            Purge::Key(key) => self.filed_keys(w, key, true),
            Purge::Group(group) => self.filing.keys_of_group(&w.keys.borrow(), group.into()),
            Purge::All => 0..u32::MAX,
        };
        self.stores.with(place, |store| match what {
            Purge::Key(_) => keys.for_each(|key| {
                store.remove(key, Removal::Invalidated);
            }),
            Purge::Group(_) => store.remove_all(|key| keys.contains(&key), Removal::Invalidated),
            Purge::All => store.clear(Removal::Invalidated),
        });
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.flights.is_at_rest() && self.locks.are_free()
    }
}

/// What holds for each key group, if any group's responses say something of it.
fn by_group(spec: &HttpCacheSpec, groups: &[KeyGroup]) -> Vec<Option<Freshness>> {
    let is_heuristic = spec.rules.freshness.http.heuristic.is_some();
    if !is_heuristic && groups.iter().all(|group| group.responses.headers.is_none()) {
        return Vec::new();
    }
    groups.iter().map(|group| spec.freshness(group)).collect()
}

/// The job of a request at one of these layers, from its asker's socket and back to it.
pub(super) fn enter<'a>(
    w: &'a World<'_>,
    http_cache: &'a HttpCache,
    request: &'a mut Request,
) -> impl Future<Output = Reply> + 'a {
    async move {
        request.instance = http_cache.stores.node_of(request.user);
        http_cache.stores.pass(w, request.instance, request.ordinal, 0).await;
        note!(w, |spans| {
            let ways = (in_front_of(w, request, Some(http_cache.layer)), http_cache.stands_for(request.user));
            let takes = http_cache.stores.takes(request.instance, request.ordinal, 0);
            spans.arrives(request, ways, takes, w.engine.now());
        });
        let reply = if request.write {
            write(w, http_cache, request).await
        } else if http_cache.is_passed(w, request) {
            go_past(w, http_cache, request).await
        } else {
            read_through(w, http_cache, request).await
        };
        let asker = &*request;
        note!(w, move |spans| {
            let front = in_front_of(w, asker, Some(http_cache.layer));
            let takes = http_cache.stores.takes(asker.instance, asker.ordinal, 1);
            spans.departs(asker, front, takes, w.engine.now(), reply);
        });
        http_cache.stores.pass(w, request.instance, request.ordinal, 1).await;
        reply
    }
}

fn go_past<'a>(
    w: &'a World<'_>,
    http_cache: &'a HttpCache,
    request: &'a Request,
) -> impl Future<Output = Reply> + 'a {
    async move {
        let asked = w.engine.now();
        let reply = super::read_through::fetch(w, http_cache, request).await;
        let now = w.engine.now();
        let mut record = w.record.borrow_mut();
        record.cache(http_cache.layer).look_up(now, request.group.into(), Outcome::Bypass, now - asked);
        w.note_look_up(http_cache.layer, request, Outcome::Bypass, asked, reply);
        reply
    }
}

/// A write passes all caches. Browsers drop the copy of what their user has changed (RFC 9111, 4.4); nginx, Varnish
/// and Fastly do not (http-tests/cache-tests).
fn write<'a>(
    w: &'a World<'_>,
    http_cache: &'a HttpCache,
    request: &'a Request,
) -> impl Future<Output = Reply> + 'a {
    async move {
        let reply = w.call_reply(http_cache.next(request)).await;
        if http_cache.drops_on_write && reply.is_ok() {
            let (place, key) = (http_cache.place(request), http_cache.key(w, request));
            http_cache.stores.with(place, |store| store.remove(key, Removal::Invalidated));
        }
        reply
    }
}

/// The first place that a client's request comes to.
pub(super) fn first_job(w: &World<'_>, request: Request) -> Job {
    w.http_caches
        .first()
        .map_or_else(|| Job::Serve(request), |http_cache| Job::Enter { layer: http_cache.layer, request })
}

impl HttpCache {
    /// The job of asking what is behind.
    fn next(&self, request: &Request) -> Job {
        match self.behind {
            Some(layer) => Job::Enter { layer, request: *request },
            None => Job::Serve(*request),
        }
    }
}

impl Cache for HttpCache {
    fn layer(&self) -> Layer {
        self.layer
    }

    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn place(&self, request: &Request) -> u32 {
        if self.stores.are_private() { request.user } else { request.instance.into() }
    }

    fn key(&self, w: &World<'_>, request: &Request) -> u32 {
        let key = self.shared_key(w, request.key, request.group);
        let begin = || w.keys.borrow().key(request.group.into(), 0);
        self.filing.key(&w.representations, request, key, begin)
    }

    fn freshness(&self, request: &Request) -> &Freshness {
        self.freshness_of(request.group.into())
    }

    fn own_ttl(&self, w: &World<'_>, request: &Request, value: &Value) -> Option<Duration> {
        let unsaid = || {
            let share = self.freshness(request).http.heuristic?;
            Some(heuristic(w, request, value, share))
        };
        self.stores.lifetime_of(request.user).or_else(unsaid)
    }

    fn age(&self, w: &World<'_>, entry: &Entry) -> Age {
        if !self.rules.freshness.http.counts_age {
            return entry.age;
        }
        Age::of(entry.age.duration() + (w.engine.now() - entry.stored_at))
    }

    fn flights(&self) -> &Flights<Reply> {
        &self.flights
    }

    fn look_up(
        &self,
        w: &World<'_>,
        request: &Request,
    ) -> impl Future<Output = Result<Option<Entry>, Failure>> {
        let now = w.engine.now();
        let key = self.key(w, request);
        let found = self.stores.with(self.place(request), |store| store.get(key, now).copied());
        std::future::ready(Ok(found.flatten()))
    }

    fn store(
        &self,
        w: &World<'_>,
        request: &Request,
        value: &Value,
        life: Life,
        load_time: Duration,
    ) -> impl Future<Output = ()> {
        let now = w.engine.now();
        let key = self.key(w, request);
        let entry = entry(value, life, load_time, now);
        self.stores.with_new(self.place(request), |store| {
            store.put(key, entry, value.size, now);
        });
        std::future::ready(())
    }

    fn ask_origin<'a>(&'a self, w: &'a World<'_>, request: &'a Request) -> impl Future<Output = Reply> + 'a {
        async move {
            let mut reply = w.call_reply(self.next(request)).await;
            if let (Ok(value), None) = (&mut reply, self.behind) {
                value.key = w.representations.made_for(&w.keys.borrow(), request);
            }
            reply
        }
    }

    fn release(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Result<(), Failure>> {
        self.locks.release(flight_key(w, self, request), request.ordinal);
        std::future::ready(Ok(()))
    }

    fn held(&self, w: &World<'_>, request: &Request) -> Option<Value> {
        if !self.freshness(request).revalidates() {
            return None;
        }
        let held = |store: &mut Store| {
            store.peek(self.key(w, request), w.engine.now()).map(|entry| served(w, self, entry))
        };
        self.stores.with(self.place(request), held).flatten()
    }
}
