//! Events of one kind that overlap: each has its whole effect, in whatever order the file names them.

mod common;

use common::{assert_near, run, value};

/// Evenly spaced requests to one that answers at once, and to nobody else.
const PLAIN: &str = r#"
name = "plain"
duration = "100 s"
replications = 1
[workload]
arrivals = { constant = "10/s" }
[[workload.keys]]
name = "key"
count = 10
[app]
instances = 2
workers = "none"
"#;

/// The value of a metric with these events, in their order and in the reverse order.
fn both_orders(scenario: &str, settings: &[&str], events: &[&str], metric: &str) -> f64 {
    let forth = format!("event=[{}]", events.join(", "));
    let back = format!("event=[{}]", events.iter().copied().rev().collect::<Vec<_>>().join(", "));
    let [forth, back] =
        [forth, back].map(|events| value(&run(scenario, &[settings, &[&events]].concat()), metric));
    assert_near(&format!("{metric} with {events:?} reversed"), back, forth, 0.0);
    forth
}

#[test]
fn rate_changes_that_overlap_multiply() {
    let requests = |events: &[&str]| both_orders(PLAIN, &[], events, "client.requests");
    let double = r#"{ at = "20 s", rate_change = { factor = 2, for = "40 s" } }"#;
    let triple = r#"{ at = "40 s", rate_change = { factor = 3, for = "40 s" } }"#;
    let half_from_then_on = r#"{ at = "50 s", rate_change = { factor = 0.5 } }"#;
    // At 10/s: 20 s once, 20 s twice, 20 s six times, 20 s three times, 20 s once. The last one would fall on the end.
    assert_near("two", requests(&[double, triple]), 10.0 * 20.0 * (1.0 + 2.0 + 6.0 + 3.0 + 1.0), 1.0);
    let expected = 10.0 * (20.0 + 20.0 * 2.0 + 10.0 * 6.0 + 10.0 * 3.0 + 20.0 * 1.5 + 20.0 * 0.5);
    assert_near("three", requests(&[half_from_then_on, triple, double]), expected, 1.0);
    // One begins in the instant in which the other ends.
    let then = r#"{ at = "60 s", rate_change = { factor = 4, for = "10 s" } }"#;
    assert_near("back to back", requests(&[then, double]), 10.0 * (50.0 + 40.0 * 2.0 + 10.0 * 4.0), 1.0);
}

#[test]
fn an_instance_stays_away_until_the_last_of_its_restarts_is_over() {
    let failed = |events: &[&str]| both_orders(PLAIN, &["app.instances=1"], events, "client.failed");
    let long = r#"{ at = "10 s", restart = { for = "40 s" } }"#;
    let within = r#"{ at = "20 s", restart = { for = "5 s", instance = 1 } }"#;
    let beyond = r#"{ at = "45 s", restart = { for = "15 s", instance = 1 } }"#;
    assert_near("within", failed(&[long, within]), 400.0, 1.0);
    assert_near("beyond", failed(&[long, beyond]), 500.0, 1.0);
}

#[test]
fn of_outages_that_overlap_the_last_to_end_counts() {
    let settings = [
        "redis.ttl=1 h",
        "redis.timeout=50 ms",
        "redis.when_down=fail",
        "redis.pool={ size = 100 }",
        "redis.round_trip=0 s",
    ];
    let of = |events: &[&str], metric: &str| both_orders(PLAIN, &settings, events, metric);
    let hangs = r#"{ at = "10 s", outage = { of = "redis", for = "40 s", hangs = true } }"#;
    let refuses = r#"{ at = "20 s", outage = { of = "redis", for = "5 s" } }"#;
    // Who meets one that hangs fails after 50 ms, who is refused at once.
    assert_near("failed", of(&[hangs, refuses], "client.failed"), 400.0, 1.0);
    let hung = run(PLAIN, &[&settings[..], &[&format!("event=[{hangs}, {refuses}]")]].concat());
    assert_near(
        "all hang",
        hung.records()[0].clients.failed_after.mean_seconds().expect("some"),
        0.050,
        1e-9,
    );
    let refuses_longer = r#"{ at = "20 s", outage = { of = "redis", for = "40 s" } }"#;
    let turned_down = run(PLAIN, &[&settings[..], &[&format!("event=[{refuses_longer}, {hangs}]")]].concat());
    // 10 s of those that hang, and 40 s of refusals.
    let mean = turned_down.records()[0].clients.failed_after.mean_seconds().expect("some");
    assert_near("a fifth hangs", mean, 0.050 / 5.0, 0.000_2);
    assert_near("failed", value(&turned_down, "client.failed"), 500.0, 1.0);
}

