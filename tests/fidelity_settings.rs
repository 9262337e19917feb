//! Every setting of a scenario changes some measure: none is accepted and then ignored.
//!
//! The settings are those of the JSON Schema, so that a new one is missed here at once.

mod common;

use cachestorm::experiment::{Unwatched, replicate};
use cachestorm::model::{Model, Prepared, TraceFile};
use common::model;
use serde_json::Value as Json;
use std::collections::BTreeSet;

const CASES: &str = include_str!("fidelity_settings/cases.txt");

/// Settings that change no measure, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("name", "only a name"),
    ("description", "only words"),
    ("variant", "settings of their own, under other names"),
    ("workload", "has no value apart from its settings"),
    ("workload.arrivals.trace.file", "whoever runs the scenario looks it up"),
    ("workload.arrivals.trace.format", "tells what a file is, and an error if it is not"),
    ("workload.arrivals.trace.on_error", "tells what a malformed line does, and ours have none"),
    ("workload.arrivals.trace.spread", "is for times in whole seconds, and ours have parts of seconds"),
    ("browser.policy", "has one value so far"),
    ("cdn.policy", "has one value so far"),
    ("cdn.regions.name", "only a name"),
    ("downstream.name", "only a name"),
    ("cdn.shield.policy", "has one value so far"),
    ("database.pool.profile", "its one profile is what the table's defaults are"),
    ("event.name", "only a name"),
    ("gateway.policy", "has one value so far"),
    ("process.policy", "has one value so far"),
    ("objective.on", "says what `plan` judges"),
    ("plan", "says what a search looks for, and nothing of any scenario that it simulates"),
    ("plan.find", "see `plan`"),
    ("plan.goal", "see `plan`"),
    ("plan.headroom", "see `plan`"),
    ("plan.max_replications", "see `plan`"),
    ("plan.precision", "see `plan`"),
    ("plan.sure", "see `plan`"),
    ("sweep", "says which scenarios a sweep simulates, and nothing of any of them"),
    ("sweep.max_replications", "see `sweep`"),
    ("sweep.measure", "see `sweep`"),
    ("sweep.of", "see `sweep`"),
    ("sweep.precision", "see `sweep`"),
    ("sweep.sample", "see `sweep`"),
    ("sweep.vary", "see `sweep`"),
    ("workload.dimensions.name", "only a name"),
];

/// A busy little system in which everything happens: expiry, writes, misses, waiting, eviction.
const BASE: &str = r#"
name = "settings"
duration = "2 s"
replications = 1
[workload]
arrivals = { poisson = "200/s" }
users = 30
[[workload.keys]]
name = "key"
count = 60
writes = "20/s"
size = { lognormal = { median = "1 KiB", p99 = "8 KiB" } }
[[workload.keys]]
name = "other"
count = 5
[app]
instances = 2
[process]
ttl = "100 ms"
[redis]
nodes = 2
ttl = "300 ms"
[database]
workers = 2
read = { exponential = "10 ms" }
"#;

/// A trace with two columns for everything.
const TRACE: &str =
    "time,key,size,op,ttl,user,other_time,other_key,other_size,other_op,other_ttl,other_user\n";

fn trace() -> &'static [u8] {
    let line = |n: usize| {
        let (key, other, op) = (n * n % 7, n % 5, if n.is_multiple_of(9) { "set" } else { "get" });
        let (time, later) = (n as f64 * 0.02, n as f64 * 0.025);
        format!("{time},k{key},{},{op},1,u{key},{later},x{other},{},get,2,v{other}\n", 100 + key, 900 + other)
    };
    let text = TRACE.to_owned() + &(0..150).map(line).collect::<String>();
    Box::leak(text.into_boxed_str()).as_bytes()
}

/// All that a scenario's run comes to: every metric of every replication to the bit, and every verdict.
fn comes_to(arguments: &[String]) -> Vec<String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let file = TraceFile::Embedded { name: "trace.csv", bytes: trace() };
    let prepared = Prepared::new(model(BASE, &arguments), Some(file)).expect("a sound trace");
    let outcome = replicate(&prepared, "base", &Unwatched).expect("a sound trace");
    let metrics = outcome.metrics.iter().map(|(metric, values)| format!("{} {values:?}", metric.name));
    let verdicts = outcome.verdicts().into_iter().map(|verdict| format!("{verdict:?}"));
    metrics.chain(verdicts).collect()
}

/// The arguments that a value of the table stands for.
fn arguments(setting: &str, value: &str) -> Vec<String> {
    if value == "-" || value.is_empty() {
        Vec::new()
    } else if let Some(whole) = value.strip_prefix('!') {
        whole.split(";;").map(|argument| argument.trim().to_owned()).collect()
    } else if let Some(key) = setting.strip_prefix("workload.keys.") {
        vec![format!("workload.keys.key.{key}={value}")]
    } else {
        let list = setting.split('.').next().filter(|list| *list == "objective").unwrap_or(setting);
        vec![format!("{list}={value}")]
    }
}

