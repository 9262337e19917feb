//! Is a run fit to answer: each finding appears where it must, and not on a near twin. The rules and how often each may be
//! wrong were measured on systems whose answer is known; the numbers here are those of that measurement.

mod common;

use cachestorm::experiment::Outcome;
use cachestorm::report::findings::{caution, of_fit};
use common::run;

fn codes(outcome: &Outcome) -> Vec<&'static str> {
    of_fit(outcome.fit()).iter().map(|finding| finding.code).collect()
}

#[track_caller]
fn check(text: &str, overrides: &[&str], expected: &[&str]) {
    let outcome = run(text, overrides);
    let findings = of_fit(outcome.fit());
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, expected, "{overrides:?}: {findings:#?}");
    assert_eq!(caution(&findings).is_some(), !expected.is_empty());
}

/// Two workers of 10 ms, exponential, and nothing else: M/M/2, whose capacity is 200 requests per second.
const MM2: &str = r#"
name = "mm2"
duration = "35 s"
warmup = "5 s"
replications = 5
[workload]
arrivals = { poisson = "160/s" }
[[workload.keys]]
name = "key"
count = 1000
[client]
timeout = "none"
[app]
workers = "none"
[database]
workers = 2
queue = 1_000_000
read = { exponential = "10 ms" }
round_trip = "0 s"
pool = { size = 100_000, timeout = "none" }
"#;

/// Of 20 experiments: at 110 % of the capacity all are flagged, at 80 % at most two.
#[test]
fn a_queue_that_grows_is_found_and_a_steady_one_is_not() {
    let flagged = |rate: &str| {
        let is_flagged = |seed: &u32| {
            let seed = format!("seed={seed}");
            codes(&run(MM2, &[&format!("workload.arrivals.poisson={rate}"), &seed])).contains(&"D21")
        };
        (1..=20).filter(is_flagged).count()
    };
    assert_eq!(flagged("220/s"), 20);
    let steady = flagged("160/s");
    assert!(steady <= 2, "{steady} of 20");
}

/// At half of its capacity; eight times the rate for 5 s leaves 3,000 callers, and the queue drains by 100 per second.
#[test]
fn a_system_that_does_not_recover_is_found() {
    let event = |what: &str| format!("event=[{{ at = \"15 s\", rate_change = {{ {what} }} }}]");
    let half = "workload.arrivals.poisson=100/s";
    check(MM2, &[half, &event("factor = 8, for = \"5 s\"")], &["D24"]);
    check(MM2, &[half, &event("factor = 1.2, for = \"1 s\"")], &[]);
    // A rate that stays is no event to recover from.
    check(MM2, &[half, &event("factor = 2.2")], &[]);
}

/// At 130 % of the capacity clients that wait for 200 ms fail long before the event.
#[test]
fn a_system_that_fails_before_the_event_is_found() {
    let event = "event=[{ at = \"20 s\", rate_change = { factor = 1.1, for = \"1 s\" } }]";
    let found = run(MM2, &["workload.arrivals.poisson=260/s", "client.timeout=\"200 ms\"", event]);
    assert!(codes(&found).contains(&"D25"), "{:?}", codes(&found));
    check(MM2, &["workload.arrivals.poisson=100/s", "client.timeout=\"200 ms\"", event], &[]);
}

/// The small system that the rules were measured on.
const SMALL: &str = r#"
name = "small"
duration = "14 s"
warmup = "4 s"
replications = 5
[workload]
arrivals = { poisson = "400/s" }
[[workload.keys]]
name = "key"
count = 1000
[redis]
ttl = "3 s"
ttl_jitter = "10 %"
[database]
workers = 3
read = { exponential = "5 ms" }
"#;

#[test]
fn a_run_that_is_short_compared_with_a_ttl_is_found() {
    // 10 s are three times 3 s, and the warm-up is longer than 3.3 s.
    check(SMALL, &[], &[]);
    let found = run(SMALL, &["redis.ttl=60s", "duration=44s"]);
    assert!(codes(&found).contains(&"D22"), "{:?}", codes(&found));
    // The warm-up alone, the window alone, and a key group's own TTL.
    check(SMALL, &["warmup=3200ms"], &["D22"]);
    check(SMALL, &["warmup=3300ms", "duration=12200ms"], &["D22"]);
    check(SMALL, &["workload.keys.key.ttl=4s"], &["D22"]);
    // What a group says of a cache counts in place of what the cache says.
    check(SMALL, &["workload.keys.key.redis=4s"], &["D22"]);
    check(SMALL, &["redis.ttl=60s", "workload.keys.key.redis=3s"], &[]);
    // A group with few of the look-ups does not count.
    let keys = |share: u32| {
        format!(
            "workload.keys=[{{ name = \"key\", count = 1000, share = 97 }}, {{ name = \"rare\", count = 10, \
             share = {share}, ttl = \"1 h\" }}]"
        )
    };
    check(SMALL, &[&keys(3)], &[]);
    check(SMALL, &[&keys(10)], &["D22"]);
}

#[test]
fn waves_that_do_not_fit_the_window_are_found() {
    let even = "redis.ttl_jitter=0%";
    check(SMALL, &[even, "duration=19s"], &[]);
    check(SMALL, &[even, "duration=20500ms"], &["D23"]);
    check(SMALL, &["duration=20500ms"], &[]);
    // Fewer than five waves, although they are whole.
    check(SMALL, &[even, "duration=16s"], &["D23"]);
}

/// 20,000 keys without a TTL fill for minutes at 400 requests a second; twenty are there at once.
#[test]
fn a_cache_that_still_fills_is_found() {
    let text = SMALL.replace("ttl = \"3 s\"\nttl_jitter = \"10 %\"", "memory = \"1 GiB\"");
    assert_ne!(text, SMALL);
    check(&text, &["workload.keys.key.count=20000", "database.workers=20"], &["D20"]);
    check(&text, &["workload.keys.key.count=20"], &[]);
    // What changes after an event is the event's doing.
    let event = "event=[{ at = \"8 s\", slow = { of = \"database\", for = \"1 s\", factor = 1.1 } }]";
    check(&text, &["workload.keys.key.count=20000", "database.workers=20", event], &[]);
}

/// As it was shipped first: a TTL of 60 s, of which 45 s were measured after a warm-up of 15 s.
#[test]
fn baseline_is_warm_when_it_is_measured() {
    let baseline = include_str!("../scenarios/baseline.toml");
    let was = run(baseline, &["duration=60s", "warmup=15s", "replications=3"]);
    assert_eq!(codes(&was), ["D20", "D22"]);
    assert!(!was.fit().is_warm());
    let is = run(baseline, &["replications=3"]);
    assert_eq!(codes(&is), [""; 0]);
    assert!(is.fit().is_warm());
}
