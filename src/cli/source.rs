//! Where a scenario comes from: a file, stdin, or the program itself.

use super::exit::Stop;
use super::shipped::{self, Shipped};
use cachestorm::model::TraceFile;
use cachestorm::scenario::{load, load_from};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{File, metadata};
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The text of a scenario, and where it came from.
#[derive(Debug)]
pub struct Source {
    /// What messages call it.
    pub name: String,
    /// The TOML.
    pub text: String,
    home: Home,
    /// The traces that were asked for, as they were at the first time, and their digests.
    traces: Mutex<BTreeMap<PathBuf, (TraceFile, Option<Digested>)>>,
}

/// Where the files are that a scenario names.
#[derive(Debug)]
enum Home {
    Folder(PathBuf),
    Program(&'static Shipped),
}

impl Source {
    /// A file wins over a shipped scenario of the same name; `-` is stdin.
    pub fn find(argument: &OsStr) -> Result<Self, Stop> {
        if argument == "-" {
            let (name, text) = load_from("<stdin>", io::stdin().lock())?;
            return Ok(Self::new(name, text, Home::Folder(PathBuf::new())));
        }
        let path = Path::new(argument);
        if !path.is_file()
            && let Some(shipped) = argument.to_str().and_then(shipped::find)
        {
            let name = format!("{}.toml", shipped.name);
            return Ok(Self::new(name, shipped.text.to_owned(), Home::Program(shipped)));
        }
        let (name, text) = load(path, &shipped::names())?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(Self::new(name, text, Home::Folder(folder)))
    }

    /// One that was found before; `is_shipped` if it was part of the program.
    pub fn stored(name: &str, text: &str, is_shipped: bool) -> Self {
        let path = Path::new(name);
        let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let shipped = shipped::find(stem).filter(|_| is_shipped);
        let folder = || Home::Folder(path.parent().map(Path::to_path_buf).unwrap_or_default());
        Self::new(name.to_owned(), text.to_owned(), shipped.map_or_else(folder, Home::Program))
    }

    /// Whether it is part of the program.
    pub fn is_shipped(&self) -> bool {
        matches!(self.home, Home::Program(_))
    }

    fn new(name: String, text: String, home: Home) -> Self {
        Self { name, text, home, traces: Mutex::default() }
    }

    /// The SHA-256 of a trace's bytes; nothing if it cannot be read.
    pub fn digest(&self, file: &TraceFile) -> Option<Digested> {
        let path = match file {
            TraceFile::Embedded { bytes, .. } => return Some(Sha256::digest(bytes).into()),
            TraceFile::Path { path, .. } => path,
        };
        let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, known) = traces.entry(path.clone()).or_insert_with(|| (file.clone(), None));
        if known.is_none() {
            *known = digest(path).ok();
        }
        *known
    }

    /// The file at this path, as it was when it was first asked for.
    pub fn at(&self, path: PathBuf) -> TraceFile {
        let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, _) = traces.entry(path).or_insert_with_key(|path| (TraceFile::at(path), None));
        file.clone()
    }

    /// The file that the scenario means by this path.
    pub fn file(&self, path: &str) -> TraceFile {
        let embedded = match &self.home {
            Home::Folder(_) => None,
            Home::Program(shipped) => shipped.data.iter().find(|(name, _)| *name == path),
        };
        match (embedded, &self.home) {
            (Some((name, bytes)), _) => TraceFile::Embedded { name, bytes },
            (None, Home::Folder(folder)) => self.at(folder.join(path)),
            (None, Home::Program(_)) => self.at(path.into()),
        }
    }
}

/// A SHA-256.
type Digested = [u8; 32];

fn digest(path: &Path) -> io::Result<Digested> {
    // What is no file may have no end; why it cannot be replayed is told when it is opened.
    if !metadata(path)?.is_file() {
        return Err(ErrorKind::InvalidInput.into());
    }
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut digest = Sha256::new();
    loop {
        let part = reader.fill_buf()?;
        if part.is_empty() {
            return Ok(digest.finalize().into());
        }
        digest.update(part);
        let length = part.len();
        reader.consume(length);
    }
}
