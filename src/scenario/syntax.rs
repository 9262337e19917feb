//! Errors of the TOML parser as problems, in the words of this program.

use super::nearest::quoted;
use super::node::Builder;
use super::problem::Problem;
use std::ops::Range;

/// The parser goes on after an error and trips over what follows it: of each line only the first is told.
pub(super) fn problems(text: &str, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut told_to = 0;
    let mut problems = Vec::new();
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        if range.start < told_to {
            continue;
        }
        let rest = text.get(range.start..).unwrap_or_default();
        told_to = range.start + rest.find('\n').map_or(rest.len(), |length| length) + 1;
        if second_header(text, &range, error.message()).is_some() {
            // Its settings would all be there already.
            told_to = range.start + rest.find("\n[").map_or(rest.len(), |length| length) + 1;
        }
        problems.push(problem(text, &range, error.message()));
    }
    problems
}

/// The name in the `[header]` that the error is about, if it is there already.
fn second_header<'t>(text: &'t str, range: &Range<usize>, message: &str) -> Option<&'t str> {
    let start = text.get(..range.start)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next()?.trim_start();
    let header = line.strip_prefix('[').filter(|_| message.contains("duplicate key"))?;
    header.trim_start_matches('[').split(']').next()
}

fn problem(text: &str, range: &Range<usize>, message: &str) -> Problem {
    let (reason, expected) = message.rsplit_once(", expected ").unwrap_or((message, ""));
    let reason = reason.replace('\n', " ");
    let culprit = text.get(range.clone()).unwrap_or_default();
    let at = |message: String| Problem::new(Builder { source: 0, offset: 0 }.span(range), message);
    if is_bare_word(text, range, culprit) {
        return at(format!("not TOML: {} has no quotes", quoted(culprit)))
            .label("expected quotes: texts and quantities stand in them")
            .help(format!("write `\"{}\"`", quoted(culprit).trim_matches('`')));
    }
    if ends_in_equals(text, range) && culprit.trim().is_empty() {
        return at("not TOML: there is no value after `=`".into())
            .label("expected a value")
            .help("write one, or take the setting out");
    }
    if reason == "duplicate key" {
        let list = second_header(text, range, &reason).unwrap_or("event");
        return at(format!("not TOML: {} is there already", quoted(culprit.trim_matches(['[', ']']))))
            .label("expected each key once")
            .help(format!(
                "merge the two, or remove one; a list of tables has double brackets: `[[{list}]]`"
            ));
    }
    if reason.contains("recursion") && error_has_no_place(range) {
        let range = &long_key(text).unwrap_or_else(|| range.clone());
        return Problem::new(
            Builder { source: 0, offset: 0 }.span(range),
            format!("not TOML: a key of more than {KEY_PARTS_MAX} parts"),
        )
        .label("expected few parts, as in `redis.pool.size`")
        .help("take dots out: no setting has so many");
    }
    if reason.contains("recursion") {
        return at("not TOML: brackets in brackets, too deep".into())
            .help("close some of them: no setting is so deep");
    }
    let problem = at(format!("not TOML: {reason}"));
    if expected.is_empty() { problem } else { problem.label(format!("expected {expected}")) }
}

/// The parser says of brackets where they are too deep, and of keys nothing.
fn error_has_no_place(range: &Range<usize>) -> bool {
    range.is_empty() && range.start == 0
}

/// More parts of a key than this are too many for the parser.
const KEY_PARTS_MAX: usize = 80;

/// The first key with too many parts: of a line, or of a header.
fn long_key(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = line.find(['=', '#']).unwrap_or(line.len());
        let key = line[..end].trim_end();
        if key.matches('.').count() >= KEY_PARTS_MAX {
            return Some(start..start + key.len());
        }
        start += line.len();
    }
    None
}

/// Whether `culprit` is a value such as `10 s` or `none`, which the parser takes for a failed number or date.
fn is_bare_word(text: &str, range: &Range<usize>, culprit: &str) -> bool {
    let plain =
        |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '/' | '%' | '.' | '-' | '_');
    let wordy = culprit.contains(|letter: char| letter.is_alphabetic() || matches!(letter, '/' | '%'));
    ends_in_equals(text, range) && wordy && culprit.chars().all(plain)
}

/// Whether nothing but `=` and blanks stands in front.
fn ends_in_equals(text: &str, range: &Range<usize>) -> bool {
    text[..range.start.min(text.len())].trim_end_matches([' ', '\t']).ends_with('=')
}
