//! Whatever lies in a log of replications behind a sound header: it is opened, read and added to, and what is added is found
//! again. `cargo +nightly fuzz run --fuzz-dir tests/fuzz log`.

#![no_main]

use cachestorm::experiment::{Identity, Log, Values};
use cachestorm::measure::{Digest, Record, metrics};

const HEADER: &[u8] = b"CACHESTORM-REPLICATIONS 1 fuzz\n";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("cachestorm-fuzz-{}.log", std::process::id()));
    std::fs::write(&path, [HEADER, bytes].concat()).expect("there is room");
    let (log, opened) = Log::open(&path, "fuzz").expect("its header is sound");
    assert!(opened.damaged <= bytes.len() as u64, "no more is damaged than there is");
    let identity = Identity::new("", 1, None);
    let _ = log.take::<Record>(&identity.key::<Record>(0));
    let key = identity.key::<Values>(1);
    let values: Values = Ok(Digest { values: vec![Some(1.0); metrics().len()], ..Digest::default() });
    log.keep(&key, &values);
    assert!(log.take::<Values>(&key) == Some(values), "what is kept is there");
    drop(log);
    let (_, again) = Log::open(&path, "fuzz").expect("it is ours");
    assert_eq!((again.kept, again.damaged), (opened.kept + 1, 0), "damage is left out once and for all");
    std::fs::remove_file(&path).expect("it is there");
});
