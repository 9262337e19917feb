//! What every reader of traces has to live through.

use cachestorm::time::Duration;
use cachestorm::workload::trace::{Format, OnError, TraceReader, TraceSpec};
use std::io::Cursor;

/// Reads to the end, over every malformed line: no panic, no time that runs backwards, no empty key.
pub fn survive(format: Format, bytes: &[u8]) {
    for on_error in [OnError::Stop, OnError::Skip] {
        let spec = TraceSpec { format: Some(format), on_error, ..TraceSpec::default() };
        let Ok(mut reader) = TraceReader::from_read("fuzz", Box::new(Cursor::new(bytes.to_vec())), &spec)
        else {
            return;
        };
        let mut last = Duration::ZERO;
        loop {
            match reader.next_record() {
                Ok(Some(record)) => {
                    assert!(record.at >= last, "time runs backwards");
                    assert!(!record.key.is_empty(), "a request has a key");
                    last = record.at;
                }
                Ok(None) => break,
                Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
            }
        }
    }
}
