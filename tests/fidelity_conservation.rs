//! Nothing gets lost and nothing is counted twice, whatever a scenario is put together from.

mod common;

use cachestorm::measure::{CacheRecord, Layer, Outcome as LookUp, Record};
use cachestorm::model::{Model, Prepared, simulate};
use cachestorm::scenario::Document;
use cachestorm::time::Duration;
use common::{arguments_of, assert_near, one_of, run, value};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::ops::ControlFlow;

/// Keys of every origin, pages of some of them, all caches. When the end comes, all reads have had their answers.
const ALL: &str = r#"
name = "all"
duration = "40 s"
warmup = "0 s"
replications = 1
[workload]
arrivals = { stages = [{ for = "4500 ms", rate = "200/s" }, { for = "1 s", rate = "0/s" }] }
users = 50
[[workload.keys]]
name = "key"
count = 100
writes = "10/s"
[[workload.keys]]
name = "page"
count = 20
share = 0.2
page = { items = "key", fan_out = 6 }
[[workload.keys]]
name = "found"
count = 50
share = 0.1
origin = "search"
[[workload.keys]]
name = "quote"
count = 50
share = 0.2
origin = "prices"
[client]
timeout = "none"
[app]
instances = 2
workers = "none"
[process]
ttl = "200 ms"
[redis]
nodes = 2
ttl = "800 ms"
timeout = "none"
pool = { size = 20, timeout = "none" }
[database]
workers = 10
read = { exponential = "5 ms" }
pool = { size = 10, timeout = "none" }
timeout = "none"
[search]
query = "2 ms"
[[downstream]]
name = "prices"
latency = "5 ms"
"#;

const FRONTS: &[&str] = &[
    "",
    "browser={ ttl = \"500 ms\", disabled = \"30 %\" }",
    "gateway={ ttl = \"50 ms\", keep = \"1 s\" }",
    "gateway={ ttl = \"50 ms\", coalesce = { lock = { poll = \"10 ms\" } } }",
    "cdn={ ttl = \"100 ms\", edges = 3, regions = [{ name = \"all\", round_trip = \"5 ms\" }], shield = { ttl = \"300 ms\", round_trip = \"2 ms\" } };;gateway={ ttl = \"50 ms\" }",
];

const CACHES: &[&str] = &[
    "",
    "process=none",
    "process=none;;redis=none",
    "redis=none",
    "process.coalesce=single-flight",
    "process.soft_ttl=100 ms;;process.coalesce=single-flight",
    "process.capacity={ entries = 10 };;process.ttl_jitter=30 %",
    "process.versioned_fill=true;;redis.versioned_fill=true",
    "redis.coalesce=single-flight",
    "redis.coalesce={ lock = { poll = \"5 ms\" } }",
    "redis.soft_ttl=200 ms",
    "redis.early_refresh=2.0",
    "redis.replicas={ lag = \"5 ms\", reads = \"any\" }",
    "redis.memory=900 KiB",
    "redis.bandwidth=100 Mbit/s",
    "workload.keys.key.copies=3",
];

const PAGES: &[&str] = &[
    "",
    "workload.keys.page.page.request_cache=true",
    "workload.keys.page.page.order=parallel",
    "workload.keys.page.page.order=parallel;;workload.keys.page.page.batch=true",
    "workload.keys.page.page.order=parallel;;workload.keys.page.page.pipeline=true",
    "workload.keys.page.page={ items = \"key\", fan_out = 20, order = \"parallel\", batch = true, pipeline = true }",
    "workload.keys.page.page={ items = \"key\", fan_out = 9, order = \"parallel\", batch = true, pipeline = true, request_cache = true }",
    "workload.keys.page.page={ items = \"quote\", fan_out = 4, order = \"parallel\", pipeline = true }",
];

const WRITES: &[&str] = &[
    "",
    "workload.keys.key.writes=0/s",
    "workload.keys.key.writes=0/s",
    "workload.keys.found.writes=5/s;;workload.keys.quote.writes=5/s",
    "workload.keys.key.on_write=nothing",
    "workload.keys.key.on_write=delete-first",
    "workload.keys.key.on_write={ write-through = {} };;workload.keys.key.failures={ cache = \"20 %\", database = \"20 %\" }",
    "workload.keys.key.on_write={ write-through = { order = \"cache-first\" } };;workload.keys.key.failures={ database = \"20 %\" }",
    "workload.keys.key.on_write={ write-back = { flush = \"300 ms\", batch = 10 } }",
    "workload.keys.key.on_write={ write-back = { flush = \"300 ms\" } };;workload.keys.key.failures={ database = \"20 %\" }",
    "workload.keys.key.on_write=bus;;bus={ lag = \"5 ms\", partitions = 3, duplicates = \"10 %\", loss = \"5 %\", carries = \"value\" }",
    "workload.keys.key.broadcast={ round_trip = { exponential = \"2 ms\" } };;workload.keys.key.failures={ cache = \"20 %\" }",
];

