//! Mistakes that cache simulators are known for, each as a property that must not break.

mod common;

use cachestorm::experiment::Outcome;
use cachestorm::measure::{CacheRecord, Failure, Layer, Outcome as LookUp, Record};
use common::{assert_near, one_of, run, value};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// All layers, one replication, nobody too impatient. When the end comes, all reads have had their answers.
const PATIENT: &str = r#"
name = "patient"
duration = "60 s"
replications = 1
[workload]
arrivals = { stages = [{ for = "4500 ms", rate = "400/s" }, { for = "1 s", rate = "0/s" }] }
users = 50
[[workload.keys]]
name = "key"
count = 100
writes = "10/s"
[client]
timeout = "none"
[app]
instances = 2
workers = "none"
[process]
ttl = "200 ms"
[redis]
nodes = 2
ttl = "800 ms"
timeout = "none"
pool = { size = 20, timeout = "none" }
[database]
workers = 10
read = { exponential = "5 ms" }
pool = { size = 10, timeout = "none" }
"#;

fn record(outcome: &Outcome) -> &Record {
    &outcome.records()[0]
}

fn origin_requests_expected(cache: &CacheRecord) -> u64 {
    let asked = [LookUp::Miss, LookUp::Revalidated, LookUp::Bypass].map(|outcome| cache.total(outcome));
    asked.iter().sum::<u64>() + cache.refreshes
}

fn fronts() -> impl Strategy<Value = Vec<&'static str>> {
    one_of(&[
        "",
        "browser={ ttl = \"500 ms\", disabled = \"30 %\" }",
        "cdn={ ttl = \"100 ms\", stale_while_revalidate = \"1 s\", edges = 2, regions = [{ name = \"all\", round_trip = \"5 ms\" }] };;workload.keys.key.purge=true",
        "gateway={ ttl = \"50 ms\", keep = \"1 s\" }",
        "gateway={ ttl = \"50 ms\", personal = \"share\", coalesce = \"single-flight\" };;workload.keys.key.personal=true",
        "browser={ ttl = \"500 ms\" };;cdn={ ttl = \"100 ms\", keep = \"1 s\", regions = [{ name = \"all\", round_trip = \"5 ms\" }] };;gateway={ ttl = \"50 ms\", stale_while_revalidate = \"100 ms\" }",
        "cdn={ ttl = \"100 ms\", edges = 3, regions = [{ name = \"all\", round_trip = \"5 ms\" }], shield = { ttl = \"300 ms\", round_trip = \"2 ms\" } };;gateway={ ttl = \"50 ms\", coalesce = { lock = { poll = \"10 ms\" } } }",
    ])
}

fn process() -> impl Strategy<Value = Vec<&'static str>> {
    one_of(&[
        "",
        "process=none",
        "process.coalesce=single-flight",
        "process.admit={ hot = { reads = 3, window = \"500 ms\" } }",
        "process.soft_ttl=100 ms",
        "process.soft_ttl=100 ms;;process.coalesce=single-flight",
        "process.early_refresh=1.0;;process.coalesce=single-flight",
        "process.capacity={ entries = 10 };;process.ttl_jitter=30 %",
    ])
}

fn redis() -> impl Strategy<Value = Vec<&'static str>> {
    one_of(&[
        "",
        "redis=none",
        "redis.coalesce=single-flight",
        "redis.coalesce={ lock = { poll = \"5 ms\" } }",
        "redis.coalesce={ lock = { poll = \"5 ms\", losers = \"serve-stale\" } };;redis.soft_ttl=200 ms",
        "redis.soft_ttl=200 ms",
        "redis.early_refresh=2.0",
        "redis.replicas={ lag = \"5 ms\", reads = \"any\" }",
        "redis.memory=900 KiB",
    ])
}

