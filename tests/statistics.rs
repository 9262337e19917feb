//! How often a verdict is wrong, with real runs of systems of which the answer is known: a system compared with itself, and a
//! search for the least number of workers where errors are rare.
//!
//! Each rule has two tests: a quick one, and one with as many experiments as the rule was measured with. The second takes
//! minutes: `cargo test --release --test statistics -- --ignored`.

mod common;

use cachestorm::experiment::plan::{Found, Search, Verdict, plan};
use cachestorm::experiment::sweep::Case;
use cachestorm::experiment::{Comparison, Family, Outcome, Runner, Unwatched};
use cachestorm::measure::{Wanted, metrics};
use cachestorm::model::{Bound, Goal, Level, Objective, On, Range, SimulateError, Sure};
use cachestorm::scenario::{Span, Spanned};
use common::{model, run};

/// A cache in front of a small database, in equilibrium: nothing fails.
const SMALL: &str = r#"
name = "small"
duration = "14 s"
warmup = "4 s"
[workload]
arrivals = { poisson = "400/s" }
[[workload.keys]]
name = "key"
count = 1000
[redis]
ttl = "3 s"
ttl_jitter = "10 %"
[database]
workers = 3
read = { exponential = "5 ms" }
"#;

/// What `small` has objectives for: two whole numbers that are equal in many runs, a share, and a mean that the headline
/// metrics do not have.
const OBJECTIVES: [&str; 4] = [
    "database.concurrent_loads_per_key_max",
    "database.load_rate_peak_per_s",
    "redis.hit_ratio",
    "database.worker_utilisation",
];

fn objective(metric: &str) -> Objective {
    let all = metrics();
    let found = all.iter().find(|known| known.name == metric).expect("there is such a metric");
    Objective {
        metric: Spanned { value: metric.into(), span: Span::default() },
        unit: found.unit,
        bound: Bound::AtMost(0.0),
        on: On::Run,
    }
}

/// Every metric that has a value and a better side.
fn every_metric(outcome: &Outcome) -> Vec<Objective> {
    let has_side = outcome.estimates().filter(|(metric, _)| metric.wanted != Wanted::Either);
    has_side.map(|(metric, _)| objective(&metric.name)).collect()
}

/// Tables of `small` against itself with other random numbers, that have a star: of objectives, of headline metrics, and
/// of either. No star is right.
fn false_tables(tables: u32, runs: u32, objectives: impl Fn(&Outcome) -> Vec<Objective>) -> [usize; 3] {
    let mut counts = [0; 3];
    for table in 0..tables {
        let arms = [2 * table + 1, 2 * table + 2].map(|seed| {
            let mut arm = run(SMALL, &[&format!("seed={seed}"), &format!("replications={runs}")]);
            arm.objectives = objectives(&arm);
            arm
        });
        let compared = Comparison { outcomes: arms.into() }.compare();
        let has_star = |family: Family| {
            let rows = compared.rows.iter().filter(|row| row.family == Some(family));
            rows.flat_map(|row| &row.changes).any(|change| change.is_starred)
        };
        let stars = [Family::Objectives, Family::Headline].map(has_star);
        let collapses = compared.collapses.iter().flatten().any(|collapse| collapse.is_starred);
        for (count, is_wrong) in
            counts.iter_mut().zip([stars[0], stars[1], stars[0] || stars[1] || collapses])
        {
            *count += usize::from(is_wrong);
        }
    }
    counts
}

fn few_metrics(_: &Outcome) -> Vec<Objective> {
    OBJECTIVES.map(objective).into()
}

/// 5 % of so many tables, and three standard errors.
fn most_false(tables: u32) -> usize {
    let tables = f64::from(tables);
    (0.05 * tables + 3.0 * (0.05 * 0.95 * tables).sqrt()) as usize
}

#[track_caller]
fn assert_few_are_false(tables: u32) {
    let most = most_false(tables);
    let five = false_tables(tables, 5, few_metrics);
    let three = false_tables(tables, 3, every_metric);
    println!("false tables of {tables}: {five:?} with 5 runs, {three:?} with 3 runs and all metrics");
    assert!(five.into_iter().chain(three).all(|count| count <= most), "{five:?} {three:?}, at most {most}");
}

/// STATISTICS §8: of 200 tables at most 19 have a false star, with five runs, and with three runs and an objective on every
/// metric. Without the resolution of whole numbers it was 16 % of the tables with three runs.
///
/// `cargo test --release --test statistics -- --ignored --nocapture of_a_system`
#[test]
#[ignore = "takes minutes; the test below makes a tenth of the tables"]
fn of_a_system_against_itself_few_of_200_tables_have_a_star() {
    assert_eq!(most_false(200), 19);
    assert_few_are_false(200);
}

