//! Caches against closed forms: herds, hit ratios of TTL caches, early refresh.
//!
//! Intervals are 99.9 % confidence intervals over replications; seeds are fixed.

use crate::common::{assert_mean, assert_near, each, run, values};
use cachestorm::experiment::Outcome;
use cachestorm::measure::{Layer, Reason};

/// One key for 2,000 readers a second, and servers to spare. Copies expire about every 10.1 s: the window
/// holds 20 herds, whole.
const HERD: &str = r#"
name = "herd"
duration = "205 s"
warmup = "5 s"
replications = 10
[workload]
arrivals = { poisson = "2000/s" }
[[workload.keys]]
name = "key"
count = 1
[app]
instances = 10
workers = "none"
[redis]
ttl = "10 s"
pool = { size = 1000 }
[database]
workers = 1000
read = "50 ms"
pool = { size = 1000 }
"#;

/// Five times as many expiries in the same time, each with the same herd.
const SHORT_LIVES: &[&str] = &["redis.ttl=2 s", "duration=44 s", "warmup=1 s"];

/// Without the time of the network and of Redis.
const NO_DISTANCE: &[&str] = &[
    "redis.round_trip=0 s",
    "database.round_trip=0 s",
    "redis.service={ get = \"0 s\", set = \"0 s\", per_kib = \"0 s\" }",
];

fn expiries(outcome: &Outcome) -> f64 {
    each(outcome, |record| {
        let redis = record.layers.caches[Layer::Redis as usize].as_ref().expect("there is a shared cache");
        redis.removals[Reason::Expired as usize] as f64
    })
    .iter()
    .sum()
}

fn loads(outcome: &Outcome) -> f64 {
    values(outcome, "database.loads").iter().sum()
}

/// Who comes between the first look-up that finds nothing and the first copy that is stored asks the
/// database too: beside the first one a Poisson number, whose mean is the rate times that time.
fn check_herd(what: &str, outcome: &Outcome, open_seconds: f64) {
    let expiries = expiries(outcome);
    assert!(expiries >= 200.0, "{what}: only {expiries} expiries");
    let others = 2_000.0 * open_seconds;
    // A sum of Poisson numbers is one, so that its deviation is known.
    let deviation = (others / expiries).sqrt();
    assert_near(what, loads(outcome) / expiries, 1.0 + others, 3.29 * deviation);
}

#[test]
fn without_distances_a_herd_is_one_and_the_arrivals_of_one_load() {
    check_herd("1 + 2000/s x 50 ms", &run(HERD, NO_DISTANCE), 0.050);
}

/// Both the look-up and the store happen at the node, when it has worked on the command. Between the two lie:
/// the way of the look-up's answer back (half a round trip), the database's round trip and service, the way
/// of the SET (half a round trip), and the node's work on the SET (9.1 µs, and 0.819 µs for the 1 KiB).
/// A SET also waits for GETs before it, 0.3 µs on average at 2.5 % utilisation: too little to see.
#[test]
fn with_distances_a_herd_has_the_arrivals_of_the_round_trips_too() {
    let open = 0.000_5 + 0.000_5 + 0.050 + 0.000_009_9;
    check_herd("1 + 2000/s x 51.01 ms", &run(HERD, SHORT_LIVES), open);
    // Round trips that can be seen: 20 ms to Redis, 30 ms to the database.
    let far = &["redis.round_trip=20 ms", "database.round_trip=30 ms", "duration=45 s"];
    let far = run(HERD, &[SHORT_LIVES, far].concat());
    check_herd("1 + 2000/s x 100 ms", &far, 0.020 + 0.030 + 0.050 + 0.000_009_9);
}

#[test]
fn with_single_flight_a_herd_is_one_of_each_instance() {
    let outcome = run(HERD, &[SHORT_LIVES, &["redis.coalesce=single-flight"]].concat());
    // A hundred readers come during a load, ten to each instance in turn: none is left out.
    assert_near("loads per expiry", loads(&outcome) / expiries(&outcome), 10.0, 0.0);
    for most in values(&outcome, "database.concurrent_loads_per_key_max") {
        assert_near("herd", most, 10.0, 0.0);
    }
}

