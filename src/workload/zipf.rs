//! Zipf's law over so many ranks that a table would not fit a cache: no table, any exponent.
//!
//! Rejection-inversion after Hörmann and Derflinger, "Rejection-Inversion to Generate Variates from
//! Monotone Discrete Distributions", ACM TOMACS 6(3), 1996. With f(x) = x^-α and its integral from 1,
//! F, a uniform point u between F(1.5) - f(1) and F(n + 0.5) is mapped to the rank k nearest to its
//! pre-image. The strip of k is at least as wide as f(k), so k is taken if u lies in the part of that
//! width. Ours differs from the paper in that F is written with `exp_m1` and `ln_1p`, so that it has no
//! pole at α = 1.

use crate::random::{Draws, math};

/// The law over the ranks 1 to `ranks`: rank k has a probability proportional to k^-α.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zipf {
    ranks: f64,
    alpha: f64,
    /// Lower and upper end of the uniform points.
    lower: f64,
    upper: f64,
    /// A rank that is not farther than this above its point is taken without computing F.
    shortcut: f64,
    /// The sum of k^-α over all ranks.
    total: f64,
}

impl Zipf {
    /// `alpha` is finite and at least 0, `ranks` at least 1.
    pub(super) fn new(ranks: u32, alpha: f64) -> Self {
        let ranks = f64::from(ranks);
        let shortcut = 2.0 - inverse_integral(integral(2.5, alpha) - math::pow(2.0, -alpha), alpha);
        Self {
            ranks,
            alpha,
            lower: integral(1.5, alpha) - 1.0,
            upper: integral(ranks + 0.5, alpha),
            shortcut,
            total: power_sum(ranks, alpha),
        }
    }

    /// A rank, counted from 0, the most popular.
    #[inline]
    pub(super) fn pick(&self, draws: &mut Draws) -> u32 {
        loop {
            let u = self.upper + draws.unit() * (self.lower - self.upper);
            let x = inverse_integral(u, self.alpha);
            // Casts saturate: a point outside by a rounding error, or infinite, is put back inside.
            let rank = ((x + 0.5) as u64 as f64).clamp(1.0, self.ranks);
            let taken = rank - x <= self.shortcut
                || u >= integral(rank + 0.5, self.alpha) - math::pow(rank, -self.alpha);
            if taken {
                return rank as u32 - 1;
            }
        }
    }

    /// The probability of the rank, counted from 0.
    pub(super) fn probability(&self, rank: u32) -> f64 {
        math::pow(f64::from(rank) + 1.0, -self.alpha) / self.total
    }

    /// The probability of the `count` first ranks together.
    pub(super) fn top_share(&self, count: u32) -> f64 {
        power_sum(f64::from(count), self.alpha) / self.total
    }

    /// The unnormalized weights by rank.
    pub(super) fn weights(&self) -> Vec<f64> {
        (1..=self.ranks as u32).map(|rank| math::pow(f64::from(rank), -self.alpha)).collect()
    }
}

/// The integral of t^-α from 1 to x: (x^(1-α) - 1) / (1 - α), and ln(x) in the limit α = 1.
fn integral(x: f64, alpha: f64) -> f64 {
    let ln = math::ln(x);
    let exponent = (1.0 - alpha) * ln;
    if exponent.abs() < NEAR_ZERO {
        return ln * (1.0 + exponent * (0.5 + exponent * (1.0 / 6.0 + exponent / 24.0)));
    }
    math::exp_m1(exponent) / (1.0 - alpha)
}

/// The x at which [`integral`] reaches `area`.
#[inline]
fn inverse_integral(area: f64, alpha: f64) -> f64 {
    // Below -1 only by rounding: the area to the left of 1 is not more than that.
    let t = (area * (1.0 - alpha)).max(-1.0);
    if t.abs() < NEAR_ZERO {
        return math::exp(area * (1.0 - t * (0.5 - t * (1.0 / 3.0 - t * 0.25))));
    }
    math::exp(math::ln_1p(t) / (1.0 - alpha))
}

/// Below it, four terms of the series are as exact as a double: the next is 1e-16 of the first.
const NEAR_ZERO: f64 = 1e-4;

/// The sum of k^-α for k from 1 to `n`.
///
/// Term by term up to 256, beyond by the formula of Euler and Maclaurin up to the third derivative;
/// the next term is below α^5 / 256^(α + 5) / 30240, which is under 1e-16 of the sum for every α.
fn power_sum(n: f64, alpha: f64) -> f64 {
    const FIRST: f64 = 256.0;
    let terms = n.min(FIRST - 1.0) as u32;
    let head: f64 = (1..=terms).map(|k| math::pow(f64::from(k), -alpha)).sum();
    if n < FIRST {
        return head;
    }
    let ends = |x: f64| {
        let f = math::pow(x, -alpha);
        let first = -alpha * f / x;
        let third = first * (alpha + 1.0) * (alpha + 2.0) / (x * x);
        (f / 2.0, first / 12.0 - third / 720.0)
    };
    let ((half_low, slope_low), (half_high, slope_high)) = (ends(FIRST), ends(n));
    head + (integral(n, alpha) - integral(FIRST, alpha)) + half_low + half_high + slope_high - slope_low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_powers_is_the_sum() {
        for alpha in [0.0, 0.5, 0.99, 1.0, 1.000_001, 1.5, 4.0, 30.0] {
            for n in [1_u32, 2, 255, 256, 257, 10_000, 200_000] {
                // Smallest first, so that the plain sum is exact to about 1e-15.
                let plain: f64 = (1..=n).rev().map(|k| math::pow(f64::from(k), -alpha)).sum();
                let sum = power_sum(f64::from(n), alpha);
                assert!((sum / plain - 1.0).abs() < 1e-12, "n {n}, α {alpha}: {sum}, not {plain}");
            }
        }
    }

    /// H(10^8) = ln(10^8) + γ + 1 / (2 * 10^8), with the Euler-Mascheroni constant γ.
    #[test]
    fn a_hundred_million_ranks_sum_to_the_harmonic_number() {
        let harmonic = 18.420_680_743_952_367 + 0.577_215_664_901_532_9 + 0.5e-8;
        assert!((power_sum(1e8, 1.0) - harmonic).abs() < 1e-12);
    }

    #[test]
    fn the_inverse_undoes_the_integral() {
        for alpha in [0.0, 0.3, 0.999_999, 1.0, 1.000_01, 1.2, 3.0] {
            for x in [0.6, 1.0, 1.5, 2.5, 1_000.0, 1e6] {
                let back = inverse_integral(integral(x, alpha), alpha);
                // Where the integral flattens, its last bit weighs x^(α-1) as much.
                let allowed = 1e-13 * math::pow(x, (alpha - 1.0).max(0.0)).max(1.0) * 100.0;
                assert!((back / x - 1.0).abs() < allowed, "α {alpha}: {x} came back as {back}");
            }
        }
    }
}
