//! Where the settings stand that do not go together, however deep in the table that is read.

use super::node::{Entry, Node, Table, Value};
use super::problem::Problem;
use super::reader::Reader;
use super::span::Span;

/// Where something is written.
#[derive(Clone, Copy, Debug)]
struct Place {
    span: Span,
    /// The overlay that wrote it.
    layer: u32,
    /// It is the setting itself, and not only a table in which it could stand.
    is_exact: bool,
}

impl Reader<'_> {
    /// Settings of several tables that do not go together, by their paths: `redis.soft_ttl`, `workload.keys.article.ttl`.
    /// Shown where the one stands that was laid over last, with the places of the others. Says nothing while something
    /// else is wrong with the table.
    pub fn conflict(&mut self, paths: &[&str], message: impl Into<String>, help: impl Into<String>) {
        let mut places: Vec<Place> = paths.iter().filter_map(|path| self.place(path)).collect();
        if places.iter().any(|place| place.is_exact) {
            places.retain(|place| place.is_exact);
        } else {
            places.truncate(1);
        }
        // Of those that were written by the same overlay the first.
        let latest = places.iter().map(|place| place.layer).max();
        let first = places.iter().position(|place| Some(place.layer) == latest);
        let span = first.map_or_else(|| self.span(), |first| places.remove(first).span);
        let mut problem = Problem::new(span, message).help(help);
        for other in places.iter().filter(|other| other.span != span) {
            problem = problem.related(other.span, "together with this");
        }
        self.report(problem);
    }

    fn place(&self, path: &str) -> Option<Place> {
        let mut keys = path.split('.');
        let entry = self.entry(keys.next()?)?;
        let mut place = Place { span: entry.node.span, layer: entry.layer, is_exact: false };
        let mut node = &entry.node;
        for key in keys {
            let Some((next, layer)) = step(node, key) else { return Some(place) };
            node = next;
            place = Place { span: node.span, layer: layer.unwrap_or(place.layer), is_exact: false };
        }
        Some(Place { is_exact: true, ..place })
    }
}

/// The setting of this name in a table, or the table of this name in a list.
fn step<'n>(node: &'n Node, key: &str) -> Option<(&'n Node, Option<u32>)> {
    let of_table = |table: &'n Table| {
        let entry: Option<&Entry> = table.get(key);
        entry.map(|entry| (&entry.node, Some(entry.layer)))
    };
    let found = match &node.value {
        Value::Table(table) => of_table(table),
        Value::Array(nodes) => nodes.iter().find(|node| node.name() == Some(key)).map(|node| (node, None)),
        _ => None,
    };
    found.or_else(|| node.under.as_ref().and_then(|under| step(&under.node, key)))
}
