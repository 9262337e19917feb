//! `manifest.json`: what was run, so that anybody can run it again to the same bytes.

use super::plan::Changes;
use super::source::Source;
use cachestorm::experiment::Outcome;
use cachestorm::report::Subject;
use serde::Serialize;
use serde_json::Value;

/// The file. To repeat the run, write the scenario's text to a file and run that with the arguments, in the folder
/// in which the trace is found by its name.
#[derive(Serialize)]
struct Manifest<'a> {
    program: &'a str,
    version: &'a str,
    complete: bool,
    scenario: Scenario<'a>,
    variant: &'a str,
    arguments: Vec<String>,
    seed: u64,
    replications: Replications,
    trace: Option<&'a str>,
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    file: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Replications {
    wanted: u32,
    done: usize,
}

/// The manifest of a run.
pub fn manifest(source: &Source, changes: &Changes, subject: &Subject, outcome: &Outcome) -> Value {
    let manifest = Manifest {
        program: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        complete: outcome.is_complete(),
        scenario: Scenario { name: &subject.scenario, file: &source.name, text: &source.text },
        variant: &subject.variant,
        arguments: changes.arguments(),
        seed: subject.seed,
        replications: Replications { wanted: outcome.wanted, done: outcome.replications() },
        trace: subject.trace.as_ref().map(|trace| trace.file.as_str()),
    };
    serde_json::to_value(manifest).expect("strings and numbers can be written as JSON")
}
