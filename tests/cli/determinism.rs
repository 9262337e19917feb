//! Same scenario, same seed: same bytes.

use crate::support::{Folder, SMALL};

fn all_files(folder: &Folder, out: &str, arguments: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut command = vec!["run", "small.toml", "--quiet", "--out", out];
    command.extend_from_slice(arguments);
    folder.run(&command).ends_with(0);
    folder.results(out)
}

#[test]
fn two_runs_and_any_number_of_threads_give_the_same_files() {
    let folder = Folder::new("same-bytes");
    folder.write("small.toml", SMALL);
    let first = all_files(&folder, "one", &["--threads", "1"]);
    let second = all_files(&folder, "two", &["--threads", "2"]);
    let third = all_files(&folder, "three", &["--threads", "2"]);
    assert!(first.len() > 10, "charts are there");
    assert!(first == second && second == third);
    let other = all_files(&folder, "other", &["--seed", "8"]);
    assert!(first != other);
}

#[test]
fn a_manifest_is_enough_to_get_the_same_bytes_again() {
    let folder = Folder::new("again");
    folder.write("small.toml", SMALL);
    let set = "database.read=\"7 ms\"";
    let arguments = ["--set", set, "--variant", "bare", "--seed", "9", "--replications", "2"];
    let mut command = vec!["run", "small.toml", "--no-charts", "--quiet", "--out", "first"];
    command.extend_from_slice(&arguments);
    folder.run(&command).ends_with(0);

    let manifest = folder.json("first/small.bare/manifest.json");
    assert_eq!((&manifest["seed"], &manifest["complete"]), (&9.into(), &true.into()));
    folder.write("again.toml", manifest["scenario"]["text"].as_str().expect("a text"));
    let mut again = vec!["run", "again.toml", "--no-charts", "--quiet", "--out", "second"];
    let kept: Vec<&str> =
        manifest["arguments"].as_array().expect("a list").iter().filter_map(|word| word.as_str()).collect();
    again.extend(kept);
    folder.run(&again).ends_with(0);
    for name in ["summary.json", "timeseries.csv", "histograms.csv"] {
        let (first, second) = (format!("first/small.bare/{name}"), format!("second/small.bare/{name}"));
        assert!(folder.read(&first) == folder.read(&second), "{name}");
    }
}
