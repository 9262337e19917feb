//! What a scenario comes to once a variant and the `--set` arguments are laid over it, as a text: two scenarios with the
//! same text are the same. Comments and places are not part of it. What was laid over what is: of several ways to say one
//! thing, as `poisson` and `constant`, the one that was laid over last holds.

use super::document::Document;
use super::node::{Entry, Node, Table, Value};
use std::collections::BTreeSet;
use std::fmt::Write;

impl Document {
    /// The settings with a variant and the `--set` arguments laid over the file, but for those of these names at the top.
    #[must_use]
    pub fn resolved(&self, variant: Option<&str>, without: &[&str]) -> String {
        let mut text = String::new();
        let whole = self.laid_over(variant);
        let entries = whole.as_table().into_iter().flat_map(Table::iter);
        let entries: Vec<&Entry> = entries.filter(|entry| !without.contains(&entry.key.as_str())).collect();
        // Which argument a value comes from counts only in relation to the others that are left.
        let mut layers = BTreeSet::new();
        for entry in &entries {
            layers_of(entry, &mut layers);
        }
        for entry in entries {
            write_entry(&mut text, entry, &layers);
            text.push('\n');
        }
        text
    }
}

/// All layers that values come from.
fn layers_of(entry: &Entry, layers: &mut BTreeSet<u32>) {
    layers.insert(entry.layer);
    layers_of_node(&entry.node, layers);
}

fn layers_of_node(node: &Node, layers: &mut BTreeSet<u32>) {
    if let Some(under) = &node.under {
        layers.insert(under.layer);
        layers_of_node(&under.node, layers);
    }
    match &node.value {
        Value::Table(table) => table.iter().for_each(|entry| layers_of(entry, layers)),
        Value::Array(nodes) => nodes.iter().for_each(|node| layers_of_node(node, layers)),
        _ => {}
    }
}

/// The place of a layer among those that are there; 0 is the file.
fn rank(layer: u32, layers: &BTreeSet<u32>) -> usize {
    layers.iter().filter(|other| (1..=layer).contains(*other)).count()
}

fn write_entry(text: &mut String, entry: &Entry, layers: &BTreeSet<u32>) {
    let over = if entry.layer > 0 { format!("@{}", rank(entry.layer, layers)) } else { String::new() };
    // Writing to a string cannot fail.
    let _ = write!(text, "{:?}{over}=", entry.key);
    write_node(text, &entry.node, layers);
}

fn write_node(text: &mut String, node: &Node, layers: &BTreeSet<u32>) {
    if let Some(under) = &node.under {
        // Writing to a string cannot fail.
        let _ = write!(text, "({}:", rank(under.layer, layers));
        write_node(text, &under.node, layers);
        text.push(')');
    }
    // Writing to a string cannot fail.
    let _ = match &node.value {
        Value::Table(table) => {
            text.push('{');
            for entry in table.iter() {
                write_entry(text, entry, layers);
                text.push(',');
            }
            write!(text, "}}")
        }
        Value::Array(nodes) => {
            text.push('[');
            for node in nodes {
                write_node(text, node, layers);
                text.push(',');
            }
            write!(text, "]")
        }
        Value::Text(content) => write!(text, "{content:?}"),
        Value::Integer(number) => write!(text, "{number}"),
        Value::Float(number) => write!(text, "{number:?}"),
        Value::Flag(flag) => write!(text, "{flag}"),
        Value::Datetime => write!(text, "date"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str, sets: &[&str]) -> Document {
        let mut document = Document::parse("a.toml", text).expect("it is TOML");
        for set in sets {
            document.set(set).expect("it is a setting");
        }
        document
    }

    #[test]
    fn a_scenario_is_the_same_however_it_is_laid_out_and_another_with_any_other_setting() {
        let text = "seed = 1\nredis.ttl = \"1 s\"\n[[key]]\nname = \"a\"\ncount = 7\n";
        let same = "# A comment.\nredis = { ttl = \"1 s\" } # Another.\nkey = [{ name = \"a\", count = 7 }]\nseed = 2";
        let resolved = |text: &str, sets: &[&str]| document(text, sets).resolved(None, &["seed"]);
        let expected = "\"redis\"={\"ttl\"=\"1 s\",}\n\"key\"=[{\"name\"=\"a\",\"count\"=7,},]\n";
        assert_eq!(resolved(text, &[]), expected);
        assert_eq!(resolved(same, &[]), expected);
        assert_eq!(resolved(text, &["seed=3"]), expected);
        for set in ["redis.ttl=2s", "key.a.count=8", "redis.nodes=1", "name=b"] {
            assert_ne!(resolved(text, &[set]), expected, "{set}");
        }
    }

    #[test]
    fn a_variant_differs_where_it_changes_something() {
        let text = "a = 1\n[[variant]]\nname = \"v\"\na = 2\n[[variant]]\nname = \"w\"\nb.c = 1.0\n";
        let resolved = |variant| document(text, &[]).resolved(variant, &[]);
        assert_eq!(resolved(None), "\"a\"=1\n");
        assert_eq!(resolved(Some("v")), "\"a\"@1=2\n");
        assert_eq!(resolved(Some("w")), "\"a\"=1\n\"b\"@1={\"c\"@1=1.0,}\n");
    }

    #[test]
    fn which_of_two_ways_was_chosen_last_is_told_apart() {
        let text = "arrivals = { constant = 1, poisson = 2 }\n";
        let resolved = |set: &str| document(text, &[set]).resolved(None, &[]);
        assert_eq!(resolved("arrivals.poisson=2"), "\"arrivals\"@1={\"constant\"=1,\"poisson\"@1=2,}\n");
        assert_eq!(resolved("arrivals.constant=1"), "\"arrivals\"@1={\"constant\"@1=1,\"poisson\"=2,}\n");
    }
}
