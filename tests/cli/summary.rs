//! What stands on the terminal.

use crate::support::{Folder, Ran, SMALL};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn a_shipped_scenario_fits_a_screen_and_says_what_was_simulated() {
    let folder = Folder::new("screen");
    let arguments =
        ["run", "thundering-herd", "--no-charts", "--set", "duration=32s", "--set", "replications=2"];
    let ran = folder.run(&arguments);
    assert!(matches!(ran.status, Some(0 | 99)), "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines.len() <= 45, "{} lines:\n{}", lines.len(), ran.stdout);
    assert_eq!(lines[0], "thundering-herd");
    assert_eq!(
        lines[2],
        "32 s simulated, measured after a warm-up of 10 s; 2 replications, mean ± half of the 95 % interval; seed 1"
    );
    for part in ["database.concurrent_loads_per_key_max", "hit ratio", "waiting for", "hot keys  article:1 "]
    {
        assert!(ran.stdout.contains(part), "`{part}` is missing:\n{}", ran.stdout);
    }
}

/// Clients read and write; a cache is asked for reads only, and the numbers beside each other are to be compared.
#[test]
fn requests_of_clients_and_reads_of_layers_are_rows_of_their_own() {
    let folder = Folder::new("rows");
    folder.write("small.toml", SMALL);
    let ran = folder.run(&["run", "small.toml", "--no-charts", "--replications", "1"]);
    let columns = |label: &str| {
        let row = ran.stdout.lines().find(|line| line.starts_with(label)).expect(label);
        row[label.len()..].split_whitespace().count()
    };
    let rows = ["requests ", "reads "].map(columns);
    assert_eq!(rows, [1, 3], "{}", ran.stdout);
}

#[test]
fn objectives_are_marked_without_colour_too() {
    let folder = Folder::new("marks");
    folder.write("small.toml", SMALL);
    let missed = "objective=[{ metric = \"redis.hit_ratio\", at_least = \"99.9 %\" }]";
    for (set, mark) in [("replications=1", "✓  client.error_ratio"), (missed, "✗  redis.hit_ratio")] {
        let ran = folder.run(&["run", "small.toml", "--no-charts", "--set", set]);
        assert!(ran.stdout.contains(mark), "{}", ran.stdout);
    }
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let folder = Folder::new("colour");
    folder.write("small.toml", SMALL);
    let cases: [(&[(&str, &str)], bool); 3] = [
        (&[], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ];
    for (environment, coloured) in cases {
        let mut command = folder.command(&["run", "small.toml", "--no-charts", "--replications", "1"]);
        let ran = Ran::of(command.envs(environment.iter().copied()).output().expect("it starts"));
        assert_eq!(ran.stdout.contains('\x1b'), coloured, "{environment:?}");
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let folder = Folder::new("pipe");
    for arguments in [&["metrics"][..], &["schema"], &["scenarios", "baseline"]] {
        let mut child = folder
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        // Leaving before anything is written is the hardest case.
        if arguments != ["metrics"] {
            stdout.read_line(&mut line).expect("a line");
        }
        drop(stdout);
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}
