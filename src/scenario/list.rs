//! Lists: of anything, or of tables with names of their own.

use super::findings::Findings;
use super::kind::Kind;
use super::node::{Node, Value};
use super::problem::Problem;
use super::schema::Shape;
use super::span::Span;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// See [`list`] and [`named_list`].
pub struct List<K> {
    kind: K,
    named: bool,
    least: usize,
    most: usize,
}

/// Any number of `kind`: `[…]`, or one `[[key]]` after the other if they are tables.
pub fn list<K: Kind>(kind: K) -> List<K> {
    List { kind, named: false, least: 0, most: usize::MAX }
}

/// A list of tables that differ in their `name`, which `kind` declares itself. An overlay selects an element by
/// its name: `workload.keys.article.ttl = "5 s"`.
pub fn named_list<K: Kind>(kind: K) -> List<K> {
    List { named: true, ..list(kind) }
}

impl<K: Kind> List<K> {
    /// Fewer elements are a problem.
    #[must_use]
    pub fn at_least(self, least: usize) -> Self {
        Self { least, ..self }
    }

    /// More elements are a problem.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    fn check_names(nodes: &[Node], findings: &mut Findings) {
        let mut places: BTreeMap<&str, Span> = BTreeMap::new();
        for node in nodes {
            let entry = node.as_table().and_then(|table| table.get("name"));
            let Some((name, span)) = entry.and_then(|entry| Some((entry.node.as_text()?, entry.node.span)))
            else {
                continue;
            };
            match places.get(name) {
                Some(first) => findings.duplicate(name, *first, span),
                None => {
                    places.insert(name, span);
                }
            }
        }
    }
}

/// How the element is called in paths: by its name, else by its number, counted from 1.
fn label(node: &Node, index: usize) -> String {
    node.name().map_or_else(|| format!("#{}", index + 1), str::to_owned)
}

impl<K: Kind> Kind for List<K> {
    type Value = Vec<K::Value>;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<Self::Value> {
        let Value::Array(nodes) = &node.value else {
            let mut problem = findings.wrong_kind_problem(node, &self.expected());
            if matches!(node.value, Value::Table(_)) {
                problem =
                    problem.help("there may be several: write the header with double brackets, `[[…]]`");
            }
            findings.add(problem);
            return None;
        };
        let before = findings.count();
        if !(self.least..=self.most).contains(&nodes.len()) {
            let message = format!("{} has {} elements", findings.place(), nodes.len());
            findings.add(Problem::new(node.span, message).label(format!("expected {}", self.expected())));
        }
        let values = nodes.iter().enumerate().filter_map(|(index, node)| {
            findings.within(&label(node, index), |findings| self.kind.read(node, findings))
        });
        let values = values.collect();
        if self.named {
            Self::check_names(nodes, findings);
        }
        (findings.count() == before).then_some(values)
    }

    fn example(&self) -> Self::Value {
        (0..self.least).map(|_| self.kind.example()).collect()
    }

    fn schema(&self, shape: Shape) -> Json {
        let mut whole = json!({ "type": "array", "items": self.kind.schema(Shape::Whole) });
        if self.least > 0 {
            whole["minItems"] = json!(self.least);
        }
        if self.most < usize::MAX {
            whole["maxItems"] = json!(self.most);
        }
        if !self.named || shape == Shape::Whole {
            return whole;
        }
        json!({ "anyOf": [whole, { "type": "object", "additionalProperties": self.kind.schema(Shape::Partial) }] })
    }

    fn expected(&self) -> String {
        let length = match (self.least, self.most) {
            (0, usize::MAX) => String::new(),
            (least, usize::MAX) => format!(" of at least {least}"),
            (0, most) => format!(" of at most {most}"),
            (least, most) if least == most => format!(" of {least}"),
            (least, most) => format!(" of {least} to {most}"),
        };
        format!("a list{length}, each {}", self.kind.expected())
    }

    fn sample(&self) -> Option<String> {
        self.kind.sample().map(|sample| format!("[{sample}]"))
    }

    fn show(&self, values: &Self::Value) -> Option<Json> {
        values.iter().map(|value| self.kind.show(value)).collect()
    }

    fn empty(&self) -> Value {
        Value::Array(Vec::new())
    }
}
