//! What an instance keeps in its own cache, against closed forms and Caffeine's semantics.

use crate::common::{assert_mean, assert_near, each, interval, run, value, values};
use cachestorm::measure::{Layer, Outcome};

/// Four instances, one hot key and many cold ones, and a Redis that takes no time.
const HOT: &str = r#"
name = "hot"
duration = "70 s"
warmup = "10 s"
replications = 10
[workload]
arrivals = { poisson = "500/s" }
[[workload.keys]]
name = "hot"
count = 1
share = 4
[[workload.keys]]
name = "cold"
count = 1000
popularity = "uniform"
[app]
instances = 4
balance = "random"
[process]
ttl = "500 ms"
admit = { keys = ["hot:1"] }
[redis]
round_trip = "0 s"
service = { get = "0 s", set = "0 s" }
"#;

/// Groups are in the order of their names.
const COLD_KEYS: usize = 0;
const HOT_KEY: usize = 1;

fn look_ups(arguments: &[&str], layer: Layer, group: usize) -> Vec<f64> {
    let outcome = run(HOT, arguments);
    each(&outcome, |record| {
        let cache = record.layers.caches[layer as usize].as_ref().expect("the layer is there");
        cache.outcomes[group].iter().sum::<u64>() as f64 / record.window_seconds()
    })
}

/// In 60 s each instance asks 117.6 times, give or take how far into its period the window begins: by chance up to
/// half a period of each.
fn asked_once_per_instance_and_ttl(arguments: &[&str]) {
    let (rate, n, ttl) = (400.0, 4.0, 0.5);
    let asked = interval(&look_ups(arguments, Layer::Redis, HOT_KEY)).0;
    assert_near("hot", asked, n / (ttl + n / rate), n * 0.5 / 60.0);
}

/// Each of n instances asks Redis once in T + n/λ: its copy lives for T, and the next of its λ/n requests a second comes
/// n/λ later.
#[test]
fn a_node_is_asked_for_a_listed_key_once_per_instance_and_ttl() {
    asked_once_per_instance_and_ttl(&[]);
    // All others go by, and nothing of them is kept.
    // 6,000 of them in 60 s: the interval of ten replications is ± 1.95 on average, and varies by a quarter.
    assert_mean("cold", &look_ups(&[], Layer::Redis, COLD_KEYS), 100.0, 0.03);
    let outcome = run(HOT, &["replications=1"]);
    assert_near("kept", value(&outcome, "process.entries"), 4.0, 0.0);
    let cold = value(&outcome, "process.unwanted_per_s");
    assert_near("unwanted", cold, 100.0, 6.0);
}

/// As one instance sees it, the hot key comes 100 times a second, and a cold one every 40 s.
#[test]
fn instances_find_the_hot_key_by_themselves() {
    let hot = "process.admit={ hot = { reads = 20, window = \"1 s\" } }";
    asked_once_per_instance_and_ttl(&[hot]);
    assert_mean("cold", &look_ups(&[hot], Layer::Redis, COLD_KEYS), 100.0, 0.03);
    // What never comes often enough is asked for each time.
    let rarer = "process.admit={ hot = { reads = 200, window = \"1 s\" } }";
    assert_mean("never", &look_ups(&[rarer], Layer::Redis, HOT_KEY), 400.0, 0.02);
}

#[test]
fn a_key_that_has_cooled_down_is_not_renewed() {
    let cools = [
        "process={ soft_ttl = \"100 ms\", ttl = \"20 s\", admit = { hot = { reads = 50, window = \"1 s\" } } }",
        "event=[{ at = \"5 s\", rate_change = { factor = 0.05 } }]",
        "duration=20 s",
        "replications=1",
    ];
    let renewed = |warmup: &str, more: &str| {
        value(&run(HOT, &[&cools[..], &[warmup, more]].concat()), "process.refresh_rate_per_s")
    };
    // Four instances, each about every 110 ms for a fifth of the time.
    assert!(renewed("warmup=1 s", "seed=1") > 4.0);
    // A second after the change the window holds five reads, and the copies are served until their TTL.
    assert_near("cold", renewed("warmup=6 s", "seed=1"), 0.0, 0.0);
    assert!(renewed("warmup=6 s", "process.admit=all") > 4.0);
}

/// A user who asks ten times a second, and a database that takes 250 ms.
const REFRESH: &str = r#"
name = "refresh"
duration = "60 s"
replications = 1
[workload]
arrivals = { users = { count = 1, think = "100 ms" } }
[[workload.keys]]
name = "key"
count = 1
[process]
soft_ttl = "1 s"
ttl = "10 s"
[database]
workers = 10
read = "250 ms"
round_trip = "0 s"
"#;

