//! Simulated time: whole nanoseconds, so that the order of events never hangs on a rounded float.
//!
//! An [`Instant`] is a point in a run, counted from its start; a [`Duration`] is what lies between
//! two of them. The wall clock has no place here.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A length of simulated time, in nanoseconds; sums saturate at [`Duration::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than any run: "never".
    pub const MAX: Self = Self(u64::MAX);

    /// So many nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// So many microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros * 1_000)
    }

    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    /// So many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * NANOS_PER_SECOND)
    }

    /// The nearest whole nanosecond; what is negative or not a number is zero, what is too long is
    /// [`Duration::MAX`].
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self::from_nanos_f64(seconds * 1e9)
    }

    /// As [`Duration::from_secs_f64`], from nanoseconds.
    #[must_use]
    pub fn from_nanos_f64(nanos: f64) -> Self {
        // A cast from float to integer saturates and takes NaN to 0; rounding is exact everywhere.
        Self((nanos + 0.5) as u64)
    }

    /// Whole nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds, for reports and statistics only.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// What is left of `self` after `other`, at least zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<u64> for Duration {
    type Output = Self;
    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

/// Written as a person would: `1.5 ms`, `30 s`, `100 s`, `2 h`, with at most four significant digits.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 7] = [
            (86_400 * NANOS_PER_SECOND, "d"),
            (3_600 * NANOS_PER_SECOND, "h"),
            (60 * NANOS_PER_SECOND, "min"),
            (NANOS_PER_SECOND, "s"),
            (1_000_000, "ms"),
            (1_000, "µs"),
            (1, "ns"),
        ];
        if self.0 == 0 {
            return f.write_str("0 s");
        }
        if *self == Self::MAX {
            return f.write_str("never");
        }
        // A few minutes and some seconds are read more easily as seconds.
        let in_seconds = self.0 < 600 * NANOS_PER_SECOND && !self.0.is_multiple_of(60 * NANOS_PER_SECOND);
        let fits = |size: u64| self.0 >= size && !(in_seconds && size > NANOS_PER_SECOND);
        let (size, unit) = *UNITS.iter().find(|(size, _)| fits(*size)).unwrap_or(&(1, "ns"));
        let value = self.0 as f64 / size as f64;
        let decimals = if value >= 100.0 {
            1
        } else if value >= 10.0 {
            2
        } else {
            3
        };
        let text = format!("{value:.decimals$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        write!(f, "{text} {unit}")
    }
}

/// A point in simulated time, counted from the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct Instant(u64);

impl Instant {
    /// The start of every run.
    pub const ZERO: Self = Self(0);
    /// After the end of every run: "never".
    pub const MAX: Self = Self(u64::MAX);

    /// The point so many nanoseconds after the start.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Time that has passed since `earlier`; zero if `earlier` lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

/// Saturates: `Instant::MAX` stays "never" whatever is added.
impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_written_with_the_unit_that_fits() {
        let cases = [
            (Duration::ZERO, "0 s"),
            (Duration::from_nanos(999), "999 ns"),
            (Duration::from_micros(1_500), "1.5 ms"),
            (Duration::from_secs(30), "30 s"),
            (Duration::from_secs(5_400), "1.5 h"),
            (Duration::from_secs(60), "1 min"),
            (Duration::from_secs(100), "100 s"),
            (Duration::from_secs(120), "2 min"),
            (Duration::from_millis(123_456), "123.5 s"),
            (Duration::from_secs(630), "10.5 min"),
            (Duration::MAX, "never"),
        ];
        for (duration, text) in cases {
            assert_eq!(duration.to_string(), text);
        }
    }

    #[test]
    fn seconds_round_to_the_nearest_nanosecond_and_never_wrap() {
        assert_eq!(Duration::from_secs_f64(1.5e-9).as_nanos(), 2);
        assert_eq!(Duration::from_secs_f64(-1.0), Duration::ZERO);
        assert_eq!(Duration::from_secs_f64(f64::NAN), Duration::ZERO);
        assert_eq!(Duration::from_secs_f64(f64::INFINITY), Duration::MAX);
        assert_eq!(Instant::MAX + Duration::from_secs(1), Instant::MAX);
    }
}
