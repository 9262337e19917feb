//! Pages that ask Redis with one pipeline per node, against arithmetic.

use crate::common::{assert_near, run, value};
use cachestorm::measure::{Layer, Outcome as LookUp, Record};
use cachestorm::model::{node_of_slot, slot_of};

/// Pages of eight items that are all in Redis when the window begins, each page long after the one before.
const PAGES: &str = r#"
name = "pipelines"
duration = "60 s"
warmup = "10 s"
replications = 1
[workload]
arrivals = { constant = "100/s" }
[[workload.keys]]
name = "page"
count = 1
page = { items = "item", fan_out = 8, order = "parallel", pipeline = true }
[[workload.keys]]
name = "item"
count = 1
share = 0
size = "100 B"
[client]
timeout = "none"
[app]
workers = "none"
[redis]
ttl = "1 h"
active_expiry = false
round_trip = "1 ms"
service = { get = "10 us", set = "20 us", other = "5 us", per_kib = "0 s" }
pool = { size = 100, timeout = "none" }
timeout = "none"
"#;

const ONE_BY_ONE: &str = "workload.keys.page.page.pipeline=false";

/// Pages that arrive in the window: one every 10 ms for 50 s.
const SHOWN: f64 = 5_000.0;

/// Four deviations of the mean over the window's pages of a number that has this one.
fn four_deviations(deviation: f64) -> f64 {
    4.0 * deviation / SHOWN.sqrt()
}

fn commands(record: &Record) -> f64 {
    record.layers.redis_nodes.as_ref().expect("there is a cluster").commands as f64
}

/// How many nodes a cluster must have for the first two items to lie on different ones.
fn nodes_that_part_two_items() -> u32 {
    let node = |item, nodes| node_of_slot(slot_of(format!("item:{item}").as_bytes()), nodes);
    (2..100).find(|nodes| node(1, *nodes) != node(2, *nodes)).expect("their slots differ")
}

/// N+1 at the cache (F24): through one connection, n commands are n round trips, and a pipeline of them is one.
#[test]
fn a_pipeline_takes_one_round_trip_and_the_sum_of_its_services() {
    let latency = |more: &[&str]| value(&run(PAGES, more), "app.page_latency_mean_seconds");
    for n in [1, 8, 50] {
        let fan_out = format!("workload.keys.page.page.fan_out={n}");
        let one = [fan_out.as_str(), "redis.pool.size=1"];
        let [n, round_trip, get] = [f64::from(n), 1e-3, 1e-5];
        let outcome = run(PAGES, &one);
        let of = |metric: &str| value(&outcome, metric);
        assert_near("pipeline", of("app.page_latency_mean_seconds"), round_trip + n * get, 1e-9);
        assert_near("keys", of("app.keys_per_pipeline_mean"), n, 0.0);
        // A page that is being put together when the window begins or ends counts with a part of itself.
        assert_near("pipelines", of("app.pipelines_per_page_mean"), 1.0, 1e-3);
        assert_near("look-ups", of("app.redis_calls_per_page_mean"), n, n * 1e-3);
        assert_near("commands", commands(&outcome.records()[0]), n * SHOWN, n);
        // The threads of a memcached do not share the work of one connection.
        let threads = [fan_out.as_str(), "redis.server=memcached"];
        assert_near("memcached", latency(&threads), round_trip + n * get, 1e-9);
        // Fifty take half of the time between two pages, if these are rare.
        let rare = ["workload.arrivals={ constant = \"10/s\" }", ONE_BY_ONE];
        assert_near("one by one", latency(&[&one[..], &rare].concat()), n * (round_trip + get), 1e-9);
        // As many connections as items buy the same, for a node that nobody else asks.
        assert_near("at once", latency(&[fan_out.as_str(), ONE_BY_ONE]), round_trip + n * get, 1e-9);
    }
}

