//! The access log that is shipped with the scenarios is the one its generator makes, and it holds what
//! the generator promises.

#[path = "../scenarios/data/site.rs"]
mod site;

use cachestorm::time::Duration;
use cachestorm::workload::trace::{Format, Operation, TraceReader, TraceSpec};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/data/access.log.gz"))
}

/// The text is compared, not the gzip data: a new version of the compressor may pack it otherwise.
#[test]
fn the_shipped_log_is_what_the_generator_makes() {
    let mut shipped = String::new();
    let file = File::open(path()).expect("the log is shipped");
    assert!(
        file.metadata().expect("a file has a size").len() < 400_000,
        "the log has grown too large to ship"
    );
    flate2::read::GzDecoder::new(file).read_to_string(&mut shipped).expect("the log is gzip");
    assert!(shipped == site::access_log(), "stale: run `cargo run --release --example access-log`");
}

#[test]
fn the_shipped_log_is_read_to_its_end() {
    let mut reader = TraceReader::open(&path(), &TraceSpec::default()).expect("the log opens");
    let (mut reads, mut writes, mut missing, mut last) = (0, 0, 0, Duration::ZERO);
    let mut viral = [0; 2];
    let mut users = BTreeSet::new();
    while let Some(record) = reader.next_record().expect("every line is right") {
        match record.operation {
            Operation::Read => reads += 1,
            Operation::Write => writes += 1,
        }
        missing += i32::from(record.status == Some(404));
        if record.key == site::viral_article().as_bytes() {
            viral[usize::from(record.at >= Duration::from_secs(300))] += 1;
        }
        users.insert(String::from_utf8_lossy(record.user.expect("a log has clients")).into_owned());
        last = record.at;
    }
    assert_eq!((reader.format(), reader.skipped(), reader.reordered()), (Format::AccessLog, 0, 0));
    assert!((20_000..40_000).contains(&(reads + writes)), "{reads} reads and {writes} writes");
    assert!(writes > 100 && missing > 100, "{writes} writes and {missing} missing");
    assert!(viral[0] < 10 && viral[1] > 1_000, "{viral:?} views of the viral article");
    assert!((Duration::from_secs(590)..Duration::from_secs(600)).contains(&last), "it lasts {last}");
    assert!(users.len() > 1_000, "{} users", users.len());
    assert!(users.iter().all(|user| is_for_documentation(user)), "{users:?}");
}

/// RFC 5737, section 3, and RFC 3849, section 2.
fn is_for_documentation(address: &str) -> bool {
    ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"].iter().any(|prefix| address.starts_with(prefix))
}
