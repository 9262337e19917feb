//! The same scenario gives the same results to the bit, and variants of it see the same traffic.

mod common;

use cachestorm::experiment::{Outcome, Unwatched, paired_difference, replicate};
use cachestorm::measure::{Histogram, HotKey, Layer};
use cachestorm::model::Prepared;
use common::{each, interval, model, run, values};
use rayon::ThreadPoolBuilder;

/// Everything that is drawn, is.
const EVERYTHING: &str = r#"
name = "everything"
duration = "20 s"
warmup = "2 s"
replications = 6
[workload]
arrivals = { bursty = { quiet = "200/s", burst = "900/s", quiet_for = "2 s", burst_for = "500 ms" } }
[[workload.keys]]
name = "key"
count = 500
size = { lognormal = { median = "1 KiB", p99 = "16 KiB" } }
writes = "20/s"
[client]
timeout = "50 ms"
retries = { attempts = 2, backoff = "5 ms", jitter = "decorrelated" }
[app]
instances = 3
balance = "two-choices"
round_trip = { exponential = "1 ms" }
work = { gamma = { mean = "1 ms", cv = 0.7 } }
[process]
capacity = { entries = 50 }
ttl = "1 s"
[redis]
nodes = 2
memory = "1 MiB"
ttl = "3 s"
ttl_jitter = "10 %"
early_refresh = 1.0
round_trip = { exponential = "500 us" }
[database]
workers = 5
read = { lognormal = { median = "8 ms", p99 = "60 ms" } }
round_trip = { exponential = "500 us" }
"#;

/// A metric's name with the bits of its value in each replication.
type Bits = Vec<(String, Vec<Option<u64>>)>;

fn bits(outcome: &Outcome) -> (Bits, Vec<HotKey>, Vec<u64>) {
    let of = |values: &[Option<f64>]| values.iter().map(|value| value.map(f64::to_bits)).collect();
    let metrics = outcome.metrics.iter().map(|(metric, values)| (metric.name.clone(), of(values)));
    let events = outcome.records().iter().map(|record| record.events).collect();
    (metrics.collect(), outcome.hot_keys(), events)
}

#[test]
fn results_do_not_hang_on_threads_or_on_the_run() {
    let prepared = Prepared::new(model(EVERYTHING, &[]), None).expect("a scenario without a trace");
    let on = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        pool.install(|| bits(&replicate(&prepared, "base", &Unwatched).expect("a scenario without a trace")))
    };
    let first = on(1);
    assert_eq!(first, on(1), "a second run");
    assert_eq!(first, on(2), "two threads");
    assert_eq!(first, bits(&run(EVERYTHING, &[])), "a scenario read anew");
}

/// Draws belong to groups and their keys, whatever the order of the groups and whatever is not used. One group is full of
/// draws and the others share its memory, so that evictions would tell.
#[test]
fn the_order_of_key_groups_and_groups_without_requests_change_no_bit() {
    let (head, rest) = EVERYTHING.split_once("[client]").expect("it has clients");
    let other = "[[workload.keys]]\nname = \"article\"\ncount = 300\nshare = 0.4\nwrites = \"5/s\"\n";
    let unused = "[[workload.keys]]\nname = \"a\"\ncount = 700\nshare = 0\n";
    let (workload, key) = head.split_once("[[workload.keys]]").expect("it has keys");
    let key = format!("[[workload.keys]]{key}share = 0.6\n");
    let with = |groups: &[&str]| bits(&run(&format!("{workload}{}[client]{rest}", groups.concat()), &[]));
    let expected = with(&[&key, other]);
    assert_eq!(with(&[other, &key]), expected, "another order");
    assert_eq!(with(&[unused, &key, other]), expected, "an unused group");
    let renamed = run(&EVERYTHING.replace("name = \"everything\"", "name = \"another\""), &[]);
    assert_eq!(bits(&renamed), bits(&run(EVERYTHING, &[])), "another name of the scenario");
}

#[test]
fn replications_and_seeds_differ_and_more_replications_change_none() {
    let six = run(EVERYTHING, &[]);
    for metric in ["client.requests", "client.latency_mean_seconds", "redis.hit_ratio", "database.loads"] {
        let mut all = values(&six, metric);
        all.extend(values(&run(EVERYTHING, &["seed=2"]), metric));
        all.sort_by(f64::total_cmp);
        // Counts may meet by chance, twelve results do not.
        all.dedup();
        assert!(all.len() >= 10, "{metric}: {all:?}");
        assert_eq!(
            values(&run(EVERYTHING, &["replications=3"]), metric),
            values(&six, metric)[..3],
            "{metric}"
        );
    }
}

