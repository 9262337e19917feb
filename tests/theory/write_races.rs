//! What the ways of writing do when two things cross: two writers of one key, a write-back and a TTL, two instances, a
//! statement and the patience of whoever sent it, a load and a put.

use crate::common::trace::{NO_TIME, Trace, replay, traced};
use crate::common::{assert_near, staler_than, value};

/// Two instances asked in turn, each with a cache of its own and nothing behind it but the truth.
const INSTANCES: &str = r#"
[app]
instances = 2
balance = "round-robin"
workers = "none"
[process]
"#;

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
    let scenario = traced("on_write = { write-through = {} }", NO_TIME);
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
    let outcome = replay(&traced(group, NO_TIME), &trace, &[]);
    assert_near("stale", staler_than(&outcome, 0.0), 2.0, 0.0);
    assert_near("by", value(&outcome, "client.staleness_max_seconds"), 0.45, 1e-6);
    assert_near("lost", value(&outcome, "write.lost"), 0.0, 0.0);
    // A flush of Redis takes copies, and leaves what waits for the database.
    let flush = r#"event=[{ at = "1200 ms", flush = "redis" }]"#;
    let flushed = replay(&traced("on_write = { write-back = {} }", NO_TIME), &trace, &[flush]);
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

#[test]
fn a_statement_that_fails_is_sent_again_once_and_not_for_each_who_hears_of_it() {
    // Written at 500 ms, flushed at 510 ms, at the database 30 ms later, which is down until 1.52 s. Each failure is sent
    // again with the next flush, 40 ms after the one before, and the sender of the one before hears of it between the two.
    let mut trace = Trace::default();
    trace.add(0.5, 1, "set");
    trace.add(0.6, 1, "get");
    trace.add(4.0, 1, "get");
    let tables = format!(
        "{NO_TIME}[database]\nworkers = 10\nread = \"0 s\"\nwrite = \"0 s\"\nround_trip = \"60 ms\"\n\
         [[event]]\nat = \"505 ms\"\noutage = {{ of = \"database\", for = \"1015 ms\" }}\n"
    );
    let group = "on_write = { write-back = { flush = \"10 ms\" } }";
    let outcome = replay(&traced(group, &tables), &trace, &[]);
    assert_near("stale", staler_than(&outcome, 0.0), 0.0, 0.0);
    assert_near("lost", value(&outcome, "write.lost"), 0.0, 0.0);
    let seconds = outcome.records()[0].window_seconds();
    let written = value(&outcome, "database.write_rate_mean_per_s") * seconds;
    assert_near("statements that the database began", written, 1.0, 1e-9);
}

#[test]
fn what_a_limit_keeps_from_the_database_comes_with_the_next_flush() {
    // Two keys are flushed at 1 s, one call goes through; the other key follows at 2 s.
    let mut trace = Trace::default();
    trace.add(0.5, 1, "set");
    trace.add(0.6, 2, "set");
    trace.add(5.0, 1, "get");
    trace.add(5.1, 2, "get");
    let database =
        "[database]\nworkers = 10\nread = \"0 s\"\nwrite = \"100 ms\"\nround_trip = \"0 s\"\nlimit = 1\n";
    let tables =
        |at: &str| format!("{NO_TIME}{database}[[event]]\nat = \"{at}\"\ncrash = {{ of = \"redis\" }}\n");
    let lost = |at: &str| {
        let outcome = replay(&traced("on_write = { write-back = {} }", &tables(at)), &trace, &[]);
        assert_near("shed", value(&outcome, "database.shed"), 1.0, 0.0);
        (value(&outcome, "write.lost"), staler_than(&outcome, 0.0))
    };
    assert_eq!(lost("1500 ms"), (1.0, 1.0), "in between");
    assert_eq!(lost("2500 ms"), (0.0, 0.0), "after that");
}

/// A service that takes longer for a write than its callers wait.
const SLOW_SERVICE: &str = r#"
[client]
timeout = "none"
[[downstream]]
name = "prices"
latency = "200 ms"
round_trip = "0 s"
timeout = "100 ms"
"#;

#[test]
fn a_write_that_its_writer_does_not_wait_for_is_made_all_the_same() {
    let mut trace = Trace::default();
    trace.add(0.5, 1, "set");
    trace.add(5.0, 1, "get");
    let tables = format!("{NO_TIME}{SLOW_SERVICE}");
    for way in ["{ write-through = { order = \"cache-first\" } }", "{ write-back = {} }"] {
        let group = format!("origin = \"prices\"\non_write = {way}");
        let with = |settings: &[&str]| replay(&traced(&group, &tables), &trace, settings);
        let outcome = with(&[]);
        assert_near(way, staler_than(&outcome, 0.0), 0.0, 0.0);
        assert_near(way, value(&outcome, "write.refused_answers"), 0.0, 0.0);
    }
    // If the service fails, the write is refused at its end, whoever waits: at 700 ms.
    let group = "origin = \"prices\"\non_write = { write-through = { order = \"cache-first\" } }";
    let failed = replay(&traced(group, &tables), &trace, &["downstream.prices.failures=100 %"]);
    assert_near("refused", value(&failed, "write.refused_answers"), 1.0, 0.0);
    assert_near("since", value(&failed, "client.staleness_max_seconds"), 5.0 - 0.7, 1e-6);
}

