//! The JSON Schema that `cachestorm schema` prints is what the program reads: an editor that checks a file by
//! it and the program that runs the file do not disagree.

use cachestorm::model::Model;
use cachestorm::scenario::{Document, schema};
use jsonschema::Validator;
use serde_json::{Map, Value as Json, json};
use std::path::Path;
use toml::de::{DeTable, DeValue};

const GOOD: &str = "name = \"demo\"\nduration = \"60 s\"\n[workload]\narrivals = { poisson = \"100/s\" }\n\
    [[workload.keys]]\nname = \"article\"\ncount = 1_000\n[redis]\nttl = \"10 s\"\n[database]\nworkers = 8\n\
    read = \"5 ms\"\n";

fn of_scenarios() -> Json {
    schema("scenario", Model::read)
}

fn validator() -> Validator {
    jsonschema::draft7::new(&of_scenarios()).expect("the schema is one")
}

fn to_json(text: &str) -> Json {
    fn value(part: &DeValue<'_>) -> Json {
        match part {
            DeValue::Table(entries) => {
                let entry = |(key, part): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
                    (ToString::to_string(key.get_ref() as &std::borrow::Cow<'_, str>), value(part.get_ref()))
                };
                Json::Object(entries.iter().map(entry).collect::<Map<_, _>>())
            }
            DeValue::Array(items) => items.iter().map(|item| value(item.get_ref())).collect(),
            DeValue::String(text) => json!(text),
            DeValue::Integer(number) => json!(number.as_str().parse::<i64>().expect("it is small")),
            DeValue::Float(number) => json!(number.as_str().parse::<f64>().expect("it is a float")),
            DeValue::Boolean(flag) => json!(flag),
            DeValue::Datetime(date) => json!(date.to_string()),
        }
    }
    value(&DeValue::Table(DeTable::parse(text).expect("it is TOML").into_inner()))
}

fn is_read(text: &str) -> bool {
    Document::parse("a.toml", text).is_ok_and(|document| document.read_all(Model::read).is_ok())
}

/// Every part of a schema that describes a value, with its path.
fn walk(part: &Json, path: &str, visit: &mut impl FnMut(&Json, &str)) {
    visit(part, path);
    for (key, part) in part.as_object().into_iter().flatten() {
        walk(part, &format!("{path}/{key}"), visit);
    }
    for (index, part) in part.as_array().into_iter().flatten().enumerate() {
        walk(part, &format!("{path}/{index}"), visit);
    }
}

#[test]
fn the_schema_is_one() {
    assert!(jsonschema::draft7::meta::is_valid(&of_scenarios()));
}

#[test]
fn shipped_scenarios_are_read_and_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files = 0;
    for entry in folder.read_dir().expect("there are shipped scenarios") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a shipped scenario can be read");
        let name = path.display().to_string();
        let read =
            Document::parse(&name, &text).and_then(|document| document.read_all(Model::read).map(|_| ()));
        if let Err(problems) = read {
            panic!("{problems}");
        }
        let complaints: Vec<_> =
            validator().iter_errors(&to_json(&text)).map(|error| error.to_string()).collect();
        assert!(complaints.is_empty(), "{name}: {complaints:?}");
        files += 1;
    }
    assert!(files >= 4, "{files} scenarios");
}

