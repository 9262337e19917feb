//! A request as the parsers find it: strings are still places in the line.

use super::Record;
use super::operation::Operation;
use crate::quantity::Bytes;
use crate::time::Duration;
use std::ops::Range;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Nanoseconds of the trace's own clock.
    pub time: i64,
    pub key: Range<usize>,
    pub size: Option<Bytes>,
    pub operation: Operation,
    pub ttl: Option<Duration>,
    pub user: Option<Range<usize>>,
    pub status: Option<u16>,
}

impl Request {
    /// As the caller sees it: `at` on the clock of the run, strings out of `text`.
    #[inline]
    pub fn record(self, at: Duration, text: &[u8]) -> Record<'_> {
        Record {
            at,
            key: &text[self.key],
            size: self.size,
            operation: self.operation,
            ttl: self.ttl,
            user: self.user.map(|user| &text[user]),
            status: self.status,
        }
    }
}

/// What a line of text turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Request(Request),
    /// Nothing at all.
    Blank,
    /// Well formed, but nothing that a cache ever sees.
    Other,
}
