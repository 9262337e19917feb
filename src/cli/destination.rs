//! Where the results of a run go: a folder of its own, whose files are replaced whole.

use super::exit::Stop;
use super::spans;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that was found writable before anything was simulated.
pub struct Destination {
    folder: PathBuf,
    /// Folders that were made, the outermost first.
    made: Vec<PathBuf>,
}

/// The file that says what the others are; it is the last to be written.
const LAST: &str = "manifest.json";

/// What a file is called before it is whole.
const UNFINISHED: &str = ".unfinished";

impl Destination {
    /// Makes the folder and tries to write in it.
    pub fn claim(out: &Path, scenario: &str, variant: Option<&str>) -> Result<Self, Stop> {
        let name = variant.map_or(scenario.to_owned(), |variant| format!("{scenario}.{variant}"));
        let folder = out.join(name);
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let mut made: Vec<PathBuf> = folder.ancestors().take_while(missing).map(Path::to_path_buf).collect();
        made.reverse();
        let destination = Self { folder, made };
        let probe = destination.folder.join(UNFINISHED);
        let tried = fs::create_dir_all(&destination.folder)
            .and_then(|()| fs::write(&probe, ""))
            .and_then(|()| fs::remove_file(&probe));
        tried.map_err(|error| {
            let folder = destination.folder.display();
            Stop::failed(
                format!("write results to `{folder}`: {}", reason(&error)),
                "choose another folder with `--out DIR`",
            )
        })?;
        Ok(destination)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What to say if the results of a run with other arguments lie here.
    pub fn replaces(&self, arguments: &[String]) -> Option<String> {
        let manifest: Value = serde_json::from_slice(&fs::read(self.folder.join(LAST)).ok()?).ok()?;
        let earlier: Vec<&str> = manifest["arguments"].as_array()?.iter().filter_map(Value::as_str).collect();
        if earlier == arguments {
            return None;
        }
        let of = if earlier.is_empty() {
            "without arguments".to_owned()
        } else {
            format!("with `{}`", earlier.join(" "))
        };
        let folder = self.folder.display();
        Some(format!(
            "the results in {folder} are of a run {of} and will be replaced; `--out DIR` keeps both"
        ))
    }

    /// Writes the files, whose names may have a folder in front, in place of those of an earlier run. A
    /// reader sees each file whole or not at all.
    pub fn write(&self, files: &[(String, Vec<u8>)]) -> Result<(), Stop> {
        // While files of two runs are there, no manifest says that they belong together; not every run has spans.
        let gone = [LAST, spans::NAME].iter().try_for_each(|name| gone(&self.folder.join(name)));
        gone.and_then(|()| replace(&self.folder, files)).map_err(|error| failed(&self.folder, &error))
    }
}

/// Puts pictures in place of those that are in a folder of results.
pub fn redraw(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Stop> {
    replace(folder, files).map_err(|error| failed(folder, &error))
}

fn failed(folder: &Path, error: &io::Error) -> Stop {
    Stop::failed(format!("write results to `{}`: {error}", folder.display()), "")
}

fn replace(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    remove_old(folder, files)?;
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let unfinished = path.with_added_extension(&UNFINISHED[1..]);
        fs::write(&unfinished, bytes)?;
        fs::rename(&unfinished, &path)?;
    }
    Ok(())
}

fn gone(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Pictures that this run does not have are not left to stand among its own.
fn remove_old(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let is_kept = |path: &Path| files.iter().any(|(name, _)| folder.join(name) == path);
    let page = folder.join("report.html");
    if !is_kept(&page) {
        gone(&page)?;
    }
    let charts = folder.join("charts");
    let Ok(entries) = fs::read_dir(&charts) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let is_ours = path.extension().is_some_and(|ending| ending == "svg" || ending == "png");
        if is_ours && !is_kept(&path) {
            gone(&path)?;
        }
    }
    // A folder with anything else in it stays.
    let _ = fs::remove_dir(&charts);
    Ok(())
}

impl Drop for Destination {
    /// A run that came to nothing leaves no empty folders behind; folders with something in them stay.
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "no permission".into(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => "a file is in the way".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        _ => error.to_string(),
    }
}