/// Lines that make a good scenario another good one: schema and program accept them.
#[test]
fn what_is_right_both_accept() {
    let lines = [
        "",
        "redis.coalesce = \"none\"",
        "redis.soft_ttl = \"none\"",
        "redis.coalesce = { lock = {} }",
        "redis.coalesce.lock = { losers = \"wait\", poll = \"10 ms\" }",
        "redis.round_trip = \"0 s\"",
        "redis.round_trip = { empirical = [\"1 ms\", \"2ms\"] }",
        "redis.ttl_jitter = 0.1",
        "redis.ttl_jitter = \"10 %\"",
        "redis.memory = \"1.5 GiB\"",
        "redis.timeout = \"none\"",
        "redis.pool = 16",
        "database.pool = 16",
        "database.pool = { profile = \"hikaricp\" }",
        "database.contention = 0.02",
        "database.plan_cache = \"300 us\"",
        "database.breaker = \"50 %\"",
        "client.retries = 1",
        "app.bloom_filter = \"1 %\"",
        "process.capacity = 10_000",
        "redis.coalesce = \"lock\"",
        "bus = \"20 ms\"",
        "downstream = [{ name = \"tax\", latency = \"20 ms\", rate_limit = \"50/s\" }]",
        "event = [{ at = \"1 s\", restart = \"1 s\" }]",
        "event = [{ at = \"1 s\", scale = 3 }]",
        "event = [{ at = \"1 s\", rate_change = 2 }]",
        "[[variant]]\nname = \"v\"\nworkload.arrivals = \"200/s\"",
        "[[variant]]\nname = \"v\"\nworkload.keys.article.popularity = 0.8",
        "[[variant]]\nname = \"v\"\ndatabase.pool.timeout = \"1 s\"",
        "redis.pool = { size = 1, timeout = \"1h30m\" }",
        "process.capacity = \"none\"",
        "process.capacity = \"64 MiB\"",
        "process = {}",
        "app.workers = \"none\"",
        "client.retries = { attempts = 2, jitter = \"decorrelated\" }",
        "seed = 0",
        "event = []",
        "sweep = { vary = [\"redis.ttl=1s..9s:3\"], sample = 5, precision = \"2 %\", measure = [\"redis.*\"] }",
        "plan = { find = \"redis.memory=1MiB..9MiB\", goal = \"least\", precision = \"5 %\", max_replications = 18 }",
        "event = [{ at = \"1 s\", restart = { for = \"1 s\" } }]",
        "event = [{ at = \"0 s\", rate_change = { factor = 0 } }]",
        "event = [{ name = \"rush\", at = \"none\", rate_change = { factor = 0 } }]",
        "event = [{ at = \"1 s\", flush = \"redis\" }]\n[[variant]]\nname = \"v\"\nevent.flush.at = \"none\"",
        "event = [{ at = \"1 s\", restart = { for = \"1 s\" } }]\n[[variant]]\nname = \"v\"\nevent.restart.for = \"2 s\"",
        "event = [{ at = \"1 s\", restart = { for = \"1 s\" } }]\n[[variant]]\nname = \"v\"\nevent.restart.restart.instance = 1",
        "event = [{ at = \"1 s\", restart = { for = \"1 s\" } }]\n[[variant]]\nname = \"v\"\nevent.restart.instance = 1",
        "objective = [{ metric = \"client.error_ratio\", at_most = 0 }]",
        "objective = [{ metric = \"client.latency_p99_seconds\", at_most = \"250 ms\" }]",
        "[[variant]]\nname = \"v\"\nredis = \"none\"",
        "[[variant]]\nname = \"v\"\nworkload.keys.article.size = { lognormal = { median = \"1 KiB\", p99 = \"9 KiB\" } }",
        "[[variant]]\nname = \"v\"\nworkload.arrivals = { users = { count = 3, think = \"1 s\" } }",
        "[[variant]]\nname = \"v\"\nworkload.keys = [{ name = \"b\", count = 1, popularity = \"scan\" }]",
    ];
    let validator = validator();
    for line in lines {
        let text = with(line);
        assert!(is_read(&text), "the program refuses `{line}`");
        let complaints: Vec<_> =
            validator.iter_errors(&to_json(&text)).map(|error| error.to_string()).collect();
        assert!(complaints.is_empty(), "the schema refuses `{line}`: {complaints:?}");
    }
}