#[test]
fn of_a_system_against_itself_few_tables_have_a_star() {
    assert_few_are_false(20);
}

/// `small` with two slower workers: 86 % of the runs have no error, and the mean error ratio is about 0.015 %, three times the
/// limit, because errors come together.
fn rare(seed: u32) -> String {
    let text = SMALL.replace(
        "workers = 3\nread = { exponential = \"5 ms\" }",
        "workers = 2\nread = { exponential = \"11500 us\" }",
    );
    assert_ne!(text, SMALL);
    let limits = "[client]\ntimeout = \"135 ms\"\n[[objective]]\nmetric = \"client.error_ratio\"\nat_most = \"0.005 %\"\n";
    format!("seed = {seed}\n{text}{limits}")
}

/// The least number of workers for which nearly all runs keep the limit.
fn least_workers(seed: u32, [from, to]: [&str; 2]) -> Found {
    let text = rare(seed);
    let setting = "database.workers";
    let search = Search {
        setting: setting.into(),
        range: Range::parse(setting, from, to, true).expect("it is sound"),
        goal: Goal::Least,
        objectives: model(&text, &[]).objectives,
        precision: 0.01,
        sure: Sure::NEARLY_ALL_RUNS,
        replications: None,
        replications_max: 100,
        first: Vec::new(),
    };
    let case = |level: &Level| {
        let model = model(&text, &[&format!("{setting}={}", level.text)]);
        let point = vec![level.clone()];
        Ok::<_, SimulateError>(Case { point, model, trace: None, identity: None, refused: None })
    };
    plan(search, case, &Runner::new(&Unwatched)).expect("a scenario without a trace")
}

/// In how many of these searches two workers meet the limit, and how many of them find three or more.
fn searches(seeds: u32, range: [&str; 2]) -> [usize; 2] {
    let mut counts = [0; 2];
    for seed in 1..=seeds {
        let found = least_workers(seed, range);
        let two = found.tried.iter().find(|tried| tried.level.text == "2").expect("two are tried");
        counts[0] += usize::from(two.verdict == Verdict::Meets);
        counts[1] += usize::from(found.answer().is_some_and(|answer| answer.at() > 2.0));
    }
    println!("{} of {seeds} searches say that two workers meet, {} that it takes more", counts[0], counts[1]);
    counts
}

/// STATISTICS §8: of 60 searches at most 4 may say that two workers meet the limit. By a test of the mean 24 did.
///
/// `cargo test --release --test statistics -- --ignored --nocapture where_errors`
#[test]
#[ignore = "takes minutes; the test below makes a tenth of the searches"]
fn where_errors_are_rare_few_of_60_searches_take_a_value_that_misses() {
    let [two, more] = searches(60, ["1", "4"]);
    assert!(two <= 4, "{two} of 60");
    // Where 99 % of the runs keep a limit, "missed" is said with 5 % at most; of 60 that and three standard errors are 8.
    assert!(more >= 60 - 4 - 8, "{more} of 60");
}

/// 5 % of six searches and three standard errors are 1.9.
#[test]
fn where_errors_are_rare_few_searches_take_a_value_that_misses() {
    let [two, more] = searches(6, ["2", "3"]);
    assert!(two <= 1 && more >= 4, "{two} and {more} of 6");
}

/// Two workers of 20 ms, exponential, at 80 % of what they can: M/M/2 with a true p99 of 240 ms. One run of 20,000 requests.
const MM2: &str = r#"
name = "mm2"
duration = "255 s"
warmup = "5 s"
replications = 1
[workload]
arrivals = { poisson = "80/s" }
[[workload.keys]]
name = "key"
count = 1000
[client]
timeout = "none"
[app]
workers = "none"
[database]
workers = 2
queue = 1_000_000
read = { exponential = "20 ms" }
round_trip = "0 s"
pool = { size = 100_000, timeout = "none" }
"#;

/// STATISTICS §3, rule 4: the interval of one long run, by how much five parts of it differ, holds the true p99 in 91 % of all
/// runs. Three standard errors of 40 runs are 13.6 %, so 30 of them must. It says that it is rough, and means have none.
#[test]
fn the_interval_of_one_long_run_holds_the_true_percentile() {
    let holds = |seed: &u32| {
        let outcome = run(MM2, &[&format!("seed={seed}")]);
        let mean = outcome.summary("client.latency_mean_seconds").expect("there are requests");
        assert!(mean.interval().is_none() && !mean.is_rough);
        let p99 = outcome.summary("client.latency_p99_seconds").expect("there are requests");
        let [low, high] = p99.interval().expect("the run has parts");
        assert!(p99.is_rough && low < high);
        low <= 0.24 && 0.24 <= high
    };
    let covered = (1..=40).filter(holds).count();
    assert!(covered >= 30, "{covered} of 40");
}
