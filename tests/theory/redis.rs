//! Replicas and the death of nodes of the shared cache against closed forms.

use crate::common::{assert_mean, assert_near, each, run, value, values};
use cachestorm::experiment::Outcome;
use cachestorm::measure::Layer;
use cachestorm::model::{node_of_slot, slot_of};
use cachestorm::time::Duration;

/// What takes no time, so that all that is seen is what a test is about.
const NO_DISTANCE: &[&str] = &[
    "redis.round_trip=0 s",
    "redis.service={ get = \"0 s\", set = \"0 s\", other = \"0 s\", per_kib = \"0 s\" }",
    "app.workers=none",
];

fn near(text: &str, more: &[&str]) -> Outcome {
    run(text, &[NO_DISTANCE, more].concat())
}

/// One key that is read often and seldom written; its writer deletes the copy on the primary.
const ONE_KEY: &str = r#"
name = "one-key"
duration = "10000 s"
replications = 10
[workload]
arrivals = { poisson = "20/s" }
[[workload.keys]]
name = "key"
count = 1
writes = "0.02/s"
[redis]
"#;

/// Of the copies that a replica serves after a delete, those at age t after the write are there with the probability that
/// the lag is longer than t. So a share w·E[lag] of the time, and by PASTA of the reads, is stale, and of these a share
/// ∫_s P(lag > t) dt / E[lag] staler than s. About 200 writes and 400 stale reads in each of ten runs.
#[test]
fn right_after_a_write_a_replica_is_stale_as_long_as_its_lag() {
    type Staler = fn(f64) -> f64;
    let exponential: Staler = |s| (-s / 0.1_f64).exp();
    let constant: Staler = |s| 1.0 - s / 0.1;
    for (lag, staler) in [("{ exponential = \"100 ms\" }", exponential), ("\"100 ms\"", constant)] {
        let replicas = format!("redis.replicas={{ lag = {lag}, reads = \"replica\" }}");
        let outcome = near(ONE_KEY, &[&replicas]);
        assert_mean(lag, &values(&outcome, "client.stale_ratio"), 0.02 * 0.1, 0.2);
        for s in [0.02, 0.05, 0.08] {
            let shares = each(&outcome, |record| {
                let staleness = &record.served_by(Layer::Redis).expect("it has answered").staleness;
                let share = |s: f64| staleness.share_above(Duration::from_nanos_f64(s * 1e9)).unwrap_or(0.0);
                share(s) / share(1e-9)
            });
            assert_mean(&format!("{lag}, {s}"), &shares, staler(s), 0.2);
        }
    }
}

/// A read that goes to the primary or one of n replicas, any, finds a replica n times of n + 1.
#[test]
fn only_reads_from_replicas_are_stale() {
    let stale = |reads: &str, count: u32| {
        let replicas = format!("redis.replicas={{ count = {count}, lag = \"100 ms\", reads = \"{reads}\" }}");
        values(&near(ONE_KEY, &[&replicas]), "client.stale_ratio")
    };
    assert!(stale("primary", 1).into_iter().all(|ratio| ratio < 1e-12));
    for count in [1, 3] {
        let share = f64::from(count) / f64::from(count + 1);
        assert_mean("any", &stale("any", count), share * 0.002, 0.25);
    }
}

/// Each node has a server of its own: of a key that nobody writes, each of n has the n-th part of the work.
#[test]
fn reads_from_replicas_are_work_that_the_primary_is_spared() {
    let busy = |reads: &str| {
        let replicas = format!("redis.replicas={{ count = 3, lag = \"1 ms\", reads = \"{reads}\" }}");
        let setting =
            ["workload.keys.key.writes=0/s", "redis.service.get=1 ms", "duration=2000 s", &replicas];
        values(&near(ONE_KEY, &setting), "redis.node_utilisation_max")
    };
    assert_mean("primary", &busy("primary"), 20.0 * 0.001, 0.02);
    // The busiest of four is a little above the mean of 10,000 reads each: by 1.03 standard deviations of 1 %.
    assert_mean("any", &busy("any"), 20.0 * 0.001 / 4.0 * 1.010_3, 0.02);
    assert_mean("replica", &busy("replica"), 20.0 * 0.001 / 3.0 * 1.007_3, 0.02);
}

/// A replica does what its primary did, so that a write costs each of them the same work.
#[test]
fn a_write_keeps_each_replica_as_busy_as_the_primary() {
    let setting = [
        "workload.keys.key.count=100000000",
        "workload.keys.key.popularity=scan",
        "workload.keys.key.writes=0/s",
        "workload.arrivals={ constant = \"20/s\" }",
        "redis.service.set=5 ms",
        "redis.replicas={ count = 2, lag = \"1 ms\" }",
        "duration=100 s",
        "replications=1",
    ];
    let outcome = near(ONE_KEY, &setting);
    assert_near("mean", value(&outcome, "redis.node_utilisation_mean"), 0.1, 1e-4);
    assert_near("max", value(&outcome, "redis.node_utilisation_max"), 0.1, 1e-4);
}

