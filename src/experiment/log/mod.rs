//! The log: every finished replication, kept in a file as soon as it is done.
//!
//! A command that is begun again takes from it what was done before, whether it had come to its end, was interrupted or
//! killed. What is found in it is the same to the byte as what would be simulated: its key is a digest of all that a
//! replication hangs on. The file only grows; what was cut off in the middle of an entry, or changed since, is told by
//! its checksum and made anew.
//!
//! | file | holds |
//! | --- | --- |
//! | `entry.rs` | how replications lie in the file |
//! | `identity.rs` | what a replication hangs on |

mod entry;
mod identity;
#[cfg(test)]
mod tests;

pub use identity::{Identity, Keepable, Key, Values};

use entry::{Found, Place};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::NamedTempFile;

/// Finished replications in a file, which nobody else has open. If none is kept in the end, there is no file.
pub struct Log {
    path: PathBuf,
    /// What the file begins with.
    header: Vec<u8>,
    state: Mutex<State>,
    /// Whether there was nothing in it when it was opened.
    is_new: bool,
    /// How many replications were taken from it, and how many were given to it.
    counts: [AtomicUsize; 2],
}

struct State {
    file: File,
    /// Whether what the file holds is ours: if not, it is replaced by the first replication that is kept.
    is_ours: bool,
    places: BTreeMap<Key, Place>,
    end: u64,
    /// What lies behind was not there when the log was opened.
    end_at_open: u64,
    /// Why nothing more is kept.
    failure: Option<io::Error>,
}

/// What a log was found to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Replications.
    pub kept: usize,
    /// Bytes that were damaged; the rest is used.
    pub damaged: u64,
    /// Whether it holds what another build of the program has made, which is not used.
    pub is_of_another_build: bool,
}

/// Why a log cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another program has it open.
    InUse,
    /// The file is no log.
    Foreign,
    /// Another build of the program has made it.
    AnotherBuild,
    /// It cannot be read or written.
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What all logs begin with.
const MAGIC: &str = "CACHESTORM-REPLICATIONS";

/// More bytes than this are no replication, whatever a log says.
const CONTENT_MAX: u64 = 64 << 20;

impl Log {
    /// The log's name in a folder of results.
    pub const NAME: &str = "replications.log";

