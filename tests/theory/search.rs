//! A search engine that lags behind, against closed forms.

use crate::common::{assert_mean, each, run, values};

/// Queries, and writes of which the index learns later. Nothing takes time but its refreshes.
const INDEX: &str = r#"
name = "index"
duration = "400 s"
warmup = "10 s"
replications = 10
[workload]
arrivals = { poisson = "500/s" }
[[workload.keys]]
name = "result"
count = 200
popularity = "uniform"
writes = "40/s"
origin = "search"
[client]
timeout = "none"
[app]
workers = "none"
[search]
refresh_interval = "2 s"
copies = 1
query = "0 s"
round_trip = "0 s"
"#;

/// How likely an answer is staler than `x` at a random time, with writes of a key as a Poisson process of rate `mu`:
/// what the index shows was committed before its last refresh, which was up to an interval ago, less the lag. An answer
/// is staler than `x` if one of the writes that it lacks is older than that. By the midpoint rule.
fn staler_than(x: f64, mu: f64, interval: f64, lag: f64) -> f64 {
    let steps = 10_000;
    let missing = |n: i32| (f64::from(n) + 0.5) / f64::from(steps) * interval + lag - x;
    (0..steps).map(|n| 1.0 - (-mu * missing(n).max(0.0)).exp()).sum::<f64>() / f64::from(steps)
}

fn share_staler(record: &cachestorm::measure::Record, x: f64) -> f64 {
    let served = record.served_by(cachestorm::measure::Layer::Search).expect("it has answered");
    let cells = served.staleness.cells();
    let staler: u64 = cells.filter(|(seconds, _)| *seconds > x).map(|(_, count)| count).sum();
    staler as f64 / served.staleness.count() as f64
}

/// 195,000 answers in each of ten replications. Those of one key between two writes are not independent, so the
/// deviation comes from the replications. A cell of the histogram is 0.8 % wide at most, and its middle counts.
#[test]
fn staleness_is_the_time_to_the_next_refresh_and_the_lag() {
    for (lag, x) in [(0.0, 0.0), (0.0, 0.5), (0.0, 1.5), (0.7, 0.0), (0.7, 1.0), (0.7, 2.2)] {
        let lag_set = format!("search.indexing_lag={} ms", (lag * 1_000.0) as u32);
        let outcome = run(INDEX, &[&lag_set]);
        let shares = each(&outcome, |record| share_staler(record, x));
        let expected = staler_than(x, 40.0 / 200.0, 2.0, lag);
        assert_mean(&format!("lag {lag} s, staler than {x} s"), &shares, expected, 0.1);
    }
}

/// With so few writes that hardly two meet in an interval, what is left of an interval after a write is uniform: of the
/// stale answers the share that is staler than x is the square of (1 - x / interval).
#[test]
fn after_a_rare_write_the_wait_for_the_refresh_is_uniform() {
    let outcome = run(INDEX, &["workload.keys.result.writes=2/s", "duration=1000 s"]);
    for x in [0.4, 1.0, 1.6] {
        let shares = each(&outcome, |record| share_staler(record, x) / share_staler(record, 0.0));
        assert_mean(&format!("staler than {x} s"), &shares, (1.0 - x / 2.0) * (1.0 - x / 2.0), 0.15);
    }
}

/// 39,000 queries; the deviation of the mean of the largest of eight exponentials is 1.24 / √39,000 of 10 ms.
#[test]
fn a_query_waits_for_the_slowest_of_its_shards() {
    for shards in [1, 2, 8, 25] {
        let shards_set = format!("search.shards={shards}");
        let outcome = run(
            INDEX,
            &[
                &shards_set,
                "search.query={ exponential = \"10 ms\" }",
                "search.workers=1_000_000",
                "duration=80 s",
            ],
        );
        let harmonic: f64 = (1..=shards).map(|n| 1.0 / f64::from(n)).sum();
        assert_mean("latency", &values(&outcome, "search.latency_mean_seconds"), 0.01 * harmonic, 0.02);
    }
}

/// A tenth of the queries takes ten times as long as the others.
#[test]
fn a_share_of_the_queries_is_complex() {
    let outcome = run(
        INDEX,
        &[
            "search.query=10 ms",
            "search.complex={ share = 0.1, query = \"100 ms\" }",
            "search.workers=1_000_000",
            "duration=80 s",
        ],
    );
    assert_mean("latency", &values(&outcome, "search.latency_mean_seconds"), 0.019, 0.02);
}

/// One worker on each of three nodes, and three shards with one copy each: a node is an M/D/1 queue, of which
/// Pollaczek and Khinchine say that the mean wait is ρ / (2 (1 - ρ)) services.
#[test]
fn shards_wait_for_the_workers_of_their_nodes() {
    let outcome = run(
        INDEX,
        &[
            "search.shards=3",
            "search.nodes=3",
            "search.workers=1",
            "search.query=10 ms",
            "workload.arrivals={ poisson = \"60/s\" }",
        ],
    );
    assert_mean("wait", &values(&outcome, "search.worker_wait_mean_seconds"), 0.01 * 0.6 / (2.0 * 0.4), 0.05);
}

/// The writes of a rebuild go to the new index, which is shown when it is whole.
#[test]
fn while_the_index_is_rebuilt_it_serves_as_it_was_and_then_all_at_once() {
    let text = r#"
        name = "rebuild"
        duration = "60 s"
        replications = 1
        [workload]
        arrivals = { constant = "100/s" }
        [[workload.keys]]
        name = "result"
        count = 1
        writes = "50/s"
        origin = "search"
        [client]
        timeout = "none"
        [app]
        workers = "none"
        [search]
        refresh_interval = "10 ms"
        query = "0 s"
        round_trip = "0 s"
        [database]
        workers = 100
        read = "1 ms"
        [[event]]
        at = "20 s"
        rebuild = { for = "30 s", reads = "20/s" }
    "#;
    let outcome = run(text, &[]);
    let record = &outcome.records()[0];
    let served = record.served_by(cachestorm::measure::Layer::Search).expect("it has answered");
    // The stalest answer is that of the end of the rebuild, of what the first write after its begin replaced.
    let stalest = served.staleness.cells().map(|(seconds, _)| seconds).fold(0.0, f64::max);
    assert!((29.8..30.2).contains(&stalest), "{stalest}");
    let old = share_staler(record, 0.5);
    // Between 0.5 s and 30 s after its begin, out of 60 s.
    assert!((old - 29.5 / 60.0).abs() < 0.01, "{old}");
    // 20 a second for 30 s, the first at once; the writes are no reads.
    assert!((crate::common::value(&outcome, "database.loads") - 600.0).abs() < 0.5);
    let before_and_after = run(text, &["event=[]"]);
    assert!(share_staler(&before_and_after.records()[0], 0.5) == 0.0);
}
