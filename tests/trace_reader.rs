//! How a trace is read, through the public interface: what is passed over, what is packed, and that no
//! input whatever brings the reader down.

mod common;

use cachestorm::model::{Prepared, SimulateError, TraceFile, simulate};
use cachestorm::workload::trace::{Format, OnError, TraceReader, TraceSpec};
use proptest::prelude::*;
use std::io::{Cursor, Write};
use std::ops::ControlFlow;

fn open(bytes: &[u8], spec: &TraceSpec) -> TraceReader {
    TraceReader::from_read("trace", Box::new(Cursor::new(bytes.to_vec())), spec)
        .expect("it starts as a trace does")
}

/// Whole seconds and key of every request.
fn requests(reader: &mut TraceReader) -> Vec<(u64, String)> {
    let mut requests = Vec::new();
    while let Some(record) = reader.next_record().expect("every line is right or skipped") {
        let key = String::from_utf8_lossy(record.key).into_owned();
        requests.push((record.at.as_nanos() / 1_000_000_000, key));
    }
    requests
}

#[test]
fn malformed_lines_are_skipped_and_counted_when_asked() {
    let spec = TraceSpec { on_error: OnError::Skip, ..TraceSpec::default() };
    let text = format!("time,key\n1,a\nx,b\n\n2\n{}\n3,c\n2,late\n-400,too late\n4,d", "y".repeat(70_000));
    let mut reader = open(text.as_bytes(), &spec);
    let expected = [(0, "a"), (2, "c"), (2, "late"), (3, "d")].map(|(at, key)| (at, key.to_owned()));
    assert_eq!(requests(&mut reader), expected);
    assert_eq!((reader.skipped(), reader.reordered()), (4, 1));
}

#[test]
fn reading_goes_on_behind_a_malformed_line() {
    let mut reader = open(b"time,key\n1,a\nx,b\n3,c\n", &TraceSpec::default());
    let mut next = || reader.next_record().map(|record| record.map(|record| record.key.to_vec()));
    assert_eq!(next(), Ok(Some(b"a".to_vec())));
    assert_eq!(next().map_err(|error| error.line()), Err(Some(3)));
    assert_eq!(next(), Ok(Some(b"c".to_vec())));
    assert_eq!(next(), Ok(None));
    assert_eq!(next(), Ok(None));
}

#[test]
fn packed_or_not_a_trace_is_the_same() {
    let start = format!("time,key\n{}", "1,abc\n2,def\n3,xyz\n".repeat(30_000));
    let (start, end) = (start.as_bytes(), b"4,end\n");
    // RFC 8878, section 3.1.2: a frame that decoders pass over.
    let skippable = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let files = [
        [start, end].concat(),
        [gzip(start), gzip(end)].concat(),
        [&skippable[..], &zstd(start), &skippable, &zstd(end)].concat(),
    ];
    let [plain, gzip, zstd] = files.map(|file| requests(&mut open(&file, &TraceSpec::default())));
    assert_eq!(plain.len(), 90_001);
    assert_eq!(plain.last(), Some(&(3, "end".to_owned())));
    assert!(plain == gzip && plain == zstd);
}

#[test]
fn a_format_that_is_named_is_believed() {
    let spec = TraceSpec { format: Some(Format::OracleGeneral), ..TraceSpec::default() };
    assert_eq!(requests(&mut open(&[0; 48], &spec)).len(), 2);
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Reads to the end or to the hundredth complaint; what it must not do is panic or go on for ever.
fn survive(format: Option<Format>, on_error: OnError, bytes: &[u8]) {
    let spec = TraceSpec { format, on_error, ..TraceSpec::default() };
    let Ok(mut reader) = TraceReader::from_read("hostile", Box::new(Cursor::new(bytes.to_vec())), &spec)
    else {
        return;
    };
    let mut complaints = 0;
    let mut last = cachestorm::time::Duration::ZERO;
    while complaints < 100 {
        match reader.next_record() {
            Ok(Some(record)) => {
                assert!(record.at >= last, "time runs backwards");
                assert!(!record.key.is_empty(), "a request has a key");
                last = record.at;
            }
            Ok(None) => return,
            Err(error) => {
                assert!(error.to_string().chars().count() < 1_000, "{error}");
                assert!(!error.to_string().contains(char::is_control), "{error:?}");
                complaints += 1;
            }
        }
    }
}

fn survive_every_way(bytes: &[u8]) {
    for format in [None, Some(Format::Csv), Some(Format::OracleGeneral), Some(Format::AccessLog)] {
        for on_error in [OnError::Stop, OnError::Skip] {
            survive(format, on_error, bytes);
        }
    }
}

fn valid_files() -> Vec<Vec<u8>> {
    let csv =
        b"# time, key, size, op, ttl, user\n1.5, a, 10, get, 0, u\n\"2\",\"b,c\",,set,3.5,\n1e1,d,7,28,,\n"
            .repeat(3);
    let log = concat!(
        "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a?b HTTP/1.1\" 200 2326 \"-\" \"agent\"\n",
        "2001:db8::1 - x [10/Oct/2000:13:55:37 -0700] \"POST /\\\"q\\\" HTTP/2.0\" 304 -\n",
        "192.0.2.1 - - [10/Oct/2000:13:55:38 -0700] \"\" 400 0\n",
    );
    let binary = [[7, 0, 0, 0].as_slice(), &[9; 20]].concat().repeat(4);
    let plain = [csv, log.repeat(2).into_bytes(), binary];
    let packed = plain.iter().flat_map(|file| [gzip(file), zstd(file)]);
    packed.chain(plain.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survive_every_way(&bytes);
    }

    #[test]
    fn random_text_does_no_harm(text in r#"[-0-9a-f.,;"\\ \[\]/:\n\t+eTZ]{0,200}"#) {
        survive_every_way(format!("time,key\n{text}").as_bytes());
        survive_every_way(text.as_bytes());
    }

    #[test]
    fn a_valid_file_with_a_few_bytes_changed_does_no_harm(
        file in prop::sample::select(valid_files()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut file = file;
        for (place, byte, change) in changes {
            let place = place.index(file.len());
            match change {
                0 => file[place] = byte,
                1 => file.insert(place, byte),
                _ => { file.remove(place); }
            }
        }
        file.truncate(cut.map_or(file.len(), |cut| cut.index(file.len())));
        survive_every_way(&file);
    }
}

/// Replications read a file one after the other: one that changes meanwhile would give them different traffic.
#[test]
fn a_file_that_is_changed_while_it_is_replayed_is_told() {
    let path = std::env::temp_dir().join(format!("cachestorm-changed-{}.csv", std::process::id()));
    let write = |text: &str| std::fs::write(&path, text).expect("a temporary file can be written");
    write("time,key\n0,a\n1,b\n");
    let model = common::model(
        r#"
        name = "replayed"
        workload = { arrivals = { trace = { file = "t.csv" } } }
        "#,
        &[],
    );
    let prepared = Prepared::new(model, Some(TraceFile::at(&path))).expect("it is a trace");
    let replay = |replication| simulate(&prepared, replication, |_| ControlFlow::Continue(()));
    assert!(replay(0).is_ok());
    write("time,key\n0,a\n1,b\n2,c\n");
    let error = replay(1).expect_err("it is longer now");
    let SimulateError::Trace(error) = error else { panic!("it is the trace that is wrong") };
    assert!(error.to_string().contains("it was changed while it was in use"), "{error}");
    let _ = std::fs::remove_file(&path);
}
