//! The event bus against closed forms and direct counts: lag, loss, duplicates, order, consumers that fall behind.

use crate::common::trace::{self, Lcg, NO_TIME, Trace, replay};
use crate::common::{assert_mean, assert_near, each, run, staler_than, value, values};
use cachestorm::time::Duration;

/// Keys of a trace behind Redis, with messages that go there; nothing but the bus takes time.
fn traced(bus: &str) -> String {
    trace::traced("on_write = \"bus\"", &format!("{NO_TIME}[bus]\n{bus}\n"))
}

const VERSIONED: &str = "bus.versioned=true";

/// One key in a process' cache that only messages change, each of which brings the new value.
const ONE_KEY: &str = r#"
name = "lag"
duration = "20000 s"
warmup = "100 s"
replications = 10
[workload]
arrivals = { poisson = "20/s" }
[[workload.keys]]
name = "key"
count = 1
writes = "0.1/s"
on_write = "bus"
[process]
[bus]
lag = { exponential = "2 s" }
carries = "value"
"#;

#[test]
fn staleness_behind_a_bus_is_its_lag_shifted_by_the_arrivals() {
    // In one partition a copy is stale while a message is on its way. Their number is that of M/G/∞, and an answer is
    // staler than s if a write that is older than s is still on its way: with writes at μ and an exponential lag of mean
    // m, P(S > s) = 1 - exp(-μ ∫ from s of P(lag > u) du) = 1 - exp(-μ m e^(-s/m)).
    let outcome = run(ONE_KEY, &[]);
    for seconds in [0.0f64, 1.0, 3.0, 6.0] {
        let expected = 1.0 - (-0.1 * 2.0 * (-seconds / 2.0).exp()).exp();
        let limit = Duration::from_nanos_f64(seconds * 1e9);
        let shares = each(&outcome, |record| {
            record.clients.answers.staleness.share_above(limit).expect("there are answers")
        });
        assert_mean(&format!("staler than {seconds} s"), &shares, expected, 0.25);
    }
    // The mean is the integral of that over all s: of 1 - e^-x with x = 0.2 e^(-s/2), twice the sum over
    // (-1)^(k+1) 0.2^k / (k · k!).
    let mean: f64 = 2.0 * (0.2 - 0.04 / 4.0 + 0.008 / 18.0 - 0.0016 / 96.0);
    assert_mean("mean", &values(&outcome, "client.staleness_mean_seconds"), mean, 0.1);
    // A message waits for those before it, or takes its own lag; alone it would take 2 s.
    assert!(values(&outcome, "bus.lag_mean_seconds").iter().all(|lag| (2.0..2.6).contains(lag)));
}

/// Pairs of writes to one key, 50 ms apart, behind a copy; then reads at these times after the first write.
fn pairs(count: usize, apart: f64, reads: &[f64]) -> Trace {
    let mut trace = Trace::default();
    for key in 0..count {
        let start = 1.0 + key as f64 * apart;
        trace.add(start - 0.5, key, "get");
        trace.add(start, key, "set");
        trace.add(start + 0.05, key, "set");
        for after in reads {
            trace.add(start + after, key, "get");
        }
    }
    trace
}

#[test]
fn a_duplicate_that_comes_late_brings_an_old_value_back_unless_versions_are_compared() {
    // With a lag of 100 ms the values come after 100, 150, 200 and 250 ms: first, second, first, second.
    let bus = "lag = \"100 ms\"\nduplicates = \"100 %\"\ncarries = \"value\"";
    let trace = pairs(500, 1.0, &[0.17, 0.22, 0.27]);
    let outcome = replay(&traced(bus), &trace, &[]);
    assert_near("between the duplicates", staler_than(&outcome, 0.0), 500.0, 0.0);
    let careful = replay(&traced(bus), &trace, &[VERSIONED]);
    assert_near("with versions", staler_than(&careful, 0.0), 0.0, 0.0);
    // Of four messages the first two are news.
    assert_near("ignored", value(&careful, "bus.ignored"), 1_000.0, 0.0);
    assert_near("sent", value(&careful, "bus.messages"), 1_000.0, 0.0);
    assert_near("duplicated", value(&careful, "bus.duplicated"), 1_000.0, 0.0);
}

