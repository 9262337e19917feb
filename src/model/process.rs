//! The cache inside each application instance: no network, no sharing, gone with the instance.

use super::admission::{Admission, Admit, admit};
use super::app::behind_process;
use super::coalesce::{COALESCE_NAMES, Coalesce, in_process};
use super::freshness::{Freshness, Life};
use super::key::KeyGroup;
use super::kinds::sound_capacity;
use super::own_rules::ByGroup;
use super::read_through::{Cache, Rules, WhenDown};
use super::request::{Reply, Request, Value};
use super::world::World;
use crate::cache::{Capacity, Entry, PolicySpec, Removal, Store};
use crate::engine::Flights;
use crate::measure::{Failure, Layer};
use crate::random::Stream;
use crate::scenario::{Reader, flag};
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::future::Future;

/// Settings of the in-process cache.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessSpec {
    /// Bound of each instance's store.
    pub capacity: Capacity,
    /// Which copy makes room.
    pub policy: PolicySpec,
    /// Which keys are kept.
    pub admit: Admit,
    /// Whether a copy whose load began before its key was last invalidated is kept out.
    pub versioned_fill: bool,
    /// Freshness and coalescing.
    pub rules: Rules,
}

/// Bytes that an in-process cache keeps for each copy beside the value: an index entry, a list node
/// and object headers. Source: Caffeine's wiki, "Memory overhead", gives about 112 bytes an entry for a
/// cache with a bound and an expiry.
const OVERHEAD: u32 = 112;

impl ProcessSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::PROCESS);
        let capacity = sound_capacity(
            r,
            "capacity",
            "Bound of each instance's cache: a size, or `{ entries = 10_000 }`.",
        );
        let policy = super::kinds::policy(r, &["lru"]);
        let coalesce =
            r.field("coalesce", "Who asks the origin when several miss a key at once.", in_process());
        let coalesce = coalesce.known_as(&COALESCE_NAMES).or(Coalesce::Nobody);
        let rules = Rules { freshness: Freshness::read(r), coalesce, when_down: WhenDown::FallThrough };
        let admit =
            r.field("admit", "Which keys an instance keeps; others are not stored.", admit()).or(Admit::All);
        let doc = "A load that began before its key was invalidated here does not store what it brings, as with Caffeine's \
                   loading caches; a cache that is filled by hand does.";
        let versioned_fill = r.field("versioned_fill", doc, flag()).or(false);
        Self { capacity, policy, admit, versioned_fill, rules }
    }
}

impl ProcessSpec {
    /// Whether a copy may be kept out although there is room for it.
    pub(super) fn is_choosy(&self) -> bool {
        self.admit != Admit::All || self.versioned_fill
    }
}

/// Whether an empty cache has room for a value of so many bytes.
pub(super) fn fits(spec: &ProcessSpec, value: u32) -> bool {
    spec.capacity.admits(value.saturating_add(OVERHEAD))
}

/// The in-process caches of all instances.
pub struct Process {
    rules: Rules,
    by_group: ByGroup,
    admission: Admission,
    /// By instance, when each key was invalidated last, if loads that are older are not to be stored.
    invalidated: Option<Vec<RefCell<FxHashMap<u32, Instant>>>>,
    stores: Vec<RefCell<Store>>,
    flights: Flights<Reply>,
    /// Which process of its instance each is, counted from 0, and since when.
    lives: Vec<Cell<(u32, Instant)>>,
}

impl Process {
    pub(super) fn new(spec: &ProcessSpec, groups: &[KeyGroup], instances: u32, evictions: Stream) -> Self {
        let store = |instance| RefCell::new(Store::new(spec.capacity, spec.policy, evictions.of(instance)));
        Self {
            rules: spec.rules.clone(),
            by_group: ByGroup::new(Layer::Process, groups, &spec.rules.freshness),
            admission: Admission::new(&spec.admit, groups, instances),
            invalidated: spec.versioned_fill.then(|| (0..instances).map(|_| RefCell::default()).collect()),
            stores: (0..u64::from(instances)).map(store).collect(),
            flights: Flights::default(),
            lives: (0..instances).map(|_| Cell::default()).collect(),
        }
    }

    /// A write, as far as the writer's own process learns of it.
    pub(super) fn invalidate(&self, instance: u16, key: u32, now: Instant) {
        if let Some(invalidated) = &self.invalidated {
            invalidated[usize::from(instance)].borrow_mut().insert(key, now);
        }
        self.stores[usize::from(instance)].borrow_mut().remove(key, Removal::Invalidated);
    }

    /// The version of an instance's copy, if it has one.
    pub(super) fn version(&self, instance: usize, key: u32, now: Instant) -> Option<u32> {
        self.stores[instance].borrow().peek(key, now).map(|entry| entry.version)
    }

    /// A copy of a new value takes the place of an instance's old one. A load that is under way by then is older.
    pub(super) fn replace(&self, instance: usize, value: &Value, life: Life, now: Instant) {
        let charge = value.size.saturating_add(OVERHEAD);
        let entry = entry(value, life, Duration::ZERO, now);
        self.stores[instance].borrow_mut().put(value.key, entry, charge, now);
        if let Some(invalidated) = &self.invalidated {
            invalidated[instance].borrow_mut().insert(value.key, now);
        }
    }

