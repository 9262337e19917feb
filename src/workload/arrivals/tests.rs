//! Arrivals against the theory of point processes.

use super::*;
use crate::quantity::Ratio;
use crate::random::math;
use crate::time::Duration;
use crate::workload::schedule::{Ending, Piece};

fn at(seconds: f64) -> Instant {
    Instant::ZERO + Duration::from_secs_f64(seconds)
}

fn stream(run: u64) -> Stream {
    Stream::new(2, run, "test.arrivals")
}

fn constant(rate: f64) -> Profile {
    Profile::Schedule(Schedule::constant(Rate(rate)).unwrap())
}

fn steps(pieces: &[(f64, f64, f64)], ending: Ending) -> Profile {
    let piece = |&(seconds, from, to)| Piece::ramp(Duration::from_secs_f64(seconds), Rate(from), Rate(to));
    Profile::Schedule(Schedule::new(pieces.iter().map(piece).collect(), ending).unwrap())
}

fn source(profile: Profile, spacing: Spacing, changes: &[RateChange], seconds: f64) -> Arrivals {
    Arrivals::new(profile, spacing, changes, at(seconds), stream(0)).unwrap()
}

/// How many arrivals fall into each window of `seconds`.
fn windows(arrivals: Arrivals, seconds: f64) -> Vec<f64> {
    let length = Duration::from_secs_f64(seconds).as_nanos();
    let mut counts = vec![0.0; arrivals.end.as_nanos().div_ceil(length) as usize];
    arrivals.for_each(|at| counts[(at.as_nanos() / length) as usize] += 1.0);
    counts
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Variance over mean of the counts.
fn dispersion(counts: &[f64]) -> f64 {
    let mean = mean(counts);
    counts.iter().map(|n| (n - mean) * (n - mean)).sum::<f64>() / (counts.len() as f64 - 1.0) / mean
}

/// 100,000 windows of mean 20: the mean has the standard error sqrt(20 / 100,000), the index of
/// dispersion sqrt(2 / 100,000); five of each are allowed.
#[test]
fn poisson_counts_have_their_mean_and_as_much_variance() {
    let counts = windows(Arrivals::poisson(Rate(2_000.0), at(1_000.0), stream(0)).unwrap(), 0.01);
    assert!((mean(&counts) - 20.0).abs() < 5.0 * 0.01414, "{}", mean(&counts));
    assert!((dispersion(&counts) - 1.0).abs() < 5.0 * 0.00447, "{}", dispersion(&counts));
}

#[test]
fn even_arrivals_never_drift() {
    for rate in [3.0, 7.0, 1_000.0, 12_345.678] {
        let arrivals = source(constant(rate), Spacing::Even, &[], 1e6);
        for (n, found) in (1_u64..=1_000_000).zip(arrivals) {
            let expected = Duration::from_secs_f64(n as f64 / rate).as_nanos();
            assert!(found.as_nanos().abs_diff(expected) <= 1, "{rate}/s, arrival {n}");
        }
    }
}

/// Even arrivals count the area under the rate exactly: one may fall on either side of a boundary.
#[test]
fn counts_follow_steps_ramps_gaps_and_changes() {
    let shape = [(2.0, 100.0, 100.0), (4.0, 100.0, 500.0), (1.0, 0.0, 0.0), (3.0, 300.0, 0.0)];
    let double = |seconds, factor| RateChange { at: at(seconds), factor };
    let cases: [(Profile, Vec<RateChange>, &[f64]); 5] = [
        (
            steps(&shape, Ending::Hold),
            vec![],
            &[100.0, 100.0, 150.0, 250.0, 350.0, 450.0, 0.0, 250.0, 150.0, 50.0, 0.0, 0.0],
        ),
        (
            steps(&shape, Ending::Repeat),
            vec![],
            &[100.0, 100.0, 150.0, 250.0, 350.0, 450.0, 0.0, 250.0, 150.0, 50.0, 100.0, 100.0],
        ),
        // Out of order, in the middle of a ramp, and not piling up.
        (
            steps(&shape, Ending::Hold),
            vec![double(5.0, 1.0), double(1.0, 3.0), double(3.0, 2.0)],
            &[100.0, 300.0, 450.0, 500.0, 700.0, 450.0, 0.0, 250.0, 150.0, 50.0],
        ),
        (constant(10.0), vec![double(1.0, 0.0), double(2.0, 4.0)], &[10.0, 0.0, 40.0, 40.0]),
        (constant(10.0), vec![double(2.0, 0.0)], &[10.0, 10.0, 0.0, 0.0]),
    ];
    for (profile, changes, expected) in cases {
        let arrivals = source(profile.clone(), Spacing::Even, &changes, expected.len() as f64);
        let counts = windows(arrivals, 1.0);
        for (second, (count, expected)) in counts.iter().zip(expected).enumerate() {
            assert!(
                (count - expected).abs() <= 1.0,
                "{profile:?}: {count} in second {second}, not {expected}"
            );
        }
    }
}

/// Over 400 runs a second of mean m has the standard error sqrt(m / 400); five are allowed.
#[test]
fn poisson_arrivals_follow_a_ramp_and_a_wave() {
    let wave =
        Schedule::diurnal(Rate(100.0), Ratio(1.0), Duration::from_secs(12), Duration::from_secs(3)).unwrap();
    for profile in [steps(&[(12.0, 0.0, 240.0)], Ending::Hold), Profile::Schedule(wave)] {
        let mut sums = [0.0; 12];
        for run in 0..400 {
            let arrivals =
                Arrivals::new(profile.clone(), Spacing::Poisson, &[], at(12.0), stream(run)).unwrap();
            windows(arrivals, 1.0).iter().zip(&mut sums).for_each(|(count, sum)| *sum += count / 400.0);
        }
        let Profile::Schedule(schedule) = profile else { unreachable!("both are schedules") };
        for (second, sum) in sums.into_iter().enumerate() {
            let until = |second: usize| schedule.expected_arrivals(at(second as f64));
            let expected = until(second + 1) - until(second);
            assert!(
                (sum - expected).abs() < 5.0 * (expected / 400.0).sqrt(),
                "second {second}: {sum}, not {expected}"
            );
        }
    }
}

/// The index of dispersion over windows of length t is 1 + A (1 - (1 - exp(-r t)) / (r t)) with
/// A = 2 p q (burst - quiet)^2 / (r mean), where r is the sum of both switching rates and p, q are
/// the shares of time (Heffes and Lucantoni 1986, in other letters).
///
/// The mean rate over 100,000 s has the variance (1 + A) mean / 100,000. The variance of n counts has
/// a relative standard error of about sqrt(2 / n), for the 20,000 longest windows 1 %; for the short
/// ones it is smaller. Five of each are allowed.
#[test]
fn bursts_have_the_dispersion_of_a_modulated_poisson_process() {
    let bursty = Bursty {
        quiet: Rate(20.0),
        burst: Rate(300.0),
        quiet_mean: Duration::from_millis(750),
        burst_mean: Duration::from_millis(250),
    };
    let r = 1.0 / 0.75 + 1.0 / 0.25;
    let rate = 0.75 * 20.0 + 0.25 * 300.0;
    let a = 2.0 * 0.75 * 0.25 * 280.0 * 280.0 / (r * rate);
    for t in [0.05, 0.5, 5.0] {
        let expected = 1.0 + a * (1.0 - (1.0 - math::exp(-r * t)) / (r * t));
        let counts = windows(source(Profile::Bursty(bursty), Spacing::Poisson, &[], 100_000.0), t);
        let allowed = 5.0 * ((1.0 + a) / (rate * 100_000.0)).sqrt();
        assert!((mean(&counts) / (rate * t) - 1.0).abs() < allowed, "mean over {t} s: {}", mean(&counts));
        assert!((dispersion(&counts) / expected - 1.0).abs() < 0.05, "over {t} s: {}", dispersion(&counts));
    }
}

#[test]
fn a_change_of_rate_leaves_what_came_before_untouched() {
    let changes = [RateChange { at: at(5.0), factor: 3.0 }];
    let bursty = Bursty {
        quiet: Rate(50.0),
        burst: Rate(500.0),
        quiet_mean: Duration::from_millis(300),
        burst_mean: Duration::from_millis(100),
    };
    for profile in [constant(100.0), Profile::Bursty(bursty)] {
        let plain: Vec<Instant> = source(profile.clone(), Spacing::Poisson, &[], 10.0).collect();
        let tripled: Vec<Instant> = source(profile, Spacing::Poisson, &changes, 10.0).collect();
        let before = plain.iter().take_while(|&&arrival| arrival < at(5.0)).count();
        assert_eq!(plain[..before], tripled[..before]);
        // Arrival n stays arrival n, only sooner.
        assert!(plain.iter().zip(&tripled).all(|(plain, tripled)| tripled <= plain));
        assert!(tripled.len() > plain.len());
    }
}

#[test]
fn arrivals_are_in_order_and_end_before_the_end() {
    let profiles = [
        steps(&[(0.001, 1e9, 0.0), (0.001, 0.0, 1e9), (0.5, 0.0, 0.0), (1.0, 1e5, 3.0)], Ending::Repeat),
        constant(1e6),
    ];
    for profile in profiles {
        for spacing in [Spacing::Poisson, Spacing::Even] {
            let arrivals: Vec<Instant> = source(profile.clone(), spacing, &[], 2.0).collect();
            assert!(arrivals.is_sorted());
            assert!(arrivals.last().is_some_and(|&last| last < at(2.0)));
        }
    }
}

#[test]
fn a_source_without_a_rate_is_silent_and_stays_so() {
    let off = [RateChange { at: Instant::ZERO, factor: 0.0 }];
    let sources = [
        Arrivals::new(constant(0.0), Spacing::Poisson, &[], Instant::MAX, stream(0)),
        Arrivals::new(constant(5.0), Spacing::Even, &off, Instant::MAX, stream(0)),
        Arrivals::new(
            steps(&[(1.0, 5.0, 0.0)], Ending::Repeat),
            Spacing::Even,
            &off,
            Instant::MAX,
            stream(0),
        ),
        Arrivals::poisson(Rate(5.0), Instant::ZERO, stream(0)),
    ];
    for mut silent in sources.map(Result::unwrap) {
        assert_eq!((silent.next(), silent.next()), (None, None));
    }
}

#[test]
fn nonsense_is_refused_with_the_value_and_the_rule() {
    for (factor, written) in [(-1.0, "-1"), (f64::NAN, "NaN"), (1e300, &format!("1{}", "0".repeat(300)))] {
        let changes = [RateChange { at: at(1.0), factor }];
        let result = Arrivals::new(constant(1.0), Spacing::Even, &changes, at(1.0), stream(0));
        assert_eq!(
            result.unwrap_err(),
            format!("multiply the request rate by `{written}`: the factor must be between 0 and 1000000")
        );
    }
}

/// A record, as in `random::distribution::golden`.
#[test]
fn the_first_arrivals_are_the_same_everywhere() {
    let bursty = Bursty {
        quiet: Rate(50.0),
        burst: Rate(500.0),
        quiet_mean: Duration::from_millis(30),
        burst_mean: Duration::from_millis(10),
    };
    for (profile, nanos) in [
        (steps(&[(10.0, 0.0, 70.0)], Ending::Hold), [607_950_444, 941_810_191, 1_045_235_109, 1_243_726_967]),
        (Profile::Bursty(bursty), [6_294_839, 25_593_795, 27_032_365, 30_212_747]),
    ] {
        let found: Vec<u64> =
            source(profile, Spacing::Poisson, &[], 10.0).take(4).map(Instant::as_nanos).collect();
        assert_eq!(found, nanos);
    }
}
