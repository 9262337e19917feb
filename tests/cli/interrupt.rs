//! Ctrl-C: what is finished is kept, and marked as partial.

#![cfg(unix)]

use crate::support::{Folder, Ran, SMALL};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// As the terminal does when somebody presses Ctrl-C.
fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("there is a `kill`").success());
}

/// Starts a run of many short replications, or of few endless ones, with `--threads 1`.
fn start(folder: &Folder, sets: &[&str]) -> Child {
    folder.write("small.toml", SMALL);
    let mut arguments =
        vec!["run", "small.toml", "--no-charts", "--threads", "1", "--max-memory", "1 TiB", "--yes"];
    for set in sets {
        arguments.extend(["--set", set]);
    }
    folder
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started")
}

/// The handler is in place soon after the folder has been claimed.
fn wait_for_the_run(folder: &Folder) {
    let began = Instant::now();
    while !folder.path("output/small").exists() {
        assert!(began.elapsed() < Duration::from_mins(1), "the run does not start");
        sleep(Duration::from_millis(5));
    }
    sleep(Duration::from_millis(1_500));
}

#[test]
fn finished_replications_are_written_and_marked_as_partial() {
    let folder = Folder::new("partial");
    let child = start(&folder, &["replications=20000", "duration=10s"]);
    wait_for_the_run(&folder);
    interrupt(&child);
    let ran = Ran::of(child.wait_with_output().expect("it ends")).ends_with(130);
    assert!(ran.stdout.contains("partial: interrupted, "), "{}", ran.stdout);
    for name in ["manifest.json", "summary.json"] {
        assert_eq!(folder.json(&format!("output/small/{name}"))["complete"], false, "{name}");
    }
    let manifest = folder.json("output/small/manifest.json");
    let done = manifest["replications"]["done"].as_u64().expect("a count");
    assert!((1..20_000).contains(&done) && manifest["replications"]["wanted"] == 20_000, "{manifest}");
    let summary = folder.json("output/small/summary.json");
    assert_eq!(summary["variants"][0]["replications"], done);
}

#[test]
fn a_run_with_nothing_finished_writes_nothing() {
    let folder = Folder::new("nothing");
    let child = start(&folder, &["replications=1", "duration=8000h"]);
    wait_for_the_run(&folder);
    interrupt(&child);
    let ran = Ran::of(child.wait_with_output().expect("it ends")).ends_with(130);
    assert!(ran.stderr.contains("nothing is written"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    assert!(!folder.path("output").exists());
}
