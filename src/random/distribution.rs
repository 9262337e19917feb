//! Distributions of what varies from one request to the next: service times, sizes, think times.
//!
//! Plain `f64` in the unit of the caller. A constructor refuses what makes no sense and says why; a
//! sample is never negative and never infinite.

use super::{Draws, math, variate};
use std::sync::Arc;

/// The 99th percentile of the standard normal distribution (NIST/SEMATECH e-Handbook of Statistical
/// Methods, 1.3.6.7.1; here to the precision of a double).
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// How a quantity is distributed. Build it by the constructors, which check the parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same value.
    Constant(f64),
    /// Every value from `low` to `high` is as likely.
    Uniform {
        /// The least value.
        low: f64,
        /// The greatest value.
        high: f64,
    },
    /// Memoryless.
    Exponential {
        /// The mean, which is also the standard deviation.
        mean: f64,
    },
    /// The logarithm is normal.
    LogNormal {
        /// The mean of the logarithm.
        mu: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// The sum of exponential stages.
    Gamma {
        /// How many stages; any positive number.
        shape: f64,
        /// The mean of each.
        scale: f64,
    },
    /// Survival beyond x is exp(-(x / scale)^shape).
    Weibull {
        /// Below 1 the tail is heavier than an exponential one, above 1 it is lighter.
        shape: f64,
        /// What a share of 1/e of the values exceeds.
        scale: f64,
    },
    /// Survival beyond x is (minimum / x)^shape: the heavy tail.
    Pareto {
        /// The least value.
        minimum: f64,
        /// The lower, the heavier the tail; at 1 and below there is no mean.
        shape: f64,
    },
    /// Recorded values in ascending order, each as likely as any other.
    Empirical(Arc<[f64]>),
    /// Straight lines between known quantiles, from the share 0 to the share 1.
    Quantiles(Arc<[Quantile]>),
}

/// One point of a quantile table: `share` of all values are at most `value`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// Between 0 and 1.
    pub share: f64,
    /// At least 0.
    pub value: f64,
}

impl Distribution {
    /// Always `value`.
    ///
    /// # Errors
    /// If `value` is negative or not finite.
    pub fn constant(value: f64) -> Result<Self, String> {
        not_negative("a constant", "value", value)?;
        Ok(Self::Constant(value))
    }

    /// Even over `low` to `high`.
    ///
    /// # Errors
    /// If a bound is negative or not finite, or if they are in the wrong order.
    pub fn uniform(low: f64, high: f64) -> Result<Self, String> {
        not_negative("a uniform distribution", "lower bound", low)?;
        not_negative("a uniform distribution", "upper bound", high)?;
        if low > high {
            return Err(format!(
                "draw from a uniform distribution of `{low}` to `{high}`: swap the bounds, the lower comes first"
            ));
        }
        Ok(Self::Uniform { low, high })
    }

    /// Memoryless with the given mean.
    ///
    /// # Errors
    /// If `mean` is negative or not finite.
    pub fn exponential(mean: f64) -> Result<Self, String> {
        not_negative("an exponential distribution", "mean", mean)?;
        Ok(Self::Exponential { mean })
    }

    /// The log-normal that has these two percentiles, which is what dashboards show.
    ///
    /// # Errors
    /// If `median` is not above 0 or `p99` is below it.
    pub fn lognormal_median_p99(median: f64, p99: f64) -> Result<Self, String> {
        positive("a log-normal distribution", "median", median)?;
        positive("a log-normal distribution", "99th percentile", p99)?;
        if p99 < median {
            return Err(format!(
                "draw from a log-normal distribution of 99th percentile `{p99}`: it must be at least the median, `{median}`"
            ));
        }
        Ok(Self::LogNormal { mu: math::ln(median), sigma: math::ln(p99 / median) / NORMAL_P99 })
    }