/// Two groups: one with herds, whose loads single-flight makes fewer, and one whose copies expire between any two
/// requests, so that each of its requests is a load of its own.
const TWO_GROUPS: &str = r#"
name = "two-groups"
duration = "600 ms"
replications = 3
[workload]
arrivals = { poisson = "1000/s" }
users = 100
[[workload.keys]]
name = "hot"
count = 3
share = 95
[[workload.keys]]
name = "rare"
count = 17
share = 5
ttl = "1 ns"
[app]
workers = "none"
[redis]
ttl = "20 ms"
round_trip = "0 s"
service = { get = "0 s", set = "0 s", per_kib = "0 s" }
pool = { size = 1000 }
[database]
workers = 1000
read = { exponential = "2 ms" }
round_trip = "0 s"
pool = { size = 1000 }
"#;

const SINGLE_FLIGHT: &str = "redis.coalesce=single-flight";

/// The exact sum, and how many are in each cell.
fn demands(histogram: &Histogram) -> (Option<u64>, Vec<(u64, u64)>) {
    let cells = histogram.cells().map(|(middle, count)| (middle.to_bits(), count));
    (histogram.mean_seconds().map(f64::to_bits), cells.collect())
}

/// Runs of 1, 2, 3 … 600 ms share their beginning. Each has the arrivals of every millisecond and the requests of
/// each of the twenty keys; from one to the next there is about one request more, so that the list of runs holds
/// when each request came and what for. A rare key's answer from the database is as old as its load took.
#[test]
fn single_flight_changes_no_arrival_no_key_and_no_service_demand() {
    let seen = |arguments: &[&str]| {
        let outcome = run(TWO_GROUPS, arguments);
        let record = &outcome.records()[0];
        assert_eq!(record.timeline.width().as_nanos(), 1_000_000, "a bucket for each millisecond");
        let arrivals = record.clients.arrivals.values().to_vec();
        let mut keys: Vec<(String, u64)> =
            record.hot_keys.iter().map(|key| (key.key.clone(), key.requests)).collect();
        keys.sort();
        (arrivals, keys, demands(&record.served(Layer::Database, 1).age))
    };
    for millis in 1..=600 {
        let duration = format!("duration={millis} ms");
        let common = [duration.as_str(), "replications=1"];
        let without = seen(&common);
        let with = seen(&[&common[..], &[SINGLE_FLIGHT]].concat());
        assert_eq!(without, with, "{duration}");
    }
    let [without, with] = [&[][..], &[SINGLE_FLIGHT]].map(|arguments| run(TWO_GROUPS, arguments));
    let loads = |outcome: &Outcome| values(outcome, "database.loads").iter().sum::<f64>();
    assert!(loads(&with) < 0.9 * loads(&without), "single-flight does something here");
    let rare = each(&with, |record| record.served(Layer::Database, 1).age.count() as f64);
    assert!(rare.iter().all(|answers| *answers > 15.0), "rare keys are loaded: {rare:?}");
}

/// Many keys in a busy system, with and without single-flight.
const COMPARED: &str = r#"
name = "compared"
duration = "30 s"
warmup = "5 s"
replications = 12
[workload]
arrivals = { poisson = "500/s" }
[[workload.keys]]
name = "key"
count = 2000
[app]
instances = 2
workers = "none"
[redis]
ttl = "5 s"
[database]
workers = 40
read = { lognormal = { median = "30 ms", p99 = "200 ms" } }
pool = { size = 100 }
"#;

#[test]
fn paired_differences_are_narrower_than_unpaired_ones() {
    let [without, with] = [&[][..], &[SINGLE_FLIGHT]].map(|arguments| run(COMPARED, arguments));
    assert_eq!(values(&without, "client.requests"), values(&with, "client.requests"));
    for metric in ["redis.miss_ratio", "database.load_rate_mean_per_s", "database.worker_utilisation"] {
        let (a, b) = (values(&without, metric), values(&with, metric));
        let paired = paired_difference(&a, &b).and_then(|difference| difference.half_width);
        let paired = paired.expect("there are several replications");
        // The same 95 % interval if the two had nothing in common: variances add.
        let deviation = |values: &[f64]| interval(values).1 / interval(&[0.0, 1.0].repeat(6)).1;
        let unit = paired_difference(&[0.0; 12], &[0.0, 1.0].repeat(6)).and_then(|unit| unit.half_width);
        let unpaired = deviation(&a).hypot(deviation(&b)) * unit.expect("there are several replications");
        assert!(paired < 0.7 * unpaired, "{metric}: {paired} paired, {unpaired} unpaired");
    }
}