#[test]
fn of_outages_that_end_together_the_one_that_hangs_decides() {
    let settings =
        ["redis.ttl=1 h", "redis.timeout=50 ms", "redis.when_down=fail", "redis.pool={ size = 100 }"];
    let hangs = r#"{ at = "10 s", outage = { of = "redis", for = "10 s", hangs = true } }"#;
    let refuses = r#"{ at = "10 s", outage = { of = "redis", for = "10 s" } }"#;
    for events in [[hangs, refuses], [refuses, hangs]] {
        let outcome = run(PLAIN, &[&settings[..], &[&format!("event=[{}]", events.join(", "))]].concat());
        let failed = &outcome.records()[0].clients.failed_after;
        assert_near("all hang", failed.mean_seconds().expect("some fail"), 0.050, 1e-9);
    }
}

/// A node that works a hundred times as long for a second: what waits when that is over is served at its usual pace.
#[test]
fn a_slow_down_ends_for_those_who_wait_too() {
    let outcome = run(
        PLAIN,
        &[
            "duration=100 s",
            r#"workload.arrivals={ constant = "100/s" }"#,
            r#"redis={ ttl = "1 h", round_trip = "0 s", timeout = "none", pool = { size = 10_000 }, active_expiry = false, service = { get = "1 ms", set = "0 s", per_kib = "0 s" } }"#,
            r#"event=[{ at = "10 s", slow = { of = "redis", for = "1 s", factor = 100 } }]"#,
        ],
    );
    // From 10 s to 11 s a command takes 100 ms and ten are served of a hundred. The other ninety then take 1 ms each,
    // and those that come meanwhile: the last of them is gone at 11.1 s.
    let longest = value(&outcome, "client.latency_max_seconds");
    assert_near("longest", longest, 0.9, 0.02);
    // 1 ms of every 10, but for one second.
    assert_near("busy", value(&outcome, "redis.node_utilisation_mean"), 0.1 + 0.01 * 0.9, 0.002);
}

