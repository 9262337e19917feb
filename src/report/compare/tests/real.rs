//! The same with real runs: percentiles have distributions, shares have counts, and some runs collapse.

use super::{check_pair, objective, subject};
use crate::experiment::{Comparison, Outcome, Unwatched, replicate};
use crate::model::{Bound, Model, Objective, Prepared};
use crate::report::Subject;
use crate::report::compare::{Show, SideBySide, document, sentence, text};
use crate::scenario::Document;

/// Two workers behind a cache, and clients that give up and ask again.
const SHOP: &str = r#"
name = "shop"
duration = "8 s"
warmup = "4 s"
replications = 6
[workload]
arrivals = { poisson = "200/s" }
[[workload.keys]]
name = "key"
count = 500
[client]
timeout = "150 ms"
retries = { attempts = 2 }
[redis]
ttl = "2 s"
ttl_jitter = "10 %"
[database]
workers = 2
read = { exponential = "14 ms" }
"#;

const HERD: &str = "database.concurrent_loads_per_key_max";

fn limits() -> Vec<Objective> {
    vec![
        objective("client.latency_p99_seconds", Bound::AtMost(0.12)),
        objective("client.latency_p999_seconds", Bound::AtMost(0.15)),
        objective("client.error_ratio", Bound::AtMost(0.005)),
        objective(HERD, Bound::AtMost(3.0)),
        objective("database.load_rate_peak_per_s", Bound::AtMost(80.0)),
    ]
}

fn outcome(name: &str, settings: &[&str]) -> Outcome {
    let mut document = Document::parse("shop.toml", SHOP).expect("it is sound");
    for setting in settings {
        document.set(setting).expect("the setting is sound");
    }
    let model = document.read(None, Model::read).expect("it is sound");
    let prepared = Prepared::new(model, None).expect("there is no trace");
    let mut outcome = replicate(&prepared, name, &Unwatched).expect("there is no trace");
    outcome.objectives = limits();
    outcome
}

fn see<T>(base: &[&str], variant: &[&str], see: impl FnOnce(&SideBySide) -> T) -> T {
    let comparison = Comparison { outcomes: vec![outcome("base", base), outcome("variant", variant)] };
    let subjects: Vec<Subject> = ["base", "variant"].map(|name| subject(name, &[1.0])).into();
    see(&SideBySide::new(&subjects, &comparison, &Show::Brief))
}

/// More workers, fewer, other random numbers, single-flight, an outage, runs of which some collapse, two runs, and one.
#[test]
fn what_is_said_of_real_runs_never_contradicts_itself() {
    let pairs: [(&[&str], &[&str]); 9] = [
        (&[], &["database.workers=4"]),
        (&[], &["database.workers=1"]),
        (&[], &["seed=2"]),
        (&[], &["redis.coalesce=lock"]),
        (&["database.workers=4"], &["workload.arrivals.poisson=800/s"]),
        (&["workload.arrivals.poisson=290/s"], &["workload.arrivals.poisson=300/s"]),
        (&[], &["duration=14 s", "database.workers=3"]),
        (&["replications=2"], &["replications=2", "database.workers=1"]),
        (&["replications=1"], &["replications=1", "database.workers=3"]),
    ];
    for (base, variant) in pairs {
        let there = see(base, variant, check_pair);
        let back = see(variant, base, check_pair);
        super::assert_mirrored(&there, &back);
    }
}

/// 4 s against 10 s: a maximum and a count of the longer run are larger, whatever the variant does.
#[test]
fn maxima_over_different_windows_are_not_compared() {
    see(&[], &["duration=14 s"], |view| {
        for name in [HERD, "database.load_rate_peak_per_s", "client.requests", "client.latency_max_seconds"] {
            let row = view.compared.rows.iter().find(|row| row.metric.name == name).expect("it has a value");
            let change = &row.changes[0];
            assert!(change.not_compared.is_some() && !change.is_starred, "{name}");
            assert_eq!(
                (change.p_value, change.difference, change.runs_needed()),
                (None, None, None),
                "{name}"
            );
            assert!(document(view)["differences"]["variant"][name]["not_compared"].is_string(), "{name}");
        }
        let mean = view.compared.rows.iter().find(|row| row.metric.name == "database.load_rate_mean_per_s");
        assert!(mean.is_some_and(|row| row.changes[0].p_value.is_some()));
        let said = sentence(view, 1);
        let reason = "grow with the measured time, here 10 s and in the base 4 s";
        let printed = text(view, 100).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(reason) && printed.contains("so they are not compared"), "{said}");
    });
    see(&[], &["seed=2"], |view| {
        assert!(view.compared.rows.iter().all(|row| row.changes[0].not_compared.is_none()));
    });
}
