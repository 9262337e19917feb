//! Whole runs of shipped scenarios with all measures on, as requests per second: one replication, one thread,
//! without charts.
//!
//!     cargo bench --bench scenarios

use cachestorm::model::{Model, Prepared, simulate};
use cachestorm::scenario::Document;
use divan::Bencher;
use divan::counter::ItemsCount;
use std::ops::ControlFlow;

fn prepared(name: &str, text: &str, settings: &[&str]) -> Prepared {
    let mut document = Document::parse(name, text).expect("a shipped scenario is sound");
    for setting in settings {
        document.set(setting).expect("the setting is sound");
    }
    let model = document.read(None, Model::read).expect("a shipped scenario is sound");
    Prepared::new(model, None).expect("there is no trace to read")
}

/// Requests and events of one replication.
fn run(prepared: &Prepared) -> (u64, u64) {
    let watch = |_| ControlFlow::Continue(());
    let (record, effort) = simulate(prepared, 0, watch).expect("there is no trace").expect("nobody stops it");
    (record.clients.arrivals.values().iter().sum::<f64>() as u64, effort.events)
}

/// A name, a shipped scenario, and what is changed in it.
type Case = (&'static str, &'static str, &'static [&'static str]);

static CASES: [Case; 6] = [
    ("peer-bench", include_str!("../scenarios/peer-bench.toml"), &[]),
    ("baseline", include_str!("../scenarios/baseline.toml"), &["duration=60s", "warmup=15s"]),
    ("edges", include_str!("../scenarios/edges.toml"), &[]),
    ("full-stack", include_str!("../scenarios/full-stack.toml"), &[]),
    ("thundering-herd", include_str!("../scenarios/thundering-herd.toml"), &[]),
    // Far more than the database can do: queues, time-outs, retries and orphans.
    (
        "overload",
        include_str!("../scenarios/baseline.toml"),
        &[
            "duration=60s",
            "warmup=15s",
            "redis.ttl=1s",
            "redis.soft_ttl=500ms",
            "database.workers=2",
            "client.retries.attempts=2",
        ],
    ),
];

fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|(name, _, _)| *name)
}

/// Runs a scenario, of whose requests and events one is counted.
fn bench(bencher: Bencher, name: &str, counted: fn((u64, u64)) -> u64) {
    let (name, text, settings) = CASES.iter().find(|case| case.0 == name).expect("a name of the list");
    let prepared = prepared(name, text, settings);
    bencher.counter(ItemsCount::new(counted(run(&prepared)))).bench_local(|| run(&prepared));
}

#[divan::bench(args = names(), sample_count = 10)]
fn requests(bencher: Bencher, name: &str) {
    bench(bencher, name, |(requests, _)| requests);
}

#[divan::bench(args = names(), sample_count = 10)]
fn events(bencher: Bencher, name: &str) {
    bench(bencher, name, |(_, events)| events);
}

fn main() {
    divan::main();
}
