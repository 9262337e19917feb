//! When requests arrive at an open-loop source: at a rate that does not care how the system fares.
//!
//! ```text
//! ordinal n ── unit arrivals (Poisson or even) ── epoch ── stretches of the rate ── instant
//! ```
//!
//! The n-th gap of the unit source is drawn from the ordinal n alone, so two variants, or two rates,
//! see the same pattern of arrivals.

use super::bursty::Bursty;
use super::schedule::Schedule;
use super::stretch::{Stretch, Stretches};
use crate::quantity::Rate;
use crate::random::{Stream, variate};
use crate::time::Instant;
use std::iter::FusedIterator;

/// How arrivals are spaced on a clock that runs with the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// At random and independently, as from many clients: exponential gaps.
    Poisson,
    /// Evenly, as from a load generator: each gap is one over the rate, the first one included.
    Even,
}

/// The rate over time.
#[derive(Clone, Debug, PartialEq)]
pub enum Profile {
    /// Known beforehand.
    Schedule(Schedule),
    /// Jumping at random.
    Bursty(Bursty),
}

/// From an instant on the rate is `factor` times that of the profile, until the next change; a factor
/// of 1 restores it. Factors do not pile up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateChange {
    /// When it takes effect.
    pub at: Instant,
    /// Between 0 and a million.
    pub factor: f64,
}

/// The largest factor: from one request a second to a million. Without a limit the product of rate
/// and factor could be infinite, and time would stand still.
pub const FACTOR_MAX: f64 = 1e6;

/// The instants of a source in order, one for each ordinal from 0; all lie before its end.
#[derive(Clone, Debug)]
pub struct Arrivals {
    stream: Stream,
    spacing: Spacing,
    ordinal: u64,
    /// Where the unit source stands, counted from the start of the run.
    epoch: f64,
    stretches: Stretches,
    stretch: Stretch,
    /// The epochs at which the present stretch begins and ends.
    epoch_begin: f64,
    epoch_end: f64,
    last: Instant,
    end: Instant,
}

impl Arrivals {
    /// A source that follows `profile` with `changes` until `end`.
    ///
    /// # Errors
    /// If a burst profile makes no sense (see [`Bursty::check`]) or a factor is not between 0 and
    /// a million.
    pub fn new(
        profile: Profile,
        spacing: Spacing,
        changes: &[RateChange],
        end: Instant,
        stream: Stream,
    ) -> Result<Self, String> {
        if let Profile::Bursty(bursty) = profile {
            bursty.check()?;
        }
        if let Some(change) = changes.iter().find(|change| !(0.0..=FACTOR_MAX).contains(&change.factor)) {
            return Err(format!(
                "multiply the request rate by `{}`: the factor must be between 0 and {FACTOR_MAX}",
                change.factor
            ));
        }
        let mut stretches = Stretches::new(profile, changes.to_vec(), end, stream);
        let stretch = stretches.next().unwrap_or_else(|| Stretch::empty(end));
        Ok(Self {
            stream,
            spacing,
            ordinal: 0,
            epoch: 0.0,
            stretches,
            stretch,
            epoch_begin: 0.0,
            epoch_end: stretch.arrivals(),
            last: Instant::ZERO,
            end,
        })
    }

    /// The plain case: Poisson arrivals of a constant rate.
    ///
    /// # Errors
    /// If the rate is negative, not finite or above one per nanosecond.
    pub fn poisson(rate: Rate, end: Instant, stream: Stream) -> Result<Self, String> {
        Self::new(Profile::Schedule(Schedule::constant(rate)?), Spacing::Poisson, &[], end, stream)
    }

    /// Moves to the stretch in which the unit source's epoch lies.
    fn advance(&mut self) -> Option<()> {
        while self.epoch > self.epoch_end {
            self.stretch = self.stretches.next()?;
            self.epoch_begin = self.epoch_end;
            self.epoch_end += self.stretch.arrivals();
        }
        Some(())
    }
}

impl Iterator for Arrivals {
    type Item = Instant;

    #[inline]
    fn next(&mut self) -> Option<Instant> {
        self.epoch = match self.spacing {
            Spacing::Poisson => self.epoch + variate::exponential(&mut self.stream.at(self.ordinal)),
            // Counted, not summed, so that it never drifts.
            Spacing::Even => (self.ordinal + 1) as f64,
        };
        self.ordinal += 1;
        if self.epoch > self.epoch_end {
            self.advance()?;
        }
        // Rounding in the square root could put two arrivals of a ramp a nanosecond out of order.
        let at = self.stretch.instant(self.epoch - self.epoch_begin).max(self.last);
        self.last = at;
        (at < self.end).then_some(at)
    }
}

impl FusedIterator for Arrivals {}

#[cfg(test)]
mod tests;
