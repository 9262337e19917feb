//! Files of a folder, replaced together, and nothing outside of it touched.
//!
//! All new files are on the disk under names of their own before the first old one goes: if the disk is full, the old
//! results stay as they were. Names cannot be foreseen, and a link or device that lies where a file is to be is refused:
//! a folder from somebody else could lead anywhere.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::{Builder, NamedTempFile, TempPath};

/// The files that say whether the others are complete. They go first and come last.
pub const LAST: [&str; 2] = ["summary.json", "manifest.json"];

/// The folder of pictures in a folder of results.
const CHARTS: &str = "charts";

/// What a file is called before it is whole.
const UNFINISHED: [&str; 2] = [".cachestorm-", ".unfinished"];

/// Held by whoever makes a file, or puts files in place of others.
static WRITING: Mutex<()> = Mutex::new(());

/// While somebody has this, no file is half made and no folder half replaced.
pub type Held = MutexGuard<'static, ()>;

/// Waits until nothing is being written, and keeps it so.
pub fn hold() -> Held {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts the files, whose names may have a folder in front, in place of those that are there. Those in `gone` go in any
/// case. A reader sees each file whole or not at all.
pub fn replace(folder: &Path, files: &[(String, Vec<u8>)], gone: &[&str]) -> io::Result<()> {
    check_all(folder, files.iter().map(|(name, _)| name.as_str()).chain(gone.iter().copied()))?;
    let mut ready = files.iter().map(|(name, bytes)| unfinished(&folder.join(name), bytes));
    let mut ready = ready.by_ref().collect::<io::Result<Vec<(PathBuf, TempPath)>>>()?;
    let _held = hold();
    // A full disk cannot stop what follows.
    gone.iter().try_for_each(|name| remove(&folder.join(name)))?;
    remove_old(folder, files)?;
    ready.sort_by_key(|(path, _)| {
        LAST.iter().position(|name| folder.join(name) == *path).map_or(0, |nth| nth + 1)
    });
    for (path, file) in ready {
        file.persist(&path).map_err(|error| error.error)?;
    }
    Ok(())
}

/// Tries to write in a folder, which is there.
pub fn try_to_write(folder: &Path) -> io::Result<()> {
    let _held = hold();
    // Its name is free again when it is dropped.
    builder().tempfile_in(folder).map(drop)
}

/// Whether the folder itself is one, and no link to one.
pub fn check_folder(folder: &Path) -> io::Result<()> {
    check(folder, Metadata::is_dir, "a folder")
}

/// Whether the files of these names may be written: each is a plain file or not there.
pub fn check_all<'n>(folder: &Path, names: impl Iterator<Item = &'n str>) -> io::Result<()> {
    check(&folder.join(CHARTS), Metadata::is_dir, "a folder")?;
    names.into_iter().try_for_each(|name| check(&folder.join(name), Metadata::is_file, "a file"))
}

/// Whether all files that results may be written over are plain ones: those with the endings of results.
pub fn check_results(folder: &Path) -> io::Result<()> {
    check(&folder.join(CHARTS), Metadata::is_dir, "a folder")?;
    for folder in [folder.to_path_buf(), folder.join(CHARTS)] {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
                check(&path, Metadata::is_file, "a file")?;
            }
        }
    }
    Ok(())
}

/// What the names of results end in.
const ENDINGS: [&str; 8] = ["csv", "html", "json", "log", "md", "parquet", "png", "svg"];

fn check(path: &Path, is_right: impl Fn(&Metadata) -> bool, expected: &str) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if is_right(&found) {
        return Ok(());
    }
    let message = format!("`{}` is {}; expected {expected}", path.display(), what(&found));
    Err(io::Error::new(ErrorKind::InvalidInput, message))
}

/// In words.
fn what(found: &Metadata) -> &'static str {
    if found.is_symlink() {
        "a symbolic link, which may lead out of the folder"
    } else if found.is_dir() {
        "a folder"
    } else if found.is_file() {
        "a file"
    } else {
        "a device, a pipe or a socket"
    }
}

/// The bytes in a new file beside `path`, which goes again unless it takes that name.
fn unfinished(path: &Path, bytes: &[u8]) -> io::Result<(PathBuf, TempPath)> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let _held = hold();
    fs::create_dir_all(parent)?;
    let mut file: NamedTempFile = builder().tempfile_in(parent)?;
    file.write_all(bytes)?;
    file.flush()?;
    Ok((path.to_path_buf(), file.into_temp_path()))
}

/// New files, which no link or file of the same name can stand in for. Whoever may read other files may read them.
fn builder<'a>() -> Builder<'a, 'a> {
    let mut builder = Builder::new();
    builder.prefix(UNFINISHED[0]).suffix(UNFINISHED[1]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Pictures that these results do not have are not left to stand among their own, nor what a killed run has left.
fn remove_old(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let is_kept = |path: &Path| files.iter().any(|(name, _)| folder.join(name) == path);
    let page = folder.join("report.html");
    if !is_kept(&page) {
        remove(&page)?;
    }
    let charts = folder.join(CHARTS);
    let Ok(entries) = fs::read_dir(&charts) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let is_ours = path.extension().is_some_and(|ending| ending == "svg" || ending == "png");
        if is_ours && !is_kept(&path) {
            remove(&path)?;
        }
    }
    // A folder with anything else in it stays.
    let _ = fs::remove_dir(&charts);
    Ok(())
}

/// Removes what a run that was killed has left. Call it only while nobody else writes to the folder.
pub fn remove_unfinished(folder: &Path) {
    for folder in [folder.to_path_buf(), folder.join(CHARTS)] {
        let is_link = fs::symlink_metadata(&folder).is_ok_and(|found| found.is_symlink());
        let Some(entries) = fs::read_dir(&folder).ok().filter(|_| !is_link) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with(UNFINISHED[0]) && name.ends_with(UNFINISHED[1]) {
                // What stays behind does no harm.
                let _ = fs::remove_file(&path);
            }
        }
    }
}
