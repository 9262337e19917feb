//! Real traffic: `--trace`, in place of what the scenario draws.

use crate::support::Folder;
use std::path::Path;

/// Requests and distinct keys that the results report.
fn counts(folder: &Folder, scenario: &str, file: &str, more: &[&str]) -> (u64, u64, f64) {
    let mut arguments =
        vec!["run", scenario, "--trace", file, "--json", "--no-charts", "--replications", "1"];
    arguments.extend_from_slice(more);
    let ran = folder.run(&arguments);
    assert!(matches!(ran.status, Some(0 | 99)), "{}", ran.stderr);
    let variant = &ran.json()["variants"][0];
    let trace = &variant["trace"];
    assert_eq!(trace["file"], file);
    let number = |name: &str| trace[name].as_u64().expect("a count");
    let asked = variant["metrics"]["client.requests"]["value"].as_f64().expect("a mean");
    (number("requests"), number("distinct_keys"), asked)
}

#[test]
fn a_trace_replaces_the_traffic_of_any_scenario() {
    let folder = Folder::new("traffic");
    let log = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/data/access.log.gz");
    folder.write("my \"own\".log.gz", std::fs::read(log).expect("the log is there"));
    let own = counts(&folder, "real-traffic", "my \"own\".log.gz", &[]);
    let shipped = folder.run(&["run", "real-traffic", "--json", "--no-charts", "--replications", "1"]);
    let trace = &shipped.json()["variants"][0]["trace"];
    assert_eq!(
        (own.0, own.1),
        (trace["requests"].as_u64().unwrap(), trace["distinct_keys"].as_u64().unwrap())
    );
    assert_eq!(trace["file"], "data/access.log.gz");
    // A duration of 250 s and two groups of keys give way to the trace, which is longer.
    let drawn = counts(&folder, "baseline", "my \"own\".log.gz", &["--set", "warmup=0s"]);
    assert_eq!((drawn.0, drawn.1), (own.0, own.1));
    assert!((drawn.2 - own.0 as f64).abs() < 0.5, "every request was made: {drawn:?}");
    let events = counts(&folder, "thundering-herd", "my \"own\".log.gz", &["--set", "event=[]"]);
    assert_eq!(events.0, own.0);
}

#[test]
fn what_a_trace_replaces_is_said() {
    let folder = Folder::new("said");
    folder.write("t.csv", "time,key,size\n0,a,10\n1,b,20\n1,a,10\n");
    let run = |warmup| {
        let arguments = ["run", "baseline", "--trace", "t.csv", "--no-charts", "--set", warmup];
        // A few requests tell nothing about percentiles.
        folder.run(&arguments).ends_with(98)
    };
    let ran = run("warmup=1s");
    assert!(ran.stderr.contains("; the warm-up of 1 s stays\n"), "{}", ran.stderr);
    let ran = run("warmup=0s");
    assert!(!ran.stderr.contains("warm-up"), "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("note: the trace replaces the arrivals, the duration of 250 s"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("t.csv: 3 requests, 2 distinct keys, 0 lines skipped"), "{}", ran.stdout);
}

/// Four requests of one second, of which a run of 600 ms has time for three; the duration is the user's.
#[test]
fn what_was_read_replayed_and_out_of_order_is_told() {
    let folder = Folder::new("cut");
    folder.write("t.csv", "time,key\n10,a\n10,b\n9,a\n10,c\n12,a\n");
    let sets = ["--set", "duration=600ms", "--set", "warmup=0s", "--replications", "1", "--no-charts"];
    let ran = folder.run(&[&["run", "baseline", "--trace", "t.csv"], &sets[..]].concat()).ends_with(98);
    assert!(!ran.stderr.contains("duration"), "{}", ran.stderr);
    let said = "t.csv: 4 requests, 3 distinct keys, 0 lines skipped, 1 request out of order \
                (replayed at the time of the one before), 3 replayed before the end";
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(said), "{}", ran.stdout);
    let variant = &folder.json("output/baseline/summary.json")["variants"][0];
    let number = |name: &str| variant["trace"][name].as_u64();
    assert_eq!((number("requests"), number("replayed"), number("reordered")), (Some(4), Some(3), Some(1)));
    assert_eq!(variant["metrics"]["client.requests"]["value"].as_f64(), Some(3.0));
}

#[test]
fn a_trace_that_goes_on_is_cut_at_the_duration_and_one_that_ends_before_ends_the_run() {
    let folder = Folder::new("length");
    folder.write("t.csv", "time,key\n0,a\n9.304,b\n10.2,c\n");
    for (duration, seconds, requests) in [("10s", 10.0, 2.0), ("9.304s", 9.304, 1.0), ("20s", 10.2, 3.0)] {
        let duration = format!("duration={duration}");
        let arguments =
            ["run", "baseline", "--trace", "t.csv", "--json", "--no-charts", "--set", "warmup=0s"];
        let ran = folder.run(&[&arguments[..], &["--set", &duration]].concat()).ends_with(98);
        let variant = &ran.json()["variants"][0];
        // A trace ends a nanosecond after its last request, so that this one is made.
        let length = variant["duration_seconds"].as_f64().expect("a length");
        assert!((length - seconds).abs() < 2e-9, "{duration}: {length}");
        assert_eq!(variant["metrics"]["client.requests"]["value"].as_f64(), Some(requests), "{duration}");
    }
}

#[test]
fn a_trace_of_one_request_is_a_run() {
    let folder = Folder::new("one-line");
    folder.write("one.csv", "time,key\n5,a\n");
    assert_eq!(counts(&folder, "real-traffic", "one.csv", &[]), (1, 1, 1.0));
}

/// Real traces of researchers, counted by their own tools; they are not part of the project.
#[test]
fn real_traces_have_as_many_requests_and_keys_as_others_count() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/traces");
    let columns = "workload.arrivals.trace.columns={ key = \"lbn\" }";
    let cases: [(&str, u64, u64, &[&str]); 3] = [
        ("libcachesim/cloudPhysicsIO.oracleGeneral.bin", 113_872, 48_974, &[]),
        ("libcachesim/cloudPhysicsIO.csv", 113_872, 48_974, &["--set", columns]),
        ("libcachesim/twitter_cluster52.csv.zst", 1_000_000, 143_542, &[]),
    ];
    for (name, requests, keys, more) in cases {
        let file = shared.join(name);
        if !file.exists() {
            eprintln!("skipped: {} is not here", file.display());
            continue;
        }
        let folder = Folder::new("real-traces");
        // Faster than it was, so that the run is short.
        let speed = ["--set", "workload.arrivals.trace.speed=10"];
        let more: Vec<&str> = more.iter().chain(&speed).copied().collect();
        let counted = counts(&folder, "real-traffic", &file.to_string_lossy(), &more);
        assert_eq!((counted.0, counted.1), (requests, keys), "{name}");
        assert!((counted.2 - requests as f64).abs() < 0.5, "{name}: every request was made");
    }
}
