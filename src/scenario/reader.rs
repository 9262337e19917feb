//! Reads one table: each setting is declared once, and what nobody declared is reported.

use super::field::{Field, NONE};
use super::findings::Findings;
use super::kind::Kind;
use super::nearest::{is_same_word, listed, nearest, quoted};
use super::node::{Entry, Node, Table};
use super::problem::Problem;
use super::schema::Description;
use super::span::Span;

/// Reads the settings of one table, or describes them.
///
/// A specification's `read` declares all its fields, always the same ones: a field declared only under some
/// condition would be unknown when the condition fails.
pub struct Reader<'d> {
    task: Task<'d>,
    declared: Vec<&'static str>,
    /// What others call some of them.
    other_names: Vec<(&'static str, &'static str)>,
    /// Words that people look for here, each with what to write.
    words: &'static [(&'static str, &'static str)],
    /// Required settings that are absent, each with what was expected; told at the end, unless it turns out
    /// that they are there but misspelt.
    missing: Vec<(&'static str, String)>,
    /// What checks across settings have found. Told at the end, unless a setting is unknown: it may be the one that a check
    /// did not find.
    checked: Vec<Problem>,
}

/// What a run over the declarations is for.
enum Task<'d> {
    /// A table is read; `before` is how many problems there were before it.
    Read { table: &'d Table, span: Span, findings: &'d mut Findings, before: usize },
    /// The schema is collected.
    Describe(&'d mut Description),
    /// Only a value is wanted, made of examples and defaults.
    Imagine,
    /// A value of each setting is collected, as one would write it: the given one, where it fits.
    Sample { samples: &'d mut Vec<Sample>, given: Option<&'d Node> },
}

/// A setting with a value as one would write it, if its kind knows one.
pub(super) struct Sample {
    pub key: &'static str,
    pub is_required: bool,
    pub text: Option<String>,
    /// Whether the value is the one that somebody gave.
    pub is_given: bool,
}

impl<'d> Reader<'d> {
    pub(super) fn reading(table: &'d Table, span: Span, findings: &'d mut Findings) -> Self {
        let before = findings.count();
        Self::new(Task::Read { table, span, findings, before })
    }

    pub(super) fn describing(description: &'d mut Description) -> Self {
        Self::new(Task::Describe(description))
    }

    pub(super) fn sampling(samples: &'d mut Vec<Sample>, given: Option<&'d Node>) -> Self {
        Self::new(Task::Sample { samples, given })
    }

    pub(super) fn imagining() -> Self {
        Self::new(Task::Imagine)
    }

    fn new(task: Task<'d>) -> Self {
        Self {
            task,
            declared: Vec::new(),
            other_names: Vec::new(),
            words: &[],
            missing: Vec::new(),
            checked: Vec::new(),
        }
    }