    /// The log-normal of this mean and coefficient of variation (standard deviation over mean).
    ///
    /// # Errors
    /// If `mean` is not above 0 or `cv` is negative.
    pub fn lognormal_mean_cv(mean: f64, cv: f64) -> Result<Self, String> {
        positive("a log-normal distribution", "mean", mean)?;
        not_negative("a log-normal distribution", "coefficient of variation", cv)?;
        let variance = math::ln_1p(cv * cv);
        Ok(Self::LogNormal { mu: math::ln(mean) - variance / 2.0, sigma: variance.sqrt() })
    }

    /// Mean `shape * scale`, variance `shape * scale^2`.
    ///
    /// # Errors
    /// If a parameter is not above 0 and finite.
    pub fn gamma(shape: f64, scale: f64) -> Result<Self, String> {
        positive("a gamma distribution", "shape", shape)?;
        positive("a gamma distribution", "scale", scale)?;
        Ok(Self::Gamma { shape, scale })
    }

    /// The gamma distribution of this mean and coefficient of variation.
    ///
    /// # Errors
    /// If a parameter is not above 0 and finite.
    pub fn gamma_mean_cv(mean: f64, cv: f64) -> Result<Self, String> {
        positive("a gamma distribution", "mean", mean)?;
        positive("a gamma distribution", "coefficient of variation", cv)?;
        Self::gamma(1.0 / (cv * cv), mean * (cv * cv))
    }

    /// Exponential for a shape of 1, heavier in the tail below it, lighter above.
    ///
    /// # Errors
    /// If a parameter is not above 0 and finite.
    pub fn weibull(shape: f64, scale: f64) -> Result<Self, String> {
        positive("a Weibull distribution", "shape", shape)?;
        positive("a Weibull distribution", "scale", scale)?;
        Ok(Self::Weibull { shape, scale })
    }

    /// Never below `minimum`; the mean is infinite for a shape of at most 1, the variance of at most 2.
    ///
    /// # Errors
    /// If a parameter is not above 0 and finite.
    pub fn pareto(minimum: f64, shape: f64) -> Result<Self, String> {
        positive("a Pareto distribution", "minimum", minimum)?;
        positive("a Pareto distribution", "shape", shape)?;
        Ok(Self::Pareto { minimum, shape })
    }

    /// The recorded `values`, in any order.
    ///
    /// # Errors
    /// If there are none, or one of them is negative or not finite.
    pub fn empirical(mut values: Vec<f64>) -> Result<Self, String> {
        if values.is_empty() {
            return Err("draw from recorded values: there are `0` of them, give at least one".to_owned());
        }
        for &value in &values {
            not_negative("recorded values", "value", value)?;
        }
        values.sort_unstable_by(f64::total_cmp);
        Ok(Self::Empirical(values.into()))
    }

    /// Straight lines between `points`, which ascend from the share 0 (minimum) to 1 (maximum).
    ///
    /// # Errors
    /// If shares or values do not ascend, an end is missing, or a value is negative or not finite.
    pub fn quantiles(points: Vec<Quantile>) -> Result<Self, String> {
        const WHAT: &str = "a table of quantiles";
        let (first, last) = (points.first().map(|p| p.share), points.last().map(|p| p.share));
        if first != Some(0.0) || last != Some(1.0) {
            let shares: Vec<f64> = points.iter().map(|point| point.share).collect();
            return Err(format!(
                "draw from {WHAT} with the shares `{shares:?}`: begin with the share 0 (the minimum) and end with 1 (the maximum)"
            ));
        }
        for point in &points {
            not_negative(WHAT, "value", point.value)?;
        }
        for pair in points.windows(2) {
            // Written so that a share that is not a number fails, too.
            let ascends = pair[0].share < pair[1].share && pair[0].value <= pair[1].value;
            if !ascends {
                return Err(format!(
                    "draw from {WHAT} where `{}` at {} is followed by `{}` at {}: shares must rise and values must not fall",
                    pair[0].value, pair[0].share, pair[1].value, pair[1].share
                ));
            }
        }
        Ok(Self::Quantiles(points.into()))
    }

