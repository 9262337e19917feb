//! Where in a scenario a setting of some name belongs, for who wrote it into the wrong table.

use super::nearest::listed;
use super::reader::Reader;
use super::schema::{Description, Shape};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Every setting's paths, by its key.
pub(super) struct Index {
    paths: BTreeMap<String, Vec<String>>,
}

/// A key such as `size` stands in many tables; a hint that names them all helps nobody.
const MOST_NAMED: usize = 3;

impl Index {
    /// Of the settings that `read` declares.
    pub(super) fn of<T>(read: impl Fn(&mut Reader<'_>) -> T) -> Self {
        let mut index = Self { paths: BTreeMap::new() };
        index.add(&Description::of(Shape::Whole, read), "");
        index
    }

    /// `there is a setting …`, if a few places know `key`.
    pub(super) fn hint(&self, key: &str) -> Option<String> {
        let paths = self.paths.get(key).filter(|paths| paths.len() <= MOST_NAMED)?;
        Some(match paths.as_slice() {
            [only] => format!("there is a setting `{only}`"),
            several => format!("there are settings: {}", listed(several.iter().map(String::as_str))),
        })
    }

    fn add(&mut self, schema: &Json, path: &str) {
        for (key, part) in schema["properties"].as_object().into_iter().flatten() {
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            self.paths.entry(key.clone()).or_default().push(below.clone());
            self.add(part, &below);
        }
        for option in schema["anyOf"].as_array().into_iter().flatten() {
            self.add(option, path);
        }
        if schema["items"].is_object() {
            self.add(&schema["items"], &format!("{path}[…]"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::demo::Scenario;
    use super::*;

    #[test]
    fn a_setting_is_found_in_tables_lists_and_choices() {
        let index = Index::of(Scenario::read);
        let cases = [
            ("ttl", Some("there is a setting `redis.ttl`")),
            ("median", Some("there is a setting `redis.read.lognormal.median`")),
            ("timeout", Some("there are settings: redis.pool.timeout, redis.coalesce.lock.timeout")),
            ("expire", Some("there is a setting `event[…].expire`")),
            ("colour", None),
        ];
        for (key, hint) in cases {
            assert_eq!(index.hint(key).as_deref(), hint, "{key}");
        }
    }
}
