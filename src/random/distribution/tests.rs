//! Samples against closed forms and `statrs`, their bits, and what the constructors refuse.

use super::*;
use crate::random::Stream;
use statrs::distribution as oracle;
use statrs::distribution::ContinuousCDF;

const SAMPLES: u64 = 200_000;

fn samples(distribution: &Distribution) -> Vec<f64> {
    let stream = Stream::new(5, 0, "test.distribution");
    (0..SAMPLES).map(|ordinal| distribution.sample(&mut stream.at(ordinal))).collect()
}

/// Kolmogorov-Smirnov: sqrt(n) times the largest distance to the true distribution function exceeds
/// 2.6 with probability 2 exp(-2 * 2.6^2), about 3e-6.
fn check(distribution: &Distribution, cdf: impl Fn(f64) -> f64) {
    let mut values = samples(distribution);
    values.sort_unstable_by(f64::total_cmp);
    let n = SAMPLES as f64;
    let distance = values.iter().enumerate().fold(0.0_f64, |worst, (i, &value)| {
        let expected = cdf(value);
        worst.max(expected - i as f64 / n).max((i + 1) as f64 / n - expected)
    });
    assert!(distance * n.sqrt() < 2.6, "{distribution:?}: distance {distance}");
}

#[test]
fn samples_follow_the_distribution_function_of_an_independent_library() {
    let cdf = |law: oracle::Exp| move |x| law.cdf(x);
    check(&Distribution::exponential(4.0).unwrap(), cdf(oracle::Exp::new(0.25).unwrap()));
    for (shape, scale) in [(0.3, 2.0), (1.0, 5.0), (2.5, 0.1), (40.0, 3.0)] {
        let law = oracle::Gamma::new(shape, 1.0 / scale).unwrap();
        check(&Distribution::gamma(shape, scale).unwrap(), |x| law.cdf(x));
    }
    for (shape, scale) in [(0.5, 2.0), (1.5, 30.0)] {
        let law = oracle::Weibull::new(shape, scale).unwrap();
        check(&Distribution::weibull(shape, scale).unwrap(), |x| law.cdf(x));
    }
    for (minimum, shape) in [(3.0, 0.8), (1e6, 2.2)] {
        let law = oracle::Pareto::new(minimum, shape).unwrap();
        check(&Distribution::pareto(minimum, shape).unwrap(), |x| law.cdf(x));
    }
    for (mu, sigma) in [(0.0, 1.0), (16.8, 0.6)] {
        let law = oracle::LogNormal::new(mu, sigma).unwrap();
        check(&Distribution::LogNormal { mu, sigma }, |x| law.cdf(x));
    }
    check(&Distribution::uniform(2.0, 6.0).unwrap(), |x| (x - 2.0) / 4.0);
    let table = [(0.0, 1.0), (0.5, 2.0), (0.9, 10.0), (1.0, 50.0)];
    let points = table.map(|(share, value)| Quantile { share, value });
    check(&Distribution::quantiles(points.to_vec()).unwrap(), |x| {
        let i = table.iter().rposition(|&(_, value)| value <= x).unwrap().min(2);
        let (below, above) = (table[i], table[i + 1]);
        below.0 + (above.0 - below.0) * (x - below.1) / (above.1 - below.1)
    });
}

/// The mean of n samples has the standard error sd / sqrt(n); five of them are allowed.
#[test]
fn the_mean_of_many_samples_is_the_mean() {
    let cases: [(Distribution, f64, f64); 8] = [
        (Distribution::uniform(0.0, 12.0).unwrap(), 6.0, 12.0_f64.sqrt()),
        (Distribution::exponential(20e6).unwrap(), 20e6, 20e6),
        (Distribution::lognormal_mean_cv(30.0, 1.5).unwrap(), 30.0, 45.0),
        (Distribution::gamma_mean_cv(10.0, 0.5).unwrap(), 10.0, 5.0),
        // Γ(1.5) = sqrt(π) / 2; the variance is 1 - π / 4.
        (Distribution::weibull(2.0, 1.0).unwrap(), 0.886_226_925_452_758, 0.463_251_4),
        // The variance is shape / ((shape - 1)^2 (shape - 2)).
        (Distribution::pareto(1.0, 5.0).unwrap(), 1.25, (5.0_f64 / 48.0).sqrt()),
        (Distribution::empirical(vec![9.0, 1.0, 2.0]).unwrap(), 4.0, (38.0_f64 / 3.0).sqrt()),
        (Distribution::constant(7.0).unwrap(), 7.0, 1e-9),
    ];
    for (distribution, mean, deviation) in cases {
        assert!(
            (distribution.mean() / mean - 1.0).abs() < 1e-12,
            "{distribution:?}: {}",
            distribution.mean()
        );
        let drawn = samples(&distribution).iter().sum::<f64>() / SAMPLES as f64;
        let allowed = 5.0 * deviation / (SAMPLES as f64).sqrt();
        assert!((drawn - mean).abs() < allowed, "{distribution:?}: {drawn}");
    }
    assert!(Distribution::pareto(1.0, 1.0).unwrap().mean().is_infinite());
}

