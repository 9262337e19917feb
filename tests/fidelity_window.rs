//! What counts is what happens between the warm-up and the end of arrivals: not what drains after it.

mod common;

use common::{assert_near, run, value};

/// Ten times as many requests as a single worker can answer, and nobody gives up: at the end of arrivals most of
/// them still wait, and it takes ten times as long until the last one has its answer.
const BACKLOG: &str = r#"
name = "backlog"
duration = "60 s"
replications = 1
[workload]
arrivals = { constant = "100/s" }
[[workload.keys]]
name = "key"
count = 500
popularity = "scan"
[client]
timeout = "none"
[app]
instances = 1
workers = 20
queue = 10_000
[redis]
ttl = "1 ms"
pool = { size = 20, timeout = "none" }
[database]
workers = 1
read = "100 ms"
round_trip = "0 s"
pool = { size = 20, timeout = "none" }
"#;

/// Goodput and loads are those of the worker, and not those that all requests of the window would come to.
#[test]
fn a_backlog_that_drains_after_the_end_does_not_count() {
    for (warmup, window) in [("warmup=0 s", 60.0), ("warmup=20 s", 40.0)] {
        let outcome = run(BACKLOG, &[warmup]);
        let check = |metric: &str, expected: f64, tolerance: f64| {
            assert_near(&format!("{metric}, {warmup}"), value(&outcome, metric), expected, tolerance);
        };
        // All that arrive are answered in the end, and how long each of them took is part of the latency.
        check("client.error_ratio", 0.0, 0.0);
        check("client.requests", window * 100.0, 1.0);
        check("client.latency_max_seconds", 540.0, 540.0 * 0.01);
        // One every 100 ms, but for the edges of the window and the twenty that hold the app's workers.
        check("client.goodput_per_s", 10.0, 20.0 / window);
        check("database.load_rate_mean_per_s", 10.0, 20.0 / window);
        check("redis.look_ups", window * 10.0, 1.0);
        check("redis.origin_rate_per_s", 10.0, 20.0 / window);
        // GET and SET for each.
        check("redis.command_rate_per_s", 20.0, 40.0 / window);
        check("database.load_rate_peak_per_s", if window < 60.0 { 10.0 } else { 28.0 }, 2.0);
        // Who got a worker within the window had come at a tenth of the time: it waited nine tenths of it.
        let longest = value(&outcome, "app.worker_wait_p99_seconds");
        assert!((50.0..=54.0).contains(&longest), "{longest}");
        let hot = outcome.hot_keys();
        // Of 500 keys, one after the other, none is looked up more than twice in 600 look-ups.
        let look_ups = hot.iter().map(|key| key.reads).max().expect("there are keys");
        assert!((1..=2).contains(&look_ups), "{look_ups}");
    }
}

#[test]
fn series_end_with_the_arrivals() {
    // Buckets of 200 ms, of which the last has 50 ms.
    let outcome = run(BACKLOG, &["duration=60050 ms"]);
    let record = &outcome.records()[0];
    let sum = |series: &cachestorm::measure::Series| series.values().iter().sum::<f64>();
    assert_near("answers", sum(&record.clients.completions), 600.0, 2.0);
    let database = record.layers.database.as_ref().expect("there is a database");
    assert_near("loads", sum(&database.series), 620.0, 2.0);
    // The one worker is busy to the end: 50 ms of the last bucket.
    let busy = database.busy.values();
    assert_near("busy", busy[200], 1.0, 1e-9);
    assert_near("busy at the end", *busy.last().expect("there are buckets"), 0.25, 1e-9);
}