#[test]
fn a_write_that_is_told_to_come_back_by_a_service_that_nobody_waits_for_is_not_made() {
    // The second one meets an empty bucket 200 ms after it was sent, and its answer is back at 900 ms.
    let mut trace = Trace::default();
    trace.add(0.4, 1, "set");
    trace.add(0.5, 2, "set");
    trace.add(5.0, 1, "get");
    trace.add(6.0, 2, "get");
    let group = "origin = \"prices\"\non_write = { write-through = { order = \"cache-first\" } }";
    let settings = [
        "downstream.prices.latency=0 s",
        "downstream.prices.round_trip=400 ms",
        "downstream.prices.rate_limit={ rate = \"1/s\" }",
        "downstream.prices.retries=1",
    ];
    // The read that begins the trace has taken the first token at 200 ms, and the next is there at 1.2 s.
    trace.add(1.5, 3, "set");
    trace.add(7.0, 3, "get");
    let outcome = replay(&traced(group, &format!("{NO_TIME}{SLOW_SERVICE}")), &trace, &settings);
    assert_near("refused", value(&outcome, "write.refused_answers"), 2.0, 0.0);
    assert_near("since", value(&outcome, "client.staleness_max_seconds"), 6.0 - 0.9, 1e-6);
}

#[test]
fn a_service_behind_a_write_back_answers_what_it_was_brought() {
    // Taken at 1.1 s and gone with the crash at 1.5 s; nobody else has it.
    let mut trace = Trace::default();
    trace.add(1.1, 1, "set");
    trace.add(1.6, 1, "get");
    let service = "[[downstream]]\nname = \"prices\"\nlatency = \"0 s\"\nround_trip = \"0 s\"\n";
    let event = "[[event]]\nat = \"1500 ms\"\ncrash = { of = \"redis\" }\n";
    let group = "origin = \"prices\"\non_write = { write-back = {} }";
    let outcome = replay(&traced(group, &format!("{NO_TIME}{service}{event}")), &trace, &[]);
    assert_near("lost", value(&outcome, "write.lost"), 1.0, 0.0);
    assert_near("stale by", value(&outcome, "client.staleness_max_seconds"), 0.5, 1e-6);
}

#[test]
fn a_load_that_a_writers_put_overtakes_is_not_stored() {
    // The load begins at 950 ms and brings the old value at 1.15 s; the new one is put at 1 s.
    let mut trace = Trace::default();
    trace.add(0.95, 1, "get");
    trace.add(1.0, 1, "set");
    trace.add(1.5, 1, "get");
    let tables = "[app]\nworkers = \"none\"\n[process]\nversioned_fill = true\n\
                  [database]\nworkers = 10\nread = \"200 ms\"\nwrite = \"0 s\"\nround_trip = \"0 s\"\n";
    for way in ["write-through", "write-back"] {
        let scenario = traced(&format!("on_write = {{ {way} = {{}} }}"), tables);
        // Who has begun the load gets what it brings, 150 ms old by then.
        let outcome = replay(&scenario, &trace, &[]);
        assert_near(way, value(&outcome, "client.staleness_max_seconds"), 0.15, 1e-6);
        assert_near(way, staler_than(&outcome, 0.0), 1.0, 0.0);
        let by_hand = replay(&scenario, &trace, &["process.versioned_fill=false"]);
        assert_near(way, value(&by_hand, "client.staleness_max_seconds"), 0.5, 1e-6);
    }
}

#[test]
fn what_a_process_does_not_keep_it_does_not_take_either() {
    // A key that never comes often enough is written to the database at once, and a crash takes nothing of it.
    let mut trace = Trace::default();
    trace.add(1.1, 1, "set");
    trace.add(1.3, 1, "get");
    let tables = "[process]\n[[event]]\nat = \"1200 ms\"\ncrash = { of = \"process\" }\n";
    let scenario = traced("on_write = { write-back = {} }", tables);
    let taken = replay(&scenario, &trace, &[]);
    assert_near("taken and lost", value(&taken, "write.lost"), 1.0, 0.0);
    let rare = replay(&scenario, &trace, &["process.admit={ hot = { reads = 100, window = \"1 s\" } }"]);
    assert_near("lost", value(&rare, "write.lost"), 0.0, 0.0);
    assert_near("stale", staler_than(&rare, 0.0), 0.0, 0.0);
    assert_near("acknowledged", value(&rare, "write.acknowledged"), 1.0, 0.0);
}
