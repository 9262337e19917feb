//! Settings of the caches on the way to the application: browsers, a CDN, a gateway.

use super::coalesce::{COALESCE_NAMES, Coalesce, in_proxy};
use super::freshness::Freshness;
use super::http_headers::{Directive, cache_control};
use super::key::KeyGroup;
use super::kinds::{sound_capacity, time_distribution};
use super::read_through::{Rules, WhenDown};
use super::representation::CacheKeys;
use crate::cache::{Capacity, PolicySpec};
use crate::measure::Layer;
use crate::quantity::Ratio;
use crate::random::distribution::Distribution;
use crate::scenario::{
    Reader, Spanned, choice, count, flag, list, name, named_list, number, share_in, spanned, table, time,
};
use crate::time::Duration;

/// Settings of one layer of caches that responses pass.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpCacheSpec {
    /// Which layer.
    pub layer: Layer,
    /// Bound of each cache.
    pub capacity: Capacity,
    /// Which copy makes room.
    pub policy: PolicySpec,
    /// Freshness and coalescing.
    pub rules: Rules,
    /// Where its caches are.
    pub locations: Locations,
    /// What becomes of responses that are meant for one user.
    pub personal: Personal,
    /// How long a purge takes to reach a cache, in nanoseconds; none where a layer cannot be purged.
    pub purge_delay: Option<Distribution>,
    /// What responses say that it obeys.
    pub cache_control: Vec<Directive>,
    /// Whether a write that passes takes the copy of its key away.
    pub drops_on_write: bool,
    /// Dimensions that its keys have; none is what responses say.
    pub vary: Option<Vec<Spanned<String>>>,
    /// Whether all ways to write a key are one key.
    pub normalise: bool,
    /// The cache that its nodes ask first.
    pub shield: Option<Box<Self>>,
}

/// Where the caches of a layer are, and how far away.
#[derive(Clone, Debug, PartialEq)]
pub enum Locations {
    /// One with each user.
    Users {
        /// Share of the users who have none.
        disabled: f64,
        /// Shares of the users for whom another TTL holds.
        lifetimes: Vec<Lifetime>,
    },
    /// Several in each region.
    Regions {
        /// The regions.
        regions: Vec<Region>,
        /// Caches in each.
        edges: u32,
    },
}

/// Users for whom another TTL holds: behind a proxy that overrides it, or with an app that has its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    /// Share of all users.
    pub share: f64,
    /// Their TTL.
    pub ttl: Duration,
}

/// Where users are.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// What it is called.
    pub name: String,
    /// Users there, relative to the other regions.
    pub share: f64,
    /// From a user to the cache and back, in nanoseconds.
    pub round_trip: Distribution,
}

/// What a cache that users share does with responses that are meant for one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    /// They pass it.
    Bypass,
    /// Each user's has a key of its own.
    Vary,
    /// All have the same key: whoever comes gets whatever is there.
    Share,
}

/// Caches of a layer, all regions together: each may hold every key.
const LOCATIONS_MAX: u64 = 10_000;