/// Faults that a schema can see: an editor shows them while one types.
#[test]
fn what_is_plainly_wrong_both_refuse() {
    let lines = [
        "redis.tll = \"10 s\"",
        "redis.soft_ttl = 8",
        "redis.soft_ttl = \"8 sek\"",
        "redis.memory = \"2 GB\"",
        "process.admit = \"hot\"",
        "redis.pool = \"large\"",
        "redis.pool = 0",
        "client.retries = true",
        "process.capacity = 0",
        "redis.coalesce = { lock = { leese = \"1 s\" } }",
        "redis.coalesce = { lock = {}, none = {} }",
        "redis.pool.size = 0",
        "redis.pool.size = \"50\"",
        "redis.ttl_jitter = 2",
        "redis.early_refresh = 0",
        "redis.round_trip = { lognormal = { median = \"1 ms\" } }",
        "redis.round_trip = { empirical = [] }",
        "process.policy = \"allkeys-lru\"",
        "app.instances = 0",
        "app.instances = 2.5",
        "client.retries.attempts = -1",
        "seed = -1",
        "replications = 0",
        "colour = \"red\"",
        "event = {}",
        "event = [{ flush = \"redis\" }]",
        "event = [{ at = \"1 s\", flush = \"database\" }]",
        "objective = [{ at_most = 1 }]",
        "[[variant]]\nredis.ttl = \"20 s\"",
        "[[variant]]\nname = \"v\"\nredis.tll = \"20 s\"",
        "[[variant]]\nname = \"v\"\nworkload.keys = [{ name = \"b\" }]",
        "[[variant]]\nname = \"A B\"",
    ];
    let validator = validator();
    for line in lines {
        let text = with(line);
        assert!(!is_read(&text), "the program accepts `{line}`");
        assert!(!validator.is_valid(&to_json(&text)), "the schema accepts `{line}`");
    }
    for missing in
        ["name = \"demo\"\n", "arrivals = { poisson = \"100/s\" }\n", "count = 1_000\n", "workers = 8\n"]
    {
        let text = GOOD.replace(missing, "");
        assert!(!is_read(&text) && !validator.is_valid(&to_json(&text)), "without `{missing}`");
    }
}

/// The good scenario with a line that belongs to the top, or a table at its end.
fn with(line: &str) -> String {
    if line.starts_with("[[") { format!("{GOOD}{line}\n") } else { merged(line) }
}

/// Dotted keys may not reach into a table that has a header, so the tables are written as dotted keys here.
fn merged(line: &str) -> String {
    let (head, rest) = GOOD.split_once("[redis]\n").expect("the scenario has a cluster");
    let (redis, database) = rest.split_once("[database]\n").expect("the scenario has a database");
    let dotted = |prefix: &str, lines: &str| {
        lines.lines().map(|line| format!("{prefix}.{line}\n")).collect::<Vec<_>>().concat()
    };
    let (top, workload) = head.split_once("[workload]\n").expect("the scenario has traffic");
    let whole_table = line.starts_with("redis =") || line.starts_with("database =");
    let layers =
        if whole_table { String::new() } else { dotted("redis", redis) + &dotted("database", database) };
    format!("{top}{layers}{line}\n[workload]\n{workload}")
}

#[test]
fn every_setting_and_every_choice_has_a_sentence() {
    let mut settings = 0;
    walk(&of_scenarios(), "", &mut |part, path| {
        for (key, setting) in part["properties"].as_object().into_iter().flatten() {
            // The tag of a choice has its sentence on the option that it is the only setting of.
            let is_tag =
                part["required"] == json!([key]) && part["properties"].as_object().map(Map::len) == Some(1);
            let sentence =
                setting["description"].as_str().or_else(|| part["description"].as_str().filter(|_| is_tag));
            let sentence = sentence.unwrap_or_else(|| panic!("{path}/{key} has no description"));
            let starts = sentence.starts_with(|first: char| !first.is_lowercase());
            assert!(starts && sentence.ends_with(['.', '?']), "{path}/{key}: {sentence}");
            settings += 1;
        }
    });
    assert!(settings > 200, "{settings} settings");
}

#[test]
fn every_default_and_every_example_is_valid_by_its_own_schema() {
    let mut checked = 0;
    walk(&of_scenarios(), "", &mut |part, path| {
        let is_schema = ["type", "anyOf", "enum"].iter().any(|key| part.get(key).is_some());
        let values = part.get("default").into_iter().chain(part["examples"].as_array().into_iter().flatten());
        for value in values.filter(|_| is_schema) {
            let validator = jsonschema::draft7::new(part).expect("a part of a schema is one");
            assert!(validator.is_valid(value), "{path}: {value}");
            checked += 1;
        }
    });
    assert!(checked > 100, "{checked} values");
}
