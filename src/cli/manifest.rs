//! `manifest.json`: what was run, so that anybody can run it again to the same bytes.

use super::source::Source;
use cachestorm::experiment::Outcome;
use cachestorm::report::{How, Subject, json};
use serde::Serialize;
use serde_json::{Value, json};
use std::ffi::OsStr;

/// The file. To repeat the run, write the scenario's text to a file and run that with the arguments, in the folder
/// in which the trace is found by its name.
#[derive(Serialize)]
struct Manifest<'a> {
    program: &'a str,
    version: &'a str,
    command: &'a str,
    complete: bool,
    scenario: Scenario<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_with: Option<Scenario<'a>>,
    variant: &'a str,
    arguments: &'a [String],
    seed: u64,
    #[serde(flatten)]
    extent: &'a Value,
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    file: &'a str,
    text: &'a str,
}

impl<'a> Scenario<'a> {
    fn of(name: &'a str, source: &'a Source) -> Self {
        Self { name, file: &source.name, text: &source.text }
    }
}

/// What somebody asked for.
pub struct Made<'a> {
    /// Which command.
    pub command: &'a str,
    /// The scenario.
    pub source: &'a Source,
    /// How it was named.
    pub given: &'a OsStr,
    /// Another one that it was compared with: its name, how it was named, and where it comes from.
    pub other: Option<(&'a str, &'a OsStr, &'a Source)>,
    /// The arguments beside them.
    pub arguments: Vec<String>,
}

impl Made<'_> {
    /// The scenarios, and how they were named.
    pub fn scenarios(&self) -> impl Iterator<Item = (&OsStr, &Source)> {
        let other = self.other.map(|(_, given, source)| (given, source));
        std::iter::once((self.given, self.source)).chain(other)
    }

    /// The same for a person: the command as it was typed, and the scenarios.
    pub fn how(&self) -> How {
        let given = self.scenarios().map(|(given, _)| given.to_string_lossy().into_owned());
        let words = [env!("CARGO_PKG_NAME").to_owned(), self.command.to_owned()].into_iter();
        let words: Vec<String> =
            words.chain(given).chain(self.arguments.clone()).map(|word| quoted(&word)).collect();
        let scenarios = self.scenarios().map(|(_, source)| (source.name.clone(), source.text.clone()));
        How { command: words.join(" "), scenarios: scenarios.collect() }
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:=,%@+".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// What was made of it.
pub struct Done<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// `base`, or the variant's name.
    pub variant: &'a str,
    /// Random seed.
    pub seed: u64,
    /// Whether it was not ended before.
    pub is_complete: bool,
    /// How much was done, in the command's own words.
    pub extent: Value,
}

impl<'a> Done<'a> {
    /// Replications of a scenario, and perhaps of variants.
    pub fn replications(subject: &'a Subject, outcome: &Outcome) -> Self {
        let trace = subject.trace.as_ref().map(|trace| trace.file.as_str());
        Self {
            scenario: &subject.scenario,
            variant: &subject.variant,
            seed: subject.seed,
            is_complete: outcome.is_complete(),
            extent: json!({
                "replications": { "wanted": outcome.wanted, "done": outcome.replications() },
                "trace": trace,
            }),
        }
    }
}

/// The manifest, as a file.
pub fn manifest(made: &Made, done: &Done) -> (String, Vec<u8>) {
    let manifest = Manifest {
        program: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        command: made.command,
        complete: done.is_complete,
        scenario: Scenario::of(done.scenario, made.source),
        compared_with: made.other.map(|(name, _, source)| Scenario::of(name, source)),
        variant: done.variant,
        arguments: &made.arguments,
        seed: done.seed,
        extent: &done.extent,
    };
    let manifest = serde_json::to_value(manifest).expect("strings and numbers can be written as JSON");
    ("manifest.json".to_owned(), json::text(&manifest).into_bytes())
}