    /// Declares the setting `key`. `doc` says in a sentence what it does, its unit, and where its default comes
    /// from; `kind` says what it can hold. Whether it may be absent is the last word:
    /// `r.field("ttl", "How long an entry lives.", positive_time()).optional()`.
    pub fn field<'r, K: Kind>(
        &'r mut self,
        key: &'static str,
        doc: &'static str,
        kind: K,
    ) -> Field<'r, 'd, K> {
        debug_assert!(!self.declared.contains(&key), "`{key}` is declared twice in one table");
        self.declared.push(key);
        Field { reader: self, key, doc, kind }
    }

    /// What real systems or other tools call the setting `key`: who writes that is told how it is called here.
    pub(super) fn other_names(&mut self, key: &'static str, names: &[&'static str]) {
        self.other_names.extend(names.iter().map(|name| (*name, key)));
    }

    /// Words that people look for in this table, each with what to write in its place.
    pub fn words(&mut self, words: &'static [(&'static str, &'static str)]) {
        self.words = words;
    }

    /// The header of the table, for problems that belong to no single setting.
    #[must_use]
    pub fn span(&self) -> Span {
        if let Task::Read { span, .. } = self.task { span } else { Span::default() }
    }

    /// The place of the value of `key`; the header of the table if the default holds.
    #[must_use]
    pub fn span_of(&self, key: &str) -> Span {
        self.entry(key).map_or_else(|| self.span(), |entry| entry.node.span)
    }

    /// Whether nothing is wrong with the table so far. A check across settings means nothing before.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        match &self.task {
            Task::Read { findings, before, .. } => self.missing.is_empty() && findings.count() == *before,
            Task::Describe(_) | Task::Imagine | Task::Sample { .. } => false,
        }
    }

    /// Settings that are right one by one but not together; shown at the value of `key`. Says nothing while
    /// something else is wrong with the table: the values may be stand-ins.
    pub fn contradiction(&mut self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problem(self.span_of(key), message, help);
    }

    /// As [`Reader::contradiction`], at any place, such as that of a [`super::Spanned`] value.
    pub fn problem(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(Problem::new(span, message).help(help));
    }

    /// As [`Reader::problem`], with a label and related places. Several may be reported in one table. They are told at the end,
    /// unless a setting of the table is unknown.
    pub fn report(&mut self, problem: Problem) {
        if self.is_sound() {
            // What is found by a check does not silence the next check.
            self.checked.push(problem);
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'d Entry> {
        if let Task::Read { table, .. } = self.task { table.get(key) } else { None }
    }

    pub(super) fn findings(&mut self) -> Option<&mut Findings> {
        if let Task::Read { findings, .. } = &mut self.task { Some(findings) } else { None }
    }

    pub(super) fn description(&mut self) -> Option<&mut Description> {
        if let Task::Describe(description) = &mut self.task { Some(description) } else { None }
    }

    pub(super) fn samples(&mut self) -> Option<(&mut Vec<Sample>, Option<&'d Node>)> {
        if let Task::Sample { samples, given } = &mut self.task { Some((samples, *given)) } else { None }
    }

    /// The setting `key`, which may be absent elsewhere, is required here; `expected` says what it would hold.
    /// Told at the end, unless it turns out to be there, misspelt.
    pub fn missing(&mut self, key: &'static str, expected: impl Into<String>) {
        let is_absent = self.entry(key).is_none_or(|entry| entry.node.as_text() == Some(NONE));
        if is_absent && matches!(self.task, Task::Read { .. }) {
            self.missing.push((key, expected.into()));
        }
    }

    /// Reports what is missing, and every setting that was not declared.
    pub(super) fn finish(self) {
        let Task::Read { table, span, findings, .. } = self.task else { return };
        let place = findings.place();
        let known = || self.declared.iter().copied();
        let absent: Vec<&str> = known().filter(|key| table.get(key).is_none()).collect();
        let mut missing = self.missing;
        if table.iter().all(|entry| known().any(|key| key == entry.key)) {
            self.checked.into_iter().for_each(|problem| findings.add(problem));
        }
        for entry in table.iter().filter(|entry| !known().any(|key| key == entry.key)) {
            if findings.are_many() {
                findings.add(Problem::new(entry.key_span, format!("unknown setting {}", quoted(&entry.key))));
                continue;
            }
            let word = self.words.iter().find(|(word, _)| is_same_word(word, &entry.key));
            let named = self.other_names.iter().find(|(name, _)| is_same_word(name, &entry.key));
            let near = named.map(|(_, key)| *key);
            let near = near.or_else(|| nearest(&entry.key, absent.iter().copied()));
            let near = near.or_else(|| nearest(&entry.key, known()));
            let is_hinted = |key: &str| word.is_some_and(|(_, what)| what.contains(&format!("`{key}")));
            missing.retain(|(key, _)| Some(*key) != near && !is_hinted(key));
            let expected = if self.declared.is_empty() {
                "expected no settings here".to_owned()
            } else {
                format!("expected one of: {}", listed(known()))
            };
            let message = format!("unknown setting {} in {place}", quoted(&entry.key));
            let help = match word {
                // A whole sentence says that there is no such thing here.
                Some((_, what)) if what.starts_with(char::is_uppercase) => Some((*what).to_owned()),
                Some((_, what)) => Some(format!("write {what}")),
                None => near.map(|near| format!("did you mean `{near}`?")),
            };
            let problem =
                Problem::new(entry.key_span, message).label(expected).help(help.unwrap_or_default());
            if word.is_some() {
                // It says where the setting is.
                findings.add(problem);
            } else {
                findings.add_unknown(&entry.key, problem);
            }
        }
        for (key, expected) in missing {
            let problem = Problem::new(span, format!("missing setting `{key}` in {place}"));
            findings.add(problem.label(format!("expected `{key}`: {expected}")));
        }
    }
}
