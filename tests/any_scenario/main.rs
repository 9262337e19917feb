//! Whatever a scenario says, the program answers: it refuses the scenario with a reason, or runs it to its end
//! and has accounted for every request.
//!
//! The shipped scenarios are bent by `--set` arguments from a table of plausible and of extreme values, one
//! alone and several together, and run for a second of simulated time or ten million events. A failure prints the arguments; with
//! them `cachestorm run SCENARIO --set …` repeats it. `PROPTEST_CASES=20000` looks longer.
//!
//! `random.rs` does the same with settings at random from the schema, and with the program itself.

mod generator;
mod random;

use cachestorm::engine::END_OF_TIME;
use cachestorm::model::{Model, Prepared, simulate};
use cachestorm::scenario::{Document, fuzz};
use cachestorm::time::Instant;
use proptest::prelude::*;
use std::ops::ControlFlow;

const SHIPPED: [(&str, &str); 5] = [
    ("baseline", include_str!("../../scenarios/baseline.toml")),
    ("thundering-herd", include_str!("../../scenarios/thundering-herd.toml")),
    ("edges", include_str!("../../scenarios/edges.toml")),
    ("full-stack", include_str!("../../scenarios/full-stack.toml")),
    ("peer-bench", include_str!("../../scenarios/peer-bench.toml")),
];

/// What makes a shipped scenario short. Its events move to the front, so that they still happen.
const SHORT: [&str; 5] = [
    "duration=1 s",
    "warmup=200 ms",
    "replications=1",
    "workload.arrivals={ poisson = \"300/s\" }",
    "event=[{ at = \"500 ms\", expire = \"GROUP:1\" }]",
];

