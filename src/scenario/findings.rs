//! What is collected while a document is read: the problems so far, and where in the tree the reader stands.

use super::node::Node;
use super::problem::Problem;
use super::span::Span;

/// Enough to fill any screen, and a bound on what a hostile file can make us keep.
const MOST_COLLECTED: usize = 10_000;

/// Only the first problems get a suggestion, twice as many as are shown: a suggestion compares a word with all known words.
const MOST_EXPLAINED: usize = 100;

/// The problems found so far, and the path of the setting that is being read.
#[derive(Debug, Default)]
pub struct Findings {
    problems: Vec<Problem>,
    path: Vec<String>,
    /// Which of the problems are unknown settings, and their keys.
    unknown: Vec<(usize, String)>,
}

impl Findings {
    /// Notes a problem; what comes after the first ten thousand is dropped.
    pub fn add(&mut self, problem: Problem) {
        if self.problems.len() < MOST_COLLECTED {
            self.problems.push(problem);
        }
    }

    /// `node` is of the wrong kind: says what it is and what was expected.
    pub fn wrong_kind(&mut self, node: &Node, expected: &str) {
        self.add(self.wrong_kind_problem(node, expected));
    }

    pub(super) fn wrong_kind_problem(&self, node: &Node, expected: &str) -> Problem {
        let message = format!("{} cannot be {}", self.place(), node.describe());
        Problem::new(node.span, message).label(format!("expected {expected}"))
    }

    /// The path of the setting that is being read, in backticks: `` `redis.pool.size` ``.
    #[must_use]
    pub fn place(&self) -> String {
        if self.path.is_empty() {
            return "the scenario".into();
        }
        format!("`{}`", super::called::short(&self.path).join(".").replace(".#", "#"))
    }

    /// Reads one level deeper: `key` is a setting's name, or `#3` for the third element of a list.
    pub fn within<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(super::nearest::shortened(key));
        let value = read(self);
        self.path.pop();
        value
    }

    pub(super) fn add_unknown(&mut self, key: &str, problem: Problem) {
        if self.unknown.len() < MOST_EXPLAINED && self.problems.len() < MOST_COLLECTED {
            self.unknown.push((self.problems.len(), key.to_owned()));
        }
        self.add(problem);
    }

    /// Whether nobody reads what is said about one more problem.
    pub(super) fn are_many(&self) -> bool {
        self.problems.len() >= MOST_EXPLAINED
    }

    pub(super) fn has_unknown(&self) -> bool {
        !self.unknown.is_empty()
    }

    /// Tells of each unknown setting where `places` knows one of that name.
    pub(super) fn place_unknown(&mut self, places: impl Fn(&str) -> Option<String>) {
        for (index, key) in std::mem::take(&mut self.unknown) {
            if let Some(hint) = places(&key) {
                let help = &mut self.problems[index].help;
                *help = Some(
                    help.take().map_or_else(|| hint.as_str().into(), |help| format!("{help} {hint}").into()),
                );
            }
        }
    }

    /// Gives each problem found after the first `before` this help, unless it has one.
    pub(super) fn help_since(&mut self, before: usize, help: &str) {
        for problem in self.problems.iter_mut().skip(before) {
            problem.help.get_or_insert_with(|| help.into());
        }
    }

    /// Adds to what was expected, for each problem with the value at `span` that was found after the first `before`.
    pub(super) fn label_since(&mut self, before: usize, span: Span, also: &str) {
        let found = self.problems.iter_mut().skip(before).filter(|problem| problem.span == Some(span));
        for problem in found.filter(|problem| !problem.label.is_empty() && !also.is_empty()) {
            if !problem.label.contains(also) {
                problem.label = format!("{}, {also}", problem.label);
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The first place at which two of `items` have the same name is shown with the second.
    pub(super) fn duplicate(&mut self, name: &str, first: Span, second: Span) {
        let message = format!("the name {} is taken in {}", super::nearest::quoted(name), self.place());
        self.add(
            Problem::new(second, message)
                .label("expected a name of its own")
                .related(first, "the other one")
                .help("names tell the elements of a list apart: rename one of the two"),
        );
    }
}