const FATES: &[&str] = &[
    "",
    "",
    "app.balance=sticky",
    "event=[{ at = \"1 s\", deploy = { every = \"1 s\", down = \"500 ms\" } }]",
    "event=[{ at = \"1 s\", scale = { instances = 5, start = \"1 s\" } }, { at = \"3 s\", scale = { instances = 1 } }]",
    "event=[{ at = \"2 s\", flush = \"redis\" }, { at = \"3 s\", crash = { of = \"process\", instance = 1 } }]",
    "event=[{ at = \"2 s\", crash = { of = \"redis\" } }]",
    "event=[{ at = \"2 s\", failover = { node = 1, after = \"500 ms\" } }]",
    "event=[{ at = \"2 s\", failover = { node = 2, after = \"500 ms\", snapshot = \"300 ms\" } }]",
    "event=[{ at = \"2 s\", outage = { of = \"redis\", for = \"1 s\" } }]",
];

/// What makes requests fail.
const TROUBLES: &[&str] = &[
    "",
    "event=[{ at = \"2 s\", outage = { of = \"database\", for = \"1 s\" } }]",
    "client.timeout=8 ms;;client.retries={ attempts = 2, backoff = \"5 ms\" }",
    "redis.timeout=700 us;;redis.when_down=fail",
    "redis.timeout=2 ms;;redis.pool.size=1;;redis.breaker={ window = 10, open_for = \"200 ms\" }",
    "redis.limit=2",
    "database.workers=1;;database.queue=2;;database.timeout=20 ms;;database.limit=5",
    "downstream.prices.rate_limit={ rate = \"5/s\", burst = 5 };;downstream.prices.retries=1",
    "downstream.prices.failures=30 %;;downstream.prices.breaker={ window = 10, open_for = \"200 ms\" };;redis.stale_if_error=2 s",
    "downstream.prices.workers=1;;downstream.prices.queue=1;;downstream.prices.timeout=20 ms",
    "app.workers=2;;app.queue=1",
    "event=[{ at = \"1 s\", restart = { for = \"1 s\" } }]",
];

/// The record of a run, unless the settings do not go together.
fn record_of(arguments: &[&str]) -> Option<Record> {
    let mut document = Document::parse("test.toml", ALL).expect("it is TOML");
    for argument in arguments {
        // A table that another argument takes away has no settings.
        document.set(argument).ok()?;
    }
    let model = document.read(None, Model::read).ok()?;
    let prepared = Prepared::new(model, None).expect("there is no trace");
    let done = simulate(&prepared, 0, |_| ControlFlow::Continue(())).expect("there is no trace");
    Some(done.expect("nobody stops it").0)
}

fn totals(cache: &CacheRecord, outcomes: &[LookUp]) -> u64 {
    outcomes.iter().map(|outcome| cache.total(*outcome)).sum()
}

/// Those caches that follow each other without the application in between.
fn neighbours(record: &Record) -> Vec<[&CacheRecord; 2]> {
    let mut all = Vec::new();
    for part in [Layer::Browser..=Layer::Gateway, Layer::Process..=Layer::Redis] {
        let part = &record.layers.caches[*part.start() as usize..=*part.end() as usize];
        let present: Vec<&CacheRecord> = part.iter().flatten().collect();
        all.extend(present.windows(2).map(|pair| [pair[0], pair[1]]));
    }
    all
}

/// What holds whatever befalls anybody.
fn always_holds(record: &Record) -> Result<(), TestCaseError> {
    let clients = &record.clients;
    prop_assert_eq!(
        clients.arrived,
        clients.completed + clients.failures_total(),
        "each request has one end"
    );
    for cache in record.layers.caches.iter().flatten() {
        let left: u64 = cache.removals.iter().sum();
        prop_assert_eq!(cache.stored, cache.entries + left, "what was stored is there, or has left");
        let sure = totals(cache, &[LookUp::Miss, LookUp::Revalidated]) + cache.refreshes;
        let perhaps = totals(cache, &[LookUp::Bypass, LookUp::StaleIfError]) + cache.early;
        let asked = cache.origin_requests;
        prop_assert!(
            (sure..=sure + perhaps).contains(&asked),
            "{} asked for {sure} to {perhaps} more",
            asked
        );
    }
    for [before, behind] in neighbours(record) {
        prop_assert_eq!(
            before.origin_requests,
            behind.look_ups_total(),
            "what leaves a layer comes to the next"
        );
    }
    if clients.writes == 0 {
        let stale = clients.answers.staleness.share_above(Duration::ZERO).unwrap_or(0.0);
        prop_assert!(stale <= 0.0, "no staleness without a write");
    }
    if let Some(pages) = &record.layers.pages {
        let [pipelines, keys] = pages.pipelines;
        let looked = pages.calls[Layer::Redis as usize].unwrap_or(0);
        prop_assert!(pipelines <= keys && keys <= looked, "a pipeline has a key, each a look-up");
        prop_assert!(pages.statements[0] <= pages.statements[1], "a statement has a row");
    }
    if let Some(writes) = &record.layers.writes {
        prop_assert!(writes.lost <= writes.acknowledged, "what was never taken cannot be lost");
    }
    Ok(())
}