/// Keys that are read once each, of which a primary with a replica dies after 5 s.
const ONCE: &str = r#"
name = "once"
duration = "10 s"
replications = 30
[workload]
arrivals = { poisson = "1000/s" }
[[workload.keys]]
name = "key"
count = 1_000_000
popularity = "scan"
[redis]
when_down = "fail"
replicas = { lag = "50 ms" }
[[event]]
at = "5 s"
failover = { after = "2 s" }
"#;

/// Asynchronous replication: what was acknowledged within the lag before the death is lost, Poisson with mean rate × lag.
/// Here each write is a copy of another key.
#[test]
fn a_failover_loses_what_was_written_within_the_lag() {
    let outcome = near(ONCE, &[]);
    let lost = values(&outcome, "redis.lost_writes");
    assert_mean("lost", &lost, 1_000.0 * 0.05, 0.12);
    assert_eq!(lost, values(&outcome, "redis.lost_copies"));
    let variance = lost.iter().map(|lost| (lost - 50.0).powi(2)).sum::<f64>() / 30.0;
    // Chi-square with 30 degrees of freedom: 99.8 % within a factor of 0.39 to 1.97.
    assert!((0.39..1.97).contains(&(variance / 50.0)), "{variance}");
    let nothing = near(ONCE, &["redis.replicas.lag=0 s"]);
    assert!(values(&nothing, "redis.lost_writes").into_iter().all(|lost| lost < 0.5));
}

/// Between death and promotion nobody answers for the node's keys, and for no longer.
#[test]
fn a_failover_takes_exactly_as_long_as_it_is_said_to() {
    let constant = ["workload.arrivals={ constant = \"100/s\" }", "replications=1"];
    let failed = |more: &[&str]| value(&near(ONCE, &[&constant, more].concat()), "client.failed");
    assert_near("refused", failed(&[]), 200.0, 0.0);
    let hangs = "event=[{ at = \"5 s\", failover = { after = \"2 s\", hangs = true } }]";
    assert_near("hangs", failed(&[hangs]), 200.0, 0.0);
    // Who is not refused waits for the time-out of 3 s, in vain.
    let past = [hangs, "redis.when_down=fall-through", "client.timeout=none", "redis.pool.size=1000"];
    let outcome = near(ONCE, &[&constant[..], &past].concat());
    assert_near("wait", value(&outcome, "client.latency_max_seconds"), 3.0, 0.02);
    assert_near(
        "bypass",
        value(&outcome, "redis.bypass_ratio") * value(&outcome, "redis.look_ups"),
        200.0,
        0.001,
    );
    // Replicas answer all the while, but not for what is only on the primary: nothing is stored.
    let outcome = near(ONCE, &[&constant[..], &["redis.replicas.reads=replica"]].concat());
    assert_near("replica", value(&outcome, "client.failed"), 0.0, 0.0);
}

/// Of a cluster only the keys of one node are hit, by their hash slots.
#[test]
fn of_a_cluster_only_the_keys_of_one_node_are_hit() {
    let of_second =
        (501..=700).filter(|key| node_of_slot(slot_of(format!("key:{key}").as_bytes()), 3) == 1).count();
    assert!((40..100).contains(&of_second));
    for event in
        ["failover = { after = \"2 s\", node = 2 }", "outage = { of = \"redis\", for = \"2 s\", node = 2 }"]
    {
        let event = format!("event=[{{ at = \"5 s\", {event} }}]");
        let setting =
            ["workload.arrivals={ constant = \"100/s\" }", "replications=1", "redis.nodes=3", &event];
        assert_near(&event, value(&near(ONCE, &setting), "client.failed"), of_second as f64, 1.0);
    }
}

/// Every key is read once a second, in turn, and written now and then.
const WRITTEN: &str = r#"
name = "written"
duration = "6 s"
replications = 20
[workload]
arrivals = { constant = "10000/s" }
[[workload.keys]]
name = "key"
count = 10_000
popularity = "scan"
writes = "500/s"
[redis]
"#;

