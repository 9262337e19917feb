//! What stands on the terminal.

use crate::support::{Folder, Ran, SMALL};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn a_shipped_scenario_fits_a_screen_and_says_what_was_simulated() {
    let folder = Folder::new("screen");
    let arguments =
        ["run", "thundering-herd", "--no-charts", "--set", "duration=34s", "--set", "replications=2"];
    let ran = folder.run(&arguments);
    assert!(matches!(ran.status, Some(0 | 99)), "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    // Findings come last: of a run as short as this there are many.
    let is_finding =
        |line: &&str| line.starts_with('D') && line[1..].starts_with(|next: char| next.is_ascii_digit());
    let screen = lines.iter().take_while(|line| !is_finding(line)).count();
    assert!(screen <= 60, "{screen} lines:\n{}", ran.stdout);
    assert!(lines[0].starts_with("✗ Misses ") && lines[0].contains(" of 3 objectives: "), "{}", lines[0]);
    let simulated = "thundering-herd: 2 runs of 22 s after a warm-up of 12 s; seed 1; --set duration=34s --set \
                     replications=2";
    let text = lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let parts = [simulated, "of database reads duplicate one already running", "hit ratio", "waiting for"];
    for part in parts.into_iter().chain(["hot keys by reads of redis article:1 "]) {
        assert!(text.contains(part), "`{part}` is missing:\n{}", ran.stdout);
    }
    let wide: Vec<_> = lines.iter().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

/// Clients read and write; a cache is asked for reads only, and the numbers beside each other are to be compared.
#[test]
fn requests_of_clients_and_reads_of_layers_are_rows_of_their_own() {
    let folder = Folder::new("rows");
    folder.write("small.toml", SMALL);
    let ran = folder.run(&["run", "small.toml", "--no-charts", "--replications", "1"]);
    let columns = |label: &str| {
        let row = ran.stdout.lines().find(|line| line.starts_with(label)).expect(label);
        row[label.len()..].split_whitespace().count()
    };
    let rows = ["requests ", "lookups, reads "].map(columns);
    assert_eq!(rows, [1, 3], "{}", ran.stdout);
}

#[test]
fn objectives_are_marked_without_colour_too() {
    let folder = Folder::new("marks");
    folder.write("small.toml", SMALL);
    let missed = "objective=[{ metric = \"redis.hit_ratio\", at_least = \"99.9 %\" }]";
    for (set, mark) in [("replications=1", "✓  client.error_ratio"), (missed, "✗  redis.hit_ratio")] {
        let ran = folder.run(&["run", "small.toml", "--no-charts", "--set", set]);
        assert!(ran.stdout.contains(mark), "{}", ran.stdout);
    }
}

/// One scenario, and limits that lie below, above and in the middle of what it does.
#[test]
fn the_verdict_is_the_first_line_whatever_it_is() {
    let folder = Folder::new("verdict");
    folder.write("small.toml", SMALL);
    let first = |objectives: &str, status: i32| {
        let set = format!("objective={objectives}");
        let ran =
            folder.run(&["run", "small.toml", "--no-charts", "-q", "--replications", "5", "--set", &set]);
        assert_eq!(ran.status, Some(status), "{}", ran.stdout);
        ran.stdout.split("\nsmall: ").next().expect("a text").replace("\n ", "")
    };
    let hits = |limit: &str| format!("[{{ metric = \"redis.hit_ratio\", at_least = \"{limit}\" }}]");
    let met = first(&hits("0.1 %"), 0);
    assert!(met.starts_with("✓ Meets its objective: redis hit ratio "), "{met}");
    let missed = first(&hits("99.99 %"), 99);
    assert!(missed.starts_with("✗ Misses its objective: redis hit ratio "), "{missed}");
    let mean = folder.json("output/small/summary.json")["variants"][0]["metrics"]["redis.hit_ratio"]["value"]
        .as_f64()
        .expect("it has a value");
    let open = first(&hits(&format!("{} %", mean * 100.0)), 98);
    assert!(
        open.starts_with("? Not decided: redis hit ratio: mean ") && open.contains("of 5 runs miss"),
        "{open}"
    );
}

/// A database that is down for a third of the run, without a cache: requests fail, and no latency objective is met.
#[test]
fn nothing_flatters_an_outage() {
    let folder = Folder::new("outage");
    folder.write("outage.toml", OUTAGE);
    let ran = folder.run(&["run", "outage.toml", "-q"]);
    assert_eq!(ran.status, Some(99), "{ran:?}");
    assert!(
        ran.stdout.starts_with("✗ Misses its objective: latency p99 fails (limit 10 s)."),
        "{}",
        ran.stdout
    );

    let report = folder.json("output/outage/report.json");
    let drawings = report["report"]["drawings"].as_array().expect("a list");
    let of = |name: &str| drawings.iter().find(|drawing| drawing[0] == name).expect(name)[1]["chart"].clone();
    let latency = of("latency");
    let inside = |at: f64| (2.1..3.9).contains(&at);
    let points = |series: &Value| -> Vec<(f64, Option<f64>)> {
        let points = series["points"].as_array().expect("a list").iter();
        points.map(|point| (point[0].as_f64().expect("a time"), point[1].as_f64())).collect()
    };
    let mut drawn = 0;
    for series in latency["series"].as_array().expect("a list") {
        for (at, value) in points(series) {
            assert!(!inside(at) || value.is_none(), "{} at {at} s: {value:?}", series["name"]);
            drawn += usize::from(value.is_some());
        }
    }
    assert!(drawn > 0, "no latency is drawn at all");
    let marks = latency["marks"].as_array().expect("a list");
    let failing = marks.iter().find_map(|mark| mark.get("failing")).expect("a shade");
    let shares: Vec<f64> =
        points(failing).iter().filter(|(at, _)| inside(*at)).filter_map(|(_, share)| *share).collect();
    assert!(!shares.is_empty() && shares.iter().all(|share| *share > 0.99), "{shares:?}");
}

const OUTAGE: &str = r#"
name = "outage"
duration = "6 s"
replications = 2
[workload]
arrivals = { poisson = "200/s" }
[[workload.keys]]
name = "page"
count = 50
[database]
workers = 8
read = "2 ms"
[[event]]
at = "2 s"
outage = { of = "database", for = "2 s" }
[[objective]]
metric = "client.latency_p99_seconds"
at_most = "10 s"
"#;

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let folder = Folder::new("colour");
    folder.write("small.toml", SMALL);
    let cases: [(&[(&str, &str)], bool); 3] = [
        (&[], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ];
    for (environment, coloured) in cases {
        let mut command = folder.command(&["run", "small.toml", "--no-charts", "--replications", "1"]);
        let ran = Ran::of(command.envs(environment.iter().copied()).output().expect("it starts"));
        assert_eq!(ran.stdout.contains('\x1b'), coloured, "{environment:?}");
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let folder = Folder::new("pipe");
    for arguments in [&["metrics"][..], &["schema"], &["scenarios", "baseline"]] {
        let mut child = folder
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        // Leaving before anything is written is the hardest case.
        if arguments != ["metrics"] {
            stdout.read_line(&mut line).expect("a line");
        }
        drop(stdout);
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

/// A command, its own arguments, the forms in which it prints, and its status.
type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a [&'a str]], i32);

/// Whatever a command prints, and whoever stops reading: its status is that of the verdict. No run takes less than 0 s.
#[test]
fn the_verdict_is_the_status_whoever_reads() {
    let folder = Folder::new("nobody-reads");
    let never = "objective=[{ metric = \"client.latency_p99_seconds\", at_most = \"0 s\" }]";
    folder.write("small.toml", SMALL);
    let few = ["small.toml", "-q", "--no-charts", "--set", never];
    let search = ["--find", "database.workers=2..3", "--least", "--headroom", "0%", "--even-if-cold"];
    let vary = ["--vary", "database.workers=2,3"];
    let commands: [Case; 4] = [
        ("run", &[], &[&[], &["--json"]], 99),
        (
            "compare",
            &["--variant", "bare"],
            &[&[], &["--json"], &["--format", "csv"], &["--format", "markdown"]],
            99,
        ),
        ("plan", &search, &[&[], &["--json"], &["--format", "csv"]], 99),
        ("sweep", &vary, &[&[], &["--json"], &["--format", "csv"]], 99),
    ];
    for (command, own, forms, status) in commands {
        for form in forms {
            let arguments = [&[command], &few[..], own, form].concat();
            let mut child = folder.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            drop(child.as_mut().expect("it starts").stdout.take());
            let ran = Ran::of(child.and_then(std::process::Child::wait_with_output).expect("it ends"));
            assert_eq!((ran.status, ran.stderr.as_str()), (Some(status), ""), "{arguments:?}");
        }
    }
}
