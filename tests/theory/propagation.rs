//! How long a write takes to reach everybody, against a closed form.

use crate::common::{assert_mean, run, values};

/// Four edges that are purged after a write, each after a delay of its own.
const EDGES: &str = r#"
name = "edges"
duration = "20000 s"
replications = 10
[workload]
arrivals = { poisson = "20/s" }
[[workload.keys]]
name = "key"
count = 1
writes = "0.05/s"
purge = true
consistency = "strong"
[cdn]
ttl = "1000 d"
edges = 4
regions = [{ name = "all", round_trip = "0 s" }]
purge_delay = { exponential = "200 ms" }
"#;

/// The last old answer of an edge is as long before its purge as its last reader came, G. With delays and readers
/// exponential, P(D - G > x) = p e^(-x/D) with p = rD / (1 + rD); and the latest of n edges has the mean
/// ∫ 1 - (1 - p e^(-x/D))^n dx = D Σ (1 - (1 - p)^k) / k. A second write before that is rare: μ · 0.3 s, which takes
/// nothing from the mean that shows here.
#[test]
fn a_write_has_reached_everybody_when_the_last_edge_is_purged() {
    let outcome = run(EDGES, &[]);
    let (delay, rate) = (0.2, 5.0);
    let p = rate * delay / (1.0 + rate * delay);
    let sum: f64 = (1..=4).map(|k| (1.0 - (1.0_f64 - p).powi(k)) / f64::from(k)).sum();
    assert_mean("propagation", &values(&outcome, "client.propagation_mean_seconds"), delay * sum, 0.06);
    for most in values(&outcome, "client.versions_at_once_max") {
        // Two at a time, or a few more where writes come close together.
        assert!((2.0..=5.0).contains(&most), "{most}");
    }
}

#[test]
fn a_purge_that_takes_no_time_leaves_one_version_in_service() {
    let outcome = run(EDGES, &["cdn.purge_delay=0 s", "replications=1"]);
    assert_eq!(values(&outcome, "client.propagation_max_seconds"), [0.0]);
    assert_eq!(values(&outcome, "client.versions_at_once_max"), [1.0]);
    assert_eq!(values(&outcome, "client.strong_violations"), [0.0]);
}
