//! `--json`: one document, which programs can rely on.

use crate::support::{Folder, SMALL};
use serde_json::{Value, json};

#[test]
fn the_document_has_the_promised_shape() {
    let folder = Folder::new("shape");
    folder.write("small.toml", SMALL);
    let document = folder.run(&["run", "small.toml", "--json", "--no-charts"]).ends_with(0).json();
    assert_eq!(document["scenario"], "small");
    assert_eq!(document["seed"], 7);
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["complete"], true);
    let [variant] = document["variants"].as_array().expect("a list").as_slice() else {
        panic!("one variant was run")
    };
    assert_eq!((&variant["name"], &variant["replications"]), (&json!("base"), &json!(3)));
    let hits = &variant["metrics"]["redis.hit_ratio"];
    let numbers = [&hits["ci95"][0], &hits["value"], &hits["ci95"][1]].map(Value::as_f64);
    assert!(numbers[0] < numbers[1] && numbers[1] < numbers[2], "{hits}");
    assert_eq!(hits["unit"], "ratio");
    let objective = &variant["objectives"][0];
    assert_eq!(objective["metric"], "client.error_ratio");
    assert_eq!((&objective["bound"], &objective["limit"]), (&json!("at_most"), &json!(0.01)));
    assert_eq!((&objective["value"], &objective["state"]), (&json!(0.0), &json!("met")));
    assert!(variant["findings"].is_array() && variant["trace"].is_null());
    assert_eq!(variant["hot_keys"][0]["key"], "page:1");
    let node = variant["hot_keys"][0]["node"].as_u64().expect("there is a cluster");
    assert!((1..=2).contains(&node), "{node}");
}

#[test]
fn it_is_what_the_folder_holds_and_nothing_else_is_on_stdout() {
    let folder = Folder::new("same");
    folder.write("small.toml", SMALL);
    let ran = folder.run(&["run", "small.toml", "--json", "--no-charts", "--quiet"]).ends_with(0);
    assert_eq!(ran.stdout, folder.text("output/small/summary.json"));
    assert_eq!(ran.stderr, "");
}

#[test]
fn one_replication_has_no_interval_and_an_absent_layer_no_metric() {
    let folder = Folder::new("one");
    folder.write("small.toml", SMALL);
    let arguments =
        ["run", "small.toml", "--json", "--no-charts", "--replications", "1", "--variant", "bare"];
    let document = folder.run(&arguments).ends_with(0).json();
    let metrics = document["variants"][0]["metrics"].as_object().expect("a table");
    assert_eq!(metrics["client.requests"]["ci95"], Value::Null);
    assert!(!metrics.keys().any(|name| name.starts_with("redis.") || name.starts_with("process.")));
    assert_eq!(document["variants"][0]["name"], "bare");
}

#[test]
fn an_objective_that_is_missed_is_status_99() {
    let folder = Folder::new("missed");
    folder.write("small.toml", SMALL);
    let set = "objective=[{ metric = \"redis.hit_ratio\", at_least = \"99.9 %\" }]";
    let ran = folder.run(&["run", "small.toml", "--json", "--no-charts", "--set", set]).ends_with(99);
    assert_eq!(ran.json()["variants"][0]["objectives"][0]["state"], "missed");
    assert!(folder.path("output/small/summary.json").exists());
}

/// One service that fails in 12 of 100 calls, and nothing before it.
const OUTAGE: &str = r#"
name = "outage"
duration = "4 s"
replications = 3
[workload]
arrivals = { constant = "1000/s" }
[[workload.keys]]
name = "price"
count = 50
origin = "prices"
[client]
timeout = "none"
[app]
workers = "none"
[[downstream]]
name = "prices"
latency = "100 us"
round_trip = "0 s"
failures = "12 %"
"#;

/// JSON has no infinity: what fails is `null` and says so. CSV has one.
#[test]
fn a_percentile_that_fails_is_null_in_json_and_inf_in_csv() {
    let folder = Folder::new("fails");
    folder.write("outage.toml", OUTAGE);
    let document = folder.run(&["run", "outage.toml", "--json", "--no-charts", "-q"]).ends_with(0).json();
    let metrics = &document["variants"][0]["metrics"];
    let p99 = &metrics["client.latency_p99_seconds"];
    assert_eq!(
        (&p99["value"], &p99["fails"], &p99["kind"]),
        (&Value::Null, &json!(true), &json!("percentile"))
    );
    let answers = &metrics["client.answer_latency_p99_seconds"];
    assert_eq!((&answers["value"], answers.get("fails")), (&json!(0.0001), None));
    folder.run(&["sweep", "outage.toml", "--vary", "downstream.prices.failures=12%,13%", "-q"]).ends_with(0);
    let csv = folder.text("output/outage.sweep/sweep.csv");
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|known| *known == name).expect("it is measured");
    let (p99, answers) = (column("client.latency_p99_seconds"), column("client.answer_latency_p99_seconds"));
    assert!(rows[1..].iter().all(|row| row[p99] == "inf" && row[answers] == "0.0001"), "{csv}");
}
