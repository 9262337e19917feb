//! What every command prints with `--json` is what `cachestorm schema --results` describes.

use crate::support::{Folder, SMALL};
use jsonschema::Validator;
use serde_json::Value;

/// A sweep and a search for the small scenario.
const MORE: &str =
    "\n[sweep]\nvary = [\"redis.ttl=1s,2s\"]\n[plan]\nfind = \"database.workers=1..8\"\ngoal = \"least\"\n";

fn validator(folder: &Folder) -> Validator {
    let schema = folder.run(&["schema", "--results"]).ends_with(0).json();
    assert!(jsonschema::draft7::meta::is_valid(&schema), "the schema is one");
    jsonschema::draft7::new(&schema).expect("the schema is one")
}

#[track_caller]
fn assert_valid(validator: &Validator, what: &str, document: &Value) {
    // What `oneOf` refuses says nothing of why; the part of the command does.
    let command = document["command"].as_str().expect("a document names its command");
    let reasons: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{} at {}", error, error.instance_path()).chars().take(400).collect())
        .collect();
    assert!(reasons.is_empty(), "{what} ({command}): {reasons:#?}");
    assert_eq!(document["schema"], "cachestorm/1", "{what}");
}

/// The runs are too short for the TTL, which a search refuses.
fn also(command: &str) -> &'static [&'static str] {
    if command == "plan" { &["--even-if-cold"] } else { &[] }
}

#[test]
fn every_document_is_as_the_schema_says_and_both_ways_to_ask_print_the_same() {
    let folder = Folder::new("results");
    let validator = validator(&folder);
    folder.write("small.toml", format!("{SMALL}{MORE}"));
    let quick = ["--no-charts", "--quiet", "--max-memory", "2 GiB"];
    let simulating = ["run", "compare", "sweep", "plan"];
    for command in simulating {
        let arguments =
            |format: &[&'static str]| [&[command, "small.toml"], format, &quick, also(command)].concat();
        let json = folder.run(&arguments(&["--json"]));
        assert!(matches!(json.status, Some(0 | 98 | 99)), "{command}: {}", json.stderr);
        let document = json.json();
        assert_eq!(document["command"], command);
        assert_valid(&validator, command, &document);
        let format = folder.run(&arguments(&["--format", "json"]));
        assert_eq!(json.stdout, format.stdout, "{command}");
        let both = folder.run(&arguments(&["--format", "json", "--json"])).ends_with(2);
        assert!(both.stderr.contains("cannot be used with"), "{}", both.stderr);
    }
    for (command, arguments) in [
        ("report", vec!["report", "output/small", "--json"]),
        ("metrics", vec!["metrics", "--json"]),
        ("metrics", vec!["metrics", "--format", "json"]),
        ("scenarios", vec!["scenarios", "--json"]),
        ("scenarios", vec!["scenarios", "edges", "--json"]),
    ] {
        let document = folder.run(&arguments).ends_with(0).json();
        assert_eq!(document["command"], command);
        assert_valid(&validator, command, &document);
    }
}

#[test]
fn files_in_the_folder_are_the_documents() {
    let folder = Folder::new("results-files");
    folder.write("small.toml", format!("{SMALL}{MORE}"));
    for (command, suffix, file) in [
        ("compare", ".compare", "comparison.json"),
        ("sweep", ".sweep", "sweep.json"),
        ("plan", ".plan", "plan.json"),
    ] {
        let arguments = [command, "small.toml", "--json", "--no-charts", "--quiet"];
        let ran = folder.run(&[&arguments, also(command)].concat());
        assert_eq!(ran.stdout, folder.text(&format!("output/small{suffix}/{file}")), "{command}");
    }
    for command in ["sweep", "plan"] {
        let arguments = [command, "small.toml", "--format", "csv", "--no-charts", "--quiet"];
        let ran = folder.run(&[&arguments, also(command)].concat());
        assert_eq!(ran.stdout, folder.text(&format!("output/small.{command}/{command}.csv")), "{command}");
    }
}

#[test]
fn what_is_merged_can_be_a_document_too() {
    let folder = Folder::new("results-merge");
    let validator = validator(&folder);
    folder.write("small.toml", SMALL);
    for shard in ["1/2", "2/2"] {
        folder.run(&["run", "small.toml", "--shard", shard, "--quiet", "--no-charts"]).ends_with(0);
    }
    let merged =
        folder.run(&["merge", "output/small.shard-*", "--json", "--quiet", "--no-charts"]).ends_with(0);
    assert_valid(&validator, "merge", &merged.json());
}

#[test]
fn what_the_schema_does_not_describe_is_refused() {
    let folder = Folder::new("results-wrong");
    let validator = validator(&folder);
    let good = folder.run(&["metrics", "--json"]).ends_with(0).json();
    for (path, wrong) in [
        ("/schema", Value::from("cachestorm/2")),
        ("/command", Value::from("walk")),
        ("/metrics/0/unit", Value::from("furlongs")),
        ("/metrics/0/name", Value::from("Client Requests")),
    ] {
        let mut document = good.clone();
        *document.pointer_mut(path).expect("it is there") = wrong;
        assert!(!validator.is_valid(&document), "{path}");
    }
}
