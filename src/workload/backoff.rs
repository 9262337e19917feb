//! How long a client waits before it tries again.
//!
//! The four kinds of jitter are those of Marc Brooker, "Exponential Backoff And Jitter", AWS
//! Architecture Blog, 2015: retries that all wait equally long come back together, and what spreads
//! them is the randomness, not the exponent.

use crate::random::{Draws, math};
use crate::time::Duration;

/// What is random about a delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Nothing: base, base times multiplier, and so on up to the cap.
    None,
    /// Anything from zero to that delay.
    Full,
    /// Half of that delay, and anything up to the other half on top.
    Equal,
    /// Anything from the base to three times the last delay, up to the cap; the multiplier has no
    /// part in it.
    Decorrelated,
}

/// Exponential backoff.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    base: Duration,
    multiplier: f64,
    cap: Duration,
    jitter: Jitter,
}

/// How much longer than the last a decorrelated delay may be. Source: as the module.
const DECORRELATED_GROWTH: u64 = 3;

impl Backoff {
    /// Delays that begin with `base`, grow by `multiplier` and never exceed `cap`.
    ///
    /// # Errors
    /// If the multiplier is below 1 or not finite, or the cap below the base.
    pub fn new(base: Duration, multiplier: f64, cap: Duration, jitter: Jitter) -> Result<Self, String> {
        if !(multiplier >= 1.0 && multiplier.is_finite()) {
            return Err(format!(
                "back off with a multiplier of `{multiplier}`: it must be a finite number of at least 1, usually 2"
            ));
        }
        if cap < base {
            return Err(format!("back off for at most `{cap}`: it must be at least the first delay, {base}"));
        }
        Ok(Self { base, multiplier, cap, jitter })
    }

    /// What is random about the delays.
    #[must_use]
    pub fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// The delay before the retry number `attempt`, counted from 0, when `previous` was the last
    /// delay ([`Duration::ZERO`] before the first).
    #[must_use]
    pub fn delay(&self, attempt: u32, previous: Duration, draws: &mut Draws) -> Duration {
        match self.jitter {
            Jitter::None => self.exponential(attempt),
            Jitter::Full => between(Duration::ZERO, self.exponential(attempt), draws),
            Jitter::Equal => {
                let whole = self.exponential(attempt);
                between(Duration::from_nanos(whole.as_nanos() / 2), whole, draws)
            }
            Jitter::Decorrelated => {
                let longest = previous.max(self.base) * DECORRELATED_GROWTH;
                between(self.base, longest, draws).min(self.cap)
            }
        }
    }

    fn exponential(&self, attempt: u32) -> Duration {
        let factor = math::pow(self.multiplier, f64::from(attempt));
        Duration::from_nanos_f64(self.base.as_nanos() as f64 * factor).min(self.cap)
    }
}

/// Even from `low` to `high`.
fn between(low: Duration, high: Duration, draws: &mut Draws) -> Duration {
    low + Duration::from_nanos_f64(high.saturating_sub(low).as_nanos() as f64 * draws.unit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    const BASE: Duration = Duration::from_millis(100);
    const CAP: Duration = Duration::from_secs(2);
    const SAMPLES: u64 = 100_000;

    fn backoff(jitter: Jitter) -> Backoff {
        Backoff::new(BASE, 2.0, CAP, jitter).unwrap()
    }

    /// Least, mean and largest delay, in milliseconds.
    fn check(jitter: Jitter, attempt: u32, previous_ms: u64, (least, mean, largest): (f64, f64, f64)) {
        let stream = Stream::new(9, 0, "test.backoff");
        let previous = Duration::from_millis(previous_ms);
        let delays: Vec<f64> = (0..SAMPLES)
            .map(|i| backoff(jitter).delay(attempt, previous, &mut stream.at(i)).as_nanos() as f64 / 1e6)
            .collect();
        let name = format!("{jitter:?}, attempt {attempt} after {previous}");
        assert!(delays.iter().all(|delay| (least..=largest).contains(delay)), "{name}");
        // An even spread over w has the standard deviation w / sqrt(12); five standard errors.
        let allowed = 5.0 * (largest - least) / (12.0 * SAMPLES as f64).sqrt() + 1e-6;
        let found = delays.iter().sum::<f64>() / SAMPLES as f64;
        assert!((found - mean).abs() < allowed, "{name}: mean {found}");
    }

    #[test]
    fn delays_spread_as_the_kind_of_jitter_says() {
        for (attempt, delay) in [(0, 100.0), (1, 200.0), (4, 1_600.0), (5, 2_000.0), (u32::MAX, 2_000.0)] {
            check(Jitter::None, attempt, 0, (delay, delay, delay));
            check(Jitter::Full, attempt, 0, (0.0, delay / 2.0, delay));
            check(Jitter::Equal, attempt, 0, (delay / 2.0, delay * 0.75, delay));
        }
        check(Jitter::Decorrelated, 0, 0, (100.0, 200.0, 300.0));
        check(Jitter::Decorrelated, 7, 300, (100.0, 500.0, 900.0));
        // Even from 100 to 6,000 ms, cut at 2,000: 1,900 of 5,900 lie below, with the mean 1,050.
        check(
            Jitter::Decorrelated,
            9,
            2_000,
            (100.0, (1_900.0 * 1_050.0 + 4_000.0 * 2_000.0) / 5_900.0, 2_000.0),
        );
    }

    #[test]
    fn nonsense_is_refused_with_the_value_and_the_rule() {
        let cases = [
            (
                Backoff::new(BASE, 0.5, CAP, Jitter::Full),
                "back off with a multiplier of `0.5`: it must be a finite number of at least 1, usually 2",
            ),
            (
                Backoff::new(CAP, 2.0, BASE, Jitter::Full),
                "back off for at most `100 ms`: it must be at least the first delay, 2 s",
            ),
        ];
        for (result, message) in cases {
            assert_eq!(result.unwrap_err(), message);
        }
    }
}
