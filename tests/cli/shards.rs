//! Shards and `merge`: parts that were simulated apart give the bytes of one run.

use crate::support::{Folder, SMALL};
use std::fmt::Write;

const SWEEP: [&str; 6] =
    ["sweep", "small.toml", "--vary", "redis.ttl=100ms..2s:log:5", "--vary", "redis.nodes=1,2"];

fn shards(folder: &Folder, command: &[&str], count: u32) {
    for number in 1..=count {
        let shard = format!("{number}/{count}");
        let more = ["--shard", &shard, "--out", "parts"];
        let ran = folder.run(&[command, &more].concat()).ends_with(0);
        assert!(ran.stdout.contains(&format!("shard {shard} is in parts/")), "{}", ran.stdout);
    }
}

/// The folders of all shards.
fn parts(folder: &Folder) -> Vec<String> {
    let parts = std::fs::read_dir(folder.path("parts")).expect("there are shards");
    let mut parts: Vec<String> =
        parts.map(|part| format!("parts/{}", part.expect("it can be read").file_name().display())).collect();
    parts.sort();
    parts
}

#[test]
fn merged_shards_have_the_bytes_of_one_run_and_need_none_of_its_files() {
    let commands: [(&[&str], u32); 6] = [
        (&SWEEP, 3),
        (&["compare", "small.toml", "--measure", "client.*"], 3),
        (&["run", "small.toml", "--variant", "bare", "--set", "redis.ttl=\"3 s\""], 2),
        // More shards than runs: some are empty.
        (&["run", "small.toml"], 4),
        // One that is part of the program, with the trace it names.
        (&["run", "real-traffic", "--replications", "2"], 2),
        (
            &[
                "sweep",
                "small.toml",
                "--vary",
                "workload.keys.page.count=200,4000000",
                "--max-memory",
                "100MiB",
            ],
            2,
        ),
    ];
    for (number, (command, count)) in commands.into_iter().enumerate() {
        let folder = Folder::new(&format!("shards-{number}"));
        folder.write("small.toml", SMALL);
        // Pictures take longest, and are drawn of the same data.
        let charts: &[&str] = if number == 0 { &[] } else { &["--no-charts"] };
        let whole = folder.run(&[command, &["--out", "whole", "-q"], charts].concat()).ends_with(0).stdout;
        shards(&folder, command, count);
        std::fs::remove_file(folder.path("small.toml")).expect("it is there");
        let parts = parts(&folder);
        assert_eq!(parts.len(), count as usize, "{parts:?}");
        // A file of that name beside it changes nothing.
        folder.write("real-traffic.toml", "name = \"another\"");
        let words = ["merge".to_owned()].into_iter().chain(parts);
        let words = words.chain(["--out".into(), "whole2".into(), "-q".into()]);
        let words: Vec<String> = words.chain(charts.iter().map(|word| (*word).to_owned())).collect();
        let merged = folder.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).ends_with(0).stdout;
        assert_eq!(merged.replace("whole2", "whole"), whole);
        assert!(folder.results("whole") == folder.results("whole2"), "{command:?}");
        std::fs::remove_file(folder.path("real-traffic.toml")).expect("it is there");
        folder.write("small.toml", SMALL);
        let again = folder.run(&[command, &["--out", "whole2"], charts].concat()).ends_with(0);
        assert!(again.stderr.contains("nothing had to be simulated"), "{}", again.stderr);
    }
}

#[test]
fn what_is_missing_is_named_and_nothing_is_written() {
    let folder = Folder::new("shards-missing");
    folder.write("small.toml", SMALL);
    shards(&folder, &SWEEP, 3);
    let [one, two, three] = ["1", "2", "3"].map(|number| format!("parts/small.sweep.shard-{number}-of-3"));
    let merge = |folders: &[&str], status: i32| {
        let ran = folder.run(&[&["merge"], folders].concat()).ends_with(status);
        assert!(!folder.path("output").exists(), "nothing is written");
        ran.stderr
    };
    assert!(merge(&[&one, &three], 4).contains("shard 2/3 missing"));
    assert!(merge(&[&two], 4).contains("shards 1/3, 3/3 missing"));
    std::fs::remove_file(folder.path(&format!("{two}/replications.log"))).expect("it is there");
    let said = merge(&[&one, &two, &three], 4);
    assert!(said.contains("replications are missing of shard 2/3"), "{said}");
    assert!(said.contains("run its command again"), "{said}");
    let other =
        folder.run(&["sweep", "small.toml", "--vary", "redis.nodes=1,2", "--shard", "2/3"]).ends_with(0);
    assert!(other.stdout.contains("shard 2/3"), "{}", other.stdout);
    std::fs::rename(folder.path("output"), folder.path("others")).expect("it is there");
    let said = merge(&[&one, "others/small.sweep.shard-2-of-3", &three], 2);
    assert!(said.contains("are not shards of one experiment"), "{said}");
    let said = merge(&["parts"], 2);
    assert!(said.contains("name the folders of shards"), "{said}");
    folder.write("parts/shard.json", "{");
    let said = merge(&["parts"], 2);
    assert!(said.contains("it is not what a shard has written"), "{said}");
    for wrong in ["0/3", "4/3", "3", "a/b"] {
        let ran = folder.run(&[&SWEEP[..], &["--shard", wrong]].concat()).ends_with(2);
        assert!(ran.stderr.contains("as in `2/3`"), "{}", ran.stderr);
    }
}

#[test]
fn shards_of_other_traffic_are_told_apart() {
    let folder = Folder::new("shards-trace");
    let scenario =
        SMALL.replace("rate_change = { factor = 2.0,", "slow = { of = \"database\", factor = 2.0,");
    folder.write("small.toml", scenario);
    let shard = |shard: &str, key: &str| {
        let mut rows = String::from("time,key\n");
        for n in 0..6_000 {
            // Writing to a string cannot fail.
            let _ = writeln!(rows, "{},{key}{}", f64::from(n) / 1e3, n % 70);
        }
        folder.write("t.csv", rows);
        let run = ["run", "small.toml", "--trace", "t.csv", "--out", key, "--shard", shard];
        folder.run(&run).ends_with(0);
    };
    shard("1/2", "a");
    shard("2/2", "b");
    let merge = |one: &str, two: &str, status: i32| {
        let [one, two] = [(one, 1), (two, 2)].map(|(out, number)| format!("{out}/small.shard-{number}-of-2"));
        folder.run(&["merge", &one, &two]).ends_with(status).stderr
    };
    let said = merge("a", "b", 2);
    assert!(said.contains("are not shards of one experiment"), "{said}");
    shard("1/2", "b");
    merge("b", "b", 0);
    shard("1/2", "a");
    shard("2/2", "a");
    folder.write("t.csv", "time,key\n0,x\n6,y\n");
    let said = merge("a", "a", 2);
    assert!(said.contains("the trace that the shards were made of is not the one that is here"), "{said}");
}
