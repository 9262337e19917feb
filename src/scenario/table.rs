//! A table of settings that a specification reads.

use super::findings::Findings;
use super::kind::Kind;
use super::node::{Node, Value};
use super::profile::{self, Profile};
use super::reader::Reader;
use super::schema::{Description, Shape};
use serde_json::Value as Json;

/// See [`table`].
pub struct TableKind<F> {
    read: F,
    profiles: &'static [Profile],
}

/// A table whose settings `read` declares, as in `table(PoolSpec::read)`.
pub fn table<T, F: Fn(&mut Reader<'_>) -> T>(read: F) -> TableKind<F> {
    TableKind { read, profiles: &[] }
}

impl<F> TableKind<F> {
    /// The table may name one of these, whose settings hold where it has none of its own.
    #[must_use]
    pub fn profiles(self, profiles: &'static [Profile]) -> Self {
        Self { profiles, ..self }
    }
}

impl<T, F: Fn(&mut Reader<'_>) -> T> Kind for TableKind<F> {
    type Value = T;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<T> {
        let Some(table) = node.as_table() else {
            let mut problem = findings.wrong_kind_problem(node, &self.expected());
            if matches!(node.value, Value::Array(_)) {
                problem = problem.help("there is only one of it: write the header with single brackets");
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

    fn example(&self) -> T {
        (self.read)(&mut Reader::imagining())
    }

    fn schema(&self, shape: Shape) -> Json {
        let mut schema = Description::of(shape, |r| {
            profile::declare(self.profiles, r);
            (self.read)(r)
        });
        profile::relax(self.profiles, &mut schema);
        schema
    }

    fn expected(&self) -> String {
        "a table of settings".into()
    }
}
