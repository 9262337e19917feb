//! Basic variates of unit scale, from which [`Distribution`](super::distribution::Distribution) and
//! the arrival processes are built.
//!
//! The bulk comes from the ziggurats of `rand_distr`, which are tables, products and comparisons and
//! hence exact. Their tails, one draw in 2,000 to 4,000, call the platform's logarithm, so a draw
//! that lands there is drawn again from the tail here, without any logarithm. What remains of the
//! platform is a comparison of a draw with an exponential: another last bit decides otherwise less
//! than once in 10^15 draws.

use super::{Draws, math};
use rand_distr::{Distribution as _, Exp1, StandardNormal};

/// Where the tail of the exponential ziggurat with 256 layers begins.
/// Source: Marsaglia and Tsang, "The Ziggurat Method for Generating Random Variables", Journal of
/// Statistical Software 5(8), 2000.
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;

/// Where the tail of the normal ziggurat with 256 layers begins. Source: as above.
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;

/// An exponential variate of mean 1: above 0 and finite.
#[inline]
pub fn exponential(draws: &mut Draws) -> f64 {
    let x: f64 = Exp1.sample(draws);
    if x < EXPONENTIAL_TAIL { x } else { exponential_tail(draws) }
}

/// Beyond any point the exponential distribution begins anew.
#[cold]
fn exponential_tail(draws: &mut Draws) -> f64 {
    let mut start = EXPONENTIAL_TAIL;
    loop {
        let x: f64 = Exp1.sample(draws);
        if x < EXPONENTIAL_TAIL {
            return start + x;
        }
        start += EXPONENTIAL_TAIL;
    }
}

/// A normal variate of mean 0 and standard deviation 1.
#[inline]
pub fn normal(draws: &mut Draws) -> f64 {
    let x: f64 = StandardNormal.sample(draws);
    if x.abs() < NORMAL_TAIL {
        x
    } else if x > 0.0 {
        normal_tail(draws)
    } else {
        -normal_tail(draws)
    }
}

/// Marsaglia's tail ("Generating a Variable from the Tail of the Normal Distribution", Technometrics
/// 6(1), 1964), which needs two exponential variates.
#[cold]
fn normal_tail(draws: &mut Draws) -> f64 {
    loop {
        let beyond = exponential(draws) / NORMAL_TAIL;
        if 2.0 * exponential(draws) >= beyond * beyond {
            return NORMAL_TAIL + beyond;
        }
    }
}

/// A gamma variate of scale 1; `shape` is above 0. For a tiny shape it can underflow to 0.
///
/// Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 26(3), 2000. A
/// shape below 1 is lifted by one and the result multiplied by U^(1/shape), here as the exponential
/// of an exponential variate.
pub fn gamma(shape: f64, draws: &mut Draws) -> f64 {
    if shape < 1.0 {
        let lifted = gamma(shape + 1.0, draws);
        return lifted * math::exp(-exponential(draws) / shape);
    }
    let d = shape - 1.0 / 3.0;
    let slope = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(draws);
        let root = 1.0 + slope * x;
        if root <= 0.0 {
            continue;
        }
        let cube = root * root * root;
        let u = 1.0 - draws.unit();
        let square = x * x;
        // The first condition implies the second and saves the logarithms nearly always.
        if u < 1.0 - 0.0331 * square * square
            || math::ln(u) < 0.5 * square + d * (1.0 - cube + math::ln(cube))
        {
            return d * cube;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// The share of draws beyond `limit` has a standard error of sqrt(p / n); five of them are
    /// allowed.
    fn check_tail(variate: fn(&mut Draws) -> f64, limit: f64, probability: f64) {
        const DRAWS: u64 = 4_000_000;
        let stream = Stream::new(11, 0, "test.tail");
        let beyond = (0..DRAWS).filter(|&i| variate(&mut stream.at(i)) > limit).count() as f64;
        let expected = probability * DRAWS as f64;
        assert!(
            (beyond - expected).abs() < 5.0 * expected.sqrt(),
            "beyond {limit}: {beyond}, not {expected}"
        );
    }

    #[test]
    fn tails_that_are_drawn_here_have_their_share() {
        // exp(-x); the normal ones are 1 - Φ(x).
        check_tail(exponential, EXPONENTIAL_TAIL, 4.541_4e-4);
        check_tail(exponential, 9.0, 1.234_1e-4);
        check_tail(exponential, 12.0, 6.144e-6);
        check_tail(normal, NORMAL_TAIL, 1.290e-4);
        check_tail(normal, 4.0, 3.167e-5);
        check_tail(|draws| -normal(draws), 4.0, 3.167e-5);
    }
}
