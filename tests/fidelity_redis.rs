//! Redis as its documentation says that it is, and as a real server was measured.

mod common;

use common::{assert_mean, assert_near, run, value, values};

/// One node with room for a few of many keys, each asked for in turn.
const FULL: &str = r#"
name = "full"
duration = "10 s"
replications = 1
[workload]
arrivals = { constant = "100/s" }
[[workload.keys]]
name = "lasting"
count = 50
popularity = "scan"
[redis]
memory = "865 KiB"
policy = "noeviction"
[database]
workers = 100
read = "1 ms"
"#;

/// Redis' documentation on `maxmemory`: what is there is served and can be deleted, and no more is taken in.
#[test]
fn when_memory_is_full_noeviction_refuses_writes_only() {
    let full = run(FULL, &[]);
    // 865 KiB are 885,760 bytes, of which the server takes 860,000. The check comes before the write, so that the last
    // copy goes beyond.
    let held = value(&full, "redis.entries");
    let memory = value(&full, "redis.memory_bytes");
    assert!(memory > 25_760.0 && memory <= 25_760.0 + memory / held, "{held} copies take {memory} bytes");
    // Each key that is held was asked for 20 times and missed once; whoever else asked was refused his copy.
    let look_ups = value(&full, "redis.look_ups");
    assert_near("hits", value(&full, "redis.hit_ratio") * look_ups, held * 19.0, 1e-6);
    assert_near("refused", value(&full, "redis.refused_per_s") * 10.0, look_ups - held * 20.0, 1e-6);
    for evicted in ["redis.evicted_memory_per_s", "redis.rejected_per_s", "client.failed"] {
        assert_near(evicted, value(&full, evicted), 0.0, 0.0);
    }
    // A delete works, and makes room for another copy: more are stored than there is room for at once.
    let written = run(FULL, &["workload.keys.lasting.writes=100/s"]);
    assert!(value(&written, "redis.invalidated_per_s") * 10.0 > held);
    assert!(value(&written, "redis.entries") <= held + 1.0);
}

/// A lock is a write as well: who is refused it asks the database alone, and so does everyone else.
#[test]
fn when_memory_is_full_locks_are_refused_too() {
    let lock = "redis.coalesce={ lock = {} }";
    let full = run(FULL, &[lock]);
    let without = run(FULL, &[]);
    let refused = |outcome| value(outcome, "redis.refused_per_s");
    // The lock and the copy, each time but the first ones.
    assert_near("refused", refused(&full), 2.0 * refused(&without), 0.2);
    assert_near("failed", value(&full, "client.failed"), 0.0, 0.0);
}

/// Redis' documentation: with `volatile-*` and no key that has a TTL, as `noeviction`; and otherwise only keys that have
/// one leave.
#[test]
fn volatile_policies_spare_keys_without_a_ttl() {
    let brief = "workload.keys.lasting.ttl=1 h";
    let refused = value(&run(FULL, &[]), "redis.refused_per_s");
    for policy in ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"] {
        let policy = format!("redis.policy={policy}");
        let lasting = run(FULL, &[&policy]);
        assert_near(&policy, value(&lasting, "redis.refused_per_s"), refused, 0.0);
        assert_near(&policy, value(&lasting, "redis.evicted_memory_per_s"), 0.0, 0.0);
        let brief = run(FULL, &[&policy, brief]);
        assert_near(&policy, value(&brief, "redis.refused_per_s"), 0.0, 0.0);
        assert!(value(&brief, "redis.evicted_memory_per_s") > 10.0, "{policy}");
    }
}

/// One key that everyone reads, over a network of which each answer takes 1.024 ms; nothing else takes time.
const NARROW: &str = r#"
name = "narrow"
duration = "110 s"
warmup = "10 s"
replications = 10
[workload]
arrivals = { poisson = "500/s" }
[[workload.keys]]
name = "key"
count = 1
[client]
timeout = "none"
[app]
workers = "none"
[redis]
bandwidth = "8 Mbit/s"
round_trip = "0 s"
timeout = "none"
pool = { size = 100_000, timeout = "none" }
service = { get = "0 s", set = "0 s", per_kib = "0 s" }
"#;