/// The knobs and what they are turned to. GROUP stands for a key group of the scenario.
const KNOBS: &[&str] = &[
    "duration=1 ns",
    "duration=999999999 ns",
    "warmup=0 s",
    "warmup=999 ms",
    "warmup=999999999 ns",
    "seed=0",
    "seed=9223372036854775807",
    "workload.arrivals={ constant = \"1000/s\" }",
    "workload.arrivals={ constant = \"0.0001/h\" }",
    "browser={ ttl = \"0 s\" }",
    "browser={ ttl = \"100 ms\", keep = \"0 s\", capacity = { entries = 1 }, disabled = \"100 %\" }",
    "browser={ ttl = \"1 ns\", stale_while_revalidate = \"1 s\", lifetimes = [{ share = \"100 %\", ttl = \"1000 d\" }] }",
    "cdn={ ttl = \"1 ns\", edges = 1000, regions = [{ name = \"a\", round_trip = \"1 h\" }] }",
    "cdn={ ttl = \"10 ms\", keep = \"20 ms\", stale_if_error = \"5 ms\", regions = [{ name = \"a\", round_trip = \"0 s\" }] }",
    "cdn={ ttl = \"1 s\", personal = \"share\", regions = [{ name = \"a\", share = 0, round_trip = \"0 s\" }, { name = \"b\", round_trip = \"1 ms\" }] }",
    "gateway={ ttl = \"10 ms\", ttl_jitter = \"50 %\", null_ttl = \"1 ms\" }",
    "gateway={ ttl = \"10 ms\", coalesce = \"single-flight\", stale_while_revalidate = \"1000 d\" }",
    "gateway={ profile = \"nginx\", ttl = \"10 ms\", coalesce = { lock = { poll = \"1 ms\", timeout = \"3 ms\", age = \"2 ms\" } } }",
    "gateway={ ttl = \"1 ns\", coalesce = { lock = { timeout = \"36500 d\", poll = \"36500 d\", age = \"36500 d\" } } }",
    "gateway={ ttl = \"1 ms\", stale_while_revalidate = \"1 s\", background_update = false, heuristic = \"100 %\" }",
    "gateway={ ttl = \"50 ms\", keep = \"1 s\", revalidate = false, drops_on_write = true, age = \"ignored\" }",
    "cdn={ profile = \"cloudflare\", regions = [{ name = \"a\", round_trip = \"1 ms\" }], shield = { ttl = \"36500 d\" } }",
    "cdn={ ttl = \"1 ns\", edges = 9, regions = [{ name = \"a\", round_trip = \"0 s\" }], shield = { ttl = \"1 ns\", round_trip = \"1 h\" } }",
    "event=[{ at = \"0 s\", purge = { of = \"shield\" } }, { at = \"500 ms\", flush = \"shield\" }]",
    "workload.keys.GROUP.headers={ no_store = true }",
    "workload.keys.GROUP.headers={ max_age = \"36500 d\", s_maxage = \"0 s\", stale_if_error = \"36500 d\" }",
    "workload.keys.GROUP.headers={ last_modified = \"36500 d\", stale_while_revalidate = \"36500 d\" }",
    "workload.keys.GROUP.spellings=100",
    "workload.keys.GROUP.spellings={ shares = [1, 1e9] }",
    "workload.dimensions=[{ name = \"language\", values = 1000 }]",
    "workload.keys.GROUP.varies_by=[\"language\"]",
    "gateway.vary=[]",
    "workload.keys.GROUP.personal=true",
    "workload.keys.GROUP.purge=true",
    "workload.keys.GROUP.consistency=\"strong\"",
    "workload.keys.GROUP.consistency={ bounded = \"1 ns\" }",
    "workload.keys.GROUP.consistency=\"read-your-writes\"",
    "workload.keys.GROUP.consistency=\"monotonic\"",
    "workload.keys.GROUP.version_token=true",
    "workload.keys.GROUP.reads_own_writes={ after = \"0 s\" }",
    "workload.keys.GROUP.reads_own_writes={ share = \"50 %\", after = { pareto = { minimum = \"1 ms\", shape = 0.1 } } }",
    "workload.keys.GROUP.session={ requests = 64, think = \"0 s\" }",
    "workload.keys.GROUP.session={ requests = { exponential = 1000 }, think = { exponential = \"10 ms\" } }",
    "event=[{ at = \"0 s\", purge = { of = \"cdn\" } }, { at = \"500 ms\", purge = { of = \"gateway\", group = \"GROUP\" } }]",
    "event=[{ at = \"0 s\", purge = { of = \"cdn\", key = \"GROUP:1\" } }, { at = \"500 ms\", flush = \"gateway\" }]",
    "workload.arrivals={ users = { count = 20, think = \"1 ms\" } }",
    "workload.arrivals={ users = { count = 3, think = { exponential = \"5 ms\" } } }",
    "workload.arrivals={ users = { count = 50, think = \"1 d\" } }",
    "workload.arrivals={ users = { count = 2, think = { weibull = { scale = \"1 ms\", shape = 0.2 } } } }",
    "workload.arrivals={ bursty = { quiet = \"0/s\", burst = \"2000/s\", quiet_for = \"100 ms\", burst_for = \"10 us\" } }",
    "workload.arrivals={ bursty = { quiet = \"10/s\", burst = \"1k/s\", quiet_for = \"10 us\", burst_for = \"1 d\" } }",
    "workload.arrivals={ stages = [{ for = \"200 ms\", rate = \"1k/s\" }, { for = \"1 s\", ramp_to = \"0/s\" }] }",
    "workload.arrivals={ stages = [{ for = \"1 ns\", ramp_to = \"1M/s\" }, { for = \"1 ns\", rate = \"0/s\" }] }",
    "workload.arrivals={ stages = [{ for = \"1 h\", ramp_to = \"0/s\" }] }",
    "workload.arrivals={ daily = { mean = \"500/s\", swing = 1, period = \"1 s\", peak_at = \"0 s\" } }",
    "workload.users=1",
    "workload.keys.GROUP.count=1",
    "workload.keys.GROUP.count=2",
    "workload.keys.GROUP.count=2000000",
    "workload.keys.GROUP.popularity=\"uniform\"",
    "workload.keys.GROUP.popularity=\"scan\"",
    "workload.keys.GROUP.popularity={ zipf = 0 }",
    "workload.keys.GROUP.popularity={ zipf = 10 }",
    "workload.keys.GROUP.popularity={ hotspot = { keys = \"50 %\", requests = \"90 %\" } }",
    "workload.keys.GROUP.popularity={ hotspot = { keys = 0.000001, requests = 0.99 } }",
    "workload.keys.GROUP.share=0",
    "workload.keys.GROUP.share=0.000001",
    "workload.keys.GROUP.size=1 B",
    "workload.keys.GROUP.size=1 GiB",
    "workload.keys.GROUP.size={ pareto = { minimum = \"1 KiB\", shape = 0.1 } }",
    "workload.keys.GROUP.size={ empirical = [\"1 B\", \"1 GiB\"] }",
    "workload.keys.GROUP.exists=false",
    "workload.keys.GROUP.writes=500/s",
    "workload.keys.GROUP.writes=0.001/h",
    "workload.keys.GROUP.on_write=\"nothing\"",
    "workload.keys.GROUP.on_write=\"delete-first\"",
    "workload.keys.GROUP.on_write=\"bus\"",
    "workload.keys.GROUP.on_write={ write-through = {} }",
    "workload.keys.GROUP.on_write={ write-through = { order = \"cache-first\" } }",
    "workload.keys.GROUP.on_write={ write-back = { flush = \"1 ms\" } }",
    "workload.keys.GROUP.on_write={ write-back = { flush = \"1 d\", batch = 100000, replicated = true } }",
    "workload.keys.GROUP.failures={ database = \"100 %\" }",
    "workload.keys.GROUP.failures={ cache = \"50 %\", database = \"50 %\" }",
    "workload.keys.GROUP.broadcast={ round_trip = { exponential = \"1 d\" } }",
    "workload.keys.GROUP.broadcast={ round_trip = \"0 s\", wait = false }",
    "bus={ lag = \"0 s\" }",
    "bus={ lag = { exponential = \"1 s\" }, partitions = 10000, duplicates = \"100 %\", carries = \"value\" }",
    "bus={ lag = \"1 ms\", work = \"1 h\", versioned = true, by_key = false, loss = \"1 %\", writer_deletes = true }",
    "event=[{ at = \"0 s\", crash = { of = \"redis\" } }, { at = \"500 ms\", crash = { of = \"process\", instance = 1 } }]",
    "event=[{ at = \"10 ms\", bus = { for = \"1 s\", loss = \"100 %\", lag_factor = 1000000 } }]",
    "workload.keys.GROUP.ttl=1 ns",
    "workload.keys.GROUP.ttl=36500 d",
    "client.timeout=none",
    "client.timeout=1 ns",
    "client.timeout=1 ms",
    "client.timeout=36500 d",
    "client.retries={ attempts = 100, backoff = \"0 s\", cap = \"1 ms\", jitter = \"none\" }",
    "client.retries={ attempts = 3, backoff = \"1 ns\", multiplier = 100, jitter = \"decorrelated\" }",
    "client.retries={ attempts = 100, backoff = \"36500 d\", cap = \"36500 d\", jitter = \"equal\" }",
    "app.instances=1",
    "app.instances=300",
    "app.workers=1",
    "app.workers=none",
    "app.queue=0",
    "app.queue=1",
    "app.balance=\"sticky\"",
    "app.balance=\"two-choices\"",
    "app.balance=\"random\"",
    "app.round_trip=0 s",
    "app.round_trip={ pareto = { minimum = \"1 ms\", shape = 0.1 } }",
    "app.work=1 d",
    "app.work={ gamma = { mean = \"1 ms\", cv = 100 } }",
    "process={ capacity = { entries = 1 } }",
    "process={ capacity = \"none\", ttl = \"1 ns\", ttl_jitter = \"99 %\" }",
    "process={ capacity = \"1200 B\", ttl = \"36500 d\", soft_ttl = \"1 ns\" }",
    "process={ coalesce = \"single-flight\", null_ttl = \"1 ms\", ttl = \"5 ms\", early_refresh = 1000 }",
    "process=none",
    "redis=none",
    "redis={ nodes = 1 }",
    "redis={ nodes = 1000, pool = { size = 1 } }",
    "redis={ memory = \"860001 B\" }",
    "redis={ memory = \"1 MiB\" }",
    "redis={ memory = \"1 MiB\", policy = \"lru\" }",
    "redis={ memory = \"1 MiB\", samples = 64 }",
    "redis={ memory = \"1 MiB\", policy = \"allkeys-lfu\", samples = 1 }",
    "redis={ memory = \"1 MiB\", policy = \"allkeys-random\" }",
    "redis={ memory = \"1 MiB\", policy = \"volatile-lru\" }",
    "redis={ memory = \"1 MiB\", policy = \"volatile-lfu\", ttl = \"1 s\" }",
    "redis={ memory = \"1 MiB\", policy = \"volatile-random\", ttl = \"1 s\" }",
    "redis={ memory = \"1 MiB\", policy = \"volatile-ttl\", ttl = \"1 s\", ttl_jitter = 0.5 }",
    "redis={ memory = \"1 MiB\", policy = \"noeviction\", coalesce = { lock = { poll = \"1 ms\", wait = \"5 ms\" } } }",
    "redis={ server = \"memcached\", nodes = 3, memory = \"64 KiB\", ttl = \"1 s\", ttl_jitter = 0.5 }",
    "redis={ server = { memcached = { threads = 256 } }, memory = \"32 KiB\", policy = \"noeviction\", coalesce = { lock = {} } }",
    "redis={ ttl = \"1 ns\" }",
    "redis={ ttl = \"36500 d\", ttl_jitter = 0.99 }",
    "redis={ ttl = \"20 ms\", soft_ttl = \"10 ms\" }",
    "redis={ ttl = \"20 ms\", soft_ttl = \"1 ns\", coalesce = \"single-flight\" }",
    "redis={ ttl = \"20 ms\", soft_ttl = \"5 ms\", coalesce = { lock = { losers = \"serve-stale\" } } }",
    "redis={ ttl = \"20 ms\", coalesce = { lock = { lease = \"1 ns\", poll = \"1 ms\", wait = \"5 ms\" } } }",
    "redis={ ttl = \"20 ms\", coalesce = { lock = { lease = \"36500 d\", poll = \"36500 d\", wait = \"36500 d\" } } }",
    "redis={ ttl = \"20 ms\", early_refresh = 1000, coalesce = \"single-flight\" }",
    "redis={ ttl = \"20 ms\", early_refresh = 0.001, coalesce = { lock = {} } }",
    "redis={ null_ttl = \"1 ns\" }",
    "redis={ when_down = \"fail\" }",
    "redis={ timeout = \"1 ns\" }",
    "redis={ timeout = \"none\", pool = { size = 1, timeout = \"none\" } }",
    "redis={ pool = { size = 1, timeout = \"1 ns\" } }",
    "redis={ timeout = \"36500 d\", pool = { size = 100000, timeout = \"36500 d\" } }",
    "redis={ round_trip = \"0 s\", service = { get = \"0 s\", set = \"0 s\", other = \"0 s\", per_kib = \"0 s\" } }",
    "redis={ round_trip = \"0 s\", coalesce = { lock = { poll = \"1 us\", wait = \"10 ms\" } }, ttl = \"1 ms\" }",
    "redis={ bandwidth = \"1 kbit/s\" }",
    "redis={ bandwidth = \"1 Mbit/s\", timeout = \"5 ms\" }",
    "redis={ bandwidth = \"1 MiB/s\", timeout = \"none\", pool = { size = 1, timeout = \"none\" } }",
    "redis={ round_trip = { lognormal = { median = \"1 ns\", p99 = \"1 d\" } } }",
    "redis={ timeout = \"none\", service = { get = \"1 s\", set = \"1 s\", other = \"1 s\", per_kib = \"1 s\" } }",
    "redis={ ttl = \"1 s\", service = { get = \"50 ms\", set = \"50 ms\", other = \"50 ms\" }, timeout = \"20 ms\" }",
    "database=none",
    "database.workers=1",
    "database.workers=1000000",
    "database.queue=0",
    "database.read=1 ns",
    "database.read=1 d",
    "database.read={ pareto = { minimum = \"1 ms\", shape = 0.1 } }",
    "database.read={ weibull = { scale = \"1 d\", shape = 0.05 } }",
    "database.read={ uniform = { low = \"1 ns\", high = \"1 d\" } }",
    "database.read={ gamma = { mean = \"5 ms\", cv = 0.001 } }",
    "database.write=1 d",
    "database.pool={ size = 1, timeout = \"none\" }",
    "database.pool={ size = 1, timeout = \"1 ns\" }",
    "database.round_trip=0 s",
    "database.round_trip={ empirical = [\"0 s\", \"1 d\"] }",
    "database.max_connections=4",
    "database.max_connections=none",
    "database.reserved_connections=0",
    "database.buffer_pool={ pages = 1000, miss = \"5 ms\", disks = 1 }",
    "database.buffer_pool={ pages = 1000000000, miss = \"0 s\", disks = 1000000 }",
    "database.buffer_pool={ pages = 64, miss = { pareto = { minimum = \"1 ms\", shape = 0.1 } }, disks = 2 }",
    "database.replicas={ count = 1000, lag = \"0 s\" }",
    "database.replicas={ count = 1, lag = \"1 d\" }",
    "database.replicas={ count = 2, lag = { pareto = { minimum = \"1 ms\", shape = 0.1 } } }",
    "database.contention={ sigma = 1, kappa = 1 }",
    "database.contention={ sigma = 0 }",
    "database.plan_cache={ plan = \"1 d\" }",
    "database.plan_cache={ plan = { exponential = \"1 ms\" }, custom = 1000000000 }",
    "database.timeout=1 ns",
    "database.timeout=none",
    "database.timeout=36500 d",
    "event=[]",
    "event=[{ at = \"0 s\", expire = \"GROUP:1\" }, { at = \"0 s\", flush = \"redis\" }, { at = \"0 s\", flush = \"process\" }]",
    "event=[{ at = \"300 ms\", restart = { for = \"100 ms\" } }]",
    "event=[{ at = \"300 ms\", restart = { for = \"36500 d\" } }]",
    "event=[{ at = \"0 s\", restart = { instance = 1, for = \"1 ns\" } }]",
    "event=[{ at = \"300 ms\", outage = { of = \"redis\", for = \"300 ms\" } }]",
    "event=[{ at = \"300 ms\", outage = { of = \"redis\", for = \"36500 d\", hangs = true } }]",
    "event=[{ at = \"300 ms\", outage = { of = \"database\", for = \"300 ms\" } }]",
    "event=[{ at = \"300 ms\", outage = { of = \"database\", for = \"36500 d\", hangs = true } }]",
    "event=[{ at = \"300 ms\", slow = { of = \"redis\", for = \"36500 d\", factor = 1e6 } }]",
    "event=[{ at = \"300 ms\", slow = { of = \"database\", for = \"1 s\", factor = 1e6 } }]",
    "event=[{ at = \"300 ms\", slow = { of = \"database\", for = \"36500 d\", factor = 0.001 } }]",
    "event=[{ at = \"300 ms\", flash_crowd = { key = \"GROUP:1\", rate = \"5k/s\", for = \"36500 d\" } }]",
    "event=[{ at = \"0 s\", flash_crowd = { key = \"GROUP:1\", rate = \"5k/s\", for = \"1 ns\" } }]",
    "event=[{ at = \"300 ms\", rate_change = { factor = 0 } }]",
    "event=[{ at = \"0 s\", load = { group = \"GROUP\", rate = \"1000000000/s\" } }]",
    "event=[{ at = \"300 ms\", load = { group = \"GROUP\", rate = \"1/h\", from = \"database\" } }]",
    "app.bloom_filter={ false_positives = \"0.0000001 %\" }",
    "event=[{ at = \"300 ms\", rate_change = { factor = 10, for = \"1 ns\" } }, { at = \"300 ms\", rate_change = { factor = 0.1 } }]",
];

