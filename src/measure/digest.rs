//! What is kept of a replication whose full record is not: enough to say of several of them together what their records
//! would say.
//!
//! The percentile of several replications is that of their distributions added, and a share is that of their counts added.
//! So beside the value of each metric the counts and the distributions are kept, which are much smaller than the time
//! series.

use super::fitness::Fitness;
use super::histogram::Histogram;
use super::parts::PARTS;
use super::reading::{Part, Ranked, Reading};
use super::record::Record;
use super::registry::metrics;
use serde::{Deserialize, Serialize};

/// One replication.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Digest {
    /// The value of each metric, in the order of the registry.
    pub values: Vec<Option<f64>>,
    /// What tells whether the replication is fit to be measured.
    pub fitness: Fitness,
    /// What the shares and percentiles were computed from.
    pub basis: Basis,
}

/// What the shares and percentiles of one replication were computed from. Metrics are told by their place in the registry.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Basis {
    shares: Vec<(u32, Part)>,
    distributions: Vec<Distribution>,
}

/// A distribution, and the percentiles that are read from it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Distribution {
    quantiles: Vec<Quantile>,
    /// See [`Ranked::beyond`].
    beyond: u64,
    /// The histogram as it is written to a file: most of its cells are empty.
    packed: Box<[u8]>,
}

/// A percentile that is read from a distribution.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Quantile {
    place: u32,
    /// Such as 0.99.
    share: f64,
    /// The share at or below it in each part of the window, if that is known.
    by_part: Option<[f64; PARTS]>,
}

impl Digest {
    /// What is kept of this record.
    ///
    /// # Panics
    /// Never: plain data can be written to memory.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let mut values = Vec::new();
        let mut basis = Basis::default();
        record.readings(|place, reading| {
            values.push(reading.value());
            match reading {
                Reading::Part(part) => basis.shares.push((place as u32, part)),
                Reading::Percentile { quantile, ranked } => {
                    let seconds = ranked.quantile_seconds(quantile);
                    let by_part = seconds.and_then(|seconds| record.shares_by_part(place, ranked, seconds));
                    basis.add(Quantile { place: place as u32, share: quantile, by_part }, ranked);
                }
                Reading::Absent | Reading::Number(_) | Reading::Longest(_) => {}
            }
        });
        Self { values, fitness: Fitness::of(record), basis }
    }

    /// Whether this can be what is left of a record of this program.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.values.len() == metrics().len() && self.basis.is_sound(self.values.len())
    }
}

impl Basis {
    fn add(&mut self, quantile: Quantile, ranked: Ranked) {
        let Ranked { histogram, beyond } = ranked;
        let packed = postcard::to_stdvec(histogram).expect("plain data can be written").into_boxed_slice();
        match self.distributions.iter_mut().find(|known| known.beyond == beyond && known.packed == packed) {
            Some(known) => known.quantiles.push(quantile),
            None => self.distributions.push(Distribution { quantiles: vec![quantile], beyond, packed }),
        }
    }

    /// Sees each share and percentile, with its place in the registry.
    pub fn readings(&self, mut see: impl FnMut(usize, Reading<'_>)) {
        for (place, part) in &self.shares {
            see(*place as usize, Reading::Part(*part));
        }
        for Distribution { quantiles, beyond, packed } in &self.distributions {
            // What cannot be unpacked was never packed: `is_sound` has looked at what comes from a file.
            let Ok(histogram) = postcard::from_bytes::<Histogram>(packed) else { continue };
            let ranked = Ranked { histogram: &histogram, beyond: *beyond };
            for Quantile { place, share, .. } in quantiles {
                see(*place as usize, Reading::Percentile { quantile: *share, ranked });
            }
        }
    }

    /// The share at or below the percentile at this place in each part of the window; see [`Record::shares_by_part`].
    #[must_use]
    pub fn shares_by_part(&self, place: usize) -> Option<[f64; PARTS]> {
        let mut quantiles = self.distributions.iter().flat_map(|one| &one.quantiles);
        quantiles.find(|known| known.place as usize == place)?.by_part
    }

    fn is_sound(&self, metrics: usize) -> bool {
        let shares = self.shares.iter().map(|(place, _)| *place);
        let quantiles = self.distributions.iter().flat_map(|one| &one.quantiles).map(|known| known.place);
        let mut places: Vec<u32> = shares.chain(quantiles).collect();
        places.sort_unstable();
        let is_twice = places.windows(2).any(|pair| pair[0] == pair[1]);
        let is_part = |(_, part): &(u32, Part)| part.of > 0 && part.count <= part.of;
        let is_packed = |one: &Distribution| postcard::from_bytes::<Histogram>(&one.packed).is_ok();
        !is_twice
            && places.last().is_none_or(|last| (*last as usize) < metrics)
            && self.shares.iter().all(is_part)
            && self.distributions.iter().all(is_packed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Layer, Timeline};
    use crate::time::{Duration, Instant};

    fn record() -> Record {
        let second = |n: u64| Instant::ZERO + Duration::from_secs(n);
        let mut record = Record::new(Timeline::for_run(Duration::from_secs(10)), second(0), second(10), 1);
        record.expect(&[Layer::Redis, Layer::Database], false);
        (1..5_000u64).for_each(|n| record.clients.latency.record(Duration::from_micros(n * n)));
        record
    }

    /// Each metric with the bits of what it is computed from: a share's counts, the ranks of a percentile.
    fn seen(readings: impl FnOnce(&mut dyn FnMut(usize, Reading<'_>))) -> Vec<(usize, Vec<u64>)> {
        let mut all = Vec::new();
        readings(&mut |place, reading| match reading {
            Reading::Part(part) => all.push((place, vec![part.count, part.of])),
            Reading::Percentile { ranked, .. } => {
                let within = |seconds| ranked.share_within(seconds).unwrap_or(-1.0).to_bits();
                let value = reading.value().unwrap_or(-1.0).to_bits();
                all.push((place, vec![ranked.total(), within(0.01), within(1.0), value]));
            }
            Reading::Absent | Reading::Number(_) | Reading::Longest(_) => {}
        });
        all.sort_unstable();
        all
    }

    #[test]
    fn shares_and_percentiles_are_read_from_a_digest_as_from_the_record() {
        let record = record();
        let digest = Digest::of(&record);
        assert!(digest.is_sound());
        assert_eq!(digest.values, record.values());
        let of_record = seen(|see| record.readings(see));
        let bytes = postcard::to_stdvec(&digest).expect("plain data can be written");
        let again: Digest = postcard::from_bytes(&bytes).expect("it was just written");
        assert_eq!(again, digest);
        assert_eq!(seen(|see| again.basis.readings(see)), of_record);
    }

    #[test]
    fn what_no_program_has_written_is_not_sound() {
        let sound = Digest::of(&record());
        let with = |change: &dyn Fn(&mut Digest)| {
            let mut digest = sound.clone();
            change(&mut digest);
            digest.is_sound()
        };
        assert!(with(&|_| {}));
        let part = |count, of| Part { count, of };
        for change in [
            &(|digest: &mut Digest| digest.values.truncate(3)) as &dyn Fn(&mut Digest),
            &|digest| digest.basis.shares.push((1 << 20, part(1, 2))),
            &|digest| digest.basis.shares = vec![(0, part(1, 2)), (0, part(1, 2))],
            &|digest| digest.basis.shares = vec![(0, part(3, 2))],
            &|digest| digest.basis.shares = vec![(0, part(0, 0))],
            &|digest| digest.basis.distributions[0].packed = vec![255; 9].into(),
        ] {
            assert!(!with(change));
        }
    }
}