/// A load that began before a restart is not for the process that comes after it.
#[test]
fn an_instance_comes_back_empty_and_stays_so() {
    let slow = r#"database={ workers = 10, read = "5 s", round_trip = "0 s" }"#;
    for coalesce in ["none", "single-flight"] {
        let process = format!(r#"process={{ ttl = "1 h", coalesce = "{coalesce}" }}"#);
        // Asked for at 9 s, 12 s, 15 s, …: the load of the first ends at 14 s, in a process that is gone.
        let outcome = run(
            PLAIN,
            &[
                "app.instances=1",
                "duration=17 s",
                "warmup=8 s",
                r#"workload.arrivals={ constant = "20/min" }"#,
                "workload.keys.key.count=1",
                &process,
                slow,
                // The copies of the requests before.
                r#"event=[{ at = "8500 ms", flush = "process" }, { at = "10 s", restart = { for = "1 s" } }]"#,
            ],
        );
        // At 9 s a load, at 12 s one for the new process; at 15 s another, or with single-flight the wait for that.
        let loads = if coalesce == "none" { 3.0 } else { 2.0 };
        assert_near(coalesce, value(&outcome, "database.loads"), loads, 0.0);
        assert_near(coalesce, value(&outcome, "process.hit_ratio"), 0.0, 0.0);
    }
}

#[test]
fn a_refusal_takes_the_way_back_too() {
    let away = r#"event=[{ at = "0 s", restart = { for = "100 s" } }]"#;
    let full = r#"app.work="1 h""#;
    for (more, what) in [(away, "away"), (full, "full")] {
        let outcome = run(
            PLAIN,
            &["app.workers=1", "app.queue=0", "app.round_trip=100 ms", "client.timeout=none", more],
        );
        let failed = &outcome.records()[0].clients.failed_after;
        assert!(failed.count() > 900, "{what}");
        assert_near(what, failed.mean_seconds().expect("some fail"), 0.1, 1e-9);
    }
}

#[test]
fn slow_downs_that_overlap_multiply() {
    let settings = [r#"database={ workers = 5, read = "1 ms", round_trip = "0 s" }"#];
    let twice = r#"{ at = "10 s", slow = { of = "database", for = "20 s", factor = 2 } }"#;
    let thrice = r#"{ at = "20 s", slow = { of = "database", for = "20 s", factor = 3 } }"#;
    let mean = both_orders(PLAIN, &settings, &[twice, thrice], "client.latency_mean_seconds");
    assert_near("mean", mean, 0.001 * (0.70 + 0.10 * (2.0 + 6.0 + 3.0)), 0.000_01);
}

/// Four instances, of which the second is away: the others share what is its part, each by its own rule.
#[test]
fn the_share_of_an_instance_that_is_away_is_spread_over_all_others() {
    let away = r#"event=[{ at = "0 s", restart = { instance = 2, for = "99 s" } }]"#;
    for balance in ["random", "two-choices", "sticky", "round-robin", "least-connections"] {
        let balance = format!("app.balance={balance}");
        let settings = [
            "app.instances=4",
            "workload.arrivals={ poisson = \"1000/s\" }",
            "app.workers=200",
            "app.work=100 ms",
        ];
        let outcome = run(PLAIN, &[&settings[..], &[&balance, away]].concat());
        // A third of 1,000/s for 100 ms is 33.3 of 200 workers; the fourth rests, but for the last second. A share
        // of two quarters would be 50 workers. Of a user in 10,000 the share varies by 1.4 %, of 33,000 requests
        // by 0.5 %: four deviations together are less than 2 workers.
        let busiest = value(&outcome, "app.worker_utilisation_max") * 200.0;
        assert_near(&balance, busiest, 33.3, 2.0);
    }
}

/// An event that a variant takes away leaves all others as they were: the second crowd draws what it drew.
#[test]
fn an_event_that_is_taken_away_changes_no_other() {
    let crowds = r#"event=[{ name = "early", at = "10 s", flash_crowd = { key = "key:1", rate = "20/s", for = "10 s" } },
        { name = "late", at = "50 s", flash_crowd = { key = "key:2", rate = "20/s", for = "10 s" } }]"#;
    let arrivals = |settings: &[&str]| {
        let outcome = run(PLAIN, &[&[crowds], settings].concat());
        outcome.records()[0].clients.arrivals.values().to_vec()
    };
    let [both, one, again] = [
        arrivals(&[]),
        arrivals(&["event.early.at=none"]),
        arrivals(&["event.early.at=none", "event.early.at=10 s"]),
    ];
    assert_eq!(both, again, "what comes back is the same");
    // 200 ms a bucket.
    assert_eq!(both[250..], one[250..], "the late crowd is the same");
    let early = |arrivals: &[f64]| arrivals[50..100].iter().sum::<f64>();
    assert_near("without the early crowd", early(&one), 10.0 * 10.0, 1.0);
    assert!(early(&both) > 10.0 * 10.0 + 150.0, "{}", early(&both));
}

/// A database without a cache before it that refuses everything for 10 s: each request that arrives meanwhile fails, and no
/// other does. 50 a second are 500.
#[test]
fn in_an_outage_those_fail_that_arrive_in_it_and_the_system_is_well_when_it_ends() {
    let database = r#"database={ workers = 16, read = "5 ms" }"#;
    let outage = r#"event=[{ name = "dark", at = "40 s", outage = { of = "database", for = "10 s" } }]"#;
    let objective = r#"objective=[{ metric = "client.error_ratio", at_most = "1 %" }]"#;
    let settings = ["workload.arrivals.constant=50/s", "replications=3", database, outage, objective];
    let outcome = run(PLAIN, &settings);
    let found = outcome.aftermaths();
    assert_eq!(found[0].event.as_deref(), Some("dark"));
    assert_eq!(found.len(), 2, "and the worst moment");
    for effects in &found[0].runs {
        assert_eq!((effects.begin, effects.end), (40.0, Some(50.0)));
        assert_near("failed", effects.failed as f64, 500.0, 1.0);
        assert_eq!(effects.back, Some(cachestorm::experiment::Recovery::After(0.0)));
        assert_eq!(effects.objectives, Some(cachestorm::experiment::Recovery::After(0.0)));
        assert_eq!(effects.latency_p99, Some(f64::INFINITY), "more than 1 % fails");
    }
    for worst in &found[1].runs {
        // The worst ten seconds of a hundred are those of the outage.
        assert_near("begin", worst.begin, 40.0, 0.3);
        assert_near("failed", worst.failed as f64, 500.0, 2.0);
    }
}

/// Two key groups with shares 3 : 1, one behind a cache that holds it and one that is never found: requests, hits and
/// reads of the database are those that the shares give.
#[test]
fn each_key_group_has_its_requests_hits_and_reads() {
    let groups = r#"workload.keys=[{ name = "key", count = 10, share = 3, popularity = "scan" },
        { name = "gone", count = 10, exists = false }]"#;
    let layers = [r#"redis={ ttl = "1 h" }"#, r#"database={ workers = 16, read = "5 ms" }"#];
    let settings = [&[groups, "workload.arrivals.constant=400/s", "warmup=10 s"], &layers[..]].concat();
    let outcome = run(PLAIN, &settings);
    // Groups are in the order of their names.
    let (gone, found) = (outcome.clients_of(0), outcome.clients_of(1));
    // 36,000 requests, of which a quarter, with a deviation of √(36,000 · 3/16) = 82.
    assert_near("all", (found.requests() + gone.requests()) as f64, 36_000.0, 1.0);
    assert_near("a quarter", gone.requests() as f64, 9_000.0, 250.0);
    let record = &outcome.records()[0];
    let database = record.layers.database.as_ref().expect("there is one");
    assert_eq!(database.by_group.get(1).copied().unwrap_or(0), 0, "all of it is cached");
    assert_near("none of it is cached", database.by_group[0] as f64, gone.requests() as f64, 20.0);
    assert_eq!(database.by_group.iter().sum::<u64>(), database.loads);
    // The sum of the groups is what the clients saw.
    assert_eq!(record.clients.latency.count(), found.latency.count() + gone.latency.count());
    let slower = gone.latency.mean_seconds() > found.latency.mean_seconds();
    assert!(slower, "a miss takes longer than a hit");
}

/// Pages that are in no cache, of items that are: the hot keys are the items, by what Redis is asked for.
#[test]
fn hot_keys_are_those_of_the_shared_cache() {
    let groups = r#"workload.keys=[{ name = "page", count = 100, page = { items = "settings", fan_out = 50 } },
        { name = "settings", count = 1, share = 0 }]"#;
    let layers = [r#"redis={ ttl = "1 h" }"#, r#"database={ workers = 8, read = "1 ms" }"#];
    let settings = [&[groups, "workload.arrivals.constant=20/s", "duration=20 s"], &layers[..]].concat();
    let outcome = run(PLAIN, &settings);
    let hot = outcome.hot_keys();
    assert_eq!(hot.iter().map(|key| key.key.as_str()).collect::<Vec<_>>(), ["settings:1"]);
    // 20 pages a second of 50 items each, all the same one.
    assert_near("reads", hot[0].reads as f64 / 20.0, 1_000.0, 60.0);
    // Without Redis it is the database that is asked.
    let without = [&settings[..], &["redis=none"]].concat();
    let hot = run(PLAIN, &without).hot_keys();
    assert_eq!(hot[0].key, "settings:1");
}
