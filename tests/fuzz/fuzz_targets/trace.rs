//! Whatever is given for a trace whose format nobody names, plain or packed:
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz trace`.

#![no_main]

use cachestorm::time::Duration;
use cachestorm::workload::trace::{OnError, Scan, TraceReader, TraceSpec};
use std::io::Cursor;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for on_error in [OnError::Stop, OnError::Skip] {
        let spec = TraceSpec { on_error, ..TraceSpec::default() };
        let reader = TraceReader::from_read("fuzz", Box::new(Cursor::new(bytes.to_vec())), &spec);
        let scanned = reader.and_then(|mut reader| Scan::of(&mut reader, Duration::MAX));
        match scanned {
            Ok(scan) => assert!(scan.distinct_keys <= scan.requests, "each request has one key"),
            Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
        }
    }
});
