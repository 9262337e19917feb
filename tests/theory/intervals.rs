//! The 95 % intervals that every report shows, on systems with known answers: they hold the truth in 95 of 100
//! experiments.

use crate::common::run;

/// How many experiments, each with a seed of its own.
const EXPERIMENTS: u32 = 1_000;

/// Three deviations of a share of 95 % among so many experiments.
const TOLERANCE: f64 = 0.02;

/// In how many of the experiments the interval of a metric holds the truth.
fn coverage(scenario: &str, metric: &str, truth: f64) -> f64 {
    let holds = |seed: u32| {
        let outcome = run(scenario, &[&format!("seed={seed}")]);
        let estimate = outcome.estimate(metric).expect("the metric has a value");
        let [low, high] = estimate.interval().expect("there are several replications");
        (low..=high).contains(&truth)
    };
    f64::from((1..=EXPERIMENTS).map(|seed| u32::from(holds(seed))).sum::<u32>()) / f64::from(EXPERIMENTS)
}

fn assert_covers(scenario: &str, metric: &str, truth: f64) {
    let covered = coverage(scenario, metric, truth);
    assert!((covered - 0.95).abs() <= TOLERANCE, "{metric}: {covered} of the intervals hold {truth}");
}

/// M/M/1 at half load: on average ρ²/(1 − ρ) wait.
#[test]
fn intervals_of_a_queues_length_hold_erlangs() {
    let scenario = r#"
name = "mm1"
duration = "45 s"
warmup = "5 s"
replications = 5
[workload]
arrivals = { poisson = "50/s" }
[[workload.keys]]
name = "key"
count = 1
[app]
workers = "none"
[database]
workers = 1
read = { exponential = "10 ms" }
round_trip = "0 s"
pool = { size = 1_000 }
"#;
    assert_covers(scenario, "database.worker_queue_mean", 0.5);
}

/// Renewal theory: of λT + 1 requests in a cycle one is a miss.
#[test]
fn intervals_of_a_ttl_caches_hit_ratio_hold_that_of_renewal_theory() {
    let scenario = r#"
name = "ttl"
duration = "105 s"
warmup = "5 s"
replications = 5
[workload]
arrivals = { poisson = "10/s" }
[[workload.keys]]
name = "key"
count = 1
[app]
workers = "none"
[process]
ttl = "1 s"
"#;
    assert_covers(scenario, "process.hit_ratio", 10.0 / 11.0);
}
