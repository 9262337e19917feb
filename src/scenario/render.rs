//! Problems as text: the line, a caret under the place, what was expected, and what to do.

use super::nearest::shortened;
use super::problem::{Problem, Problems};
use super::span::{Source, Span};
use crate::text::{is_hidden, printable};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt::Write;
use std::ops::Range;

/// More fill a screen without helping anyone; the rest is counted.
const MOST_SHOWN: usize = 50;

/// Lines are long if they hold labels that list every known setting; those are cut here.
const LONGEST_LABEL: usize = 600;

impl Problems {
    /// The problems as text, the first fifty in full, and how many there are; with terminal colours if `colour`.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for problem in self.iter().take(MOST_SHOWN) {
            // The renderer shows a line as it is, but for the control characters of ASCII. Its own colours begin with ESC.
            let shown =
                |letter| if is_hidden(letter) && !"\n\u{1b}".contains(letter) { '\u{fffd}' } else { letter };
            text.extend(renderer.render(&[self.group(problem)]).chars().map(shown));
            text.push_str("\n\n");
        }
        if self.len() > MOST_SHOWN {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "and {} more\n", self.len() - MOST_SHOWN);
        }
        text.push_str(&self.closing_line());
        text.push('\n');
        text
    }

    fn group<'p>(&'p self, problem: &'p Problem) -> Group<'p> {
        let title = Level::ERROR.primary_title(printable(&problem.message));
        let mut group = Group::with_title(title);
        if let Some((span, source)) = problem.span.and_then(|span| Some((span, self.source(span)?))) {
            let label = cut(&problem.label);
            let mark = AnnotationKind::Primary.span(place(source, span));
            let mark = if label.is_empty() { mark } else { mark.label(label) };
            let near = problem.related.iter().filter(|(other, _)| other.source == span.source);
            let near = near.map(|(other, text)| context(source, *other, text));
            group = group.element(snippet(source).annotation(mark).annotations(near));
            for (other, text) in problem.related.iter().filter(|(other, _)| other.source != span.source) {
                if let Some(source) = self.source(*other) {
                    group = group.element(snippet(source).annotation(context(source, *other, text)));
                }
            }
        }
        if let Some(variant) = &problem.variant {
            let note = format!("this is so with the variant `{variant}`, not without it");
            group = group.element(Level::NOTE.message(cut(&note)));
        }
        match &problem.help {
            Some(help) => group.element(Level::HELP.message(cut(help))),
            None => group,
        }
    }

    fn source(&self, span: Span) -> Option<&Source> {
        self.sources.get(span.source as usize)
    }

    fn closing_line(&self) -> String {
        let many = match self.len() {
            1 => "1 problem".to_owned(),
            many => format!("{many} problems"),
        };
        let in_arguments = self.iter().any(|problem| problem.span.is_some_and(|span| span.source > 0));
        let in_file = self.iter().any(|problem| problem.span.is_none_or(|span| span.source == 0));
        let file = self.sources.first().and_then(|source| source.name.as_deref()).filter(|_| in_file);
        match (file, in_arguments) {
            (Some(file), false) => format!("{many} in {}", printable(file)),
            (Some(file), true) => format!("{many} in {} and the arguments", printable(file)),
            (None, _) => format!("{many} in the arguments"),
        }
    }
}

fn snippet<A: Clone>(source: &Source) -> Snippet<'_, A> {
    let snippet = Snippet::source(&*source.text);
    match &source.name {
        Some(name) => snippet.path(printable(name)),
        None => snippet.line_numbering(false),
    }
}

fn context<'p>(source: &Source, span: Span, text: &str) -> annotate_snippets::Annotation<'p> {
    AnnotationKind::Context.span(place(source, span)).label(shortened(text))
}

fn cut(text: &str) -> String {
    let clean = printable(text);
    match clean.char_indices().nth(LONGEST_LABEL) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
}

/// The part of `span` on its first line, on the borders of characters: what the renderer draws best.
fn place(source: &Source, span: Span) -> Range<usize> {
    let text = &source.text;
    let end = text.floor_char_boundary(span.end as usize);
    let start = text.floor_char_boundary(span.start as usize).min(end);
    let line = text[start..end].find(['\n', '\r']).unwrap_or(end - start);
    start..start + line
}
