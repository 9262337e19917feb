//! Variants: partial scenarios that are laid over the rest of the file.

use super::findings::Findings;
use super::kind::{Kind, name, text};
use super::node::{Node, Table, Value};
use super::problem::Problem;
use super::span::Span;
use std::collections::BTreeMap;

pub(super) const VARIANT: &str = "variant";
pub(super) const NAME: &str = "name";
pub(super) const DESCRIPTION: &str = "description";

/// What results call the file itself, without any of its variants.
const BASE: &str = "base";

/// Each variant is read on top of the whole file: a bound on the work a hostile file can ask for.
const MOST_VARIANTS: usize = 200;

/// One `[[variant]]` of a file.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What results and messages call it; no two variants share it.
    pub name: String,
    /// What it shows, in a sentence.
    pub description: Option<String>,
    pub(super) patch: Node,
}

/// Takes the `[[variant]]` tables out of the root of a file.
pub(super) fn take(root: &mut Table, findings: &mut Findings) -> Vec<Variant> {
    let Some(position) = root.entries.iter().position(|entry| entry.key == VARIANT) else {
        return Vec::new();
    };
    let entry = root.entries.remove(position);
    findings.within(VARIANT, |findings| {
        let Value::Array(nodes) = entry.node.value else {
            let problem = findings.wrong_kind_problem(&entry.node, "a list of tables");
            findings.add(
                problem.help("there may be several: write the header with double brackets, `[[variant]]`"),
            );
            return Vec::new();
        };
        if nodes.len() > MOST_VARIANTS {
            let message = format!("the file has {} variants", nodes.len());
            findings.add(
                Problem::new(entry.node.span, message).label(format!("expected at most {MOST_VARIANTS}")),
            );
            return Vec::new();
        }
        let mut places = BTreeMap::new();
        let one = |(index, node): (usize, Node)| {
            findings.within(&format!("#{}", index + 1), |findings| variant(node, &mut places, findings))
        };
        nodes.into_iter().enumerate().filter_map(one).collect()
    })
}

fn variant(mut node: Node, places: &mut BTreeMap<String, Span>, findings: &mut Findings) -> Option<Variant> {
    let span = node.span;
    let Value::Table(table) = &mut node.value else {
        findings.wrong_kind(&node, "a table of settings");
        return None;
    };
    let mut cut = |key: &str| {
        let position = table.entries.iter().position(|entry| entry.key == key)?;
        Some(table.entries.remove(position))
    };
    let (name_entry, description, nested) = (cut(NAME), cut(DESCRIPTION), cut(VARIANT));
    if let Some(nested) = nested {
        let problem = Problem::new(nested.key_span, "a variant cannot have variants");
        findings.add(problem.label("expected settings").help("write each as a `[[variant]]` of the file"));
    }
    let description = description
        .and_then(|entry| findings.within(DESCRIPTION, |findings| text().read(&entry.node, findings)));
    let Some(entry) = name_entry else {
        let problem = Problem::new(span, format!("missing setting `name` in {}", findings.place()));
        findings.add(problem.label(format!("expected `name`: {}", name().expected())));
        return None;
    };
    let name = findings.within(NAME, |findings| name().read(&entry.node, findings))?;
    if name == BASE {
        let problem = Problem::new(entry.node.span, "a variant cannot be called `base`");
        findings.add(problem.label("expected another name").help("`base` is the file without its variants"));
        return None;
    }
    if let Some(first) = places.get(&name) {
        let problem = Problem::new(entry.node.span, format!("there are two variants `{name}`"));
        let problem = problem.label("expected a name of its own").related(*first, "the other one");
        findings.add(problem.help("names tell variants apart: rename one of the two"));
        return None;
    }
    places.insert(name.clone(), entry.node.span);
    node.set_layer(1);
    Some(Variant { name, description, patch: node })
}