#[test]
fn with_a_distributed_lock_a_herd_is_one() {
    let lock = "redis.coalesce={ lock = { lease = \"5 s\", poll = \"20 ms\", wait = \"1 s\" } }";
    let outcome = run(HERD, &[SHORT_LIVES, &[lock]].concat());
    assert_near("loads per expiry", loads(&outcome) / expiries(&outcome), 1.0, 0.0);
    for most in values(&outcome, "database.concurrent_loads_per_key_max") {
        assert_near("herd", most, 1.0, 0.0);
    }
}

/// One key, a cache of one layer, and a source of truth that answers at once.
fn ttl_cache(layer: &str) -> String {
    format!(
        r#"
name = "ttl"
duration = "100000 s"
replications = 10
[workload]
arrivals = {{ poisson = "1/s" }}
[[workload.keys]]
name = "key"
count = 1
[{layer}]
ttl = "1 s"
"#
    )
}

/// h = λT / (1 + λT): a cycle is one miss, then all arrivals during T (Jung, Berger and Balakrishnan, INFOCOM
/// 2003).
#[test]
fn the_hit_ratio_of_a_ttl_cache_is_that_of_renewal_theory() {
    let instant =
        ["redis.round_trip=0 s", "redis.service={ get = \"0 s\", set = \"0 s\", per_kib = \"0 s\" }"];
    for (layer, overrides) in [("process", &[][..]), ("redis", &instant)] {
        // About 60,000 requests in each replication: intervals of 0.1 to 2 %.
        for (rate, duration, within) in
            [(0.1, 600_000.0, 0.02), (1.0, 60_000.0, 0.01), (10.0, 6_000.0, 0.002)]
        {
            let rate_text = format!("workload.arrivals.poisson={rate}/s");
            let duration = format!("duration={duration} s");
            let all = [&[rate_text.as_str(), duration.as_str()], overrides].concat();
            let outcome = run(&ttl_cache(layer), &all);
            let ratios = values(&outcome, &format!("{layer}.hit_ratio"));
            assert_mean(&format!("{layer}, λT = {rate}"), &ratios, rate / (1.0 + rate), within);
        }
    }
}

/// λ = 100/s, T = 10 s, and a load takes D = 0.2 s.
const SLOW_LOADS: &str = r#"
name = "slow-loads"
duration = "10100 s"
warmup = "100 s"
replications = 2
[workload]
arrivals = { poisson = "100/s" }
[[workload.keys]]
name = "key"
count = 1
[app]
workers = "none"
[process]
ttl = "10 s"
[database]
workers = 1000
read = "200 ms"
round_trip = "0 s"
pool = { size = 1000 }
"#;

/// Renewal theory with a time to load: of the arrivals of a cycle T + D + 1/λ, those during T are hits, and
/// one loads. Without coalescing the last of a herd stores its copy when the others are D old (Choungmo
/// Fofack et al., Computer Networks 2014, and an independent Monte Carlo): (1 + λD) / (2D + T + e^(-λD)/λ).
#[test]
fn loads_that_take_time_cost_hits_as_renewal_theory_says() {
    let coalesced = run(SLOW_LOADS, &["process.coalesce=single-flight"]);
    // A thousand cycles, whose number varies by less than one: 0.1 %. A cycle has 1,021 requests.
    for ratio in values(&coalesced, "process.hit_ratio") {
        assert_near("hit ratio", ratio, 0.979_43, 0.000_1);
    }
    for rate in values(&coalesced, "database.load_rate_mean_per_s") {
        assert_near("coalesced loads", rate, 0.097_94, 0.01 * 0.097_94);
    }
    // Herds of 21 with a deviation of 4.5: 0.7 % for a thousand of them, 99.9 % within 2.3 %.
    let herds = run(SLOW_LOADS, &["replications=10"]);
    let expected = (1.0 + 20.0) / (0.4 + 10.0 + (-20.0f64).exp() / 100.0);
    assert_near("the published figure", expected, 2.02, 0.005);
    assert_mean("loads", &values(&herds, "database.load_rate_mean_per_s"), expected, 0.01);
}

