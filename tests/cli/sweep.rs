//! `cachestorm sweep`: every point, every replication, the same bytes.

use crate::support::{Folder, SMALL};
use serde_json::Value;

fn rows(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().map(|line| line.split(',').collect()).collect()
}

#[test]
fn a_grid_has_a_row_for_each_replication_of_each_point_and_the_numbers_of_a_run() {
    let folder = Folder::new("sweep");
    folder.write("small.toml", SMALL);
    let vary = ["--vary", "database.workers=2,8", "--vary", "redis.ttl=1s..2s:3"];
    let arguments = [&["sweep", "small.toml", "-q"], &vary[..]].concat();
    let printed = folder.run(&arguments).ends_with(0).stdout;
    assert!(printed.contains("6 points, 18 replications"), "{printed}");
    let csv = folder.text("output/small.sweep/sweep.csv");
    let rows = rows(&csv);
    assert_eq!(rows.len(), 1 + 6 * 3);
    assert_eq!(rows[0][..4], ["point", "database.workers", "redis.ttl", "replication"]);
    assert_eq!(rows[4][..4], ["2", "2", "1500000000 ns", "0"]);
    let column = rows[0].iter().position(|name| *name == "client.requests").expect("it is measured");
    // The fifth point, eight workers and 1.5 s, as a run of its own.
    let set = ["--set", "database.workers=8", "--set", "redis.ttl=1500ms"];
    let alone = [&["run", "small.toml", "-q", "--no-charts", "--json"], &set[..]].concat();
    let alone = folder.run(&alone).json();
    let mean =
        rows[13..16].iter().map(|row| row[column].parse::<f64>().expect("a number")).sum::<f64>() / 3.0;
    let expected = alone["variants"][0]["metrics"]["client.requests"]["value"].as_f64().expect("a number");
    assert!((mean - expected).abs() < 1e-9, "{mean} {expected}");
    let files = folder.files("output/small.sweep");
    assert!(files.iter().any(|file| file == "charts/client.error_ratio.svg"), "{files:?}");
}

/// All that `run` says of the same scenario: values, intervals, counts, ranges, what is too few, verdicts, and whether the runs
/// are fit. At 2 workers the system is overloaded, at 8 few requests fail.
#[test]
fn a_point_says_of_each_metric_and_objective_what_a_run_says() {
    let folder = Folder::new("sweep-as-run");
    let objectives = "\n[[objective]]\nmetric = \"client.latency_p999_seconds\"\nat_most = \"1 s\"\n\
                      [[objective]]\nmetric = \"database.concurrent_loads_per_key_max\"\nat_most = 100\non = \"average\"\n";
    folder.write("small.toml", format!("{SMALL}{objectives}"));
    let vary = ["--vary", "database.workers=1,8"];
    let quick = ["-q", "--no-charts", "--set", "client.timeout=40ms"];
    let swept = folder.run(&[&["sweep", "small.toml", "--json"], &vary[..], &quick].concat()).json();
    let on: Vec<&str> =
        swept["objectives"].as_array().expect("a list").iter().filter_map(|it| it["on"].as_str()).collect();
    assert_eq!(on, ["run", "run", "average"]);
    for (index, workers) in ["1", "8"].iter().enumerate() {
        let set = format!("database.workers={workers}");
        let ran = folder.run(&[&["run", "small.toml", "--json", "--set", &set], &quick[..]].concat());
        let ran = &ran.json()["variants"][0];
        let point = &swept["points"][index];
        for part in ["metrics", "objectives", "disagreement"] {
            assert_eq!(point[part], ran[part], "{part} with {workers} workers");
        }
        let of_run = |findings: &Value| -> Vec<Value> {
            let all = findings.as_array().expect("a list").iter();
            all.filter(|finding| finding["about"] == "run").cloned().collect()
        };
        assert_eq!(of_run(&point["findings"]), of_run(&ran["findings"]));
        // Every form occurs.
        let metrics = point["metrics"].as_object().expect("an object");
        for form in ["too_few", "count", "range"] {
            assert!(
                metrics.values().any(|metric| metric.get(form).is_some()),
                "{form} with {workers} workers"
            );
        }
    }
}

