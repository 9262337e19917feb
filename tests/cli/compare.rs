//! `cachestorm compare`: the same traffic for all, and who differs.

use crate::support::{Folder, SMALL};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

fn metric<'v>(document: &'v Value, variant: usize, name: &str) -> &'v Value {
    &document["variants"][variant]["metrics"][name]["mean"]
}

#[test]
fn every_variant_sees_the_same_traffic_and_is_compared_with_the_base() {
    let folder = Folder::new("compare");
    folder.write("small.toml", SMALL);
    let ran = folder.run(&["compare", "small.toml", "--quiet", "--format", "json"]).ends_with(0);
    let document = ran.json();
    let names: Vec<&Value> =
        document["variants"].as_array().expect("a list").iter().map(|variant| &variant["name"]).collect();
    assert_eq!(names, ["base", "bare"]);
    assert_eq!(metric(&document, 0, "client.requests"), metric(&document, 1, "client.requests"));
    // Without caches every read is one of the database: the difference of the means is the mean of the differences.
    let loads = [0, 1].map(|variant| number(metric(&document, variant, "database.load_rate_mean_per_s")));
    let difference = &document["differences"]["bare"]["database.load_rate_mean_per_s"];
    assert!((number(&difference["mean"]) - (loads[1] - loads[0])).abs() < 1e-9);
    assert_eq!(difference["significant"], Value::Bool(true));
    assert_eq!(document["differences"]["bare"]["redis.hit_ratio"], Value::Null, "there is no Redis there");
    let files = folder.files("output/small.compare");
    for expected in [
        "comparison.csv",
        "comparison.json",
        "comparison.md",
        "manifest.json",
        "charts/timeline.svg",
        "charts/latency-distribution.png",
    ] {
        assert!(files.iter().any(|file| file == expected), "{expected} in {files:?}");
    }
    assert_eq!(folder.json("output/small.compare/comparison.json"), document);
}

#[test]
fn a_comparison_has_the_same_bytes_for_any_number_of_threads() {
    let folder = Folder::new("compare-threads");
    folder.write("small.toml", SMALL);
    let all = ["1", "2", "5"].map(|threads| {
        let arguments = ["compare", "small.toml", "--quiet", "--threads", threads, "--out", threads];
        let printed =
            folder.run(&arguments).ends_with(0).stdout.replace(&format!("{threads}/small"), "OUT/small");
        let files = folder.files(threads);
        (printed, files.iter().map(|file| folder.read(&format!("{threads}/{file}"))).collect::<Vec<_>>())
    });
    assert!(all[0] == all[1] && all[1] == all[2]);
}

#[test]
fn a_variant_run_alone_has_the_same_numbers_as_in_a_comparison() {
    let folder = Folder::new("compare-alone");
    folder.write("small.toml", SMALL);
    let together = folder.run(&["compare", "small.toml", "-q", "--no-charts", "--format", "json"]).json();
    for (variant, name) in [(0, "base"), (1, "bare")] {
        let alone = ["run", "small.toml", "-q", "--no-charts", "--json", "--variant", name];
        assert_eq!(folder.run(&alone).json()["variants"][0], together["variants"][variant]);
    }
}

#[test]
fn two_files_are_compared_by_their_names() {
    let folder = Folder::new("compare-files");
    folder.write("before.toml", SMALL);
    folder.write("after.toml", SMALL.replace("seed = 7", "seed = 8").replace("workers = 8", "workers = 2"));
    let ran = folder.run(&["compare", "before.toml", "after.toml", "-q", "--no-charts", "--format", "json"]);
    let document = ran.ends_with(0).json();
    assert_eq!(
        (&document["variants"][0]["name"], &document["variants"][1]["name"]),
        (&"before".into(), &"after".into())
    );
    assert_eq!(metric(&document, 0, "client.requests"), metric(&document, 1, "client.requests"), "one seed");
}

#[test]
fn the_table_shows_the_chosen_measures_and_ends_with_a_sentence_for_each_variant() {
    let folder = Folder::new("compare-table");
    folder.write("small.toml", SMALL);
    let arguments = [
        "compare",
        "small.toml",
        "-q",
        "--no-charts",
        "--measure",
        "*.hit_ratio",
        "--measure",
        "database.loads",
    ];
    let printed = folder.run(&arguments).ends_with(0).stdout;
    assert!(printed.contains("redis.hit_ratio") && printed.contains("database.loads"), "{printed}");
    assert!(!printed.contains("latency_p99"), "{printed}");
    assert!(printed.contains("It meets 1 of 1 objectives, the base 1."), "{printed}");
    let csv = folder.run(&[&arguments[..], &["--format", "csv"]].concat()).ends_with(0).stdout;
    assert_eq!(csv.lines().filter(|line| line.starts_with("database.loads,")).count(), 2, "{csv}");
}

#[test]
fn what_cannot_be_compared_is_said_with_the_mend() {
    let folder = Folder::new("compare-mistakes");
    folder.write("small.toml", SMALL);
    let (alone, _) = SMALL.split_once("[[variant]]").expect("it has a variant");
    folder.write("alone.toml", alone);
    for (arguments, expected) in [
        (&["alone.toml"][..], "add a `[[variant]]` with a `name`"),
        (&["small.toml", "--variant", "bar"], "did you mean `bare`?"),
        (&["small.toml", "--variant", "base"], "name a variant with `--variant`"),
        (&["small.toml", "--measure", "redis.hits"], "`cachestorm metrics` lists them"),
        (&["small.toml", "alone.toml", "--variant", "bare"], "cannot be used with"),
    ] {
        let ran = folder.run(&[&["compare"], arguments].concat()).ends_with(2);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
    assert!(folder.files("output").is_empty());
}
