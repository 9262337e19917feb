//! What is kept of a replication.

/// The values of all metrics in a replication: only those that there are, since most scenarios leave most of the system
/// out.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// A bit for each metric: whether it has a value.
    is_there: Box<[u64]>,
    /// The values that there are, in the order of the metrics.
    values: Box<[f64]>,
    /// See [`crate::measure::short_tails`].
    short_tails: Box<[(u32, f64)]>,
}

impl Numbers {
    /// Those of a replication, in the order of the registry.
    #[must_use]
    pub fn of(all: &[Option<f64>]) -> Self {
        let bits = |part: &[Option<f64>]| {
            part.iter().enumerate().fold(0, |bits, (place, value)| bits | u64::from(value.is_some()) << place)
        };
        let is_there = all.chunks(u64::BITS as usize).map(bits).collect();
        Self { is_there, values: all.iter().copied().flatten().collect(), short_tails: Box::default() }
    }

    /// The same, with what is known of the tails of percentiles.
    #[must_use]
    pub fn with_tails(self, short_tails: Vec<(u32, f64)>) -> Self {
        Self { short_tails: short_tails.into(), ..self }
    }

    /// How many lie above a percentile, by its place in the registry; nothing if there are enough, or it is none.
    #[must_use]
    pub fn tail(&self, metric: usize) -> Option<f64> {
        let found = self.short_tails.iter().find(|(place, _)| *place as usize == metric);
        found.map(|(_, above)| *above)
    }

    /// The value of a metric, by its place in the registry.
    #[must_use]
    pub fn get(&self, metric: usize) -> Option<f64> {
        let (word, bit) = (metric / u64::BITS as usize, metric % u64::BITS as usize);
        let bits = self.is_there.get(word)?;
        let before = self.is_there[..word].iter().map(|bits| bits.count_ones()).sum::<u32>()
            + (bits & ((1 << bit) - 1)).count_ones();
        (bits >> bit & 1 == 1).then(|| self.values[before as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_keeps_its_value_or_that_it_has_none() {
        // Across three words, with and without a value at the ends of each.
        let all: Vec<Option<f64>> =
            (0..150u32).map(|place| (place % 3 != 1 && place != 63).then(|| f64::from(place))).collect();
        let numbers = Numbers::of(&all);
        for (place, value) in all.iter().enumerate() {
            assert_eq!(numbers.get(place), *value, "{place}");
        }
        assert_eq!(numbers.get(500), None);
        assert_eq!(Numbers::of(&[]).get(0), None);
    }
}