/// λ = 1000/s and a load of Δ = 0.2 s. The closed forms need a TTL that no early refresh comes near: the
/// chance that one comes right after the fill is λΔ·e^(-T/Δ) = 0.0007 for T = 2.5 s.
const XFETCH: &str = r#"
name = "xfetch"
duration = "600 s"
warmup = "10 s"
replications = 10
[workload]
arrivals = { poisson = "1000/s" }
[[workload.keys]]
name = "key"
count = 1
[app]
workers = "none"
[process]
ttl = "2500 ms"
early_refresh = 1.0
[database]
workers = 10000
read = "200 ms"
round_trip = "0 s"
pool = { size = 10000 }
"#;

/// Recomputations of a cycle are geometric with mean e^(1/β) (after Vattani, Chierichetti and Lowenstein,
/// VLDB 2015). The first of a cycle runs alone and all others begin before it ends, so that cycles are the
/// loads that are nobody's duplicate.
#[test]
fn early_refresh_recomputes_as_often_as_its_closed_form() {
    // Twenty times 370 cycles with a deviation of 2.16 each: an interval of 3.6 % to each side, give or take a quarter.
    let outcome = run(XFETCH, &["replications=20"]);
    let per_cycle: Vec<f64> =
        values(&outcome, "database.duplicate_load_ratio").iter().map(|share| 1.0 / (1.0 - share)).collect();
    assert_mean("recomputations", &per_cycle, std::f64::consts::E, 0.06);
    let expired = values(&outcome, "process.expired_per_s");
    assert_near("expiries", expired.iter().sum(), 0.0, 0.0);
}

/// The mean gap is Δ·(ln(λΔ) + 0.5772 + E₁(λΔ)); the last term vanishes here. With single-flight, readers go
/// on with the old copy while one renews it, and a cycle is T - gap + Δ.
#[test]
fn early_refresh_comes_as_early_as_its_closed_form() {
    let outcome = run(XFETCH, &["process.coalesce=single-flight", "warmup=0 s", "duration=300 s"]);
    let gaps = each(&outcome, |record| {
        let loads = record.layers.database.as_ref().expect("there is a database").series.values();
        let of_bucket = |(bucket, count): (usize, &f64)| (*count > 0.0).then_some(bucket);
        let first = loads.iter().enumerate().find_map(of_bucket).expect("there are loads");
        let last = loads.iter().enumerate().rev().find_map(of_bucket).expect("there are loads");
        let cycles = loads.iter().sum::<f64>() - 1.0;
        2.5 + 0.2 - record.timeline.width().as_secs_f64() * (last - first) as f64 / cycles
    });
    // 1,960 cycles whose gaps vary by 0.257 s: 1.6 %.
    assert_mean("gap", &gaps, 0.2 * (200.0f64.ln() + 0.577_2), 0.03);
    assert_near("the published figure", 0.2 * (200.0f64.ln() + 0.577_2), 1.175, 0.001);
}

#[test]
fn without_early_refresh_everyone_recomputes() {
    let outcome = run(XFETCH, &["process.early_refresh=none", "warmup=1 s", "duration=91.5 s"]);
    let loads = loads(&outcome);
    let expiries: f64 = values(&outcome, "process.expired_per_s").iter().sum::<f64>() * 90.5;
    // A herd every 2.9 s, all of them whole: 310 with a deviation of 14.1: 1.4 %.
    assert_near("recomputations", loads / expiries, 201.0, 3.29 * 14.14 / expiries.sqrt());
}