/// What holds besides where nothing fails and nobody asks twice.
fn holds_in_peace(record: &Record) -> Result<(), TestCaseError> {
    let Record { clients, layers, .. } = record;
    let pages = layers.pages.as_ref().expect("there are pages");
    // Reads come through the caches before the application; pages are replaced by their items.
    let caches = || layers.caches.iter().flatten();
    let reads = clients.arrived - clients.writes;
    let to_app = layers.caches[..=Layer::Gateway as usize].iter().flatten().last();
    let to_app = to_app.map_or(reads, |cache| cache.origin_requests);
    let below = to_app - pages.built - pages.failed + pages.items;
    let beside =
        layers.caches[Layer::Process as usize].as_ref().or(layers.caches[Layer::Redis as usize].as_ref());
    if let Some(first) = beside {
        prop_assert_eq!(
            first.look_ups_total(),
            below,
            "the application asks its first cache once for each item"
        );
    }
    let asked = beside.map_or(below, |_| caches().last().map_or(0, |cache| cache.origin_requests));
    let [statements, rows] = pages.statements;
    let loads = layers.database.as_ref().map_or(0, |database| database.loads) + rows - statements;
    let calls = |calls: &Option<cachestorm::measure::CallsRecord>| {
        calls.as_ref().map_or(0, |calls| calls.calls - calls.rate_limited)
    };
    // A downstream service takes the writes of its keys as well, as calls.
    let of_writes =
        clients.writes - layers.database.as_ref().map_or(0, |database| database.writes).min(clients.writes);
    let all = loads + calls(&layers.search) + calls(&layers.downstream);
    prop_assert!(
        (asked..=asked + of_writes).contains(&all),
        "{} reads reach the origins, {} were sent, {} writes",
        all,
        asked,
        of_writes
    );
    prop_assert_eq!(clients.answers.age.count(), reads + pages.items - pages.built - pages.failed, "answers");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, max_global_rejects: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_leaves_one_place_comes_to_the_next(
        f in one_of(FRONTS), c in one_of(CACHES), p in one_of(PAGES), w in one_of(WRITES), e in one_of(FATES), seed in 1u32..1_000,
    ) {
        let seed = format!("seed={seed}");
        let arguments = [f, c, p, w, e, vec![seed.as_str()]].concat();
        let record = record_of(&arguments);
        prop_assume!(record.is_some());
        let record = record.expect("assumed");
        let checks = || { always_holds(&record)?; if record.clients.failures_total() == 0 { holds_in_peace(&record)?; } Ok(()) };
        checks().map_err(|error: TestCaseError| TestCaseError::fail(format!("{error} with {arguments:?}")))?;
    }

    #[test]
    fn trouble_takes_nothing_away(
        f in one_of(FRONTS), c in one_of(CACHES), p in one_of(PAGES), w in one_of(WRITES), t in one_of(TROUBLES), seed in 1u32..1_000,
    ) {
        let seed = format!("seed={seed}");
        let arguments = [f, c, p, w, t, vec![seed.as_str()]].concat();
        let record = record_of(&arguments);
        prop_assume!(record.is_some());
        let record = record.expect("assumed");
        always_holds(&record).map_err(|error| TestCaseError::fail(format!("{error} with {arguments:?}")))?;
    }
}

#[test]
fn each_choice_alone_is_sound_and_conserves_what_there_is() {
    for choice in [FRONTS, CACHES, PAGES, WRITES, FATES, TROUBLES].concat() {
        let record = record_of(&arguments_of(choice)).unwrap_or_else(|| panic!("{choice} is not sound"));
        let peace = !TROUBLES[1..].contains(&choice) && !choice.contains("failures");
        let checked =
            always_holds(&record).and_then(|()| if peace { holds_in_peace(&record) } else { Ok(()) });
        checked.unwrap_or_else(|error| panic!("{choice}: {error}"));
    }
}

/// With no cache between, and an origin that takes no time, an answer is what is true when it comes.
#[test]
fn a_fresh_read_of_the_origin_is_not_stale() {
    let bare =
        ["process=none", "redis=none", "database={ workers = 10, read = \"0 s\", round_trip = \"0 s\" }"];
    let often = ["workload.keys.key.writes=1000/s", "workload.keys.quote.writes=1000/s", "duration=6 s"];
    let at_once =
        ["downstream.prices.latency=0 s", "downstream.prices.round_trip=0 s", "workload.keys.found.share=0"];
    let outcome = run(ALL, &[&bare[..], &often, &at_once].concat());
    assert!(value(&outcome, "client.writes") > 9_000.0, "there are writes");
    assert_near("staleness", value(&outcome, "client.staleness_max_seconds"), 0.0, 0.0);
    let age = outcome.records()[0].clients.answers.age.quantile_seconds(1.0).expect("there are answers");
    assert_near("age", age, 0.0, 0.0);
}
