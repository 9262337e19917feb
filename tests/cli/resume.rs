//! What is kept of replications that are done: nothing is simulated twice, and nothing is lost but what was under way.

use crate::support::{Folder, Ran, SMALL};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Enough runs that a process can be killed among them.
const SWEEP: [&str; 11] = [
    "sweep",
    "small.toml",
    "--no-charts",
    "--threads",
    "2",
    "--vary",
    "redis.ttl=100ms..2s:log:6",
    "--vary",
    "database.workers=4..12:5",
    "--set",
    "duration=8s",
];

const LOG: &str = "output/small/replications.log";

fn note(ran: &Ran) -> Option<&str> {
    ran.stderr.lines().find(|line| line.contains("simulated") || line.contains("were kept"))
}

#[test]
fn the_same_command_again_simulates_nothing_and_gives_the_same_bytes() {
    let folder = Folder::new("again-nothing");
    folder.write("small.toml", SMALL);
    let commands: [&[&str]; 4] = [
        &["run", "small.toml"],
        &["compare", "small.toml", "--no-charts"],
        &[
            "sweep",
            "small.toml",
            "--no-charts",
            "--vary",
            "redis.ttl=1s,2s",
            "--precision",
            "5%",
            "--of",
            "redis.hit_ratio",
        ],
        &[
            "plan",
            "--even-if-cold",
            "small.toml",
            "--no-charts",
            "--find",
            "database.workers=1..32",
            "--least",
            "--max-replications",
            "18",
        ],
    ];
    for command in commands {
        let first = folder.run(command).ends_with(0);
        assert_eq!(note(&first), None, "{command:?}");
        let results = folder.results("output");
        let again = folder.run(command).ends_with(0);
        let note = note(&again).unwrap_or_default();
        assert!(note.contains("nothing had to be simulated: all "), "{command:?}: {}", again.stderr);
        assert!(folder.results("output") == results, "{command:?}");
        assert_eq!(again.stdout, first.stdout);
        let anew = folder.run(&[command, &["--fresh", "-q"]].concat()).ends_with(0);
        assert_eq!((anew.stdout, anew.stderr.as_str()), (first.stdout, ""));
        assert!(folder.results("output") == results, "{command:?}");
    }
}

#[test]
fn only_what_a_replication_hangs_on_makes_it_another() {
    let folder = Folder::new("hangs-on");
    folder.write("small.toml", SMALL);
    let run = |more: &[&str]| {
        let ran = folder.run(&[&["run", "small.toml", "--no-charts"], more].concat());
        note(&ran).map(str::to_owned).unwrap_or_default()
    };
    run(&[]);
    assert!(run(&["--replications", "5"]).contains("3 of 5 replications were kept"));
    assert!(run(&["--replications", "2"]).contains("all 2 replications were kept"));
    folder.write(
        "small.toml",
        format!("# A comment.\n{SMALL}").replace("at_most = \"1 %\"", "at_most = \"2 %\""),
    );
    assert!(run(&[]).contains("all 3 replications were kept"));
    for other in [["--seed", "8"], ["--set", "redis.nodes=3"], ["--set", "client.timeout=1s"]] {
        assert_eq!(run(&other), "", "{other:?}");
        assert!(run(&other).contains("all 3 replications were kept"), "{other:?}");
    }
    for command in [
        &["run", "small.toml"][..],
        &["compare", "small.toml", "--out", "output/small/.."],
        &["sweep", "small.toml", "--vary", "redis.nodes=1,2"],
        &["plan", "small.toml", "--even-if-cold", "--find", "database.workers=1..32", "--least"],
    ] {
        folder.run(&[command, &["--no-charts", "-q"]].concat()).ends_with(0);
        folder
            .run(&[command, &["--no-charts", "-q", "--resume", "--replications", "20"]].concat())
            .ends_with(0);
        let results = folder.results("output");
        let ran = folder.run(&[command, &["--no-charts", "--resume", "--seed", "9"]].concat()).ends_with(2);
        assert!(ran.stderr.contains("none has these settings and this seed"), "{}", ran.stderr);
        assert!(folder.results("output") == results, "nothing is replaced");
    }
}

#[test]
fn a_trace_with_other_content_is_another() {
    let folder = Folder::new("kept-trace");
    let scenario = SMALL.replace(
        "rate_change = { factor = 2.0, for = \"500 ms\" }",
        "slow = { of = \"database\", factor = 2.0, for = \"500 ms\" }",
    );
    folder.write("small.toml", scenario);
    let trace = |key: &str| {
        let mut rows = String::from("time,key\n");
        for n in 0..6_000 {
            // Writing to a string cannot fail.
            let _ = writeln!(rows, "{},{key}{}", f64::from(n) / 1e3, n % 70);
        }
        folder.write("t.csv", rows);
        let ran = folder.run(&["run", "small.toml", "--no-charts", "--trace", "t.csv"]).ends_with(0);
        note(&ran).is_some()
    };
    assert_eq!([trace("a"), trace("a"), trace("b"), trace("a")], [false, true, false, true]);
}

