//! Real traffic: traces and access logs, read as a stream, whatever their size.
//!
//! ```text
//! bytes ─ decompress ─ source ─┬─ csv (columns) ───┐
//!                              ├─ access_log ──────┼─ request ─ order ─ Record
//!                              └─ oracle_general ──┘
//! ```
//!
//! [`TraceReader`] hands out one [`Record`] at a time, whose strings are borrowed from its buffer: no
//! allocation per request, and memory that does not grow with the trace. Everything that can be wrong
//! with a file is a [`TraceError`] that says where, what was expected and what to do; nothing panics. Input that would
//! never end is refused: devices and pipes, a line without an end, packed data that unpacks to a thousand times its size.
//!
//! Times count from the first request and never run backwards: a request up to five minutes earlier
//! than the latest before it counts as of the same instant ([`TraceReader::reordered`] says how many
//! did), and a larger step back is an error. Most logs give whole seconds: requests of the same second are
//! at the same instant here, in the order of the file, and [`Scan`] spreads them over their second.

mod access_log;
mod columns;
mod csv;
mod decompress;
mod error;
mod format;
mod operation;
mod oracle_general;
mod order;
mod request;
mod scan;
mod source;
mod timestamp;

pub use columns::Columns;
pub use error::{Position, TraceError};
pub use format::Format;
pub use operation::Operation;
pub use scan::{Scan, Spread};
pub use timestamp::TimeUnit;

use crate::quantity::Bytes;
use crate::time::Duration;
use csv::Csv;
use error::{Fault, malformed, quote_start};
use order::Clock;
use request::{Line, Request};
use source::{LINE_MAX, Piece, Source};
use std::fs::{File, metadata};
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::Path;

/// One request of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Since the first request.
    pub at: Duration,
    /// What is asked for, as written; the eight bytes of the number, little-endian, in `oracleGeneral`.
    pub key: &'a [u8],
    /// Of the object, or what an access log says was sent; `None` if nothing is known.
    pub size: Option<Bytes>,
    /// A read, where the trace does not say.
    pub operation: Operation,
    /// Time to live that the request sets.
    pub ttl: Option<Duration>,
    /// Who asks: a column of a CSV, the client's address of an access log.
    pub user: Option<&'a [u8]>,
    /// The HTTP status of an access log.
    pub status: Option<u16>,
}

/// How a trace is to be read; the default recognises all it can and stops at the first mistake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceSpec {
    /// `None`: by the name and the first line.
    pub format: Option<Format>,
    /// Of a CSV, if not the usual ones.
    pub columns: Columns,
    /// What to do with a line that is malformed.
    pub on_error: OnError,
    /// Of a CSV's time column. `None`: as the name of the column ends (`time_ms`), and else seconds.
    pub time_unit: Option<TimeUnit>,
    /// Whether requests of the same second are spread evenly over it. `None`: if times are written in whole seconds.
    pub spread: Option<bool>,
}

/// What to do with a line or record that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// Report it.
    #[default]
    Stop,
    /// Pass over it and count it.
    Skip,
}

/// A trace, open for reading.
pub struct TraceReader {
    name: String,
    format: Format,
    on_error: OnError,
    source: Source,
    csv: Option<Csv>,
    clock: Clock,
    /// Lines or binary records taken so far, the header included.
    taken: u64,
    requests: u64,
    skipped: u64,
    finished: bool,
    spread: Option<bool>,
}

impl TraceReader {
    /// Opens a file.
    ///
    /// # Errors
    /// If it does not exist, may not be read, or does not start as a trace does.
    pub fn open(path: &Path, spec: &TraceSpec) -> Result<Self, TraceError> {
        let name = path.display().to_string();
        let failed = |error: &io::Error| unreadable(error).at(&name, Position::File);
        // Opening a pipe that nobody writes to would wait for ever, so what it is comes first.
        let found = metadata(path).map_err(|error| failed(&error))?;
        if found.is_dir() {
            return Err(failed(&ErrorKind::IsADirectory.into()));
        }
        if !found.is_file() {
            return Err(no_file().at(&name, Position::File));
        }
        let file = File::open(path).map_err(|error| failed(&error))?;
        Self::from_read(&name, Box::new(file), spec)
    }

