//! `cachestorm plan`: the answer, how it is shown, and what cannot be searched.

use crate::support::{Folder, SMALL};

/// A request every ten milliseconds that keeps a worker for 25: three workers are needed, and nothing is left to chance.
const STEADY: &str = r#"
name = "steady"
duration = "5 s"
warmup = "1 s"
[workload]
arrivals = { constant = "100/s" }
[[workload.keys]]
name = "key"
count = 10
[app]
workers = "none"
[database]
workers = 8
read = "25 ms"
round_trip = "0 s"
pool = { size = 1000 }
[[objective]]
metric = "database.worker_wait_mean_seconds"
at_most = "0 s"
[[variant]]
name = "slow"
database.read = "55 ms"
"#;

fn steady(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("steady.toml", STEADY);
    folder
}

#[test]
fn the_answer_is_said_with_what_binds_and_written_with_every_replication() {
    let folder = steady("plan");
    let find = ["plan", "steady.toml", "-q", "--find", "database.workers=1..64", "--least"];
    let printed = folder.run(&find).ends_with(0).stdout;
    for said in [
        "the least database.workers from 1 to 64 that meets the objective",
        "database.workers: at least 3\n",
        "3 meets the objective, 2 misses database.worker_wait_mean_seconds, which binds",
        "database.worker_utilisation_max",
        "← the answer",
    ] {
        assert!(printed.contains(said), "`{said}` is missing in {printed}");
    }
    let document = folder.json("output/steady.plan/plan.json");
    assert_eq!(document["answer"]["meets"]["value"], "3");
    assert_eq!(document["answer"]["misses"]["at"], 2.0);
    assert_eq!(document["answer"]["binding"], "database.worker_wait_mean_seconds");
    // 2.5 of three workers are busy.
    let in_use = document["answer"]["in_use"]["database.worker_utilisation_max"].as_f64().expect("a share");
    assert!((in_use - 2.5 / 3.0).abs() < 0.01, "{in_use}");
    let values = document["values"].as_array().expect("a list");
    let replications: u64 = values.iter().map(|value| value["replications"].as_u64().expect("a count")).sum();
    let csv = folder.text("output/steady.plan/plan.csv");
    assert_eq!(csv.lines().count() as u64, 1 + replications);
    assert!(csv.starts_with("database.workers,verdict,replication,"), "{csv}");
    let files = folder.files("output/steady.plan");
    assert!(files.iter().any(|file| file == "charts/database.worker_wait_mean_seconds.png"), "{files:?}");
    let json = folder.run(&[&find[..], &["--json"]].concat()).ends_with(0).json();
    assert_eq!(json, document);
}

/// From a tenth of the eight workers that the scenario has to ten times as many. At 55 ms a variant needs six.
#[test]
fn without_a_range_the_search_is_around_what_the_scenario_has() {
    let folder = steady("plan-around");
    let find = ["plan", "steady.toml", "-q", "--find", "database.workers", "--least", "--variant", "slow"];
    let printed = folder.run(&find).ends_with(0).stdout;
    assert!(printed.contains("from 1 to 80 that"), "{printed}");
    assert!(printed.contains("database.workers: at least 6\n"), "{printed}");
}

/// Eight workers of 25 ms carry 320 requests a second, evenly spaced.
#[test]
fn the_rate_has_one_name_for_all_kinds_of_arrivals() {
    let folder = steady("plan-rate");
    let find = ["plan", "steady.toml", "-q", "--json", "--find", "workload.rate=50/s..2000/s", "--most"];
    let found = folder.run(&[&find[..], &["--precision", "0.5%"]].concat()).ends_with(0).json();
    assert_eq!(found["find"]["setting"], "workload.arrivals.constant");
    let [meets, misses] = ["meets", "misses"].map(|end| found["answer"][end]["at"].as_f64().expect("a rate"));
    assert!(meets <= 320.0 && 320.0 < misses && misses < 1.01 * meets, "{meets} {misses}");
}

#[test]
fn where_no_value_meets_the_objectives_the_status_is_that_of_one_missed() {
    let folder = steady("plan-never");
    let ran = folder
        .run(&["plan", "steady.toml", "-q", "--find", "database.workers=1..2", "--least"])
        .ends_with(99);
    assert!(ran.stdout.contains("no value is found that surely meets the objective"), "{}", ran.stdout);
    assert!(ran.stdout.contains("worker_wait_mean_seconds is missed at each value"), "{}", ran.stdout);
    assert!(folder.json("output/steady.plan/plan.json")["answer"].is_null());
}

