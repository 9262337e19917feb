//! Which keys were read most in all replications together.
//!
//! A record names its hottest keys only. Of a key that a record does not name, one thing is known: it was read there at
//! most as often as the last key that the record names. A key is shown only if every record tells of it, and only if no
//! other key can have more.

use crate::measure::{HotKey, Record};
use rustc_hash::FxHashMap;

/// What is known of a key.
struct Known {
    /// Over the records that name it.
    sum: HotKey,
    /// How often it may have been read in those.
    named_most: u64,
}

/// The keys, most requests first, whose sums over all records are exact, and which no other key exceeds. None where
/// so many keys are about as popular that the records cannot tell.
pub(super) fn certain(records: &[Record]) -> Vec<HotKey> {
    let unnamed: Vec<u64> = records.iter().map(unnamed_at_most).collect();
    let mut keys: FxHashMap<&str, Known> = FxHashMap::default();
    for (record, most) in records.iter().zip(&unnamed) {
        for key in &record.hot_keys {
            let known = keys.entry(&key.key).or_insert_with(|| Known {
                sum: HotKey { reads: 0, requests: 0, ..key.clone() },
                named_most: 0,
            });
            known.sum.reads += key.reads;
            known.sum.requests += key.requests;
            known.named_most += most;
        }
    }
    let unnamed: u64 = unnamed.iter().sum();
    // What a key can have had where it is not named; nothing if the names there are those of all keys.
    let (exact, vague): (Vec<_>, Vec<_>) = keys.into_values().partition(|key| key.named_most == unnamed);
    let rival = vague.iter().map(|key| key.sum.reads + unnamed - key.named_most).max();
    let rival = rival.unwrap_or(0).max(unnamed);
    let mut exact: Vec<HotKey> =
        exact.into_iter().map(|key| key.sum).filter(|key| key.reads > 0 && key.reads >= rival).collect();
    exact.sort_by(|a, b| b.reads.cmp(&a.reads).then_with(|| a.key.cmp(&b.key)));
    exact
}

/// How often a key that this record does not name was read at most.
fn unnamed_at_most(record: &Record) -> u64 {
    let all_are_named = record.distinct_keys == record.hot_keys.len() as u64;
    record.hot_keys.last().filter(|_| !all_are_named).map_or(0, |last| last.reads)
}

#[cfg(test)]
#[expect(clippy::large_stack_arrays, reason = "a record is large, and a test has two")]
mod tests {
    use super::*;
    use crate::measure::Timeline;
    use crate::time::{Duration, Instant};

    fn record(named: &[(&str, u64)], distinct_keys: u64) -> Record {
        let timeline = Timeline::for_run(Duration::from_secs(1));
        let mut record = Record::new(timeline, Instant::ZERO, Instant::ZERO, 1);
        let key = |(key, reads): &(&str, u64)| HotKey {
            key: (*key).to_owned(),
            reads: *reads,
            requests: 0,
            node: None,
        };
        record.hot_keys = named.iter().map(key).collect();
        record.distinct_keys = distinct_keys;
        record
    }

    #[track_caller]
    fn check(records: &[Record], expected: &[(&str, u64)]) {
        let keys = certain(records);
        let keys: Vec<(&str, u64)> = keys.iter().map(|key| (key.key.as_str(), key.reads)).collect();
        assert_eq!(keys, expected);
    }

    #[test]
    fn a_key_that_one_record_may_have_left_out_is_not_shown_and_hides_those_that_it_may_exceed() {
        check(&[], &[]);
        // `b` and `c` may have had 4 where they are not named: less than `a` for sure, and more than each other.
        let two = [record(&[("a", 9), ("b", 4)], 3), record(&[("a", 7), ("c", 4)], 3)];
        check(&two, &[("a", 16)]);
        // Now `b` may have had as many as 6 + 6, which is more than the 11 of `a`.
        let close = [record(&[("b", 6), ("a", 5)], 3), record(&[("a", 6), ("c", 6)], 3)];
        check(&close, &[]);
        // Names of all keys leave nothing open.
        let whole = [record(&[("b", 6), ("a", 5)], 2), record(&[("a", 6), ("c", 6)], 2)];
        check(&whole, &[("a", 11), ("b", 6), ("c", 6)]);
    }

    #[test]
    fn of_a_single_record_all_that_it_names_is_certain() {
        check(&[record(&[("a", 5), ("b", 3), ("c", 3)], 100)], &[("a", 5), ("b", 3), ("c", 3)]);
    }
}
