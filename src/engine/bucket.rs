//! A token bucket: so many at once, and so many per second after that.
//!
//! Kept as the generic cell rate algorithm does (ITU-T I.371): one time, at which the bucket would be
//! full again, in place of a level that would have to be topped up.

use crate::quantity::Rate;
use crate::time::{Duration, Instant};
use std::cell::Cell;

/// Fractions of a nanosecond: a token's interval is kept to 2^-32 ns, so that the rate does not drift.
const FRACTION_BITS: u32 = 32;

/// A bucket that holds `burst` tokens and gains `rate` of them each second.
#[derive(Debug)]
pub struct TokenBucket {
    interval: u128,
    depth: u128,
    /// When the bucket will be full, in 2^-32 ns.
    full_at: Cell<u128>,
}

impl TokenBucket {
    /// A full bucket.
    ///
    /// # Panics
    /// If the rate is not positive or the burst is zero: the caller checks what a user wrote.
    #[must_use]
    pub fn new(rate: Rate, burst: u32) -> Self {
        assert!(rate.0 > 0.0 && burst > 0, "a bucket lets something through");
        let interval = (1e9 / rate.0 * (1u64 << FRACTION_BITS) as f64) as u128;
        Self { interval, depth: interval * u128::from(burst), full_at: Cell::new(0) }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// With the time until there is one.
    pub fn take(&self, now: Instant) -> Result<(), Duration> {
        let now = u128::from(now.as_nanos()) << FRACTION_BITS;
        let full_at = self.full_at.get().max(now) + self.interval;
        if full_at - now > self.depth {
            let wait = full_at - now - self.depth;
            return Err(Duration::from_nanos(wait.div_ceil(1 << FRACTION_BITS) as u64));
        }
        self.full_at.set(full_at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_the_burst_and_the_rate_times_the_time() {
        let bucket = TokenBucket::new(Rate(300.0), 20);
        // A request each 0.1 ms for 100 s: far more than the bucket lets through.
        let passed =
            (0..1_000_000u64).filter(|n| bucket.take(Instant::from_nanos(n * 100_000)).is_ok()).count();
        // The last one comes 0.1 ms before the 30,000th token.
        assert_eq!(passed, 29_999 + 20);
    }

    #[test]
    fn one_who_is_sent_away_is_told_when_to_come_back() {
        let bucket = TokenBucket::new(Rate(10.0), 1);
        let at = |millis| Instant::ZERO + Duration::from_millis(millis);
        assert_eq!(bucket.take(at(0)), Ok(()));
        assert_eq!(bucket.take(at(30)), Err(Duration::from_millis(70)));
        assert!(bucket.take(at(99)).is_err());
        assert_eq!(bucket.take(at(100)), Ok(()));
    }
}
