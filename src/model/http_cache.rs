//! Caches that a response passes on its way to the client: in browsers, at the edges of a CDN, in a gateway.
//!
//! Unlike a cache beside the application they stand in the way: whoever misses here asks the next of them, and the
//! last one asks the application. They keep whole responses, and learn of a write from a purge or not at all.
//!
//! Left out so far: their processors and connections, their failures, the `Age` of a copy (each counts the TTL from
//! its own fill), copies split by encoding or language.

use super::freshness::Life;
use super::http_cache_spec::{HttpCacheSpec, Lifetime, Locations, Personal};
use super::job::Job;
use super::link::Link;
use super::process::entry;
use super::read_through::{Cache, Rules, read_through, served};
use super::request::{Purge, Reply, Request, Value};
use super::world::World;
use crate::cache::{Capacity, Entry, PolicySpec, Removal, Store};
use crate::engine::{Engine, Flights, Wait};
use crate::measure::{Failure, Layer, Outcome};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::Duration;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::future::Future;

/// One layer of them.
pub struct HttpCache {
    layer: Layer,
    rules: Rules,
    personal: Personal,
    stores: Stores,
    flights: Flights<Reply>,
    /// The layer behind it, if that is one of these.
    behind: Option<Layer>,
    users: Stream,
    purge_delay: Option<Distribution>,
    purges: Stream,
}

enum Stores {
    Users { disabled: f64, lifetimes: Vec<Lifetime>, stores: RefCell<FxHashMap<u32, Store>>, empty: Empty },
    Regions { links: Vec<Link>, sums: Vec<f64>, edges: u32, stores: Vec<RefCell<Store>> },
}

/// What a new store is made from.
struct Empty {
    capacity: Capacity,
    policy: PolicySpec,
    evictions: Stream,
}

impl Empty {
    fn store(&self, place: u32) -> Store {
        Store::new(self.capacity, self.policy, self.evictions.of(place.into()))
    }
}