/// Of eight items that are one of two, each as likely, k lie on the one node: the longer of two pipelines counts.
#[test]
fn a_page_waits_for_the_slowest_of_its_nodes() {
    let nodes = format!("redis.nodes={}", nodes_that_part_two_items());
    let two = ["workload.keys.item.count=2", "workload.keys.item.popularity=uniform", &nodes];
    let outcome = run(PAGES, &two);
    let ways = [1.0, 8.0, 28.0, 56.0, 70.0, 56.0, 28.0, 8.0, 1.0];
    let moment = |power: i32| -> f64 {
        let longest = |k: usize| (k.max(8 - k) as f64).powi(power);
        ways.iter().enumerate().map(|(k, ways)| ways / 256.0 * longest(k)).sum()
    };
    let deviation = (moment(2) - moment(1).powi(2)).sqrt();
    let latency = value(&outcome, "app.page_latency_mean_seconds");
    assert_near("latency", latency, 1e-3 + 1e-5 * moment(1), 1e-5 * four_deviations(deviation));
    // All eight lie on one node twice in 256.
    let both = 1.0 - 2.0 / 256.0;
    let pipelines = value(&outcome, "app.pipelines_per_page_mean");
    assert_near("pipelines", pipelines, 1.0 + both, four_deviations((both * (1.0 - both)).sqrt()) + 1e-3);
}

/// 8 Mbit/s are a microsecond a byte; a name has six, a value a hundred.
#[test]
fn all_names_go_in_and_all_values_come_out_over_the_network_of_the_node() {
    let outcome = run(PAGES, &["redis.bandwidth=8 Mbit/s"]);
    let expected = 1e-3 + 8.0 * (6e-6 + 1e-5 + 100e-6);
    assert_near("latency", value(&outcome, "app.page_latency_mean_seconds"), expected, 1e-9);
}

/// A client that gives up has no answer to any of its commands, and the node executes them all the same.
#[test]
fn a_pipeline_that_comes_too_late_comes_too_late_for_all_its_items() {
    let late = [
        // Before it is there, while it comes in, and while it is executed: 1.08 ms in all.
        &["redis.timeout=400 us"][..],
        &["redis.timeout=520 us", "redis.bandwidth=8 Mbit/s"],
        &["redis.timeout=1079 us"],
    ];
    for more in late {
        let timeout: f64 = more[0].split(['=', ' ']).nth(1).expect("a time").parse().expect("a number");
        let outcome = run(PAGES, more);
        let record = &outcome.records()[0];
        assert_near("bypass", value(&outcome, "redis.bypass_ratio"), 1.0, 0.0);
        assert_near("latency", value(&outcome, "app.page_latency_mean_seconds"), timeout * 1e-6, 1e-9);
        assert_near("commands", commands(record), 8.0 * SHOWN, 16.0);
    }
    assert_near("in time", value(&run(PAGES, &["redis.timeout=1080 us"]), "redis.bypass_ratio"), 0.0, 0.0);
}

#[test]
fn a_node_that_is_down_fails_its_own_pipelines_only() {
    let nodes = nodes_that_part_two_items();
    let down = 1 + node_of_slot(slot_of(b"item:1"), nodes);
    let two = ["workload.keys.item.count=2", "workload.keys.item.popularity=uniform"];
    for hangs in ["false", "true"] {
        let outage = format!(
            "event=[{{ at = \"10 s\", outage = {{ of = \"redis\", node = {down}, for = \"50 s\", hangs = {hangs} }} }}]"
        );
        let nodes = format!("redis.nodes={nodes}");
        let outcome = run(PAGES, &[&two[..], &[&nodes, &outage, "redis.timeout=2 ms"]].concat());
        // Of 40,000 look-ups half.
        let tolerance = 4.0 * (0.25 / (8.0 * SHOWN)).sqrt();
        assert_near("bypass", value(&outcome, "redis.bypass_ratio"), 0.5, tolerance);
        assert_near("hits", value(&outcome, "redis.hit_ratio"), 0.5, tolerance);
        assert_near("failed", value(&outcome, "client.failed"), 0.0, 0.0);
    }
}

/// A limit of one call at a time turns seven of eight look-ups away, but no pipeline.
#[test]
fn a_pipeline_is_one_call_for_what_stands_before_redis() {
    let shed = |more: &[&str]| value(&run(PAGES, &[&["redis.limit=1"], more].concat()), "redis.shed");
    assert_near("pipeline", shed(&["warmup=11 s"]), 0.0, 0.0);
    assert_near("one by one", shed(&[ONE_BY_ONE]), 7.0 * SHOWN, 7.0);
}