#[test]
fn a_lognormal_has_the_percentiles_it_was_made_from() {
    let distribution = Distribution::lognormal_median_p99(20.0, 80.0).unwrap();
    let values = samples(&distribution);
    for (limit, share) in [(20.0, 0.5), (80.0, 0.99)] {
        let below = values.iter().filter(|&&value| value <= limit).count() as f64 / SAMPLES as f64;
        let allowed = 5.0 * (share * (1.0 - share) / SAMPLES as f64).sqrt();
        assert!((below - share).abs() < allowed, "{below} of the values are at most {limit}");
    }
}

#[test]
fn scaling_multiplies_every_value() {
    let quantiles = [(0.0, 0.0), (1.0, 4.0)].map(|(share, value)| Quantile { share, value }).to_vec();
    let distributions = [
        Distribution::constant(3.0),
        Distribution::uniform(1.0, 2.0),
        Distribution::exponential(2.0),
        Distribution::lognormal_median_p99(1.0, 9.0),
        Distribution::gamma(0.7, 2.0),
        Distribution::weibull(1.3, 2.0),
        Distribution::pareto(2.0, 1.1),
        Distribution::empirical(vec![5.0, 6.0]),
        Distribution::quantiles(quantiles),
    ];
    let stream = Stream::new(1, 0, "test.scaled");
    for distribution in distributions.map(Result::unwrap) {
        let scaled = distribution.scaled(1e6).unwrap();
        for ordinal in 0..1_000 {
            let (plain, large) =
                (distribution.sample(&mut stream.at(ordinal)), scaled.sample(&mut stream.at(ordinal)));
            assert!((large / (plain * 1e6) - 1.0).abs() < 1e-12, "{distribution:?}: {plain} became {large}");
        }
    }
}

#[test]
fn the_heaviest_tail_stays_finite() {
    let wild =
        [Distribution::pareto(1e9, 1e-3), Distribution::weibull(1e-3, 1e9), Distribution::gamma(1e-3, 1.0)];
    for distribution in wild.map(Result::unwrap) {
        assert!(samples(&distribution).iter().all(|value| value.is_finite() && *value >= 0.0));
    }
}

#[test]
fn nonsense_is_refused_with_the_value_and_the_rule() {
    let at = |share, value| Quantile { share, value };
    let cases = [
        (
            Distribution::constant(-1.0),
            "draw from a constant of value `-1`: it must be a finite number of at least 0",
        ),
        (
            Distribution::exponential(f64::NAN),
            "draw from an exponential distribution of mean `NaN`: it must be a finite number of at least 0",
        ),
        (
            Distribution::uniform(3.0, 2.0),
            "draw from a uniform distribution of `3` to `2`: swap the bounds, the lower comes first",
        ),
        (
            Distribution::lognormal_median_p99(20.0, 8.0),
            "draw from a log-normal distribution of 99th percentile `8`: it must be at least the median, `20`",
        ),
        (
            Distribution::pareto(1.0, 0.0),
            "draw from a Pareto distribution of shape `0`: it must be a finite number above 0",
        ),
        (
            Distribution::gamma_mean_cv(1.0, 0.0),
            "draw from a gamma distribution of coefficient of variation `0`: it must be a finite number above 0",
        ),
        (
            Distribution::weibull(f64::INFINITY, 1.0),
            "draw from a Weibull distribution of shape `inf`: it must be a finite number above 0",
        ),
        (
            Distribution::empirical(Vec::new()),
            "draw from recorded values: there are `0` of them, give at least one",
        ),
        (
            Distribution::quantiles(vec![at(0.0, 1.0), at(0.99, 2.0)]),
            "draw from a table of quantiles with the shares `[0.0, 0.99]`: begin with the share 0 (the minimum) and end with 1 (the maximum)",
        ),
        (
            Distribution::quantiles(vec![at(0.0, 5.0), at(0.5, 3.0), at(1.0, 9.0)]),
            "draw from a table of quantiles where `5` at 0 is followed by `3` at 0.5: shares must rise and values must not fall",
        ),
        (
            Distribution::Constant(1.0).scaled(0.0),
            "scale a distribution by `0`: the factor must be a finite number above 0",
        ),
    ];
    for (result, message) in cases {
        assert_eq!(result.unwrap_err(), message);
    }
}
