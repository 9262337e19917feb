//! Findings about the run, and those about the system that need no long one: each with a near twin that has none.

use crate::support::{Folder, SMALL};
use serde_json::Value;

/// TTLs that fit the 3 s that `SMALL` measures.
const FITS: [&str; 2] = ["redis.ttl=500ms", "process.ttl=100ms"];

/// The codes of findings of a run of `SMALL`; `more` are more arguments.
fn codes(folder: &Folder, sets: &[&str], more: &[&str]) -> Vec<String> {
    folder.write("small.toml", SMALL);
    let mut arguments = vec!["run", "small.toml", "--json", "--no-charts"];
    for set in FITS.iter().chain(sets) {
        arguments.extend(["--set", set]);
    }
    arguments.extend(more);
    let ran = folder.run(&arguments);
    assert!(matches!(ran.status, Some(0 | 98 | 99)), "{}", ran.stderr);
    let findings = ran.json()["variants"][0]["findings"].clone();
    let code = |finding: &Value| finding["code"].as_str().expect("a text").to_owned();
    findings.as_array().expect("a list").iter().map(code).collect()
}

#[track_caller]
fn check(name: &str, code: &str, sets: &[&str], twin: &[&str]) {
    let folder = Folder::new(name);
    let found = codes(&folder, sets, &[]);
    assert!(found.iter().any(|it| it == code), "{sets:?}: {found:?}");
    let found = codes(&folder, twin, &[]);
    assert!(found.iter().all(|it| it != code), "{twin:?}: {found:?}");
}

#[test]
fn a_run_that_is_fit_has_no_findings_and_no_line_under_its_verdict() {
    let folder = Folder::new("fit");
    assert_eq!(codes(&folder, &[], &[]), [""; 0]);
    let shown =
        |ttl: &str| folder.run(&["run", "small.toml", "--no-charts", "--set", ttl, "--set", FITS[1]]).stdout;
    assert!(!shown(FITS[0]).contains("may not be fit"));
    let line = "This run may not be fit to answer: the run is short compared with a TTL (D22)";
    let text = shown("redis.ttl=1h");
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_comparison_says_on_its_page_and_in_its_document_which_variants_may_not_be_fit() {
    let folder = Folder::new("fit-compare");
    folder.write("small.toml", SMALL);
    let files = |ttl: &str| {
        folder.run(&["compare", "small.toml", "-q", "--set", ttl, "--set", FITS[1]]);
        ["comparison.md", "report.html"].map(|file| folder.text(&format!("output/small.compare/{file}")))
    };
    let line = ": This run may not be fit to answer: the run is short compared with a TTL (D22)";
    assert!(files("redis.ttl=1h").iter().all(|file| file.contains(line)));
    assert!(files(FITS[0]).iter().all(|file| !file.contains("may not be fit")));
}

#[test]
fn an_event_that_does_not_fit_the_window_is_found() {
    let event = |at: &str, lasts: &str| {
        format!(
            "event=[{{ at = \"{at}\", slow = {{ of = \"database\", for = \"{lasts}\", factor = 1.1 }} }}]"
        )
    };
    let within = event("2 s", "500 ms");
    for (at, lasts) in [("500 ms", "100 ms"), ("900 ms", "1 s"), ("2 s", "2 s"), ("3500 ms", "400 ms")] {
        check("event-cut-off", "D28", &[&event(at, lasts)], &[&within]);
    }
    // One that lasts for the whole window is what is measured.
    // One that begins with the window does not begin before it.
    check("event-at-the-start", "D28", &[&event("999 ms", "1 s")], &[&event("1 s", "1 s")]);
    check("event-throughout", "D28", &[&event("500 ms", "2 s")], &[&event("500 ms", "10 s")]);
}

#[test]
fn a_part_that_is_never_used_is_found() {
    let keys = |share: u32| {
        format!(
            "workload.keys=[{{ name = \"page\", count = 200 }}, {{ name = \"idle\", count = 10, share = {share} }}]"
        )
    };
    check("idle-group", "D27", &[&keys(0)], &[&keys(1)]);
}

/// A trace with one time is a run of one tick: nothing gets to a cache before it is over.
#[test]
fn a_run_in_which_nothing_ends_does_not_call_a_part_unused() {
    let folder = Folder::new("one-tick");
    let row = |row: u32| format!("3000000,page:{row}\n");
    folder.write("one.csv", format!("time_us,key\n{}", (1..=100).map(row).collect::<String>()));
    let sets = ["workload.keys.page.writes=0/s", "event=[]", "warmup=0s"];
    let found = codes(&folder, &sets, &["--trace", "one.csv"]);
    assert!(found.iter().all(|it| it != "D27"), "{found:?}");
}

#[test]
fn times_of_a_trace_that_were_spread_are_told() {
    let folder = Folder::new("spread");
    let rows = |header: &str, second: &str| {
        let rows: Vec<String> = (0..40).map(|n| format!("{}{second},k{}\n", n / 10, n % 7)).collect();
        let rows = rows.concat();
        format!("{header},key\n{rows}")
    };
    let warm = ["warmup=0s", "event=[]"];
    for (header, second, spread, expected) in [
        ("time", "", None, true),
        ("time", ".0", None, false),
        ("time_us", "000000", None, false),
        ("time_us", "000000", Some("true"), true),
        ("time", "", Some("false"), false),
    ] {
        folder.write("t.csv", rows(header, second));
        let set = spread.map(|spread| {
            format!("workload.arrivals={{ trace = {{ file = \"t.csv\", spread = {spread} }} }}")
        });
        let sets: Vec<&str> = warm.into_iter().chain(set.as_deref()).collect();
        // A trace has no writes but its own.
        let sets = [&sets[..], &["workload.keys.page.writes=0/s"]].concat();
        let more: &[&str] = if spread.is_some() { &[] } else { &["--trace", "t.csv"] };
        let found = codes(&folder, &sets, more);
        assert_eq!(
            found.iter().any(|code| code == "D26"),
            expected,
            "{header} {second} {spread:?}: {found:?}"
        );
    }
}

#[test]
fn many_stale_answers_are_found() {
    // Each key is written every 4 s, and the other seven instances keep their entries for longer.
    let sets = ["app.instances=8", "process.capacity=none", "event=[]", "replications=5"];
    let long = [&sets[..], &["process.ttl=10s"]].concat();
    check("stale", "D29", &long, &sets);
}

#[test]
fn a_rate_limit_that_refuses_calls_is_found() {
    let sets = |rate: &str| {
        let service = format!(
            "downstream=[{{ name = \"api\", latency = \"5 ms\", rate_limit = {{ rate = \"{rate}\", burst = 100 }} }}]"
        );
        [service, "workload.keys=[{ name = \"page\", count = 1000, origin = \"api\" }]".to_owned()]
    };
    let (low, high) = (sets("50/s"), sets("5000/s"));
    check("rate-limit", "D30", &low.each_ref().map(String::as_str), &high.each_ref().map(String::as_str));
}

#[test]
fn a_cache_that_is_full_and_evicts_nothing_is_found() {
    let sets = ["workload.keys.page.size=\"64 KiB\"", "redis.nodes=1", "redis.memory=\"4 MiB\""];
    let refuses = [&sets[..], &["redis.policy=noeviction"]].concat();
    let evicts = [&sets[..], &["redis.policy=allkeys-lru"]].concat();
    check("full", "D31", &refuses, &evicts);
}
