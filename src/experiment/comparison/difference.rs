//! One number of two variants in the same runs: how far they are apart, and how sure that is.

use crate::experiment::statistics::{Estimate, student_t, two_sided};
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

/// Differences of pairs of runs, whose spread is not taken for smaller than the rounding of the numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// The mean of the differences.
    pub mean: f64,
    /// Their variance: at least that of two rounding errors.
    variance: f64,
    /// How many there are.
    pairs: usize,
}

/// Up to this share of the base a difference is called small.
pub const MARGIN: f64 = 0.05;

/// Fewer pairs than this have no test: two differences are equal too easily.
pub const PAIRS_MIN: usize = 3;

/// The power that the number of needed runs is computed for: 80 %, as a quantile of the normal distribution.
const POWER_Z: f64 = 0.84;

/// More runs than this nobody makes.
pub const RUNS_MAX: f64 = 1e6;

impl Paired {
    /// The differences of numbers that are known to this step; 0 if they are exact. Nothing if there are none.
    ///
    /// A number that is rounded to a step has a rounding error with variance step²/12, so a difference of two has step²/6,
    /// even if all differences are equal by chance.
    #[must_use]
    pub fn of(differences: &[f64], step: f64) -> Option<Self> {
        let pairs = differences.len();
        if pairs == 0 {
            return None;
        }
        let mean = differences.iter().sum::<f64>() / pairs as f64;
        let squares: f64 = differences.iter().map(|value| (value - mean) * (value - mean)).sum();
        let variance = if pairs > 1 { squares / (pairs - 1) as f64 } else { 0.0 };
        Some(Self { mean, variance: variance.max(step * step / 6.0), pairs })
    }

    /// The mean with its 95 % interval; without an interval if there is one pair only.
    #[must_use]
    pub fn estimate(self) -> Estimate {
        let half_width = (self.pairs > 1).then(|| student_t(self.pairs - 1) * self.error());
        Estimate { mean: self.mean, half_width }
    }

    /// The chance of differences as far from zero as these if there is none: the two-sided paired t-test. Nothing for one
    /// pair.
    #[must_use]
    pub fn p_value(self) -> Option<f64> {
        let freedom = self.pairs.checked_sub(1).filter(|freedom| *freedom > 0)?;
        if self.mean == 0.0 {
            return Some(1.0);
        }
        if self.error() == 0.0 {
            return Some(0.0);
        }
        Some(two_sided(self.mean / self.error(), freedom))
    }

    /// How many runs would show a difference of this size in 80 % of all experiments, if a difference is called more than
    /// chance at this level. Nothing if the size is 0.
    #[must_use]
    pub fn runs_needed(self, size: f64, level: f64) -> Option<f64> {
        if size <= 0.0 || !size.is_finite() || self.pairs < 2 {
            return None;
        }
        let z = Normal::new(0.0, 1.0).expect("it is the standard normal").inverse_cdf(1.0 - level / 2.0);
        let ratio = (z + POWER_Z) * (z + POWER_Z) * self.variance / (size * size);
        Some((ratio + z * z / 2.0).ceil().max(PAIRS_MIN as f64))
    }

    fn error(self) -> f64 {
        (self.variance / self.pairs as f64).sqrt()
    }
}

/// Pairs of runs of which something happens in the one and not in the other: how often that is the base, and how often the
/// variant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discordant {
    /// Pairs in which it happens in the base only.
    pub base: usize,
    /// Pairs in which it happens in the variant only.
    pub variant: usize,
}

/// So many pairs that are all discordant one way reach 5 %: 2 · (1/2)^6 = 3.1 %.
pub const DISCORDANT_MIN: usize = 6;

impl Discordant {
    /// Of pairs that say whether it happens in the base and in the variant.
    #[must_use]
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut counts = Self::default();
        for (base, variant) in pairs {
            counts.base += usize::from(base && !variant);
            counts.variant += usize::from(variant && !base);
        }
        counts
    }

    /// How many pairs are discordant.
    #[must_use]
    pub fn all(self) -> usize {
        self.base + self.variant
    }

    /// The chance of pairs as unequal as these if it happens equally often in both: `McNemar`'s test, exact (Q. `McNemar`,
    /// Psychometrika 12, 1947).
    ///
    /// # Panics
    /// Never: a half is a chance.
    #[must_use]
    pub fn p_value(self) -> f64 {
        let (all, fewer) = (self.all(), self.base.min(self.variant));
        let binomial = Binomial::new(0.5, all as u64).expect("a half is a chance");
        (2.0 * binomial.cdf(fewer as u64)).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(differences: &[f64], step: f64) -> Paired {
        Paired::of(differences, step).expect("there are differences")
    }

    /// Equal differences of numbers rounded to 1: s² = 1/6, t = √12 = 3.4641 on one degree of freedom, p = 0.179.
    #[test]
    fn equal_differences_of_whole_numbers_are_no_certainty() {
        let two = paired(&[1.0, 1.0], 1.0);
        assert!((two.variance - 1.0 / 6.0).abs() < 1e-12);
        assert!((two.mean / two.error() - 3.4641).abs() < 0.0001);
        let p_value = two.p_value().expect("there are two");
        assert!((p_value - 0.179).abs() < 0.0005, "{p_value}");
        let half = two.estimate().half_width.expect("there are two");
        assert!((half - 12.706 * (1.0f64 / 12.0).sqrt()).abs() < 0.001, "{half}");
    }

    /// "Student", Biometrika 6 (1908): hours of sleep that ten patients gained with one drug more than with another;
    /// t = 4.0621 on 9 degrees of freedom, p = 0.00283.
    #[test]
    fn the_paired_test_is_that_of_students_sleep_data() {
        let gained = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let p_value = paired(&gained, 0.1).p_value().expect("there are several pairs");
        assert!((p_value - 0.002_833).abs() < 1e-5, "{p_value}");
        assert_eq!(paired(&[3.0], 1.0).p_value(), None);
        assert_eq!(paired(&[0.0, 0.0], 1.0).p_value(), Some(1.0));
        assert_eq!(Paired::of(&[], 1.0), None);
    }

    /// s = 2, d = 1, two-sided 5 %: (1.96 + 0.84)² · 4 + 1.92 = 33.28. With d = 2: 7.84 + 1.92 = 9.76.
    #[test]
    fn the_runs_that_would_tell_grow_with_the_variance() {
        let differences = [0.0, 2.0, 4.0].map(|value| value - 1.0);
        let paired = paired(&differences, 0.0);
        assert!((paired.variance - 4.0).abs() < 1e-12);
        for (size, expected) in [(1.0, Some(34.0)), (2.0, Some(10.0)), (100.0, Some(3.0)), (0.0, None)] {
            assert_eq!(paired.runs_needed(size, 0.05), expected, "{size}");
        }
    }

    /// 2 · P(Bin(n, 1/2) ≤ min): 5 of 5 one way 2/32, 6 of 6 2/64, 8 of 9 2 · 10/512.
    #[test]
    fn mcnemars_test_is_exact() {
        for (base, variant, expected) in
            [(5, 0, 0.0625), (0, 6, 0.03125), (8, 1, 20.0 / 512.0), (0, 0, 1.0), (3, 3, 1.0)]
        {
            let p_value = Discordant { base, variant }.p_value();
            assert!((p_value - expected).abs() < 1e-12, "{base} {variant}: {p_value}");
        }
        let pairs = [(true, false), (true, true), (false, true), (true, false)];
        assert_eq!(Discordant::of(pairs), Discordant { base: 2, variant: 1 });
    }
}