    /// Opens the log, which need not be there, and keeps others from it. `build` names the program: what another one has
    /// made may differ.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path, build: &str) -> Result<(Self, Opened), OpenError> {
        let header = format!("{MAGIC} 1 {build}\n").into_bytes();
        let file = claim(path)?;
        // The folder may be reached by a link; the file itself is none.
        let path = path.canonicalize()?;
        let end = file.metadata()?.len();
        let mut opened = Opened::default();
        let mut state = State { is_ours: end == 0, end, end_at_open: end, ..State::of(file) };
        if end > 0 {
            match read(&state.file, &header)? {
                None => opened.is_of_another_build = true,
                Some(found) => {
                    opened = Opened { kept: found.entries.len(), damaged: found.damaged, ..opened };
                    state.is_ours = true;
                    state.places = found.entries.iter().copied().collect();
                    if found.damaged > 0 {
                        state.leave_out_damage(&path, &header, &found)?;
                    }
                }
            }
        }
        let counts = [AtomicUsize::new(0), AtomicUsize::new(0)];
        Ok((Self { path, header, state: Mutex::new(state), is_new: end == 0, counts }, opened))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a replication is kept.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.state().places.contains_key(key)
    }

    /// A replication, if it is kept. One that cannot be read is as good as none.
    #[must_use]
    pub fn take<T: Keepable>(&self, key: &Key) -> Option<T> {
        let (content, was_there) = self.state().content(key)?;
        let mut plain = Vec::new();
        DeflateDecoder::new(content.as_slice()).take(CONTENT_MAX).read_to_end(&mut plain).ok()?;
        let kept: T = postcard::from_bytes(&plain).ok().filter(T::is_sound)?;
        self.counts[0].fetch_add(usize::from(was_there), Ordering::Relaxed);
        Some(kept)
    }

    /// Keeps a replication. From the first failure on nothing more is kept, see [`Self::failure`].
    ///
    /// # Panics
    /// Never: plain data can be written to memory.
    pub fn keep<T: Keepable>(&self, key: &Key, replication: &T) {
        self.counts[1].fetch_add(1, Ordering::Relaxed);
        let plain = postcard::to_stdvec(replication).expect("plain data can be written");
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let content = encoder.write_all(&plain).and_then(|()| encoder.finish());
        self.append(key, &content.expect("writing to memory cannot fail"));
    }

    /// How many replications it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().places.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.state().end
    }

    /// How many replications were taken from it that were there when it was opened.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.counts[0].load(Ordering::Relaxed)
    }

    /// How many were made and given to it.
    #[must_use]
    pub fn made(&self) -> usize {
        self.counts[1].load(Ordering::Relaxed)
    }

    /// Why some replications could not be kept.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.state().failure.as_ref().map(ToString::to_string)
    }

    /// Takes in what the log of another part of the same experiment holds.
    ///
    /// # Errors
    /// See [`OpenError`], all of the other log; of this one see [`Self::failure`].
    pub fn take_in(&self, path: &Path) -> Result<Opened, OpenError> {
        check_plain(path)?;
        let file = File::open(path)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
            return Err(OpenError::InUse);
        }
        let found = read(&file, &self.header)?.ok_or(OpenError::AnotherBuild)?;
        for (key, place) in &found.entries {
            if !self.has(key) {
                self.append(key, &content(&file, *place)?);
            }
        }
        // They were there before this command.
        let mut state = self.state();
        state.end_at_open = state.end;
        Ok(Opened { kept: found.entries.len(), damaged: found.damaged, is_of_another_build: false })
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn clear(&self) -> io::Result<()> {
        let mut state = self.state();
        state.places.clear();
        state.is_ours = false;
        (state.end, state.end_at_open) = (0, 0);
        state.file.set_len(0)
    }

    /// Forgets everything if nothing was in it when it was opened.
    pub fn discard_if_new(&self) {
        if self.is_new {
            // What stays behind does no harm.
            let _ = self.clear();
        }
    }

    fn append(&self, key: &Key, content: &[u8]) {
        let mut state = self.state();
        if state.failure.is_some() {
            return;
        }
        if let Err(error) = state.append(&self.header, key, content) {
            // What was written of the entry is no entry.
            let _ = state.file.set_len(state.end);
            state.failure = Some(error);
        }
    }

    /// What one thread has left half done is at most an entry that is not in the index.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let is_empty = self.state().file.metadata().is_ok_and(|file| file.len() == 0);
        if is_empty {
            // A file of no bytes that stays behind does no harm.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl State {
    fn of(file: File) -> Self {
        Self { file, is_ours: true, places: BTreeMap::new(), end: 0, end_at_open: 0, failure: None }
    }

    /// What was kept under a key, and whether it was there when the log was opened.
    fn content(&self, key: &Key) -> Option<(Vec<u8>, bool)> {
        let place = *self.places.get(key)?;
        Some((content(&self.file, place).ok()?, place.at < self.end_at_open))
    }

    fn append(&mut self, header: &[u8], key: &Key, content: &[u8]) -> io::Result<()> {
        let mut file = &self.file;
        if !self.is_ours || self.end == 0 {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(header)?;
            self.end = header.len() as u64;
            self.is_ours = true;
        }
        let entry =
            entry::entry(key, content).ok_or_else(|| io::Error::other("a replication is too large"))?;
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(&entry)?;
        self.places.insert(*key, entry::place(self.end, content));
        self.end += entry.len() as u64;
        Ok(())
    }

    /// Cuts off what is torn at the end. If there is more, a file with the sound entries takes the place of this one.
    fn leave_out_damage(&mut self, path: &Path, header: &[u8], found: &Found) -> Result<(), OpenError> {
        let sound: u64 = self.end - found.damaged;
        if found.end_of_sound(header.len() as u64) == sound {
            self.file.set_len(sound)?;
            (self.end, self.end_at_open) = (sound, sound);
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        // Its name cannot be foreseen, and it goes again unless it takes the place of the log.
        let unfinished =
            tempfile::Builder::new().prefix(".cachestorm-").suffix(".unfinished").tempfile_in(folder)?;
        *self = self.copy_of_sound(unfinished, path, header, found)?;
        Ok(())
    }

    fn copy_of_sound(
        &self,
        unfinished: NamedTempFile,
        path: &Path,
        header: &[u8],
        found: &Found,
    ) -> Result<Self, OpenError> {
        if let Err(TryLockError::WouldBlock) = unfinished.as_file().try_lock() {
            return Err(OpenError::InUse);
        }
        let mut copy = Self { is_ours: false, ..Self::of(unfinished.as_file().try_clone()?) };
        for (key, place) in &found.entries {
            copy.append(header, key, &content(&self.file, *place)?)?;
        }
        copy.end_at_open = copy.end;
        copy.file.sync_all()?;
        copy.file.set_permissions(self.file.metadata()?.permissions())?;
        copy.file = unfinished.persist(path).map_err(|error| error.error)?;
        Ok(copy)
    }
}

/// Opens a file, which is made if it is not there, and keeps others from it, where the file system can.
fn claim(path: &Path) -> Result<File, OpenError> {
    loop {
        check_plain(path)?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(OpenError::InUse);
        }
        // Between the two somebody may have taken the file away, or put another one in its place.
        if is_at(&file, path) {
            return Ok(file);
        }
    }
}

/// A link could lead to any file, which would then be overwritten; a device has no end.
fn check_plain(path: &Path) -> io::Result<()> {
    let what = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if found.is_file() => return Ok(()),
        Ok(found) if found.is_symlink() => "a symbolic link",
        Ok(found) if found.is_dir() => "a folder",
        Ok(_) => "a device, a pipe or a socket",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}; expected a file")))
}

/// Whether this is the file that the path names, and the path is no link that has come meanwhile.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let one = |file: std::fs::Metadata| (file.dev(), file.ino());
    file.metadata().map(one).ok() == std::fs::symlink_metadata(path).map(one).ok()
}

/// Elsewhere nobody can take a file away that is open.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// What a file holds; nothing if another build has made it.
fn read(file: &File, header: &[u8]) -> Result<Option<Found>, OpenError> {
    let end = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0))?;
    let mut first = vec![0; header.len().min(end as usize)];
    reader.read_exact(&mut first)?;
    let shared = first.len().min(MAGIC.len());
    if first[..shared] != MAGIC.as_bytes()[..shared] {
        return Err(OpenError::Foreign);
    }
    match first == header {
        true => Ok(Some(entry::scan(&mut reader, header.len() as u64, end)?)),
        // Somebody was killed right at the beginning.
        false if header.starts_with(&first) => Ok(Some(Found::default())),
        false => Ok(None),
    }
}

fn content(mut file: &File, place: Place) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(place.at))?;
    let mut content = vec![0; place.length as usize];
    file.read_exact(&mut content)?;
    Ok(content)
}
