//! `--trace FILE`: a trace in place of the scenario's own traffic.
//!
//! It is laid over the scenario as `--set` arguments are, below the user's own, which can so change how
//! the trace is read: `--set workload.arrivals.trace.speed=10`.

use super::exit::Stop;
use cachestorm::model::{ArrivalSpec, Model, Prepared, TraceFile};
use cachestorm::quantity::Rate;
use cachestorm::scenario::Document;
use std::ffi::OsStr;
use std::fmt::Write;

/// Settings with which most scenarios take a trace, the least change first.
const MENDS: [&[&str]; 3] = [&["event=[]"], &["warmup=0s"], &["event=[]", "warmup=0s"]];

/// The arguments, if there are such, with which the scenario takes the trace that it does not take as it is.
pub fn mend(document: &Document, variant: Option<&str>, file: &TraceFile) -> Option<String> {
    let takes = |settings: &&&[&str]| {
        let mut document = document.clone();
        settings.iter().all(|setting| document.set(setting).is_ok())
            && document.read(variant, Model::read).is_ok_and(|model| {
                Prepared::new(model, Some(file.clone()))
                    .is_ok_and(|prepared| prepared.model().warmup_end() < prepared.end())
            })
    };
    let settings = MENDS.iter().find(takes)?;
    Some(settings.iter().map(|setting| format!("--set '{setting}'")).collect::<Vec<_>>().join(" "))
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