impl HttpCacheSpec {
    pub(super) fn read_browser(r: &mut Reader) -> Self {
        r.words(super::words_of_http::HTTP);
        let capacity =
            sound_capacity(r, "capacity", "Bound of each user's cache: a size, or a number of entries.");
        let policy = super::kinds::policy(r, &["lru"]);
        let freshness = Freshness::read_http(r, Duration::from_secs(30 * 86_400));
        let disabled = r
            .field(
                "disabled",
                "Share of the users whose browser does not cache.",
                share_in(Ratio(0.0)..=Ratio(1.0)),
            )
            .or_written(r#""0 %""#)
            .0;
        let lifetimes = r
            .field(
                "lifetimes",
                "Shares of the users for whom another TTL holds: behind a proxy that overrides it, or with an app.",
                list(table(read_lifetime)).at_most(100),
            )
            .or_empty();
        if disabled + lifetimes.iter().map(|lifetime| lifetime.share).sum::<f64>() > 1.0 {
            let message = "the shares of `disabled` and of `lifetimes` come to more than all users";
            r.contradiction("lifetimes", message, "lower one of them");
        }
        Self {
            layer: Layer::Browser,
            capacity,
            policy,
            rules: Rules { freshness, coalesce: Coalesce::Nobody, when_down: WhenDown::FallThrough },
            locations: Locations::Users { disabled, lifetimes },
            personal: Personal::Vary,
            purge_delay: None,
            cache_control: cache_control(r),
            drops_on_write: drops_on_write(r, true),
            vary: None,
            normalise: false,
            shield: None,
        }
    }

    pub(super) fn read_cdn(r: &mut Reader) -> Self {
        r.words(super::words_of_http::HTTP);
        let capacity =
            sound_capacity(r, "capacity", "Bound of each edge's cache: a size, or a number of entries.");
        let regions = r.field(
            "regions",
            "Where users are, and how far from their edge.",
            named_list(table(read_region)).at_least(1).at_most(1_000),
        );
        let regions: Vec<Region> = regions.required();
        let edges =
            r.field("edges", "Caches in each region; a user stays with one.", count(1..=1_000u32)).or(1);
        if regions.len() as u64 * u64::from(edges) > LOCATIONS_MAX {
            r.contradiction("edges", format!("more than {LOCATIONS_MAX} edges in all"), "lower `edges`");
        }
        if !regions.is_empty() && regions.iter().all(|region| region.share == 0.0) {
            r.contradiction("regions", "no region has a share of the users", "give one a `share` above 0");
        }
        let shield = r.field(
            "shield",
            "One more cache, which all edges ask before what is behind them: an origin shield, the upper tier of a \
             tiered cache. Without this table there is none.",
            table(Self::read_shield),
        );
        let shield = shield.optional().map(Box::new);
        let locations = Locations::Regions { regions, edges };
        Self { shield, ..Self::read_shared(r, Layer::Cdn, capacity, locations, Coalesce::SingleFlight) }
    }

    fn read_shield(r: &mut Reader) -> Self {
        r.words(super::words_of_http::HTTP);
        let capacity =
            sound_capacity(r, "capacity", "Bound of the shield's cache: a size, or a number of entries.");
        let round_trip = r
            .field("round_trip", "From an edge to the shield and back.", time_distribution())
            .or_written(r#""0 s""#);
        let region = Region { name: "shield".into(), share: 1.0, round_trip };
        let locations = Locations::Regions { regions: vec![region], edges: 1 };
        Self::read_shared(r, Layer::Shield, capacity, locations, Coalesce::SingleFlight)
    }

    pub(super) fn read_gateway(r: &mut Reader) -> Self {
        r.words(super::words_of_http::HTTP);
        let capacity =
            sound_capacity(r, "capacity", "Bound of each node's cache: a size, or a number of entries.");
        let nodes = r.field(
            "nodes",
            "Nodes, each with a cache of its own; a user stays with one.",
            count(1..=1_000u32),
        );
        let nodes = nodes.or(1);
        let round_trip = r
            .field("round_trip", "From whoever asks it to the gateway and back.", time_distribution())
            .or_written(r#""0 s""#);
        let region = Region { name: "gateway".into(), share: 1.0, round_trip };
        let locations = Locations::Regions { regions: vec![region], edges: nodes };
        Self::read_shared(r, Layer::Gateway, capacity, locations, Coalesce::Nobody)
    }

    fn read_shared(
        r: &mut Reader,
        layer: Layer,
        capacity: Capacity,
        locations: Locations,
        usual: Coalesce,
    ) -> Self {
        let policy = super::kinds::policy(r, &["lru"]);
        let freshness = Freshness::read_http(r, Duration::ZERO);
        let coalesce = r
            .field(
                "coalesce",
                "Who asks what is behind when several miss a key at once at one node. Defaults: of a CDN as Fastly's \
                 request collapsing, of a gateway as nginx' `proxy_cache_lock off`.",
                in_proxy(),
            )
            .known_as(&COALESCE_NAMES)
            .or(usual);
        let personal = choice()
            .word(
                "bypass",
                "They pass it: a shared cache may not keep them (RFC 9111, 3.5).",
                Personal::Bypass,
            )
            .word("vary", "Each user's has a key of its own.", Personal::Vary)
            .word(
                "share",
                "A mistake: all users' have the same key, and whoever comes gets whatever is there.",
                Personal::Share,
            );
        let personal = r
            .field("personal", "What is done with responses of `personal` key groups.", personal)
            .or(Personal::Bypass);
        let purge_delay = r
            .field("purge_delay", "How long a purge takes until it reaches a node.", time_distribution())
            .or_written(r#""150 ms""#);
        Self {
            layer,
            capacity,
            policy,
            rules: Rules { freshness, coalesce, when_down: WhenDown::FallThrough },
            locations,
            personal,
            purge_delay: Some(purge_delay),
            cache_control: cache_control(r),
            drops_on_write: drops_on_write(r, false),
            vary: vary(r),
            normalise: normalise(r),
            shield: None,
        }
    }

    /// TTLs that hold in place of the layer's own.
    pub(super) fn lifetimes(&self) -> &[Lifetime] {
        match &self.locations {
            Locations::Users { lifetimes, .. } => lifetimes,
            Locations::Regions { .. } => &[],
        }
    }

    /// What its keys have.
    pub(super) fn keys(&self) -> CacheKeys {
        let vary = self.vary.as_ref();
        CacheKeys {
            is_private: matches!(self.locations, Locations::Users { .. }),
            vary: vary.map(|vary| vary.iter().map(|name| name.value.clone()).collect()),
            normalise: self.normalise,
        }
    }

    /// How long copies of a group's responses are good here; nothing if they may not be kept.
    pub(super) fn freshness(&self, group: &KeyGroup) -> Option<Freshness> {
        let own = &self.rules.freshness;
        let is_private = matches!(self.locations, Locations::Users { .. });
        let headers = group.responses.headers.unwrap_or_default();
        headers.freshness(own, &self.cache_control, is_private)
    }

    /// How many caches there are, but for those of users.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        match &self.locations {
            Locations::Users { .. } => 0,
            Locations::Regions { regions, edges } => regions.len() as u32 * edges,
        }
    }

    /// From a user to the cache and back, mean over the users, in nanoseconds.
    pub(super) fn mean_round_trip(&self) -> f64 {
        let Locations::Regions { regions, .. } = &self.locations else { return 0.0 };
        let all: f64 = regions.iter().map(|region| region.share).sum();
        if all > 0.0 {
            regions.iter().map(|region| region.share / all * region.round_trip.mean()).sum()
        } else {
            0.0
        }
    }
}

fn drops_on_write(r: &mut Reader, usual: bool) -> bool {
    let doc = "True: a write that passes takes the copy of its key away here (RFC 9111, 4.4).";
    r.field("drops_on_write", doc, flag()).or(usual)
}

fn vary(r: &mut Reader) -> Option<Vec<Spanned<String>>> {
    let doc = "Names of `workload.dimensions` that each key has here. Without it: those that the response depends on, \
               as its `Vary` says; one that is missing serves users what was made for others.";
    r.field("vary", doc, list(spanned(name())).at_most(10)).optional()
}

fn normalise(r: &mut Reader) -> bool {
    let doc = "True: all `spellings` of a key are one key here.";
    r.field("normalise", doc, flag()).or(false)
}

fn read_lifetime(r: &mut Reader) -> Lifetime {
    Lifetime {
        share: r.field("share", "Share of all users.", share_in(Ratio(0.0)..=Ratio(1.0))).required().0,
        ttl: r.field("ttl", "How long a copy is fresh with them.", time(Duration::ZERO..)).required(),
    }
}

fn read_region(r: &mut Reader) -> Region {
    Region {
        name: r.field("name", "What the region is called.", name()).required(),
        share: r.field("share", "Users there, relative to the other regions.", number(0.0..=1e9)).or(1.0),
        round_trip: r
            .field("round_trip", "From a user there to the edge and back.", time_distribution())
            .required(),
    }
}