    /// Reads from anything; `name` is for messages, and its ending may tell the format.
    ///
    /// # Errors
    /// If what is read does not start as a trace does.
    pub fn from_read(name: &str, input: Box<dyn Read + Send>, spec: &TraceSpec) -> Result<Self, TraceError> {
        let in_file = |fault: Fault| fault.at(name, Position::File);
        let failed = |error: io::Error| in_file(unreadable(&error));
        let input = decompress::decompress(input).map_err(failed)?.map_err(in_file)?;
        let mut source = Source::new(input);
        let first_line = source.peek().map_err(failed)?;
        let format = match spec.format {
            Some(format) => format,
            None => Format::recognise(name, first_line).map_err(in_file)?,
        };
        let mut reader = Self {
            name: name.to_owned(),
            format,
            on_error: spec.on_error,
            source,
            csv: None,
            clock: Clock::default(),
            taken: 0,
            requests: 0,
            skipped: 0,
            finished: false,
            spread: spec.spread,
        };
        if format == Format::Csv {
            reader.read_header(spec)?;
        }
        Ok(reader)
    }

    /// The next request; `None` at the end.
    ///
    /// # Errors
    /// If the next line or record is malformed, unless such are skipped, and the call after it goes on
    /// behind it. If the file cannot be read any further, or held no request at all; then it has ended.
    #[inline]
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, TraceError> {
        let Some((at, request, piece)) = self.next_request()? else { return Ok(None) };
        let text = self.source.text(piece);
        let text = self.csv.as_ref().map_or(text, |csv| csv.text(text));
        Ok(Some(request.record(at, text)))
    }

    /// The format that was named or recognised.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Lines or records passed over: the malformed, if they are to be skipped, and the lines of an
    /// access log that tell of no HTTP request.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Requests that were earlier than one before them and count as of its instant.
    #[must_use]
    pub fn reordered(&self) -> u64 {
        self.clock.reordered
    }

    /// Whether requests of the same second are to be spread over it, if the settings say so.
    #[must_use]
    pub fn spread(&self) -> Option<bool> {
        self.spread
    }

    /// Whether the times so far are written in whole seconds, so that requests of the same second cannot be told apart. It
    /// depends on how times are written, not on their values: `3000000` microseconds are exact.
    #[must_use]
    pub fn is_in_whole_seconds(&self) -> bool {
        match self.format {
            Format::AccessLog | Format::OracleGeneral => true,
            Format::Csv => self.csv.as_ref().is_none_or(|csv| !csv.has_parts_of_seconds()),
        }
    }

    /// Where the last line or record stands.
    #[must_use]
    pub fn position(&self) -> Position {
        match self.format {
            _ if self.taken == 0 => Position::File,
            Format::Csv | Format::AccessLog => Position::Line(self.taken),
            Format::OracleGeneral => {
                let offset = (self.taken - 1) * oracle_general::RECORD as u64;
                Position::Record { number: self.taken, offset }
            }
        }
    }

    fn read_header(&mut self, spec: &TraceSpec) -> Result<(), TraceError> {
        let header = loop {
            match self.take_piece()? {
                Piece::Whole(line) if self.source.text(line.clone()).trim_ascii().is_empty() => {}
                Piece::Whole(line) => break line,
                Piece::TooLong(line) => return Err(self.locate(too_long(self.source.text(line)))),
                Piece::End | Piece::Cut(_) => return Err(empty().at(&self.name, Position::File)),
            }
        };
        match Csv::new(self.source.text(header), &spec.columns, spec.time_unit) {
            Ok(csv) => self.csv = Some(csv),
            Err(fault) => return Err(self.locate(fault)),
        }
        Ok(())
    }

