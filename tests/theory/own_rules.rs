//! Caches whose key groups have TTLs of their own, or none of their keys in a cache, against closed forms; and how
//! often instances ask for a hot key, by the way in which requests are spread over them.

use crate::common::{assert_mean, assert_near, each, run, ttl_hit_ratio};
use cachestorm::experiment::Outcome;
use cachestorm::measure::{Layer, Outcome as Found};
use statrs::distribution::{DiscreteCDF, Poisson};

/// Two groups of one key each, 5 requests a second for each key, and nothing that takes time.
const TWO: &str = r#"
name = "two"
duration = "410 s"
warmup = "10 s"
replications = 10
[workload]
arrivals = "10/s"
[[workload.keys]]
name = "long"
count = 1
[[workload.keys]]
name = "short"
count = 1
[app]
workers = "none"
round_trip = "0 s"
[redis]
ttl = "2 s"
round_trip = "0 s"
service = { get = "0 s", set = "0 s", other = "0 s", per_kib = "0 s" }
"#;

fn counts(outcome: &Outcome, layer: Layer, group: usize, which: impl Fn(Found) -> bool) -> Vec<f64> {
    each(outcome, |record| {
        let cache = record.layers.caches[layer as usize].as_ref().expect("the layer is there");
        let of =
            |found: &Found| if which(*found) { cache.outcomes[group][*found as usize] as f64 } else { 0.0 };
        Found::ALL.iter().map(of).sum()
    })
}

/// The share of a group's look-ups that found a copy, in each replication.
fn hit_ratios(outcome: &Outcome, layer: Layer, group: usize) -> Vec<f64> {
    let hits = counts(outcome, layer, group, |found| found == Found::Hit);
    let all = counts(outcome, layer, group, |_| true);
    hits.iter().zip(&all).map(|(hits, all)| hits / all).collect()
}

/// A copy lives for T from its fill, and the next request comes 1/λ later: λT hits for one miss.
#[test]
fn each_group_hits_with_its_own_ttl() {
    for short in ["workload.keys.short.redis=200 ms", "workload.keys.short.ttl=200 ms"] {
        let outcome = run(TWO, &[short]);
        assert_mean("long", &hit_ratios(&outcome, Layer::Redis, 0), ttl_hit_ratio(5.0, 2.0), 0.02);
        assert_mean("short", &hit_ratios(&outcome, Layer::Redis, 1), ttl_hit_ratio(5.0, 0.2), 0.02);
    }
    let process = ["redis=none", "process={ ttl = \"2 s\" }", "app.instances=1"];
    let arguments = [process.as_slice(), &["workload.keys.short.process.ttl=200 ms"]].concat();
    let outcome = run(TWO, &arguments);
    assert_mean("long", &hit_ratios(&outcome, Layer::Process, 0), ttl_hit_ratio(5.0, 2.0), 0.02);
    assert_mean("short", &hit_ratios(&outcome, Layer::Process, 1), ttl_hit_ratio(5.0, 0.2), 0.02);
}

/// A soft TTL of one group renews its copies and no other's: with S before the next request has them renewed, one request
/// in λS + 1 finds an old copy, as long as no copy comes to its end.
#[test]
fn each_group_is_renewed_after_its_own_soft_ttl() {
    let own = ["redis.ttl=1 h", "workload.keys.short.redis.soft_ttl=200 ms"];
    let outcome = run(TWO, &own);
    let stale = |group| {
        let stale = counts(&outcome, Layer::Redis, group, |found| found == Found::Stale);
        let all = counts(&outcome, Layer::Redis, group, |_| true);
        stale.iter().zip(&all).map(|(stale, all)| stale / all).collect::<Vec<f64>>()
    };
    assert_mean("short", &stale(1), 1.0 / (1.0 + 5.0 * 0.2), 0.02);
    assert!(stale(0).iter().all(|share| *share == 0.0), "{:?}", stale(0));
    // The other way round: a group has none where the cache has one.
    let none = ["redis.ttl=1 h", "redis.soft_ttl=200 ms", "workload.keys.short.redis.soft_ttl=none"];
    let outcome = run(TWO, &none);
    let stale = counts(&outcome, Layer::Redis, 1, |found| found == Found::Stale);
    assert!(stale.iter().all(|count| *count == 0.0), "{stale:?}");
}

