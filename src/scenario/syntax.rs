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
        let end_of_line = text.get(range.start..).and_then(|rest| rest.find('\n'));
        told_to = end_of_line.map_or(text.len() + 1, |length| range.start + length + 1);
        problems.push(problem(text, &range, error.message()));
    }
    problems
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
    if reason == "duplicate key" {
        return at(format!("not TOML: {} is there already", quoted(culprit.trim_matches(['[', ']']))))
            .label("expected each key once")
            .help("merge the two, or remove one; a list of tables has double brackets: `[[event]]`");
    }
    if reason.contains("recursion") {
        return at("not TOML: brackets in brackets, too deep".into())
            .help("close some of them: no setting is so deep");
    }
    let problem = at(format!("not TOML: {reason}"));
    if expected.is_empty() { problem } else { problem.label(format!("expected {expected}")) }
}

/// Whether `culprit` is a value such as `10 s` or `none`, which the parser takes for a failed number or date.
fn is_bare_word(text: &str, range: &Range<usize>, culprit: &str) -> bool {
    let follows_equals = text[..range.start.min(text.len())].trim_end_matches([' ', '\t']).ends_with('=');
    let plain =
        |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '/' | '%' | '.' | '-' | '_');
    let wordy = culprit.contains(|letter: char| letter.is_alphabetic() || matches!(letter, '/' | '%'));
    follows_equals && wordy && culprit.chars().all(plain)
}
