//! Rules of the source that a compiler does not check: which folder may use which, how long a file may be, and
//! what would make results hang on the machine they were computed on.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Each folder of `src`, and those that it may use besides itself. Whoever adds a line here draws an arrow in
/// the architecture: downwards, or not at all.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("text", &[]),
    ("time", &[]),
    ("quantity", &[]),
    ("random", &["quantity", "time"]),
    ("engine", &["quantity", "random", "time"]),
    ("cache", &["quantity", "random", "time"]),
    ("workload", &["quantity", "random", "text", "time"]),
    ("scenario", &["quantity", "text", "time"]),
    ("measure", &["cache", "engine", "quantity", "time"]),
    ("model", &["cache", "engine", "measure", "quantity", "random", "scenario", "text", "time", "workload"]),
    (
        "experiment",
        &["engine", "measure", "model", "quantity", "random", "scenario", "text", "time", "workload"],
    ),
    (
        "report",
        &["engine", "experiment", "measure", "model", "quantity", "scenario", "text", "time", "workload"],
    ),
    (
        "cli",
        &[
            "engine",
            "experiment",
            "measure",
            "model",
            "quantity",
            "report",
            "scenario",
            "text",
            "time",
            "workload",
        ],
    ),
];

const LINES_MAX: usize = 400;

struct Source {
    /// From the root of the package, with slashes.
    path: String,
    text: String,
}

impl Source {
    /// The folder of `src` that it belongs to, or its own name if it lies in `src` itself.
    fn layer(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or_default();
        inside.split(['/', '.']).next().unwrap_or_default()
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests") || self.path.ends_with("golden.rs") || !self.path.starts_with("src/")
    }

    /// The lines that are compiled into the program, with their numbers: no comments, and none of the tests
    /// at the end of the file.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = (1..).zip(self.text.lines()).take_while(|(_, line)| *line != "#[cfg(test)]");
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// All Rust files of the package.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> =
        ["src", "tests", "benches", "scenarios"].map(|name| root.join(name)).into();
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = folder.read_dir() else { continue };
        for path in entries.map(|entry| entry.expect("the folder can be read").path()) {
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(root).expect("it lies in the package");
                let text = std::fs::read_to_string(&path).expect("a source is text");
                all.push(Source { path: inside.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(all.len() > 100, "{} sources", all.len());
    all
}

/// Fails with all complaints at once.
fn assert_none(complaints: &str) {
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn a_folder_uses_only_those_below_it() {
    let mut complaints = String::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src/")) {
        let layer = source.layer();
        if ["lib", "main"].contains(&layer) {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == layer) else {
            writeln!(complaints, "{}: `{layer}` has no line in the table of layers", source.path).unwrap();
            continue;
        };
        for (number, line) in source.code() {
            for used in line.split("crate::").skip(1) {
                let used = used.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next();
                let used = used.unwrap_or_default();
                if used != layer && !allowed.contains(&used) {
                    writeln!(complaints, "{}:{number}: `{layer}` must not use `{used}`", source.path)
                        .unwrap();
                }
            }
        }
    }
    assert_none(&complaints);
}

/// The table has no cycle: every folder stands below those that use it.
#[test]
fn the_layers_are_in_order() {
    for (index, (name, allowed)) in MAY_USE.iter().enumerate() {
        for used in *allowed {
            let below = MAY_USE[..index].iter().any(|(other, _)| other == used);
            assert!(below, "`{name}` uses `{used}`, which does not stand before it");
        }
    }
}

#[test]
fn no_file_is_too_long_and_each_says_what_it_is_for() {
    let mut complaints = String::new();
    for source in sources() {
        let path = &source.path;
        let lines = source.text.lines().count();
        if lines > LINES_MAX {
            writeln!(complaints, "{path}: {lines} lines, at most {LINES_MAX}: split it").unwrap();
        }
        if !source.text.starts_with("//!") {
            writeln!(complaints, "{path}: does not begin with `//!` and what it is for").unwrap();
        }
    }
    assert_none(&complaints);
}

/// What must not stand in code, where it may all the same, and why not.
const FORBIDDEN: [(&[&str], &[&str], &str); 4] = [
    (
        &[
            "std::collections::HashMap",
            "std::collections::HashSet",
            "collections::{HashMap",
            "collections::{HashSet",
        ],
        &[],
        "its order differs from run to run; use `BTreeMap`, or `FxHashMap` and sort",
    ),
    (
        &[
            ".exp()", ".ln()", ".powf(", ".powi(", ".sin()", ".cos()", ".tan()", ".log10()", ".log2()",
            ".exp2()",
        ],
        &["src/random/math.rs", "src/report/"],
        "its bits differ from machine to machine; use `random::math`",
    ),
    (
        &["SystemTime", "time::Instant::now", "Instant::now()", "std::env::"],
        &["src/cli/", "src/main.rs"],
        "a run knows neither the clock nor the environment; pass it in",
    ),
    (&["todo!(", "unimplemented!(", "dbg!("], &[], "it is not finished"),
];

#[test]
fn nothing_makes_a_result_hang_on_the_machine() {
    let mut complaints = String::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (patterns, allowed, reason) in FORBIDDEN {
            if allowed.iter().any(|place| source.path.starts_with(place)) {
                continue;
            }
            for (number, line) in source.code() {
                if let Some(found) = patterns.iter().find(|pattern| line.contains(**pattern)) {
                    writeln!(complaints, "{}:{number}: `{found}`: {reason}", source.path).unwrap();
                }
            }
        }
    }
    assert_none(&complaints);
}

/// Long comments are wrapped by nobody: an editor of 80 columns shows them, and so does `cachestorm new`.
#[test]
fn comments_of_shipped_scenarios_fit_80_columns() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut complaints = String::new();
    for entry in folder.read_dir().expect("there are shipped scenarios") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a scenario is text");
        for (number, line) in (1..).zip(text.lines()) {
            let width = line.chars().count();
            if line.contains('#') && width > 80 {
                writeln!(complaints, "{}:{number}: {width} columns", path.display()).unwrap();
            }
        }
    }
    assert_none(&complaints);
}
