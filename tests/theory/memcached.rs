//! Memcached as the shared cache: its threads against Erlang, its memory and its clients against direct counts.

use crate::common::{assert_mean, assert_near, each, erlang_c, interval, run, value, values};
use cachestorm::cache::memcached_charge;
use cachestorm::experiment::Outcome;

/// One server with nothing but its own work: a GET of a key that is there takes as long as it takes.
const SERVER: &str = r#"
name = "server"
duration = "40 s"
warmup = "10 s"
replications = 10
[workload]
arrivals = { poisson = "2000/s" }
[[workload.keys]]
name = "key"
count = 1
[client]
timeout = "none"
[app]
workers = "none"
[redis]
profile = "memcached-1.6"
timeout = "none"
round_trip = "0 s"
pool = { size = 100_000, timeout = "none" }
service = { get = "1 ms", set = "0 s", per_kib = "0 s" }
"#;

/// The mean time in a system of `servers` whose service takes `service` always, by Lindley's recursion for several servers
/// (Kiefer and Wolfowitz, 1955) over so many customers: an event simulation that shares nothing with ours.
fn mean_time(servers: usize, rate: f64, service: f64, customers: usize) -> f64 {
    let mut state = 42_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    // What is left to do for each server, smallest first, when the next customer comes.
    let mut left = vec![0.0_f64; servers];
    let mut total = 0.0;
    for _ in 0..customers {
        total += left[0] + service;
        left[0] += service;
        let gap = -uniform().ln() / rate;
        for left in &mut left {
            *left = (*left - gap).max(0.0);
        }
        left.sort_by(f64::total_cmp);
    }
    total / customers as f64
}

fn with_threads(threads: u32, more: &[&str]) -> Outcome {
    let server = format!("redis.server={{ memcached = {{ threads = {threads} }} }}");
    run(SERVER, &[&[server.as_str()], more].concat())
}

/// 2,000 requests a second of 1 ms each are half of what four threads can do; one alone could not. About 50,000 requests and
/// more in each of ten runs, and two million in the recursion: its own error is about 0.1 %.
#[test]
fn four_threads_are_a_queue_with_four_servers() {
    for (threads, rate) in [(4, 2_000.0), (4, 3_400.0), (2, 1_600.0)] {
        let expected = mean_time(threads as usize, rate, 0.001, 2_000_000);
        let arrivals = format!("workload.arrivals.poisson={rate}/s");
        let outcome = with_threads(threads, &[&arrivals]);
        let what = format!("{threads} threads, {rate}/s");
        let latency = values(&outcome, "client.latency_mean_seconds");
        let (mean, half) = interval(&latency);
        assert!((mean - expected).abs() <= half + 0.002 * expected, "{what}: {mean} ± {half}, {expected}");
        assert!(half <= 0.04 * expected, "{what}: {mean} ± {half} is too vague");
        let busy = rate * 0.001 / f64::from(threads);
        assert_mean(&what, &values(&outcome, "redis.node_utilisation_max"), busy, 0.01);
    }
}

/// The size of each of 5,000 keys is drawn, and a GET takes a time by it: M/M/4, whose mean wait is C S / (4 (1 - ρ)), with
/// the load that the keys of a replication happen to be. 100,000 requests in each of ten runs.
#[test]
fn with_exponential_service_the_wait_is_erlangs() {
    for (rate, within) in [(2_800.0, 0.1), (3_400.0, 0.25)] {
        let arrivals = format!("workload.arrivals.poisson={rate}/s");
        let sizes = [
            arrivals.as_str(),
            "workload.keys.key.count=5000",
            "workload.keys.key.popularity=uniform",
            "workload.keys.key.size={ exponential = \"100 KiB\" }",
            "redis.server.memcached.largest_item=1 GiB",
            "redis.memory=100 GiB",
            "redis.service={ get = \"0 s\", per_kib = \"10 us\" }",
            "warmup=15 s",
            "duration=50 s",
        ];
        let outcome = run(SERVER, &sizes);
        let latencies = values(&outcome, "client.latency_mean_seconds");
        let loads = values(&outcome, "redis.node_utilisation_max");
        let waits = latencies.into_iter().zip(loads).map(|(latency, rho)| {
            let service = 4.0 * rho / rate;
            let expected = erlang_c(4, rho) * service / (4.0 * (1.0 - rho));
            (latency - service) / expected
        });
        assert_mean(&arrivals, &waits.collect::<Vec<f64>>(), 1.0, within);
    }
}

/// Some servers that keep all they are given, far from any limit.
const SERVERS: &str = r#"
name = "servers"
duration = "10 s"
replications = 1
[workload]
arrivals = { constant = "1000/s" }
[[workload.keys]]
name = "key"
count = 1000
popularity = "scan"
size = "1000 B"
[client]
timeout = "none"
[app]
workers = "none"
[redis]
profile = "memcached-1.6"
nodes = 3
round_trip = "0 s"
service = { get = "100 us", set = "0 s", other = "0 s", per_kib = "0 s" }
[database]
workers = 1000
read = "0 s"
write = "0 s"
round_trip = "0 s"
pool = { size = 1000 }
"#;

/// CRC-32 as IEEE 802.3 has it, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

