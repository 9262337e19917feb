//! How often a point is replicated: a fixed number of times, or until a measure's interval is narrow enough.
//!
//! A stopping rule that looks at the interval after each round ends a little too early on average (Law, Simulation Modeling
//! and Analysis, 9.4.1). Rounds are therefore as large as the scenario's number of replications, and a point is never
//! judged by fewer than that.

use super::Numbers;
use crate::experiment::statistics::Estimate;

/// When enough is known of a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// The metric whose interval is looked at, by its place in the registry, and how wide half of it may be as a share of
    /// its mean. Nothing: the scenario's number of replications is enough.
    pub of: Option<(usize, f64)>,
    /// More replications than this are not made.
    pub replications_max: u32,
}

/// Whether enough is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    /// It is, or it is not worth more.
    Yes,
    /// So many more replications.
    Not {
        /// How many.
        next: u32,
    },
}

impl Precision {
    /// Whether these replications are enough of a scenario that asks for so many.
    #[must_use]
    pub fn is_reached(&self, runs: &[Numbers], replications: u32) -> Enough {
        let done = runs.len() as u32;
        if done == 0 {
            return Enough::Not { next: replications };
        }
        let Some((metric, share)) = self.of else { return Enough::Yes };
        let values: Vec<f64> = runs.iter().filter_map(|run| run.get(metric)).collect();
        let is_narrow = Estimate::of(&values).is_none_or(|estimate| {
            estimate.half_width.is_some_and(|half_width| half_width <= share * estimate.mean.abs())
        });
        let left = self.replications_max.saturating_sub(done);
        if is_narrow || left == 0 { Enough::Yes } else { Enough::Not { next: replications.min(left) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(values: &[f64]) -> Vec<Numbers> {
        values.iter().map(|value| Numbers::of(&[Some(*value)])).collect()
    }

    #[test]
    fn a_point_is_replicated_until_its_interval_is_narrow_or_the_most_is_reached() {
        let precision = Precision { of: Some((0, 0.02)), replications_max: 12 };
        assert_eq!(precision.is_reached(&[], 5), Enough::Not { next: 5 });
        assert_eq!(precision.is_reached(&runs(&[1.0, 2.0, 3.0, 4.0, 5.0]), 5), Enough::Not { next: 5 });
        assert_eq!(precision.is_reached(&runs(&[1.0, 2.0].repeat(5)), 5), Enough::Not { next: 2 });
        assert_eq!(precision.is_reached(&runs(&[1.0, 2.0].repeat(6)), 5), Enough::Yes);
        // t = 2.776 for five: 2.776 · 0.01 / √5 = 0.0124 of 1.
        let narrow = runs(&[0.99, 1.01, 1.0, 0.99, 1.01]);
        assert_eq!(precision.is_reached(&narrow, 5), Enough::Yes);
        let fixed = Precision { of: None, replications_max: 12 };
        assert_eq!(fixed.is_reached(&runs(&[1.0, 9.0]), 5), Enough::Yes);
    }
}
