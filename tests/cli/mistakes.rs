//! What a user does wrong is status 2, is said, and leaves nothing behind.

use crate::support::{Folder, SMALL};
use std::fs;

#[track_caller]
fn check(name: &str, arguments: &[&str], said: &[&str]) {
    let folder = Folder::new(name);
    folder.write("small.toml", SMALL);
    folder.write("broken.toml", SMALL.replace("ttl = \"2 s\"", "tll = \"2 s\""));
    folder.write("binary.toml", [0xff, 0xfe, 0x00]);
    folder.write("empty.toml", "");
    folder.write("bad.csv", "time,key\n0,a\nnoon,b\n");
    folder.write("odd.csv", "when_it_was,key\n0,a\n");
    folder.write("short.csv", "time,key\n0,a\n1,b\n");
    folder.write("in-the-way", "");
    fs::create_dir(folder.path("folder")).expect("a folder can be made");
    let before = folder.files(".");
    let ran = folder.run(arguments).ends_with(2);
    assert_eq!(ran.stdout, "");
    for part in said {
        assert!(ran.stderr.contains(part), "`{part}` is missing in {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("note:"), "notes are for runs that begin: {}", ran.stderr);
    assert_eq!(folder.files("."), before, "nothing is written");
    assert!(!folder.path("output").exists(), "and no folder is left behind");
}

#[test]
fn a_misspelt_setting_is_shown_in_its_line() {
    check("misspelt", &["run", "broken.toml"], &["broken.toml:", "tll", "ttl"]);
}

#[test]
fn a_scenario_that_cannot_be_read_says_why() {
    check("missing", &["run", "nowhere.toml"], &["there is no such file", "cachestorm scenarios"]);
    check("near", &["run", "thundering-heard"], &["did you mean `thundering-herd`"]);
    check("directory", &["run", "folder"], &["it is a directory"]);
    check("binary", &["run", "binary.toml"], &["is not UTF-8"]);
    check("empty", &["run", "empty.toml"], &["it is empty"]);
    check("stdin", &["run", "-"], &["<stdin>", "it is empty"]);
}

#[test]
fn an_argument_that_does_not_fit_says_what_does() {
    check(
        "variant",
        &["run", "small.toml", "--variant", "bars"],
        &["no variant `bars`", "did you mean `bare`"],
    );
    check("set", &["run", "small.toml", "--set", "redis.tll=1s"], &["--set redis.tll=1s"]);
    check("set-value", &["run", "small.toml", "--set", "redis.ttl=soon"], &["soon"]);
    for (option, value, most) in [
        ("--threads", "0", "1 to 65535"),
        ("--replications", "100001", "1 to 100000"),
        ("--seed", "99999999999999999999", "0 to 9223372036854775807"),
        ("--seed", "one", "0 to 9223372036854775807"),
        ("--seed", "-1", "0 to 9223372036854775807"),
        ("--replications", "-1", "1 to 100000"),
    ] {
        let expected = format!("expected a whole number from {most}");
        check("number", &["run", "small.toml", option, value], &[option, value, &expected]);
    }
    let both = ["run", "small.toml", "--seed", "5", "--set", "seed=6"];
    check("both", &both, &["failed to choose between `--seed 5` and `--set seed=6`"]);
    check("option", &["run", "small.toml", "--thread", "1"], &["--threads"]);
    check("command", &["runn"], &["run"]);
    check("size", &["run", "small.toml", "--max-memory", "2 m"], &["--max-memory", "expected a size"]);
    check("shipped", &["scenarios", "baselin"], &["did you mean `baseline`?"]);
}

#[test]
fn a_run_that_needs_too_much_memory_is_refused_with_the_estimate() {
    // Up to 2^22 keys have 32 bytes each from the start.
    let count = "workload.keys.page.count=4194304";
    check(
        "memory",
        &["run", "small.toml", "--set", count, "--max-memory", "128 MiB"],
        &["expected to need", "more than `--max-memory` allows (128 MiB)", "keys 128 MiB"],
    );
    let few = ["run", "small.toml", "--set", "replications=1", "--set", "warmup=0s"];
    let with = |more: [&'static str; 4]| {
        [&few[..], &["--set", more[0], "--set", more[1], "--set", more[2], "--set", more[3]]].concat()
    };
    // A million requests a second for 10 s, each of which is under way until the end, and twice as many for
    // half a second: 1.05 * 10^7 times 350 bytes.
    let rate = "workload.arrivals={poisson=\"1000000/s\"}";
    let arguments = with([rate, "duration=10s", "app.workers=none", "app.round_trip=1h"]);
    let arguments = [&arguments[..], &["--max-memory", "1 GiB"]].concat();
    check("under-way", &arguments, &["requests under way 3.42 GiB"]);
    // 3.6 * 10^9 writes, of which Redis may hold a copy for ever: 40 bytes each.
    let arguments = with(["workload.keys.page.writes=1000000/s", "duration=1h", "redis.ttl=none", "seed=1"]);
    check("versions", &arguments, &["versions of written keys 134.11 GiB"]);
}

#[test]
fn a_trace_that_lasts_longer_than_a_run_can_is_refused() {
    let slow = ["run", "real-traffic", "--trace", "short.csv", "--set", "workload.arrivals.trace.speed=1e-6"];
    // Two seconds of whole seconds, a million times as slow, are 23 days; of the shipped log they are 20 years.
    let shipped = ["run", "real-traffic", "--set", "workload.arrivals.trace.speed=1e-6"];
    check("slow", &shipped, &["at a `speed` of `0.000001` it lasts", "at most a year", "`duration`"]);
    check("slow-warmup", &[&slow[..], &["--set", "warmup=9000h"]].concat(), &["as long as the trace (23"]);
}

#[test]
fn an_event_after_the_end_of_a_trace_is_refused() {
    let late = |event: &'static str| ["run", "small.toml", "--trace", "short.csv", "--set", event];
    let said = ["an event at 1 min never happens: the trace ends at 2 s", "`--set 'event=[]'`"];
    check("late", &late("event=[{ at = \"1 min\", flush = \"redis\" }]"), &said);
    let some = "event=[{ at = \"0 s\", flush = \"redis\" }, { at = \"3 s\", flush = \"redis\" }, \
                { at = \"4 s\", flush = \"redis\" }]";
    check("late-some", &late(some), &["events at 3 s, 4 s never happen", "out of the scenario file"]);
}

#[test]
fn results_that_could_not_be_written_are_not_simulated() {
    let said = ["failed to write results to `in-the-way/small`", "a file is in the way", "--out DIR"];
    // A run of a year would not end within the test.
    check("out", &["run", "small.toml", "--set", "duration=8000h", "--yes", "--out", "in-the-way"], &said);
}

#[test]
fn a_trace_with_a_mistake_names_its_line() {
    let arguments =
        ["run", "real-traffic", "--trace", "bad.csv", "--set", "workload.arrivals.trace.on_error=stop"];
    check("trace", &arguments, &["bad.csv", "line 3", "noon"]);
    check(
        "no-trace",
        &["run", "real-traffic", "--trace", "none.csv"],
        &["none.csv", "there is no such file"],
    );
    let arguments = ["run", "thundering-herd", "--trace", "short.csv"];
    // Both at once: the event, and the warm-up of 12 s.
    let said =
        ["names a key", "`--set 'event=[]'`", "`warmup` (12 s) is as long as the trace (2 s)", "warmup=0s"];
    check("events", &arguments, &said);
    let skip = "`--set workload.arrivals.trace.on_error=skip`";
    check("first", &["run", "thundering-herd", "--trace", "bad.csv"], &["bad.csv", "line 3", "noon", skip]);
    check("gone", &["run", "thundering-herd", "--trace", "none.csv"], &["there is no such file"]);
    let column = ["run", "real-traffic", "--trace", "odd.csv"];
    check("column", &column, &["`--set workload.arrivals.trace.columns.time=NAME`"]);
    let arguments = ["run", "real-traffic", "--set", "workload.keys.page.writes=1/s"];
    check("drawn-writes", &arguments, &["`writes` do not go with a trace"]);
    let arguments = ["run", "real-traffic", "--trace", "bad.csv", "--set", "warmup=1h"];
    check("warmup", &arguments, &["`warmup` (1 h) is as long as the trace"]);
}

/// No value of these is the answer: the system does not depend on them.
#[test]
fn what_the_system_does_not_depend_on_is_not_searched_and_not_varied() {
    for find in ["seed=1..9", "replications=1..9", "objective.client.error_ratio.at_most=1%..2%"] {
        check(
            "search",
            &["plan", "small.toml", "--find", find, "--least"],
            &["search `", "do not depend on it"],
        );
    }
    for vary in ["name=a,b", "description=a,b", "plan.precision=0.1,0.2"] {
        check(
            "vary",
            &["sweep", "small.toml", "--vary", vary],
            &["vary `", "nothing that is measured depends on it"],
        );
    }
}

#[test]
fn numbers_of_points_are_told_as_they_are() {
    let axes = ["redis.nodes", "database.workers", "app.instances", "redis.ttl", "database.queue"];
    let axes = axes.map(|axis| format!("{axis}=1..100000:10000"));
    let arguments: Vec<&str> = axes.iter().flat_map(|axis| ["--vary", axis]).collect();
    check(
        "points",
        &[&["sweep", "small.toml"][..], &arguments].concat(),
        &["more than 18446744073709551615 points"],
    );
    let folder = Folder::new("fewer-points");
    folder.write("small.toml", SMALL);
    let ran = folder.run(&["sweep", "small.toml", "--vary", "redis.nodes=1..3:100", "--replications", "1"]);
    assert!(ran.stderr.contains("`redis.nodes=1..3:100` has 3 different values, not 100"), "{}", ran.stderr);
}

#[test]
fn a_number_without_its_unit_or_written_as_a_fraction_says_how_to_write_it() {
    check("unit", &["run", "small.toml", "--max-memory", "1000"], &["add a unit", "`\"1000 MiB\"`"]);
    let set = "workload.keys.page.count=1e3";
    check("fraction", &["run", "small.toml", "--set", set], &["write `1000`"]);
}

/// A value in place of a table that has a profile: the value holds, the rest is the profile's.
#[test]
fn a_bare_value_over_a_table_with_a_profile_keeps_the_profile() {
    let folder = Folder::new("bare-over-profile");
    let run = |pool: &[&str]| {
        let short = ["duration=2s", "warmup=0s", "event=[]", "replications=1"];
        let sets = short.iter().chain(pool).flat_map(|set| ["--set", set]);
        let arguments: Vec<&str> =
            ["run", "pool-exhaustion", "--json", "--no-charts"].into_iter().chain(sets).collect();
        folder.run(&arguments).json()["variants"][0]["metrics"].clone()
    };
    let bare = run(&["database.pool={ profile = \"hikaricp\" }", "database.pool=7"]);
    assert_eq!(bare, run(&["database.pool={ profile = \"hikaricp\", size = 7 }"]));
}
