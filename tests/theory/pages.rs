//! Pages that an instance puts together from many items, against arithmetic.

use crate::common::{assert_mean, assert_near, interval, run, value, values};

/// Pages of eight items each, which come from a database that is never busy.
const PAGES: &str = r#"
name = "pages"
duration = "60 s"
replications = 10
[workload]
arrivals = { poisson = "20/s" }
[[workload.keys]]
name = "page"
count = 100
page = { items = "item", fan_out = 8, order = "parallel" }
[[workload.keys]]
name = "item"
count = 100_000
popularity = "uniform"
share = 0
[client]
timeout = "none"
[app]
workers = "none"
[database]
workers = 10_000
queue = 1_000_000
read = { exponential = "10 ms" }
round_trip = "0 s"
pool = { size = 100_000, timeout = "none" }
"#;

fn mean(arguments: &[&str], metric: &str) -> f64 {
    interval(&values(&run(PAGES, arguments), metric)).0
}

/// The largest of n exponential times is `H_n` times as long as one on average.
#[test]
fn a_parallel_page_waits_for_the_slowest_of_its_items() {
    for (n, harmonic) in [(1, 1.0), (8, 2.717_857), (50, 4.499_205)] {
        let fan_out = format!("workload.keys.page.page.fan_out={n}");
        let outcome = run(PAGES, &[&fan_out, "workload.arrivals.poisson=100/s"]);
        for metric in ["app.page_latency_mean_seconds", "client.latency_mean_seconds"] {
            assert_mean(metric, &values(&outcome, metric), 0.010 * harmonic, 0.05);
        }
        // A page at the end of arrivals counts in the window with its calls only.
        assert_mean("calls", &values(&outcome, "app.calls_per_page_mean"), f64::from(n), 0.02);
    }
}

#[test]
fn a_sequential_page_takes_the_sum_of_its_items() {
    for n in [1, 8, 50] {
        let fan_out = format!("workload.keys.page.page.fan_out={n}");
        let sequential = ["workload.keys.page.page.order=sequential", "workload.arrivals.poisson=100/s"];
        let outcome = run(PAGES, &[&sequential[..], &[&fan_out]].concat());
        let latencies = values(&outcome, "app.page_latency_mean_seconds");
        assert_mean(&fan_out, &latencies, 0.010 * f64::from(n), 0.05);
    }
}

/// 1,200 pages a replication, of a number of items whose deviation is 2.6: that of the mean over ten is 0.024.
#[test]
fn the_number_of_items_follows_its_distribution() {
    let sizes = "workload.keys.page.page.fan_out={ empirical = [3, 10] }";
    assert_near("empirical", mean(&[sizes], "app.items_per_page_mean"), 6.5, 0.15);
    // A number that is drawn is rounded, and is 50 at most.
    let sizes = "workload.keys.page.page.fan_out={ pareto = { minimum = 49, shape = 0.5 } }";
    let items = mean(&[sizes], "app.items_per_page_mean");
    assert!((49.9..=50.0).contains(&items), "{items}");
}

/// Of n draws the key of probability p is among them with 1 − (1−p)ⁿ.
fn distinct(alpha: f64, keys: u32, draws: i32) -> f64 {
    let weights: Vec<f64> = (1..=keys).map(|rank| f64::from(rank).powf(-alpha)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| 1.0 - (1.0 - weight / total).powi(draws)).sum()
}

#[test]
fn a_request_cache_reads_each_item_of_a_page_once() {
    for (alpha, n) in [(0.8, 10), (1.2, 10), (1.2, 40)] {
        let popularity = format!("workload.keys.item.popularity={{ zipf = {alpha} }}");
        let fan_out = format!("workload.keys.page.page.fan_out={n}");
        let settings = ["workload.keys.item.count=200", &popularity, &fan_out];
        assert_near("without", mean(&settings, "app.items_per_page_mean"), f64::from(n), 0.0);
        for order in ["parallel", "sequential"] {
            let order = format!("workload.keys.page.page.order={order}");
            let outcome = run(
                PAGES,
                &[&settings[..], &["workload.keys.page.page.request_cache=true", &order]].concat(),
            );
            let expected = distinct(alpha, 200, n);
            assert_mean("items", &values(&outcome, "app.items_per_page_mean"), expected, 0.01);
            assert_mean("calls", &values(&outcome, "app.database_calls_per_page_mean"), expected, 0.02);
        }
    }
}

/// N+1: a statement for each item, or one for all.
#[test]
fn a_batch_is_one_statement() {
    let batch = ["workload.keys.page.page.batch=true", "database.read=5 ms", "database.row=1 ms"];
    let outcome = run(PAGES, &[&batch[..], &["replications=1"]].concat());
    assert_near("rows", value(&outcome, "app.rows_per_statement_mean"), 8.0, 0.0);
    let [pages, loads] = ["app.pages", "database.load_rate_mean_per_s"].map(|metric| value(&outcome, metric));
    // The last page may still be at the database when arrivals end.
    assert_near("statements", loads * 60.0, pages, 2.0);
    assert_near("latency", value(&outcome, "client.latency_mean_seconds"), 0.005 + 7.0 * 0.001, 1e-9);
}

