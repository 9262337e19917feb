//! How long a run has to be: long enough for its TTLs, and with whole waves where there is no jitter. Two rules ask for a
//! longer run; this is one answer to both.

use super::Fit;
use super::ttl::{TTLS_MIN, warmup_min};
use super::waves::{WAVES_MIN, is_whole};
use crate::model::Kept;
use crate::time::Duration;

/// How many longer windows are tried, each by one wave, until the waves of all TTLs are whole.
const TRIES: u64 = 1_000;

/// A warm-up and a window that are long enough, and no shorter than they need to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// What is not measured at the start.
    pub warmup: Duration,
    /// What is measured.
    pub window: Duration,
}

/// The warm-up and the window that satisfy the rules about TTLs: those of the run where they do already.
#[must_use]
pub fn long_enough(fit: Fit) -> Length {
    let kept: Vec<&Kept> = fit.kept().filter(|kept| kept.ttl > Duration::ZERO).collect();
    let setting = fit.setting;
    let warmup = kept.iter().map(|kept| warmup_min(kept)).fold(setting.warmup, Duration::max);
    let in_waves = || kept.iter().filter(|kept| kept.jitter == 0.0).map(|kept| kept.ttl);
    let fits = |window: &Duration| in_waves().all(|ttl| is_whole(window.as_secs_f64() / ttl.as_secs_f64()));
    let least = kept.iter().map(|kept| kept.ttl * TTLS_MIN);
    let least = least.chain(in_waves().map(|ttl| ttl * WAVES_MIN as u64)).max().unwrap_or_default();
    let longer = least.max(setting.window);
    let window = match in_waves().max() {
        Some(ttl) if !fits(&longer) => {
            let waves = |window: Duration| window.as_secs_f64() / ttl.as_secs_f64();
            let first = waves(least).ceil().max(waves(setting.window).round()) as u64;
            (first..first + TRIES).map(|waves| ttl * waves).find(fits).unwrap_or(ttl * first)
        }
        _ => longer,
    };
    Length { warmup, window }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{setting, ttl};
    use super::super::{shorter_than_ttl, waves};
    use super::*;
    use crate::measure::{Fitness, Layer};

    #[test]
    fn what_is_advised_satisfies_both_rules() {
        let asked: Vec<(u32, u32)> = vec![(Layer::Redis as u32, 0), (Layer::Process as u32, 0)];
        let runs = [Fitness { asked, ..Fitness::default() }];
        let (redis, process) = (Layer::Redis, Layer::Process);
        for (warmup, window, kept, expected) in [
            // Nothing is wrong.
            (10, 50, vec![ttl(redis, 10, 0.0)], (10, 50)),
            // Three TTLs would do for the one rule, five are needed for the other.
            (5, 20, vec![ttl(redis, 10, 0.0)], (10, 50)),
            // Jitter: no waves, but a longer warm-up.
            (5, 20, vec![ttl(redis, 10, 0.1)], (11, 30)),
            // The window is 7.4 TTLs.
            (10, 74, vec![ttl(redis, 10, 0.0)], (10, 70)),
            // 45 s are 5.6 times 8 s; 54 s are 6.75, which is less than 5 % from 7.
            (9, 20, vec![ttl(redis, 9, 0.0), ttl(process, 8, 0.0)], (9, 54)),
            (60, 100, vec![ttl(redis, 60, 0.0), ttl(process, 7, 0.2)], (60, 300)),
        ] {
            let of = setting(warmup, window, &kept);
            let length = long_enough(Fit { setting: &of, runs: &runs });
            let seconds = |time: Duration| time.as_secs_f64().round() as u64;
            assert_eq!((seconds(length.warmup), seconds(length.window)), expected, "{of:?}");
            let of = super::super::Setting { warmup: length.warmup, window: length.window, ..of };
            let fit = Fit { setting: &of, runs: &runs };
            assert_eq!((shorter_than_ttl(fit), waves(fit)), (None, None), "{of:?}");
        }
    }
}