/// A line that takes as long for each message is M/D/1: mean wait ρS / 2(1 - ρ) (Pollaczek and Khinchine). The name of
/// the key, five bytes at 1 byte/µs, comes before, on another line; behind a slower one that changes no wait in sum
/// (Friedman, Operations Research 1965: tandem queues of constant service).
#[test]
fn a_nodes_network_is_a_queue_of_constant_service() {
    for (rate, within) in [(200.0, 0.005), (500.0, 0.01), (800.0, 0.04)] {
        let outcome = run(NARROW, &[&format!("workload.arrivals.poisson={rate}/s")]);
        let service = 0.001_024;
        let rho = rate * service;
        let what = format!("ρ = {rho}");
        let latencies = values(&outcome, "redis.hit_latency_mean_seconds");
        let expected = 0.000_005 + service + rho * service / (2.0 * (1.0 - rho));
        assert_mean(&what, &latencies, expected, within);
        assert_mean(&what, &values(&outcome, "redis.network_utilisation_max"), rho, 0.02);
    }
}

/// What is written comes in, what is read goes out: a value that fills one line leaves the other free.
#[test]
fn a_nodes_network_is_as_wide_each_way() {
    // Each key is read once: its name comes in, then name and value; nothing goes out.
    let written = run(
        NARROW,
        &[
            "workload.keys.key.count=1000000",
            "workload.keys.key.popularity=scan",
            "workload.arrivals={ constant = \"100/s\" }",
            "warmup=0 s",
            "duration=10 s",
            "replications=1",
        ],
    );
    // "key:1" to "key:1000", twice each, and 1,024 bytes: 1.0398 ms of each 10 ms, but for the last one.
    let names = (1..1_000).map(|rank| 4.0 + f64::from(u32::ilog10(rank) + 1)).sum::<f64>();
    let bytes = 2.0 * names + 999.0 * 1_024.0;
    assert_near("in", value(&written, "redis.network_utilisation_max"), bytes * 1e-6 / 10.0, 1e-6);
}

/// Keys that are asked for once, and never again.
const ONCE: &str = r#"
name = "once"
duration = "20 s"
warmup = "5 s"
replications = 1
[workload]
arrivals = { constant = "10000/s" }
[[workload.keys]]
name = "key"
count = 1_000_000
popularity = "scan"
[app]
workers = "none"
[redis]
ttl = "1 s"
pool = { size = 1000 }
"#;

/// Redis' documentation on EXPIRE: without being asked for them a server removes copies past their TTL as long as it finds
/// more than a tenth of them, and works for it.
#[test]
fn a_node_gives_memory_back_by_itself() {
    let active = run(ONCE, &[]);
    let lazy = run(ONCE, &["redis.active_expiry=false"]);
    // Twenty keys do not tell a tenth well: with a fifth of them stale, two or fewer are found one time in five
    // (binomial), and the cycle ends.
    let stale = 1.0 - 10_000.0 / value(&active, "redis.entries");
    assert!((0.1..0.25).contains(&stale), "{stale}");
    assert_near("lazy", value(&lazy, "redis.entries"), 200_000.0, 100.0);
    assert_near("expired", value(&active, "redis.expired_per_s"), 10_000.0, 100.0);
    assert_near("lazily", value(&lazy, "redis.expired_per_s"), 0.0, 0.0);
    // 3.3 µs for each.
    let work = |outcome| value(outcome, "redis.node_utilisation_max");
    assert_near("work", work(&active) - work(&lazy), 10_000.0 * 3.3e-6, 0.000_5);
    for both in ["client.requests", "redis.hit_ratio", "client.failed"] {
        assert_near(both, value(&active, both), value(&lazy, both), 0.0);
    }
}
