//! What can be wrong with a trace, and how it is said.

use crate::text::is_hidden;
use std::fmt;

/// Where in a trace something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The file as a whole.
    File,
    /// Nowhere: it is sound, but cannot be replayed in this run.
    Replay,
    /// A line, counted from 1, the header included.
    Line(u64),
    /// A binary record.
    Record {
        /// Counted from 1.
        number: u64,
        /// Bytes before it, after decompression.
        offset: u64,
    },
}

/// Why a trace cannot be read. Its `Display` completes "failed to …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceError {
    /// The trace, as the caller named it.
    pub name: String,
    /// Where.
    pub position: Position,
    /// What is wrong, with the offending text and what was expected.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl TraceError {
    /// The line, if the trace has lines and one of them is wrong.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self.position {
            Position::Line(line) => Some(line),
            Position::File | Position::Replay | Position::Record { .. } => None,
        }
    }
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.position == Position::Replay { "replay" } else { "read" };
        write!(f, "{verb} the trace `{}`", self.name)?;
        match self.position {
            Position::File | Position::Replay => {}
            Position::Line(line) => write!(f, ", line {line}")?,
            Position::Record { number, offset } => write!(f, ", record {number} at byte {offset}")?,
        }
        write!(f, ": {}", self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for TraceError {}

/// What is wrong, said by a parser that does not know where it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub message: String,
    pub help: Option<String>,
}

impl Fault {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub fn at(self, name: &str, position: Position) -> TraceError {
        TraceError { name: name.to_owned(), position, message: self.message, help: self.help }
    }
}

/// One line among many is wrong: what is, and what was expected instead.
#[cold]
pub(super) fn malformed(message: &str, expected: &str) -> Fault {
    Fault::new(format!("{message}; expected {expected}"))
        .help("use `on_error = \"skip\"` to count and skip such lines")
}

/// As [`malformed`], where `text` should be a `what` and is not.
#[cold]
pub(super) fn misread(what: &str, text: &[u8], expected: &str) -> Fault {
    let message = match text {
        [] => format!("the {what} is missing"),
        text => format!("the {what} {} cannot be read", quote(text)),
    };
    malformed(&message, expected)
}

/// The offending text in backticks: control characters and what is not UTF-8 escaped, long text cut.
pub(super) fn quote(text: &[u8]) -> String {
    quote_up_to(text, QUOTED_CHARACTERS_MAX)
}

/// As [`quote`], for the name of a column. Names are short; what is longer is no name.
pub(super) fn quote_name(text: &[u8]) -> String {
    quote_up_to(text, NAME_CHARACTERS_MAX)
}

fn quote_up_to(text: &[u8], most: usize) -> String {
    let mut quoted = String::from("`");
    for (shown, character) in text.utf8_chunks().flat_map(|chunk| characters(&chunk)).enumerate() {
        if shown == most {
            quoted.push('…');
            break;
        }
        match character {
            Ok(character) if is_hidden(character) => {
                quoted.extend(character.escape_default());
            }
            Ok(character) => quoted.push(character),
            Err(byte) => quoted.extend(byte.escape_ascii().map(char::from)),
        }
    }
    quoted.push('`');
    quoted
}

fn characters<'a>(chunk: &std::str::Utf8Chunk<'a>) -> impl Iterator<Item = Result<char, u8>> + use<'a> {
    chunk.valid().chars().map(Ok).chain(chunk.invalid().iter().copied().map(Err))
}

/// Enough to recognise a line by, and short enough for a terminal.
const QUOTED_CHARACTERS_MAX: usize = 60;

/// The start of a file that may be no trace at all: enough to tell which file it is, too little to tell what is in it.
const START_CHARACTERS_MAX: usize = 12;

/// The longest usual name of a column, `hashed_path_query`, has 17.
const NAME_CHARACTERS_MAX: usize = 20;

/// As [`quote`], for text of a file of which nothing was understood yet. It may be anybody's file with anything in it.
pub(super) fn quote_start(text: &[u8]) -> String {
    quote_up_to(text, START_CHARACTERS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offending_text_is_shown_harmless_and_short() {
        let long = "x".repeat(100);
        let cut = format!("`{}…`", "x".repeat(60));
        let cases: [(&[u8], &str); 5] = [
            (b"abc", "`abc`"),
            (b"", "``"),
            (b"\x1b[31m\t\0", r"`\u{1b}[31m\t\u{0}`"),
            ("né\u{85}".as_bytes(), r"`né\u{85}`"),
            (b"a\xff\xfe", r"`a\xff\xfe`"),
        ];
        for (text, expected) in cases {
            assert_eq!(quote(text), expected);
        }
        assert_eq!(quote(long.as_bytes()), cut);
        assert_eq!(quote(b"a\xe2\x80\xaeb"), r"`a\u{202e}b`");
        assert_eq!(quote_start(b"root:x:0:0:root:/root"), "`root:x:0:0:r…`");
    }

    #[test]
    fn an_error_completes_failed_to() {
        let fault = Fault::new("the time `x` is not a number").help("mend it");
        let error = fault.at("a.csv", Position::Line(7));
        assert_eq!(
            error.to_string(),
            "read the trace `a.csv`, line 7: the time `x` is not a number; mend it"
        );
        assert_eq!(error.line(), Some(7));
        let error = Fault::new("cut").at("b", Position::Record { number: 2, offset: 24 });
        assert_eq!(error.to_string(), "read the trace `b`, record 2 at byte 24: cut");
        assert_eq!(error.line(), None);
    }
}
