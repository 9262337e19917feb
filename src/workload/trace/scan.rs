//! A first reading of a whole trace, before anything is simulated: is every line sound, how many requests
//! are there, how long does it last?
//!
//! Many traces give whole seconds only. Replayed as they are, all requests of a second would arrive
//! together; the scan counts them, so that the replay can spread them evenly over their second. What decides is how times
//! are written: a column in microseconds, or with a decimal point, is taken at its word, whatever its values are.

use super::{Operation, Position, TraceError, TraceReader};
use crate::quantity::Bytes;
use crate::time::{Duration, Instant};
use rustc_hash::FxHashSet;

/// What a trace holds.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Records, reads and writes together.
    pub requests: u64,
    /// Keys among them.
    pub distinct_keys: u64,
    /// Bytes of their names.
    pub key_bytes: u64,
    /// Writes among them.
    pub writes: u64,
    /// Malformed records that were passed over.
    pub skipped: u64,
    /// Records that were earlier than one before them and count as of its instant.
    pub reordered: u64,
    /// From the first record to the last; to the end of its second if records are spread.
    pub length: Duration,
    /// Whether there is more of the trace after what was read.
    pub is_cut: bool,
    /// How many records have the same time, in order, if they are spread over their second.
    same_second: Option<Vec<u32>>,
}

const SECOND: Duration = Duration::from_secs(1);

/// A key in the set of those seen, without its name.
const KEY_BYTES: u64 = 40;

/// Whenever keys have taken so much more, somebody looks whether memory is left.
const LOOK_EVERY: u64 = 1 << 20;

impl Scan {
    /// Reads the trace to its end, or to what lies after `until`.
    ///
    /// # Errors
    /// The first malformed record, unless such records are to be skipped; times that are not whole seconds, if
    /// records are to be spread all the same.
    pub fn of(reader: &mut TraceReader, until: Duration) -> Result<Self, TraceError> {
        Self::within(reader, until, &|| false)
    }

    /// As [`Self::of`], unless no memory is left: that is asked every few thousand records.
    ///
    /// # Errors
    /// As [`Self::of`]; and if no memory is left.
    pub fn within(
        reader: &mut TraceReader,
        until: Duration,
        is_out_of_memory: &dyn Fn() -> bool,
    ) -> Result<Self, TraceError> {
        let mut keys: FxHashSet<Box<[u8]>> = FxHashSet::default();
        let mut scan = Self {
            requests: 0,
            distinct_keys: 0,
            key_bytes: 0,
            writes: 0,
            skipped: 0,
            reordered: 0,
            length: Duration::ZERO,
            is_cut: false,
            same_second: Some(Vec::new()),
        };
        let mut unlooked = 0;
        while let Some(record) = reader.next_record()? {
            if record.at >= until {
                scan.is_cut = true;
                break;
            }
            if !keys.contains(record.key) {
                keys.insert(record.key.into());
                scan.key_bytes += record.key.len() as u64;
                unlooked += record.key.len() as u64 + KEY_BYTES;
            }
            scan.writes += u64::from(record.operation == Operation::Write);
            scan.count(record.at);
            if unlooked >= LOOK_EVERY {
                unlooked = 0;
                if is_out_of_memory() {
                    return Err(scan.too_large(reader, keys.len()));
                }
            }
        }
        scan.distinct_keys = keys.len() as u64;
        scan.skipped = reader.skipped();
        scan.reordered = reader.reordered();
        let spread = reader.spread();
        if spread == Some(true) && scan.same_second.is_none() {
            return Err(reader.not_in_whole_seconds());
        }
        if !spread.unwrap_or_else(|| reader.is_in_whole_seconds()) {
            scan.same_second = None;
        }
        if scan.same_second.is_some() {
            scan.length = scan.length + SECOND;
        }
        Ok(scan)
    }

    fn too_large(&self, reader: &TraceReader, keys: usize) -> TraceError {
        let (requests, bytes) = (self.requests, Bytes(self.key_bytes));
        let message = format!(
            "no memory is left after {requests} requests with {keys} different keys ({bytes} of names)"
        );
        TraceError {
            name: reader.name.clone(),
            position: Position::Replay,
            message,
            help: Some("replay a part of it with `duration`, or one with shorter keys".into()),
        }
    }

    fn count(&mut self, at: Duration) {
        let whole = at.as_nanos().is_multiple_of(SECOND.as_nanos());
        match &mut self.same_second {
            Some(counts) if whole => match counts.last_mut() {
                Some(last) if at == self.length => *last += 1,
                _ => counts.push(1),
            },
            counts => *counts = None,
        }
        self.length = at;
        self.requests += 1;
    }

    /// The most records of one second, if they are spread over it.
    #[must_use]
    pub fn most_in_a_second(&self) -> Option<u32> {
        self.same_second.as_ref()?.iter().max().copied()
    }

    /// How many records are replayed if only those are whose place in time `is_in`. Reading has stopped before
    /// the first record that is late by the trace's own time; what is spread over the last second may be late all
    /// the same.
    pub fn replayed(&self, is_in: impl Fn(Instant) -> bool) -> u64 {
        let last = self.same_second.as_ref().and_then(|counts| counts.last()).copied().unwrap_or(0);
        let second = Instant::ZERO + self.length.saturating_sub(SECOND);
        let late = (0..last).filter(|nth| !is_in(second + part_of_second(*nth, last))).count();
        self.requests - late as u64
    }