    /// A writer puts its value into its own process, if that keeps the key.
    pub(super) fn put_by_writer(&self, w: &World<'_>, request: &Request, value: &Value, life: Life) {
        let now = w.engine.now();
        if self.renews(w, request) {
            return self.replace(request.instance.into(), value, life, now);
        }
        if let Some(fills) = &mut w.record.borrow_mut().layers.process {
            fills.unwanted += 1;
        }
        // What is left of a key that was kept once is old now.
        self.invalidate(request.instance, request.key, now);
    }

    /// The key's copies pass their TTL now, in every instance.
    pub(super) fn expire(&self, key: u32, now: Instant) {
        for store in &self.stores {
            store.borrow_mut().expire(key, now, self.rules.freshness.kept());
        }
    }

    /// All copies of one instance are gone.
    pub(super) fn empty(&self, instance: usize) {
        self.stores[instance].borrow_mut().clear(Removal::Flushed);
    }

    /// A new process takes the place of an instance's old one. What the old one still waits for is not for the new one.
    pub(super) fn begin_anew(&self, instance: usize, now: Instant) {
        self.empty(instance);
        self.admission.begin_anew(instance);
        self.invalidated.iter().for_each(|all| all[instance].borrow_mut().clear());
        let (life, _) = self.lives[instance].get();
        self.lives[instance].set((life + 1, now));
    }

    /// Whether a key was invalidated since a load of it began, so long ago.
    fn is_outdated(&self, instance: usize, key: u32, now: Instant, load_time: Duration) -> bool {
        let invalidated = self.invalidated.as_ref();
        invalidated
            .is_some_and(|all| all[instance].borrow().get(&key).is_some_and(|at| *at + load_time >= now))
    }

    pub(super) fn stores(&self) -> impl Iterator<Item = &RefCell<Store>> {
        self.stores.iter()
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.flights.is_at_rest()
    }
}

impl Cache for Process {
    #[inline]
    fn layer(&self) -> Layer {
        Layer::Process
    }

    fn rules(&self) -> &Rules {
        &self.rules
    }

    #[inline]
    fn freshness(&self, request: &Request) -> &Freshness {
        self.by_group.of(request.group).unwrap_or(&self.rules.freshness)
    }

    #[inline]
    fn keeps(&self, request: &Request) -> bool {
        self.by_group.of(request.group).is_some()
    }

    #[inline]
    fn place(&self, request: &Request) -> u32 {
        let (life, _) = self.lives[usize::from(request.instance)].get();
        life.wrapping_mul(self.lives.len() as u32).wrapping_add(request.instance.into())
    }

    fn flights(&self) -> &Flights<Reply> {
        &self.flights
    }

    fn look_up(
        &self,
        w: &World<'_>,
        request: &Request,
    ) -> impl Future<Output = Result<Option<Entry>, Failure>> {
        async move {
            let instance = usize::from(request.instance);
            self.admission.count(instance, request.key, w.engine.now());
            let mut store = self.stores[instance].borrow_mut();
            Ok(store.get(request.key, w.engine.now()).copied())
        }
    }

    fn store(
        &self,
        w: &World<'_>,
        request: &Request,
        value: &Value,
        life: Life,
        load_time: Duration,
    ) -> impl Future<Output = ()> {
        async move {
            let now = w.engine.now();
            let (_, since) = self.lives[usize::from(request.instance)].get();
            if since > Instant::ZERO && since + load_time > now {
                // Whoever asked for it died with the process before.
                return;
            }
            let instance = usize::from(request.instance);
            if let Some(fills) = &mut w.record.borrow_mut().layers.process {
                let unwanted = !self.admission.admits(instance, request.key, now);
                let outdated = self.is_outdated(instance, request.key, now, load_time);
                fills.unwanted += u64::from(unwanted);
                fills.outdated += u64::from(outdated && !unwanted);
                if unwanted || outdated {
                    return;
                }
            }
            let charge = value.size.saturating_add(OVERHEAD);
            let mut store = self.stores[instance].borrow_mut();
            store.put(request.key, entry(value, life, load_time, now), charge, now);
        }
    }

    fn renews(&self, w: &World<'_>, request: &Request) -> bool {
        self.admission.admits(usize::from(request.instance), request.key, w.engine.now())
    }

    fn ask_origin<'a>(&'a self, w: &'a World<'_>, request: &'a Request) -> impl Future<Output = Reply> + 'a {
        behind_process(w, request)
    }
}

/// The copy that is stored of a value at `now`.
pub(super) fn entry(value: &Value, life: Life, load_time: Duration, now: Instant) -> Entry {
    Entry {
        read_at: value.read_at,
        stored_at: now,
        soft_at: now + life.soft,
        expires_at: now + life.gone,
        load_time,
        key: value.key,
        version: value.version,
        size: value.size,
        age: value.age,
        negative: value.absent,
    }
}
