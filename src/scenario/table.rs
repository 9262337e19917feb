//! A table of settings that a specification reads.

use super::findings::Findings;
use super::kind::Kind;
use super::node::{Node, Value};
use super::reader::Reader;
use super::schema::{Description, Shape};
use serde_json::Value as Json;

/// See [`table`].
pub struct TableKind<F> {
    read: F,
}

/// A table whose settings `read` declares, as in `table(PoolSpec::read)`.
pub fn table<T, F: Fn(&mut Reader<'_>) -> T>(read: F) -> TableKind<F> {
    TableKind { read }
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
        let mut reader = Reader::reading(table, node.span, findings);
        let value = (self.read)(&mut reader);
        reader.finish();
        (findings.count() == before).then_some(value)
    }

    fn example(&self) -> T {
        (self.read)(&mut Reader::imagining())
    }

    fn schema(&self, shape: Shape) -> Json {
        Description::of(shape, &self.read)
    }

    fn expected(&self) -> String {
        "a table of settings".into()
    }
}
