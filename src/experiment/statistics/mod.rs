//! Means over replications with their 95 % confidence intervals.
//!
//! Replications are independent, so that Student's t applies to their means (Law, Simulation Modeling and
//! Analysis, chapter 9); a quantile enters as one number per replication.

mod disagreement;
mod percentile;
mod sequential;
mod summary;
mod wilson;

pub use disagreement::{Collapses, Disagreement};
pub use percentile::{Found, Pooled, has_tail};
pub(super) use summary::Gathered;
pub use summary::{Shown, Summary};
pub use wilson::wilson;

pub use sequential::{AVERAGE_MIN, REPLICATIONS_MAX, Side, average, is_half_equal, wald};

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean over replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval; nothing with a single replication.
    pub half_width: Option<f64>,
}

impl Estimate {
    /// The mean of these values, which has no meaning if there are none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        // A percentile that fails in some run has no spread.
        let half_width = (n > 1 && mean.is_finite()).then(|| {
            let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
            student_t(n - 1) * (squares / (n - 1) as f64 / n as f64).sqrt()
        });
        Some(Self { mean, half_width })
    }

    /// The 95 % confidence interval.
    #[must_use]
    pub fn interval(self) -> Option<[f64; 2]> {
        self.half_width.map(|half| [self.mean - half, self.mean + half])
    }
}

/// The mean of the differences `b - a`, replication by replication: what the change from `a` to `b` does when
/// both have seen the same random traffic.
#[must_use]
pub fn paired_difference(a: &[f64], b: &[f64]) -> Option<Estimate> {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    Estimate::of(&differences)
}

/// The chance that differences as far from zero as these come of pairs that do not differ, by the two-sided paired
/// t-test; nothing with a single pair.
#[must_use]
pub(super) fn paired_p_value(differences: &[f64]) -> Option<f64> {
    let n = differences.len();
    if n < 2 {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / n as f64;
    let squares: f64 = differences.iter().map(|value| (value - mean) * (value - mean)).sum();
    let error = (squares / (n - 1) as f64 / n as f64).sqrt();
    if error == 0.0 {
        // All alike: none at all, or one that chance has no part in.
        return Some(if mean == 0.0 { 1.0 } else { 0.0 });
    }
    Some(two_sided(mean / error, n - 1))
}

/// The chance of a t as far from zero as this, on this number of degrees of freedom: at least 1.
pub(super) fn two_sided(t: f64, freedom: usize) -> f64 {
    2.0 * student(freedom).sf(t.abs())
}

/// The 97.5 % quantile of Student's t.
pub(super) fn student_t(freedom: usize) -> f64 {
    quantile(freedom, 0.975)
}

fn quantile(freedom: usize, share: f64) -> f64 {
    student(freedom).inverse_cdf(share)
}

fn student(freedom: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom as f64).expect("there is at least one degree of freedom")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table values of the t distribution, two-sided 95 %.
    #[test]
    fn quantiles_of_student_t_are_those_of_the_tables() {
        for (freedom, expected) in
            [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (29, 2.045), (1_000, 1.962)]
        {
            assert!((student_t(freedom) - expected).abs() < 0.0006, "{freedom}");
        }
    }

    #[test]
    fn an_interval_is_that_of_a_worked_example() {
        // Squared deviations 9 + 1 + 1 + 0 + 25 = 36, so the variance is 9; t is 2.776.
        let estimate = Estimate::of(&[2.0, 4.0, 4.0, 5.0, 10.0]).expect("there are values");
        assert!((estimate.mean - 5.0).abs() < 1e-12);
        let half = estimate.half_width.expect("there are several");
        assert!((half - 2.776 * (9.0f64 / 5.0).sqrt()).abs() < 0.001, "{half}");
        assert_eq!(Estimate::of(&[1.0]), Some(Estimate { mean: 1.0, half_width: None }));
        assert_eq!(Estimate::of(&[]), None);
    }

    /// "Student", Biometrika 6 (1908): hours of sleep that ten patients gained with one drug more than with another;
    /// t = 4.0621 on 9 degrees of freedom, p = 0.00283.
    #[test]
    fn the_paired_test_is_that_of_students_sleep_data() {
        let gained = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let p_value = paired_p_value(&gained).expect("there are several pairs");
        assert!((p_value - 0.002_833).abs() < 1e-5, "{p_value}");
        assert_eq!([&[3.0][..], &[0.0, 0.0], &[2.0, 2.0]].map(paired_p_value), [None, Some(1.0), Some(0.0)]);
    }

    #[test]
    fn a_paired_difference_does_not_see_what_both_have_in_common() {
        let a = [1.0, 100.0, 37.0];
        let b = a.map(|value| value + 2.0);
        assert_eq!(paired_difference(&a, &b), Some(Estimate { mean: 2.0, half_width: Some(0.0) }));
    }
}
