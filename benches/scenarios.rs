//! Whole runs of shipped scenarios with all measures on, as requests per second: one replication, one thread,
//! without charts.
//!
//!     cargo bench --bench scenarios

use cachestorm::model::{Model, Prepared, simulate};
use cachestorm::scenario::Document;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
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

fn benches(c: &mut Criterion) {
    let scenarios = [
        ("peer-bench", include_str!("../scenarios/peer-bench.toml"), vec![]),
        ("baseline", include_str!("../scenarios/baseline.toml"), vec![]),
        ("thundering-herd", include_str!("../scenarios/thundering-herd.toml"), vec![]),
        // Far more than the database can do: queues, time-outs, retries and orphans.
        (
            "overload",
            include_str!("../scenarios/baseline.toml"),
            vec!["redis.ttl=1s", "redis.soft_ttl=500ms", "database.workers=2", "client.retries.attempts=2"],
        ),
    ];
    for (name, text, settings) in scenarios {
        let prepared = prepared(name, text, &settings);
        let (requests, events) = run(&prepared);
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        group.throughput(Throughput::Elements(requests));
        group.bench_function("requests", |b| b.iter(|| run(&prepared)));
        group.throughput(Throughput::Elements(events));
        group.bench_function("events", |b| b.iter(|| run(&prepared)));
        group.finish();
    }
}

criterion_group!(scenarios, benches);
criterion_main!(scenarios);