/// A delete that the successor has not heard of brings back a copy that is out of date, be it a replica with a lag or the
/// node itself with a snapshot. Of 10,000 keys, each written 0.05 times a second, 1 - e^(-0.05 T) have been written within
/// T; and of a key last read up to a second ago the old node had a copy before that with probability (1 - e^-0.05) / 0.05.
#[test]
fn lost_deletes_bring_stale_copies_back() {
    let present = (1.0 - (-0.05_f64).exp()) / 0.05;
    let snapshot = |age: &str| {
        format!("event=[{{ at = \"3 s\", failover = {{ after = \"1 us\", snapshot = \"{age}\" }} }}]")
    };
    let lagging = |lag: &str| {
        let event = "event=[{ at = \"3 s\", failover = { after = \"1 us\" } }]".to_owned();
        vec![format!("redis.replicas={{ lag = \"{lag}\" }}"), event]
    };
    for (age, setting) in
        [(0.2, lagging("200 ms")), (0.2, vec![snapshot("200 ms")]), (0.8, vec![snapshot("800 ms")])]
    {
        let arguments: Vec<&str> = setting.iter().map(String::as_str).collect();
        let outcome = near(WRITTEN, &arguments);
        let expected = 10_000.0 * present * (1.0 - (-0.05_f64 * age).exp());
        assert_mean(&format!("{arguments:?}"), &values(&outcome, "redis.returned_copies"), expected, 0.12);
        // Each is read within a second, unless it is written again before.
        let stale = |outcome: &Outcome| values(outcome, "client.stale_ratio");
        assert!(stale(&outcome).into_iter().all(|ratio| ratio > expected * 0.9 / 60_000.0));
    }
    let heard = lagging("0 s");
    let outcome = near(WRITTEN, &[&heard[0], &heard[1]]);
    for none in ["redis.returned_copies", "redis.lost_writes", "client.stale_ratio"] {
        assert!(values(&outcome, none).into_iter().all(|none| none < 1e-12), "{none}");
    }
}

/// Without a replica and without a snapshot a node is back empty: everything is read once more.
#[test]
fn a_node_that_is_restarted_without_a_snapshot_is_empty() {
    let setting = ["replications=1", "workload.keys.key.writes=0/s"];
    let event = "event=[{ at = \"3 s\", failover = { after = \"1 s\" } }]";
    let outcome = near(WRITTEN, &[&setting[..], &[event]].concat());
    assert_near("lost", value(&outcome, "redis.lost_copies"), 10_000.0, 0.0);
    assert_near("returned", value(&outcome, "redis.returned_copies"), 0.0, 0.0);
    assert_near(
        "misses",
        value(&outcome, "redis.miss_ratio") * value(&outcome, "redis.look_ups"),
        20_000.0,
        1.0,
    );
}

/// One hot key on four nodes, under one name or several.
const HOT: &str = r#"
name = "hot"
duration = "100 s"
replications = 10
[workload]
arrivals = { poisson = "1000/s" }
[[workload.keys]]
name = "hot"
count = 1
[redis]
nodes = 4
pool = { size = 1000 }
"#;

/// Of n names each gets the n-th part of the reads, and lies where its hash slot is: a node has as many of the n-th parts
/// as it has names.
#[test]
fn a_hot_key_under_several_names_is_shared_by_the_nodes_of_their_slots() {
    for copies in [1, 2, 4, 8, 12] {
        let mut names = [0_u32; 4];
        for copy in 1..=copies {
            let name = if copies == 1 { "hot:1".to_owned() } else { format!("hot:1#{copy}") };
            names[node_of_slot(slot_of(name.as_bytes()), 4) as usize] += 1;
        }
        let copies_setting = format!("workload.keys.hot.copies={copies}");
        let outcome = near(HOT, &["redis.service.get=500 us", "redis.service.set=500 us", &copies_setting]);
        for (node, names) in names.into_iter().enumerate() {
            let busy = each(&outcome, |record| {
                record.layers.redis_nodes.as_ref().expect("there is a cluster").utilisations[node]
            });
            match f64::from(names) / f64::from(copies) {
                0.0 => assert!(busy.into_iter().all(|busy| busy < 1e-12), "{copies_setting}"),
                share => assert_mean(&copies_setting, &busy, 0.5 * share, 0.05),
            }
        }
    }
}

/// Each copy is filled by the first who asks for it, and a write deletes all of them.
#[test]
fn a_write_deletes_every_copy_and_each_is_missed_once() {
    let misses = |more: &[&str]| {
        let outcome = near(HOT, &[&["workload.keys.hot.copies=12", "replications=1"], more].concat());
        (value(&outcome, "redis.miss_ratio") * value(&outcome, "redis.look_ups"), outcome)
    };
    let (first, outcome) = misses(&[]);
    assert_near("first", first, 12.0, 1e-6);
    assert_near("copies", value(&outcome, "redis.entries"), 12.0, 0.0);
    let (again, outcome) = misses(&["event=[{ at = \"50 s\", expire = \"hot:1\" }]"]);
    assert_near("again", again, 24.0, 1e-6);
    assert_near("expired", value(&outcome, "redis.expired_per_s") * 100.0, 12.0, 1e-6);
    let written = misses(&[
        "workload.keys.hot.writes=0.1/s",
        "database={ workers = 1, read = \"0 s\", write = \"0 s\", round_trip = \"0 s\" }",
    ]);
    let writes = value(&written.1, "database.write_rate_mean_per_s") * 100.0;
    assert!(writes > 3.0, "{writes}");
    assert_near("written", written.0, 12.0 * (1.0 + writes), 1e-6);
    assert_near("deleted", value(&written.1, "redis.invalidated_per_s") * 100.0, 12.0 * writes, 1e-6);
}
