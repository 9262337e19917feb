//! Whether a run is fit to be measured: rules about the run, not about the system. They change no result.
//!
//! | file | rule |
//! | --- | --- |
//! | `warming.rs` | the caches still fill after the warm-up |
//! | `queue.rs` | a queue still grows at the end |
//! | `ttl.rs` | less than a few TTLs is measured |
//! | `waves.rs` | copies expire in waves, of which the window has a part |
//! | `length.rs` | how long a run would satisfy the two rules about TTLs |
//! | `recovery.rs` | the system was failing before the event, or does not recover from it |
//!
//! A rule is a pure function of what the settings say ([`Setting`]) and of what the replications have shown
//! ([`Fitness`]). The thresholds and how often each rule is wrong were measured on systems whose answer is known; each
//! file says where its own come from.

mod length;
mod queue;
mod recovery;
mod ttl;
mod warming;
mod waves;

pub use length::{Length, long_enough};
pub use queue::{Growth, growing_queue};
pub use recovery::{not_recovered, unhealthy_before};
pub use ttl::{TTLS_MIN, TooShort, shorter_than_ttl};
pub use warming::{Change, Watched, still_warming};
pub use waves::{WAVES_MIN, Waves, waves};

use super::statistics::wilson;
use crate::measure::Fitness;
use crate::model::{Kept, KeyGroup, Model, OriginSpec};
use crate::time::{Duration, Instant};

/// What the settings say of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// What is not measured at the start.
    pub warmup: Duration,
    /// What is measured.
    pub window: Duration,
    /// The names of the key groups.
    pub groups: Vec<String>,
    /// Whether each of them is written.
    pub written: Vec<bool>,
    /// Downstream services, each with the key groups that it answers for.
    pub services: Vec<(String, Vec<usize>)>,
    /// How long caches keep copies.
    pub kept: Vec<Kept>,
    /// Whether requests come at the same rate all through the window.
    pub is_steady: bool,
    /// The first event in the window.
    pub first_event: Option<Instant>,
    /// Whether every event is over before the last tenth of the window.
    pub is_calm_at_end: bool,
}

impl Setting {
    /// Of a model whose arrivals end then.
    #[must_use]
    pub fn of(model: &Model, end: Instant) -> Self {
        let window = end - model.warmup_end();
        let most = Duration::from_nanos(window.as_nanos() - window.as_nanos() / 10);
        Self {
            warmup: model.warmup,
            window,
            groups: model.workload.keys.iter().map(|group| group.name.clone()).collect(),
            written: model.workload.keys.iter().map(|group| group.writes.0 > 0.0).collect(),
            services: services(model),
            kept: model.kept(),
            is_steady: model.has_steady_traffic(end),
            first_event: model.first_event(end),
            is_calm_at_end: model.is_calm_from(model.warmup_end() + most),
        }
    }
}

/// Whether measuring begins too early for a TTL, if all layers and groups are asked enough: what the settings alone say.
#[must_use]
pub fn may_be_cold(model: &Model) -> bool {
    model.kept().iter().any(|kept| model.warmup < ttl::warmup_min(kept))
}

fn services(model: &Model) -> Vec<(String, Vec<usize>)> {
    let answers_for = |name: &str| {
        let groups = model.workload.keys.iter().enumerate();
        let is_origin =
            |group: &KeyGroup| matches!(&group.origin, OriginSpec::Downstream(it) if it.value == name);
        groups.filter(|(_, group)| is_origin(group)).map(|(place, _)| place).collect()
    };
    model.downstream.iter().map(|service| (service.name.clone(), answers_for(&service.name))).collect()
}

/// A run, or several of the same, to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'a> {
    /// What the settings say.
    pub setting: &'a Setting,
    /// What each replication has shown.
    pub runs: &'a [Fitness],
}

impl<'a> Fit<'a> {
    /// Whether the caches were full when measuring began, as far as can be seen: no level changes over the window, and
    /// the warm-up is as long as the TTLs.
    #[must_use]
    pub fn is_warm(self) -> bool {
        still_warming(self).is_empty() && shorter_than_ttl(self).is_none_or(|short| !short.warmup_is_short())
    }

    /// Those TTLs that enough look-ups depend on, in any of the replications.
    fn kept(self) -> impl Iterator<Item = &'a Kept> {
        let is_asked = move |kept: &&Kept| {
            let place = (kept.layer as u32, kept.group as u32);
            self.runs.iter().any(|run| run.asked.contains(&place))
        };
        self.setting.kept.iter().filter(is_asked)
    }
}

/// How many replications are of one kind, of those in which that can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Those of that kind.
    pub these: usize,
    /// All in which it can be seen.
    pub all: usize,
}

impl Count {
    /// Wilson's interval of the share of all runs that are of that kind, at 95 %.
    #[must_use]
    pub fn interval(self) -> [f64; 2] {
        wilson(self.these, self.all)
    }

    fn of(answers: impl Iterator<Item = Option<bool>>) -> Self {
        let mut count = Self { these: 0, all: 0 };
        for answer in answers.flatten() {
            count.these += usize::from(answer);
            count.all += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Layer;

    /// A TTL of the first key group, in seconds.
    pub(super) fn ttl(layer: Layer, seconds: u64, jitter: f64) -> Kept {
        Kept { layer, group: 0, ttl: Duration::from_secs(seconds), jitter }
    }

    /// A steady run without events, in seconds.
    pub(super) fn setting(warmup: u64, window: u64, kept: &[Kept]) -> Setting {
        Setting {
            warmup: Duration::from_secs(warmup),
            window: Duration::from_secs(window),
            groups: vec!["page".into()],
            written: vec![false],
            services: Vec::new(),
            kept: kept.to_vec(),
            is_steady: true,
            first_event: None,
            is_calm_at_end: true,
        }
    }
}