#[test]
fn without_a_time_of_its_own_a_further_row_takes_as_long_as_alone() {
    let outcome = run(PAGES, &["workload.keys.page.page.batch=true"]);
    let sequential = run(PAGES, &["workload.keys.page.page.order=sequential"]);
    let [batch, sequential] =
        [outcome, sequential].map(|outcome| values(&outcome, "app.page_latency_mean_seconds"));
    assert_mean("batch", &batch, 0.080, 0.05);
    // The same reads of the same keys, up to those that two pages read at the same time.
    for (batch, sequential) in batch.iter().zip(&sequential) {
        assert_near("replication", *batch, *sequential, 0.01 * sequential);
    }
}

#[test]
fn a_batch_reads_the_pages_of_all_its_rows_from_the_disk() {
    let disks = "database.buffer_pool={ pages = 100_000, miss = \"2 ms\", disks = 10 }";
    let batch = ["workload.keys.page.page.batch=true", "database.read=5 ms", "database.row=1 ms"];
    let rarely_twice = ["workload.keys.item.count=100_000_000", "duration=10 s", "replications=1"];
    let outcome = run(PAGES, &[&batch[..], &rarely_twice, &[disks]].concat());
    let latency = value(&outcome, "client.latency_mean_seconds");
    assert_near("latency", latency, 0.005 + 7.0 * 0.001 + 8.0 * 0.002, 1e-4);
}

/// What a batch asks for is what the cache did not have.
#[test]
fn a_batch_asks_for_what_is_missing_and_for_nothing_else() {
    let cached =
        ["process={ ttl = \"2 s\" }", "workload.keys.item.count=300", "replications=1", "duration=300 s"];
    for more in [
        &["process.coalesce=none"][..],
        &["process.coalesce=single-flight"],
        &["redis={ ttl = \"1 s\", coalesce = \"single-flight\" }", "app.instances=3"],
        &["redis={ ttl = \"500 ms\", coalesce = { lock = { poll = \"5 ms\" } } }", "process=none"],
    ] {
        let batch = ["workload.keys.page.page.batch=true"];
        let outcome = run(PAGES, &[&cached[..], more, &batch].concat());
        let of = |metric: &str| value(&outcome, metric);
        let rows =
            of("app.rows_per_statement_mean") * of("app.database_calls_per_page_mean") * of("app.pages");
        let last = if of("app.calls_per_page_mean") > 9.0 || more.len() > 1 { "redis" } else { "process" };
        let missing = of(&format!("{last}.origin_rate_per_s")) * 300.0;
        assert_near(&format!("{more:?}"), rows, missing, 16.0);
        assert!(of("app.database_calls_per_page_mean") < 1.1 && missing > 1_000.0);
    }
}

/// The items of a page are those of its request, however they are read.
#[test]
fn a_page_shows_the_same_items_in_every_variant() {
    let shown = |more: &[&str]| {
        let kept = ["process={ capacity = \"none\" }", "replications=1", "workload.keys.item.count=5000"];
        let outcome = run(PAGES, &[&kept[..], more].concat());
        value(&outcome, "process.entries")
    };
    let expected = shown(&[]);
    assert!(expected > 3_000.0, "{expected}");
    for more in [
        "workload.keys.page.page.order=sequential",
        "workload.keys.page.page.batch=true",
        "workload.keys.page.page.request_cache=true",
        "redis={ ttl = \"1 s\" }",
    ] {
        // An item may come after the end of arrivals, when copies have been counted.
        assert_near(more, shown(&[more]), expected, 16.0);
    }
}

#[test]
fn a_page_fails_with_its_first_failure_and_a_loop_asks_no_further() {
    let down = ["event=[{ at = \"0 s\", outage = { of = \"database\", for = \"60 s\" } }]", "replications=1"];
    for (order, calls) in [("parallel", 8.0), ("sequential", 1.0)] {
        let order = format!("workload.keys.page.page.order={order}");
        let outcome = run(PAGES, &[&down[..], &[&order]].concat());
        assert_near("built", value(&outcome, "app.pages"), 0.0, 0.0);
        assert_near("failed", value(&outcome, "app.pages_failed"), value(&outcome, "client.failed"), 0.0);
        assert_near(&order, value(&outcome, "app.database_calls_per_page_mean"), calls, 1e-9);
    }
}

#[test]
fn a_page_is_not_kept_on_the_way() {
    let outcome = run(PAGES, &["gateway={ ttl = \"60 s\" }", "replications=1"]);
    assert_near("bypass", value(&outcome, "gateway.bypass_ratio"), 1.0, 0.0);
    assert_near("kept", value(&outcome, "gateway.entries"), 0.0, 0.0);
}

/// One item that lives for T in a cache nobody tells of writes: of the reads after a fill, at rate λ, the one at u is
/// stale with 1 − exp(−μu).
#[test]
fn the_staleness_of_a_page_is_that_of_its_items() {
    let settings = [
        "workload.keys.item={ count = 1, writes = \"0.5/s\", on_write = \"nothing\" }",
        "workload.keys.page.page.fan_out=1",
        "process={ ttl = \"2 s\" }",
        "database.read=0 s",
        "database.write=0 s",
        "duration=2000 s",
    ];
    let (rate, writes, ttl) = (20.0_f64, 0.5_f64, 2.0_f64);
    let stale = rate * (ttl - (1.0 - (-writes * ttl).exp()) / writes) / (1.0 + rate * ttl);
    let outcome = run(PAGES, &settings);
    assert_mean("stale", &values(&outcome, "client.stale_ratio"), stale, 0.06);
    assert_mean("process", &values(&outcome, "process.hit_ratio"), rate * ttl / (1.0 + rate * ttl), 0.01);
}
