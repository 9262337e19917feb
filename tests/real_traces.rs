//! Published traces give the numbers of requests and of distinct keys that were counted with other
//! tools. They are too large to ship: where they are not at hand, the tests say so and pass.

mod common;

use cachestorm::workload::trace::{Format, Operation, TraceReader, TraceSpec};
use common::beside_the_project;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The file, if it is at hand.
fn trace(file: &str) -> Option<PathBuf> {
    beside_the_project(&format!("traces/{file}"))
}

#[derive(Debug, PartialEq, Eq)]
struct Counts {
    format: Format,
    requests: u64,
    keys: usize,
    writes: u64,
    seconds: u64,
}

fn count(path: &Path) -> Counts {
    let mut reader = TraceReader::open(path, &TraceSpec::default()).expect("the trace opens");
    let mut counts = Counts { format: reader.format(), requests: 0, keys: 0, writes: 0, seconds: 0 };
    let mut keys = BTreeSet::new();
    while let Some(record) = reader.next_record().expect("every record is right") {
        counts.requests += 1;
        counts.writes += u64::from(record.operation == Operation::Write);
        counts.seconds = record.at.as_nanos() / 1_000_000_000;
        if !keys.contains(record.key) {
            keys.insert(record.key.to_vec());
        }
    }
    assert_eq!(reader.skipped(), 0);
    counts.keys = keys.len();
    counts
}

fn check(file: &str, expected: &Counts) {
    if let Some(path) = trace(file) {
        assert_eq!(count(&path), *expected, "{file}");
    }
}

/// Counted with numpy, the operations with `cut` and `sort`: 66,898 times `2a`, 46,974 times `28`.
#[test]
fn the_cloudphysics_sample_has_the_published_counts() {
    let expected = Counts {
        format: Format::Csv,
        requests: 113_872,
        keys: 48_974,
        writes: 66_898,
        seconds: CLOUDPHYSICS_S,
    };
    check("libcachesim/cloudPhysicsIO.csv", &expected);
}

#[test]
fn its_binary_twin_has_them_too() {
    let expected = Counts {
        format: Format::OracleGeneral,
        requests: 113_872,
        keys: 48_974,
        writes: 0,
        seconds: CLOUDPHYSICS_S,
    };
    check("libcachesim/cloudPhysicsIO.oracleGeneral.bin", &expected);
}

#[test]
fn the_twitter_sample_is_read_through_zstd() {
    let expected =
        Counts { format: Format::Csv, requests: 1_000_000, keys: 143_542, writes: 0, seconds: TWITTER_S };
    check("libcachesim/twitter_cluster52.csv.zst", &expected);
}

/// Not their sizes: the files themselves differ in them, for 13,671 requests.
#[test]
fn the_csv_and_the_binary_file_tell_the_same_requests() {
    let files = ["libcachesim/cloudPhysicsIO.csv", "libcachesim/cloudPhysicsIO.oracleGeneral.bin"];
    let [Some(csv), Some(binary)] = files.map(trace) else { return };
    let open = |path: &Path| TraceReader::open(path, &TraceSpec::default()).expect("the trace opens");
    let (mut csv, mut binary) = (open(&csv), open(&binary));
    loop {
        let [from_csv, from_binary] = [&mut csv, &mut binary].map(|reader| {
            let format = reader.format();
            let record = reader.next_record().expect("every record is right");
            record.map(|record| (record.at, format.key_text(record.key)))
        });
        assert_eq!(from_csv, from_binary);
        if from_csv.is_none() {
            break;
        }
    }
}

/// Last minus first time, by `awk`.
const CLOUDPHYSICS_S: u64 = 7_200;
/// As stated with the data.
const TWITTER_S: u64 = 509;