#[test]
fn of_duplicates_at_random_those_stay_that_no_other_duplicate_mends() {
    // The old value stays if the first message came twice and the second did not: d (1 - d).
    let (count, share) = (4_000, 0.3);
    let bus = "lag = \"100 ms\"\nduplicates = \"30 %\"\ncarries = \"value\"";
    let trace = pairs(count, 1.0, &[0.4]);
    let stays = share * (1.0 - share);
    let tolerance = 4.0 * (count as f64 * stays * (1.0 - stays)).sqrt();
    let outcome = replay(&traced(bus), &trace, &[]);
    assert_near("stale", staler_than(&outcome, 0.0), count as f64 * stays, tolerance);
    assert_near("with versions", staler_than(&replay(&traced(bus), &trace, &[VERSIONED]), 0.0), 0.0, 0.0);
    // A message without a value only deletes, and a copy too many is deleted at worst.
    let deletes = replay(&traced(bus), &trace, &["bus.carries=key"]);
    assert_near("deletes", staler_than(&deletes, 0.0), 0.0, 0.0);
}

#[test]
fn messages_of_one_key_overtake_each_other_in_different_partitions_only() {
    // Exponential lags of mean m: the first of two messages comes after the second with e^(-δ/m)/2, if they are in
    // different ones of four partitions.
    let count = 4_000;
    let bus = "lag = { exponential = \"50 ms\" }\npartitions = 4\nby_key = false\ncarries = \"value\"";
    let trace = pairs(count, 4.0, &[2.0]);
    let overtakes = (-1.0f64).exp() / 2.0 * 3.0 / 4.0;
    let tolerance = 4.0 * (count as f64 * overtakes * (1.0 - overtakes)).sqrt();
    let outcome = replay(&traced(bus), &trace, &[]);
    assert_near("overtaken", staler_than(&outcome, 0.0), count as f64 * overtakes, tolerance);
    for setting in [VERSIONED, "bus.by_key=true", "bus.partitions=1", "bus.carries=key"] {
        let cured = replay(&traced(bus), &trace, &[setting]);
        assert_near(setting, staler_than(&cured, 0.0), 0.0, 0.0);
    }
}

/// So many keys, each read, written and read again a second later.
fn read_write_read(count: usize) -> Trace {
    let mut trace = Trace::default();
    for key in 0..count {
        let start = 1.0 + key as f64;
        trace.add(start - 0.5, key, "get");
        trace.add(start, key, "set");
        trace.add(start + 0.000_001, key, "get");
        trace.add(start + 0.4, key, "get");
    }
    trace
}

#[test]
fn a_message_that_is_lost_leaves_an_old_copy_and_no_comparison_mends_that() {
    let (count, share) = (4_000, 0.1);
    let trace = read_write_read(count);
    let tolerance = 4.0 * (count as f64 * share * (1.0 - share)).sqrt();
    let bus = "lag = \"100 ms\"\nloss = \"10 %\"";
    let outcome = replay(&traced(bus), &trace, &[]);
    let lost = value(&outcome, "bus.lost");
    assert_near("lost", lost, count as f64 * share, tolerance);
    // The read right after the write is stale by a microsecond, the later one if the message was lost.
    assert_near("right after", staler_than(&outcome, 0.0), count as f64 + lost, 0.0);
    assert_near("lasting", staler_than(&outcome, 0.1), lost, 0.0);
    assert_near("with versions", staler_than(&replay(&traced(bus), &trace, &[VERSIONED]), 0.1), lost, 0.0);
    // A writer that deletes what it can reach does not need the bus for Redis, and sees its own write at once.
    let at_once = replay(&traced(bus), &trace, &["bus.writer_deletes=true"]);
    assert_near("at once", staler_than(&at_once, 0.0), 0.0, 0.0);
}

