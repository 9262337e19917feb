//! Gets the text of a scenario file, or says why not.

use super::document::MAX_BYTES;
use super::nearest::nearest;
use super::problem::{Problem, Problems};
use super::span::Source;
use crate::text::printable;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The name by which messages call the file, and its text. `shipped` are the names of the scenarios that come
/// with the program, for who asks for one of them as if it were a file.
///
/// # Errors
///
/// If there is no such file, it is a directory, may not be read, is too large, empty, or not UTF-8.
pub fn load(path: &Path, shipped: &[&str]) -> Result<(String, String), Problems> {
    let name = printable(&path.display().to_string());
    let fail = |reason: String, help: String| failed(&name, &reason, help);
    if path.is_dir() {
        return Err(fail("it is a directory".into(), "name the `.toml` file in it".into()));
    }
    match File::open(path) {
        Ok(file) => read(&name, file).map_err(|Unreadable { reason, help }| fail(reason, help)),
        Err(error) => Err(fail(reason(&error), mend(&error, path, shipped))),
    }
}

/// As [`load`], from anything that can be read; messages call it `name`.
///
/// # Errors
///
/// If it cannot be read, or is too large, empty, or not UTF-8.
pub fn load_from(name: &str, input: impl Read) -> Result<(String, String), Problems> {
    read(name, input).map_err(|Unreadable { reason, help }| failed(name, &reason, help))
}

fn failed(name: &str, reason: &str, help: String) -> Problems {
    let source = Source { name: Some(name.to_owned()), text: "".into() };
    let problem = Problem::without_place(format!("failed to read `{name}`: {reason}")).help(help);
    Problems::new(vec![source], vec![problem])
}

struct Unreadable {
    reason: String,
    help: String,
}

fn read(name: &str, input: impl Read) -> Result<(String, String), Unreadable> {
    let fail = |reason: String, help: &str| Unreadable { reason, help: help.into() };
    let mut bytes = Vec::new();
    // One byte more than the most tells a file that is too large from one that just fits.
    let limit = MAX_BYTES as u64 + 1;
    input.take(limit).read_to_end(&mut bytes).map_err(|error| fail(reason(&error), ""))?;
    if bytes.len() > MAX_BYTES {
        let help = "put large data, such as a trace, into a file of its own";
        return Err(fail(format!("it is larger than {MAX_BYTES} bytes"), help));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        fail(format!("line {line} is not UTF-8"), "save the file as UTF-8")
    })?;
    if text.trim().is_empty() {
        let help = "`cachestorm scenarios NAME` prints a scenario to start from";
        return Err(fail("it is empty".into(), help));
    }
    Ok((name.to_owned(), text))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "no permission".into(),
        _ => error.to_string(),
    }
}

fn mend(error: &io::Error, path: &Path, shipped: &[&str]) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            match nearest(&stem, shipped.iter().copied()) {
                Some(near) => format!("did you mean `{near}`, one of the shipped scenarios?"),
                None => "`cachestorm scenarios` lists the shipped ones".into(),
            }
        }
        io::ErrorKind::PermissionDenied => "check who may read the file, and its folders".into(),
        _ => String::new(),
    }
}
