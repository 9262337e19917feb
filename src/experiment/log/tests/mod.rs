//! The log as a file: what is kept is there again, what is damaged is left out, and nobody else writes to it.

use super::*;
use crate::measure::Digest;
use std::fs;

/// A file that is gone when the test is.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cachestorm-log-{name}-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }

    #[track_caller]
    fn open(&self) -> (Log, Opened) {
        Log::open(&self.0, "build").expect("the file is free")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.0).expect("it is there")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn key(replication: u64) -> Key {
    Identity::new("a=1", 1, None).key::<Values>(replication)
}

/// Different in each replication, with what floats have of odd values.
#[expect(clippy::unnecessary_wraps, reason = "it is what a log keeps")]
fn values(replication: u64) -> Values {
    let odd = [f64::MIN_POSITIVE, -0.0, f64::INFINITY, 1.0 / 3.0];
    let value = |n: usize| (!n.is_multiple_of(3)).then(|| odd[n % 4] + (replication * n as u64) as f64);
    let values = (0..crate::measure::metrics().len()).map(value).collect();
    Ok(Digest { values, ..Digest::default() })
}

/// As bits, of which -0 has others than 0.
fn bits(values: Values) -> Option<Vec<Option<u64>>> {
    Some(values.ok()?.values.into_iter().map(|value| value.map(f64::to_bits)).collect())
}

/// Which replications it has as they were kept.
fn kept(log: &Log) -> Vec<u64> {
    let is_same = |replication: &u64| {
        let found = log.take::<Values>(&key(*replication)).and_then(bits);
        found.is_some() && found == bits(values(*replication))
    };
    (0..20).filter(is_same).collect()
}

#[test]
fn what_is_kept_is_there_again_to_the_bit() {
    let scratch = Scratch::new("again");
    let (log, opened) = scratch.open();
    assert_eq!(opened, Opened::default());
    drop(log);
    assert!(!scratch.0.exists(), "there is no file where nothing was kept");
    let (log, _) = scratch.open();
    (0..3).for_each(|replication| log.keep(&key(replication), &values(replication)));
    log.keep(&key(3), &Values::Err("too much".into()));
    assert_eq!((kept(&log), log.len(), log.made()), (vec![0, 1, 2], 4, 4));
    drop(log);
    let (log, opened) = scratch.open();
    assert_eq!(opened, Opened { kept: 4, ..Opened::default() });
    assert_eq!(kept(&log), [0, 1, 2]);
    assert_eq!(log.take::<Values>(&key(3)), Some(Err("too much".into())));
    assert_eq!(
        (log.taken(), log.made(), log.failure()),
        (5, 0, None),
        "the last of four was asked for twice"
    );
    log.keep(&key(9), &values(9));
    drop(log);
    assert_eq!(kept(&scratch.open().0), [0, 1, 2, 9]);
}

#[test]
fn what_was_cut_off_or_changed_is_left_out_once_and_for_all() {
    let scratch = Scratch::new("damaged");
    let (log, _) = scratch.open();
    (0..5).for_each(|replication| log.keep(&key(replication), &values(replication)));
    drop(log);
    let whole = scratch.bytes();
    for at in (whole.len() / 3..whole.len()).step_by(37) {
        let mut changed = whole.clone();
        changed[at] ^= 0xFF;
        for (damaged, lost) in [(whole[..at].to_vec(), 1..=4), (changed, 1..=1)] {
            fs::write(&scratch.0, damaged).expect("it can be written");
            let (log, opened) = scratch.open();
            let left = kept(&log);
            assert!(lost.contains(&(5 - left.len())), "{left:?} left of that damaged at {at}");
            assert_eq!(opened.kept, left.len());
            log.keep(&key(7), &values(7));
            drop(log);
            let (log, opened) = scratch.open();
            assert_eq!((opened.damaged, opened.kept), (0, left.len() + 1), "the damage is gone");
            assert_eq!(kept(&log).len(), left.len() + 1);
        }
    }
}

