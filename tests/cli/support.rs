//! Runs the program in a folder of its own.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A temporary folder, gone when the test is.
pub struct Folder(PathBuf);

impl Folder {
    /// A new one: two tests with the same name do not share it.
    pub fn new(name: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("cachestorm-cli-{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("a file can be written");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("it is UTF-8")
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(name)).expect("it is JSON")
    }

    /// The program, to be run in this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cachestorm"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("CLICOLOR");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().expect("the program can be started"))
    }

    /// All results below a folder: their names and bytes.
    pub fn results(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let files = self.files(folder).into_iter();
        files.map(|name| (name.clone(), self.read(&format!("{folder}/{name}")))).collect()
    }

    /// All files of results below a folder, by their path from it. The log is none: replications lie in it in the order
    /// in which they were finished.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut files = Vec::new();
        collect(&self.path(folder), &self.path(folder), &mut files);
        files.retain(|file| !file.ends_with("replications.log"));
        files.sort();
        files
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("it is below the root");
            files.push(name.to_string_lossy().into_owned());
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind is no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        Self { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    pub fn ends_with(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// A small scenario with every layer, which meets its objective.
pub const SMALL: &str = r#"
name = "small"
description = "Everything once."
duration = "4 s"
warmup = "1 s"
replications = 3
seed = 7
[workload]
arrivals = { poisson = "300/s" }
[[workload.keys]]
name = "page"
count = 200
writes = "50/s"
[process]
capacity = { entries = 20 }
ttl = "500 ms"
[redis]
nodes = 2
ttl = "2 s"
coalesce = "single-flight"
[database]
workers = 8
read = { exponential = "5 ms" }
[[event]]
at = "2 s"
rate_change = { factor = 2.0, for = "500 ms" }
[[variant]]
name = "bare"
redis = "none"
process = "none"
[[objective]]
metric = "client.error_ratio"
at_most = "1 %"
"#;
