//! Whatever lies in the `report` of `report.json`, in a folder from somebody else: its pictures are drawn, or it is refused.
//! The digest around it is left out, since whoever means harm can compute it.
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz report`; begin with `jq -c .report output/*/report.json` in its corpus.

#![no_main]

use cachestorm::report::Stored;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Stored::read(bytes);
    if let Ok(stored) = serde_json::from_slice::<Stored>(bytes) {
        assert!(stored.pictures(None).iter().all(|(name, _)| !name.is_empty()));
    }
});
