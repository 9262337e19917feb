//! What is written at a path, without knowing what it means.

use super::document::Document;
use super::node::{Node, Value};

impl Document {
    /// What stands at the path of a setting, as in `redis.memory`, with a variant and the `--set` arguments laid over the
    /// file; nothing if it is not written there.
    #[must_use]
    pub fn written(&self, variant: Option<&str>, path: &str) -> Option<Node> {
        let whole = self.laid_over(variant);
        path.split('.').try_fold(whole, Node::child)
    }
}

impl Node {
    /// The setting of this name in a table, or the table of this name in a list.
    fn child(self, key: &str) -> Option<Self> {
        match self.value {
            Value::Table(table) => {
                table.entries.into_iter().find(|entry| entry.key == key).map(|entry| entry.node)
            }
            Value::Array(nodes) => nodes.into_iter().find(|node| node.name() == Some(key)),
            _ => None,
        }
    }

    /// Which of several a tagged value is, as `poisson` of `{ poisson = "100/s" }`: what was laid over it last.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        let latest = self.as_table()?.iter().max_by_key(|entry| entry.layer)?;
        Some(&latest.key)
    }

    /// A number or a text, as one would write it in `--set`.
    #[must_use]
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(format!("{number:?}")),
            Value::Table(_) | Value::Array(_) | Value::Flag(_) | Value::Datetime => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_found_below_tables_and_named_elements_with_all_that_is_laid_over() {
        let text = "workload = { arrivals = { constant = \"1/s\" }, keys = [{ name = \"a\", count = 7, size = 1.0 }] }\n\
            [[variant]]\nname = \"v\"\nworkload.arrivals.poisson = \"2/s\"\n";
        let mut document = Document::parse("a.toml", text).expect("it is TOML");
        let at = |document: &Document, variant, path: &str| document.written(variant, path)?.scalar();
        assert_eq!(at(&document, None, "workload.keys.a.count").as_deref(), Some("7"));
        assert_eq!(at(&document, None, "workload.keys.a.size").as_deref(), Some("1.0"));
        assert_eq!(at(&document, None, "workload.keys.b.count"), None);
        let tag = |document: &Document, variant| {
            document.written(variant, "workload.arrivals").and_then(|node| node.tag().map(str::to_owned))
        };
        assert_eq!(tag(&document, None).as_deref(), Some("constant"));
        assert_eq!(tag(&document, Some("v")).as_deref(), Some("poisson"));
        document.set("workload.arrivals.constant=3/s").expect("it is a setting");
        assert_eq!(tag(&document, Some("v")).as_deref(), Some("constant"));
        assert_eq!(at(&document, Some("v"), "workload.arrivals.constant").as_deref(), Some("3/s"));
    }
}
