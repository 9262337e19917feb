//! Where a scenario comes from: a file, stdin, or the program itself.

use super::exit::Stop;
use super::shipped::{self, Shipped};
use cachestorm::model::TraceFile;
use cachestorm::scenario::{load, load_from};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The text of a scenario, and where it came from.
#[derive(Debug)]
pub struct Source {
    /// What messages call it.
    pub name: String,
    /// The TOML.
    pub text: String,
    home: Home,
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
            let (name, text) = load_from("<stdin>", std::io::stdin().lock())?;
            return Ok(Self { name, text, home: Home::Folder(PathBuf::new()) });
        }
        let path = Path::new(argument);
        if !path.is_file()
            && let Some(shipped) = argument.to_str().and_then(shipped::find)
        {
            let name = format!("{}.toml", shipped.name);
            return Ok(Self { name, text: shipped.text.to_owned(), home: Home::Program(shipped) });
        }
        let (name, text) = load(path, &shipped::names())?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(Self { name, text, home: Home::Folder(folder) })
    }

    /// The file that the scenario means by this path.
    pub fn file(&self, path: &str) -> TraceFile {
        let embedded = match &self.home {
            Home::Folder(_) => None,
            Home::Program(shipped) => shipped.data.iter().find(|(name, _)| *name == path),
        };
        match (embedded, &self.home) {
            (Some((name, bytes)), _) => TraceFile::Embedded { name, bytes },
            (None, Home::Folder(folder)) => TraceFile::Path(folder.join(path)),
            (None, Home::Program(_)) => TraceFile::Path(path.into()),
        }
    }
}
