//! Batch loads and Bloom filters, by counts that follow from what they are.

use crate::common::{assert_near, run, value};

/// Nobody asks for the keys of the batch.
const LOADED: &str = r#"
name = "loaded"
duration = "20 s"
replications = 1
[workload]
arrivals = { constant = "10/s" }
[[workload.keys]]
name = "key"
count = 1_000
share = 0
[[workload.keys]]
name = "other"
count = 1
[redis]
ttl = "1 h"
[database]
workers = 8
read = "5 ms"
"#;

#[test]
fn a_batch_stores_each_key_once_and_asks_the_database_only_if_told_to() {
    for (settings, keys, loads) in [
        ("", 1_000.0, 0.0),
        ("top = 300", 300.0, 0.0),
        ("from = \"database\"", 1_000.0, 1_000.0),
        ("from = \"database\", top = 300", 300.0, 300.0),
        ("top = 5_000", 1_000.0, 0.0),
    ] {
        let settings = if settings.is_empty() { String::new() } else { format!(", {settings}") };
        let load =
            format!("event=[{{ at = \"1 s\", load = {{ group = \"key\", rate = \"200/s\"{settings} }} }}]");
        let outcome = run(LOADED, &[&load]);
        // The other key is loaded once.
        assert_near(&settings, value(&outcome, "redis.entries"), keys + 1.0, 0.0);
        assert_near(&settings, value(&outcome, "database.loads"), loads + 1.0, 0.0);
        assert_near(&settings, value(&outcome, "client.failed"), 0.0, 0.0);
    }
}

#[test]
fn a_batch_goes_at_its_rate_and_ends_with_the_arrivals() {
    let load = "event=[{ at = \"1 s\", load = { group = \"key\", rate = \"40/s\", from = \"database\" } }]";
    let loads = |duration: &str| value(&run(LOADED, &[load, duration]), "database.loads") - 1.0;
    // The first at 1 s, then one every 25 ms.
    assert_near("within 3 s more", loads("duration=4010 ms"), 121.0, 0.0);
    assert_near("to the end", loads("duration=20 s"), 760.0, 0.0);
}

#[test]
fn copies_of_a_batch_have_the_ttl_of_their_group_and_its_jitter() {
    let load = "event=[{ at = \"0 s\", load = { group = \"key\", rate = \"10000/s\" } }]";
    for (setting, left) in
        [("workload.keys.key.ttl=\"10 s\"", 1.0), ("workload.keys.key.ttl=\"30 s\"", 1_001.0)]
    {
        let outcome = run(LOADED, &[load, setting]);
        assert_near(setting, value(&outcome, "redis.entries"), left, 0.0);
    }
    // Of TTLs between 10 and 30 s half are over at 20 s: 3.3 deviations of a fair coin, and the 0.1 s of the batch.
    let outcome = run(LOADED, &[load, "redis.ttl=\"20 s\"", "redis.ttl_jitter=\"50 %\""]);
    assert_near("jitter", value(&outcome, "redis.entries"), 501.0, 3.3 * (1_000_f64 * 0.25).sqrt() + 5.0);
}

/// Half of the requests are for keys that exist.
const FILTERED: &str = r#"
name = "filtered"
duration = "50 s"
replications = 1
[workload]
arrivals = { poisson = "2000/s" }
[[workload.keys]]
name = "key"
count = 1_000
[[workload.keys]]
name = "nothing"
count = 1_000_000
popularity = "uniform"
exists = false
[app]
bloom_filter = { false_positives = "5 %" }
[redis]
[database]
workers = 1000
read = "0 s"
"#;

#[test]
fn a_bloom_filter_lets_through_what_exists_and_its_share_of_what_does_not() {
    let outcome = run(FILTERED, &[]);
    // Requests of each kind come 50,000 times, and so do those that the filter answers: 3.3 deviations of a count.
    let absent = 1_000.0 * 50.0;
    let answered = value(&outcome, "app.filter_answers_per_s") * 50.0;
    assert_near("answered", answered, 0.95 * absent, 3.3 * (0.95 * absent).sqrt());
    let ratio = value(&outcome, "app.filter_false_positive_ratio");
    assert_near("passed", ratio, 0.05, 3.3 * (0.05_f64 * 0.95 / absent).sqrt());
    // All others look into Redis, and no request is lost.
    let requests = value(&outcome, "client.requests");
    assert_near("others", value(&outcome, "redis.look_ups"), requests - answered, 0.5);
    assert_near("failed", value(&outcome, "client.failed"), 0.0, 0.0);
    assert_near("size", value(&outcome, "app.filter_memory_bytes"), 1_000.0 * 6.235_2 / 8.0, 1.0);
}

/// Which keys it takes for others is a matter of their hashes.
#[test]
fn a_bloom_filter_is_wrong_about_a_key_always_or_never() {
    let one_key = "workload.keys.nothing.count=1";
    let ratio = |seed: u32| {
        let arguments =
            [one_key, &format!("seed={seed}"), "duration=2 s", "app.bloom_filter.false_positives=50 %"];
        value(&run(FILTERED, &arguments), "app.filter_false_positive_ratio")
    };
    let ratios: Vec<f64> = (1..=20).map(ratio).collect();
    assert!(ratios.iter().all(|ratio| [0.0, 1.0].contains(ratio)), "{ratios:?}");
    // A fair coin of twenty tosses: within 3.3 deviations of ten.
    assert_near("wrong", ratios.iter().sum(), 10.0, 3.3 * 5_f64.sqrt());
}
