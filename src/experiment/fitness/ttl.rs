//! Less is measured than a few TTLs, or the warm-up is shorter than one: then no copy has expired by the time that
//! measuring begins, and few do while it lasts. No test on data sees this (at most 10 % of cases were found), so that
//! the settings have to tell.

use super::Fit;
use crate::measure::Layer;
use crate::model::Kept;
use crate::time::Duration;

/// The window has to be as long as this many TTLs.
pub const TTLS_MIN: u64 = 3;

/// The TTL that is the longest in proportion to the run, of those that enough look-ups depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct TooShort {
    /// The layer with that TTL.
    pub layer: Layer,
    /// The key group.
    pub group: String,
    /// The TTL.
    pub ttl: Duration,
    /// The longest that jitter can make it, which the warm-up has to be.
    pub warmup_min: Duration,
    /// The length that the window has to have.
    pub window_min: Duration,
    /// The warm-up and the window as they are.
    pub warmup: Duration,
    /// See [`TooShort::warmup`].
    pub window: Duration,
    /// How many more TTLs of layers and groups are too long.
    pub others: usize,
}

impl TooShort {
    /// Whether measuring begins before the copies of the first requests have expired.
    #[must_use]
    pub fn warmup_is_short(&self) -> bool {
        self.warmup < self.warmup_min
    }

    /// Whether too few TTLs are measured.
    #[must_use]
    pub fn window_is_short(&self) -> bool {
        self.window < self.window_min
    }
}

/// The longest of the TTLs for which the run is too short.
#[must_use]
pub fn shorter_than_ttl(fit: Fit) -> Option<TooShort> {
    let setting = fit.setting;
    let too_short = fit.kept().map(|kept| TooShort {
        layer: kept.layer,
        group: setting.groups[kept.group].clone(),
        ttl: kept.ttl,
        warmup_min: warmup_min(kept),
        window_min: kept.ttl * TTLS_MIN,
        warmup: setting.warmup,
        window: setting.window,
        others: 0,
    });
    let mut too_short: Vec<TooShort> =
        too_short.filter(|short| short.warmup_is_short() || short.window_is_short()).collect();
    let others = too_short.len().saturating_sub(1);
    // Of several alike the first that was named.
    too_short.sort_by_key(|layer| std::cmp::Reverse(layer.warmup_min));
    too_short.into_iter().next().map(|longest| TooShort { others, ..longest })
}

/// The longest that jitter can make a TTL.
pub(super) fn warmup_min(kept: &Kept) -> Duration {
    Duration::from_nanos_f64(kept.ttl.as_nanos() as f64 * (1.0 + kept.jitter))
}
