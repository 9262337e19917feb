//! How often a point is replicated: a fixed number of times, or until a measure's interval is narrow enough.
//!
//! A stopping rule that looks at the interval after each round ends a little too early on average (Law, Simulation Modeling
//! and Analysis, 9.4.1): after 5 replications its 95 % interval holds the mean of latencies in 91 to 92 % of cases, after 10
//! in 93 %. So the first look is at 10. And while half of the values are equal, nothing is narrow: no errors in all
//! replications so far is 0 ± 0, and says only that errors are rare.

use super::Numbers;
use crate::experiment::statistics::{Estimate, is_half_equal};

/// When enough is known of a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// The metric whose interval is looked at, by its place in the registry, and how wide half of it may be as a share of
    /// its mean. Nothing: the scenario's number of replications is enough.
    pub of: Option<(usize, f64)>,
    /// More replications than this are not made.
    pub replications_max: u32,
}

/// A precision is not looked for in fewer replications.
pub const FIRST_LOOK: u32 = 10;

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
        let Some((metric, share)) = self.of else {
            return if done == 0 { Enough::Not { next: replications } } else { Enough::Yes };
        };
        let first = replications.max(FIRST_LOOK).min(self.replications_max);
        if done < first {
            return Enough::Not { next: first - done };
        }
        let values: Vec<f64> = runs.iter().filter_map(|run| run.get(metric)).collect();
        // A metric that this point does not have gets no narrower.
        let is_known = values.is_empty() || is_narrow(&values, share);
        let left = self.replications_max.saturating_sub(done);
        if is_known || left == 0 { Enough::Yes } else { Enough::Not { next: replications.min(left) } }
    }
}

/// Whether half of the 95 % interval of the mean is at most this share of it. It never is while half of the values are equal.
#[must_use]
pub fn is_narrow(values: &[f64], share: f64) -> bool {
    let estimate = Estimate::of(values).filter(|_| !is_half_equal(values));
    let half_width = estimate.and_then(|estimate| Some((estimate.half_width?, estimate.mean)));
    half_width.is_some_and(|(half_width, mean)| half_width <= share * mean.abs())
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
        assert_eq!(precision.is_reached(&[], 5), Enough::Not { next: 10 });
        // t = 2.262 for ten: 2.262 · 2.0 / √10 = 1.4 of 5.5.
        let wide: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(precision.is_reached(&runs(&wide), 5), Enough::Not { next: 2 });
        assert_eq!(precision.is_reached(&runs(&[&wide[..], &[11.0, 12.0]].concat()), 5), Enough::Yes);
        // 2.262 · 0.0061 / √10 = 0.0043 of 1.
        let narrow: Vec<f64> = (0..10).map(|run| 0.99 + 0.002 * f64::from(run)).collect();
        assert_eq!(precision.is_reached(&runs(&narrow[..5]), 5), Enough::Not { next: 5 });
        assert_eq!(precision.is_reached(&runs(&narrow), 5), Enough::Yes);
        assert_eq!(precision.is_reached(&[], 30), Enough::Not { next: 12 });
        let fixed = Precision { of: None, replications_max: 12 };
        assert_eq!(fixed.is_reached(&runs(&[1.0, 9.0]), 5), Enough::Yes);
    }
    #[test]
    fn a_point_without_any_errors_so_far_goes_on_to_the_cap() {
        let precision = Precision { of: Some((0, 0.02)), replications_max: 100 };
        for done in [10, 50, 95] {
            assert_eq!(precision.is_reached(&runs(&vec![0.0; done]), 5), Enough::Not { next: 5 }, "{done}");
        }
        assert_eq!(precision.is_reached(&runs(&[0.0; 100]), 5), Enough::Yes);
        // Nor is what fails ever known.
        let fails = runs(&[1.0, 1.1, f64::INFINITY].repeat(5));
        assert_eq!(precision.is_reached(&fails, 5), Enough::Not { next: 5 });
        // A metric that the point does not have is no reason to go on.
        assert_eq!(
            precision.is_reached(&[const { None }; 10].map(|none| Numbers::of(&[none])), 5),
            Enough::Yes
        );
    }
}