/// Without caches half of the workers' time is some 700 requests a second, give or take what chance does in three seconds.
#[test]
fn a_search_has_the_same_bytes_for_any_number_of_threads() {
    let folder = Folder::new("plan-threads");
    let busy = "database.worker_utilisation\"\nat_most = \"50 %\"";
    folder.write("small.toml", SMALL.replace("client.error_ratio\"\nat_most = \"1 %\"", busy));
    let all = ["1", "2", "7"].map(|threads| {
        let find = ["--find", "workload.rate=100/s..3000/s", "--most", "--max-replications", "12"];
        let arguments =
            ["plan", "small.toml", "-q", "--variant", "bare", "--threads", threads, "--out", threads];
        folder.run(&[&arguments[..], &find].concat()).ends_with(0);
        let files = folder.files(threads);
        files.iter().map(|file| folder.read(&format!("{threads}/{file}"))).collect::<Vec<_>>()
    });
    assert!(all[0] == all[1] && all[1] == all[2]);
}

#[test]
fn what_cannot_be_searched_is_said_with_the_mend() {
    let folder = steady("plan-mistakes");
    folder.write("none.toml", STEADY.split("[[objective]]").next().expect("there is a start"));
    let least =
        |scenario: &'static str, find: &'static str| vec!["plan", scenario, "--find", find, "--least"];
    let users = "workload.arrivals={ users = { count = 3, think = \"1 s\" } }";
    for (arguments, expected) in [
        (least("none.toml", "database.workers=1..9"), "write what has to hold"),
        (least("steady.toml", "database.queue"), "give the range, as in `--find database.queue=10..1000`"),
        (least("steady.toml", "database.workers=1..9:5"), "no number of values"),
        (least("steady.toml", "database.workers=9..1"), "smaller end first"),
        (least("steady.toml", "database.workers=0..9:log"), "cannot be logarithmic from zero"),
        (least("steady.toml", "database.workers=few"), "is no range"),
        (least("steady.toml", "database.wrokers=1..9"), "did you mean `workers`?"),
        (least("steady.toml", "database.workers=0..9"), "--set database.workers=0"),
        (least("steady.toml", "database.wrokers"), "did you mean `workers`?"),
        (
            [least("steady.toml", "database.workers=1..9"), vec!["--max-replications", "4"]].concat(),
            "a whole number from 5",
        ),
        (vec!["plan", "steady.toml", "--find", "database.workers=1..9"], "--least"),
        (
            vec!["plan", "steady.toml", "--find", "database.workers=1..9", "--least", "--most"],
            "cannot be used with",
        ),
        (
            [least("steady.toml", "workload.rate"), vec!["--set", users]].concat(),
            "workload.arrivals.users.count",
        ),
        (
            [least("steady.toml", "workload.keys.key.count=10..4000000"), vec!["--max-memory", "64 MiB"]]
                .concat(),
            "more than `--max-memory` allows",
        ),
    ] {
        let ran = folder.run(&arguments).ends_with(2);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
    assert!(folder.files("output").is_empty());
}

/// Three workers are enough; the most load of eight is 320 requests a second.
#[test]
fn the_file_says_what_is_searched_and_arguments_go_before_it() {
    let folder = Folder::new("plan-file");
    let plan = "[plan]\nfind = \"database.workers=1..64\"\ngoal = \"least\"\nprecision = \"30 %\"\nmax_replications = 5\n";
    folder.write("steady.toml", STEADY.replace("[[variant]]", &format!("{plan}[[variant]]")));
    let search = |arguments: &[&str]| {
        folder.run(&[&["plan", "steady.toml", "-q", "--json"], arguments].concat()).ends_with(0).json()
    };
    let found = search(&[]);
    assert_eq!((&found["answer"]["meets"]["at"], &found["find"]["precision"]), (&3.0.into(), &0.3.into()));
    // An argument of its own for everything but the number of replications.
    let found = search(&["--find", "workload.rate=50/s..2000/s", "--most", "--precision", "1%"]);
    let meets = found["answer"]["meets"]["at"].as_f64().expect("a rate");
    assert!((316.0..=320.0).contains(&meets), "{meets}");
    assert_eq!((&found["find"]["goal"], &found["find"]["precision"]), (&"most".into(), &0.01.into()));
    // What neither says is asked for.
    folder.write("steady.toml", STEADY);
    let ran = folder.run(&["plan", "steady.toml"]).ends_with(2);
    assert!(ran.stderr.contains("`[plan]` with `find ="), "{}", ran.stderr);
}
