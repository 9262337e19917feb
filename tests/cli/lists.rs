//! The commands that say what there is.

use crate::support::{Folder, SMALL};
use cachestorm::measure::metrics;
use serde_json::{Map, Value};
use std::io::Write;
use std::process::Stdio;
use toml::de::{DeTable, DeValue};

#[test]
fn every_metric_is_listed_with_its_sentence() {
    let folder = Folder::new("metrics");
    let listed = folder.run(&["metrics"]).ends_with(0).stdout;
    let all = metrics();
    assert_eq!(listed.lines().count(), all.len());
    for (line, metric) in listed.lines().zip(&all) {
        assert!(line.starts_with(&format!("{} ", metric.name)) && line.ends_with(metric.sentence), "{line}");
    }
    let document = folder.run(&["metrics", "--json"]).ends_with(0).json();
    assert_eq!(document["metrics"].as_array().map(Vec::len), Some(all.len()));
}

const SHIPPED: [&str; 10] = [
    "thundering-herd",
    "penetration",
    "avalanche",
    "hot-key",
    "cold-start",
    "pool-exhaustion",
    "baseline",
    "edges",
    "real-traffic",
    "peer-bench",
];

#[test]
fn a_printed_scenario_runs_as_the_shipped_one_does() {
    let folder = Folder::new("scenarios");
    let list = folder.run(&["scenarios"]).ends_with(0).stdout;
    for name in SHIPPED {
        assert!(list.lines().any(|line| line == name), "{name} is missing in\n{list}");
    }
    let text = folder.run(&["scenarios", "peer-bench"]).ends_with(0).stdout;
    let arguments = ["--json", "--no-charts", "--set", "duration=2s", "--set", "warmup=0s"];
    let shipped = folder.run(&[&["run", "peer-bench"][..], &arguments].concat()).ends_with(0);
    folder.write("mine.toml", &text);
    assert_eq!(shipped.stdout, folder.run(&[&["run", "mine.toml"][..], &arguments].concat()).stdout);

    let mut child = folder
        .command(&[&["run", "-"][..], &arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it is read");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(shipped.stdout.as_bytes(), output.stdout);
}

#[test]
fn a_file_wins_over_a_shipped_scenario_of_the_same_name() {
    let folder = Folder::new("wins");
    folder.write("baseline", SMALL);
    let ran = folder.run(&["run", "baseline", "--no-charts", "--replications", "1"]).ends_with(0);
    assert!(ran.stdout.contains("\nsmall: 1 run "), "{}", ran.stdout);
}

fn from_toml(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::Table(table) => {
            let entries = table.iter();
            let entries = entries.map(|(key, value)| (key.get_ref().to_string(), from_toml(value.get_ref())));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        DeValue::Array(items) => items.iter().map(|item| from_toml(item.get_ref())).collect(),
        DeValue::String(text) => Value::from(text.to_string()),
        DeValue::Integer(number) => Value::from(number.as_str().parse::<i64>().expect("it is small")),
        DeValue::Float(number) => Value::from(number.as_str().parse::<f64>().expect("it is a float")),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Datetime(date) => Value::from(date.to_string()),
    }
}

#[test]
fn the_printed_schema_accepts_the_shipped_scenarios_and_refuses_a_misspelt_one() {
    let folder = Folder::new("schema");
    let schema = folder.run(&["schema"]).ends_with(0).json();
    let validator = jsonschema::draft7::new(&schema).expect("the schema is one");
    let check = |text: &str| {
        let document = DeTable::parse(text).expect("it is TOML").into_inner();
        validator.is_valid(&from_toml(&DeValue::Table(document)))
    };
    for name in SHIPPED {
        assert!(check(&folder.run(&["scenarios", name]).ends_with(0).stdout), "{name}");
    }
    assert!(check(SMALL) && !check(&SMALL.replace("ttl =", "tll =")));
}

#[test]
fn help_has_examples_and_the_exit_status() {
    let folder = Folder::new("help");
    let help = folder.run(&["--help"]).ends_with(0).stdout;
    assert!(help.contains("cachestorm run thundering-herd") && help.contains("99"), "{help}");
    for command in ["run", "scenarios", "metrics", "schema"] {
        let help = folder.run(&[command, "--help"]).ends_with(0).stdout;
        assert!(help.contains("Example"), "{help}");
    }
    let version = folder.run(&["--version"]).ends_with(0).stdout;
    assert!(version.starts_with(concat!("cachestorm ", env!("CARGO_PKG_VERSION"))), "{version}");
}
