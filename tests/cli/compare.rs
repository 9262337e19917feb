//! `cachestorm compare`: the same traffic for all, and who differs.

use crate::support::{Folder, SMALL};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

fn metric<'v>(document: &'v Value, variant: usize, name: &str) -> &'v Value {
    &document["variants"][variant]["metrics"][name]["value"]
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

/// The texts of an SVG, and the colours of its lines.
fn texts_and_colours(svg: &str) -> (Vec<String>, Vec<String>) {
    let document = roxmltree::Document::parse(svg).expect("it is XML");
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let texts = texts.filter_map(|node| node.text()).map(str::to_owned).collect();
    let strokes = document.descendants().filter_map(|node| node.attribute("stroke")).map(str::to_owned);
    (texts, strokes.collect())
}

#[test]
fn events_are_marked_with_the_variants_that_have_them_and_a_colour_is_that_of_one_variant() {
    let folder = Folder::new("compare-events");
    let own = "event = [{ at = \"2 s\", rate_change = { factor = 2.0, for = \"500 ms\" } }, \
               { at = \"3 s\", flush = \"redis\" }]";
    // Without writes nothing is ever stale: the line of `fixed` is missing there, and `flushed` keeps its colour.
    let variants = format!(
        "[[variant]]\nname = \"fixed\"\nworkload.keys.page.writes = \"0/s\"\n[[variant]]\nname = \"flushed\"\n{own}\n"
    );
    folder.write("small.toml", SMALL.replace("[[variant]]", &format!("{variants}[[variant]]")));
    let chosen = ["--variant", "fixed", "--variant", "flushed"];
    let ran = folder.run(&[&["compare", "small.toml", "-q"], &chosen[..]].concat());
    assert!(matches!(ran.status, Some(0 | 99)), "{}", ran.stderr);
    let chart =
        |name: &str| texts_and_colours(&folder.text(&format!("output/small.compare/charts/{name}.svg")));
    let (texts, _) = chart("timeline");
    for label in ["rate × 2", "redis is flushed: flushed only"] {
        assert!(texts.iter().any(|text| text == label), "`{label}` is not among {texts:?}");
    }
    let (texts, colours) = chart("staleness-distribution");
    assert!(
        texts.iter().any(|text| text == "flushed") && !texts.iter().any(|text| text == "fixed"),
        "{texts:?}"
    );
    // The first and the third of Okabe and Ito's colours, not the second.
    let has = |colour: &str| colours.iter().any(|one| one.eq_ignore_ascii_case(colour));
    assert_eq!(["#0072b2", "#d55e00", "#009e73"].map(has), [true, false, true], "{colours:?}");
}

/// A soft TTL that is longer than the run: nothing is ever renewed.
#[test]
fn a_variant_that_never_comes_to_act_is_said_to_be_the_same() {
    let folder = Folder::new("compare-same");
    let variants = "[[variant]]\nname = \"idle\"\nredis.ttl = \"1 h\"\nredis.soft_ttl = \"30 min\"\n\
                    [[variant]]\nname = \"other\"\nredis.ttl = \"1 h\"\ndatabase.workers = 9\n";
    let base = SMALL.replace("ttl = \"2 s\"", "ttl = \"1 h\"");
    folder.write("small.toml", format!("{base}\n{variants}"));
    let compare = ["compare", "small.toml", "-q", "--no-charts", "--variant", "idle", "--variant", "other"];
    let printed = folder.run(&compare).ends_with(0).stdout;
    assert_eq!(printed.matches("is the same as the base in every replication").count(), 1, "{printed}");
}
