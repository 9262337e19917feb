//! `run --spans`: a trace that Perfetto opens, and nothing else changes.

use crate::support::{Folder, SMALL};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str = include_str!("trace_event_format.schema.json");

/// Runs the small scenario with spans of about so many requests.
fn spans(folder: &Folder, more: &[&str]) -> Value {
    let arguments = ["run", "small.toml", "--no-charts", "--quiet"];
    folder.run(&[&arguments[..], more].concat()).ends_with(0);
    folder.json("output/small/spans.json")
}

fn events(trace: &Value) -> &[Value] {
    trace["traceEvents"].as_array().expect("it has events")
}

fn text<'a>(event: &'a Value, name: &str) -> &'a str {
    event[name].as_str().unwrap_or_default()
}

/// A span of the trace.
#[derive(Debug)]
struct Slice<'a> {
    begin: &'a Value,
    process: &'a str,
    from: f64,
    until: f64,
}

/// All slices, if each begin has its end on its thread, and later ones lie within earlier ones.
fn slices(trace: &Value) -> Vec<Slice<'_>> {
    let named = events(trace).iter().filter(|event| event["name"] == "process_name");
    let processes: BTreeMap<u64, &str> =
        named.map(|event| (event["pid"].as_u64().expect("a number"), text(&event["args"], "name"))).collect();
    let mut open: BTreeMap<u64, Vec<(&Value, f64)>> = BTreeMap::new();
    let (mut slices, mut last) = (Vec::new(), 0.0);
    for event in events(trace).iter().filter(|event| event["ph"] != "M") {
        let at = event["ts"].as_f64().expect("a time");
        assert!(at >= last, "in the order of time: {event}");
        last = at;
        let thread = open.entry(event["tid"].as_u64().expect("a number")).or_default();
        match text(event, "ph") {
            "B" => thread.push((event, at)),
            "E" => {
                let (begin, from) = thread.pop().expect("what ends has begun");
                assert_eq!(begin["pid"], event["pid"]);
                let process = processes[&event["pid"].as_u64().expect("a number")];
                slices.push(Slice { begin, process, from, until: at });
            }
            _ => {}
        }
    }
    assert!(open.values().all(Vec::is_empty), "what begins ends");
    slices
}

#[test]
fn a_trace_is_in_the_trace_event_format() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("it is JSON");
    assert!(jsonschema::draft7::meta::is_valid(&schema));
    let validator = jsonschema::draft7::new(&schema).expect("it is a schema");
    let folder = Folder::new("spans-schema");
    folder.write("small.toml", SMALL);
    let mut trace = spans(&folder, &["--spans", "200"]);
    let errors: Vec<String> = validator
        .iter_errors(&trace)
        .take(3)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    // The schema is not one that everything fulfils.
    trace["traceEvents"][100]["ph"] = "X".into();
    assert!(!validator.is_valid(&trace));
}

#[test]
fn slices_nest_and_lie_within_their_request() {
    let folder = Folder::new("spans-nest");
    folder.write("small.toml", SMALL);
    let trace = spans(&folder, &["--spans", "300"]);
    let slices = slices(&trace);
    let of = |slice: &Slice| text(&slice.begin["args"], "request").to_owned();
    let wholes: BTreeMap<String, (f64, f64)> = slices
        .iter()
        .filter(|slice| slice.process == "clients" && slice.begin["cat"] == "request")
        .map(|slice| (of(slice), (slice.from, slice.until)))
        .collect();
    let about = &trace["otherData"];
    assert_eq!(about["requests"], wholes.len());
    assert_eq!((about["sampled"].as_u64(), about["slowest"].as_u64()), (Some(300), Some(30)));
    assert_eq!((&about["replication"], &about["seed"]), (&1.into(), &7.into()));
    for slice in slices.iter().filter(|slice| slice.process != "scenario") {
        let (from, until) = wholes[&of(slice)];
        assert!(slice.from >= from, "{slice:?}");
        let goes_on = slice.begin["args"]["goes_on_after_the_answer"] == true;
        assert_eq!(slice.until > until, goes_on, "{slice:?}");
    }
    // Second 1 to second 4 is measured, and the last answer comes soon after.
    assert!(wholes.values().all(|(from, until)| *from >= 1e6 && *until < 5e6));
    let categories: BTreeSet<&str> = slices.iter().map(|slice| text(slice.begin, "cat")).collect();
    let expected = ["call", "look-up", "network", "request", "scenario", "serve", "visit", "wait"];
    assert!(categories.is_superset(&expected.into()), "{categories:?}");
}

