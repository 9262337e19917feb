//! The `Age` of a response (RFC 9111, 5.1): how long caches on its way have kept it.

use crate::time::Duration;

/// An age as a response carries it, in two bytes: in whole seconds, rounded down as the header is; from nine hours on
/// in minutes, and at most 23 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(u16);

/// So many seconds are counted one by one.
const SECONDS: u64 = 1 << 15;

const NANOS: u64 = 1_000_000_000;

impl Age {
    /// Straight from where it was made.
    pub const ZERO: Self = Self(0);

    /// That of a response that has been kept for so long.
    #[must_use]
    pub fn of(kept: Duration) -> Self {
        let seconds = kept.as_nanos() / NANOS;
        let units = if seconds < SECONDS { seconds } else { SECONDS + (seconds - SECONDS) / 60 };
        Self(u16::try_from(units).unwrap_or(u16::MAX))
    }

    /// How long that is.
    #[must_use]
    pub fn duration(self) -> Duration {
        let units = u64::from(self.0);
        Duration::from_secs(if units < SECONDS { units } else { SECONDS + (units - SECONDS) * 60 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_whole_seconds_and_later_whole_minutes() {
        let shown = |age: Duration| Age::of(age).duration();
        let second = Duration::from_secs;
        for seconds in [0, 1, 59, 32_767, 32_768, 32_768 + 60, 86_408] {
            assert_eq!(shown(second(seconds)), second(seconds));
        }
        assert_eq!(shown(Duration::from_millis(1_999)), second(1));
        assert_eq!(shown(second(32_768 + 119)), second(32_768 + 60));
        assert_eq!(shown(Duration::MAX), second(32_768 + 32_767 * 60));
    }
}
