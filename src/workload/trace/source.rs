//! The bytes of a trace, a line or a record at a time, in a buffer that never grows.

use crate::quantity::Bytes;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// The longest line that is read, in bytes; longer ones are malformed. Web servers refuse request
/// lines beyond 8 KiB (`LimitRequestLine` of Apache, `large_client_header_buffers` of nginx), and a
/// line of a log holds the referrer and the agent as well.
pub(super) const LINE_MAX: usize = 64 << 10;

/// A file without a line end in this many bytes is no text. Shorter lines are passed over, if malformed ones are.
pub(super) const PASSED_MAX: usize = 16 << 20;

/// What the next line or record is. A range stays valid until the next call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    End,
    Whole(Range<usize>),
    /// A line beyond [`LINE_MAX`], already passed over; the range is its start.
    TooLong(Range<usize>),
    /// The last record, of fewer bytes than a record has.
    Cut(Range<usize>),
}

pub(super) struct Source {
    input: Box<dyn Read + Send>,
    block: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Source {
    pub fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input, block: vec![0; BLOCK].into_boxed_slice(), start: 0, end: 0 }
    }

    pub fn text(&self, range: Range<usize>) -> &[u8] {
        &self.block[range]
    }

    /// The first line, or as much of it as may be long, without taking it.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        while self.end - self.start <= LINE_MAX
            && memchr::memchr(b'\n', &self.block[self.start..self.end]).is_none()
        {
            if self.fill()? == 0 {
                break;
            }
        }
        let start = &self.block[self.start..self.end];
        let length = memchr::memchr(b'\n', start).unwrap_or(start.len());
        Ok(without_return(&start[..length]))
    }

    /// The next line, without its end (`\n` or `\r\n`).
    #[inline]
    pub fn line(&mut self) -> io::Result<Piece> {
        let mut searched = 0;
        loop {
            let pending = &self.block[self.start..self.end];
            if let Some(length) = memchr::memchr(b'\n', &pending[searched..]) {
                let length = searched + length;
                let line = self.start..self.start + without_return(&pending[..length]).len();
                self.start += length + 1;
                let fits = length <= LINE_MAX;
                return Ok(if fits { Piece::Whole(line) } else { Piece::TooLong(line) });
            }
            if pending.len() > LINE_MAX {
                return self.pass_over_line();
            }
            searched = pending.len();
            if self.fill()? == 0 {
                let line = self.start..self.end;
                self.start = self.end;
                return Ok(if line.is_empty() { Piece::End } else { Piece::Whole(line) });
            }
        }
    }

    /// The next `length` bytes.
    #[inline]
    pub fn record(&mut self, length: usize) -> io::Result<Piece> {
        while self.end - self.start < length {
            if self.fill()? == 0 {
                let rest = self.start..self.end;
                self.start = self.end;
                return Ok(if rest.is_empty() { Piece::End } else { Piece::Cut(rest) });
            }
        }
        let record = self.start..self.start + length;
        self.start += length;
        Ok(Piece::Whole(record))
    }

    /// Drops the rest of a line that is too long; its start stays at the front of the block.
    fn pass_over_line(&mut self) -> io::Result<Piece> {
        let mut passed = self.end - self.start;
        self.block.copy_within(self.start..self.start + KEPT, 0);
        loop {
            self.end = KEPT;
            self.start = KEPT;
            let length = self.fill_after(KEPT)?;
            if length == 0 {
                break;
            }
            passed += length;
            if passed > PASSED_MAX {
                let message = format!(
                    "there is no line end within {}; expected one request on each line",
                    Bytes(PASSED_MAX as u64)
                );
                return Err(io::Error::new(ErrorKind::InvalidData, message));
            }
            if let Some(length) = memchr::memchr(b'\n', &self.block[KEPT..self.end]) {
                self.start = KEPT + length + 1;
                break;
            }
        }
        Ok(Piece::TooLong(0..KEPT))
    }

    /// Reads more bytes behind those not yet taken; 0 at the end of the trace.
    fn fill(&mut self) -> io::Result<usize> {
        self.block.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        self.fill_after(self.end)
    }

    fn fill_after(&mut self, end: usize) -> io::Result<usize> {
        loop {
            match self.input.read(&mut self.block[end..]) {
                Ok(length) => {
                    self.end = end + length;
                    return Ok(length);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Four times the longest line, so that moving the rest of a block to its front costs little.
const BLOCK: usize = 4 * LINE_MAX;
/// What is kept of a line that is too long, for the message.
const KEPT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out `step` bytes at a time, as a slow pipe does.
    struct Trickle(Vec<u8>, usize);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0.drain(..length);
            Ok(length)
        }
    }

    fn lines(text: &[u8], step: usize) -> Vec<(bool, Vec<u8>)> {
        let mut source = Source::new(Box::new(Trickle(text.to_vec(), step)));
        let mut lines = Vec::new();
        loop {
            match source.line().expect("memory can be read") {
                Piece::Whole(range) => lines.push((true, source.text(range).to_vec())),
                Piece::TooLong(range) => lines.push((false, source.text(range)[..3].to_vec())),
                Piece::End => return lines,
                Piece::Cut(_) => unreachable!("a line is never cut"),
            }
        }
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        let mut text = b"first\r\n\nthird\n".to_vec();
        text.extend(b"x".repeat(LINE_MAX));
        text.push(b'\n');
        text.extend(b"y".repeat(LINE_MAX + 1));
        text.push(b'\n');
        text.extend(b"z".repeat(5 * LINE_MAX));
        text.extend(b"\nlast");
        let expected = vec![
            (true, b"first".to_vec()),
            (true, Vec::new()),
            (true, b"third".to_vec()),
            (true, b"x".repeat(LINE_MAX)),
            (false, b"yyy".to_vec()),
            (false, b"zzz".to_vec()),
            (true, b"last".to_vec()),
        ];
        for step in [1009, 65_537, usize::MAX] {
            assert!(lines(&text, step) == expected, "bytes arrive {step} at a time");
        }
    }

    /// Bytes without end, as of `/dev/zero` or a packed file that unpacks to terabytes.
    #[test]
    fn a_line_without_an_end_is_an_error_after_16_mib() {
        let mut source = Source::new(Box::new(io::repeat(b'x')));
        let error = source.line().expect_err("no line ends");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains("no line end within 16 MiB"), "{error}");
    }

    #[test]
    fn a_record_at_the_end_may_be_cut() {
        let mut source = Source::new(Box::new(Trickle(vec![1, 2, 3, 4, 5], 2)));
        assert_eq!(source.record(3).ok(), Some(Piece::Whole(0..3)));
        let Ok(Piece::Cut(rest)) = source.record(3) else { panic!("two bytes are no record of three") };
        assert_eq!(source.text(rest), [4, 5]);
        assert_eq!(source.record(3).ok(), Some(Piece::End));
    }
}
