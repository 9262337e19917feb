//! Whatever is given for a scenario file and a `--set` argument, which is its first line:
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz scenario`.

#![no_main]

use cachestorm::model::Model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cachestorm::scenario::fuzz(bytes, Model::read));
