//! The bare form of a table: `pool = 16` for `pool = { size = 16 }`, where one of its settings is the usual case.
//!
//! Both forms are one table. A variant that sets `pool.timeout` over a base with `pool = 16` keeps the size, and one that
//! says `pool = 8` over a base with `pool = { size = 16, timeout = "1 s" }` keeps the time-out.

use super::field::NONE;
use super::findings::Findings;
use super::node::{Entry, Node, Table, Value};
use super::overlay::merge;

/// Which setting a value without a key is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bare {
    pub key: &'static str,
    /// Another one for `true` and `false`.
    pub flag: Option<&'static str>,
}

/// The table that `node` stands for; nothing if it is a list.
pub(super) fn whole(node: &Node, bare: Bare) -> Option<Table> {
    at(node, bare, u32::MAX)
}

fn at(node: &Node, bare: Bare, layer: u32) -> Option<Table> {
    let above = match &node.value {
        Value::Table(table) => table.clone(),
        Value::Array(_) => return None,
        // Whatever was below has been taken away.
        Value::Text(text) if text == NONE && layer < u32::MAX => return Some(Table::default()),
        value => {
            let flag = bare.flag.filter(|_| matches!(value, Value::Flag(_)));
            let key = flag.unwrap_or(bare.key);
            let own = Node::new(node.span, value.clone());
            let entry = Entry { key: key.to_owned(), key_span: node.span, node: own, layer, bare: true };
            Table { entries: vec![entry] }
        }
    };
    let below = node.under.as_ref().and_then(|under| at(&under.node, bare, under.layer));
    Some(match below {
        // Whatever is wrong with one of them is told when the table is read.
        Some(below) => merge(below, &above, &mut Findings::default()),
        None => above,
    })
}