#[test]
fn an_event_loses_the_messages_of_its_time_or_makes_them_late() {
    let trace = read_write_read(100);
    let event = |what: &str| format!("event=[{{ at = \"9500 ms\", bus = {{ for = \"20 s\", {what} }} }}]");
    // The writes at 10, 11, … 29 s.
    let lossy = replay(&traced("lag = \"100 ms\""), &trace, &[&event("loss = \"100 %\"")]);
    assert_near("lost", value(&lossy, "bus.lost"), 20.0, 0.0);
    assert_near("stale", staler_than(&lossy, 0.1), 20.0, 0.0);
    // A lag of 500 ms: the read after 400 ms comes too early.
    let late = replay(&traced("lag = \"100 ms\""), &trace, &[&event("lag_factor = 5")]);
    assert_near("late", staler_than(&late, 0.1), 20.0, 0.0);
    assert_near("mean", value(&late, "bus.lag_mean_seconds"), 0.1 * 0.8 + 0.5 * 0.2, 1e-9);
}

#[test]
fn consumers_that_fall_behind_work_off_their_partition_one_message_after_the_other() {
    // A hundred writes at once, and 10 ms for each message.
    let mut trace = Trace::default();
    let mut draws = Lcg(1);
    (0..100).for_each(|key| trace.add(1.0 + draws.unit() * 1e-6, key, "set"));
    trace.add(10.0, 0, "get");
    let one = replay(&traced("lag = \"1 s\"\nwork = \"10 ms\""), &trace, &[]);
    assert_near("mean", value(&one, "bus.lag_mean_seconds"), 1.0 + 0.01 * 101.0 / 2.0, 1e-5);
    assert_near("backlog", value(&one, "bus.backlog_max"), 100.0, 0.0);
    // The instances' consumers do the same beside the one of Redis.
    let both = replay(&traced("lag = \"1 s\"\nwork = \"10 ms\""), &trace, &["process={}"]);
    assert_near("both", value(&both, "bus.lag_mean_seconds"), 1.0 + 0.01 * 101.0 / 2.0, 1e-5);
    // More partitions share the work: with as many as messages, few wait for another.
    let many = replay(&traced("lag = \"1 s\"\nwork = \"10 ms\""), &trace, &["bus.partitions=10000"]);
    assert!(value(&many, "bus.lag_mean_seconds") < 1.012);
}

#[test]
fn the_bus_reaches_every_instance() {
    // Ten instances fill a copy, one writes, and half a second later none has the old value.
    let mut trace = Trace::default();
    for key in 0..100 {
        let start = 1.0 + 4.0 * key as f64;
        (0..10).for_each(|n| trace.add(start + f64::from(n) * 0.01, key, "get"));
        trace.add(start + 1.0, key, "set");
        (0..10).for_each(|n| trace.add(start + 1.01 + f64::from(n) * 0.001, key, "get"));
        (0..10).for_each(|n| trace.add(start + 1.5 + f64::from(n) * 0.01, key, "get"));
    }
    let settings =
        ["redis=none", "process={}", "app={ instances = 10, balance = \"round-robin\", workers = \"none\" }"];
    let outcome = replay(&traced("lag = \"100 ms\""), &trace, &settings);
    assert_near("before the message", staler_than(&outcome, 0.0), 1_000.0, 0.0);
    assert_near("after it", staler_than(&outcome, 0.1), 0.0, 0.0);
    let own = [settings[0], settings[1], settings[2], "bus.writer_deletes=true"];
    let outcome = replay(&traced("lag = \"100 ms\""), &trace, &own);
    assert_near("the writer's own is gone at once", staler_than(&outcome, 0.0), 900.0, 0.0);
}

#[test]
fn a_load_that_a_message_overtakes_is_not_stored() {
    // The load begins at 950 ms and brings the old value at 1.15 s; the message of the write at 1 s comes at 1.02 s, when
    // the instance has no copy.
    let mut trace = Trace::default();
    trace.add(0.95, 1, "get");
    trace.add(1.0, 1, "set");
    trace.add(2.0, 1, "get");
    let settings = |versioned_fill: bool| {
        let database = r#"database={ workers = 10, read = "200 ms", write = "0 s", round_trip = "0 s" }"#;
        let process = format!("process={{ versioned_fill = {versioned_fill} }}");
        let set = ["redis=none", database, &process];
        value(&replay(&traced("lag = \"20 ms\""), &trace, &set), "client.staleness_max_seconds")
    };
    assert_near("only who has begun it", settings(true), 0.15, 1e-6);
    assert_near("otherwise it stays", settings(false), 1.0, 1e-6);
}
