//! Kinds of values: how one is read, what stands in for a faulty one, and how a schema describes it.

use super::findings::Findings;
use super::node::{Node, Table, Value};
use super::schema::Shape;
use super::span::{Span, Spanned};
use serde_json::{Value as Json, json};

/// What a setting can hold. A kind must not contain itself: its schema would have no end.
pub trait Kind {
    /// What reading yields.
    type Value;

    /// Reads `node`; what is wrong goes to `findings`, and then there is no value.
    fn read(&self, node: &Node, findings: &mut Findings) -> Option<Self::Value>;

    /// Stands in for a value that could not be read, so that reading goes on and finds every problem; never
    /// seen by a run.
    fn example(&self) -> Self::Value;

    /// JSON Schema (draft-07) of what `read` accepts. A `description` in it follows the setting's own.
    fn schema(&self, shape: Shape) -> Json;

    /// What is expected, as a noun with its range and an example: `a length of time, such as "250 ms"`.
    fn expected(&self) -> String;

    /// A value as one would write it in a file, for messages; nothing if the kind knows none that is short.
    fn sample(&self) -> Option<String> {
        self.show(&self.example()).map(|value| inline(&value))
    }

    /// `value` as JSON, as one would write it in a file; `None` if the kind cannot tell.
    fn show(&self, _value: &Self::Value) -> Option<Json> {
        None
    }

    /// What an absent setting stands for under [`super::Field::or_empty`].
    fn empty(&self) -> Value {
        Value::Table(Table::default())
    }

    /// The same in the file, another type in the program.
    fn map<T, F: Fn(Self::Value) -> T>(self, convert: F) -> Map<Self, F>
    where
        Self: Sized,
    {
        Map { kind: self, convert }
    }
}

/// A JSON value as one would write it in a scenario, on one line.
pub(super) fn inline(value: &Json) -> String {
    match value {
        Json::Object(table) => {
            let settings = table.iter().map(|(key, value)| format!("{key} = {}", inline(value)));
            format!("{{ {} }}", settings.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// See [`Kind::map`].
pub struct Map<K, F> {
    kind: K,
    convert: F,
}

impl<K: Kind, T, F: Fn(K::Value) -> T> Kind for Map<K, F> {
    type Value = T;
    fn read(&self, node: &Node, findings: &mut Findings) -> Option<T> {
        self.kind.read(node, findings).map(&self.convert)
    }
    fn example(&self) -> T {
        (self.convert)(self.kind.example())
    }
    fn schema(&self, shape: Shape) -> Json {
        self.kind.schema(shape)
    }
    fn expected(&self) -> String {
        self.kind.expected()
    }
    fn sample(&self) -> Option<String> {
        self.kind.sample()
    }
    fn empty(&self) -> Value {
        self.kind.empty()
    }
}

/// See [`spanned`].
pub struct SpannedKind<K>(K);

/// `kind`, and where its value stands.
pub fn spanned<K: Kind>(kind: K) -> SpannedKind<K> {
    SpannedKind(kind)
}

impl<K: Kind> Kind for SpannedKind<K> {
    type Value = Spanned<K::Value>;
    fn read(&self, node: &Node, findings: &mut Findings) -> Option<Self::Value> {
        self.0.read(node, findings).map(|value| Spanned { value, span: node.span })
    }
    fn example(&self) -> Self::Value {
        Spanned { value: self.0.example(), span: Span::default() }
    }
    fn schema(&self, shape: Shape) -> Json {
        self.0.schema(shape)
    }
    fn expected(&self) -> String {
        self.0.expected()
    }
    fn sample(&self) -> Option<String> {
        self.0.sample()
    }
    fn show(&self, value: &Self::Value) -> Option<Json> {
        self.0.show(&value.value)
    }
    fn empty(&self) -> Value {
        self.0.empty()
    }
}

/// See [`text`].
pub struct Text;

/// Any text that is not blank.
#[must_use]
pub fn text() -> Text {
    Text
}

impl Kind for Text {
    type Value = String;
    fn read(&self, node: &Node, findings: &mut Findings) -> Option<String> {
        let text = node.as_text().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            findings.wrong_kind(node, &self.expected());
        }
        text.map(str::to_owned)
    }
    fn example(&self) -> String {
        "text".into()
    }
    fn schema(&self, _: Shape) -> Json {
        json!({ "type": "string", "pattern": "\\S" })
    }
    fn expected(&self) -> String {
        "a text in quotes".into()
    }
    fn show(&self, value: &String) -> Option<Json> {
        Some(json!(value))
    }
}

/// See [`name`].
pub struct Name;

/// What something is called: up to 64 lower-case letters, digits, `-`, `_` and `.`. Names become paths of
/// settings, names of files and words on a command line, so they hold nothing that needs quotes there.
#[must_use]
pub fn name() -> Name {
    Name
}

const LONGEST_NAME: usize = 64;

impl Kind for Name {
    type Value = String;
    fn read(&self, node: &Node, findings: &mut Findings) -> Option<String> {
        let Some(text) = node.as_text() else {
            findings.wrong_kind(node, &self.expected());
            return None;
        };
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
        };
        let starts_well =
            text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
        if starts_well && text.len() <= LONGEST_NAME && text.bytes().all(allowed) {
            return Some(text.to_owned());
        }
        let mut problem = findings.wrong_kind_problem(node, &self.expected());
        if let Some(near) = near_name(text) {
            problem = problem.help(format!("write `\"{near}\"`"));
        }
        findings.add(problem);
        None
    }
    fn example(&self) -> String {
        "example".into()
    }
    fn schema(&self, _: Shape) -> Json {
        json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$" })
    }
    fn expected(&self) -> String {
        format!(
            "a name of at most {LONGEST_NAME} letters a-z, digits, `-`, `_` and `.`, such as `\"article-1\"`"
        )
    }
    fn show(&self, value: &String) -> Option<Json> {
        Some(json!(value))
    }
}

/// What a person meant who wrote `Flash Sale`.
fn near_name(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase().replace([' ', '/', ':'], "-");
    let good = lower.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && lower.starts_with(|first: char| first.is_ascii_alphanumeric());
    (good && lower.len() <= LONGEST_NAME).then_some(lower)
}

/// See [`flag`].
pub struct Flag;

/// `true` or `false`.
#[must_use]
pub fn flag() -> Flag {
    Flag
}

impl Kind for Flag {
    type Value = bool;
    fn read(&self, node: &Node, findings: &mut Findings) -> Option<bool> {
        if let Value::Flag(flag) = node.value {
            return Some(flag);
        }
        findings.wrong_kind(node, &self.expected());
        None
    }
    fn example(&self) -> bool {
        false
    }
    fn schema(&self, _: Shape) -> Json {
        json!({ "type": "boolean" })
    }
    fn expected(&self) -> String {
        "`true` or `false`, without quotes".into()
    }
    fn show(&self, value: &bool) -> Option<Json> {
        Some(json!(value))
    }
}
