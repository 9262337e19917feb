//! The bits of the first draws of each kind, so that no dependency, compiler or platform changes the
//! results of a run unseen. They are a record, not a theory: the theory is in `tests`.

use super::*;
use crate::random::Stream;

fn check(distribution: Result<Distribution, String>, bits: [u64; 4]) {
    let distribution = distribution.unwrap();
    let stream = Stream::new(42, 0, "test.golden");
    let drawn = [0, 1, 2, 3].map(|ordinal| distribution.sample(&mut stream.at(ordinal)).to_bits());
    assert_eq!(drawn, bits, "{distribution:?}: {drawn:#x?}");
}

#[test]
fn the_first_draws_of_each_kind_have_the_same_bits_everywhere() {
    let points = [(0.0, 1.0), (0.5, 2.0), (1.0, 8.0)].map(|(share, value)| Quantile { share, value });
    check(
        Distribution::uniform(1.0, 2.0),
        [0x3ffc_6d6b_94e2_44dd, 0x3ff4_8aec_9325_6c44, 0x3fff_fb08_8503_052d, 0x3ff4_a86b_d222_bf3c],
    );
    check(
        Distribution::exponential(1.0),
        [0x4004_0893_7447_db1b, 0x3ff4_5a25_742d_3efc, 0x3fdf_64e2_a807_eb19, 0x3fd2_18ba_a7d7_f351],
    );
    check(
        Distribution::lognormal_median_p99(20.0, 80.0),
        [0x4044_fbdf_3d19_97ae, 0x4023_ed00_5ae6_c750, 0x4035_3a5d_28d9_62e3, 0x402e_55d6_92a4_903c],
    );
    check(
        Distribution::lognormal_mean_cv(3.0, 0.7),
        [0x4015_8fe5_bb2d_3ed8, 0x3ff2_ca55_0180_9e13, 0x4004_f171_e218_347a, 0x3ffd_5567_bad2_48a5],
    );
    check(
        Distribution::gamma(2.5, 1.0),
        [0x4012_3ef7_2355_257e, 0x3feb_8cd4_e7a8_bf05, 0x4002_89a7_3889_03e4, 0x3ff8_d845_57a8_bc3a],
    );
    check(
        Distribution::gamma(0.3, 1.0),
        [0x3f91_b1d0_cd11_5bce, 0x3f79_9b6b_fd40_7f39, 0x3f87_224d_90c7_c4e0, 0x3fd1_576e_91cb_c1d6],
    );
    check(
        Distribution::weibull(0.7, 1.0),
        [0x400d_b0b5_176d_20ca, 0x3ff6_900e_215e_03b4, 0x3fd7_22a9_1d9d_80da, 0x3fc5_101f_cdd6_942e],
    );
    check(
        Distribution::pareto(1.0, 1.5),
        [0x4015_3cb6_d10e_e564, 0x4002_ae0c_c208_b682, 0x3ff6_3076_4e5a_7049, 0x3ff3_51b1_6f6d_e53b],
    );
    check(
        Distribution::empirical(vec![1.0, 2.0, 3.0]),
        [0x4008_0000_0000_0000, 0x3ff0_0000_0000_0000, 0x4008_0000_0000_0000, 0x3ff0_0000_0000_0000],
    );
    check(
        Distribution::quantiles(points.to_vec()),
        [0x4015_4842_bea6_ce97, 0x3ff9_15d9_264a_d887, 0x401f_f119_8f09_0f87, 0x3ff9_50d7_a445_7e77],
    );
}

/// Beyond the first layers of the ziggurats, where the platform's logarithm would come in: a sum over
/// all bits of draws, of which some hundreds are in a tail.
#[test]
fn draws_from_the_tails_have_the_same_bits_everywhere() {
    let stream = Stream::new(42, 0, "test.golden");
    let sum = |variate: fn(&mut Draws) -> f64| {
        (0..1_000_000).fold(0_u64, |sum, i| sum.rotate_left(1) ^ variate(&mut stream.at(i)).to_bits())
    };
    assert_eq!(sum(variate::exponential), 0x5926_f2a2_2440_154c);
    assert_eq!(sum(variate::normal), 0xcb27_03d5_e9d6_7760);
}
