//! Comma-separated requests under a header, as RFC 4180 with two liberties and one limit: the delimiter
//! may be a semicolon or a tab, spaces around a value do not count, and a line is a record, so that a
//! quotation mark nobody closes spoils one line and not the rest of the file.

use super::columns::{Columns, Layout};
use super::error::{Fault, malformed, misread, quote};
use super::operation::Operation;
use super::request::{Line, Request};
use super::timestamp::{TimeUnit, decimal, rfc3339};
use crate::quantity::Bytes;
use crate::time::Duration;
use std::cell::Cell;
use std::ops::Range;

/// A parser for the lines under one header.
#[derive(Debug)]
pub(super) struct Csv {
    layout: Layout,
    unit: TimeUnit,
    /// Where the values of the current line are, in the line or in `unquoted`.
    fields: Vec<Range<usize>>,
    /// The values of the current line without their quotation marks, if it has any.
    unquoted: Vec<u8>,
    /// Whether some time was written with more than whole seconds.
    has_parts_of_seconds: Cell<bool>,
}

impl Csv {
    /// For the first line of a file; `unit` goes before what the name of the time column says.
    pub fn new(header: &[u8], columns: &Columns, unit: Option<TimeUnit>) -> Result<Self, Fault> {
        let layout = Layout::of_header(header, columns)?;
        let unit = unit.or(layout.unit).unwrap_or_default();
        let finer = unit != TimeUnit::Seconds;
        let has_parts_of_seconds = Cell::new(finer);
        Ok(Self { layout, unit, fields: Vec::new(), unquoted: Vec::new(), has_parts_of_seconds })
    }

    /// The text that the request of the last call to [`Csv::parse`] points into.
    #[inline]
    pub fn text<'a>(&'a self, line: &'a [u8]) -> &'a [u8] {
        if self.unquoted.is_empty() { line } else { &self.unquoted }
    }

    /// Whether times so far can tell apart two requests of the same second: by their unit, or because one was written with
    /// a decimal point.
    pub fn has_parts_of_seconds(&self) -> bool {
        self.has_parts_of_seconds.get()
    }

    /// The request in a line.
    #[inline]
    pub fn parse(&mut self, line: &[u8]) -> Result<Line, Fault> {
        self.fields.clear();
        self.unquoted.clear();
        if line.trim_ascii().is_empty() {
            return Ok(Line::Blank);
        }
        if memchr::memchr(b'"', line).is_some() {
            self.split_quoted(line)?;
        } else {
            self.split_plain(line);
        }
        if self.fields.len() != self.layout.width {
            return Err(self.wrong_width(line));
        }
        let text = if self.unquoted.is_empty() { line } else { &self.unquoted };
        self.request(text).map(Line::Request)
    }

    fn split_plain(&mut self, line: &[u8]) {
        let mut start = 0;
        for end in memchr::memchr_iter(self.layout.delimiter, line) {
            self.fields.push(start..end);
            start = end + 1;
        }
        self.fields.push(start..line.len());
    }

    fn split_quoted(&mut self, line: &[u8]) -> Result<(), Fault> {
        let mut rest = line;
        loop {
            let start = self.unquoted.len();
            let value = without_spaces(rest);
            rest = if let Some(quoted) = value.strip_prefix(b"\"") {
                self.unquote(quoted).ok_or_else(|| unclosed(value))?
            } else {
                let end = memchr::memchr(self.layout.delimiter, rest).unwrap_or(rest.len());
                self.unquoted.extend_from_slice(&rest[..end]);
                &rest[end..]
            };
            self.fields.push(start..self.unquoted.len());
            match rest {
                [] => return Ok(()),
                [_, next @ ..] => rest = next,
            }
        }
    }

    /// Takes a value up to its closing quotation mark; what follows is a delimiter or nothing.
    fn unquote<'a>(&mut self, mut rest: &'a [u8]) -> Option<&'a [u8]> {
        loop {
            let end = memchr::memchr(b'"', rest)?;
            self.unquoted.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            let Some(next) = rest.strip_prefix(b"\"") else { break };
            self.unquoted.push(b'"');
            rest = next;
        }
        rest = without_spaces(rest);
        rest.first().is_none_or(|byte| *byte == self.layout.delimiter).then_some(rest)
    }

    #[inline]
    fn request(&self, text: &[u8]) -> Result<Request, Fault> {
        let layout = &self.layout;
        let value = |column: usize| trimmed(text, self.fields[column].clone());
        let optional = |column: Option<usize>| column.map(value).filter(|range| !range.is_empty());
        let time = &text[value(layout.time)];
        if time.contains(&b'.') {
            self.has_parts_of_seconds.set(true);
        }
        let key = value(layout.key);
        if key.is_empty() {
            return Err(misread("key", b"", "a name or a number"));
        }
        let size = optional(layout.size).map(|range| size(&text[range])).transpose()?;
        let operation = optional(layout.operation).map(|range| operation(&text[range])).transpose()?;
        let ttl = optional(layout.ttl).map(|range| ttl(&text[range])).transpose()?;
        Ok(Request {
            time: decimal(time, self.unit).or_else(|| rfc3339(time)).ok_or_else(|| self.wrong_time(time))?,
            key,
            size,
            operation: operation.unwrap_or(Operation::Read),
            ttl: ttl.flatten(),
            user: optional(layout.user),
            status: None,
        })
    }

    fn wrong_time(&self, time: &[u8]) -> Fault {
        if self.unit == TimeUnit::Seconds && decimal(time, TimeUnit::Milliseconds).is_some() {
            return Fault::new(format!("the time {} is more than 292 years in seconds", quote(time)))
                .help("set `time_unit` to \"ms\", \"us\" or \"ns\"");
        }
        misread("time", time, "a number such as `1.5` or a date such as `2024-05-01T20:15:00Z`")
    }

    fn wrong_width(&self, line: &[u8]) -> Fault {
        let (found, expected) = (self.fields.len(), self.layout.width);
        let columns = if found == 1 { "column" } else { "columns" };
        malformed(
            &format!("the line {} has {found} {columns}", quote(line)),
            &format!("{expected} as in the header, with values that hold a delimiter in quotation marks"),
        )
    }
}

