//! Where something was written: a range of bytes in one source, be it the file or a `--set` argument.

use std::sync::Arc;

/// A range of bytes in one source. Spans order by source (the file first), then by place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub(super) source: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    /// The bytes `start..end` of source number `source`.
    pub(super) fn new(source: u32, start: usize, end: usize) -> Self {
        Self { source, start: start as u32, end: end as u32 }
    }
}

/// A value together with its place, for checks that reach across tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was read.
    pub value: T,
    /// Where it stands; the header of the table if the value is a default.
    pub span: Span,
}

/// A text that spans point into.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The path of a file, as given; `None` for a `--set` argument, whose text says what it is.
    pub name: Option<String>,
    pub text: Arc<str>,
}
