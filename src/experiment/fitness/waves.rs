//! Copies that are loaded together expire together, if no jitter spreads them: the load of the database comes in waves,
//! and a window that has a part of a wave measures another mean than one that has all of it. (The test of thirds sees
//! something in 65 % of such runs, but not what it is.)

use super::Fit;
use crate::measure::Layer;
use crate::time::Duration;

/// Of fewer waves each is too large a part of the window.
pub const WAVES_MIN: f64 = 5.0;

/// The window may end this far before or after the end of a wave, as a share of the window: as small a part of the
/// database's load as `still warming` lets pass.
const PART_MAX: f64 = 0.05;

/// A TTL without jitter that the window does not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Waves {
    /// The layer with that TTL.
    pub layer: Layer,
    /// The key group.
    pub group: String,
    /// The TTL.
    pub ttl: Duration,
    /// The window.
    pub window: Duration,
    /// How many TTLs the window is long.
    pub waves: f64,
}

/// The longest TTL without jitter that the window does not fit.
#[must_use]
pub fn waves(fit: Fit) -> Option<Waves> {
    let setting = fit.setting;
    let found = fit.kept().filter(|kept| kept.jitter == 0.0 && kept.ttl > Duration::ZERO).map(|kept| Waves {
        layer: kept.layer,
        group: setting.groups[kept.group].clone(),
        ttl: kept.ttl,
        window: setting.window,
        waves: setting.window.as_secs_f64() / kept.ttl.as_secs_f64(),
    });
    let misfits = found.filter(|it| !is_whole(it.waves));
    misfits.fold(None, |longest: Option<Waves>, next| match longest {
        Some(longest) if longest.ttl >= next.ttl => Some(longest),
        _ => Some(next),
    })
}

/// Whether a window of this many TTLs is long enough, and ends near the end of a wave.
pub(super) fn is_whole(waves: f64) -> bool {
    let part = (waves - waves.round()).abs() / waves;
    waves >= WAVES_MIN && part <= PART_MAX
}