    /// Where the records lie in time when those of one second are spread evenly over it.
    #[must_use]
    pub fn spread(&self) -> Spread<'_> {
        Spread { counts: self.same_second.as_deref(), seconds: 0, at: None, nth: 0 }
    }
}

/// Gives the records of a scanned trace, one after the other, their place in time.
#[derive(Clone, Debug)]
pub struct Spread<'a> {
    counts: Option<&'a [u32]>,
    /// Seconds with a record so far.
    seconds: usize,
    at: Option<Duration>,
    nth: u32,
}

impl Spread<'_> {
    /// When the next record happens, which the trace says is `at`.
    pub fn place(&mut self, at: Duration) -> Instant {
        let start = Instant::ZERO + at;
        let Some(counts) = self.counts else { return start };
        if self.at == Some(at) {
            self.nth += 1;
        } else {
            self.seconds += 1;
            self.at = Some(at);
            self.nth = 0;
        }
        let count = counts.get(self.seconds - 1).copied().unwrap_or(1).max(1);
        start + part_of_second(self.nth.min(count - 1), count)
    }
}

fn part_of_second(nth: u32, count: u32) -> Duration {
    Duration::from_nanos(SECOND.as_nanos() * u64::from(nth) / u64::from(count))
}

#[cfg(test)]
mod tests {
    use super::super::TraceSpec;
    use super::*;

    fn places(csv: &'static str) -> (Scan, Vec<u64>) {
        places_if(csv, None).expect("sound")
    }

    fn places_if(csv: &'static str, spread: Option<bool>) -> Result<(Scan, Vec<u64>), TraceError> {
        let spec = TraceSpec { spread, ..TraceSpec::default() };
        let open = || TraceReader::from_read("test.csv", Box::new(csv.as_bytes()), &spec).expect("sound");
        let scan = Scan::of(&mut open(), Duration::MAX)?;
        let mut spread = scan.spread();
        let mut reader = open();
        let mut places = Vec::new();
        while let Some(record) = reader.next_record().expect("sound") {
            places.push(spread.place(record.at).as_nanos() / 1_000_000);
        }
        Ok((scan, places))
    }

    #[test]
    fn records_of_one_second_are_spread_over_it() {
        let (scan, places) = places("time,key\n10,a\n10,b\n10,a\n10,c\n12,a\n13,b\n13,a\n");
        assert_eq!((scan.requests, scan.distinct_keys, scan.length), (7, 3, Duration::from_secs(4)));
        assert_eq!(places, [0, 250, 500, 750, 2_000, 3_000, 3_500]);
    }

    /// Four requests of second 10 at 0, 250, 500 and 750 ms: a run of 600 ms reads them all and replays three.
    #[test]
    fn what_is_spread_beyond_the_end_is_not_counted_as_replayed() {
        let csv: &[u8] = b"time,key,op\n10,a,get\n10,b,set\n10,a,get\n10,c,get\n12,a,get\n11,b,get\n";
        let scan = |millis| {
            let mut reader =
                TraceReader::from_read("test.csv", Box::new(csv), &TraceSpec::default()).expect("sound");
            let scan = Scan::of(&mut reader, Duration::from_millis(millis)).expect("sound");
            let replayed = scan.replayed(|at| at < Instant::ZERO + Duration::from_millis(millis));
            (scan.requests, scan.writes, scan.reordered, replayed)
        };
        assert_eq!(scan(600), (4, 1, 0, 3));
        assert_eq!(scan(1_000), (4, 1, 0, 4));
        assert_eq!(scan(10_000), (6, 1, 1, 6));
    }

    #[test]
    fn finer_times_are_left_as_they_are() {
        let (scan, places) = places("time,key\n10,a\n10,b\n10.5,a\n12,c\n");
        assert_eq!(scan.length, Duration::from_secs(2));
        assert_eq!(places, [0, 0, 500, 2_000]);
    }

    /// The same instants, written in four ways. Only the first cannot tell when within its second a request came.
    #[test]
    fn how_times_are_written_decides_and_not_their_values() {
        for (csv, expected) in [
            ("time,key\n3,a\n3,a\n4,b\n", [0, 500, 1_000]),
            ("time,key\n3.0,a\n3.0,a\n4.0,b\n", [0, 0, 1_000]),
            ("time_us,key\n3000000,a\n3000000,a\n4000000,b\n", [0, 0, 1_000]),
            ("time_ms,key\n3000,a\n3000,a\n4000,b\n", [0, 0, 1_000]),
        ] {
            assert_eq!(places(csv).1, expected, "{csv}");
            let (scan, places) = places_if(csv, Some(true)).expect("all are whole seconds");
            assert_eq!(
                (places.as_slice(), scan.most_in_a_second()),
                ([0, 500, 1_000].as_slice(), Some(2)),
                "{csv}"
            );
            let (scan, places) = places_if(csv, Some(false)).expect("sound");
            assert_eq!(
                (places.as_slice(), scan.most_in_a_second()),
                ([0, 0, 1_000].as_slice(), None),
                "{csv}"
            );
        }
        // One more request does not move those before it.
        let finer = "time_us,key\n3000000,a\n3000000,a\n4000000,b\n4900001,b\n";
        assert_eq!(places(finer).1, [0, 0, 1_000, 1_900]);
        let error = places_if(finer, Some(true)).expect_err("they are not whole seconds").to_string();
        assert!(error.contains("`spread`"), "{error}");
    }
}
