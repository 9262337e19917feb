//! Where the copies of a layer of HTTP caches are: with each user, or at the nodes of each region.

use super::http_cache_spec::{HttpCacheSpec, Lifetime, Locations};
use super::job::Job;
use super::link::Link;
use super::world::{World, shares};
use crate::cache::{Capacity, PolicySpec, Store};
use crate::engine::{Engine, Wait};
use crate::random::Stream;
use crate::time::Duration;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// The stores of one layer, and the way to each.
pub(super) struct HttpStores {
    places: Places,
    /// What hangs on who a user is.
    users: Stream,
}

enum Places {
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

impl HttpStores {
    /// Empty ones; `named` is the layer's streams of draws.
    pub(super) fn new(spec: &HttpCacheSpec, engine: &Engine<Job>, named: impl Fn(&str) -> Stream) -> Self {
        let empty = Empty { capacity: spec.capacity, policy: spec.policy, evictions: named("evictions") };
        let places = match &spec.locations {
            Locations::Users { disabled, lifetimes } => Places::Users {
                disabled: *disabled,
                lifetimes: lifetimes.clone(),
                stores: RefCell::default(),
                empty,
            },
            Locations::Regions { regions, edges } => Places::Regions {
                links: (0..)
                    .zip(regions)
                    .map(|(number, region)| {
                        Link::new(engine, &region.round_trip, named("round_trip").of(number))
                    })
                    .collect(),
                sums: shares(regions.iter().map(|region| region.share)),
                edges: *edges,
                stores: (0..spec.nodes()).map(|place| RefCell::new(empty.store(place))).collect(),
            },
        };
        Self { places, users: named("users") }
    }

    /// Whether each is one user's own.
    pub(super) fn are_private(&self) -> bool {
        matches!(self.places, Places::Users { .. })
    }

    /// How many there are, but for those of users.
    pub(super) fn nodes(&self) -> u32 {
        match &self.places {
            Places::Users { .. } => 0,
            Places::Regions { stores, .. } => stores.len() as u32,
        }
    }

    /// Whether this user has none.
    pub(super) fn is_without(&self, user: u32) -> bool {
        match &self.places {
            Places::Users { disabled, .. } => {
                *disabled > 0.0 && self.users.at(user.into()).unit() < *disabled
            }
            Places::Regions { .. } => false,
        }
    }

    /// The TTL that holds for this user in place of the layer's.
    pub(super) fn lifetime_of(&self, user: u32) -> Option<Duration> {
        let Places::Users { disabled, lifetimes, .. } = &self.places else { return None };
        if lifetimes.is_empty() {
            return None;
        }
        let mut left = self.users.at(user.into()).unit() - disabled;
        let own = lifetimes.iter().find(|lifetime| {
            left -= lifetime.share;
            left < 0.0
        });
        own.map(|lifetime| lifetime.ttl)
    }

    /// The node that a user comes to, among those of all regions.
    pub(super) fn node_of(&self, user: u32) -> u16 {
        match &self.places {
            Places::Users { .. } => 0,
            Places::Regions { stores, .. } if stores.len() == 1 => 0,
            Places::Regions { sums, edges, .. } => {
                let mut draws = self.users.at(user.into());
                let wanted = draws.unit();
                let region = sums.partition_point(|sum| *sum <= wanted).min(sums.len() - 1);
                (region as u32 * edges + draws.below(u64::from(*edges)) as u32) as u16
            }
        }
    }

    /// Half of the way to a node and back.
    pub(super) fn pass<'a>(&self, w: &'a World<'_>, node: u16, ordinal: u64, leg: u64) -> Wait<'a, Job> {
        match &self.places {
            Places::Users { .. } => w.engine.no_wait(),
            Places::Regions { links, edges, .. } => {
                links[u32::from(node).div_euclid(*edges) as usize].pass(&w.engine, ordinal, leg)
            }
        }
    }

    /// How long [`HttpStores::pass`] takes.
    pub(super) fn takes(&self, node: u16, ordinal: u64, leg: u64) -> Duration {
        match &self.places {
            Places::Users { .. } => Duration::ZERO,
            Places::Regions { links, edges, .. } => {
                links[u32::from(node).div_euclid(*edges) as usize].takes(ordinal, leg)
            }
        }
    }

    /// Does something with a store; a user who has never stored anything has none.
    pub(super) fn with<T>(&self, place: u32, what: impl FnOnce(&mut Store) -> T) -> Option<T> {
        match &self.places {
            Places::Users { stores, .. } => stores.borrow_mut().get_mut(&place).map(what),
            Places::Regions { stores, .. } => Some(what(&mut stores[place as usize].borrow_mut())),
        }
    }

    /// As [`HttpStores::with`], but whoever has no store gets one.
    pub(super) fn with_new(&self, place: u32, what: impl FnOnce(&mut Store)) {
        match &self.places {
            Places::Users { stores, empty, .. } => {
                what(stores.borrow_mut().entry(place).or_insert_with(|| empty.store(place)));
            }
            Places::Regions { stores, .. } => what(&mut stores[place as usize].borrow_mut()),
        }
    }

    /// Shows all stores to somebody, in an order that does not matter to sums.
    pub(super) fn each(&self, visit: &mut dyn FnMut(&Store)) {
        match &self.places {
            Places::Users { stores, .. } => stores.borrow().values().for_each(visit),
            Places::Regions { stores, .. } => stores.iter().for_each(|store| visit(&store.borrow())),
        }
    }

    /// Changes all stores, each by itself.
    pub(super) fn each_mut(&self, mut change: impl FnMut(&mut Store)) {
        match &self.places {
            Places::Users { stores, .. } => stores.borrow_mut().values_mut().for_each(change),
            Places::Regions { stores, .. } => {
                for store in stores {
                    change(&mut store.borrow_mut());
                }
            }
        }
    }
}
