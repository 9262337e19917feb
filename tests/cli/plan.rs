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
    let search = ["--find", "database.workers=1..64", "--least", "--headroom", "50%"];
    let find = [&["plan", "steady.toml", "-q"], &search[..]].concat();
    let printed = folder.run(&find).ends_with(0).stdout;
    for said in [
        "the least database.workers from 1 to 64 that meets the objective",
        "database.workers: 3 is enough; 2 is not: it misses database.worker_wait_mean_seconds.\n",
        "With 50 % more load: 4.\n",
        "At 3, 18 of 18 runs of 4 s keep the objective; at 2, 0 of 5.\n",
        "Each side is wrong with at most 5 %",
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
    assert!(csv.starts_with("database.workers,state,replication,"), "{csv}");
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
    assert!(printed.contains("database.workers: 6 is enough; 5 is not"), "{printed}");
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
    assert!(
        ran.stdout.contains("database.workers: no value from 1 to 2 meets the objective."),
        "{}",
        ran.stdout
    );
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
        let find = ["--find", "workload.rate=100/s..3000/s", "--most", "--max-replications", "20"];
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
        (least("steady.toml", "database.workers=0..9"), "--find database.workers=0"),
        (least("steady.toml", "database.wrokers"), "did you mean `workers`?"),
        (
            [least("steady.toml", "database.workers=1..9"), vec!["--max-replications", "17"]].concat(),
            "a whole number from 18",
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
    let plan = "[plan]\nfind = \"database.workers=1..64\"\ngoal = \"least\"\nprecision = \"30 %\"\nmax_replications = 18\n";
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

/// Three workers are needed, and a database cannot have fewer than one. Of 25 requests a second one worker carries all.
#[test]
fn an_answer_at_the_end_of_the_range_says_which_end_it_is() {
    let folder = steady("plan-ends");
    let search = |arguments: &[&str]| {
        let printed = folder.run(&[&["plan", "steady.toml", "-q"], arguments].concat()).ends_with(0).stdout;
        assert!(!printed.contains("below 1"), "{printed}");
        printed
    };
    let slow = ["--set", "workload.arrivals.constant=25/s"];
    let printed = search(&[&["--find", "database.workers=1..16", "--least"], &slow[..]].concat());
    let said = "database.workers: 1 is enough, and the setting takes no smaller value.\n";
    assert!(printed.contains(said), "{printed}");
    let printed = search(&["--find", "database.workers=4..16", "--least"]);
    let said = "4 is enough: it is the start of the range, and smaller values were not tried.\n";
    assert!(printed.contains(said), "{printed}");
    let printed = search(&["--find", "workload.rate=50/s..80/s", "--most", "--headroom", "25%"]);
    let said =
        "up to 80/s meets the objective: it is the end of the range, and larger values were not tried.\n";
    assert!(printed.contains(said), "{printed}");
    assert!(printed.contains("For 25 % more load, plan for 64/s.\n"), "{printed}");
}

#[test]
fn an_explicit_number_of_replications_is_obeyed_or_refused() {
    let folder = steady("plan-replications");
    let find = ["plan", "steady.toml", "-q", "--json", "--find", "database.workers=2..4", "--least"];
    let with = |more: &[&str]| folder.run(&[&find[..], more].concat());
    for (arguments, said) in [
        (&["--replications", "2"][..], "fewer than 18 cannot show that a value meets the objectives"),
        (&["--set", "replications=17"], "(`--set replications`)"),
        (&["--replications", "30", "--sure", "nearly-all-runs"], "fewer than 31"),
        (&["--replications", "20", "--max-replications", "40"], "give only one of them"),
        (&["--max-replications", "20", "--sure", "nearly-all-runs"], "raise `--max-replications` to 31"),
    ] {
        let ran = with(arguments).ends_with(2);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
    let found = with(&["--replications", "19"]).ends_with(0).json();
    let values = found["values"].as_array().expect("a list");
    assert!(values.iter().all(|value| value["replications"] == 19), "{found}");
}

/// Each of 20 keys that nobody writes is in the cache at the end of the warm-up, and its copy expires after `ttl`.
const CACHED: &str = r#"
name = "cached"
duration = "22 s"
warmup = "2 s"
[workload]
arrivals = { poisson = "200/s" }
[[workload.keys]]
name = "key"
count = 20
[app]
workers = "none"
[redis]
ttl = "1.3 s"
ttl_jitter = "50 %"
[database]
workers = 8
read = "5 ms"
[[objective]]
metric = "client.error_ratio"
at_most = "1 %"
"#;

/// Copies that live for at most 1.95 s have expired once when a warm-up of 2 s ends, those that live for 4.5 s have not.
#[test]
fn runs_that_are_not_warm_give_no_answer_unless_told() {
    let folder = Folder::new("plan-cold");
    folder.write("cached.toml", CACHED);
    let find =
        ["plan", "cached.toml", "-q", "--find", "database.workers=2..4", "--least", "--headroom", "0%"];
    let with = |more: &[&str]| folder.run(&[&find[..], more].concat());
    let long = ["--set", "redis.ttl=3s"];
    let ran = with(&long).ends_with(2);
    for said in [
        "not warm: at `database.workers=2`",
        "(D22): `redis` keeps `key` for 3 s, the warm-up lasts 2 s",
        "Set `warmup = \"4.5 s\"` and `duration = \"24.5 s\"`",
        "`--even-if-cold`",
    ] {
        assert!(ran.stderr.contains(said), "`{said}` is missing in {}", ran.stderr);
    }
    assert!(ran.stdout.is_empty() && folder.files("output").is_empty(), "{}", ran.stdout);
    // The settings tell it before the search begins: no replication of it is there.
    assert!(!folder.path("output/cached.plan/replications.log").exists());
    let told = [&long[..], &["--even-if-cold"]].concat();
    let printed = with(&told).ends_with(0).stdout;
    let warning = "These runs may not be fit to answer: the run is short compared with a TTL (D22): `redis`";
    assert!(printed.contains(warning), "{printed}");
    let document = folder.json("output/cached.plan/plan.json");
    assert_eq!(document["warm"], false);
    assert!(
        document["findings"].as_array().expect("a list").iter().any(|it| it["code"] == "D22"),
        "{document}"
    );
    // The warm twin.
    let printed = with(&["--json"]).ends_with(0).json();
    assert_eq!(printed["warm"], true);
    // What the message says to set is long enough.
    let ran = with(&[&long[..], &["--set", "warmup=4.5s", "--set", "duration=24.5s"]].concat());
    assert!(!ran.stderr.contains("D22"), "{}", ran.stderr);
}

/// A cache of 20,000 keys without a TTL fills for minutes: 200 of 20,000 come each second. One of 20 keys is full at once.
#[test]
fn a_cache_that_still_fills_gives_no_answer() {
    let folder = Folder::new("plan-fills");
    folder.write("cached.toml", CACHED.replace("ttl = \"1.3 s\"\nttl_jitter = \"50 %\"\n", ""));
    let find =
        ["plan", "cached.toml", "-q", "--find", "database.workers=2..4", "--least", "--headroom", "0%"];
    let ran = folder.run(&[&find[..], &["--set", "workload.keys.key.count=20000"]].concat()).ends_with(2);
    assert!(ran.stderr.contains("the caches are still warming up (D20)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the hit ratio of `redis` rises from"), "{}", ran.stderr);
    folder.run(&find).ends_with(0);
}

/// With `nearly all runs` it takes 31 clean ones.
#[test]
fn how_many_runs_have_to_keep_the_objectives_is_asked_for_by_the_file_or_an_argument() {
    let folder = Folder::new("plan-sure");
    let plan = "[plan]\nfind = \"database.workers=1..4\"\ngoal = \"least\"\nsure = \"nearly all runs\"\nheadroom = \"0 %\"\n";
    folder.write("steady.toml", STEADY.replace("[[variant]]", &format!("{plan}[[variant]]")));
    for (arguments, runs) in [(&[][..], 31), (&["--sure", "most-runs"], 18)] {
        let found =
            folder.run(&[&["plan", "steady.toml", "-q", "--json"], arguments].concat()).ends_with(0).json();
        let answer = found["values"].as_array().expect("a list").iter().find(|value| value["at"] == 3.0);
        assert_eq!(answer.expect("it was tried")["kept"], runs, "{found}");
        assert!(found["headroom"].is_null() && found["state"] == "met", "{found}");
    }
}
