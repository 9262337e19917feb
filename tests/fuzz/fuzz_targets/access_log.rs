//! Whatever is given for an access log, plain or packed: `cargo +nightly fuzz run --fuzz-dir tests/fuzz access_log`.

#![no_main]

mod survive;

use cachestorm::workload::trace::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| survive::survive(Format::AccessLog, bytes));
