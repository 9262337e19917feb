//! Queues against Erlang, Mitzenmacher and a real pool of connections.

use crate::common::{assert_mean, assert_near, beside_the_project, erlang_c, interval, run, value, values};
use cachestorm::engine::{Engine, Job, Pool, Weight};
use cachestorm::time::{Duration, Instant};
use std::cell::Cell;
use std::ops::ControlFlow;

/// Ten workers of 20 ms, exponential, and nothing else: M/M/10.
const TEN_WORKERS: &str = r#"
name = "ten-workers"
duration = "550 s"
warmup = "50 s"
replications = 10
[workload]
arrivals = { poisson = "250/s" }
[[workload.keys]]
name = "key"
count = 1000
[client]
timeout = "none"
[app]
workers = "none"
[database]
workers = 10
queue = 1_000_000
read = { exponential = "20 ms" }
round_trip = "0 s"
pool = { size = 100_000, timeout = "none" }
"#;

/// Intervals are wide where few wait, and where a queue remembers long: as (1 - √ρ)^-2 (Morse, Queues, Inventories
/// and Maintenance, 1958). The means themselves are within 3 %.
#[test]
fn a_database_of_ten_workers_is_erlangs() {
    for (rho, published_wait_ms, published_share, within) in [
        (0.5, 0.144, 0.0361, 0.12),
        (0.7, 1.478, 0.2217, 0.06),
        (0.8, 4.092, 0.4092, 0.06),
        (0.9, 13.37, 0.6687, 0.10),
        (0.95, 33.02, 0.8256, 0.20),
    ] {
        let share = erlang_c(10, rho);
        let wait = share * 0.020 / (10.0 * (1.0 - rho));
        assert_near("the published share", share, published_share, 0.000_06);
        assert_near("the published wait", wait * 1e3, published_wait_ms, 0.005);
        let rate = format!("workload.arrivals.poisson={}/s", rho * 500.0);
        let outcome = run(TEN_WORKERS, &[&rate]);
        let what = format!("ρ = {rho}");
        let waits = values(&outcome, "database.worker_wait_mean_seconds");
        assert_mean(&what, &waits, wait, within);
        assert_near(&what, interval(&waits).0, wait, 0.03 * wait);
        assert_mean(&what, &values(&outcome, "database.worker_wait_ratio"), share, within);
        assert_mean(&what, &values(&outcome, "database.worker_utilisation"), rho, 0.01);
        // Little: those who wait are those who come in the time that one waits.
        let queue = values(&outcome, "database.worker_queue_mean");
        assert_mean(&what, &queue, rho * 500.0 * wait, within + 0.01);
    }
}

/// One task for each request of a recorded run.
#[derive(Clone, Copy)]
struct Replayed(u32);

impl Job for Replayed {
    type Answer = ();
    fn weight(&self) -> Weight {
        Weight::Light
    }
}

/// Mean time in the queue, in seconds, when these arrivals, with these service times, meet a pool.
fn replay(size: u32, requests: &[(Instant, Duration)]) -> f64 {
    let engine = Engine::<Replayed>::new();
    let pool = Pool::new(size, u32::MAX);
    let waited = Cell::new(Duration::ZERO);
    (0..requests.len() as u32).for_each(|n| engine.spawn(Replayed(n)));
    let play = async |Replayed(n): Replayed| {
        let (arrives, service) = requests[n as usize];
        engine.sleep_until(arrives).await;
        let _permit = pool.acquire(&engine, None).await.expect("the queue has no end");
        waited.set(waited.get() + (engine.now() - arrives));
        engine.sleep_until(engine.now() + service).await;
    };
    engine.run(play, play, play, |_| ControlFlow::Continue(()));
    waited.get().as_secs_f64() / requests.len() as f64
}

fn seconds(text: &str) -> f64 {
    text.parse().expect("a number")
}

/// A real pool of ten connections to `PostgreSQL` 15: its arrivals and service times, replayed, have the mean wait
/// that an independent program computed from them.
#[test]
fn a_real_pool_replayed_waits_as_it_should() {
    let Some(folder) = beside_the_project("reference/real_pool") else { return };
    let mut seen = 0;
    for (file, expected_ms) in [
        ("mmc_exp50_rho0.5.csv", 0.368),
        ("mmc_exp50_rho0.7.csv", 5.252),
        ("mmc_exp50_rho0.8.csv", 13.512),
        ("mmc_exp50_rho0.9.csv", 52.868),
    ] {
        let mut reader = csv::Reader::from_path(folder.join(file)).expect("the recording can be read");
        let request = |row: csv::StringRecord| {
            let [arrives, starts, ends] = [1, 2, 3].map(|column| seconds(&row[column]));
            let nanos = |seconds: f64| Duration::from_nanos_f64(seconds * 1e9);
            (Instant::ZERO + nanos(arrives), nanos(ends - starts))
        };
        let requests: Vec<_> = reader.records().map(|row| request(row.expect("a sound row"))).collect();
        let wait_ms = replay(10, &requests) * 1e3;
        // A thousandth, and half of the last digit that was written down.
        assert_near(file, wait_ms, expected_ms, 0.001 * expected_ms + 0.000_5);
        seen += requests.len();
    }
    assert_eq!(seen, 48_000);
}