fn makes_a_difference(setting: &str, one: &str, other: &str, first: &str) -> bool {
    let first = if first.is_empty() { Vec::new() } else { arguments("", &format!("!{first}")) };
    let with = |value: &str| [first.clone(), arguments(setting, value)].concat();
    comes_to(&with(one)) != comes_to(&with(other))
}

/// Shapes that a distribution can have, each with one setting of it at two values.
fn shapes(quantities: [&str; 3]) -> Vec<(&'static str, String, String)> {
    let [low, middle, high] = quantities;
    let case = |suffix, one: String, other: String| (suffix, one, other);
    let pair = |shape: &str, key: &str, value: &str, other: &str| {
        format!("{{ {shape} = {{ {key} = {value}, {other} }} }}")
    };
    vec![
        case("exponential", format!("{{ exponential = {low} }}"), format!("{{ exponential = {high} }}")),
        case("empirical", format!("{{ empirical = [{low}] }}"), format!("{{ empirical = [{high}] }}")),
        case(
            "lognormal",
            format!("{{ exponential = {low} }}"),
            pair("lognormal", "median", low, &format!("p99 = {high}")),
        ),
        case(
            "lognormal.median",
            pair("lognormal", "median", low, &format!("p99 = {high}")),
            pair("lognormal", "median", middle, &format!("p99 = {high}")),
        ),
        case(
            "lognormal.p99",
            pair("lognormal", "p99", high, &format!("median = {low}")),
            pair("lognormal", "p99", middle, &format!("median = {low}")),
        ),
        case("gamma", format!("{{ exponential = {low} }}"), pair("gamma", "mean", low, "cv = 0.5")),
        case("gamma.mean", pair("gamma", "mean", low, "cv = 0.5"), pair("gamma", "mean", high, "cv = 0.5")),
        case("gamma.cv", pair("gamma", "mean", low, "cv = 0.5"), pair("gamma", "mean", low, "cv = 2")),
        case("weibull", format!("{{ exponential = {low} }}"), pair("weibull", "scale", low, "shape = 2")),
        case(
            "weibull.scale",
            pair("weibull", "scale", low, "shape = 2"),
            pair("weibull", "scale", high, "shape = 2"),
        ),
        case(
            "weibull.shape",
            pair("weibull", "scale", low, "shape = 2"),
            pair("weibull", "scale", low, "shape = 3"),
        ),
        case("pareto", format!("{{ exponential = {low} }}"), pair("pareto", "minimum", low, "shape = 3")),
        case(
            "pareto.minimum",
            pair("pareto", "minimum", low, "shape = 3"),
            pair("pareto", "minimum", high, "shape = 3"),
        ),
        case(
            "pareto.shape",
            pair("pareto", "minimum", low, "shape = 3"),
            pair("pareto", "minimum", low, "shape = 4"),
        ),
        case(
            "uniform",
            format!("{{ exponential = {low} }}"),
            pair("uniform", "low", low, &format!("high = {high}")),
        ),
        case(
            "uniform.low",
            pair("uniform", "low", low, &format!("high = {high}")),
            pair("uniform", "low", middle, &format!("high = {high}")),
        ),
        case(
            "uniform.high",
            pair("uniform", "low", low, &format!("high = {high}")),
            pair("uniform", "low", low, &format!("high = {middle}")),
        ),
    ]
}

const TIMES: [&str; 3] = ["\"1 ms\"", "\"2 ms\"", "\"5 ms\""];
/// Long enough for many reads to come between.
const DELAYS: [&str; 3] = ["\"100 ms\"", "\"200 ms\"", "\"500 ms\""];
const COUNTS: [&str; 3] = ["2", "5", "20"];
const SIZES: [&str; 3] = ["\"1 KiB\"", "\"2 KiB\"", "\"5 KiB\""];

/// What a distribution of the CDN, or of the gateway, needs to be there.
const CDN: &str = r#"cdn={ ttl = "1 s", regions = [{ name = "all", round_trip = "1 ms" }] };;workload.keys.key.purge=true;;workload.keys.key.writes=200/s"#;
const SHIELD: &str = r#"cdn={ ttl = "0 s", regions = [{ name = "all", round_trip = "1 ms" }], shield = { ttl = "1 s" } };;workload.keys.key.purge=true;;workload.keys.key.writes=200/s"#;
const GATEWAY: &str =
    r#"gateway={ ttl = "1 s" };;workload.keys.key.purge=true;;workload.keys.key.writes=200/s"#;

/// What the distributions of a search engine, and of a service, need to be there.
const SEARCH: &str = r#"workload.keys.key.origin=search ;; redis=none ;; process=none ;; search={ query = "5 ms", refresh_interval = "100 ms" }"#;
const SERVICE: &str = r#"workload.keys.key.origin=svc ;; redis=none ;; process=none ;; downstream=[{ name = "svc", latency = "5 ms" }]"#;

