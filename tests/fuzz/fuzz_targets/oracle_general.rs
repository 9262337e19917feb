//! Whatever is given for an oracleGeneral trace, plain or packed: `cargo +nightly fuzz run --fuzz-dir tests/fuzz oracle_general`.

#![no_main]

mod survive;

use cachestorm::workload::trace::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| survive::survive(Format::OracleGeneral, bytes));
