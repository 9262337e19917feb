//! A table of settings that a specification reads.

use super::bare::{self, Bare};
use super::findings::Findings;
use super::kind::Kind;
use super::nearest::is_same_word;
use super::node::{Node, Value};
use super::profile::{self, Profile};
use super::reader::{Reader, Sample};
use super::schema::{Description, Shape};
use serde_json::{Value as Json, json};

/// See [`table`].
pub struct TableKind<F> {
    read: F,
    profiles: &'static [Profile],
    bare: Option<Bare>,
    hints: &'static [(&'static str, &'static str)],
}

/// A table whose settings `read` declares, as in `table(PoolSpec::read)`.
pub fn table<T, F: Fn(&mut Reader<'_>) -> T>(read: F) -> TableKind<F> {
    TableKind { read, profiles: &[], bare: None, hints: &[] }
}

impl<F> TableKind<F> {
    /// The table may name one of these, whose settings hold where it has none of its own.
    #[must_use]
    pub fn profiles(self, profiles: &'static [Profile]) -> Self {
        Self { profiles, ..self }
    }

    /// A value in place of the table is that of its setting `key`, which is the usual case.
    #[must_use]
    pub fn bare(self, key: &'static str) -> Self {
        Self { bare: Some(Bare { key, flag: None }), ..self }
    }

    /// Words that people write in place of the table, each with what they may want.
    #[must_use]
    pub fn hints(self, hints: &'static [(&'static str, &'static str)]) -> Self {
        Self { hints, ..self }
    }

    /// And `true` or `false` in place of it is that of its setting `flag`.
    #[must_use]
    pub fn bare_flag(self, flag: &'static str) -> Self {
        Self { bare: self.bare.map(|bare| Bare { flag: Some(flag), ..bare }), ..self }
    }
}

impl<T, F: Fn(&mut Reader<'_>) -> T> TableKind<F> {
    fn samples(&self, given: Option<&Node>) -> Vec<Sample> {
        let mut samples = Vec::new();
        (self.read)(&mut Reader::sampling(&mut samples, given));
        samples
    }

    /// What is expected besides a table.
    fn bare_sample(&self) -> Option<String> {
        let Bare { key, .. } = self.bare?;
        self.samples(None).into_iter().find(|sample| sample.key == key)?.text
    }

    /// A table with this value where it fits: in a setting that has to be there.
    fn around(&self, node: &Node) -> Option<String> {
        let samples = self.samples(Some(node));
        samples.iter().find(|sample| sample.is_required && sample.is_given)?;
        let needed = samples.iter().filter(|sample| sample.is_required);
        let shown =
            needed.map(|Sample { key, text, .. }| format!("{key} = {}", text.as_deref().unwrap_or("…")));
        Some(format!("{{ {} }}", shown.collect::<Vec<_>>().join(", ")))
    }

    fn read_table(&self, node: &Node, findings: &mut Findings) -> Option<T> {
        let whole = self.bare.and_then(|bare| bare::whole(node, bare));
        let Some(table) = whole.as_ref().or_else(|| node.as_table()) else {
            let mut problem = findings.wrong_kind_problem(node, &self.expected());
            if matches!(node.value, Value::Array(_)) {
                problem = problem.help("there is only one of it: write the header with single brackets");
            } else if let Some(table) = self.around(node) {
                problem = problem.help(format!("write `{table}`"));
            }
            findings.add(problem);
            return None;
        };
        let before = findings.count();
        let filled = profile::filled(self.profiles, table);
        let mut reader = Reader::reading(filled.as_ref().unwrap_or(table), node.span, findings);
        profile::declare(self.profiles, &mut reader);
        let value = (self.read)(&mut reader);
        reader.finish();
        (findings.count() == before).then_some(value)
    }
}

impl<T, F: Fn(&mut Reader<'_>) -> T> Kind for TableKind<F> {
    type Value = T;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<T> {
        let before = findings.count();
        let value = self.read_table(node, findings);
        if value.is_none() && self.bare.is_some() && !node.is_table() {
            let also = self.sample().map(|table| format!("or a table such as `{table}`"));
            findings.label_since(before, node.span, &also.unwrap_or_default());
            let hint = self
                .hints
                .iter()
                .find(|(word, _)| node.as_text().is_some_and(|text| is_same_word(word, text)));
            if let Some((_, hint)) = hint {
                findings.help_since(before, hint);
            }
        }
        value
    }

    fn example(&self) -> T {
        (self.read)(&mut Reader::imagining())
    }

    fn schema(&self, shape: Shape) -> Json {
        let mut schema = Description::of(shape, |r| {
            profile::declare(self.profiles, r);
            (self.read)(r)
        });
        profile::relax(self.profiles, &mut schema);
        let Some(Bare { key, flag }) = self.bare else { return schema };
        let bare_form = |key: &str| {
            let mut bare = schema["properties"][key].clone();
            if let Some(bare) = bare.as_object_mut() {
                bare.remove("default");
                bare.remove("description");
                // A table is the table, and no tagged value of its setting.
                if let Some(forms) = bare.get_mut("anyOf").and_then(Json::as_array_mut) {
                    forms.retain(|form| form["type"] != "object");
                }
            }
            bare
        };
        let description = match flag {
            Some(flag) => format!("A value in place of the table is its `{key}`, or its `{flag}`."),
            None => format!("A value in place of the table is its `{key}`."),
        };
        let forms: Vec<Json> = [Some(key), flag].into_iter().flatten().map(bare_form).collect();
        let forms = [forms, vec![schema]].concat();
        json!({ "description": description, "anyOf": forms })
    }

    fn expected(&self) -> String {
        let table = match self.sample() {
            Some(sample) => format!("a table such as `{sample}`"),
            None => "a table of settings".into(),
        };
        match self.bare_sample() {
            Some(sample) => format!("a value such as `{sample}`, or {table}"),
            None => table,
        }
    }

    /// The setting that stands for the table, those that it needs, and if these are few, others.
    fn sample(&self) -> Option<String> {
        const FEW: usize = 2;
        let bare = self.bare.map(|bare| bare.key);
        let mut samples = self.samples(None);
        samples.sort_by_key(|sample| (Some(sample.key) != bare, !sample.is_required));
        let needed = samples.iter().filter(|sample| sample.is_required || Some(sample.key) == bare).count();
        let shown: Vec<String> = samples
            .into_iter()
            .filter(|sample| sample.is_required || sample.text.as_ref().is_some_and(|text| text.len() < 30))
            .take(needed.max(FEW))
            .map(|Sample { key, text, .. }| format!("{key} = {}", text.as_deref().unwrap_or("…")))
            .collect();
        (!shown.is_empty()).then(|| format!("{{ {} }}", shown.join(", ")))
    }
}
