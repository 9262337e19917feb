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

pub use identity::{Identity, Kept, Key, Values};

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

/// Finished replications in a file.
pub struct Log {
    path: PathBuf,
    /// What the file begins with.
    header: Vec<u8>,
    state: Mutex<State>,
    taken: AtomicUsize,
    made: AtomicUsize,
    /// Whether there was no file when it was opened.
    is_new: bool,
}

#[derive(Default)]
struct State {
    /// Made when the first replication is kept.
    file: Option<File>,
    /// Whether what the file holds is ours: if not, it is replaced by the first replication that is kept.
    is_ours: bool,
    places: BTreeMap<Key, Place>,
    end: u64,
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

/// More than this is no replication: a bound on what a damaged length may ask for.
const CONTENT_MAX: u64 = 1 << 32;

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
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let is_new = file.is_none();
        let mut opened = Opened::default();
        let mut state = State::default();
        if let Some(file) = file {
            lock(&file)?;
            match read(&file, &header)? {
                None => opened.is_of_another_build = true,
                Some(found) => {
                    opened.damaged = found.damaged;
                    state.end = file.metadata()?.len();
                    state.is_ours = state.end >= header.len() as u64;
                    state.places = found.entries.into_iter().collect();
                }
            }
            state.file = Some(file);
        }
        opened.kept = state.places.len();
        let log = Self {
            path: path.to_path_buf(),
            header,
            state: Mutex::new(state),
            taken: AtomicUsize::new(0),
            made: AtomicUsize::new(0),
            is_new,
        };
        if opened.damaged > 0 {
            log.leave_out_damage()?;
        }
        Ok((log, opened))
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
    pub fn take<T: Kept>(&self, key: &Key) -> Option<T> {
        let content = self.state().content(key)?;
        let mut plain = Vec::new();
        DeflateDecoder::new(content.as_slice()).take(CONTENT_MAX).read_to_end(&mut plain).ok()?;
        let kept = postcard::from_bytes(&plain).ok()?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(kept)
    }

    /// Keeps a replication. From the first failure on nothing more is kept, see [`Self::failure`].
    ///
    /// # Panics
    /// Never: plain data can be written to memory.
    pub fn keep<T: Kept>(&self, key: &Key, replication: &T) {
        self.made.fetch_add(1, Ordering::Relaxed);
        let plain = postcard::to_stdvec(replication).expect("plain data can be written");
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let content = encoder.write_all(&plain).and_then(|()| encoder.finish());
        self.append(key, &content.expect("writing to memory cannot fail"));
    }

    /// How many replications it holds.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.state().places.len()
    }

    /// How many replications were taken from it.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// How many were made and given to it.
    #[must_use]
    pub fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// Why some replications could not be kept.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.state().failure.as_ref().map(ToString::to_string)
    }

    /// Takes in what the log of another part of the same experiment holds; answers how many replications that are. Nothing
    /// if another build has made them.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn take_in(&self, path: &Path) -> Result<Option<Opened>, OpenError> {
        let file = File::open(path)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
            return Err(OpenError::InUse);
        }
        let Some(found) = read(&file, &self.header)? else { return Ok(None) };
        let opened = Opened { kept: found.entries.len(), damaged: found.damaged, is_of_another_build: false };
        for (key, place) in found.entries {
            if !self.has(&key) {
                self.append(&key, &content(&file, place)?);
            }
        }
        match self.state().failure.take() {
            Some(failure) => Err(failure.into()),
            None => Ok(Some(opened)),
        }
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn clear(&self) -> io::Result<()> {
        let mut state = self.state();
        state.places.clear();
        state.is_ours = false;
        state.file.as_ref().map_or(Ok(()), |file| file.set_len(0))
    }

    /// Leaves nothing behind where nothing was.
    pub fn discard_if_new(&self) {
        if self.is_new {
            *self.state() = State::default();
            // One that stays behind does no harm.
            let _ = std::fs::remove_file(&self.path);
        }
    }

    fn append(&self, key: &Key, content: &[u8]) {
        let mut state = self.state();
        if state.failure.is_some() {
            return;
        }
        if let Err(error) = state.append(&self.path, &self.header, key, content) {
            // What was written of the entry is no entry.
            if let Some(file) = &state.file {
                let _ = file.set_len(state.end);
            }
            state.failure = Some(error);
        }
    }

    /// Puts a file with the sound entries in place of one that has others too.
    fn leave_out_damage(&self) -> Result<(), OpenError> {
        let mut state = self.state();
        let unfinished = self.path.with_added_extension("unfinished");
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&unfinished)?;
        lock(&file)?;
        file.write_all(&self.header)?;
        let mut end = self.header.len() as u64;
        let mut places = BTreeMap::new();
        for key in state.places.keys() {
            let Some(content) = state.content(key) else { continue };
            let Some(entry) = entry::entry(key, &content) else { continue };
            file.write_all(&entry)?;
            places.insert(*key, entry::place(end, &content));
            end += entry.len() as u64;
        }
        std::fs::rename(&unfinished, &self.path)?;
        *state = State { file: Some(file), places, end, is_ours: true, failure: None };
        Ok(())
    }

    /// What one thread has left half done is at most an entry that is not in the index.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn content(&self, key: &Key) -> Option<Vec<u8>> {
        content(self.file.as_ref()?, *self.places.get(key)?).ok()
    }

    fn append(&mut self, path: &Path, header: &[u8], key: &Key, content: &[u8]) -> io::Result<()> {
        if self.file.is_none() {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            lock(&file).map_err(|_| io::Error::other("another program has taken the file"))?;
            self.file = Some(file);
        }
        let mut file = self.file.as_ref().expect("it was just opened");
        if !self.is_ours {
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
}

/// Keeps others from the file, where the file system can.
fn lock(file: &File) -> Result<(), OpenError> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
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