/// How many of the thousand keys are on each of three servers.
fn keys_of_servers() -> [u32; 3] {
    let mut keys = [0; 3];
    for key in 1..=1000 {
        keys[(crc32(format!("key:{key}").as_bytes()) % 3) as usize] += 1;
    }
    keys
}

#[test]
fn a_key_is_on_the_server_that_its_checksum_says() {
    // The check value of the algorithm, from Williams' catalogue.
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    let outcome = run(SERVERS, &[]);
    for (node, keys) in keys_of_servers().into_iter().enumerate() {
        let busy = each(&outcome, |record| {
            record.layers.redis_nodes.as_ref().expect("there are servers").utilisations[node]
        });
        // Each key is asked for once a second, for 100 µs of one of four threads.
        assert_near(&format!("server {node}"), busy[0], f64::from(keys) * 100e-6 / 4.0, 1e-5);
    }
}

/// What dies with a server is its keys, and it is back without any of them; nobody else takes its place meanwhile.
#[test]
fn a_server_that_was_away_is_back_empty() {
    let of_second = f64::from(keys_of_servers()[1]);
    let event = "event=[{ at = \"5 s\", failover = { node = 2, after = \"1 us\" } }]";
    let outcome = run(SERVERS, &[event]);
    assert_near("lost", value(&outcome, "redis.lost_copies"), of_second, 0.0);
    let misses = value(&outcome, "redis.miss_ratio") * value(&outcome, "redis.look_ups");
    assert_near("misses", misses, 1000.0 + of_second, 1e-6);
    let away = run(SERVERS, &[&event.replace("1 us", "2 s"), "redis.when_down=fail"]);
    assert_near("away", value(&away, "client.failed"), 2.0 * of_second, 1.0);
}

/// A real memcached 1.6.18 with its own 64 MB keeps 56,640 values of 1,000 bytes.
#[test]
fn a_server_with_its_own_settings_keeps_as_many_copies_as_a_real_one() {
    let many = ["workload.arrivals.constant=10000/s", "workload.keys.key.count=80000", "redis.nodes=1"];
    let outcome = run(SERVERS, &many);
    let entries = value(&outcome, "redis.entries");
    assert_near("copies", entries, 56_640.0, 0.001 * 56_640.0);
    let charge = memcached_charge(9, 1000);
    assert_near("memory", value(&outcome, "redis.memory_bytes"), entries * f64::from(charge), 0.0);
}

/// Of sizes between 0.5 and 1.5 MiB half are above 1 MiB, but for 59 bytes and a name: standard deviation 16 of 1,000.
#[test]
fn an_item_above_the_limit_is_never_kept() {
    let sizes = "workload.keys.key.size={ uniform = { low = \"512 KiB\", high = \"1536 KiB\" } }";
    let outcome = run(SERVERS, &[sizes, "redis.memory=10 GiB", "duration=3 s"]);
    let kept = value(&outcome, "redis.entries");
    assert_near("kept", kept, 500.0, 52.0);
    // Every key is asked for three times, but for one, which the run ends before.
    let hits = value(&outcome, "redis.hit_ratio") * value(&outcome, "redis.look_ups");
    assert_near("hits", hits, 2.0 * kept, 1.001);
    assert_near("refused", value(&outcome, "redis.rejected_per_s") * 3.0, 3.0 * (1000.0 - kept), 1.001);
    let larger = run(SERVERS, &[sizes, "redis.memory=10 GiB", "redis.server.memcached.largest_item=2 MiB"]);
    assert_near("all kept", value(&larger, "redis.entries"), 1000.0, 0.0);
}

/// With `-M` a full server refuses a new value, and what it has of the key goes too, where Redis keeps it: out of date.
#[test]
fn a_value_that_is_refused_leaves_no_old_copy_behind() {
    let settings = [
        "redis.policy=noeviction",
        "redis.nodes=1",
        "redis.service.get=0 s",
        "workload.keys.key.writes=100/s",
        "workload.keys.key.on_write={ write-through = {} }",
    ];
    let memcached = run(SERVERS, &[&settings[..], &["redis.memory=1 MiB"]].concat());
    let redis = ["redis.server=redis", "redis.memory=1800 KiB"];
    let redis = run(SERVERS, &[&settings[..], &redis].concat());
    for (name, outcome, is_stale) in [("memcached", &memcached, false), ("Redis", &redis, true)] {
        assert!(value(outcome, "redis.refused_per_s") > 10.0, "{name}");
        assert_eq!(value(outcome, "client.stale_ratio") > 0.0, is_stale, "{name}");
    }
}

/// A lock is an `add` with an expiry: of many who miss one key one asks.
#[test]
fn a_lock_on_memcached_lets_one_load() {
    let herd = |lock: &str| {
        let settings =
            ["workload.keys.key.count=1", "redis.nodes=1", "redis.ttl=1 s", "database.read=50 ms", lock];
        let outcome = run(SERVERS, &settings);
        value(&outcome, "database.concurrent_loads_per_key_max")
    };
    assert_near("alone", herd("redis.coalesce={ lock = { poll = \"10 ms\" } }"), 1.0, 0.0);
    assert!(herd("redis.coalesce=none") > 40.0);
}
