//! Caches that a response passes on its way to the client: in browsers, at the edges of a CDN, in a gateway.
//!
//! Unlike a cache beside the application they stand in the way: whoever misses here asks the next of them, and the
//! last one asks the application. They keep whole responses, and learn of a write from a purge or not at all.
//!
//! Left out so far: their processors and connections, their failures, the `Age` of a copy (each counts the TTL from
//! its own fill), copies split by encoding or language.

use super::freshness::Life;
use super::http_cache_spec::{HttpCacheSpec, Personal};
use super::http_stores::HttpStores;
use super::job::Job;
use super::process::entry;
use super::read_through::{Cache, Rules, read_through, served};
use super::request::{Purge, Reply, Request, Value};
use super::world::World;
use crate::cache::{Entry, Removal, Store};
use crate::engine::{Engine, Flights};
use crate::measure::{Failure, Layer, Outcome};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::Duration;
use std::future::Future;

/// One layer of them.
pub struct HttpCache {
    layer: Layer,
    rules: Rules,
    personal: Personal,
    stores: HttpStores,
    flights: Flights<Reply>,
    /// The layer behind it, if that is one of these.
    behind: Option<Layer>,
    purge_delay: Option<Distribution>,
    purges: Stream,
}

impl HttpCache {
    pub(super) fn new(
        spec: &HttpCacheSpec,
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
            behind,
            purge_delay: spec.purge_delay.clone(),
            purges: named("purges"),
        }
    }

    fn is_personal(w: &World<'_>, group: u16) -> bool {
        w.model.workload.keys[usize::from(group)].personal
    }

    /// Under which key the layer stores copies of this one.
    fn stored_key(&self, w: &World<'_>, key: u32) -> u32 {
        let group = w.keys.borrow().group_of(key);
        self.key_in_group(w, key, group as u16)
    }

    fn key_in_group(&self, w: &World<'_>, key: u32, group: u16) -> u32 {
        if self.personal == Personal::Share && Self::is_personal(w, group) {
            return w.keys.borrow().key(group.into(), 0);
        }
        key
    }

    /// Whether a read goes past this layer without a look.
    fn is_passed(&self, w: &World<'_>, request: &Request) -> bool {
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
        let (now, key) = (w.engine.now(), self.stored_key(w, key));
        let kept = self.rules.freshness.kept() + self.rules.freshness.stale_while_revalidate;
        self.stores.each_mut(|store| {
            store.expire(key, now, kept);
        });
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
            let what = match what {
                Purge::Key(key) => Purge::Key(self.stored_key(w, key)),
                Purge::Group(_) | Purge::All => what,
            };
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
        self.stores.with(place, |store| match what {
            Purge::Key(key) => {
                store.remove(key, Removal::Invalidated);
            }
            Purge::Group(group) => {
                let keys = w.keys.borrow().range(group.into());
                store.remove_all(|key| keys.contains(&key), Removal::Invalidated);
            }
            Purge::All => store.clear(Removal::Invalidated),
        });
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.flights.is_at_rest()
    }
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
        let reply = if request.write {
            write(w, http_cache, request).await
        } else if http_cache.is_passed(w, request) {
            go_past(w, http_cache, request).await
        } else {
            read_through(w, http_cache, request).await
        };
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
        reply
    }
}

/// A write passes all caches. A browser drops its own copy of what its user has changed (RFC 9111, 4.4); nginx, Varnish
/// and Fastly do not (http-tests/cache-tests).
fn write<'a>(
    w: &'a World<'_>,
    http_cache: &'a HttpCache,
    request: &'a Request,
) -> impl Future<Output = Reply> + 'a {
    async move {
        let reply = w.call_reply(http_cache.next(request)).await;
        if http_cache.layer == Layer::Browser && reply.is_ok() {
            http_cache.stores.with(request.user, |store| store.remove(request.key, Removal::Invalidated));
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
        self.key_in_group(w, request.key, request.group)
    }

    fn own_ttl(&self, _: &World<'_>, request: &Request) -> Option<Duration> {
        self.stores.lifetime_of(request.user)
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

    fn ask_origin<'a>(&self, w: &'a World<'_>, request: &'a Request) -> impl Future<Output = Reply> + 'a {
        w.call_reply(self.next(request))
    }

    fn held(&self, w: &World<'_>, request: &Request) -> Option<Value> {
        if !self.rules.freshness.revalidates() {
            return None;
        }
        let held = |store: &mut Store| {
            store.peek(self.key(w, request), w.engine.now()).map(|entry| served(self, entry))
        };
        self.stores.with(self.place(request), held).flatten()
    }
}
