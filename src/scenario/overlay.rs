//! Lays a partial scenario over a whole one.
//!
//! Tables merge key by key; everything else is replaced. A table laid over a list of tables that have names
//! selects among them: `workload.keys.article.ttl` is the `ttl` of the element whose `name` is `article`.
//! Every value keeps its place, so that a problem points at the line of the variant that caused it. How two
//! tags of one choice are told apart is said in `choice.rs`.

use super::findings::Findings;
use super::nearest::{did_you_mean, listed, quoted};
use super::node::{Entry, Node, Table, Value};
use super::problem::Problem;
use std::collections::BTreeMap;

/// `base` with `patch` laid over it.
pub(super) fn overlay(base: Node, patch: &Node, findings: &mut Findings) -> Node {
    let value = match (base.value, &patch.value) {
        (Value::Table(base), Value::Table(patch)) => Value::Table(merge(base, patch, findings)),
        (Value::Array(nodes), Value::Table(patch)) if all_named(&nodes) => {
            Value::Array(select(nodes, patch, findings))
        }
        _ => return patch.clone(),
    };
    Node { span: base.span, value }
}

fn all_named(nodes: &[Node]) -> bool {
    !nodes.is_empty() && nodes.iter().all(|node| node.name().is_some())
}

fn merge(mut base: Table, patch: &Table, findings: &mut Findings) -> Table {
    let index: BTreeMap<String, usize> =
        base.entries.iter().enumerate().map(|(position, entry)| (entry.key.clone(), position)).collect();
    for over in &patch.entries {
        let Some(position) = index.get(&over.key) else {
            base.entries.push(over.clone());
            continue;
        };
        let under = &mut base.entries[*position];
        let node = std::mem::replace(&mut under.node, over.node.clone());
        let node = findings.within(&over.key, |findings| overlay(node, &over.node, findings));
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
        *node = findings.within(&over.key, |findings| overlay(under, &over.node, findings));
    }
    nodes
}
