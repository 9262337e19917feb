//! What the tests against theory share: running a scenario from its text, and holding a mean against theory.

#![allow(dead_code, reason = "each test file is a crate of its own, and not each needs every helper")]

pub mod trace;

use cachestorm::experiment::{Outcome, Unwatched, replicate};
use cachestorm::measure::Record;
use cachestorm::model::{Model, Prepared};
use cachestorm::scenario::Document;
use cachestorm::time::Duration;
use proptest::strategy::Strategy;
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A recording that is too large to ship and lies beside the project; where it does not, the test's output says so,
/// although it passes.
pub fn beside_the_project(path: &str) -> Option<PathBuf> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if full.exists() {
        return Some(full);
    }
    // What `eprintln!` writes is shown for tests that fail only.
    writeln!(std::io::stderr(), "SKIPPED, for want of {}", full.display()).expect("stderr takes a line");
    None
}

/// The model that a scenario's text means, with `--set` arguments laid over it.
pub fn model(text: &str, overrides: &[&str]) -> Model {
    let shown = |problems: cachestorm::scenario::Problems| -> ! { panic!("{}", problems.render(false)) };
    let mut document = Document::parse("test.toml", text).unwrap_or_else(|problems| shown(problems));
    for argument in overrides {
        document.set(argument).unwrap_or_else(|problems| shown(problems));
    }
    document.read(None, Model::read).unwrap_or_else(|problems| shown(problems))
}

/// All replications of a scenario.
pub fn run(text: &str, overrides: &[&str]) -> Outcome {
    let prepared = Prepared::new(model(text, overrides), None).expect("a scenario without a trace");
    replicate(&prepared, "base", &Unwatched).expect("a scenario without a trace")
}

/// The value of a metric in each replication.
pub fn values(outcome: &Outcome, metric: &str) -> Vec<f64> {
    let found = outcome.metrics.iter().find(|(known, _)| known.name == metric);
    let (_, values) = found.unwrap_or_else(|| panic!("there is no metric `{metric}`"));
    let value = |value: &Option<f64>| value.unwrap_or_else(|| panic!("`{metric}` has no value"));
    values.iter().map(value).collect()
}

/// A metric that a scenario with one replication has.
pub fn value(outcome: &Outcome, metric: &str) -> f64 {
    let values = values(outcome, metric);
    assert_eq!(values.len(), 1, "one replication has one value");
    values[0]
}

/// Any number of each replication.
pub fn each(outcome: &Outcome, number: impl Fn(&Record) -> f64) -> Vec<f64> {
    outcome.records().iter().map(number).collect()
}

/// A mean and half the width of its 99.9 % confidence interval, by Student's t.
pub fn interval(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    let t = StudentsT::new(0.0, 1.0, n - 1.0).expect("there are several values").inverse_cdf(0.9995);
    (mean, t * (variance / n).sqrt())
}

/// The 99.9 % confidence interval of the mean of at least ten replications holds `expected`, and is narrow
/// enough to mean something: at most `within` of it to each side.
pub fn assert_mean(what: &str, values: &[f64], expected: f64, within: f64) {
    assert!(values.len() >= 10, "{what}: an interval needs replications");
    let (mean, half) = interval(values);
    assert!((mean - expected).abs() <= half, "{what}: {mean} ± {half}, theory says {expected}");
    assert!(half <= within * expected, "{what}: {mean} ± {half} is too vague, theory says {expected}");
}

/// `value` is within `tolerance` of `expected`.
pub fn assert_near(what: &str, value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{what}: {value}, expected {expected} ± {tolerance}");
}

/// Answers of a single replication that are staler than so many seconds.
pub fn staler_than(outcome: &Outcome, seconds: f64) -> f64 {
    let staleness = &outcome.records()[0].clients.answers.staleness;
    let limit = Duration::from_nanos_f64(seconds * 1e9);
    (staleness.share_above(limit).unwrap_or(0.0) * staleness.count() as f64).round()
}

/// Poisson requests of rate λ and copies that live for T hit with λT/(1+λT), by renewal theory.
pub fn ttl_hit_ratio(rate: f64, ttl: f64) -> f64 {
    rate * ttl / (1.0 + rate * ttl)
}

/// 200 clients at once, and an origin of 50 ms.
pub const CROWD: &str = r#"
name = "crowd"
duration = "3 s"
replications = 1
[workload]
arrivals = { users = { count = 200, think = "1400 ms" } }
[[workload.keys]]
name = "page"
count = 1
[app]
workers = "none"
[database]
workers = 1000
read = "50 ms"
round_trip = "0 s"
pool = { size = 1000 }
"#;

/// Erlang's C: the share of those who wait for one of `servers` at utilisation `rho`.
pub fn erlang_c(servers: u32, rho: f64) -> f64 {
    let offered = f64::from(servers) * rho;
    let blocked =
        (1..=servers).fold(1.0, |blocked, n| offered * blocked / (f64::from(n) + offered * blocked));
    blocked / (1.0 - rho * (1.0 - blocked))
}

/// The `--set` arguments of a choice, which are written one after the other.
pub fn arguments_of(choice: &'static str) -> Vec<&'static str> {
    choice.split(";;").filter(|one| !one.is_empty()).collect()
}

/// Any of several choices.
pub fn one_of(choices: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::select(choices).prop_map(arguments_of)
}