/// The TTL is longer than what is measured.
#[test]
fn points_whose_runs_may_not_be_fit_are_marked_and_say_why() {
    let folder = Folder::new("sweep-fit");
    folder.write("small.toml", SMALL);
    let sweep = ["sweep", "small.toml", "-q", "--vary", "redis.ttl=100ms,20s", "--set", "process=none"];
    let printed = folder.run(&sweep).stdout;
    let marked: Vec<&str> = printed.lines().filter(|line| line.ends_with('†')).collect();
    assert!(marked.len() == 1 && marked[0].contains("20 s"), "{printed}");
    let printed = printed.replace("\n  ", " ");
    let why = printed
        .lines()
        .find(|line| line.starts_with("† redis.ttl=20 s: These runs may not be fit to answer: "));
    assert!(why.is_some_and(|why| why.contains("(D22)")), "{printed}");
    let page = folder.text("output/small.sweep/report.html");
    assert!(page.contains("These runs may not be fit to answer: "));
}

#[test]
fn a_sweep_has_the_same_bytes_for_any_number_of_threads() {
    let folder = Folder::new("sweep-threads");
    folder.write("small.toml", SMALL);
    let all = ["1", "2", "7"].map(|threads| {
        let varied = [
            "--vary",
            "redis.ttl=100ms..2s:log:4",
            "--sample",
            "5",
            "--precision",
            "20%",
            "--of",
            "redis.hit_ratio",
        ];
        let arguments = ["sweep", "small.toml", "-q", "--threads", threads, "--out", threads];
        folder.run(&[&arguments[..], &varied].concat()).ends_with(0);
        let files = folder.files(threads);
        files.iter().map(|file| folder.read(&format!("{threads}/{file}"))).collect::<Vec<_>>()
    });
    assert!(all[0] == all[1] && all[1] == all[2]);
}

