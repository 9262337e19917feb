//! `--trace FILE`: a trace in place of the scenario's own traffic.
//!
//! It is laid over the scenario as `--set` arguments are, below the user's own, which can so change how
//! the trace is read: `--set workload.arrivals.trace.speed=10`.

use super::exit::Stop;
use cachestorm::model::{ArrivalSpec, Model, Prepared, TraceFile};
use cachestorm::quantity::Rate;
use cachestorm::scenario::Document;
use cachestorm::workload::trace::TraceError;
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;

/// What is wrong with the trace itself, for a scenario that does not take it as it is: most of them name keys in
/// their events.
pub fn unfit(document: &Document, variant: Option<&str>, file: &OsStr) -> Option<TraceError> {
    let mut document = document.clone();
    document.set("event=[]").ok()?;
    let model = document.read(variant, Model::read).ok()?;
    Prepared::new(model, Some(TraceFile::at(Path::new(file)))).err()
}

/// Settings of a trace as the help of an error writes them.
const SETTINGS: [&str; 4] = ["on_error", "columns.", "time_unit", "format"];

/// The error of a trace that came with `--trace`: its settings are in no file that could be changed.
pub fn stop(mut error: TraceError) -> Stop {
    let argument = error.help.as_deref().and_then(argument);
    if let (Some(help), Some(argument)) = (&mut error.help, argument) {
        // Writing to a string cannot fail.
        let _ = write!(help, ": `--set {argument}`");
    }
    error.into()
}

/// The first setting that a help names, with its value, as an argument.
fn argument(help: &str) -> Option<String> {
    let start = SETTINGS.iter().filter_map(|setting| help.find(&format!("`{setting}"))).min()?;
    let (written, rest) = help[start + 1..].split_once('`')?;
    let (name, value) = match (written.split_once(" = "), rest.strip_prefix(" = `")) {
        (Some((name, value)), _) => (name, value.trim_matches('"')),
        (None, Some(rest)) => (written, rest.split('`').next().unwrap_or_default()),
        (None, None) if written == "time_unit" => (written, "ms"),
        (None, None) => (written, "NAME"),
    };
    let argument = format!("workload.arrivals.trace.{name}={value}");
    let is_plain = |letter: char| letter.is_alphanumeric() || "_.=-".contains(letter);
    Some(if argument.chars().all(is_plain) { argument } else { format!("'{argument}'") })
}

/// Lays the trace over the scenario, and says what it replaces. Of the scenario's duration it does not, if the
/// user `keeps_duration`, that is, gives one.
pub fn replace(
    document: &mut Document,
    variant: Option<&str>,
    file: &OsStr,
    keeps_duration: bool,
) -> Result<Option<String>, Stop> {
    let model = document.read(variant, Model::read)?;
    let file = quoted(&file.to_string_lossy());
    if matches!(model.workload.arrivals, ArrivalSpec::Trace(_)) {
        document.set(&format!("workload.arrivals.trace.file={file}"))?;
        return Ok(None);
    }
    document.set(&format!("workload.arrivals={{ trace = {{ file = {file} }} }}"))?;
    let mut replaced = vec!["the arrivals".to_owned()];
    if let Some(duration) = model.duration {
        document.set("duration=none")?;
        if !keeps_duration {
            replaced.push(format!("the duration of {duration}"));
        }
    }
    let names: Vec<_> = model.workload.keys.iter().map(|group| format!("`{}`", group.name)).collect();
    if let [group] = model.workload.keys.as_slice() {
        if group.writes > Rate(0.0) {
            document.set(&format!("workload.keys.{}.writes=0/s", quoted(&group.name)))?;
        }
        replaced.push(format!(
            "the keys and writes of {} (their size stays, where the trace has none)",
            names[0]
        ));
    } else {
        document.set("workload.keys=[]")?;
        let names = names.join(", ");
        replaced.push(format!("the keys {names} (a value has 1 KiB, where the trace has no size)"));
    }
    Ok(Some(format!("the trace replaces {}", replaced.join(", "))))
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            // Writing to a string cannot fail.
            letter if letter.is_control() => drop(write!(quoted, "\\u{:04x}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_a_help_names_becomes_an_argument() {
        let cases = [
            ("use `on_error = \"skip\"` to count", Some("on_error=skip")),
            ("did you mean `columns.key` = `Url`?", Some("columns.key=Url")),
            ("name the right one as `columns.time`", Some("columns.time=NAME")),
            ("set `time_unit` to \"ms\", \"us\" or \"ns\"", Some("time_unit=ms")),
            ("check the path", None),
        ];
        for (help, expected) in cases {
            let expected = expected.map(|setting| format!("workload.arrivals.trace.{setting}"));
            assert_eq!(argument(help), expected, "{help}");
        }
        let spaced = argument("did you mean `columns.key` = `the key`?");
        assert_eq!(spaced.as_deref(), Some("'workload.arrivals.trace.columns.key=the key'"));
    }

    #[test]
    fn a_file_with_any_name_can_be_quoted() {
        for name in ["plain.csv", "with \"quotes\" and \\.csv", "line\nbreak\u{7f}\t.csv", "größe.gz"] {
            let toml = format!("a = {}", quoted(name));
            let mut document = Document::parse("test", "a = 1").expect("it is sound");
            document.set(&toml.replace("a = ", "a=")).unwrap_or_else(|problems| panic!("{problems}"));
            let read =
                document.read(None, |r| r.field("a", "A text.", cachestorm::scenario::text()).required());
            assert_eq!(read.expect("it is a text"), name);
        }
    }
}