fn elsewhere() -> impl Strategy<Value = Vec<&'static str>> {
    one_of(&[
        "",
        "workload.keys.key.exists=false",
        "workload.keys.key.exists=false;;process.null_ttl=50 ms",
        "workload.arrivals={ constant = \"5/s\" };;event=[{ at = \"1 s\", flash_crowd = { key = \"key:7\", rate = \"500/s\", for = \"3 s\" } }]",
        "workload.keys.key.on_write=nothing",
        "workload.keys.key.on_write=delete-first",
        "workload.keys.key.session={ requests = 3, think = \"50 ms\" }",
        "event=[{ at = \"2 s\", flush = \"process\" }]",
        "event=[{ at = \"2 s\", restart = { for = \"1 s\", instance = 1 } }]",
        "app.instances=1;;app.workers=5;;database.workers=2",
    ])
}

/// Settings of a layer that is left out, and what befalls it, are left out with it.
fn without_contradictions(all: &[Vec<&'static str>]) -> Vec<&'static str> {
    let all = all.concat();
    let concerns = |argument: &str, layer: &str| {
        argument.starts_with(&format!("{layer}.")) || argument.contains(&format!("\"{layer}\""))
    };
    let absent: Vec<&str> = all.iter().filter_map(|argument| argument.strip_suffix("=none")).collect();
    // No crowd can ask for what is one user's own.
    let is_personal = all.iter().any(|argument| argument.ends_with("personal=true"));
    let keeps = |argument: &&&str| {
        absent.iter().all(|layer| !concerns(argument, layer))
            && !(is_personal && argument.contains("flash_crowd"))
    };
    all.iter().filter(keeps).copied().collect()
}

fn ensure(what: &str, left: u64, right: u64, arguments: &[&str]) -> Result<(), TestCaseError> {
    prop_assert_eq!(left, right, "{} with {:?}", what, arguments);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// What one layer does not serve itself, and nothing else, reaches the next one.
    #[test]
    fn a_hit_never_reaches_the_next_layer(f in fronts(), a in process(), b in redis(), c in elsewhere(), seed in 1u32..1_000) {
        let arguments = without_contradictions(&[f, a, b, c]);
        let seed = format!("seed={seed}");
        let outcome = run(PATIENT, &[&arguments[..], &[seed.as_str()]].concat());
        let record = record(&outcome);
        let check = |what: &str, left, right| ensure(what, left, right, &arguments);
        let clients = &record.clients;
        check("failed", clients.failures_total(), 0)?;
        let mut asked = clients.arrived - clients.writes;
        for cache in record.layers.caches.iter().flatten() {
            check("look-ups are what came from above", cache.look_ups_total(), asked)?;
            check("origin requests", cache.origin_requests, origin_requests_expected(cache))?;
            asked = cache.origin_requests;
        }
        let database = record.layers.database.as_ref().expect("there is a database");
        check("loads", database.loads, asked)?;
        // One may be on its way at the end.
        check("writes", database.writes.abs_diff(clients.writes) / 2, 0)?;
        check("answers", clients.answers.age.count(), clients.arrived - clients.writes)?;
    }
}

/// Everything too small, and everybody in a hurry.
const OVERLOADED: &str = r#"
name = "overloaded"
duration = "4 s"
replications = 1
[workload]
arrivals = { constant = "500/s" }
[[workload.keys]]
name = "key"
count = 1000
writes = "30/s"
[client]
timeout = "80 ms"
retries = { attempts = 1, backoff = "10 ms" }
[app]
instances = 2
workers = 8
queue = 4
[redis]
ttl = "1 s"
timeout = "5 ms"
pool = { size = 2, timeout = "2 ms" }
when_down = "fail"
[database]
workers = 2
queue = 3
read = { exponential = "20 ms" }
pool = { size = 6, timeout = "20 ms" }
timeout = "60 ms"
"#;

/// Disasters, each with a reason of failure that it must bring about.
const DISASTERS: [(&str, Failure); 9] = [
    ("seed=1", Failure::DatabaseQueueFull),
    ("database.pool.size=1", Failure::DatabasePoolTimeout),
    ("database.timeout=20 ms", Failure::DatabaseTimeout),
    ("client.timeout=10 ms", Failure::ClientTimeout),
    ("app.workers=1", Failure::AppQueueFull),
    ("redis.service={ get = \"6 ms\" }", Failure::RedisTimeout),
    ("redis.pool={ size = 1, timeout = \"100 us\" }", Failure::RedisPoolTimeout),
    ("event=[{ at = \"1 s\", outage = { of = \"database\", for = \"1 s\" } }]", Failure::DatabaseDown),
    ("event=[{ at = \"1 s\", restart = { for = \"1 s\" } }]", Failure::AppDown),
];

#[test]
fn requests_are_conserved_and_failures_have_one_reason_each() {
    for (disaster, expected) in DISASTERS {
        // Reads every 2 ms, the first after 2 ms, the last before 4 s; of them 749 before 1.5 s.
        for (warmup, reads) in [("warmup=0 s", 1_999), ("warmup=1500 ms", 1_250)] {
            let outcome = run(OVERLOADED, &[disaster, warmup]);
            let clients = &record(&outcome).clients;
            let ended = clients.completed + clients.failed.iter().sum::<u64>();
            assert_eq!(ended, reads + clients.writes, "{disaster}, {warmup}");
            assert_eq!(clients.latency.count(), clients.completed, "{disaster}");
            assert_eq!(clients.failed_after.count(), clients.failures_total(), "{disaster}");
            assert_near("failed", value(&outcome, "client.failed"), clients.failures_total() as f64, 0.0);
            assert!(clients.failed[expected as usize] > 0, "{disaster} brings about {}", expected.name());
        }
    }
}

const OUTAGE: &str = "event=[{ at = \"1 s\", outage = { of = \"redis\", for = \"2 s\" } }]";

#[test]
fn a_dead_cache_falls_through_or_fails_as_configured() {
    let base = ["process=none", "workload.keys.key.writes=0/s", OUTAGE];
    let through = run(PATIENT, &base);
    let redis =
        record(&through).layers.caches[Layer::Redis as usize].as_ref().expect("there is a shared cache");
    let bypassed = redis.total(LookUp::Bypass);
    // 400/s for 2 s: within 4 deviations of 28.
    assert_near("bypassed", bypassed as f64, 800.0, 113.0);
    assert_near("failed", value(&through, "client.failed"), 0.0, 0.0);
    assert_eq!(redis.origin_requests, redis.total(LookUp::Miss) + bypassed);

    let fails = run(PATIENT, &[&base[..], &["redis.when_down=fail"]].concat());
    let clients = &record(&fails).clients;
    let redis =
        record(&fails).layers.caches[Layer::Redis as usize].as_ref().expect("there is a shared cache");
    // What was under way when it went down could not store its copy, which is no failure.
    assert_eq!(clients.failed[Failure::RedisDown as usize], redis.total(LookUp::Bypass));
    assert_eq!(clients.failures_total(), redis.total(LookUp::Bypass));
    assert_eq!(redis.origin_requests, redis.total(LookUp::Miss));

    // One that hangs costs each caller its whole patience first.
    let hangs = OUTAGE.replace("for =", "hangs = true, for =");
    let hanging = run(
        PATIENT,
        &[&base[..2], &[hangs.as_str(), "redis.timeout=50 ms", "redis.pool.size=1000"]].concat(),
    );
    assert_near("failed", value(&hanging, "client.failed"), 0.0, 0.0);
    let slowest = value(&hanging, "client.latency_max_seconds");
    assert!(slowest > 0.050, "{slowest}");
}

#[test]
fn an_answer_that_comes_too_late_is_a_time_out() {
    let base = ["process=none", "redis.when_down=fail", "redis.round_trip=1 ms"];
    // Half a round trip, 12.3 µs, half a round trip.
    for (timeout, share) in [("redis.timeout=1005 us", 1.0), ("redis.timeout=2 ms", 0.0)] {
        let outcome = run(PATIENT, &[&base[..], &["workload.keys.key.writes=0/s", timeout]].concat());
        assert_near(timeout, value(&outcome, "client.error_ratio"), share, 0.0);
    }
}

/// One key, asked for every so often, in a cache that has room for everything.
const RARE: &str = r#"
name = "rare"
duration = "900 s"
replications = 1
[workload]
arrivals = { constant = "1/s" }
[[workload.keys]]
name = "key"
count = 1
"#;

#[test]
fn a_copy_past_its_ttl_is_not_served_though_nothing_evicts_it() {
    for (layer, ttl_of) in [("process", "process.ttl"), ("redis", "redis.ttl")] {
        let short = run(RARE, &[&format!("{ttl_of}=900 ms")]);
        assert_near("no hits", value(&short, &format!("{layer}.hit_ratio")), 0.0, 0.0);
        // A copy of 2.5 s serves the next two: of 900 every third misses.
        let long = run(RARE, &[&format!("{ttl_of}=2500 ms")]);
        assert_near("two of three", value(&long, &format!("{layer}.hit_ratio")), 2.0 / 3.0, 0.002);
        let oldest = record(&long).clients.answers.age.quantile_seconds(1.0).expect("there are answers");
        assert!(oldest <= 2.5, "{oldest}");
    }
}

/// Every millisecond somebody wants the key, and a load takes 100 ms.
const JOINERS: &str = r#"
name = "joiners"
duration = "10 s"
replications = 1
[workload]
arrivals = { constant = "1000/s" }
[[workload.keys]]
name = "key"
count = 1
[app]
workers = "none"
[process]
ttl = "900 ms"
coalesce = "single-flight"
[database]
workers = 1000
read = "100 ms"
round_trip = "0 s"
pool = { size = 1000 }
"#;

#[test]
fn coalescing_covers_cold_expired_and_renewed_copies_and_joiners_wait_the_rest() {
    let expired = run(JOINERS, &[]);
    assert_near("loads", value(&expired, "database.loads"), 10.0, 0.0);
    assert_near("herd", value(&expired, "database.concurrent_loads_per_key_max"), 1.0, 0.0);
    // Of each second the first 100 ms are a load: 1 leads, 99 wait 99, 98, … 1 ms. The hundredth is due when
    // the load ends, and may be counted either way.
    let joined = &record(&expired).layers.caches[Layer::Process as usize]
        .as_ref()
        .expect("there is a cache")
        .coalesced_latency;
    assert_near("mean wait", joined.mean_seconds().expect("some waited"), 0.050, 0.001);
    assert!(joined.quantile_seconds(1.0).expect("some waited") <= 0.0995);

    // A copy past its soft limit is renewed once, behind the backs of its readers, who all get it.
    let renewed = run(JOINERS, &["process.soft_ttl=500 ms"]);
    let cache = record(&renewed).layers.caches[Layer::Process as usize].as_ref().expect("there is a cache");
    assert_near("herd", value(&renewed, "database.concurrent_loads_per_key_max"), 1.0, 0.0);
    assert_eq!(cache.total(LookUp::Miss), 1, "only the first copy was missed");
    // A load, then 500 ms and a load again and again: 1 + (10 - 0.1) / 0.6.
    assert_near("loads", value(&renewed, "database.loads"), 17.0, 1.0);

    // Through a lock, too.
    let lock = "redis.coalesce={ lock = { poll = \"10 ms\" } }";
    let locked = run(JOINERS, &["process=none", "redis.ttl=900 ms", lock, "redis.pool.size=1000"]);
    assert_near("herd", value(&locked, "database.concurrent_loads_per_key_max"), 1.0, 0.0);
}

#[test]
fn a_pool_is_never_larger_than_its_size() {
    // A herd of hundreds on one key; of it, two instances of three connections let six through.
    let through_pool = run(JOINERS, &["process=none", "app.instances=2", "database.pool.size=3"]);
    assert_near("connections", value(&through_pool, "database.concurrent_loads_per_key_max"), 6.0, 0.0);
    assert_near("utilisation", value(&through_pool, "database.pool_utilisation_max"), 1.0, 0.002);
    // Six loads of 100 ms at a time: 60 a second.
    let answered = record(&through_pool).clients.completions.values().iter().sum::<f64>();
    assert_near("answers within the window", answered, 600.0, 6.0);
}
