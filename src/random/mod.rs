//! Randomness as a function: a draw is named by (seed, replication, purpose, ordinal).
//!
//! Nothing is consumed, so nothing can shift: a variant that switches a mitigation on draws fewer or
//! other things, and everything that is drawn in both has the same value in both (common random
//! numbers). A [`Stream`] stands for one purpose, such as `"client.arrivals"`; [`Stream::at`] gives
//! the [`Draws`] that belong to one ordinal of it, such as the 17th arrival.
//!
//! The mixing is the finalizer of `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014), applied to a
//! counter, which is how that generator is defined.

pub mod distribution;
pub mod math;
pub mod variate;

use rand::TryRng;
use std::convert::Infallible;

/// `SplitMix64`'s increment, the odd integer nearest to 2^64 divided by the golden ratio.
const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// One purpose of one replication: a family of independent draws, addressed by ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream(u64);

impl Stream {
    /// The stream for `purpose`, a name as `layer.what`.
    #[must_use]
    pub fn new(seed: u64, replication: u64, purpose: &str) -> Self {
        let words = [seed, replication];
        let bytes = purpose.bytes().map(u64::from);
        Self(words.into_iter().chain(bytes).fold(0, |state, word| mix(state ^ word)))
    }

    /// The draws that belong to `ordinal`.
    #[inline]
    #[must_use]
    pub fn at(self, ordinal: u64) -> Draws {
        Draws(mix(self.0 ^ ordinal))
    }

    /// The stream of one member of a family: one key, one node.
    #[inline]
    #[must_use]
    pub fn of(self, member: u64) -> Self {
        Self(mix(self.0 ^ member))
    }
}

/// The draws of one ordinal, in order; a generator for `rand` and `rand_distr`.
#[derive(Clone, Debug)]
pub struct Draws(u64);

impl Draws {
    /// The next 64 bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        mix_word(self.0)
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in 0..n, by the high half of a product (Lemire, ACM TOMACS 2019, without the rejection
    /// step: the bias is below n / 2^64).
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// True with probability `share`.
    #[inline]
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.bits() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// One step of `SplitMix64` from the state `word`.
#[inline]
fn mix(word: u64) -> u64 {
    mix_word(word.wrapping_add(GOLDEN_GAMMA))
}

#[inline]
fn mix_word(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First outputs for seed 1234567, as published with the reference code of `SplitMix64`
    /// (Vigna, splitmix64.c; listed on Rosetta Code).
    #[test]
    fn the_generator_is_splitmix64() {
        let mut draws = Draws(1_234_567);
        let first: Vec<u64> = (0..5).map(|_| draws.bits()).collect();
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821
            ]
        );
    }

    #[test]
    fn purposes_replications_and_ordinals_give_other_draws() {
        let base = Stream::new(1, 0, "client.arrivals");
        let others = [
            Stream::new(2, 0, "client.arrivals"),
            Stream::new(1, 1, "client.arrivals"),
            Stream::new(1, 0, "client.keys"),
            base.of(1),
        ];
        assert_eq!(base, Stream::new(1, 0, "client.arrivals"));
        assert!(others.iter().all(|other| other.at(0).bits() != base.at(0).bits()));
        assert_ne!(base.at(0).bits(), base.at(1).bits());
    }

    /// Chi-square of 100,000 draws with neighbouring ordinals over 64 cells: 63 degrees of freedom,
    /// so beyond 63 ± 5 standard deviations (11.2 each) only once in a million.
    #[test]
    fn neighbouring_ordinals_are_uniform() {
        let stream = Stream::new(7, 0, "test");
        let mut cells = [0u32; 64];
        for ordinal in 0..100_000 {
            cells[stream.at(ordinal).below(64) as usize] += 1;
        }
        let expected = 100_000.0 / 64.0;
        let chi_square: f64 = cells.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
        assert!((chi_square - 63.0).abs() < 56.0, "{chi_square}");
    }
}
