//! Traffic that bursts: a Poisson process whose rate jumps at random between two values.
//!
//! The two-state Markov-modulated Poisson process of Heffes and Lucantoni, "A Markov Modulated
//! Characterization of Packetized Voice and Data Traffic and Related Statistical Multiplexer
//! Performance", IEEE JSAC 4(6), 1986. The times in each state are exponential; a run begins in the
//! stationary state, so its mean rate holds from the first second.

use super::schedule::{Piece, check_rate};
use crate::quantity::Rate;
use crate::random::{Stream, variate};
use crate::time::Duration;

/// Two rates and how long each lasts in the mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursty {
    /// The rate between bursts.
    pub quiet: Rate,
    /// The rate in a burst.
    pub burst: Rate,
    /// The mean time between two bursts.
    pub quiet_mean: Duration,
    /// The mean length of a burst.
    pub burst_mean: Duration,
}

/// The shortest mean time in a state; below it a burst holds hardly one request.
pub const SOJOURN_MIN: Duration = Duration::from_micros(10);

impl Bursty {
    /// Itself, if it makes sense.
    ///
    /// # Errors
    /// If a rate is impossible, both are zero, or a mean time is below 10 µs.
    pub fn check(self) -> Result<Self, String> {
        check_rate(self.quiet)?;
        check_rate(self.burst)?;
        if self.quiet.0 + self.burst.0 == 0.0 {
            return Err("send requests in bursts of `0/s`: give the burst a rate above 0/s".to_owned());
        }
        for (name, mean) in [("quiet times", self.quiet_mean), ("bursts", self.burst_mean)] {
            if mean < SOJOURN_MIN {
                return Err(format!(
                    "send requests with {name} of `{mean}` in the mean: it must be at least {SOJOURN_MIN}"
                ));
            }
        }
        Ok(self)
    }

    /// The same bursts with `factor` times the rates.
    ///
    /// # Errors
    /// If a rate is then impossible.
    pub fn scaled(self, factor: f64) -> Result<Self, String> {
        let scaled = |rate: Rate| Rate(rate.0 * factor);
        Self { quiet: scaled(self.quiet), burst: scaled(self.burst), ..self }.check()
    }

    /// The rate over a long time.
    #[must_use]
    pub fn mean_rate(&self) -> Rate {
        Rate(self.quiet.0 + (self.burst.0 - self.quiet.0) * self.burst_share())
    }

    /// How often the rate jumps in a time, on average.
    #[must_use]
    pub fn jumps(&self, time: Duration) -> f64 {
        2.0 * time.as_secs_f64() / (self.quiet_mean.as_secs_f64() + self.burst_mean.as_secs_f64())
    }

    /// The share of time that is spent in bursts.
    fn burst_share(&self) -> f64 {
        let (quiet, burst) = (self.quiet_mean.as_secs_f64(), self.burst_mean.as_secs_f64());
        burst / (quiet + burst)
    }
}

/// The states that follow each other, each drawn from its ordinal.
#[derive(Clone, Debug)]
pub(super) struct Sojourns {
    bursty: Bursty,
    stream: Stream,
    ordinal: u64,
    in_burst: bool,
}

/// Sets the draws of the states apart from those of the arrivals, which use the stream itself.
const STATES: u64 = u64::MAX;

impl Sojourns {
    pub(super) fn new(bursty: Bursty, stream: Stream) -> Self {
        let stream = stream.of(STATES);
        let in_burst = stream.at(0).chance(bursty.burst_share());
        Self { bursty, stream, ordinal: 0, in_burst }
    }

    /// The next time in one state, at least a nanosecond long.
    pub(super) fn next(&mut self) -> Piece {
        self.ordinal += 1;
        let (rate, mean) = if self.in_burst {
            (self.bursty.burst, self.bursty.burst_mean)
        } else {
            (self.bursty.quiet, self.bursty.quiet_mean)
        };
        self.in_burst = !self.in_burst;
        let nanos = variate::exponential(&mut self.stream.at(self.ordinal)) * mean.as_nanos() as f64;
        Piece::step(Duration::from_nanos_f64(nanos).max(Duration::from_nanos(1)), rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Bursty = Bursty {
        quiet: Rate(100.0),
        burst: Rate(1_000.0),
        quiet_mean: Duration::from_secs(9),
        burst_mean: Duration::from_secs(1),
    };

    #[test]
    fn the_mean_rate_weighs_the_rates_by_time() {
        assert!((BASE.mean_rate().0 - 190.0).abs() < 1e-9);
    }

    /// A share p of n runs has a standard error of sqrt(p (1 - p) / n); five are allowed.
    #[test]
    fn a_run_begins_in_a_burst_with_the_share_of_time_that_bursts_take() {
        let begin = |run| Sojourns::new(BASE, Stream::new(1, run, "test.bursts")).in_burst;
        let bursts = (0..10_000).filter(|&run| begin(run)).count() as f64;
        assert!((bursts / 10_000.0 - 0.1).abs() < 0.015, "{bursts}");
    }

    #[test]
    fn nonsense_is_refused_with_the_value_and_the_rule() {
        let cases = [
            (
                Bursty { burst: Rate(f64::NAN), ..BASE },
                "send requests at a rate of `NaN/s`: it must be between 0/s and 1000000000/s",
            ),
            (
                Bursty { quiet: Rate(0.0), burst: Rate(0.0), ..BASE },
                "send requests in bursts of `0/s`: give the burst a rate above 0/s",
            ),
            (
                Bursty { burst_mean: Duration::ZERO, ..BASE },
                "send requests with bursts of `0 s` in the mean: it must be at least 10 µs",
            ),
        ];
        for (bursty, message) in cases {
            assert_eq!(bursty.check().unwrap_err(), message);
        }
    }
}