impl HttpCache {
    pub(super) fn new(
        spec: &HttpCacheSpec,
        behind: Option<Layer>,
        engine: &Engine<Job>,
        stream: impl Fn(&str) -> Stream,
    ) -> Self {
        let named = |what: &str| stream(&format!("{}.{what}", spec.layer.name()));
        let empty = Empty { capacity: spec.capacity, policy: spec.policy, evictions: named("evictions") };
        let stores = match &spec.locations {
            Locations::Users { disabled, lifetimes } => Stores::Users {
                disabled: *disabled,
                lifetimes: lifetimes.clone(),
                stores: RefCell::default(),
                empty,
            },
            Locations::Regions { regions, edges } => Stores::Regions {
                links: (0..)
                    .zip(regions)
                    .map(|(number, region)| {
                        Link::new(engine, &region.round_trip, named("round_trip").of(number))
                    })
                    .collect(),
                sums: super::world::shares(regions.iter().map(|region| region.share)),
                edges: *edges,
                stores: (0..spec.nodes()).map(|place| RefCell::new(empty.store(place))).collect(),
            },
        };
        Self {
            layer: spec.layer,
            rules: spec.rules.clone(),
            personal: spec.personal,
            stores,
            flights: Flights::default(),
            behind,
            users: named("users"),
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
        if w.is_page(request.group) {
            // `no-store`: what a page was put together from is the application's business.
            return true;
        }
        match &self.stores {
            Stores::Users { disabled, .. } => {
                *disabled > 0.0 && self.users.at(request.user.into()).unit() < *disabled
            }
            Stores::Regions { .. } => {
                self.personal == Personal::Bypass && Self::is_personal(w, request.group)
            }
        }
    }

    /// The cache that a user comes to, among those of all regions.
    fn location_of(&self, user: u32) -> u16 {
        match &self.stores {
            Stores::Users { .. } => 0,
            Stores::Regions { stores, .. } if stores.len() == 1 => 0,
            Stores::Regions { sums, edges, .. } => {
                let mut draws = self.users.at(user.into());
                let wanted = draws.unit();
                let region = sums.partition_point(|sum| *sum <= wanted).min(sums.len() - 1);
                (region as u32 * edges + draws.below(u64::from(*edges)) as u32) as u16
            }
        }
    }

    /// Half of the way between a request's user and its location.
    fn pass<'a>(&self, w: &'a World<'_>, request: &Request, leg: u64) -> Wait<'a, Job> {
        match &self.stores {
            Stores::Users { .. } => w.engine.no_wait(),
            Stores::Regions { links, edges, .. } => links
                [u32::from(request.instance).div_euclid(*edges) as usize]
                .pass(&w.engine, request.ordinal, leg),
        }
    }

    /// Does something with a store; a user who has never stored anything has none.
    fn with_store<T>(&self, place: u32, what: impl FnOnce(&mut Store) -> T) -> Option<T> {
        match &self.stores {
            Stores::Users { stores, .. } => stores.borrow_mut().get_mut(&place).map(what),
            Stores::Regions { stores, .. } => Some(what(&mut stores[place as usize].borrow_mut())),
        }
    }

    /// Shows all stores to somebody, in an order that does not matter to sums.
    pub(super) fn each_store(&self, visit: &mut dyn FnMut(&Store)) {
        match &self.stores {
            Stores::Users { stores, .. } => stores.borrow().values().for_each(visit),
            Stores::Regions { stores, .. } => stores.iter().for_each(|store| visit(&store.borrow())),
        }
    }

    /// The key's copies pass their TTL now, wherever they are.
    pub(super) fn expire(&self, w: &World<'_>, key: u32) {
        let (now, key) = (w.engine.now(), self.stored_key(w, key));
        let kept = self.rules.freshness.kept() + self.rules.freshness.stale_while_revalidate;
        self.each_store_mut(|store| {
            store.expire(key, now, kept);
        });
    }

    /// All copies are gone.
    pub(super) fn flush(&self) {
        self.each_store_mut(|store| store.clear(Removal::Flushed));
    }

    fn each_store_mut(&self, mut change: impl FnMut(&mut Store)) {
        match &self.stores {
            Stores::Users { stores, .. } => stores.borrow_mut().values_mut().for_each(change),
            Stores::Regions { stores, .. } => {
                for store in stores {
                    change(&mut store.borrow_mut());
                }
            }
        }
    }

    /// Whether it can be told to forget something.
    pub(super) fn is_purgeable(&self) -> bool {
        self.purge_delay.is_some()
    }

    /// The job of a purge: it reaches each node after a delay of its own. `cause` names the draws.
    pub(super) fn purge(&self, w: &World<'_>, cause: u64, what: Purge) -> impl Future<Output = ()> {
        async move {
            let (Some(delay), Stores::Regions { stores, .. }) = (&self.purge_delay, &self.stores) else {
                return;
            };
            let what = match what {
                Purge::Key(key) => Purge::Key(self.stored_key(w, key)),
                Purge::Group(_) | Purge::All => what,
            };
            let arrival = |place: u32| {
                let delay = delay.sample(&mut self.purges.of(cause).at(place.into()));
                (w.engine.now() + Duration::from_nanos_f64(delay), place)
            };
            let mut arrivals: Vec<_> = (0..stores.len() as u32).map(arrival).collect();
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
        self.with_store(place, |store| match what {
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
        request.instance = http_cache.location_of(request.user);
        http_cache.pass(w, request, 0).await;
        let reply = if request.write {
            write(w, http_cache, request).await
        } else if http_cache.is_passed(w, request) {
            go_past(w, http_cache, request).await
        } else {
            read_through(w, http_cache, request).await
        };
        http_cache.pass(w, request, 1).await;
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
            http_cache.with_store(request.user, |store| store.remove(request.key, Removal::Invalidated));
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
        match &self.stores {
            Stores::Users { .. } => request.user,
            Stores::Regions { .. } => request.instance.into(),
        }
    }

    fn key(&self, w: &World<'_>, request: &Request) -> u32 {
        self.key_in_group(w, request.key, request.group)
    }

    fn own_ttl(&self, _: &World<'_>, request: &Request) -> Option<Duration> {
        let Stores::Users { disabled, lifetimes, .. } = &self.stores else { return None };
        if lifetimes.is_empty() {
            return None;
        }
        let mut left = self.users.at(request.user.into()).unit() - disabled;
        let own = lifetimes.iter().find(|lifetime| {
            left -= lifetime.share;
            left < 0.0
        });
        own.map(|lifetime| lifetime.ttl)
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
        let found = self.with_store(self.place(request), |store| store.get(key, now).copied());
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
        let place = self.place(request);
        if let Stores::Users { stores, empty, .. } = &self.stores {
            stores.borrow_mut().entry(place).or_insert_with(|| empty.store(place));
        }
        self.with_store(place, |store| store.put(key, entry, value.size, now));
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
        self.with_store(self.place(request), held).flatten()
    }
}