/// Settings that are distributions, and what is laid over the base first.
const DISTRIBUTIONS: &[(&str, [&str; 3], &str)] = &[
    ("app.round_trip", TIMES, ""),
    ("app.work", TIMES, ""),
    ("bus.lag", DELAYS, "workload.keys.key.on_write=bus"),
    ("cdn.purge_delay", DELAYS, CDN),
    ("cdn.regions.round_trip", TIMES, CDN),
    ("cdn.shield.purge_delay", DELAYS, SHIELD),
    ("cdn.shield.round_trip", TIMES, SHIELD),
    ("database.read", TIMES, ""),
    ("database.write", TIMES, ""),
    ("database.round_trip", TIMES, ""),
    ("database.buffer_pool.miss", TIMES, ""),
    ("database.plan_cache.plan", TIMES, ""),
    ("database.replicas.lag", DELAYS, ""),
    ("downstream.latency", TIMES, SERVICE),
    ("downstream.round_trip", TIMES, SERVICE),
    ("gateway.purge_delay", DELAYS, GATEWAY),
    ("gateway.round_trip", TIMES, GATEWAY),
    ("redis.replicas.lag", DELAYS, "workload.keys.key.writes=20/s"),
    ("redis.round_trip", TIMES, ""),
    ("search.query", TIMES, SEARCH),
    ("search.complex.query", TIMES, SEARCH),
    ("search.indexing_lag", DELAYS, SEARCH),
    ("search.round_trip", TIMES, SEARCH),
    ("workload.keys.page.fan_out", COUNTS, "workload.keys.other.page={ items = \"key\", fan_out = 1 }"),
    ("workload.keys.broadcast.round_trip", DELAYS, ""),
    ("workload.keys.size", SIZES, ""),
    ("workload.keys.reads_own_writes.after", TIMES, ""),
    ("workload.keys.session.requests", COUNTS, ""),
    ("workload.keys.session.think", TIMES, ""),
    ("workload.arrivals.users.think", TIMES, ""),
];

#[test]
fn every_setting_makes_a_difference() {
    let mut listed = BTreeSet::new();
    let mut inert = Vec::new();
    let mut hold = |setting: &str, one: &str, other: &str, first: &str| {
        listed.insert(setting.to_owned());
        if !makes_a_difference(setting, one, other, first) {
            inert.push(setting.to_owned());
        }
    };
    for case in CASES.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let columns: Vec<&str> = case.split('|').map(str::trim).collect();
        let [setting, one, other, first] = columns[..] else { panic!("four columns: {case}") };
        hold(setting, one, other, first);
    }
    for &(setting, quantities, first) in DISTRIBUTIONS {
        for (suffix, one, other) in shapes(quantities) {
            let value = |value: String| match setting {
                "workload.arrivals.users.think" => {
                    format!("! workload.arrivals={{ users = {{ count = 20, think = {value} }} }}")
                }
                "workload.keys.page.fan_out" => format!("! workload.keys.other.page.fan_out={value}"),
                "workload.keys.size" => format!("! workload.keys.key.size={value}"),
                "workload.keys.reads_own_writes.after" => {
                    format!("! workload.keys.key.reads_own_writes={{ after = {value} }}")
                }
                "workload.keys.session.requests" => {
                    format!("! workload.keys.key.session={{ requests = {value}, think = \"1 ms\" }}")
                }
                "workload.keys.session.think" => {
                    format!("! workload.keys.key.session={{ requests = 3, think = {value} }}")
                }
                "workload.keys.broadcast.round_trip" => {
                    format!("! workload.keys.key.broadcast={{ round_trip = {value} }}")
                }
                "cdn.regions.round_trip" => format!("! cdn.regions.all.round_trip={value}"),
                "database.buffer_pool.miss" => {
                    format!("! database.buffer_pool={{ pages = 20, miss = {value}, disks = 1 }}")
                }
                "database.replicas.lag" => format!(
                    "! database.replicas={{ count = 1, lag = {value} }} ;; redis=none ;; process=none"
                ),
                "downstream.latency" => format!("! downstream.svc.latency={value}"),
                "downstream.round_trip" => format!("! downstream.svc.round_trip={value}"),
                "search.complex.query" => format!("! search.complex={{ share = 0.5, query = {value} }}"),
                "redis.replicas.lag" => format!("! redis.replicas={{ lag = {value}, reads = \"replica\" }}"),
                "database.plan_cache.plan" => format!("! database.plan_cache={{ plan = {value} }}"),
                _ => format!("! {setting}={value}"),
            };
            hold(&format!("{setting}.{suffix}"), &value(one), &value(other), first);
        }
    }
    listed.extend(EXCEPTIONS.iter().map(|(setting, _)| (*setting).to_owned()));
    assert!(inert.is_empty(), "settings that change nothing: {inert:#?}");
    assert_eq!(all_settings().difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new(), "not listed");
    assert_eq!(
        listed.difference(&all_settings()).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "no such setting"
    );
}

fn all_settings() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    collect(&cachestorm::scenario::schema("settings", Model::read), "", &mut all);
    all
}

fn collect(schema: &Json, at: &str, all: &mut BTreeSet<String>) {
    for (key, inner) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
        let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        collect(inner, &path, all);
        all.insert(path);
    }
    let alternatives =
        ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|word| schema.get(word)?.as_array());
    for inner in alternatives.flatten().chain(schema.get("items")) {
        collect(inner, at, all);
    }
}
