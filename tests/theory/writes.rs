//! The ways of a write against closed forms and direct counts: write-back and its losses, write-through and deletes that
//! fail half way, invalidation that reaches one instance or all of them.

use crate::common::trace::{Lcg, NO_TIME, Trace, replay, traced};
use crate::common::{assert_near, run, staler_than, value};
use rand_distr::{Distribution, Exp};

/// Writes at 50 a second to a million keys, flushed every 2 s.
const WRITE_BACK: &str = r#"
name = "write-back"
duration = "5010 s"
replications = 1
[workload]
arrivals = { constant = "1/h" }
[[workload.keys]]
name = "key"
count = 1_000_000
popularity = "uniform"
writes = "50/s"
on_write = { write-back = { flush = "2 s" } }
"#;

/// Crashes at random moments, ten seconds apart, and how far each is into the interval between two flushes.
fn crashes(of: &str) -> (String, Vec<f64>) {
    let mut draws = Lcg(7);
    let phases: Vec<f64> = (0..500).map(|_| 2.0 * draws.unit()).collect();
    let event = |(n, phase): (usize, &f64)| {
        let at = (10.0 * (n as f64 + 1.0) + phase) * 1e9;
        format!("[[event]]\nat = \"{at:.0} ns\"\ncrash = {{ of = \"{of}\" }}\n")
    };
    (phases.iter().enumerate().map(event).collect(), phases)
}

#[test]
fn a_crash_loses_on_average_half_of_the_writes_between_two_flushes() {
    // FIDELITY case 30: w·F/2 = 50, and given the phases of the crashes w times their mean. The number of writes in
    // a phase is Poisson.
    let (events, phases) = crashes("redis");
    let outcome = run(&format!("{WRITE_BACK}{NO_TIME}{events}"), &[]);
    let per_crash = value(&outcome, "write.lost") / 500.0;
    let expected = 50.0 * phases.iter().sum::<f64>() / 500.0;
    assert_near("lost per crash", per_crash, expected, 3.0 * (50.0f64 / 500.0).sqrt());
    // A phase is uniform, so that the loss has the variance 50 + 100²/12.
    assert_near("w·F/2", per_crash, 50.0, 3.0 * ((50.0 + 10_000.0 / 12.0) / 500.0f64).sqrt());
    let kept = run(
        &format!("{WRITE_BACK}{NO_TIME}{events}"),
        &["workload.keys.key.on_write={ write-back = { replicated = true } }"],
    );
    assert_near("lost with a second memory", value(&kept, "write.lost"), 0.0, 0.0);
    assert_near(
        "acknowledged",
        value(&kept, "write.acknowledged"),
        value(&outcome, "write.acknowledged"),
        0.0,
    );
}

#[test]
fn lost_is_what_was_acknowledged_and_not_flushed_to_the_last_write() {
    // A dozen keys, so that most writes go to a key that is waiting for its flush already.
    let mut trace = Trace::default();
    let (gaps, mut draws, mut at) = (Exp::new(300.0).expect("a rate"), Lcg(3), 0.0);
    let mut writes = Vec::new();
    while at < 20.0 {
        at += gaps.sample(&mut draws);
        trace.add(at, (draws.unit() * 12.0) as usize, "set");
        writes.push(at);
    }
    trace.add(30.0, 0, "get");
    for crash in [3.0001f64, 7.25, 11.999, 17.5] {
        let event = format!("[[event]]\nat = \"{crash} s\"\ncrash = {{ of = \"redis\" }}\n");
        let scenario =
            traced("on_write = { write-back = { flush = \"1 s\" } }", &format!("{NO_TIME}{event}"));
        let outcome = replay(&scenario, &trace, &[]);
        let since = writes.iter().filter(|at| (crash.floor()..crash).contains(*at)).count();
        assert_near("lost", value(&outcome, "write.lost"), since as f64, 0.0);
        assert_near("acknowledged", value(&outcome, "write.acknowledged"), writes.len() as f64, 0.0);
    }
}

