//! `cachestorm sweep`: every point, every replication, the same bytes.

use crate::support::{Folder, SMALL};

fn rows(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().map(|line| line.split(',').collect()).collect()
}

#[test]
fn a_grid_has_a_row_for_each_replication_of_each_point_and_the_numbers_of_a_run() {
    let folder = Folder::new("sweep");
    folder.write("small.toml", SMALL);
    let vary = ["--vary", "database.workers=2,8", "--vary", "redis.ttl=1s..2s:3"];
    let arguments = [&["sweep", "small.toml", "-q"], &vary[..]].concat();
    let printed = folder.run(&arguments).ends_with(0).stdout;
    assert!(printed.contains("6 points, 18 replications"), "{printed}");
    let csv = folder.text("output/small.sweep/sweep.csv");
    let rows = rows(&csv);
    assert_eq!(rows.len(), 1 + 6 * 3);
    assert_eq!(rows[0][..4], ["point", "database.workers", "redis.ttl", "replication"]);
    assert_eq!(rows[4][..4], ["2", "2", "1500000000 ns", "0"]);
    let column = rows[0].iter().position(|name| *name == "client.requests").expect("it is measured");
    // The fifth point, eight workers and 1.5 s, as a run of its own.
    let set = ["--set", "database.workers=8", "--set", "redis.ttl=1500ms"];
    let alone = [&["run", "small.toml", "-q", "--no-charts", "--json"], &set[..]].concat();
    let alone = folder.run(&alone).json();
    let mean =
        rows[13..16].iter().map(|row| row[column].parse::<f64>().expect("a number")).sum::<f64>() / 3.0;
    let expected = alone["variants"][0]["metrics"]["client.requests"]["mean"].as_f64().expect("a number");
    assert!((mean - expected).abs() < 1e-9, "{mean} {expected}");
    let files = folder.files("output/small.sweep");
    assert!(files.iter().any(|file| file == "charts/client.error_ratio.svg"), "{files:?}");
}

#[test]
fn a_sweep_has_the_same_bytes_for_any_number_of_threads() {
    let folder = Folder::new("sweep-threads");
    folder.write("small.toml", SMALL);
    let all = ["1", "2", "7"].map(|threads| {
        let varied = [
            "--vary",
            "redis.ttl=100ms..2s:log:4",
            "--sample",
            "5",
            "--precision",
            "20%",
            "--of",
            "redis.hit_ratio",
        ];
        let arguments = ["sweep", "small.toml", "-q", "--threads", threads, "--out", threads];
        folder.run(&[&arguments[..], &varied].concat()).ends_with(0);
        let files = folder.files(threads);
        files.iter().map(|file| folder.read(&format!("{threads}/{file}"))).collect::<Vec<_>>()
    });
    assert!(all[0] == all[1] && all[1] == all[2]);
}

#[test]
fn what_cannot_be_swept_is_said_with_the_mend() {
    let folder = Folder::new("sweep-mistakes");
    folder.write("small.toml", SMALL);
    for (arguments, expected) in [
        (&["--vary", "redis.ttl"][..], "names no values"),
        (&["--vary", "redis.tll=1s,2s"], "did you mean `ttl`?"),
        (&["--vary", "redis.ttl=1s,2"], "--set redis.ttl=2"),
        (&["--vary", "redis.ttl=1s,2s", "--vary", "redis.ttl=3s,4s"], "give all its values with one"),
        (&["--vary", "redis.ttl=1s..9s:9999", "--vary", "app.instances=1..99:99"], "--sample POINTS"),
        (&["--vary", "redis.ttl=1s,2s", "--precision", "0"], "above 0 %"),
        (&["--vary", "redis.ttl=1s,2s", "--precision", "2%", "--of", "redis.hits"], "cachestorm metrics"),
    ] {
        let ran = folder.run(&[&["sweep", "small.toml"], arguments].concat()).ends_with(2);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
    }
    assert!(folder.files("output").is_empty());
}