    #[inline]
    fn next_request(&mut self) -> Result<Option<(Duration, Request, Range<usize>)>, TraceError> {
        while !self.finished {
            let outcome = match self.take_piece()? {
                Piece::Whole(piece) => self.parse(&piece).map(|line| (line, piece)),
                Piece::TooLong(piece) => Err(too_long(self.source.text(piece))),
                Piece::Cut(piece) => Err(cut(piece.len())),
                Piece::End => return self.finish().map(|()| None),
            };
            let fault = match outcome {
                Ok((Line::Request(request), piece)) => match self.clock.tick(request.time) {
                    Ok(at) => {
                        self.requests += 1;
                        return Ok(Some((at, request, piece)));
                    }
                    Err(fault) => fault,
                },
                Ok((Line::Blank, _)) => continue,
                Ok((Line::Other, _)) => {
                    self.skipped += 1;
                    continue;
                }
                Err(fault) => fault,
            };
            match self.on_error {
                OnError::Stop => return Err(self.locate(fault)),
                OnError::Skip => self.skipped += 1,
            }
        }
        Ok(None)
    }

    #[inline]
    fn take_piece(&mut self) -> Result<Piece, TraceError> {
        let piece = match self.format {
            Format::Csv | Format::AccessLog => self.source.line(),
            Format::OracleGeneral => self.source.record(oracle_general::RECORD),
        };
        match piece {
            Ok(Piece::End) => Ok(Piece::End),
            Ok(piece) => {
                self.taken += 1;
                Ok(piece)
            }
            Err(error) => {
                self.finished = true;
                Err(self.locate(unreadable(&error)))
            }
        }
    }

    #[inline]
    fn parse(&mut self, piece: &Range<usize>) -> Result<Line, Fault> {
        let text = self.source.text(piece.clone());
        match (self.format, &mut self.csv) {
            (Format::OracleGeneral, _) => {
                oracle_general::parse(text).map(Line::Request).ok_or_else(|| cut(text.len()))
            }
            (Format::Csv, Some(csv)) => csv.parse(text),
            (Format::Csv | Format::AccessLog, _) => access_log::parse(text),
        }
    }

    /// A trace without a single request is a mistake, not an idle evening.
    fn finish(&mut self) -> Result<(), TraceError> {
        self.finished = true;
        let fault = match (self.requests, self.on_error) {
            (1.., _) => return Ok(()),
            (0, _) if self.taken == 0 => empty(),
            (0, OnError::Skip) if self.skipped > 0 => {
                Fault::new(format!("no request is left, {} skipped; expected at least one", self.skipped))
                    .help("use `on_error = \"stop\"` to see what is wrong with the first")
            }
            (0, _) => Fault::new("there is no request in it; expected at least one"),
        };
        Err(fault.at(&self.name, Position::File))
    }

    /// Its records cannot be spread over their seconds.
    pub(super) fn not_in_whole_seconds(&self) -> TraceError {
        let message = "`spread` needs times in whole seconds, and some are not";
        Fault::new(message).help("take `spread` away, or set it to false").at(&self.name, Position::File)
    }

    fn locate(&self, fault: Fault) -> TraceError {
        fault.at(&self.name, self.position())
    }
}

#[cold]
fn unreadable(error: &io::Error) -> Fault {
    match error.kind() {
        ErrorKind::NotFound => Fault::new("there is no such file").help("check the path"),
        ErrorKind::PermissionDenied => Fault::new("it may not be read").help("check its permissions"),
        ErrorKind::IsADirectory => Fault::new("it is a directory; expected a file"),
        _ => Fault::new(error.to_string()),
    }
}

/// A trace is read once before the run and once by each replication, which only a file allows.
#[cold]
fn no_file() -> Fault {
    Fault::new("it is a device, a pipe or a socket; expected a file, which can be read several times")
        .help("save what comes out of it to a file first")
}

#[cold]
fn empty() -> Fault {
    Fault::new("it is empty; expected at least one request")
}

#[cold]
fn too_long(start: &[u8]) -> Fault {
    let limit = Bytes(LINE_MAX as u64);
    malformed(
        &format!("the line is longer than {limit}, it starts with {}", quote_start(start)),
        "one request",
    )
}

#[cold]
fn cut(length: usize) -> Fault {
    let expected = oracle_general::RECORD;
    Fault::new(format!("the last record has {length} bytes; expected {expected}"))
        .help("copy the file again, or use `on_error = \"skip\"` to leave the record out")
}
