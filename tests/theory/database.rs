//! What a database does besides queueing, against `PostgreSQL`, Gunther's law and arithmetic.

use crate::common::{assert_mean, assert_near, beside_the_project, interval, run, value, values};
use cachestorm::cache::ClockSweep;

/// Numbers as a reference program draws them: `SplitMix64`, then the first rank whose share of a Zipf distribution
/// reaches the number.
fn zipf(alpha: f64, keys: usize, requests: usize, mut state: u64) -> Vec<u32> {
    let mut sums: Vec<f64> = (1..=keys).map(|rank| (rank as f64).powf(-alpha)).collect();
    let total: f64 = sums.iter().sum();
    let mut sum = 0.0;
    for share in &mut sums {
        sum += *share / total;
        *share = sum;
    }
    let mut unit = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((word ^ (word >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut rank = || {
        let unit = unit();
        sums.partition_point(|sum| *sum <= unit).min(keys - 1) as u32
    };
    (0..requests).map(|_| rank()).collect()
}

/// The clock sweep once more, in the plainest way: which of the requests were hits.
fn plain_clock_sweep(buffers: usize, pages: &[u32]) -> Vec<bool> {
    let mut held: Vec<(u32, u32)> = Vec::new();
    let mut hand = 0;
    let hits = pages.iter().map(|&page| {
        if let Some((_, uses)) = held.iter_mut().find(|(other, _)| *other == page) {
            *uses = 5.min(*uses + 1);
            return true;
        }
        if held.len() < buffers {
            held.push((page, 1));
            return false;
        }
        while held[hand].1 > 0 {
            held[hand].1 -= 1;
            hand = (hand + 1) % buffers;
        }
        held[hand] = (page, 1);
        hand = (hand + 1) % buffers;
        false
    });
    hits.collect()
}

fn clock_sweep(buffers: u32, pages: &[u32]) -> Vec<bool> {
    let mut sweep = ClockSweep::new(buffers);
    let hits = pages.iter().map(|&page| {
        let hit = sweep.pin(page);
        if !hit {
            sweep.loaded(page);
        }
        hit
    });
    hits.collect()
}

fn ratio(hits: &[bool]) -> f64 {
    hits.iter().filter(|hit| **hit).count() as f64 / hits.len() as f64
}

/// 300,000 look-ups by TID of a table with one row a page, in a `PostgreSQL` 15 with 1,024 buffers.
#[test]
fn the_clock_sweep_has_the_hit_ratio_of_a_real_postgresql() {
    let Some(file) = beside_the_project("traces/synthetic/zipf0.9_10k_300k_seed43.u32") else { return };
    let bytes = std::fs::read(file).expect("the trace can be read");
    let pages: Vec<u32> = bytes.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).collect();
    assert_eq!(pages.len(), 300_000);
    let hits = clock_sweep(1_024, &pages);
    assert_near("last half", ratio(&hits[150_000..]), 0.569_207, 0.000_2);
}

#[test]
fn the_clock_sweep_is_the_plain_one_request_by_request() {
    for (alpha, buffers) in [(0.0, 10), (0.6, 500), (0.9, 64), (0.9, 1_000), (1.3, 1), (1.3, 30)] {
        let pages = zipf(alpha, 2_000, 40_000, 43);
        let (ours, plain) = (clock_sweep(buffers as u32, &pages), plain_clock_sweep(buffers, &pages));
        assert!(ours == plain, "Zipf {alpha}, {buffers} buffers: {} and {}", ratio(&ours), ratio(&plain));
    }
}

/// Queries of one table, a page for each row, and nothing before the database.
const PAGES: &str = r#"
name = "pages"
duration = "60 s"
warmup = "10 s"
replications = 10
[workload]
arrivals = { poisson = "400/s" }
[[workload.keys]]
name = "row"
count = 2000
popularity = { zipf = 0.9 }
[client]
timeout = "none"
[app]
workers = "none"
[database]
workers = 200
queue = 1_000_000
read = "1 ms"
round_trip = "0 s"
pool = { size = 100_000, timeout = "none" }
buffer_pool = { pages = 200, miss = "2 ms", disks = 8 }
"#;

/// The deviation of one replication's ratio, of 20,000 requests, is 0.004 or so; ten have a third of it.
#[test]
fn the_buffer_pool_of_a_database_has_the_hit_ratio_of_a_clock_sweep() {
    let hits = plain_clock_sweep(200, &zipf(0.9, 2_000, 400_000, 7));
    let expected = ratio(&hits[40_000..]);
    let ratios = values(&run(PAGES, &[]), "database.buffer_hit_ratio");
    assert_near("hit ratio", interval(&ratios).0, expected, 0.005);
}

/// Where no page is ever found, the disks are M/M/10.
#[test]
fn ten_disks_are_erlangs() {
    let rarely = [
        "workload.keys.row.count=10_000_000",
        "workload.keys.row.popularity=uniform",
        "database.buffer_pool={ pages = 1000, miss = { exponential = \"20 ms\" }, disks = 10 }",
        "database.workers=1000",
        "duration=410 s",
    ];
    let outcome = run(PAGES, &rarely);
    // Erlang's C for ten servers at 0.8: 0.4092 wait, 0.2046 of a service on average.
    assert_mean("wait", &values(&outcome, "database.disk_wait_mean_seconds"), 0.2046 * 0.020, 0.10);
    assert_mean("ratio", &values(&outcome, "database.disk_wait_ratio"), 0.4092, 0.06);
    assert_mean("utilisation", &values(&outcome, "database.disk_utilisation"), 0.8, 0.02);
    assert!(interval(&values(&outcome, "database.buffer_hit_ratio")).0 < 0.001);
}

/// So many users, each of whom asks once, all at the same time; the run ends before they ask again.
const AT_ONCE: &str = r#"
name = "at-once"
duration = "1 s"
replications = 1
[workload]
arrivals = { users = { count = 150, think = "600 ms" } }
[[workload.keys]]
name = "row"
count = 1
[app]
workers = "none"
[database]
workers = 1000
read = "1 ms"
round_trip = "0 s"
pool = { size = 150, timeout = "none" }
"#;

#[test]
fn who_wants_a_page_on_its_way_waits_for_what_is_left() {
    let outcome = run(AT_ONCE, &["database.buffer_pool={ pages = 1000, miss = \"20 ms\", disks = 100 }"]);
    assert_near("hits", value(&outcome, "database.buffer_hit_ratio"), 149.0 / 150.0, 1e-12);
    assert_near("mean", value(&outcome, "client.latency_mean_seconds"), 0.021, 1e-12);
    assert_near("disks", value(&outcome, "database.disk_utilisation"), 0.020 / 100.0, 1e-9);
}

#[test]
fn a_flush_of_the_buffer_pool_makes_every_page_a_miss_once_more() {
    let pages = [
        "workload.arrivals={ users = { count = 1, think = \"99 ms\" } }",
        "duration=950 ms",
        "database.buffer_pool={ pages = 1000, miss = \"0 s\", disks = 1 }",
    ];
    let ratio = |event: &[&str]| value(&run(AT_ONCE, &[&pages, event].concat()), "database.buffer_hit_ratio");
    assert_near("warm", ratio(&[]), 8.0 / 9.0, 1e-12);
    assert_near(
        "flushed",
        ratio(&["event=[{ at = \"550 ms\", flush = \"buffer_pool\" }]"]),
        7.0 / 9.0,
        1e-12,
    );
}

/// 150 clients of a `PostgreSQL` 15 as it comes, with 100 connections, 3 of them reserved: 97 get one, for the other
/// 53 it has SQLSTATE 53300.
#[test]
fn of_150_clients_97_get_a_connection() {
    for pools in
        [["app.instances=1", "database.pool.size=150"], ["app.instances=15", "database.pool.size=10"]]
    {
        let outcome = run(AT_ONCE, &[&pools[..], &["database.max_connections=100"]].concat());
        assert_near("requests", value(&outcome, "client.requests"), 150.0, 0.0);
        assert_near("failed", value(&outcome, "client.failed"), 53.0, 0.0);
        assert_near("refused", value(&outcome, "database.refused_connections"), 53.0, 0.0);
        assert_near("open", value(&outcome, "database.connections_max"), 97.0, 0.0);
    }
}

#[test]
fn connections_are_kept_and_used_again() {
    let again =
        ["workload.arrivals={ users = { count = 97, think = \"9 ms\" } }", "database.max_connections=100"];
    let outcome = run(AT_ONCE, &again);
    assert_near("requests", value(&outcome, "client.requests"), 97.0 * 100.0, 0.0);
    assert_near("failed", value(&outcome, "client.failed"), 0.0, 0.0);
    assert_near("open", value(&outcome, "database.connections_max"), 97.0, 0.0);
}

/// A query of a second whose client leaves after 100 ms: users who ask again every 200 ms find the connection taken
/// until the second is over.
#[test]
fn a_connection_counts_until_its_query_is_over_although_its_client_has_left() {
    let slow = [
        "workload.arrivals={ users = { count = 10, think = \"200 ms\" } }",
        "database={ read = \"1 s\", timeout = \"100 ms\", max_connections = 10, reserved_connections = 0 }",
    ];
    let failed = |duration: &str| {
        let outcome = run(AT_ONCE, &[&slow[..], &[duration]].concat());
        ["client.failed", "database.refused_connections"].map(|metric| value(&outcome, metric) as u64)
    };
    // Asked at 200 ms, and refused at 500, 700, 900 and 1,100 ms; at 1,300 ms there is room again.
    assert_eq!(failed("duration=1150 ms"), [50, 40]);
    assert_eq!(failed("duration=1350 ms"), [60, 40]);
}

/// Users who never think, and a worker for each: N statements at any time.
const SATURATED: &str = r#"
name = "saturated"
duration = "20 s"
warmup = "1 s"
replications = 10
[workload]
arrivals = { users = { count = 1, think = "1 ns" } }
[[workload.keys]]
name = "row"
count = 1000
[client]
timeout = "none"
[app]
workers = "none"
round_trip = "0 s"
[database]
workers = 1000
read = { gamma = { mean = "10 ms", cv = 0.5 } }
round_trip = "0 s"
pool = { size = 1000, timeout = "none" }
contention = { sigma = 0.02, kappa = 0.0005 }
"#;

/// X(N) = λN / (1 + σ(N−1) + κN(N−1)), which has its maximum at √((1−σ)/κ) = 44.
#[test]
fn throughput_follows_the_universal_scalability_law() {
    let mut throughputs = Vec::new();
    for users in [1, 2, 8, 44, 100] {
        let n = f64::from(users);
        let expected = 100.0 * n / (1.0 + 0.02 * (n - 1.0) + 0.0005 * n * (n - 1.0));
        let count = format!("workload.arrivals.users.count={users}");
        let rates = values(&run(SATURATED, &[&count]), "database.load_rate_mean_per_s");
        assert_near(&count, interval(&rates).0, expected, 0.01 * expected);
        throughputs.push(interval(&rates).0);
    }
    assert!(throughputs[4] < throughputs[3], "more users, less throughput: {throughputs:?}");
}

/// One user and one connection: what `pg_prepared_statements` shows of a `PostgreSQL` 15 after so many EXECUTEs.
#[test]
fn after_five_custom_plans_the_plan_is_generic() {
    for (executions, custom, generic) in [(1, 1, 0), (5, 5, 0), (6, 5, 1), (8, 5, 3)] {
        let duration = format!("duration={} ms", executions * 92 + 40);
        let outcome = run(
            AT_ONCE,
            &[
                "workload.arrivals={ users = { count = 1, think = \"90 ms\" } }",
                &duration,
                "database={ read = \"1 ms\", plan_cache = { plan = \"3 ms\" } }",
            ],
        );
        assert_near("custom", value(&outcome, "database.custom_plans"), f64::from(custom), 0.0);
        assert_near("generic", value(&outcome, "database.generic_plans"), f64::from(generic), 0.0);
        let planned = f64::from(executions.min(6));
        let mean = 0.001 + 0.003 * planned / f64::from(executions);
        assert_near("latency", value(&outcome, "client.latency_mean_seconds"), mean, 1e-9);
    }
}

/// Each connection makes each of its plans itself.
#[test]
fn each_connection_plans_each_statement_anew() {
    let outcome = run(
        AT_ONCE,
        &[
            "workload.arrivals={ users = { count = 20, think = \"90 ms\" } }",
            "database={ read = \"1 ms\", plan_cache = { plan = \"3 ms\", custom = 1 } }",
            "duration=970 ms",
        ],
    );
    let (custom, generic) =
        (value(&outcome, "database.custom_plans"), value(&outcome, "database.generic_plans"));
    assert_near("custom", custom, 20.0, 0.0);
    assert_near("all", custom + generic, value(&outcome, "client.requests"), 0.0);
    assert_near("connections", value(&outcome, "database.connections_max"), 20.0, 0.0);
}

/// One row that is written twice a second, and read from a replica without delay.
const REPLICA: &str = r#"
name = "replica"
duration = "510 s"
warmup = "10 s"
replications = 10
[workload]
arrivals = { poisson = "200/s" }
[[workload.keys]]
name = "row"
count = 1
writes = "2/s"
[app]
workers = "none"
[database]
workers = 1000
read = "0 s"
round_trip = "0 s"
pool = { size = 1000 }
replicas = { count = 1, lag = "200 ms" }
"#;

/// Commits on their way to a replica are customers of M/G/∞, and it is current while there is none: a read is stale
/// with 1 − exp(−μ·E\[lag\]), whatever the distribution of the lag, as commits keep their order.
#[test]
fn a_replica_is_stale_while_a_commit_is_on_its_way() {
    let stale = 1.0 - (-2.0_f64 * 0.2).exp();
    for lag in ["\"200 ms\"", "{ exponential = \"200 ms\" }", "{ gamma = { mean = \"200 ms\", cv = 2 } }"] {
        let lag = format!("database.replicas={{ count = 1, lag = {lag} }}");
        let outcome = run(REPLICA, &[&lag]);
        assert_mean(&lag, &values(&outcome, "client.stale_ratio"), stale, 0.10);
    }
    // The mean over all reads, of a lag L that is always the same: the integral of 1 − exp(−μ(L−x)) over x up to L.
    let outcome = run(REPLICA, &[]);
    assert_mean("staleness", &values(&outcome, "client.staleness_mean_seconds"), 0.2 - stale / 2.0, 0.10);
    let longest = values(&outcome, "client.staleness_max_seconds");
    assert!(longest.iter().all(|longest| (0.19..0.201).contains(longest)), "{longest:?}");
}

/// Reads are spread over the replicas, and writes have the primary for themselves.
#[test]
fn each_server_of_a_database_has_workers_of_its_own() {
    let busy = [
        "database={ workers = 10, read = \"20 ms\", write = \"20 ms\" }",
        "workload.arrivals.poisson=500/s",
        "workload.keys.row.writes=100/s",
        "duration=60 s",
        "database.replicas={ count = 4, lag = \"0 s\" }",
    ];
    let outcome = run(REPLICA, &busy);
    // 500 reads a second keep 10 workers busy, 2.5 of 10 on each of the four; 100 writes 2 of the primary's.
    let mean = (0.2 + 4.0 * 0.25) / 5.0;
    assert_mean("mean", &values(&outcome, "database.worker_utilisation"), mean, 0.02);
    let busiest = interval(&values(&outcome, "database.worker_utilisation_max")).0;
    assert_near("busiest", busiest, 0.255, 0.01);
}
