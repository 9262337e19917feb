//! Profiles: defaults that a table takes from a name.

use super::demo::{Coalesce, Redis};
use crate::scenario::{Document, Profile, Reader, schema, table};
use crate::time::Duration;
use serde_json::json;

const PROFILES: &[Profile] = &[
    Profile {
        name: "eager",
        also: &[],
        doc: "Waits for nobody.",
        settings: &[
            ("ttl", r#""60 s""#),
            ("coalesce.lock.timeout", r#""2 s""#),
            ("coalesce.lock.retries", "7"),
            ("pool", "{ size = 3 }"),
        ],
    },
    Profile {
        name: "late",
        also: &["tardy"],
        doc: "Has a soft limit.",
        settings: &[("soft_ttl", r#""50 s""#)],
    },
];

fn read(r: &mut Reader) -> Redis {
    r.field("redis", "The shared cache.", table(Redis::read).profiles(PROFILES)).required()
}

fn redis(text: &str, arguments: &[&str]) -> Result<Redis, String> {
    let mut document = Document::parse("demo.toml", text).expect("it is TOML");
    for argument in arguments {
        document.set(argument).expect("it is an argument");
    }
    document.read(None, read).map_err(|problems| problems.render(false))
}

#[test]
fn a_profile_is_what_one_would_write_in_its_place() {
    let written = "redis = { ttl = \"60 s\", coalesce = { lock = { timeout = \"2 s\", retries = 7 } }, pool = { size = 3 } }";
    assert_eq!(redis("redis = { profile = \"eager\" }", &[]), redis(written, &[]));
    // And by an argument, too.
    assert_eq!(redis("redis = {}", &["redis.profile=eager"]), redis(written, &[]));
    assert_eq!(redis("redis = { profile = \"eager\" }", &["redis.profile=none"]), redis("redis = {}", &[]));
}

#[test]
fn what_is_written_holds_and_the_rest_of_its_table_is_the_profiles() {
    let redis =
        |settings: &str| redis(&format!("redis = {{ profile = \"eager\", {settings} }}"), &[]).unwrap();
    let second = Duration::from_secs(1);
    assert_eq!(redis("ttl = \"9 s\"").ttl, Some(second * 9));
    assert_eq!(redis("ttl = \"none\"").ttl, None);
    let pool = redis("pool.timeout = \"5 s\"").pool;
    assert_eq!((pool.size, pool.timeout), (3, second * 5));
    let lock = redis("coalesce.lock.retries = 1").coalesce;
    assert_eq!(lock, Coalesce::Lock { timeout: second * 2, retries: 1 });
    // Of two tags of a choice the written one, and nothing is left of the other.
    assert_eq!(redis("coalesce = { lease = \"5 s\" }").coalesce, Coalesce::Lease(second * 5));
    assert_eq!(redis("coalesce = \"single-flight\"").coalesce, Coalesce::SingleFlight);
}

#[test]
fn a_profile_that_does_not_go_with_the_rest_is_shown_where_it_is_named() {
    let problem = redis("redis.ttl = \"10 s\"\nredis.profile = \"late\"\n", &[]).unwrap_err();
    assert!(problem.contains("`soft_ttl` (50 s) must be shorter than `ttl` (10 s)"), "{problem}");
    assert!(problem.contains("demo.toml:2:17"), "{problem}");
    let problem = redis("redis.profile = \"eagre\"\n", &[]).unwrap_err();
    assert!(problem.contains("`redis.profile` cannot be `eagre`"), "{problem}");
    assert!(problem.contains("did you mean `eager`?"), "{problem}");
}

#[test]
fn a_setting_that_some_profile_gives_is_required_without_it() {
    let read = |r: &mut Reader| {
        let inner = |r: &mut Reader| {
            let ttl = r.field("ttl", "How long.", crate::scenario::positive_time()).required();
            let size = r.field("size", "How many.", crate::scenario::count(1..=9u8)).required();
            (ttl, size)
        };
        r.field("redis", "The shared cache.", table(inner).profiles(&PROFILES[..1])).required()
    };
    // Its other settings this table does not have: they are told of.
    let document = Document::parse("demo.toml", "redis = { profile = \"eager\", size = 1 }").unwrap();
    assert!(document.read(None, read).unwrap_err().render(false).contains("unknown setting `coalesce`"));
    let schema = schema("demo", read);
    let redis = &schema["properties"]["redis"];
    assert_eq!(redis["required"], json!(["size"]));
    let validator = jsonschema::draft7::new(redis).unwrap();
    for (value, is_valid) in [
        (json!({ "size": 1 }), false),
        (json!({ "size": 1, "ttl": "1 s" }), true),
        (json!({ "size": 1, "profile": "eager" }), true),
        (json!({ "size": 1, "profile": "late" }), false),
        (json!({ "profile": "eager" }), false),
    ] {
        assert_eq!(validator.is_valid(&value), is_valid, "{value}");
    }
}
