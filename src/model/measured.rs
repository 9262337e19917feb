//! What the settings alone say of whether a run can be measured: how long copies are kept, what happens when, and
//! whether the traffic is the same all along.

use super::http_cache_spec::Personal;
use super::{Action, ArrivalSpec, Event, Model};
use crate::measure::Layer;
use crate::time::{Duration, Instant};
use crate::workload::arrivals::Profile;

/// The rate is looked at so many times over the window.
const LOOKS: u32 = 100;

/// It is the same if it is never further from its mean than this share.
const STEADY: f64 = 0.01;

/// How long a caching layer keeps the copies of a key group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// The layer.
    pub layer: Layer,
    /// The group's place among the groups.
    pub group: usize,
    /// The TTL.
    pub ttl: Duration,
    /// Each TTL is drawn from `ttl · (1 ± jitter)`.
    pub jitter: f64,
}

impl Event {
    /// When it is over, if the settings say so: it may be over at once, stay, or take until it is done.
    #[must_use]
    pub fn ends(&self) -> Option<Instant> {
        let lasts = match &self.action {
            Action::Restart { lasts, .. }
            | Action::Outage { lasts, .. }
            | Action::Slow { lasts, .. }
            | Action::Bus { lasts, .. }
            | Action::Rebuild { lasts, .. }
            | Action::FlashCrowd { lasts, .. } => Some(*lasts),
            Action::RateChange { lasts, .. } => *lasts,
            Action::Failover(spec) => Some(spec.after),
            Action::Never(_)
            | Action::Expire(_)
            | Action::Flush(_)
            | Action::Purge { .. }
            | Action::Crash { .. }
            | Action::Load(_)
            | Action::Deploy(_)
            | Action::Scale(_) => None,
        };
        lasts.map(|lasts| self.at + lasts)
    }
}

impl Model {
    /// How long each caching layer keeps the copies of each key group. What is kept until it is evicted, or for as long as
    /// each answer says, is left out.
    #[must_use]
    pub fn kept(&self) -> Vec<Kept> {
        let mut kept = Vec::new();
        let there = (0..).zip(&self.workload.keys).filter(|(_, key_group)| key_group.exists);
        for (group, key_group) in there {
            let mut add = |layer, ttl: Option<Duration>, jitter| {
                kept.extend(ttl.map(|ttl| Kept { layer, group, ttl, jitter }));
            };
            for spec in self.http_caches() {
                let passes = key_group.personal && spec.personal == Personal::Bypass;
                let freshness = spec.freshness(key_group).filter(|it| !passes && it.http.heuristic.is_none());
                add(
                    spec.layer,
                    freshness.as_ref().and_then(|it| it.ttl),
                    freshness.map_or(0.0, |it| it.jitter),
                );
            }
            let beside_app = [
                (Layer::Process, self.process.as_ref().map(|process| &process.rules.freshness)),
                (Layer::Redis, self.redis.as_ref().map(|redis| &redis.rules.freshness)),
            ];
            for (layer, layers) in beside_app {
                let freshness = layers.and_then(|layers| key_group.freshness_in(layer, layers));
                add(layer, freshness.as_ref().and_then(|it| it.ttl), freshness.map_or(0.0, |it| it.jitter));
            }
        }
        kept
    }

    /// Whether requests come at the same rate from the warm-up to this end, but for chance and for events.
    #[must_use]
    pub fn has_steady_traffic(&self, end: Instant) -> bool {
        let schedule = match &self.workload.arrivals {
            ArrivalSpec::Open(Profile::Schedule(schedule), _) => schedule,
            ArrivalSpec::Open(Profile::Bursty(_), _) | ArrivalSpec::Closed(..) => return true,
            ArrivalSpec::Trace(_) => return false,
        };
        let start = self.warmup_end();
        let window = (end - start).as_secs_f64();
        let mean = (schedule.expected_arrivals(end) - schedule.expected_arrivals(start)) / window;
        (0..LOOKS).all(|n| {
            let at = start + Duration::from_secs_f64(window * f64::from(n) / f64::from(LOOKS));
            (schedule.rate_at(at).0 - mean).abs() <= STEADY * mean
        })
    }

    /// When the first event begins that happens within the measured window, or goes on in it: at its start, if it
    /// has begun before. A change of the rate that stays is over as soon as it is there.
    #[must_use]
    pub fn first_event(&self, end: Instant) -> Option<Instant> {
        let start = self.warmup_end();
        let within = |event: &&Event| {
            let ends = event.ends().unwrap_or(event.at).max(event.at);
            event.at < end && (event.at >= start || ends > start)
        };
        self.events
            .iter()
            .filter(|event| event.happens())
            .filter(within)
            .map(|event| event.at.max(start))
            .min()
    }

    /// Whether every event is over at this time, as far as the settings say when it is.
    #[must_use]
    pub fn is_calm_from(&self, at: Instant) -> bool {
        let mut events = self.events.iter().filter(|event| event.happens());
        let over = events.all(|event| event.ends().unwrap_or(event.at) < at);
        let stays = |event: &&Event| matches!(event.action, Action::RateChange { lasts: None, .. });
        let last = self.events.iter().filter(stays).max_by_key(|event| event.at);
        let is_usual = |event: &Event| matches!(event.action, Action::RateChange { factor: 1.0, .. });
        over && last.is_none_or(is_usual)
    }
}