#[test]
fn what_cannot_be_swept_is_said_with_the_mend() {
    let folder = Folder::new("sweep-mistakes");
    folder.write("small.toml", SMALL);
    for (arguments, expected) in [
        (&["--vary", "redis.ttl"][..], "names no values"),
        (&["--vary", "redis.tll=1s,2s"], "did you mean `ttl`?"),
        (&["--vary", "redis.ttl=1s,2"], "--vary redis.ttl=2"),
        (&["--vary", "redis.ttl=1s,2s", "--vary", "redis.ttl=3s,4s"], "give all its values with one"),
        (&["--vary", "redis.ttl=1s..9s:9999", "--vary", "app.instances=1..99:99"], "--sample POINTS"),
        (&["--vary", "redis.ttl=1s,2s", "--precision", "0"], "above 0 %"),
        (
            &["--vary", "redis.ttl=1s,2s", "--precision", "2%", "--of", "redis.hits"],
            "did you mean `redis.hit_ratio`?",
        ),
        (&["--vary", "redis.ttl=1s,2s", "--of", "redis.hit_ratio"], "add `--precision 2%`"),
        (&["--vary", "redis.soft_ttl=1s,3s"], "at the point `redis.soft_ttl=3s`"),
        (&[], "sweep.vary = [\"redis.ttl=1s..5min:log:12\"]"),
    ] {
        let ran = folder.run(&[&["sweep", "small.toml"], arguments].concat()).ends_with(2);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
    assert!(folder.files("output").is_empty());
}

/// What the arguments of the second command say, in the file.
const IN_THE_FILE: &str = r#"
[sweep]
vary = ["redis.ttl=100ms..2s:log:4", "database.workers=2,8"]
sample = 5
precision = "20 %"
of = "redis.hit_ratio"
max_replications = 6
measure = ["redis.*_ratio"]
"#;

#[test]
fn a_sweep_in_the_scenario_is_the_one_of_its_arguments_and_arguments_go_before_it() {
    let folder = Folder::new("sweep-in-file");
    folder.write("small.toml", SMALL);
    folder.write("own.toml", format!("{SMALL}{IN_THE_FILE}"));
    let sweep = |scenario: &str, out: &str, arguments: &[&str]| {
        let sweep = ["sweep", scenario, "-q", "--no-charts", "--out", out];
        let printed = folder.run(&[&sweep, arguments].concat()).ends_with(0).stdout;
        (printed.replace(out, "OUT"), folder.text(&format!("{out}/small.sweep/sweep.csv")))
    };
    let vary = ["--vary", "redis.ttl=100ms..2s:log:4", "--vary", "database.workers=2,8", "--sample", "5"];
    let until = ["--precision", "20%", "--of", "redis.hit_ratio", "--max-replications", "6"];
    let asked = [&vary[..], &until, &["--measure", "redis.*_ratio"]].concat();
    let of_file = sweep("own.toml", "file", &[]);
    assert_eq!(of_file, sweep("small.toml", "arguments", &asked));
    assert!(of_file.0.contains("5 points"), "{}", of_file.0);
    let (printed, csv) =
        sweep("own.toml", "both", &["--vary", "redis.nodes=1,2", "--set", "sweep.sample=none"]);
    assert!(printed.contains("2 points") && csv.starts_with("point,redis.nodes,"), "{printed}{csv}");
}

#[test]
fn a_point_that_cannot_be_simulated_is_marked_and_the_others_are_simulated() {
    let folder = Folder::new("sweep-refused");
    folder.write("small.toml", SMALL);
    let vary = ["--vary", "workload.keys.page.count=100,4000000", "--max-memory", "96 MiB"];
    let ran =
        folder.run(&[&["sweep", "small.toml", "-q", "--threads", "8"], &vary[..]].concat()).ends_with(0);
    assert!(ran.stdout.contains("not simulated"), "{}", ran.stdout);
    assert!(ran.stdout.contains("workload.keys.page.count=4M is not simulated: may need "), "{}", ran.stdout);
    let csv = folder.text("output/small.sweep/sweep.csv");
    let rows = rows(&csv);
    assert_eq!(rows.len(), 1 + 3 + 1);
    let last = rows[0].len() - 1;
    assert_eq!((rows[0][last], rows[1][last]), ("not_simulated", ""));
    assert_eq!(rows[4][..3], ["2", "4000000", ""]);
    assert!(csv.lines().last().expect("a row").contains("more than `--max-memory` allows (96 MiB)"));
    // Where there is no other point, nothing is simulated at all.
    let vary = ["--vary", "workload.keys.page.count=4000000,4100000", "--max-memory", "96 MiB"];
    let ran = folder.run(&[&["sweep", "small.toml", "-q"], &vary[..]].concat()).ends_with(2);
    assert!(ran.stderr.contains("more than `--max-memory` allows"), "{}", ran.stderr);
}

#[test]
fn what_is_wrong_with_a_sweep_or_a_search_is_told_whatever_the_file_is_used_for() {
    let folder = Folder::new("sweep-told");
    let sweep = "[sweep]\nvary = [\"redis.tll=1s,2s\"]\n";
    let search = "[plan]\nfind = \"redis.memory=1..9\"\ngoal = \"least\"\n";
    folder.write("wrong.toml", format!("{SMALL}\n{sweep}{search}"));
    let find = ["--find", "redis.memory=1MiB..9MiB", "--least"];
    for arguments in [
        &["run", "wrong.toml"][..],
        &["compare", "wrong.toml"],
        &["sweep", "wrong.toml", "--vary", "redis.ttl=1s,2s"],
        &[&["plan", "wrong.toml"], &find[..]].concat(),
    ] {
        let ran = folder.run(arguments).ends_with(2);
        for said in
            ["unknown setting `tll`", "did you mean `ttl`?", "wrong.toml:", "`redis.memory` cannot be `1`"]
        {
            assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
        }
    }
    assert!(folder.files("output").is_empty());
}

#[test]
fn where_the_precision_is_not_reached_is_said_and_what_it_is_of_shown() {
    let folder = Folder::new("sweep-precision");
    folder.write("small.toml", SMALL);
    let sweep = |precision: &str, of: &str| {
        let vary = ["--vary", "redis.ttl=1s,2s", "--no-charts", "--max-replications", "4"];
        let of = ["--precision", precision, "--of", of, "--measure", "redis.hit_ratio"];
        folder.run(&[&["sweep", "small.toml"], &vary[..], &of].concat()).ends_with(0)
    };
    let ran = sweep("0.1%", "client.staleness_p99_seconds");
    let said = "2 of 2 points are not known to 0.1 % of client.staleness_p99_seconds; `--max-replications` allows more";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(ran.stdout.contains("client.staleness_p99_seconds"), "{}", ran.stdout);
    assert!(!sweep("50%", "redis.hit_ratio").stderr.contains("are not known"));
}
