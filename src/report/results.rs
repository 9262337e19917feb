//! What all JSON documents have in common, and the schema that describes them.

use serde_json::{Map, Value, json};

/// The version of the documents' shape. It changes when a field changes its meaning or goes away, not when one is added.
pub const SCHEMA: &str = "cachestorm/1";

/// The JSON Schema (draft-07) of every document that `--json` prints.
#[must_use]
pub fn schema() -> &'static str {
    include_str!("results.schema.json")
}

/// A document of a command: which shape it has comes first.
#[must_use]
pub fn document(command: &str, fields: Value) -> Value {
    let mut document = Map::new();
    document.insert("schema".into(), json!(SCHEMA));
    document.insert("command".into(), json!(command));
    document.insert("version".into(), json!(env!("CARGO_PKG_VERSION")));
    if let Value::Object(fields) = fields {
        document.extend(fields);
    }
    Value::Object(document)
}