#[test]
fn a_log_that_was_just_begun_is_empty_and_that_of_another_build_is_not_used() {
    let scratch = Scratch::new("builds");
    let (log, _) = scratch.open();
    log.keep(&key(0), &values(0));
    drop(log);
    let whole = scratch.bytes();
    for cut in 0..whole.iter().position(|byte| *byte == b'\n').expect("a header is a line") {
        fs::write(&scratch.0, &whole[..cut]).expect("it can be written");
        assert_eq!(scratch.open().1, Opened::default(), "cut at {cut}");
        assert_eq!(scratch.0.exists(), cut > 0);
    }
    fs::write(&scratch.0, &whole).expect("it can be written");
    let (log, opened) = Log::open(&scratch.0, "another").expect("it is free");
    assert!(opened.is_of_another_build && opened.kept == 0);
    assert_eq!(kept(&log), [0; 0]);
    assert!(scratch.bytes() == whole, "nothing is lost before there is something in its place");
    log.keep(&key(1), &values(1));
    drop(log);
    assert!(scratch.open().1.is_of_another_build);
    let (log, _) = Log::open(&scratch.0, "another").expect("it is free");
    assert_eq!(kept(&log), [1]);
}

#[test]
fn a_log_is_written_by_one_at_a_time_and_no_other_file_is_taken_for_one() {
    let scratch = Scratch::new("lock");
    let (log, _) = scratch.open();
    assert!(matches!(Log::open(&scratch.0, "build"), Err(OpenError::InUse)), "before anything is kept");
    log.keep(&key(0), &values(0));
    assert!(matches!(Log::open(&scratch.0, "build"), Err(OpenError::InUse)));
    drop(log);
    let text = "# My notes.\n";
    fs::write(&scratch.0, text).expect("it can be written");
    assert!(matches!(Log::open(&scratch.0, "build"), Err(OpenError::Foreign)));
    assert_eq!(scratch.bytes(), text.as_bytes());
}

#[test]
fn a_log_that_was_cleared_begins_anew() {
    let scratch = Scratch::new("clear");
    let (log, _) = scratch.open();
    (0..3).for_each(|replication| log.keep(&key(replication), &values(replication)));
    log.clear().expect("it can be written");
    assert_eq!(log.len(), 0);
    log.keep(&key(4), &values(4));
    drop(log);
    assert_eq!(kept(&scratch.open().0), [4]);
}

#[test]
fn logs_of_parts_are_taken_in_each_replication_once() {
    let [whole, one, other] = ["whole", "one", "other"].map(|name| Scratch::new(&format!("part-{name}")));
    for (scratch, replications) in [(&one, [0, 2]), (&other, [1, 2])] {
        let (log, _) = scratch.open();
        for replication in replications {
            log.keep(&key(replication), &values(replication));
        }
    }
    let (log, _) = whole.open();
    for scratch in [&one, &other] {
        let taken = log.take_in(&scratch.0).expect("it can be read");
        assert_eq!(taken.kept, 2);
    }
    assert_eq!((kept(&log), log.len(), log.made()), (vec![0, 1, 2], 3, 0));
    assert_eq!(log.taken(), 3, "they were there before");
    log.discard_if_new();
    drop(log);
    assert!(!whole.0.exists(), "and are gone if they were not wanted");
    let (log, _) = Log::open(&whole.0, "another").expect("it is free");
    assert!(matches!(log.take_in(&one.0), Err(OpenError::AnotherBuild)));
}

/// Of the right checksum, and yet nothing that this program has made.
#[test]
fn what_somebody_else_has_put_there_is_not_taken() {
    let scratch = Scratch::new("crafted");
    let (log, _) = scratch.open();
    log.keep(&key(0), &Values::Ok(Digest { values: vec![Some(1.0); 3], ..Digest::default() }));
    assert_eq!(log.take::<Values>(&key(0)), None, "too few metrics");
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    (0..70).for_each(|_| encoder.write_all(&zeros).expect("it is written to memory"));
    log.append(&key(1), &encoder.finish().expect("it is written to memory"));
    assert_eq!(log.take::<Values>(&key(1)), None, "more than a replication can be");
    log.append(&key(2), b"noise");
    assert_eq!(log.take::<Values>(&key(2)), None);
}
