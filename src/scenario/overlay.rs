//! Lays a partial scenario over a whole one.
//!
//! Tables merge key by key; everything else is replaced. A table laid over a list of tables that have names
//! selects among them: `workload.keys.article.ttl` is the `ttl` of the element whose `name` is `article`.
//! Every value keeps its place, so that a problem points at the line of the variant that caused it. How two
//! tags of one choice are told apart is said in `choice.rs`.
//!
//! A table can have a bare form (`pool = 16` for `pool = { size = 16 }`). Which tables have one is known only when they
//! are read. So where a table meets a bare value, the new one keeps the old one below it, and `bare.rs` puts them together.

use super::findings::Findings;
use super::nearest::{did_you_mean, listed, quoted};
use super::node::{Entry, Node, Table, Under, Value};
use super::problem::Problem;
use std::collections::BTreeMap;

/// `base` with `patch` laid over it; `layer` is the overlay that wrote `base`.
pub(super) fn overlay(base: Node, layer: u32, patch: &Node, findings: &mut Findings) -> Node {
    let Node { span, value, under } = base;
    let value = match (value, &patch.value) {
        (Value::Table(base), Value::Table(patch)) => Value::Table(merge(base, patch, findings)),
        (Value::Array(nodes), Value::Table(patch)) if all_named(&nodes) => {
            Value::Array(select(nodes, patch, findings))
        }
        (value, _) => {
            let mut over = patch.clone();
            let old = Node { span, value, under };
            let kept = if old.is_table() == over.is_table() {
                old.under
            } else {
                Some(Box::new(Under { node: old, layer }))
            };
            over.put_below(kept);
            return over;
        }
    };
    let mut node = Node { span, value, under: patch.under.clone() };
    node.put_below(under);
    node
}

fn all_named(nodes: &[Node]) -> bool {
    !nodes.is_empty() && nodes.iter().all(|node| node.name().is_some())
}

pub(super) fn merge(mut base: Table, patch: &Table, findings: &mut Findings) -> Table {
    let index: BTreeMap<String, usize> =
        base.entries.iter().enumerate().map(|(position, entry)| (entry.key.clone(), position)).collect();
    for over in &patch.entries {
        let Some(position) = index.get(&over.key) else {
            base.entries.push(over.clone());
            continue;
        };
        let under = &mut base.entries[*position];
        let node = std::mem::replace(&mut under.node, over.node.clone());
        let layer = under.layer;
        let node = findings.within(&over.key, |findings| overlay(node, layer, &over.node, findings));
        *under = Entry { node, ..over.clone() };
    }
    base
}

fn select(mut nodes: Vec<Node>, patch: &Table, findings: &mut Findings) -> Vec<Node> {
    for over in &patch.entries {
        let Some(node) = nodes.iter_mut().find(|node| node.name() == Some(&over.key)) else {
            let names: Vec<&str> = nodes.iter().filter_map(Node::name).collect();
            let message = format!("there is no {} in {}", quoted(&over.key), findings.place());
            let problem = Problem::new(over.key_span, message)
                .label(format!("expected one of: {}", listed(names.iter().copied())))
                .help(did_you_mean(&over.key, names).unwrap_or_default());
            findings.add(problem);
            continue;
        };
        let under = std::mem::replace(node, over.node.clone());
        *node = findings.within(&over.key, |findings| overlay(under, 0, &over.node, findings));
    }
    nodes
}
