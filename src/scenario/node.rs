//! The document tree: what a TOML document says, in the order of its lines, each part with its place.

use super::span::Span;
use std::ops::Range;
use toml::de::{DeInteger, DeTable, DeValue};

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// The bytes of the value; for a table under a `[header]`, those of the header.
    pub span: Span,
    /// What stands there.
    pub value: Value,
    /// What an earlier overlay wrote here in the other form: a table below a bare value, or a bare value below a table.
    pub(super) under: Option<Box<Under>>,
}

/// A value that something of the other form was laid over.
#[derive(Clone, Debug)]
pub(super) struct Under {
    pub node: Node,
    /// The overlay that wrote it.
    pub layer: u32,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// `[a]`, `a.b = …`, or `{ … }`.
    Table(Table),
    /// `[ … ]` or a sequence of `[[a]]`.
    Array(Vec<Node>),
    /// A string.
    Text(String),
    /// A whole number; one beyond `i128` is that type's nearest, which every range refuses.
    Integer(i128),
    /// A floating-point number, perhaps infinite or not a number.
    Float(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A date or a time of day, which no setting takes.
    Datetime,
}

/// Settings in the order in which they were written; each key once.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub(super) entries: Vec<Entry>,
}

/// One setting of a [`Table`].
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key, without quotes.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// What it is set to.
    pub node: Node,
    /// The overlay that last touched this setting: 0 is the file, 1 a variant, then each `--set`.
    pub(super) layer: u32,
    /// It was written without its key: `pool = 16` for `pool = { size = 16 }`.
    pub(super) bare: bool,
}

impl Table {
    /// The setting called `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// All settings in order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
}

impl Node {
    pub(super) fn new(span: Span, value: Value) -> Self {
        Self { span, value, under: None }
    }

    /// The table that this node is, if it is one.
    #[must_use]
    pub fn as_table(&self) -> Option<&Table> {
        if let Value::Table(table) = &self.value { Some(table) } else { None }
    }

    /// The text that this node is, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(super) fn is_table(&self) -> bool {
        self.as_table().is_some()
    }

    /// What an earlier overlay wrote here goes below all that later ones have written.
    pub(super) fn put_below(&mut self, lowest: Option<Box<Under>>) {
        match &mut self.under {
            Some(under) => under.node.put_below(lowest),
            none => *none = lowest,
        }
    }

    /// The `name` setting of a table, by which an overlay selects it from a list.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.as_table()?.get("name")?.node.as_text()
    }

    /// What this is, as a noun: `a table`, `the text "x"`.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Table(_) => "a table".into(),
            Value::Array(_) => "a list".into(),
            Value::Text(text) => format!("the text {}", super::nearest::quoted(text)),
            Value::Integer(i128::MIN | i128::MAX) => "a number of that size".into(),
            Value::Integer(number) => format!("`{number}`"),
            Value::Float(number) => format!("`{number}`"),
            Value::Flag(flag) => format!("`{flag}`"),
            Value::Datetime => "a date".into(),
        }
    }

    /// Every setting below this node now belongs to overlay `layer`.
    pub(super) fn set_layer(&mut self, layer: u32) {
        match &mut self.value {
            Value::Table(table) => {
                for entry in &mut table.entries {
                    entry.layer = layer;
                    entry.node.set_layer(layer);
                }
            }
            Value::Array(nodes) => nodes.iter_mut().for_each(|node| node.set_layer(layer)),
            _ => {}
        }
    }

    /// Everything in this node now stands at `span`.
    pub(super) fn set_span(&mut self, span: Span) {
        self.span = span;
        match &mut self.value {
            Value::Table(table) => {
                for entry in &mut table.entries {
                    entry.key_span = span;
                    entry.node.set_span(span);
                }
            }
            Value::Array(nodes) => nodes.iter_mut().for_each(|node| node.set_span(span)),
            _ => {}
        }
    }
}

/// Turns what the TOML parser found in source number `source`, `offset` bytes from its start, into nodes.
#[derive(Clone, Copy)]
pub(super) struct Builder {
    pub source: u32,
    pub offset: usize,
}

impl Builder {
    pub(super) fn span(self, range: &Range<usize>) -> Span {
        Span::new(self.source, self.offset + range.start, self.offset + range.end)
    }

    pub(super) fn node(self, value: &DeValue<'_>, range: &Range<usize>) -> Node {
        let value = match value {
            DeValue::Table(table) => Value::Table(self.table(table)),
            DeValue::Array(array) => {
                Value::Array(array.iter().map(|item| self.node(item.get_ref(), &item.span())).collect())
            }
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(integer) => Value::Integer(whole(integer)),
            DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(_) => Value::Datetime,
        };
        Node::new(self.span(range), value)
    }

    /// The parser sorts keys by name; people read them in the order of the file.
    pub(super) fn table(self, table: &DeTable<'_>) -> Table {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                key_span: self.span(&key.span()),
                node: self.node(value.get_ref(), &value.span()),
                layer: 0,
                bare: false,
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_span);
        Table { entries }
    }
}

fn whole(integer: &DeInteger<'_>) -> i128 {
    let text = integer.as_str();
    let nearest = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    i128::from_str_radix(text, integer.radix()).unwrap_or(nearest)
}