    /// One value: at least 0 and finite.
    #[must_use]
    pub fn sample(&self, draws: &mut Draws) -> f64 {
        let value = match self {
            Self::Constant(value) => return *value,
            Self::Uniform { low, high } => low + (high - low) * draws.unit(),
            Self::Exponential { mean } => mean * variate::exponential(draws),
            Self::LogNormal { mu, sigma } => math::exp(mu + sigma * variate::normal(draws)),
            Self::Gamma { shape, scale } => scale * variate::gamma(*shape, draws),
            Self::Weibull { shape, scale } => {
                scale * math::exp(math::ln(variate::exponential(draws)) / shape)
            }
            Self::Pareto { minimum, shape } => minimum * math::exp(variate::exponential(draws) / shape),
            Self::Empirical(values) => values[draws.below(values.len() as u64) as usize],
            Self::Quantiles(points) => interpolate(points, draws.unit()),
        };
        value.min(f64::MAX)
    }

    /// The expected value; infinite for a Pareto distribution of shape 1 or less.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Uniform { low, high } => f64::midpoint(*low, *high),
            Self::Exponential { mean } => *mean,
            Self::LogNormal { mu, sigma } => math::exp(mu + sigma * sigma / 2.0),
            Self::Gamma { shape, scale } => shape * scale,
            Self::Weibull { shape, scale } => scale * math::gamma(1.0 + 1.0 / shape),
            Self::Pareto { shape, .. } if *shape <= 1.0 => f64::INFINITY,
            Self::Pareto { minimum, shape } => minimum * shape / (shape - 1.0),
            Self::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
            Self::Quantiles(points) => points
                .windows(2)
                .map(|p| (p[1].share - p[0].share) * f64::midpoint(p[0].value, p[1].value))
                .sum(),
        }
    }

    /// The same shape with every value multiplied by `factor`: another unit, or a slower machine.
    ///
    /// # Errors
    /// If `factor` is not above 0 and finite.
    pub fn scaled(&self, factor: f64) -> Result<Self, String> {
        if !(factor > 0.0 && factor.is_finite()) {
            return Err(format!(
                "scale a distribution by `{factor}`: the factor must be a finite number above 0"
            ));
        }
        Ok(match self {
            Self::Constant(value) => Self::Constant(value * factor),
            Self::Uniform { low, high } => Self::Uniform { low: low * factor, high: high * factor },
            Self::Exponential { mean } => Self::Exponential { mean: mean * factor },
            Self::LogNormal { mu, sigma } => Self::LogNormal { mu: mu + math::ln(factor), sigma: *sigma },
            Self::Gamma { shape, scale } => Self::Gamma { shape: *shape, scale: scale * factor },
            Self::Weibull { shape, scale } => Self::Weibull { shape: *shape, scale: scale * factor },
            Self::Pareto { minimum, shape } => Self::Pareto { minimum: minimum * factor, shape: *shape },
            Self::Empirical(values) => Self::Empirical(values.iter().map(|value| value * factor).collect()),
            Self::Quantiles(points) => {
                Self::Quantiles(points.iter().map(|p| Quantile { value: p.value * factor, ..*p }).collect())
            }
        })
    }
}

/// The value at `share`, which is in [0, 1).
fn interpolate(points: &[Quantile], share: f64) -> f64 {
    let upper = points.partition_point(|point| point.share <= share);
    let (below, above) = (points[upper - 1], points[upper]);
    let way = (share - below.share) / (above.share - below.share);
    below.value + (above.value - below.value) * way
}

fn positive(distribution: &str, name: &str, value: f64) -> Result<(), String> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(format!("draw from {distribution} of {name} `{value}`: it must be a finite number above 0"))
}

fn not_negative(distribution: &str, name: &str, value: f64) -> Result<(), String> {
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(format!("draw from {distribution} of {name} `{value}`: it must be a finite number of at least 0"))
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
