//! Numbers among the arguments: what is expected is said, as it is of settings.

use cachestorm::model::PLAN_REPLICATIONS_MIN;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

fn whole(text: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("expected a whole number from {} to {}", range.start(), range.end()))
}

/// As `seed` in a scenario.
pub fn seed(text: &str) -> Result<u64, String> {
    whole(text, 0..=u64::MAX >> 1)
}

/// As `replications` in a scenario.
pub fn replications(text: &str) -> Result<u32, String> {
    whole(text, 1..=100_000).map(|number| number as u32)
}

/// As `max_replications` of a plan.
pub fn replications_of_plan(text: &str) -> Result<u32, String> {
    whole(text, PLAN_REPLICATIONS_MIN.into()..=100_000).map(|number| number as u32)
}

/// As many threads as an operating system may give.
pub fn threads(text: &str) -> Result<NonZeroUsize, String> {
    whole(text, 1..=65_535).map(|number| NonZeroUsize::new(number as usize).unwrap_or(NonZeroUsize::MIN))
}

/// So many requests that a file of their spans stays one that can be opened.
pub fn spans(text: &str) -> Result<u32, String> {
    whole(text, 1..=10_000).map(|number| number as u32)
}

/// A share above 0 and up to 1, as `2%` or `0.02`.
pub fn share(text: &str) -> Result<f64, String> {
    let (number, whole) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().ok().map(|number| number / whole);
    let share = share.filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "expected a share above 0 % and up to 100 %, as in `2%`".to_owned())
}

/// A share from 0 up, as `20%` or `0.2`.
pub fn headroom(text: &str) -> Result<f64, String> {
    let (number, whole) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().ok().map(|number| number / whole);
    let share = share.filter(|share| (0.0..=10.0).contains(share));
    share.ok_or_else(|| "expected a share from 0 % to 1000 %, as in `20%`".to_owned())
}
