//! What is wrong with a scenario: each problem with its place, and all of them together.

use super::span::{Source, Span};
use std::fmt;

/// One thing that is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` if there is no text to point at, as with a missing file.
    pub span: Option<Span>,
    /// What is wrong, with the offending value in backticks.
    pub message: String,
    /// What was expected, shown under the caret; may be empty.
    pub label: String,
    /// What to do.
    pub help: Option<Box<str>>,
    /// Other places that belong to it, each with a remark.
    pub related: Vec<(Span, String)>,
    /// The variant with which it is wrong, where the file without it is sound.
    pub variant: Option<Box<str>>,
}

impl Problem {
    /// A problem at `span`.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span: Some(span),
            message: message.into(),
            label: String::new(),
            help: None,
            related: Vec::new(),
            variant: None,
        }
    }

    /// A problem with no text to point at.
    pub(super) fn without_place(message: impl Into<String>) -> Self {
        Self { span: None, ..Self::new(Span::default(), message) }
    }

    /// Sets what was expected at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets what to do; an empty text means that nothing more can be said.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into().into_boxed_str()).filter(|text| !text.is_empty());
        self
    }

    /// Adds another place that belongs to the problem.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }
}

/// Everything that is wrong with a scenario, in the order of the places; never empty when returned as an error.
#[derive(Clone, Debug)]
pub struct Problems {
    pub(super) sources: Vec<Source>,
    found: Vec<Problem>,
    /// How many were found beyond those kept.
    uncounted: usize,
}

/// More are counted but not kept: nobody reads them, and a hostile file could have a million.
const MOST_KEPT: usize = 1_000;

impl Problems {
    /// Sorts `problems` by place; one that is there twice, as when two variants share a faulty base, counts once.
    pub(super) fn new(sources: Vec<Source>, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span);
        let mut kept: Vec<Problem> = Vec::new();
        let mut uncounted = 0;
        for problem in problems {
            let same_place = kept.iter().rev().take_while(|other| other.span == problem.span);
            if same_place.take(MOST_KEPT).any(|other| other.message == problem.message) {
                continue;
            }
            if kept.len() < MOST_KEPT {
                kept.push(problem);
            } else {
                uncounted += 1;
            }
        }
        Self { sources, found: kept, uncounted }
    }

    /// The problems, by place.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.found.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len() + self.uncounted
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

impl<'p> IntoIterator for &'p Problems {
    type Item = &'p Problem;
    type IntoIter = std::slice::Iter<'p, Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// As [`Problems::render`], without colour.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}