#[test]
fn after_a_crash_readers_see_the_older_value_until_somebody_writes_again() {
    let mut trace = Trace::default();
    trace.add(1.5, 1, "set");
    trace.add(1.7, 1, "get");
    trace.add(2.5, 1, "get");
    trace.add(3.5, 1, "set");
    trace.add(3.6, 1, "get");
    trace.add(9.0, 1, "get");
    let event = "[[event]]\nat = \"1800 ms\"\ncrash = { of = \"redis\" }\n";
    let scenario = traced("on_write = { write-back = {} }", &format!("{NO_TIME}{event}"));
    let outcome = replay(&scenario, &trace, &[]);
    assert_near("lost", value(&outcome, "write.lost"), 1.0, 0.0);
    // Only the read at 2.5 s is stale, by the second since the write.
    assert_near("stale", staler_than(&outcome, 0.0), 1.0, 0.0);
    assert_near("by", value(&outcome, "client.staleness_max_seconds"), 1.0, 1e-6);
}

#[test]
fn what_a_statement_is_on_its_way_with_survives_the_crash() {
    // The flush at 1 s takes the first write along and ends at 1.1 s; the second one has only the memory.
    let mut trace = Trace::default();
    trace.add(0.5, 1, "set");
    trace.add(1.02, 1, "set");
    trace.add(4.0, 1, "get");
    let database = "[database]\nworkers = 10\nread = \"0 s\"\nwrite = \"100 ms\"\nround_trip = \"0 s\"\n";
    let event = "[[event]]\nat = \"1050 ms\"\ncrash = { of = \"redis\" }\n";
    let scenario = traced("on_write = { write-back = {} }", &format!("{NO_TIME}{database}{event}"));
    let outcome = replay(&scenario, &trace, &[]);
    assert_near("lost", value(&outcome, "write.lost"), 1.0, 0.0);
    // The reader finds the first value, which the second one has replaced at 1.02 s.
    assert_near("staleness", value(&outcome, "client.staleness_max_seconds"), 4.0 - 1.02, 1e-6);
    // If the database cannot be reached meanwhile, both are lost.
    let down = replay(
        &scenario,
        &trace,
        &[
            r#"event=[{ at = "900 ms", outage = { of = "database", for = "1 s" } }, { at = "1050 ms", crash = { of = "redis" } }]"#,
        ],
    );
    assert_near("lost", value(&down, "write.lost"), 2.0, 0.0);
    // Without the crash what could not be written is written later.
    let later = replay(
        &scenario,
        &trace,
        &[r#"event=[{ at = "900 ms", outage = { of = "database", for = "1 s" } }]"#],
    );
    assert_near("lost", value(&later, "write.lost"), 0.0, 0.0);
    assert_near("stale", staler_than(&later, 0.0), 0.0, 0.0);
}

#[test]
fn writes_to_one_key_reach_the_database_together_and_keys_in_batches() {
    let scenario =
        format!("{WRITE_BACK}{NO_TIME}[database]\nworkers = 10\nread = \"1 ms\"\nwrite = \"1 ms\"\n");
    // Ten keys, each written ten times in two seconds: all but e^-10 of them in each flush.
    let settings = ["workload.keys.key.count=10", "duration=1000 s"];
    let rate = value(&run(&scenario, &settings), "database.write_rate_mean_per_s");
    let expected = 10.0 * (1.0 - (-10.0f64).exp()) / 2.0;
    assert_near("statements", rate, expected, 0.02);
    let batch = "workload.keys.key.on_write={ write-back = { batch = 100 } }";
    let rate = value(&run(&scenario, &[settings[0], settings[1], batch]), "database.write_rate_mean_per_s");
    assert_near("batches", rate, 0.5, 0.002);
}

/// So many keys, a tenth of a second apart: each is read, written, and read again half a second after the write.
const KEYS: usize = 4_000;

fn read_write_read() -> Trace {
    let mut trace = Trace::default();
    for key in 0..KEYS {
        let write = 1.0 + key as f64 * 0.1;
        trace.add(write - 0.5, key, "get");
        trace.add(write, key, "set");
        trace.add(write + 0.5, key, "get");
    }
    trace
}

/// Four deviations of a count of `KEYS` trials.
fn deviation(share: f64) -> f64 {
    4.0 * (KEYS as f64 * share * (1.0 - share)).sqrt()
}

#[test]
fn a_write_through_that_fails_half_way_is_stale_or_was_never_made_by_its_order() {
    let trace = read_write_read();
    let (cache, database) = (0.2, 0.1);
    let scenario = |order: &str| {
        let group = format!(
            "on_write = {{ write-through = {{ order = \"{order}\" }} }}\n\
             failures = {{ cache = \"20 %\", database = \"10 %\" }}"
        );
        replay(&traced(&group, NO_TIME), &trace, &[])
    };
    let n = KEYS as f64;
    for order in ["database-first", "cache-first"] {
        let outcome = scenario(order);
        assert_near("refused", value(&outcome, "write.refused"), n * database, deviation(database));
        let false_copies = if order == "cache-first" { database * (1.0 - cache) } else { 0.0 };
        let found = value(&outcome, "write.refused_answers");
        assert_near(order, found, n * false_copies, deviation(false_copies));
        // Either the database is ahead of the cache, or the cache has what was never written.
        let old_copies = cache * (1.0 - database);
        let share = old_copies + false_copies;
        assert_near(order, staler_than(&outcome, 0.1), n * share, deviation(share));
    }
    // A TTL puts both right.
    let group = "on_write = { write-through = { order = \"cache-first\" } }\n\
                 failures = { cache = \"20 %\", database = \"10 %\" }\nttl = \"400 ms\"";
    assert_near("with a TTL", staler_than(&replay(&traced(group, NO_TIME), &trace, &[]), 0.0), 0.0, 0.0);
    // And a write-through that does not fail leaves nothing behind, in one order or the other.
    for order in ["database-first", "cache-first"] {
        let group = format!("on_write = {{ write-through = {{ order = \"{order}\" }} }}");
        let outcome = replay(&traced(&group, NO_TIME), &trace, &[]);
        assert_near("sound", staler_than(&outcome, 0.0), 0.0, 0.0);
        // The reader after the write finds the copy: only the first read of each key misses.
        let hits = KEYS as f64 / (2 * KEYS + 1) as f64;
        assert_near("hits", value(&outcome, "redis.hit_ratio"), hits, 1e-9);
    }
}

#[test]
fn a_delete_that_is_lost_leaves_the_old_copy() {
    let outcome = replay(&traced("failures = { cache = \"20 %\" }", NO_TIME), &read_write_read(), &[]);
    let n = KEYS as f64;
    assert_near("stale", staler_than(&outcome, 0.1), n * 0.2, deviation(0.2));
    let lost = value(&outcome, "write.cache_updates_lost");
    assert_near("each lost delete is one stale copy", staler_than(&outcome, 0.1), lost, 0.0);
}

#[test]
fn a_copy_that_is_deleted_first_is_filled_with_the_old_value_by_whoever_reads_before_the_commit() {
    // A write takes 8 ms. Reads come at 100 a second around it, and their number in those 8 ms is known.
    let (gaps, mut draws) = (Exp::new(100.0).expect("a rate"), Lcg(5));
    let (mut trace, mut overtaken) = (Trace::default(), 0);
    for key in 0..KEYS {
        let write = 1.0 + key as f64 * 0.1;
        let (mut at, mut within) = (write - 0.02, 0);
        loop {
            at += gaps.sample(&mut draws);
            if at > write + 0.02 {
                break;
            }
            trace.add(at, key, "get");
            within += usize::from((write..write + 0.008).contains(&at));
        }
        trace.add(write, key, "set");
        trace.add(write + 0.5, key, "get");
        overtaken += usize::from(within > 0);
    }
    // As many as the closed form says: 1 - e^-0.8 of the keys.
    let share = 1.0 - (-0.8f64).exp();
    assert_near("the trace", overtaken as f64, KEYS as f64 * share, deviation(share));
    let database = "[database]\nworkers = 100\nread = \"0 s\"\nwrite = \"8 ms\"\nround_trip = \"0 s\"\n\
                    pool = { size = 1000 }\n";
    let way = |on_write: &str| replay(&traced(on_write, &format!("{NO_TIME}{database}")), &trace, &[]);
    let first = way("on_write = \"delete-first\"");
    assert_near("deleted first", staler_than(&first, 0.1), overtaken as f64, 0.0);
    assert_near("deleted last", staler_than(&way("on_write = \"delete\""), 0.1), 0.0, 0.0);
}

/// Ten instances with a cache each, asked in turn.
const INSTANCES: &str = r#"
[app]
instances = 10
balance = "round-robin"
workers = "none"
[process]
ttl = "10 s"
"#;

#[test]
fn invalidation_that_reaches_one_instance_of_ten_leaves_nine_stale_until_their_ttl() {
    // Each instance fills its copy at 1 s; the write comes to the first one at 2 s; from 3 s on each is asked in turn,
    // a hundred times a second.
    let mut trace = Trace::default();
    (0..10).for_each(|n| trace.add(1.0 + f64::from(n) * 1e-6, 0, "get"));
    trace.add(2.0, 0, "set");
    // The turn is at the second instance.
    let reads = (0..1_200).map(|n| 3.005 + f64::from(n) * 0.01).collect::<Vec<_>>();
    for at in &reads {
        trace.add(*at, 0, "get");
    }
    let stale = (0..1_200).filter(|n| (n + 1) % 10 != 0 && 3.005 + f64::from(*n) * 0.01 < 11.0).count();
    let outcome = replay(&traced("", INSTANCES), &trace, &[]);
    assert_near("stale", staler_than(&outcome, 0.0), stale as f64, 0.0);
    let longest = value(&outcome, "client.staleness_max_seconds");
    assert_near("until the TTL of copies from 1 s", longest, 9.0, 0.04);
    let told = replay(&traced("broadcast = { round_trip = \"2 ms\" }", INSTANCES), &trace, &[]);
    assert_near("with a broadcast", staler_than(&told, 0.0), 0.0, 0.0);
}

#[test]
fn a_writer_that_waits_for_all_instances_waits_for_the_slowest() {
    // The mean of the largest of nine exponential round trips: H_9 times the mean of one.
    let mut trace = Trace::default();
    (0..KEYS).for_each(|key| trace.add(1.0 + key as f64, key, "set"));
    let group = |wait| format!("broadcast = {{ round_trip = {{ exponential = \"10 ms\" }}, wait = {wait} }}");
    let mean =
        |wait| value(&replay(&traced(&group(wait), INSTANCES), &trace, &[]), "client.latency_mean_seconds");
    let harmonic: f64 = (1..=9).map(|n| 1.0 / f64::from(n)).sum();
    // The variance of the largest is the sum of 1/k² times that of one; four deviations.
    let variance: f64 = (1..=9).map(|n| 1.0 / f64::from(n * n)).sum();
    let tolerance = 4.0 * 0.01 * (variance / KEYS as f64).sqrt();
    assert_near("latency", mean(true), 0.01 * harmonic, tolerance);
    assert_near("without waiting", mean(false), 0.0, 1e-9);
}

#[test]
fn of_a_broadcast_messages_get_lost_one_by_one() {
    // Ten reads fill all instances, the write tells nine of them, and ten reads find those that were not told.
    let mut trace = Trace::default();
    for key in 0..KEYS / 10 {
        let start = 1.0 + 20.0 * key as f64;
        (0..10).for_each(|n| trace.add(start + f64::from(n) * 0.01, key, "get"));
        trace.add(start + 1.0, key, "set");
        (0..10).for_each(|n| trace.add(start + 2.0 + f64::from(n) * 0.01, key, "get"));
    }
    let group = "broadcast = { round_trip = \"2 ms\" }\nfailures = { cache = \"25 %\" }";
    let outcome = replay(&traced(group, INSTANCES), &trace, &[]);
    let n = KEYS as f64 / 10.0 * 9.0;
    let stale = staler_than(&outcome, 0.0);
    assert_near("not told", stale, n * 0.25, 4.0 * (n * 0.25 * 0.75).sqrt());
    assert_near("each counted", value(&outcome, "write.cache_updates_lost"), stale, 0.0);
}
