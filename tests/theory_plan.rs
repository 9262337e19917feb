//! Plans against systems of which the answer is known: Erlang's C, Che's approximation, and plain arithmetic.

mod common;

use cachestorm::experiment::plan::{Found, Search, Tried, Verdict, plan};
use cachestorm::experiment::sweep::Case;
use cachestorm::experiment::{Runner, Unwatched};
use cachestorm::model::{Goal, Level, Range, SimulateError};
use common::{assert_near, erlang_c, model};

/// Searches a setting of a scenario, which has the objectives.
fn search(text: &str, (setting, from, to): (&str, &str, &str), goal: Goal, most: u32) -> Found {
    let base = model(text, &[]);
    let search = Search {
        setting: setting.into(),
        range: Range::parse(setting, from, to, true).expect("it is sound"),
        goal,
        objectives: base.objectives.clone(),
        precision: 0.01,
        replications: [base.replications, most],
    };
    let case = |level: &Level| {
        let model = model(text, &[&format!("{setting}={}", level.text)]);
        Ok::<_, SimulateError>(Case {
            point: vec![level.clone()],
            model,
            trace: None,
            identity: None,
            refused: None,
        })
    };
    plan(search, case, &Runner::new(&Unwatched)).expect("a scenario without a trace")
}

/// The truth lies between what surely meets and what surely misses, give or take `slack`, and both are within 3 %
/// of it.
#[track_caller]
fn assert_found(found: &Found, truth: f64, slack: f64) {
    let ends = [found.answer(), found.beyond()].map(|tried| tried.expect("both ends are known").at());
    for end in ends {
        assert_near("the answer", end, truth, 0.03 * truth);
    }
    let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    assert!(
        low * (1.0 - slack) <= truth && truth <= high * (1.0 + slack),
        "{low}..{high}, theory says {truth}"
    );
    assert!(found.is_complete && found.bracket.is_monotone);
}

/// Where a rising function is zero.
fn root(mut low: f64, mut high: f64, function: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if function(middle) < 0.0 { low = middle } else { high = middle }
    }
    low
}

/// Ten workers of 20 ms, exponential, and nothing else: M/M/10.
const TEN_WORKERS: &str = r#"
name = "ten-workers"
duration = "60 s"
warmup = "5 s"
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
[[objective]]
metric = "database.worker_wait_p99_seconds"
at_most = "50 ms"
"#;

/// The share of those who wait longer than 50 ms at a load, by Erlang's C.
fn waits_longer(rate: f64) -> f64 {
    let waits = erlang_c(10, rate * 0.020 / 10.0);
    waits * libm::exp(-(500.0 - rate) * 0.050)
}

/// A percentile is within 0.4 % of its value, a tenth of which is what the load differs by.
#[test]
fn the_most_load_that_a_database_of_ten_workers_carries_is_erlangs() {
    let truth = root(100.0, 499.0, |rate| waits_longer(rate) - 0.01);
    let found = search(TEN_WORKERS, ("workload.arrivals.poisson", "300/s", "520/s"), Goal::Most, 100);
    assert_found(&found, truth, 0.001);
    assert_eq!(found.binding(), Some(0));
}

/// A cache in the process, and a source of truth that answers at once.
const LRU: &str = r#"
name = "lru"
duration = "2500 ms"
warmup = "500 ms"
[workload]
arrivals = { poisson = "20k/s" }
[[workload.keys]]
name = "key"
count = 5_000
popularity = { zipf = 0.8 }
[app]
instances = 1
workers = "none"
[process]
capacity = { entries = 100 }
[[objective]]
metric = "process.hit_ratio"
at_least = "50 %"
"#;

/// Hit ratio of an LRU cache after which a key leaves that is not asked for in so many requests, and how many entries it
/// then has (Che, Tung and Wang, IEEE JSAC 2002).
fn che(time: f64) -> (f64, f64) {
    let weights: Vec<f64> = (1..=5_000).map(|rank| libm::pow(f64::from(rank), -0.8)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).fold((0.0, 0.0), |(ratio, entries), p| {
        let resident = -libm::expm1(-p * time);
        (ratio + p * resident, entries + resident)
    })
}

/// The approximation errs in the third digit of the hit ratio, which is some half of a per cent of the entries.
#[test]
fn the_least_memory_for_a_hit_ratio_is_ches() {
    let time = root(1.0, 1e6, |time| che(time).0 - 0.5);
    let (_, truth) = che(time);
    let found = search(LRU, ("process.capacity.entries", "300", "1200"), Goal::Least, 40);
    assert_found(&found, truth, 0.01);
}

/// A request every ten milliseconds that keeps a worker for 25: three workers are needed, and nothing is left to chance.
const STEADY: &str = r#"
name = "steady"
duration = "10 s"
warmup = "1 s"
[workload]
arrivals = { constant = "100/s" }
[[workload.keys]]
name = "key"
count = 10
[app]
workers = "none"
[database]
workers = 3
read = "25 ms"
round_trip = "0 s"
pool = { size = 1000 }
[[objective]]
metric = "database.worker_wait_mean_seconds"
at_most = "0 s"
"#;

fn summary(found: &Found) -> Vec<(&str, Verdict)> {
    found.tried.iter().map(|tried| (tried.level.text.as_str(), tried.verdict)).collect()
}

#[test]
fn whole_numbers_are_found_exactly_and_what_has_no_noise_is_sure_at_once() {
    let found = search(STEADY, ("database.workers", "1", "64"), Goal::Least, 100);
    let ends = [found.answer(), found.beyond()].map(|tried| tried.map(|it| it.level.text.as_str()));
    assert_eq!(ends, [Some("3"), Some("2")], "{:?}", summary(&found));
    assert!(found.tried.iter().all(|tried| tried.runs.len() == 5), "{:?}", summary(&found));
}

#[test]
fn where_all_or_none_meet_there_is_no_edge_and_no_answer() {
    let enough = search(STEADY, ("database.workers", "3", "64"), Goal::Least, 100);
    assert_eq!(enough.answer().map(|tried| tried.level.text.as_str()), Some("3"));
    assert!(enough.beyond().is_none() && enough.binding().is_none());
    let never = search(STEADY, ("database.workers", "1", "2"), Goal::Least, 100);
    assert!(never.answer().is_none(), "{:?}", summary(&never));
}

/// A utilisation has to be high and the wait short: too many workers are as wrong as too few.
#[test]
fn an_island_is_found_and_said_to_be_one() {
    let busy = "[[objective]]\nmetric = \"database.worker_utilisation\"\nat_least = \"20 %\"\n";
    let found = search(&format!("{STEADY}{busy}"), ("database.workers", "1", "64"), Goal::Least, 100);
    // 2.5 of twelve workers are busy: 20.8 %; of thirteen 19.2 %.
    assert_eq!(found.answer().map(|tried| tried.level.text.as_str()), Some("3"));
    assert!(!found.bracket.is_monotone);
}

#[test]
fn the_curve_has_values_on_both_sides_of_the_answer() {
    let found = search(STEADY, ("database.workers", "1", "64"), Goal::Least, 100);
    let at: Vec<f64> = found.tried.iter().map(Tried::at).collect();
    assert!(at.is_sorted() && at.iter().filter(|at| (2.0..=6.0).contains(*at)).count() >= 4, "{at:?}");
}
