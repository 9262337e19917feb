//! What a second attempt meets, and what is left of a first one that nobody waits for any more.

mod common;

use common::{assert_near, run, value};

/// Nobody queues. Each attempt takes an exponential time of 10 ms on average, and its client waits 10 ms.
const IMPATIENT: &str = r#"
name = "impatient"
duration = "200 s"
replications = 1
[workload]
arrivals = { poisson = "200/s" }
[[workload.keys]]
name = "key"
count = 1_000_000
[client]
timeout = "10 ms"
retries = { attempts = 1, backoff = "0 s" }
[app]
workers = "none"
"#;

/// A slow attempt says nothing of the next one: of 40,000 requests the share e⁻¹ fails once, and of these the same
/// share again.
#[test]
fn a_retry_has_draws_of_its_own() {
    let redis = r#"redis={ ttl = "1 ns", timeout = "none", pool = { size = 1000 }, round_trip = { exponential = "5 ms" }, service = { get = "0 s", set = "0 s", per_kib = "0 s" } }"#;
    let database = r#"database={ workers = 1000, pool = { size = 1000 }, round_trip = "0 s", read = { exponential = "10 ms" } }"#;
    let exponential = (-1.0f64).exp();
    // There and back for GET and for SET: four times 2.5 ms on average.
    let erlang4 = (-4.0f64).exp() * (1.0 + 4.0 + 8.0 + 64.0 / 6.0);
    for (settings, expected) in
        [(r#"app.work={ exponential = "10 ms" }"#, exponential), (database, exponential), (redis, erlang4)]
    {
        let outcome = run(IMPATIENT, &[settings]);
        let once = value(&outcome, "client.retry_ratio");
        let both = value(&outcome, "client.error_ratio");
        // Four deviations, of 40,000 requests and of those that are tried again.
        let deviations = |n: f64| 4.0 * (expected * (1.0 - expected) / n).sqrt();
        assert_near(&format!("{settings}: first attempts"), once, expected, deviations(40_000.0));
        assert_near(&format!("{settings}: second ones"), both / once, expected, deviations(40_000.0 * once));
    }
}

/// A holder whose client has left may not give back the lock that its own retry has taken meanwhile.
#[test]
fn an_orphan_does_not_unlock_what_its_retry_has_locked() {
    // A load takes 400 ms and the lease 250 ms. The client tries at 0, 121, 243, 367 and 495 ms: the first attempt
    // has the lock, the second and third find it held, the fourth takes it when its lease has ended. The first's load
    // ends at 400 ms; if it gave back the fourth's lock, the fifth would take it.
    let outcome = run(
        IMPATIENT,
        &[
            "duration=20 s",
            r#"workload.arrivals={ constant = "0.2/s" }"#,
            "workload.keys.key.count=1",
            r#"client={ timeout = "120 ms", retries = { attempts = 4, backoff = "1 ms", jitter = "none" } }"#,
            r#"redis={ ttl = "30 ms", round_trip = "0 s", coalesce = { lock = { lease = "250 ms", poll = "10 ms", wait = "2 s" } } }"#,
            r#"database={ workers = 100, read = "400 ms", round_trip = "0 s", pool = { size = 100 } }"#,
        ],
    );
    assert_near("attempts beyond the first", value(&outcome, "client.retry_ratio"), 4.0, 0.0);
    assert_near("loads", value(&outcome, "database.loads"), 2.0 * value(&outcome, "client.requests"), 0.0);
}

#[test]
fn only_reads_that_run_on_without_their_caller_are_orphans() {
    let slow = [
        "duration=100 s",
        r#"client={ timeout = "none", retries = { attempts = 0 } }"#,
        r#"workload.arrivals={ constant = "10/s" }"#,
        r#"database={ workers = 1000, pool = { size = 1000 }, round_trip = "0 s", read = "30 ms", write = "30 ms", timeout = "20 ms" }"#,
    ];
    let orphans =
        |more: &[&str]| value(&run(IMPATIENT, &[&slow[..], more].concat()), "database.orphaned_loads");
    assert_near("all", orphans(&[]), 999.0, 1.0);
    assert_near("none in time", orphans(&["database.timeout=40 ms"]), 0.0, 0.0);
    assert_near("writes are none", orphans(&["workload.keys.key.writes=20/s"]), 999.0, 1.0);
    let hangs = r#"event=[{ at = "0 s", outage = { of = "database", for = "50 s", hangs = true } }]"#;
    assert_near("never reached it", orphans(&[hangs]), 500.0, 1.0);
}

#[test]
fn the_time_out_of_the_cache_bounds_every_part_of_a_command() {
    let base = [
        "duration=100 s",
        r#"client={ timeout = "none", retries = { attempts = 0 } }"#,
        r#"workload.arrivals={ constant = "10/s" }"#,
        r#"redis={ ttl = "1 h", timeout = "20 ms", when_down = "fail", pool = { size = 1000 }, service = { get = "0 s", set = "0 s", per_kib = "0 s" } }"#,
    ];
    let refuses = r#"event=[{ at = "0 s", outage = { of = "redis", for = "100 s" } }]"#;
    // The way there alone is longer; so long is only the way back; a refusal that comes too late.
    for (round_trip, more, took) in [
        ("100 ms", "seed=1", 0.020),
        ("30 ms", "seed=1", 0.020),
        ("30 ms", refuses, 0.020),
        ("10 ms", refuses, 0.010),
    ] {
        let round_trip = format!("redis.round_trip={round_trip}");
        let outcome = run(IMPATIENT, &[&base[..], &[&round_trip, more]].concat());
        let failed = &outcome.records()[0].clients.failed_after;
        assert_eq!(failed.count(), 999, "{round_trip}, {more}");
        assert_near(&format!("{round_trip}, {more}"), failed.mean_seconds().expect("all failed"), took, 1e-9);
        // A command that its client does not wait for is executed all the same, unless nobody is there.
        let executed = value(&outcome, "redis.command_rate_per_s") * 100.0;
        assert_near(
            &format!("{round_trip}, {more}: commands"),
            executed,
            if more == refuses { 0.0 } else { 999.0 },
            1.0,
        );
    }
}

/// A copy is renewed early by one who looked it up; that two of them wished it is one renewal.
#[test]
fn early_refreshes_are_counted_where_a_load_begins() {
    let outcome = run(
        IMPATIENT,
        &[
            "duration=100 s",
            r#"client={ timeout = "none", retries = { attempts = 0 } }"#,
            r#"workload.arrivals={ poisson = "2000/s" }"#,
            "workload.keys.key.count=1",
            r#"process={ ttl = "1 s", early_refresh = 1.0, coalesce = "single-flight" }"#,
            r#"database={ workers = 100, read = "100 ms", round_trip = "0 s", pool = { size = 100 } }"#,
        ],
    );
    // All loads but the first are early: with 2,000 requests a second nobody waits for the end of the TTL.
    let loads = value(&outcome, "database.loads");
    assert_near("early", value(&outcome, "process.early_refresh_rate_per_s") * 100.0, loads - 1.0, 1.0);
    assert!((50.0..=200.0).contains(&loads), "{loads}");
}

#[test]
fn a_copy_that_is_too_large_is_counted() {
    let size = r#"workload.keys.key.size={ uniform = { low = "1 KiB", high = "9 KiB" } }"#;
    let outcome = run(
        IMPATIENT,
        &[
            "duration=10 s",
            r#"client={ timeout = "none" }"#,
            size,
            r#"workload.keys.key.popularity="uniform""#,
            r#"process={ ttl = "1 ms", capacity = "5232 B" }"#,
        ],
    );
    // Room for 5 KiB and the overhead of 112 bytes: half of the values are larger. 2,000 requests: four deviations
    // are 4.5 %.
    assert_near("rejected", value(&outcome, "process.rejected_per_s") / 200.0, 0.5, 0.06);
}
