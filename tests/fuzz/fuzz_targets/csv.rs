//! Whatever is given for a CSV trace, plain or packed: `cargo +nightly fuzz run --fuzz-dir tests/fuzz csv`.

#![no_main]

mod survive;

use cachestorm::workload::trace::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| survive::survive(Format::Csv, bytes));
