//! What the ways of writing do when two things cross: two writers of one key, a write-back and a TTL, two instances.

mod common;

use cachestorm::experiment::Outcome;
use cachestorm::time::Duration;
use common::trace::{Trace, replay};
use common::{assert_near, value};

fn traced(group: &str, tables: &str) -> String {
    format!(
        r#"
name = "races"
replications = 1
[workload]
arrivals = {{ trace = {{ file = "trace.csv" }} }}
[[workload.keys]]
name = "key"
count = 1
{group}
{tables}
"#
    )
}

const REDIS: &str = r#"
[app]
workers = "none"
[redis]
round_trip = "0 s"
service = { get = "0 s", set = "0 s", other = "0 s", per_kib = "0 s" }
pool = { size = 1000 }
"#;

/// Two instances asked in turn, each with a cache of its own and nothing behind it but the truth.
const INSTANCES: &str = r#"
[app]
instances = 2
balance = "round-robin"
workers = "none"
[process]
"#;

/// Answers that are staler than so many seconds.
fn staler_than(outcome: &Outcome, seconds: f64) -> f64 {
    let staleness = &outcome.records()[0].clients.answers.staleness;
    let limit = Duration::from_nanos_f64(seconds * 1e9);
    (staleness.share_above(limit).unwrap_or(0.0) * staleness.count() as f64).round()
}

#[test]
fn of_two_writers_the_first_can_be_the_last_to_reach_the_cache() {
    // Two writes 20 ms apart, each on its way to Redis for half of an exponential round trip of mean 80 ms: the first
    // arrives after the second with e^(-20/40) / 2.
    let count = 4_000;
    let mut trace = Trace::default();
    for key in 0..count {
        let start = 1.0 + 4.0 * key as f64;
        trace.add(start, key, "set");
        trace.add(start + 0.02, key, "set");
        trace.add(start + 3.0, key, "get");
    }
    let scenario = traced("on_write = { write-through = {} }", REDIS);
    let distance = r#"redis.round_trip={ exponential = "80 ms" }"#;
    let crosses = (-0.5f64).exp() / 2.0;
    let tolerance = 4.0 * (count as f64 * crosses * (1.0 - crosses)).sqrt();
    let outcome = replay(&scenario, &trace, &[distance]);
    assert_near("the older value stays", staler_than(&outcome, 1.0), count as f64 * crosses, tolerance);
    let guarded = replay(&scenario, &trace, &[distance, "redis.versioned_fill=true"]);
    assert_near("with a versioned fill", staler_than(&guarded, 0.0), 0.0, 0.0);
}

#[test]
fn a_copy_that_expires_before_its_flush_is_followed_by_the_older_value() {
    // Written at 1.1 s, expired at 1.2 s: until the flush at 2 s the database has the older value, and the copy that the
    // reader at 1.5 s makes of it lives until 1.6 s.
    let mut trace = Trace::default();
    for (at, what) in [(1.1, "set"), (1.15, "get"), (1.5, "get"), (1.55, "get"), (2.5, "get")] {
        trace.add(at, 1, what);
    }
    let group = "on_write = { write-back = {} }\nttl = \"100 ms\"";
    let outcome = replay(&traced(group, REDIS), &trace, &[]);
    assert_near("stale", staler_than(&outcome, 0.0), 2.0, 0.0);
    assert_near("by", value(&outcome, "client.staleness_max_seconds"), 0.45, 1e-6);
    assert_near("lost", value(&outcome, "write.lost"), 0.0, 0.0);
    // A flush of Redis takes copies, and leaves what waits for the database.
    let flush = r#"event=[{ at = "1200 ms", flush = "redis" }]"#;
    let flushed = replay(&traced("on_write = { write-back = {} }", REDIS), &trace, &[flush]);
    assert_near("lost", value(&flushed, "write.lost"), 0.0, 0.0);
    assert_near("stale until it is there", staler_than(&flushed, 0.0), 3.0, 0.0);
}

#[test]
fn each_instance_writes_back_its_own_and_loses_its_own() {
    // The read that begins the trace goes to the first instance; so the first write goes to the second one, and so on.
    let mut trace = Trace::default();
    (0..10).for_each(|key| trace.add(1.1 + 0.01 * key as f64, key, "set"));
    (0..10).for_each(|key| trace.add(5.0 + 0.01 * key as f64, key, "get"));
    let scenario = traced("on_write = { write-back = {} }", INSTANCES);
    let crash = |instance| {
        format!("event=[{{ at = \"1500 ms\", crash = {{ of = \"process\", instance = {instance} }} }}]")
    };
    for instance in [1, 2] {
        let outcome = replay(&scenario, &trace, &[&crash(instance)]);
        assert_near("lost", value(&outcome, "write.lost"), 5.0, 0.0);
        assert_near("stale", staler_than(&outcome, 0.0), 5.0, 0.0);
    }
    // Who restarts in order still writes down what it has taken.
    let restart = r#"event=[{ at = "1500 ms", restart = { for = "1 s" } }]"#;
    let outcome = replay(&scenario, &trace, &[restart]);
    assert_near("lost", value(&outcome, "write.lost"), 0.0, 0.0);
    assert_near("stale", staler_than(&outcome, 0.0), 0.0, 0.0);
}
