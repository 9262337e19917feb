//! How the cells of histograms are written down and read back: those that hold anything, and nothing else.

/// Of an HDR histogram: each cell by a value in it.
pub mod cells {
    use crate::measure::histogram::new_cells;
    use hdrhistogram::Histogram as Hdr;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde hands over a field as it is")]
    pub fn serialize<S: Serializer>(cells: &Option<Box<Hdr<u64>>>, serializer: S) -> Result<S::Ok, S::Error> {
        let all = cells.iter().flat_map(|cells| cells.iter_recorded());
        let held: Vec<(u64, u64)> =
            all.map(|cell| (cell.value_iterated_to(), cell.count_at_value())).collect();
        held.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Box<Hdr<u64>>>, D::Error> {
        let held = Vec::<(u64, u64)>::deserialize(deserializer)?;
        if held.is_empty() {
            return Ok(None);
        }
        let mut cells = new_cells();
        for (value, count) in held {
            cells.record_n(value, count).map_err(D::Error::custom)?;
        }
        Ok(Some(cells))
    }
}

/// Of the rows of a latency series: each cell by its place.
pub mod rows {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    type Row<const CELLS: usize> = Option<Box<[u32; CELLS]>>;

    pub fn serialize<S: Serializer, const CELLS: usize>(
        rows: &[Row<CELLS>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let held = |row: &[u32; CELLS]| -> Vec<(usize, u32)> {
            row.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect()
        };
        let rows: Vec<Option<Vec<(usize, u32)>>> = rows.iter().map(|row| row.as_deref().map(held)).collect();
        rows.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>, const CELLS: usize>(
        deserializer: D,
    ) -> Result<Vec<Row<CELLS>>, D::Error> {
        let held = Vec::<Option<Vec<(usize, u32)>>>::deserialize(deserializer)?;
        let row = |held: Vec<(usize, u32)>| -> Result<Box<[u32; CELLS]>, D::Error> {
            let mut row = Box::new([0; CELLS]);
            for (place, count) in held {
                *row.get_mut(place).ok_or_else(|| D::Error::custom("no such cell"))? = count;
            }
            Ok(row)
        };
        held.into_iter().map(|held| held.map(row).transpose()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::measure::{Histogram, LatencySeries, Timeline};
    use crate::time::{Duration, Instant};
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    fn again<T: Serialize + DeserializeOwned>(value: &T) -> T {
        let bytes = postcard::to_stdvec(value).expect("plain data can be written");
        postcard::from_bytes(&bytes).expect("it was just written")
    }

    /// From the shortest to what is longer than any cell, each a few times: every cell once.
    #[test]
    fn a_histogram_comes_back_with_all_its_cells() {
        let mut histogram = Histogram::default();
        assert_eq!(again(&histogram).count(), 0);
        let mut nanos = 0;
        while nanos < 1 << 49 {
            (0..=nanos % 3).for_each(|_| histogram.record(Duration::from_nanos(nanos)));
            nanos += 1 + nanos / 300;
        }
        let back = again(&histogram);
        assert!(histogram.cells().count() > 4_000, "{}", histogram.cells().count());
        assert!(back.cells().eq(histogram.cells()));
        for quantile in [0.0, 0.001, 0.5, 0.99, 0.9999, 1.0] {
            assert_eq!(back.quantile_seconds(quantile), histogram.quantile_seconds(quantile), "{quantile}");
        }
        let limit = Duration::from_secs(1);
        assert_eq!(back.share_above(limit), histogram.share_above(limit));
        assert_eq!((back.count(), back.mean_seconds()), (histogram.count(), histogram.mean_seconds()));
        let (mut one, mut other) = (back.clone(), histogram.clone());
        one.add(&histogram);
        other.add(&back);
        assert!(one.cells().eq(other.cells()));
    }

    #[test]
    fn latencies_over_time_come_back_as_they_were() {
        let mut series = LatencySeries::new(Timeline::for_run(Duration::from_secs(60)));
        for micros in (1..60_000_000).step_by(12_347) {
            series.record(Instant::ZERO + Duration::from_micros(micros / 2), Duration::from_micros(micros));
        }
        let back = again(&series);
        for quantile in [0.01, 0.5, 0.999] {
            let bits = |series: &LatencySeries| -> Vec<u64> {
                series.quantile(quantile).into_iter().map(f64::to_bits).collect()
            };
            assert_eq!(bits(&back), bits(&series));
        }
    }
}
