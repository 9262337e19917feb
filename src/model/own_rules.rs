//! What a key group wants of the caches beside the application in place of their own rules: another TTL, or none of its
//! keys in a cache.
//!
//! ```toml
//! [[workload.keys]]
//! name = "price"
//! process = { cached = false }                   # or `process = false`
//! redis = { ttl = "30 s", soft_ttl = "20 s" }    # or `redis = "30 s"`
//! ```
//!
//! An excluded group never asks that cache and never fills it. Caches before the application learn the same from a
//! group's `headers`.

use super::freshness::Freshness;
use super::key::KeyGroup;
use crate::measure::Layer;
use crate::scenario::{Kind, Reader, choice, flag, positive_time, table};
use crate::time::Duration;

/// What a key group wants of one cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnRules {
    /// False: the cache has none of the group's keys.
    pub cached: bool,
    /// In place of the layer's `ttl`.
    pub ttl: Own,
    /// In place of its `soft_ttl`.
    pub soft_ttl: Own,
    /// In place of its `null_ttl`.
    pub null_ttl: Own,
}

/// A length of time in place of the layer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// As the layer has it.
    Layers,
    /// This, or none.
    Is(Option<Duration>),
}

impl Own {
    fn or(self, layers: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Layers => layers,
            Self::Is(own) => own,
        }
    }
}

fn own() -> impl Kind<Value = Own> {
    choice()
        .word("none", "None, whatever the cache has.", Own::Is(None))
        .plain(positive_time(), |own| Own::Is(Some(own)))
}

impl OwnRules {
    /// The setting of a key group for one cache.
    pub(super) fn field(r: &mut Reader, layer: &'static str, doc: &'static str) -> Option<Self> {
        r.field(layer, doc, table(Self::read).bare("ttl").bare_flag("cached")).optional()
    }

    fn read(r: &mut Reader) -> Self {
        let rules = Self {
            cached: r
                .field(
                    "cached",
                    "False: this cache has none of the group's keys. It is not asked for them.",
                    flag(),
                )
                .or(true),
            ttl: r.field("ttl", "In place of the cache's own `ttl`.", own()).or(Own::Layers),
            soft_ttl: r.field("soft_ttl", "In place of the cache's own `soft_ttl`.", own()).or(Own::Layers),
            null_ttl: r.field("null_ttl", "In place of the cache's own `null_ttl`.", own()).or(Own::Layers),
        };
        let changes = [("ttl", rules.ttl), ("soft_ttl", rules.soft_ttl), ("null_ttl", rules.null_ttl)];
        let needless = changes.iter().find(|(_, own)| !rules.cached && *own != Own::Layers);
        if let Some((key, _)) = needless {
            let message = format!("`{key}` means nothing beside `cached = false`: there are no copies");
            r.contradiction(key, message, "take one of the two away");
        }
        rules
    }

    /// Whether the group says something of its TTL.
    pub(super) fn sets_ttl(&self) -> bool {
        self.ttl != Own::Layers
    }

    fn apply(&self, layers: &Freshness) -> Option<Freshness> {
        self.cached.then(|| Freshness {
            ttl: self.ttl.or(layers.ttl),
            soft_ttl: self.soft_ttl.or(layers.soft_ttl),
            null_ttl: self.null_ttl.or(layers.null_ttl),
            ..layers.clone()
        })
    }
}

impl KeyGroup {
    /// What the group wants of a cache beside the application.
    pub(super) fn own_rules(&self, layer: Layer) -> Option<&OwnRules> {
        match layer {
            Layer::Process => self.process.as_ref(),
            Layer::Redis => self.redis.as_ref(),
            _ => None,
        }
    }

    /// The group's freshness in a cache beside the application with these rules; nothing if the cache has none of its
    /// keys.
    #[must_use]
    pub fn freshness_in(&self, layer: Layer, layers: &Freshness) -> Option<Freshness> {
        let short = self.ttl.filter(|_| layer == Layer::Redis);
        let layers = Freshness { ttl: short.or(layers.ttl), ..layers.clone() };
        match self.own_rules(layer) {
            Some(own) => own.apply(&layers),
            None => Some(layers),
        }
    }
}

/// The freshness of each group in a cache beside the application.
#[derive(Debug)]
pub(super) struct ByGroup(Vec<Option<Freshness>>);

impl ByGroup {
    pub(super) fn new(layer: Layer, groups: &[KeyGroup], layers: &Freshness) -> Self {
        Self(groups.iter().map(|group| group.freshness_in(layer, layers)).collect())
    }

    /// The freshness of a group; nothing if the cache has none of its keys.
    #[inline]
    pub(super) fn of(&self, group: u16) -> Option<&Freshness> {
        self.0[usize::from(group)].as_ref()
    }
}
