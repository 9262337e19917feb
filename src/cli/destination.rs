//! Where the results of a run go: a folder of its own, whose files are replaced whole.

use super::exit::Stop;
use super::in_folder::{self, LAST};
use super::spans;
use cachestorm::experiment::Log;
use cachestorm::quantity::Bytes;
use cachestorm::text::printable;
use serde_json::Value;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A folder that was found writable before anything was simulated.
pub struct Destination {
    folder: PathBuf,
    /// Folders that were made, the outermost first.
    made: Vec<PathBuf>,
}

/// The folder that this command writes to, and those that were made for it.
static CLAIMED: Mutex<Option<(PathBuf, Vec<PathBuf>)>> = Mutex::new(None);

/// The file that says what the others are.
const MANIFEST: &str = "manifest.json";

impl Destination {
    /// Makes the folder and tries to write in it.
    pub fn claim(out: &Path, scenario: &str, variant: Option<&str>) -> Result<Self, Stop> {
        let name = variant.map_or(scenario.to_owned(), |variant| format!("{scenario}.{variant}"));
        let folder = out.join(name);
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let mut made: Vec<PathBuf> = folder.ancestors().take_while(missing).map(Path::to_path_buf).collect();
        made.reverse();
        *claimed() = Some((folder.clone(), made.clone()));
        let destination = Self { folder, made };
        let folder = &destination.folder;
        let tried = in_folder::check_folder(folder)
            .and_then(|()| fs::create_dir_all(folder))
            .and_then(|()| in_folder::check_results(folder))
            .and_then(|()| in_folder::try_to_write(folder));
        tried.map_err(|error| {
            let folder = folder.display();
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

    /// The folder, as it is told to a user.
    pub fn shown(&self) -> String {
        printable(&self.folder.display().to_string())
    }

    /// What to say if the results of a run with other arguments lie here.
    pub fn replaces(&self, arguments: &[String]) -> Option<String> {
        let manifest: Value = serde_json::from_slice(&fs::read(self.folder.join(MANIFEST)).ok()?).ok()?;
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

    /// Writes the files, whose names may have a folder in front, in place of those of an earlier run. If they cannot be
    /// written, those of the earlier run stay.
    pub fn write(&self, files: &[(String, Vec<u8>)]) -> Result<(), Stop> {
        // The log keeps others from this folder.
        in_folder::remove_unfinished(&self.folder);
        // While files of two runs are there, no manifest says that they belong together; not every run has spans.
        let gone: Vec<&str> = LAST.into_iter().chain([spans::NAME]).collect();
        in_folder::replace(&self.folder, files, &gone).map_err(|error| failed(&self.folder, &error))
    }
}

fn claimed() -> MutexGuard<'static, Option<(PathBuf, Vec<PathBuf>)>> {
    CLAIMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The log of this command, if there is anything in it.
pub fn kept() -> Option<PathBuf> {
    let log = claimed().as_ref().map(|(folder, _)| folder.join(Log::NAME))?;
    fs::symlink_metadata(&log).is_ok_and(|log| log.is_file() && log.len() > 0).then_some(log)
}

/// Removes what this command has begun in its folder, when it is about to end in the midst of it.
pub fn abandon() {
    let Some((folder, made)) = claimed().take() else { return };
    in_folder::remove_unfinished(&folder);
    let log = folder.join(Log::NAME);
    if fs::symlink_metadata(&log).is_ok_and(|log| log.is_file() && log.len() == 0) {
        // A file of no bytes that stays behind does no harm.
        let _ = fs::remove_file(&log);
    }
    remove_empty(&made);
}

/// A run that came to nothing leaves no empty folders behind; folders with something in them stay.
fn remove_empty(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        let _ = fs::remove_dir(folder);
    }
}

/// Puts pictures in place of those that are in a folder of results.
pub fn redraw(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Stop> {
    in_folder::replace(folder, files, &[]).map_err(|error| failed(folder, &error))
}

/// A file of a folder of results, which may come from somebody else.
pub fn read(folder: &Path, name: &str) -> io::Result<Vec<u8>> {
    in_folder::check_all(folder, [name].into_iter())?;
    let mut bytes = Vec::new();
    fs::File::open(folder.join(name))?.take(READ_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > READ_MAX {
        let message = format!("it has more than {}", Bytes(READ_MAX));
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// No file of results that is read again is larger: charts and pages of a comparison of 20 variants take 30 MB.
const READ_MAX: u64 = 1 << 30;

fn failed(folder: &Path, error: &io::Error) -> Stop {
    let help = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room, or choose another folder with `--out DIR`; what an earlier run has written there is unchanged"
        }
        _ => "",
    };
    Stop::failed(format!("write results to `{}`: {}", folder.display(), reason(error)), help)
}

impl Drop for Destination {
    fn drop(&mut self) {
        remove_empty(&self.made);
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "no permission".into(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => "a file is in the way".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::QuotaExceeded => "the quota is used up".into(),
        _ => error.to_string(),
    }
}
