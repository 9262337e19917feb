//! Metrics as text: the value of each in its unit, and the limits that objectives set.

use super::format::Unit;
use crate::experiment::{Estimate, Outcome};
use crate::model::Bound;

/// The unit of a metric.
pub fn unit(outcome: &Outcome, name: &str) -> Unit {
    let known = outcome.metrics.iter().find(|(metric, _)| metric.name == name);
    known.map_or(Unit::Count, |(metric, _)| metric.unit.into())
}

/// A metric's value. A multiple of another quantity is no share of a whole.
pub fn value(name: &str, unit: Unit, estimate: Estimate) -> String {
    let half_width = estimate.half_width.unwrap_or(0.0);
    // An interval far below the four digits that are shown would only bring more digits.
    let half_width = if half_width < estimate.mean.abs() * 1e-4 { 0.0 } else { half_width };
    if name.ends_with("penalty_ratio") {
        return format!("{}×", Unit::Count.show_interval(estimate.mean, half_width));
    }
    unit.show_interval(estimate.mean, half_width)
}

/// A difference of a metric, with its sign.
pub fn difference(name: &str, unit: Unit, difference: Estimate) -> String {
    let half_width = difference.half_width.unwrap_or(0.0);
    if name.ends_with("penalty_ratio") {
        return format!("{}×", Unit::Count.show_difference_interval(difference.mean, half_width));
    }
    unit.show_difference_interval(difference.mean, half_width)
}

/// The limit of an objective.
pub fn limit(name: &str, unit: Unit, bound: Bound) -> String {
    let number = value(name, unit, Estimate { mean: bound.limit(), half_width: None });
    match bound {
        Bound::AtMost(_) => format!("at most {number}"),
        Bound::AtLeast(_) => format!("at least {number}"),
    }
}
