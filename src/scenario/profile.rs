//! Profiles: a name for what one of several real systems does unless it is told otherwise.
//!
//! A table that has profiles takes `profile = "…"` beside its settings. What is not written there is then as the
//! profile says, down to the settings of inner tables; what the profile does not mention has the table's own default.
//! A profile is written as a file is, and read by the same declarations, so that it cannot name a setting that there
//! is not, nor give one a value that a file could not.

use super::choice::choice;
use super::node::{Builder, Node, Table, Under, Value};
use super::reader::Reader;
use super::span::Span;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use toml::de::DeTable;

/// The setting that names a profile.
pub(super) const PROFILE: &str = "profile";

/// What a real system does unless it is told otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// As it is called in files.
    pub name: &'static str,
    /// What people call the system, for whom its version does not matter.
    pub also: &'static [&'static str],
    /// Which system it is, and where that is written: a sentence.
    pub doc: &'static str,
    /// Settings, dotted where they are in inner tables, with their values as one writes them.
    pub settings: &'static [(&'static str, &'static str)],
}

impl Profile {
    /// What one would write in place of it.
    ///
    /// # Panics
    ///
    /// If that is not TOML: an error in the program.
    fn written(&self, span: Span) -> Table {
        let lines = self.settings.iter().map(|(setting, value)| format!("{setting} = {value}\n"));
        let text: String = lines.collect();
        let parsed =
            DeTable::parse(&text).unwrap_or_else(|error| panic!("the profile {}: {error}", self.name));
        let table = Builder { source: 0, offset: 0 }.table(parsed.get_ref());
        let mut node = Node::new(span, Value::Table(table));
        // Whatever is wrong with it together with the rest of the file is shown where its name stands.
        node.set_span(span);
        if let Value::Table(table) = node.value { table } else { Table::default() }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.also.contains(&name)
    }

    fn gives(&self, key: &str) -> bool {
        self.settings.iter().any(|(setting, _)| setting.split('.').next() == Some(key))
    }
}

/// Well-known systems that have no profile, and what to do for them.
const ABSENT: &[(&str, &str)] = &[
    (
        "guava",
        "Guava's cache has no profile; `caffeine` is its successor and behaves alike with a `LoadingCache`",
    ),
    ("ehcache", "Ehcache has no profile: write `capacity`, `ttl` and `coalesce` of this table"),
    (
        "cloudfront",
        "CloudFront has no profile: write `ttl`, `coalesce` and `stale_while_revalidate` of this table",
    ),
    ("akamai", "Akamai has no profile: write `ttl`, `coalesce` and `stale_while_revalidate` of this table"),
    ("bunny", "bunny.net has no profile: write `ttl`, `coalesce` and `stale_while_revalidate` of this table"),
    ("envoy", "Envoy has no profile: write `ttl` and `coalesce` of this table"),
    ("haproxy", "HAProxy has no profile: write `ttl` and `coalesce` of this table"),
    ("apache", "Apache Traffic Server and httpd have no profile: write `ttl` and `coalesce` of this table"),
    ("squid", "Squid has no profile: write `ttl` and `coalesce` of this table"),
    ("oracle", "Oracle has no profile: write `workers`, `read` and `max_connections` of this table"),
    ("sqlserver", "SQL Server has no profile: write `workers`, `read` and `max_connections` of this table"),
    ("mongodb", "MongoDB has no profile: write `workers`, `read` and `max_connections` of this table"),
    ("dynamodb", "DynamoDB has no profile: a `[[downstream]]` with a `rate_limit` is closest"),
    ("cassandra", "Cassandra has no profile: write `workers` and `read` of this table"),
    ("sqlite", "SQLite has no profile: write `workers` and `read` of this table"),
    ("pgbouncer", "PgBouncer has no profile: write `size` and `timeout` of this table"),
];

/// The settings of `table` with those of the profile that it names; nothing if it names none that there is.
pub(super) fn filled(profiles: &[Profile], table: &Table) -> Option<Table> {
    let named = &table.get(PROFILE)?.node;
    let profile =
        profiles.iter().find(|profile| named.as_text().is_some_and(|name| profile.is_called(name)))?;
    let mut filled = table.clone();
    // What is written is an overlay over the profile: of two tags of a choice, the written one holds.
    raise(&mut filled);
    fill(&mut filled, profile.written(named.span));
    Some(filled)
}

fn raise(table: &mut Table) {
    for entry in &mut table.entries {
        // What stands for a value of the file has the highest layer there is.
        entry.layer = entry.layer.saturating_add(1);
        raise_node(&mut entry.node);
    }
}

fn raise_node(node: &mut Node) {
    if let Value::Table(inner) = &mut node.value {
        raise(inner);
    }
    if let Some(under) = &mut node.under {
        under.layer = under.layer.saturating_add(1);
        raise_node(&mut under.node);
    }
}

fn fill(table: &mut Table, with: Table) {
    for entry in with.entries {
        match table.entries.iter_mut().find(|written| written.key == entry.key) {
            None => table.entries.push(entry),
            Some(written) => {
                let below = match (&mut written.node.value, entry.node.value) {
                    (Value::Table(written), Value::Table(inner)) => {
                        fill(written, inner);
                        continue;
                    }
                    (Value::Table(_), value) | (_, value @ Value::Table(_)) => value,
                    _ => continue,
                };
                // A table and a value that may stand for one.
                let node = Node::new(entry.node.span, below);
                written.node.put_below(Some(Box::new(Under { node, layer: 0 })));
            }
        }
    }
}

/// Declares the setting that names one of `profiles`, if there are any.
pub(super) fn declare(profiles: &[Profile], r: &mut Reader<'_>) {
    if profiles.is_empty() {
        return;
    }
    let names = profiles.iter().fold(choice(), |names, profile| {
        names.word(profile.name, profile.doc, profile.name).also(profile.also)
    });
    let names = names.hints(ABSENT);
    let doc = "Whose defaults hold for the settings that are not written here.";
    let _ = r.field(PROFILE, doc, names).optional();
}

/// In the schema of a table: a setting that it requires may be a profile's.
pub(super) fn relax(profiles: &[Profile], schema: &mut Json) {
    let Some(required) = schema.get_mut("required").and_then(Json::as_array_mut) else { return };
    let mut given: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    required.retain(|key| {
        let key = key.as_str().unwrap_or_default();
        let by: Vec<&str> =
            profiles.iter().filter(|profile| profile.gives(key)).map(|profile| profile.name).collect();
        let stays = by.is_empty();
        if !stays {
            given.insert(key.to_owned(), by);
        }
        stays
    });
    if required.is_empty() {
        schema.as_object_mut().map(|schema| schema.remove("required"));
    }
    if given.is_empty() {
        return;
    }
    let either = given.into_iter().map(|(key, by)| {
        let named = json!({ "enum": by, "description": format!("These give `{key}`.") });
        json!({ "anyOf": [
            { "required": [key] },
            { "required": [PROFILE], "properties": { PROFILE: named } },
        ] })
    });
    schema["allOf"] = either.collect();
}