/// The tracks that the scenario's layers have to have, each with a number of its own.
#[test]
fn every_node_has_a_track_and_events_are_marked() {
    let folder = Folder::new("spans-tracks");
    folder.write("small.toml", SMALL.replace("[redis]", "[app]\ninstances = 3\n[redis]"));
    let trace = spans(&folder, &["--spans", "1"]);
    let of_name = |what| events(&trace).iter().filter(move |event| event["name"] == what);
    let processes: BTreeMap<&str, &Value> =
        of_name("process_name").map(|event| (text(&event["args"], "name"), &event["pid"])).collect();
    let tracks = |process: &str| -> Vec<&str> {
        let threads = of_name("thread_name").filter(|event| &event["pid"] == processes[process]);
        threads.map(|event| text(&event["args"], "name")).filter(|name| !name.contains('·')).collect()
    };
    assert_eq!(tracks("clients"), ["clients"]);
    assert_eq!(tracks("app"), ["instance 1", "instance 2", "instance 3"]);
    assert_eq!(tracks("redis"), ["node 1", "node 2"]);
    assert_eq!(tracks("database"), ["primary"]);
    assert_eq!(tracks("scenario"), ["run", "rate × 2"]);
    let threads: BTreeSet<u64> = of_name("thread_name").filter_map(|event| event["tid"].as_u64()).collect();
    assert_eq!(threads.len(), of_name("thread_name").count(), "no two have the same number");
    let instants: Vec<(&str, f64)> = events(&trace)
        .iter()
        .filter(|event| event["ph"] == "i")
        .map(|event| (text(event, "name"), event["ts"].as_f64().expect("a time")))
        .collect();
    assert_eq!(instants, [("rate × 2", 2e6)]);
}

/// An arrow begins, goes on and ends at slices of its request, in the order of time.
#[test]
fn arrows_follow_a_request() {
    let folder = Folder::new("spans-arrows");
    folder.write("small.toml", SMALL);
    let trace = spans(&folder, &["--spans", "200"]);
    let mut arrows: BTreeMap<u64, String> = BTreeMap::new();
    let mut innermost: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    let mut owners: BTreeMap<u64, &str> = BTreeMap::new();
    for event in events(&trace).iter().filter(|event| event["ph"] != "M") {
        let thread = innermost.entry(event["tid"].as_u64().expect("a number")).or_default();
        match text(event, "ph") {
            "B" => thread.push(event),
            "E" => _ = thread.pop(),
            phase @ ("s" | "t" | "f") => {
                let slice = thread.last().expect("an arrow is at a slice");
                assert_eq!(slice["ts"], event["ts"]);
                let (id, owner) = (event["id"].as_u64().expect("a number"), text(&slice["args"], "request"));
                assert_eq!(*owners.entry(id).or_insert(owner), owner);
                arrows.entry(id).or_default().push_str(phase);
            }
            _ => {}
        }
    }
    assert!(arrows.len() >= 200);
    let is_whole = |way: &String| {
        way.len() >= 2
            && way.starts_with('s')
            && way.ends_with('f')
            && way[1..way.len() - 1].chars().all(|step| step == 't')
    };
    assert!(arrows.values().all(is_whole), "{arrows:?}");
}

#[test]
fn spans_change_no_other_file_and_hang_on_no_threads() {
    let folder = Folder::new("spans-bytes");
    folder.write("small.toml", SMALL);
    let run = |out, more: &[&str]| -> BTreeMap<String, Vec<u8>> {
        let arguments = ["run", "small.toml", "--quiet", "--no-charts", "--out", out];
        folder.run(&[&arguments[..], more].concat()).ends_with(0);
        let files = folder.files(out).into_iter();
        files.map(|name| (name.clone(), folder.read(&format!("{out}/{name}")))).collect()
    };
    let without = run("without", &["--threads", "2"]);
    let mut with = run("with", &["--threads", "1", "--spans", "100"]);
    assert!(with == run("again", &["--threads", "2", "--spans", "100"]), "the same bytes");
    assert!(with.remove("small/spans.json").is_some());
    assert!(with == without);
    // What a run does not write does not stay from one before.
    assert!(run("with", &[]) == without);
}

#[test]
fn a_name_of_a_key_breaks_nothing() {
    let folder = Folder::new("spans-names");
    let keys = ["\"quoted\"", "back\\slash", "</script>", "{\"a\":[", "tab\there", "naïve 🔑"];
    let row = |n: u32| {
        let key = keys[n as usize % keys.len()].replace('"', "\"\"");
        format!("{},\"{key}\"", f64::from(n) / 100.0)
    };
    let rows = (0..600).map(row).collect::<Vec<_>>().join("\n");
    folder.write("odd.csv", format!("time,key\n{rows}\n"));
    folder.write("small.toml", SMALL);
    let trace = spans(&folder, &["--trace", "odd.csv", "--set", "event=[]", "--spans", "600"]);
    let seen: BTreeSet<&str> = slices(&trace).iter().map(|slice| text(&slice.begin["args"], "key")).collect();
    assert!(keys.iter().all(|key| seen.contains(key)), "{seen:?}");
}

#[test]
fn the_number_of_requests_is_one_that_makes_sense() {
    let folder = Folder::new("spans-numbers");
    folder.write("small.toml", SMALL);
    for number in ["0", "-1", "10001", "1e3", "many", "99999999999999999999"] {
        let ran = folder.run(&["run", "small.toml", "--spans", number]).ends_with(2);
        assert!(ran.stderr.contains("expected a whole number from 1 to 10000"), "{}", ran.stderr);
        assert!(!folder.path("output").exists(), "nothing is written");
    }
}

/// A part of a run writes no results, and the spans are of the first replication, whoever runs it.
#[test]
fn a_shard_has_no_spans() {
    let folder = Folder::new("spans-shard");
    folder.write("small.toml", SMALL);
    let ran = folder.run(&["run", "small.toml", "--spans", "10", "--shard", "1/2"]).ends_with(2);
    assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
    assert!(!folder.path("output").exists(), "nothing is written");
}