/// A program that keeps sizes as floats writes `512.0`.
#[inline]
fn size(text: &[u8]) -> Result<Bytes, Fault> {
    let digits = text.strip_suffix(b".0").unwrap_or(text);
    // Nanoseconds have no decimals, and a whole number of them is that number.
    match decimal(digits, TimeUnit::Nanoseconds) {
        Some(bytes @ 0..) if !digits.contains(&b'.') => Ok(Bytes(bytes as u64)),
        _ => Err(misread("size", text, "a whole number of bytes")),
    }
}

/// Memcached's 0, "never expires", and a trace's way to say that a read sets none.
#[inline]
fn ttl(text: &[u8]) -> Result<Option<Duration>, Fault> {
    match decimal(text, TimeUnit::Seconds) {
        Some(0) => Ok(None),
        Some(nanos @ 1..) => Ok(Some(Duration::from_nanos(nanos as u64))),
        _ => Err(misread("time to live", text, "seconds, or 0 for none")),
    }
}

#[inline]
fn operation(word: &[u8]) -> Result<Operation, Fault> {
    Operation::of_word(word).ok_or_else(|| {
        misread(
            "operation",
            word,
            "a word such as `get`, `read`, `set`, `write` or `delete`, or a SCSI code such as `28` or `2a`",
        )
    })
}

#[cold]
fn unclosed(value: &[u8]) -> Fault {
    malformed(
        &format!("the quotation marks of {} are not closed", quote(value)),
        "`\"…\"` with `\"\"` for a mark inside",
    )
}

/// Without the spaces at the start; a tab may be the delimiter and stays.
fn without_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    &text[spaces..]
}

/// `range` without the spaces at its ends.
#[inline]
fn trimmed(text: &[u8], mut range: Range<usize>) -> Range<usize> {
    while range.start < range.end && text[range.start].is_ascii_whitespace() {
        range.start += 1;
    }
    while range.start < range.end && text[range.end - 1].is_ascii_whitespace() {
        range.end -= 1;
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(lines: &[&str]) -> Vec<Option<String>> {
        let mut csv = Csv::new(b"key,time,size", &Columns::default(), None).expect("the header is right");
        let key = |line: &&str| match csv.parse(line.as_bytes()) {
            Ok(Line::Request(request)) => {
                Some(String::from_utf8_lossy(&csv.text(line.as_bytes())[request.key]).into_owned())
            }
            _ => None,
        };
        lines.iter().map(key).collect()
    }

    #[test]
    fn quotation_marks_protect_a_value() {
        let lines = [
            "plain,1,2",
            " spaced , 1 , 2 ",
            r#""a,b",1,2"#,
            r#" "say ""hi""" ,1,2"#,
            r#"in"side,1,2"#,
            r#""open,1,2"#,
            r#""a"b,1,2"#,
            r#""",1,2"#,
            "a,b,1,2",
        ];
        let expected = [
            Some("plain"),
            Some("spaced"),
            Some("a,b"),
            Some(r#"say "hi""#),
            Some(r#"in"side"#),
            None,
            None,
            None,
            None,
        ];
        assert_eq!(keys(&lines), expected.map(|key| key.map(str::to_owned)));
    }

    #[test]
    fn a_tab_that_delimits_is_no_space() {
        let mut csv = Csv::new(b"user\tkey\ttime", &Columns::default(), None).expect("a header");
        let line = b"\t\"k\"\t 1";
        let Ok(Line::Request(request)) = csv.parse(line) else { panic!("a request") };
        let record = request.record(Duration::ZERO, csv.text(line));
        assert_eq!((record.key, record.user), (&b"k"[..], None));
    }

    #[test]
    fn every_column_is_understood() {
        let mut csv = Csv::new(b"time_ms,key,size,op,ttl,user", &Columns::default(), None).expect("a header");
        let line = b"1500,k,512,set,2.5,u7";
        let Ok(Line::Request(request)) = csv.parse(line) else { panic!("a request") };
        let record = request.record(Duration::ZERO, csv.text(line));
        assert_eq!((record.key, record.user), (&b"k"[..], Some(&b"u7"[..])));
        assert_eq!((record.size, record.operation), (Some(Bytes(512)), Operation::Write));
        assert_eq!(record.ttl, Some(Duration::from_millis(2_500)));
        let line = b"1500,k,,,0,";
        let Ok(Line::Request(request)) = csv.parse(line) else { panic!("a request") };
        assert_eq!(request.time, 1_500_000_000);
        let record = request.record(Duration::ZERO, csv.text(line));
        assert_eq!((record.size, record.ttl, record.user), (None, None, None));
        assert_eq!(record.operation, Operation::Read);
    }
}
