//! The JSON Schema accepts what the reader accepts, and refuses what a schema can refuse.

use super::demo::{GOOD, Scenario, read};
use crate::scenario::schema;
use serde_json::{Map, Value as Json, json};
use toml::de::{DeTable, DeValue};

fn from_toml(value: &DeValue<'_>) -> Json {
    let table = |table: &DeTable<'_>| {
        let entries =
            table.iter().map(|(key, value)| (key.get_ref().to_string(), from_toml(value.get_ref())));
        Json::Object(entries.collect::<Map<_, _>>())
    };
    match value {
        DeValue::Table(entries) => table(entries),
        DeValue::Array(items) => items.iter().map(|item| from_toml(item.get_ref())).collect(),
        DeValue::String(text) => json!(text),
        DeValue::Integer(number) => json!(number.as_str().parse::<i64>().expect("it is small")),
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().expect("it is a float")),
        DeValue::Boolean(flag) => json!(flag),
        DeValue::Datetime(date) => json!(date.to_string()),
    }
}

fn is_valid(text: &str) -> bool {
    let validator = jsonschema::draft7::new(&schema("demo", Scenario::read)).expect("the schema is one");
    let document = DeTable::parse(text).expect("it is TOML");
    validator.is_valid(&from_toml(&DeValue::Table(document.into_inner())))
}

#[test]
fn the_schema_is_itself_valid() {
    let schema = schema("demo", Scenario::read);
    assert!(jsonschema::draft7::meta::is_valid(&schema), "{schema:#}");
}

#[test]
fn what_the_reader_accepts_the_schema_accepts() {
    let short = "name = \"demo\"\nkeys = [{ name = \"a\", rate = \"1/s\" }]\n";
    let more = [
        "redis.ttl = \"none\"",
        "redis.ttl_jitter = 0.5",
        "redis.coalesce = \"single-flight\"",
        "redis.coalesce.lease = \"1h30m\"",
        "redis.read = \"0.6ms\"",
        "weights = [1, 2.5]",
        "[[variant]]\nname = \"v\"\nredis.coalesce.lock.retries = 3",
        "[[variant]]\nname = \"v\"\nkeys.a.rate = \"2k/min\"",
        "[[variant]]\nname = \"v\"\nkeys = [{ name = \"b\", rate = \"1/s\" }]",
    ];
    for text in more.map(|line| format!("{short}{line}\n")).iter().map(String::as_str).chain([GOOD, short]) {
        assert!(is_valid(text), "the schema refuses\n{text}");
    }
    // A variant may change half of a lock that the file does not have; only reading finds that.
    for text in [GOOD, short] {
        assert!(read(text).is_ok(), "{text}");
    }
}

#[test]
fn what_is_plainly_wrong_the_schema_refuses() {
    let good = "name = \"demo\"\nkeys = [{ name = \"a\", rate = \"1/s\" }]\n";
    let bad = [
        "redis.ttl_jiter = \"10 %\"",
        "redis.ttl = 10",
        "redis.ttl = \"10 minuts\"",
        "redis.ttl_jitter = 2",
        "redis.ttl_jitter = \"10\"",
        "redis.pool.size = 0",
        "redis.pool.size = \"50\"",
        "redis.coalesce = \"lok\"",
        "redis.coalesce = {}",
        "redis.coalesce = { lock = { timeout = \"1 s\" }, lease = \"1 s\" }",
        "redis.coalesce.lock.retries = 3",
        "seed = -1",
        "event = {}",
        "[[variant]]\nseed = 1",
        "[[variant]]\nname = \"v\"\nkeys.a.rat = \"2k/s\"",
        "[[variant]]\nname = \"v\"\nkeys = [{ name = \"b\" }]",
        "colour = 1",
    ];
    for line in bad {
        assert!(!is_valid(&format!("{good}{line}\n")), "the schema accepts\n{line}");
    }
    assert!(!is_valid("name = \"demo\"\n"), "`keys` is missing");
    assert!(!is_valid("name = \"demo\"\nkeys = []\n"), "`keys` is empty");
}

#[test]
fn the_schema_says_what_a_setting_does_its_range_and_its_default() {
    let schema = schema("demo", Scenario::read);
    assert_eq!(schema["title"], "demo");
    assert_eq!(schema["required"], json!(["name", "keys"]));
    let redis = &schema["properties"]["redis"]["properties"];
    let timeout = &redis["pool"]["properties"]["timeout"];
    assert_eq!(timeout["description"], "How long a caller waits. A length of time from 1 ns to 1 min.");
    assert_eq!((&timeout["default"], &timeout["examples"]), (&json!("100 ms"), &json!(["250 ms"])));
    let size = &redis["pool"]["properties"]["size"];
    assert_eq!(
        (&size["minimum"], &size["maximum"], &size["default"]),
        (&json!(1), &json!(100_000), &json!(50))
    );
    assert_eq!(redis["ttl_jitter"]["default"], "10 %");
    assert_eq!(redis["coalesce"]["default"], "none");
    assert_eq!(redis["read"]["default"], json!({ "lognormal": { "median": "1 ms" } }));
}

#[test]
fn every_default_in_the_schema_is_valid_by_the_schema() {
    fn walk(schema: &Json, path: &str, checked: &mut usize) {
        if let Some(default) = schema.get("default") {
            let validator = jsonschema::draft7::new(schema).expect("a part of a schema is one");
            assert!(validator.is_valid(default), "{path}: {default}");
            *checked += 1;
        }
        for (key, part) in schema.as_object().into_iter().flatten() {
            walk(part, &format!("{path}.{key}"), checked);
        }
        for part in schema.as_array().into_iter().flatten() {
            walk(part, path, checked);
        }
    }
    let mut checked = 0;
    walk(&schema("demo", Scenario::read), "", &mut checked);
    assert!(checked > 10, "{checked} defaults");
}