/// Eight items that each choose one of three nodes meet 3·(1 − (2/3)⁸) of them.
#[test]
fn where_replicas_are_read_each_item_goes_to_the_one_it_would_have_asked() {
    let outcome = run(PAGES, &["redis.replicas={ count = 2, lag = \"0 s\", reads = \"any\" }"]);
    let met = 3.0 * (1.0 - (2.0f64 / 3.0).powi(8));
    let pipelines = value(&outcome, "app.pipelines_per_page_mean");
    // The number of nodes that are not met is 0 or 1, but for one page in a thousand.
    let deviation = ((met - 2.0) * (3.0 - met)).sqrt() + 0.03;
    assert_near("pipelines", pipelines, met, four_deviations(deviation));
    assert_near("hits", value(&outcome, "redis.hit_ratio"), 1.0, 0.0);
}

/// Look in Redis, read what is missing with one statement, store it: the SETs are commands of their own, which the node
/// gets at the same time.
#[test]
fn a_page_that_finds_nothing_is_a_pipeline_a_statement_and_a_command_for_each_copy() {
    let new = ["workload.keys.item.popularity=scan", "workload.keys.item.count=1_000_000"];
    let database = "database={ workers = 10, read = \"2 ms\", row = \"100 us\", round_trip = \"0 s\" }";
    let outcome =
        run(PAGES, &[&new[..], &[database, "workload.keys.page.page.batch=true", "duration=20 s"]].concat());
    let of = |metric: &str| value(&outcome, metric);
    let [gets, statement, sets] = [1e-3 + 8.0 * 1e-5, 2e-3 + 7.0 * 1e-4, 1e-3 + 8.0 * 2e-5];
    assert_near("latency", of("app.page_latency_mean_seconds"), gets + statement + sets, 1e-9);
    assert_near("keys", of("app.keys_per_pipeline_mean"), 8.0, 0.0);
    assert_near("rows", of("app.rows_per_statement_mean"), 8.0, 0.0);
    assert_near("hits", of("redis.hit_ratio"), 0.0, 0.0);
}

/// What a page asks Redis for is what its process did not have, and it gets the same answers as one by one.
#[test]
fn pipelines_carry_each_look_up_of_a_page_and_no_other() {
    let drained = [
        "workload.arrivals={ stages = [{ for = \"50 s\", rate = \"20/s\" }, { for = \"10 s\", rate = \"0/s\" }] }",
        "workload.keys.item.count=300",
        "warmup=0 s",
        "redis.ttl=3 s",
    ];
    let database = "database={ workers = 10, read = { exponential = \"5 ms\" } }";
    for more in [
        &["redis.nodes=3"][..],
        &["process={ ttl = \"2 s\" }"],
        &["process={ ttl = \"2 s\", coalesce = \"single-flight\" }", database],
        &["process={ ttl = \"2 s\" }", "redis.coalesce=single-flight", "app.instances=3", database],
        &["redis.coalesce={ lock = { poll = \"5 ms\" } }", database],
        &["workload.keys.item.copies=3", "redis.nodes=3", database],
        &["workload.keys.item.writes=20/s", database, "workload.keys.page.page.batch=true", "redis.nodes=2"],
        &["workload.keys.page.page.request_cache=true", "redis.versioned_fill=true", database],
    ] {
        let arguments = [&drained[..], more].concat();
        let outcome = run(PAGES, &arguments);
        let record = &outcome.records()[0];
        let redis = record.layers.caches[Layer::Redis as usize].as_ref().expect("there is a shared cache");
        let [_, keys] = record.layers.pages.as_ref().expect("there are pages").pipelines;
        assert_eq!(keys, redis.look_ups_total(), "{more:?}");
        assert!(redis.total(LookUp::Hit) > 100 && redis.total(LookUp::Miss) > 100, "{more:?}");
        if !more[0].starts_with("process") {
            let single = run(PAGES, &[&arguments[..], &[ONE_BY_ONE]].concat());
            assert_near("look-ups", value(&single, "redis.look_ups"), redis.look_ups_total() as f64, 0.0);
        }
    }
}
