//! A declared setting, and what holds when it is absent.

use super::findings::Findings;
use super::kind::{Kind, inline};
use super::node::{Builder, Node, Value};
use super::reader::{Reader, Sample};
use super::schema::Absent;
use serde_json::{Value as Json, json};

/// What one writes to take an optional setting away that the base scenario has.
pub(super) const NONE: &str = "none";

/// A setting that has been declared; one of its methods says what its absence means and yields the value.
#[must_use = "a field is read by saying what its absence means: `.required()`, `.or(…)`, …"]
pub struct Field<'r, 'd, K> {
    pub(super) reader: &'r mut Reader<'d>,
    pub(super) key: &'static str,
    pub(super) doc: &'static str,
    pub(super) kind: K,
}

impl<K: Kind> Field<'_, '_, K> {
    /// What real systems or other tools call it, for who writes that; case and dashes do not matter.
    pub fn known_as(self, names: &[&'static str]) -> Self {
        self.reader.other_names(self.key, names);
        self
    }

    /// Its absence is a problem.
    #[must_use]
    pub fn required(mut self) -> K::Value {
        self.describe(Absent::Problem);
        if self.reader.entry(self.key).is_none() {
            self.reader.missing(self.key, self.kind.expected());
        }
        self.value().unwrap_or_else(|| self.kind.example())
    }

    /// Its absence means `default`.
    #[must_use]
    pub fn or(mut self, default: K::Value) -> K::Value {
        let shown = self.kind.show(&default);
        let keep = shown.as_ref().map_or("give it another value".into(), |shown| default_is(&inline(shown)));
        self.describe(shown.map_or(Absent::Unsaid, Absent::Default));
        self.value_or(|_| keep.clone()).unwrap_or(default)
    }

    /// Its absence means what `toml` means, which is written as one would write it in a file, so that a schema
    /// can show it.
    ///
    /// # Panics
    ///
    /// If `toml` is not what the kind reads: an error in the program, which [`super::schema()`] finds as well.
    #[must_use]
    pub fn or_written(mut self, toml: &'static str) -> K::Value {
        let parsed = toml::de::DeValue::parse(toml).expect("a written default is TOML");
        let mut node = Builder { source: 0, offset: 0 }.node(parsed.get_ref(), &parsed.span());
        node.set_span(self.reader.span());
        let mut findings = Findings::default();
        let default = self.kind.read(&node, &mut findings);
        let default = default.filter(|_| findings.count() == 0);
        let default = default.unwrap_or_else(|| {
            panic!("the default of `{}` is not {}: {findings:?}", self.key, self.kind.expected())
        });
        self.describe(Absent::Default(as_json(&node)));
        self.value_or(|_| default_is(toml)).unwrap_or(default)
    }

    /// Its absence means the same as an empty table, or an empty list.
    #[must_use]
    pub fn or_empty(mut self) -> K::Value {
        self.describe(Absent::Unsaid);
        let keep = |kind: &K| match kind.empty() {
            Value::Array(_) => "`[]` empties the list".into(),
            _ => "change its settings one by one".into(),
        };
        if let Some(value) = self.value_or(keep) {
            return value;
        }
        let node = Node::new(self.reader.span(), self.kind.empty());
        let absent = self.reader.entry(self.key).is_none();
        let Some(findings) = self.reader.findings().filter(|_| absent) else { return self.kind.example() };
        let value = findings.within(self.key, |findings| self.kind.read(&node, findings));
        value.unwrap_or_else(|| self.kind.example())
    }

    /// It may be absent, and `"none"` makes it so: that is how a variant takes a setting away.
    #[must_use]
    pub fn optional(mut self) -> Option<K::Value> {
        self.describe(Absent::Nothing);
        let entry = self.reader.entry(self.key)?;
        if entry.node.as_text() == Some(NONE) { None } else { self.value() }
    }

    /// Its absence is a problem; `"none"` says that there is nothing.
    #[must_use]
    pub fn required_or_none(mut self) -> Option<K::Value> {
        self.describe(Absent::ProblemOrNone);
        match self.reader.entry(self.key) {
            Some(entry) if entry.node.as_text() == Some(NONE) => None,
            Some(_) => self.value(),
            None => {
                self.reader.missing(self.key, self.kind.expected());
                None
            }
        }
    }

    fn value(&mut self) -> Option<K::Value> {
        self.value_or(|_| "it has to be there".into())
    }

    /// The value; where `"none"` is none, `keep` says how one gets rid of what an overlay cannot take away.
    fn value_or(&mut self, keep: impl Fn(&K) -> String) -> Option<K::Value> {
        let entry = self.reader.entry(self.key)?;
        let kind = &self.kind;
        let findings = self.reader.findings()?;
        let read = |findings: &mut Findings| {
            let before = findings.count();
            let value = kind.read(&entry.node, findings);
            if value.is_none() && entry.node.as_text() == Some(NONE) {
                findings.help_since(before, &format!("it cannot be taken away: {}", keep(kind)));
            }
            value
        };
        // A value without a key stands where the table is expected.
        if entry.bare { read(findings) } else { findings.within(self.key, read) }
    }

    fn describe(&mut self, absent: Absent) {
        let (key, doc, kind) = (self.key, self.doc, &self.kind);
        if let Some((samples, given)) = self.reader.samples() {
            let fits = |node: &&Node| {
                let mut findings = Findings::default();
                kind.read(node, &mut findings).is_some() && findings.count() == 0
            };
            let given = given.filter(fits).map(|node| inline(&as_json(node)));
            let (is_required, is_given) = (matches!(absent, Absent::Problem), given.is_some());
            samples.push(Sample { key, is_required, text: given.or_else(|| kind.sample()), is_given });
            return;
        }
        if let Some(description) = self.reader.description() {
            description.add(key, doc, kind.schema(description.shape()), absent);
        }
    }
}

fn default_is(written: &str) -> String {
    format!("write its default, `{written}`")
}

/// A written default as a schema shows it.
fn as_json(node: &Node) -> Json {
    match &node.value {
        Value::Table(table) => table.iter().map(|entry| (entry.key.clone(), as_json(&entry.node))).collect(),
        Value::Array(nodes) => nodes.iter().map(as_json).collect(),
        Value::Text(text) => json!(text),
        Value::Integer(number) => i64::try_from(*number).map_or(Json::Null, |number| json!(number)),
        Value::Float(number) => json!(number),
        Value::Flag(flag) => json!(flag),
        Value::Datetime => Json::Null,
    }
}