/// An excluded group is neither looked up nor stored, whichever cache it is; and each of its requests goes on.
#[test]
fn an_excluded_group_never_asks_and_never_fills_that_cache() {
    let both =
        ["process={ ttl = \"2 s\" }", "app.instances=1", "replications=1", "workload.keys.short.writes=1/s"];
    for (layer, other, excluded) in [
        (Layer::Redis, Layer::Process, "workload.keys.short.redis=false"),
        (Layer::Process, Layer::Redis, "workload.keys.short.process={ cached = false }"),
    ] {
        let outcome = run(TWO, &[both.as_slice(), &[excluded]].concat());
        assert_eq!(counts(&outcome, layer, 1, |_| true), [0.0], "{excluded}");
        assert!(counts(&outcome, layer, 0, |_| true)[0] > 100.0, "{excluded}");
        assert!(counts(&outcome, other, 1, |_| true)[0] > 100.0, "{excluded}");
        let record = &outcome.records()[0];
        let entries = record.layers.caches[layer as usize].as_ref().expect("the layer is there").entries;
        assert!(entries <= 1, "{excluded}: {entries} copies, of one other key");
    }
    let neither = ["workload.keys.short.redis=false", "workload.keys.short.process=false"];
    let outcome = run(TWO, &[both.as_slice(), &neither].concat());
    let record = &outcome.records()[0];
    let (arrived, all) = (record.clients.arrived, counts(&outcome, Layer::Process, 0, |_| true)[0]);
    // 5 a second for 400 s, give or take five standard deviations.
    assert_near("the other group's", all, 2_000.0, 5.0 * 2_000f64.sqrt());
    assert!(arrived as f64 > 1.8 * all, "{arrived} requests, {all} look-ups");
}

/// One key alone, 8 requests a second, 8 instances whose copies live for a second.
const SPREAD: [&str; 5] = [
    "workload.arrivals=8/s",
    "workload.keys=[{ name = \"hot\", count = 1 }]",
    "app.instances=8",
    "process={ ttl = \"1 s\" }",
    "redis.ttl=1 h",
];

fn asked_per_s(balance: &str) -> Vec<f64> {
    let balance = format!("app.balance={balance}");
    let outcome = run(TWO, &[SPREAD.as_slice(), &[&balance]].concat());
    let asked = counts(&outcome, Layer::Redis, 0, |_| true);
    asked.iter().zip(outcome.records()).map(|(asked, record)| asked / record.window_seconds()).collect()
}

/// Drawn at random, each instance has Poisson requests of rate λ/n: its period is T + n/λ.
#[test]
fn instances_that_are_drawn_ask_once_in_a_ttl_and_a_gap() {
    let (rate, n, ttl) = (8.0, 8.0, 1.0);
    assert_mean("random", &asked_per_s("random"), n / (ttl + n / rate), 0.03);
}

/// In turn, each instance gets every n-th request. In T after its fill there are K requests of all, Poisson with mean λT,
/// and ⌊K/n⌋ of them are its own; with the next one its period ends. By Wald's identity a period has 1 + E⌊K/n⌋
/// requests of one instance, and as many times n of all.
#[test]
fn instances_that_take_turns_ask_more_often() {
    let (rate, n, ttl) = (8.0, 8u64, 1.0);
    let all = Poisson::new(rate * ttl).expect("there are requests");
    // E⌊K/n⌋ = Σ P(K ≥ jn).
    let own: f64 = (1..=20).map(|j| all.sf(j * n - 1)).sum();
    let expected = rate / (1.0 + own);
    assert_near("by hand", expected, 5.144, 0.001);
    assert_mean("round-robin", &asked_per_s("round-robin"), expected, 0.02);
}
