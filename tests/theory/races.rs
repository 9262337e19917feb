//! The race of cache-aside: a slow reader stores an old value after a write has deleted the copy.

use crate::common::trace::Lcg;
use crate::common::{assert_near, model, values};
use cachestorm::experiment::{Outcome, Unwatched, replicate};
use cachestorm::model::{Prepared, TraceFile};
use rand_distr::{Distribution, Exp};
use std::fmt::Write;

/// A read sees the database at its beginning, and its copy is stored 10 ms later: 8 ms of service, 2 ms on the way to
/// the cache. A write is committed at once, and deletes the copy 2 ms later.
const RACE: &str = r#"
name = "race"
replications = 1
workload = { arrivals = { trace = { file = "race.csv" } } }
[app]
workers = "none"
[redis]
round_trip = "4 ms"
service = { get = "0 s", set = "0 s", other = "0 s", per_kib = "0 s" }
pool = { size = 1000 }
[database]
workers = 1000
read = "8 ms"
write = "0 s"
round_trip = "0 s"
pool = { size = 1000 }
"#;

/// So many keys, each written once: a tenth of a second later than the keys before.
const KEYS: usize = 4_000;

/// For each key the reads that come to the database within 9.9 ms before its write, all of them misses, at 100 a second;
/// then the write, and a read half a second later that tells what was left.
fn trace() -> &'static [u8] {
    let mut events: Vec<(f64, usize, &str)> = Vec::new();
    let gaps = Exp::new(100.0).expect("a rate");
    let mut draws = Lcg(42);
    for key in 0..KEYS {
        let write = 1.0 + key as f64 * 0.1;
        // GET takes 4 ms before a read is at the database.
        let mut at = write - 0.0099 - 0.004;
        loop {
            at += gaps.sample(&mut draws);
            if at >= write - 0.004 {
                break;
            }
            events.push((at, key, "get"));
        }
        events.push((write, key, "set"));
        events.push((write + 0.5, key, "get"));
    }
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut text = String::from("time,key,op\n");
    for (at, key, op) in events {
        writeln!(text, "{at:.9},k{key},{op}").expect("a string takes what is written to it");
    }
    Box::leak(text.into_boxed_str()).as_bytes()
}

fn race(overrides: &[&str]) -> Outcome {
    let file = TraceFile::Embedded { name: "race.csv", bytes: trace() };
    let prepared = Prepared::new(model(RACE, overrides), Some(file)).expect("a sound trace");
    replicate(&prepared, "base", &Unwatched).expect("a sound trace")
}

#[test]
fn an_old_copy_stays_after_as_many_writes_as_have_a_reader_under_way() {
    // A reader that began within the 8 ms before the commit stores after the delete: 1 - e^(-100 · 0.008) = 0.5507
    // (FIDELITY case 21; Nishtala et al., NSDI 2013).
    let expected = 1.0 - (-0.8f64).exp();
    let stale = |outcome: &Outcome| {
        let served = outcome.records()[0].clients.answers.stale;
        // Reads that cross a commit on their way back are stale as well, by milliseconds: only what was stored lasts.
        let staleness = &outcome.records()[0].clients.answers.staleness;
        let lasting = staleness.share_above(cachestorm::time::Duration::from_millis(100)).unwrap_or(0.0);
        assert!(served > 0, "somebody crosses a commit");
        lasting * staleness.count() as f64 / KEYS as f64
    };
    // Four deviations: 4 √(0.25 / 4,000).
    assert_near("stale copies left per write", stale(&race(&[])), expected, 0.031_6);
    let guarded = race(&["redis.versioned_fill=true"]);
    assert_near("with a versioned fill", stale(&guarded), 0.0, 0.0);
    // Kept out are those copies, and no others: 0.8 per write.
    let seconds = guarded.records()[0].window_seconds();
    let outdated = values(&guarded, "redis.outdated_per_s")[0] * seconds / KEYS as f64;
    assert_near("kept out", outdated, 0.8, 4.0 * (0.8f64 / 4_000.0).sqrt());
}
