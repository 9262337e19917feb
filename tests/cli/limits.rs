//! Limits of memory and of files hold for the whole command, and a signal ends it wherever it is.

#![cfg(unix)]

use crate::support::{Folder, Ran};
use std::fmt::Write;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Requests that pass every caching layer: many metrics, and little to simulate.
const LAYERS: &str = r#"
name = "layers"
duration = "0.2 s"
replications = 1
workload.arrivals = { poisson = "200/s" }
[browser]
ttl = "1 s"
[cdn]
ttl = "1 s"
regions = [{ name = "r", round_trip = "10 ms" }]
[gateway]
ttl = "1 s"
[process]
ttl = "1 s"
[redis]
ttl = "1 s"
[database]
workers = 3
read = "5 ms"
"#;

/// The scenario with so many key groups.
fn layers(folder: &Folder, groups: u32) {
    let mut text = LAYERS.to_owned();
    for group in 0..groups {
        write!(text, "[[workload.keys]]\nname = \"g{group}\"\ncount = 10\n")
            .expect("a string can be written");
    }
    folder.write("layers.toml", text);
}

fn unfinished(folder: &Folder) -> Vec<String> {
    folder.files("").into_iter().filter(|file| file.ends_with(".unfinished")).collect()
}

/// Two thousand points take half a gigabyte in the reports.
#[test]
fn a_sweep_whose_results_have_no_room_is_refused() {
    let folder = Folder::new("wide-sweep");
    layers(&folder, 1);
    let vary = ["--vary", "redis.nodes=1..50:50", "--vary", "database.workers=1..40:40"];
    let arguments = [&["sweep", "layers.toml", "--quiet", "--max-memory", "100 MiB"][..], &vary].concat();
    let ran = folder.run(&arguments).ends_with(2);
    assert!(ran.stderr.contains("for the results of 2000 points"), "{}", ran.stderr);
    assert!(!folder.path("output").exists(), "nothing was begun");
}

/// With all layers a point has more metrics than the estimate counts on.
#[test]
fn results_that_turn_out_to_have_no_room_end_the_command_in_order() {
    let folder = Folder::new("large-results");
    layers(&folder, 1);
    let vary = ["--vary", "database.workers=1..300:300"];
    let arguments = [&["sweep", "layers.toml", "--quiet", "--max-memory", "130 MiB"][..], &vary].concat();
    let ran = folder.run(&arguments).ends_with(2);
    assert!(ran.stderr.contains("the results of 300 points: no memory is left"), "{}", ran.stderr);
    assert_eq!(folder.files("output"), Vec::<String>::new(), "but for the log");
    // Nothing is lost.
    let more = [&["sweep", "layers.toml"][..], &vary].concat();
    let ran = folder.run(&more).ends_with(0);
    assert!(ran.stderr.contains("nothing had to be simulated"), "{}", ran.stderr);
}

/// Each key group that is asked for has histograms of 34 kB: its latency, and age and staleness by server.
#[test]
fn histograms_of_key_groups_count() {
    let folder = Folder::new("many-groups");
    layers(&folder, 3_000);
    let arguments = [
        "run",
        "layers.toml",
        "--quiet",
        "--max-memory",
        "100 MiB",
        "--replications",
        "2",
        "--set",
        "duration=20s",
    ];
    let ran = folder.run(&arguments).ends_with(2);
    assert!(ran.stderr.contains("most of them of 3000 key groups"), "{}", ran.stderr);
}

/// The system stops writing a file beyond so many blocks, and says so with a signal that ends who does not hear it.
#[test]
fn a_limit_of_the_size_of_files_is_an_error_and_leaves_nothing() {
    let folder = Folder::new("file-limit");
    layers(&folder, 1);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 8 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_cachestorm")]);
    command.args(["run", "layers.toml", "--quiet"]).current_dir(folder.path("")).stdin(Stdio::null());
    let ran = Ran::of(command.output().expect("the program can be started")).ends_with(2);
    assert!(ran.stderr.contains("make room"), "{}", ran.stderr);
    assert_eq!(unfinished(&folder), Vec::<String>::new());
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.expect("there is a `kill`").success());
}

fn start(folder: &Folder, arguments: &[&str]) -> Child {
    let mut command = folder.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started")
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_mins(2), "{what}");
        sleep(Duration::from_millis(5));
    }
}

/// The exit status, which has to come within some seconds: a second's work, and other tests beside it.
fn ends_soon(child: &mut Child) -> Option<i32> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it can be asked") {
            return status.code();
        }
        if began.elapsed() > Duration::from_secs(12) {
            child.kill().expect("it can be killed");
            panic!("it goes on after a signal");
        }
        sleep(Duration::from_millis(10));
    }
}

/// 1,500 points with 100,000 replications each: 150 million to look at.
#[test]
fn a_signal_ends_a_sweep_of_any_size() {
    let folder = Folder::new("huge-sweep");
    layers(&folder, 1);
    let vary = ["--vary", "database.workers=1..1500:1500", "--replications", "100000"];
    let terms = ["--max-memory", "100 TiB", "--yes", "--threads", "1"];
    let mut child = start(&folder, &[&["sweep", "layers.toml"][..], &vary, &terms].concat());
    let log = folder.path("output/layers.sweep/replications.log");
    wait_until("nothing is simulated", || fs::metadata(&log).is_ok_and(|log| log.len() > 0));
    send("-TERM", &child);
    assert_eq!(ends_soon(&mut child), Some(130));
}

/// Nobody reads what is printed, so that the program waits for ever when everything is simulated.
#[test]
fn a_signal_ends_a_command_that_does_not_simulate_any_more() {
    let folder = Folder::new("after-simulating");
    layers(&folder, 1);
    let arguments = ["sweep", "layers.toml", "--vary", "database.workers=1..20:20", "--json", "--quiet"];
    let mut child = start(&folder, &arguments);
    wait_until("no results are written", || folder.path("output/layers.sweep/manifest.json").exists());
    sleep(Duration::from_millis(300));
    send("-TERM", &child);
    assert_eq!(ends_soon(&mut child), Some(130));
    assert_eq!(unfinished(&folder), Vec::<String>::new());
}