/// Moments that differ from test to test but not from run to run, as shares of what is left.
const MOMENTS: [f64; 10] = [0.03, 0.31, 0.11, 0.22, 0.05, 0.17, 0.26, 0.08, 0.14, 0.29];

#[test]
fn killed_at_ten_moments_it_ends_with_the_bytes_of_one_that_was_not() {
    let folder = Folder::new("killed");
    folder.write("small.toml", SMALL);
    let began = Instant::now();
    folder.run(&[&SWEEP[..], &["--out", "whole"]].concat()).ends_with(0);
    let took = began.elapsed();
    let log = folder.path("output/small.sweep/replications.log");
    let (mut hits, mut length) = (0, 0);
    for moment in MOMENTS {
        let mut child =
            folder.command(&[&SWEEP[..], &["-q"]].concat()).spawn().expect("the program can be started");
        std::thread::sleep(took.mul_f64(moment) + Duration::from_millis(20));
        hits += u32::from(child.try_wait().expect("it is ours").is_none());
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
        let now = log.metadata().map_or(0, |log| log.len());
        // At most the two entries that were being written are cut off, and left out by the next.
        assert!(now + 20_000 > length, "{now} of {length} bytes are left");
        length = now;
    }
    assert!(hits >= 5, "only {hits} of ten were killed before their end");
    let resumed = folder.run(&[&SWEEP[..], &["--resume"]].concat()).ends_with(0);
    assert!(note(&resumed).is_some(), "{}", resumed.stderr);
    assert!(folder.results("output") == folder.results("whole"));
}

#[test]
fn a_damaged_log_is_told_and_its_good_part_used() {
    let folder = Folder::new("damaged-log");
    folder.write("small.toml", SMALL);
    let run = ["run", "small.toml", "--no-charts"];
    folder.run(&run).ends_with(0);
    let results = folder.results("output");
    let whole = folder.read(LOG);
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for damaged in [&changed[..], &whole[..whole.len() - 1]] {
        folder.write(LOG, damaged);
        let ran = folder.run(&run).ends_with(0);
        assert!(ran.stderr.contains("is damaged: "), "{}", ran.stderr);
        assert!(ran.stderr.contains("2 replications are sound"), "{}", ran.stderr);
        assert!(ran.stderr.contains("2 of 3 replications were kept"), "{}", ran.stderr);
        assert!(folder.results("output") == results);
        assert_eq!(folder.read(LOG).len(), whole.len());
    }
}

#[test]
fn what_keeps_a_log_from_being_used_is_said_with_the_mend() {
    let folder = Folder::new("log-mistakes");
    folder.write("small.toml", SMALL);
    let run = ["run", "small.toml", "--no-charts"];
    let mistakes: [(&[&str], &str, &str); 2] = [
        (&["--resume"], "no replications are kept in", "omit `--resume`"),
        (&["--resume", "--fresh"], "cannot be used with", "--fresh"),
    ];
    for (more, what, mend) in mistakes {
        let ran = folder.run(&[&run[..], more].concat()).ends_with(2);
        assert!(ran.stderr.contains(what) && ran.stderr.contains(mend), "{}", ran.stderr);
        assert!(!folder.path("output").exists(), "nothing is left behind");
    }
    std::fs::create_dir_all(folder.path("output/small")).expect("a folder can be made");
    folder.write(LOG, "my own notes\n");
    let ran = folder.run(&run).ends_with(2);
    assert!(ran.stderr.contains("cachestorm did not write this file"), "{}", ran.stderr);
    assert_eq!(folder.text(LOG), "my own notes\n");
    folder.write(LOG, "CACHESTORM-REPLICATIONS 1 0.0.1 of old\nwhat it held");
    let ran = folder.run(&[&run[..], &["--resume"]].concat()).ends_with(2);
    assert!(ran.stderr.contains("made by another build"), "{}", ran.stderr);
    let ran = folder.run(&run).ends_with(0);
    assert!(ran.stderr.contains("made by another build"), "{}", ran.stderr);
    let log = std::fs::File::open(folder.path(LOG)).expect("it is there");
    log.lock().expect("nobody has it");
    let ran = folder.run(&run).ends_with(2);
    assert!(ran.stderr.contains("another cachestorm is writing to it"), "{}", ran.stderr);
}