/// Five hundred users, each of whom asks once, all at the same time; the run ends before they ask again.
const BURST: &str = r#"
name = "burst"
duration = "3 s"
replications = 1
[workload]
arrivals = { users = { count = 500, think = "1600 ms" } }
[[workload.keys]]
name = "key"
count = 1000
[app]
workers = "none"
[database]
workers = 1000
read = "20 ms"
round_trip = "0 s"
pool = { size = 10, timeout = "none" }
"#;

#[test]
fn a_burst_leaves_a_pool_in_rows() {
    let patient = run(BURST, &[]);
    assert_near("requests", value(&patient, "client.requests"), 500.0, 0.0);
    assert_near("failed", value(&patient, "client.failed"), 0.0, 0.0);
    // 50 rows of 20 ms; means are exact, quantiles within 0.4 %.
    assert_near("last", value(&patient, "client.latency_max_seconds"), 1.0, 0.004);
    assert_near("mean", value(&patient, "client.latency_mean_seconds"), 0.020 * 25.5, 1e-9);
    assert_near("wait", value(&patient, "database.pool_wait_mean_seconds"), 0.020 * 24.5, 1e-9);
    assert_near("queue", value(&patient, "database.pool_queue_max"), 490.0, 0.0);

    let hurried = run(BURST, &["database.pool.timeout=500 ms"]);
    let failed = value(&hurried, "client.failed");
    // 25 rows start before 500 ms. The next one falls due in the same instant as the time-out.
    assert!((240.0..=250.0).contains(&failed), "{failed} of 500 failed");
    assert_near("denied", value(&hurried, "database.pool_denied"), failed, 0.0);
}

/// A hundred instances that serve one request at a time, 10 ms on average, exponential.
const HUNDRED_INSTANCES: &str = r#"
name = "hundred-instances"
duration = "50 s"
warmup = "15 s"
replications = 10
[workload]
arrivals = { poisson = "9000/s" }
[[workload.keys]]
name = "key"
count = 1000
[client]
timeout = "none"
[app]
instances = 100
workers = 1
queue = 1_000_000
balance = "two-choices"
work = { exponential = "10 ms" }
"#;

fn mean_time_in_services(overrides: &[&str]) -> Vec<f64> {
    let means = values(&run(HUNDRED_INSTANCES, overrides), "client.latency_mean_seconds");
    means.iter().map(|mean| mean / 0.010).collect()
}

/// Mitzenmacher (IEEE TPDS 2001) has 2.614 and 3.383 for infinitely many servers; a hundred take 2.67 and 3.45
/// by an independent simulation, whose own error is about 1 %.
#[test]
fn the_better_of_two_instances_is_as_much_better_as_theory_says() {
    let shorter = &["duration=40 s", "warmup=10 s", "replications=4"];
    for (rate, expected) in
        [("workload.arrivals.poisson=9000/s", 2.67), ("workload.arrivals.poisson=9500/s", 3.45)]
    {
        let means = mean_time_in_services(&[&[rate], &shorter[..]].concat());
        assert_near(rate, interval(&means).0, expected, 0.03 * expected);
    }
}

/// A random instance is an M/M/1 queue: 1 / (1 - ρ) services. It remembers some (1 - √ρ)^-2 services, 380 and 1,600,
/// from which warm-up and deviation follow: 1.4 % for ρ = 0.9, and 3 % for ρ = 0.95.
#[test]
fn a_random_instance_is_a_single_queue() {
    let random = "app.balance=random";
    assert_mean("random, ρ = 0.9", &mean_time_in_services(&[random]), 10.0, 0.08);
    let busier =
        &[random, "workload.arrivals.poisson=9500/s", "warmup=50 s", "duration=110 s", "replications=4"];
    assert_near("random, ρ = 0.95", interval(&mean_time_in_services(busier)).0, 20.0, 2.0);
}