/// A run is watched so many times, each after 4,096 events, and then ended: some of the bent scenarios look at a
/// lock a million times a second, and are in their right to.
const LOOKS_MAX: u32 = 2_400;

/// A run whose clock stands still for so many looks gets nowhere.
const STANDSTILL: u32 = 160;

/// At the end of the clock everything that is left happens at once: 100,000 attempts that wait for a worker who takes
/// a day for each, say, with some thirty events each.
const STANDSTILL_AT_THE_END: u32 = 1_600;

/// Reads a shipped scenario with some of the knobs turned and runs it. Yields whether it was accepted.
fn survive(shipped: usize, turned: &[&str]) -> bool {
    let (name, text) = SHIPPED[shipped];
    let mut document = Document::parse(name, text).expect("shipped scenarios are TOML");
    let group = text.split("[[workload.keys]]\nname = \"").nth(1).and_then(|rest| rest.split('"').next());
    let group = group.expect("a shipped scenario has keys");
    for argument in SHORT.iter().chain(turned) {
        document.set(&argument.replace("GROUP", group)).expect("a knob is an argument");
    }
    let model = match document.read(None, Model::read) {
        Ok(model) => model,
        Err(problems) => {
            assert!(problems.render(false).contains("error: "), "{name} {turned:?}");
            return false;
        }
    };
    let prepared = Prepared::new(model, None).expect("there is no trace that could be broken");
    let (mut looks, mut same, mut last) = (0, 0, Instant::MAX);
    let watch = |now| {
        looks += 1;
        same = if now == last { same + 1 } else { 0 };
        last = now;
        let limit = if now == END_OF_TIME { STANDSTILL_AT_THE_END } else { STANDSTILL };
        assert!(same < limit, "{name} gets nowhere with {turned:?}");
        if looks < LOOKS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let done = simulate(&prepared, 0, watch).expect("there is no trace that could be broken");
    let Some((record, _)) = done else { return true };
    let clients = &record.clients;
    assert_eq!(clients.arrived, clients.completed + clients.failures_total(), "{name} {turned:?}");
    assert!(
        record.values().iter().flatten().all(|value| !value.is_nan() && *value >= 0.0),
        "{name} {turned:?}"
    );
    true
}

/// Who waits a century to try again comes to the end of the clock, where no time passes: there one does not try again.
#[test]
fn at_the_end_of_the_clock_nobody_tries_again() {
    let retries =
        "client.retries={ attempts = 100, backoff = \"36500 d\", cap = \"36500 d\", jitter = \"equal\" }";
    let no_cache =
        "redis={ pool = { size = 1, timeout = \"1 ns\" }, memory = \"1 MiB\", policy = \"noeviction\" }";
    let slow = "database.buffer_pool={ pages = 64, miss = { pareto = { minimum = \"1 ms\", shape = 0.1 } }, disks = 2 }";
    let busy = "workload.arrivals={ constant = \"500/s\" }";
    assert!(survive(0, &[retries, no_cache, slow, busy]), "the scenario is sound");
}

/// Each of 100,000 attempts takes a day of a worker: what the clock has no room for is done at its end.
#[test]
fn what_the_clock_has_no_room_for_is_done_at_its_end() {
    let retries = "client.retries={ attempts = 100, backoff = \"0 s\", cap = \"1 ms\", jitter = \"none\" }";
    let busy = "workload.arrivals={ constant = \"1000/s\" }";
    assert!(survive(0, &["app.workers=1", retries, busy, "app.work=1 d"]), "the scenario is sound");
}

#[test]
fn every_extreme_alone_is_refused_or_survived() {
    let mut accepted = 0;
    for (shipped, (name, _)) in SHIPPED.iter().enumerate() {
        for knob in KNOBS {
            let survived = std::panic::catch_unwind(|| survive(shipped, &[knob]));
            accepted += usize::from(survived.unwrap_or_else(|_| panic!("{name} --set {knob}")));
        }
    }
    let cases = SHIPPED.len() * KNOBS.len();
    assert!(accepted * 10 > cases * 7, "only {accepted} of {cases} were accepted: they prove little");
}

#[test]
fn a_run_of_a_year_is_survived() {
    assert!(survive(
        0,
        &[
            "duration=366 d",
            "warmup=1 d",
            "workload.arrivals={ poisson = \"1/h\" }",
            "workload.keys.product.writes=1/h",
            "workload.keys.category.writes=0/s"
        ]
    ));
}

/// Bytes that a fuzzer would begin with: a shipped scenario with some places overwritten.
fn damaged() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\"",
        "[[",
        "]",
        "{",
        "}\n",
        " = ",
        ".",
        "\n",
        "é\u{202e}",
        "-1",
        "nan",
        "1e400",
        "\"none\"",
        "\"0 s\"",
        "99999999999999999999",
        "[redis]\n",
        "name = \"a\"\n",
        "true",
        "\"\\u0007\"",
    ]);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, piece), 1..6);
    (0..SHIPPED.len(), edits).prop_map(|(shipped, edits)| {
        let mut text = SHIPPED[shipped].1.to_owned();
        for (position, cut, piece) in edits {
            let start = text.floor_char_boundary(position.index(text.len() + 1));
            let end = text.floor_char_boundary((start + cut).min(text.len())).max(start);
            text.replace_range(start..end, piece);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn several_extremes_together_are_refused_or_survived(
        shipped in 0..SHIPPED.len(),
        turned in prop::collection::vec(prop::sample::select(KNOBS), 2..9),
    ) {
        survive(shipped, &turned);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzz(&bytes, Model::read);
    }

    #[test]
    fn no_damage_to_a_shipped_scenario_makes_it_panic(
        text in damaged(),
        argument in "(redis|workload|client|event|app|x)(\\.[a-z_]{1,8})?=.{0,8}",
    ) {
        fuzz(format!("{argument}\n{text}").as_bytes(), Model::read);
    }
}
