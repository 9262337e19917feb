//! Whether a variant serves as many requests as the base. An outage makes the database idle and Redis fast: that is no gain.

use super::difference::Paired;
use crate::experiment::outcome::Outcome;
use std::cmp::Ordering;

/// What is served: answers within the time limit.
const GOODPUT: &str = "client.goodput_per_s";

/// A mean that differs by more than this counts, whatever its interval: with few runs an interval is wide.
const SHARE: f64 = 0.01;

/// How much a variant serves: fewer requests than the base, as many, or more.
pub fn than(base: &Outcome, variant: &Outcome) -> Ordering {
    let values = |outcome: &Outcome| outcome.values(GOODPUT).map(<[_]>::to_vec).unwrap_or_default();
    let (arms, [base, variant]) = ([base, variant], [values(base), values(variant)]);
    // A run without an answer serves nothing.
    let pairs = || base.iter().zip(&variant).map(|(a, b)| (a.unwrap_or(0.0), b.unwrap_or(0.0)));
    let differences: Vec<f64> = pairs().map(|(base, variant)| variant - base).collect();
    // A request more or less in the window is within the rounding of the rate.
    let step = arms.map(|arm| arm.summary(GOODPUT).map_or(0.0, |it| it.step));
    let Some(difference) = Paired::of(&differences, step[0].max(step[1])).map(Paired::estimate) else {
        return Ordering::Equal;
    };
    let level = pairs().map(|(base, variant)| base.max(variant)).sum::<f64>() / differences.len() as f64;
    let is_sure = difference.half_width.is_none_or(|half| difference.mean.abs() > half);
    match difference.mean.partial_cmp(&0.0) {
        Some(side) if is_sure || difference.mean.abs() > SHARE * level => side,
        _ => Ordering::Equal,
    }
}
