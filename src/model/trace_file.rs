//! Where a trace is: a file, which has to stay as it is while it is replayed, or part of the program.

use crate::workload::trace::{Position, TraceError, TraceReader, TraceSpec};
use std::fs::{Metadata, metadata};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// Where a trace is.
#[derive(Clone, Debug)]
pub enum TraceFile {
    /// A file.
    Path {
        /// Where it is.
        path: PathBuf,
        /// What the file system said of it when it was first looked at; nothing if there was none.
        found: Option<Metadata>,
    },
    /// Part of the program.
    Embedded {
        /// What it is called in messages.
        name: &'static str,
        /// Its bytes.
        bytes: &'static [u8],
    },
}

impl TraceFile {
    /// The file at this path, as it is now.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self::Path { path: path.to_path_buf(), found: metadata(path).ok() }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Path { path, .. } => path.display().to_string(),
            Self::Embedded { name, .. } => (*name).to_owned(),
        }
    }

    /// # Errors
    /// If it cannot be read, or is no longer what it was when it was first looked at.
    pub(super) fn open(&self, spec: &TraceSpec) -> Result<TraceReader, TraceError> {
        match self {
            Self::Path { path, found } => {
                let reader = TraceReader::open(path, spec)?;
                match (found, metadata(path)) {
                    (Some(found), Ok(now)) if !is_same(found, &now) => Err(changed(self.name())),
                    _ => Ok(reader),
                }
            }
            Self::Embedded { name, bytes } => {
                let input: Box<dyn Read + Send> = Box::new(Cursor::new(*bytes));
                TraceReader::from_read(name, input, spec)
            }
        }
    }
}

/// Whether a file is as long as it was, and was not written since.
fn is_same(found: &Metadata, now: &Metadata) -> bool {
    found.len() == now.len() && found.modified().ok() == now.modified().ok()
}

fn changed(name: String) -> TraceError {
    let message =
        "it was changed while it was in use, so that replications would differ in their traffic".into();
    TraceError {
        name,
        position: Position::Replay,
        message,
        help: Some("copy it, and replay the copy".into()),
    }
}