/// Caffeine's `refreshAfterWrite`: the first access past it starts one reload, and all are served the old value.
#[test]
fn the_first_access_past_the_soft_limit_renews_and_nobody_waits() {
    // The first request comes at 100 ms and waits; after that one comes every 100 ms.
    let (mut soft, mut busy_until) = (1_350, 350);
    let (mut loads, mut stale, mut requests) = (1, 0, 1);
    for now in (450..60_000).step_by(100) {
        requests += 1;
        if now >= busy_until && soft < busy_until {
            soft = busy_until + 1_000;
        }
        if now >= soft {
            stale += 1;
            if now >= busy_until {
                (loads, busy_until) = (loads + 1, now + 250);
            }
        }
    }
    let outcome = run(REFRESH, &[]);
    assert_near("requests", value(&outcome, "client.requests"), f64::from(requests), 0.0);
    assert_near("loads", value(&outcome, "process.refresh_rate_per_s") * 60.0, f64::from(loads - 1), 1e-6);
    let ratio = f64::from(stale) / f64::from(requests);
    assert_near("stale", value(&outcome, "process.stale_hit_ratio"), ratio, 1e-9);
    let waited = value(&outcome, "client.latency_mean_seconds") * f64::from(requests);
    assert_near("waited", waited, 0.250, 1e-9);
}

#[test]
fn a_reload_that_fails_keeps_the_old_value() {
    let outcome = run(
        REFRESH,
        &["event=[{ at = \"1 s\", outage = { of = \"database\", for = \"8 s\" } }]", "duration=9 s"],
    );
    assert_near("failed", value(&outcome, "client.failed"), 0.0, 0.0);
    let misses = each(&outcome, |record| {
        let cache = record.layers.caches[Layer::Process as usize].as_ref().expect("it is there");
        cache.total(Outcome::Miss) as f64
    });
    assert_near("misses", misses[0], 1.0, 0.0);
    // Past the hard limit there is nothing left to serve.
    let outcome = run(
        REFRESH,
        &["event=[{ at = \"1 s\", outage = { of = \"database\", for = \"20 s\" } }]", "duration=15 s"],
    );
    assert!(value(&outcome, "client.failed") > 30.0);
}

/// One instance that reads a key for 50 ms, and writes it at once.
const RACE: &str = r#"
name = "race"
duration = "200 s"
replications = 10
[workload]
arrivals = { poisson = "50/s" }
[[workload.keys]]
name = "key"
count = 1
writes = "4/s"
[process]
ttl = "60 s"
versioned_fill = true
[database]
workers = 1000
read = "50 ms"
write = "0 s"
round_trip = "0 s"
pool = { size = 1000 }
"#;

/// A load of length D begins without knowing when the next write comes, and 1 − exp(−μD) of them see one. What is
/// stored after that is stale until the next write; with `versioned_fill` only who has asked himself gets it.
#[test]
fn a_load_that_a_write_overtakes_is_not_stored() {
    let outcome = run(RACE, &[]);
    let outdated = values(&outcome, "process.outdated_per_s");
    let loads = values(&outcome, "process.origin_rate_per_s");
    let ratios: Vec<f64> = outdated.iter().zip(&loads).map(|(outdated, loads)| outdated / loads).collect();
    assert_mean("outdated", &ratios, 1.0 - (-4.0_f64 * 0.050).exp(), 0.13);
    let stalest =
        |arguments: &[&str]| interval(&values(&run(RACE, arguments), "client.staleness_max_seconds")).0;
    assert!(stalest(&[]) <= 0.0503, "{}", stalest(&[]));
    assert!(stalest(&["process.versioned_fill=false"]) > 0.5);
    // Caffeine's loading caches are like that.
    let caffeine = stalest(&["process={ profile = \"caffeine\", ttl = \"60 s\" }"]);
    assert!(caffeine <= 0.0503, "{caffeine}");
}

/// The same with a reload in the background: what a write has invalidated does not come back.
#[test]
fn a_write_during_a_refresh_discards_its_result() {
    let refresh = "process={ soft_ttl = \"100 ms\", ttl = \"60 s\", versioned_fill = true }";
    let stalest =
        |more: &str| interval(&values(&run(RACE, &[refresh, more]), "client.staleness_max_seconds")).0;
    assert!(stalest("seed=1") <= 0.0503);
    // Otherwise it does, until the next reload is back.
    assert!(stalest("process.versioned_fill=false") > 0.1);
}
