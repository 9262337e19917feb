//! What a variant or a `--set` argument changes, and what it leaves.

use super::demo::{Coalesce, GOOD, Latency, Scenario, read, read_with};
use crate::quantity::{Bytes, Rate, Ratio};
use crate::scenario::Document;
use crate::time::Duration;

fn base() -> Scenario {
    read(GOOD).unwrap_or_else(|problems| panic!("{problems}"))
}

fn with(arguments: &[&str]) -> Scenario {
    read_with(GOOD, arguments, None).unwrap_or_else(|problems| panic!("{problems}"))
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_file_is_read_as_it_is_written() {
    let scenario = base();
    assert_eq!((scenario.name.as_str(), scenario.seed), ("demo", 7));
    assert_eq!(scenario.keys[0].size, Bytes(4 << 10));
    assert_eq!(scenario.keys[0].rate, Rate(2_000.0));
    assert_eq!((scenario.keys[1].size, scenario.keys[1].rate), (Bytes(2 << 10), Rate(1.0)));
    let redis = &scenario.redis;
    assert_eq!((redis.ttl, redis.ttl_jitter, redis.soft_ttl), (Some(seconds(10)), Ratio(0.1), None));
    assert_eq!((redis.pool.size, redis.pool.timeout), (20, Duration::from_millis(100)));
    assert_eq!(redis.coalesce, Coalesce::Lock { timeout: seconds(1), retries: 3 });
    let (median, p99) = (Duration::from_micros(600), Duration::from_millis(3));
    assert_eq!(redis.read, Latency::Lognormal { median, p99 });
    assert_eq!((scenario.events[0].at, scenario.events[0].expire.value.as_str()), (seconds(30), "article"));
    assert_eq!(scenario.weights, [0.5]);
}

#[test]
fn defaults_hold_for_what_is_absent() {
    let scenario =
        read("name = \"demo\"\nkeys = [{ name = \"a\", rate = \"1/s\" }]\n").expect("it is complete");
    assert_eq!(scenario.redis.pool.size, 50);
    assert_eq!(scenario.redis.coalesce, Coalesce::None);
    let (median, p99) = (Duration::from_millis(1), Duration::from_millis(5));
    assert_eq!(scenario.redis.read, Latency::Lognormal { median, p99 });
    assert!(scenario.events.is_empty());
}

#[test]
fn a_variant_changes_what_it_names_and_nothing_else() {
    let mut expected = base();
    expected.redis.coalesce = Coalesce::Lease(seconds(2));
    expected.keys[1].rate = Rate(5.0);
    let document = Document::parse("demo.toml", GOOD).expect("it is TOML");
    let all = document.read_all(Scenario::read).expect("both are right");
    assert_eq!(all, [base(), expected.clone()]);
    assert_eq!(document.read(Some("lease"), Scenario::read).expect("it is right"), expected);
    assert_eq!(document.variants()[0].description.as_deref(), Some("Leases instead of locks."));
}

#[test]
fn an_unknown_variant_is_told_the_known_ones() {
    let problems = read_with(GOOD, &[], Some("leese")).expect_err("there is no such variant");
    assert_eq!(
        problems.to_string(),
        "error: there is no variant `leese`\n |\n = help: did you mean `lease`? the variants are: lease\n\n1 problem in demo.toml\n"
    );
}

#[test]
fn arguments_win_over_the_variant_and_later_ones_over_earlier_ones() {
    let arguments = ["keys.user.rate=7/s", "keys.user.rate = 8/s", "seed=9"];
    let scenario = read_with(GOOD, &arguments, Some("lease")).expect("it is right");
    assert_eq!((scenario.keys[1].rate, scenario.seed), (Rate(8.0), 9));
}

#[test]
fn an_argument_is_toml_or_else_a_bare_text() {
    let ttl = |argument| with(&[argument]).redis.ttl;
    for argument in
        ["redis.ttl=5m", "redis.ttl=\"5m\"", "redis.ttl='5m'", " redis . ttl =  5m ", "\"redis\".'ttl'=300 s"]
    {
        assert_eq!(ttl(argument), Some(seconds(300)), "{argument}");
    }
    assert_eq!(with(&["weights=[1, 2.5]"]).weights, [1.0, 2.5]);
    assert_eq!(with(&["redis.pool={ size = 3 }"]).redis.pool.size, 3);
    assert_eq!(with(&["redis.ttl_jitter=5%"]).redis.ttl_jitter, Ratio(0.05));
    assert_eq!(with(&["redis.ttl_jitter=0.05"]).redis.ttl_jitter, Ratio(0.05));
    assert_eq!(with(&["event=[{ at = '1 s', expire = '''\nuser''' }]"]).events[0].expire.value, "user");
}

#[test]
fn hostile_arguments_are_problems_or_texts() {
    for argument in [
        "",
        "=",
        "==",
        "a",
        "=1",
        ".=1",
        "a.=1",
        ".a=1",
        "a b=1",
        "[a]=1",
        "[a]\nb=1",
        "a=1\nb=2",
        "\"a=1",
        "'a=1",
        "\"a\\\"=1",
        "a#=1",
        "#=1",
        "a={",
        "a=[",
        "a=\"",
        "redis=1",
        "\u{feff}=\u{0}",
        "ä=ö",
        "a=\u{1b}[31m\r\n",
        "name.x=1",
        "keys=1",
        "keys.x=1",
        "keys.article=1",
        "redis.pool.size.x=1",
    ] {
        assert!(read_with(GOOD, &[argument], None).is_err(), "{argument:?}");
    }
}

#[test]
fn tables_merge_and_everything_else_is_replaced() {
    let pool = with(&["redis.pool={ timeout = '1 s' }"]).redis.pool;
    assert_eq!((pool.size, pool.timeout), (20, seconds(1)));
    let keys = with(&["keys=[{ name = 'article', rate = '1/s' }]"]).keys;
    assert_eq!((keys.len(), keys[0].size), (1, Bytes(2 << 10)));
}

#[test]
fn none_takes_an_optional_setting_away() {
    assert_eq!(with(&["redis.ttl=none"]).redis.ttl, None);
}

#[test]
fn a_word_replaces_a_tag_and_a_tag_a_word() {
    assert_eq!(with(&["redis.coalesce=none"]).redis.coalesce, Coalesce::None);
    let back = with(&["redis.coalesce=none", "redis.coalesce.lease=3 s"]);
    assert_eq!(back.redis.coalesce, Coalesce::Lease(seconds(3)));
    assert_eq!(with(&["redis.read=5ms"]).redis.read, Latency::Constant(Duration::from_millis(5)));
}

#[test]
fn a_tag_laid_over_another_replaces_it_and_over_itself_merges() {
    assert_eq!(with(&["redis.coalesce.lease=3 s"]).redis.coalesce, Coalesce::Lease(seconds(3)));
    let lock = Coalesce::Lock { timeout: seconds(1), retries: 5 };
    assert_eq!(with(&["redis.coalesce.lock.retries=5"]).redis.coalesce, lock);
}

#[test]
fn a_replaced_tag_does_not_come_back_with_its_old_settings() {
    // The lock's timeout of the file went when the lease replaced it, so the new lock lacks one.
    let arguments = ["redis.coalesce.lease=3 s", "redis.coalesce.lock.retries=5"];
    let problems = read_with(GOOD, &arguments, None).expect_err("the lock has no timeout").to_string();
    assert!(problems.contains("missing setting `timeout` in `redis.coalesce.lock`"), "{problems}");
    let whole = ["redis.coalesce.lease=3 s", "redis.coalesce={ lock = { timeout = '4 s' } }"];
    assert_eq!(with(&whole).redis.coalesce, Coalesce::Lock { timeout: seconds(4), retries: 3 });
}

#[test]
fn two_tags_from_one_overlay_are_a_contradiction() {
    let argument = "redis.coalesce={ lease = '3 s', lock = {} }";
    let problems = read_with(GOOD, &[argument], None).expect_err("it is both").to_string();
    assert!(
        problems.contains("is both `lease` and `lock`") || problems.contains("is both `lock` and `lease`"),
        "{problems}"
    );
}

/// A pool with a bare form, as a variant and arguments lay it over a file.
fn pool(file: &str, sets: &[&str]) -> Result<(u32, Duration), String> {
    let mut document = Document::parse("a.toml", file).expect("it is TOML");
    for set in sets {
        document.set(set).expect("it is a setting");
    }
    let read = |r: &mut crate::scenario::Reader<'_>| {
        r.field("pool", "Connections.", crate::scenario::table(super::demo::Pool::read).bare("size"))
            .or_empty()
    };
    let name = document.variants().first().map(|variant| variant.name.clone());
    let pool = document.read(name.as_deref(), read).map_err(|problems| problems.to_string())?;
    Ok((pool.size, pool.timeout))
}

#[test]
fn a_bare_value_and_a_table_are_one_table_whichever_lies_over_the_other() {
    let usual = Duration::from_millis(100);
    let second = seconds(1);
    let variant = |over: &str| format!("[[variant]]\nname = \"v\"\n{over}\n");
    for (file, sets, expected) in [
        ("pool = 16\n".to_owned(), vec![], (16, usual)),
        ("pool = 16\n".to_owned() + &variant("pool.timeout = \"1 s\""), vec![], (16, second)),
        ("pool = { size = 8, timeout = \"1 s\" }\n".to_owned() + &variant("pool = 16"), vec![], (16, second)),
        ("pool = { timeout = \"1 s\" }\n".to_owned(), vec!["pool=16", "pool=17"], (17, second)),
        ("pool = 16\n".to_owned(), vec!["pool.timeout=1s", "pool=3", "pool.size=4"], (4, second)),
        ("pool = 16\n".to_owned() + &variant("pool = 5"), vec!["pool.timeout=1s"], (5, second)),
        (variant("pool = 16"), vec!["pool.timeout=1s"], (16, second)),
    ] {
        assert_eq!(pool(&file, &sets), Ok(expected), "{file} {sets:?}");
    }
}

#[test]
fn what_is_neither_the_value_nor_a_table_is_told_both() {
    let told = pool("pool = \"large\"\n", &[]).expect_err("it is no size");
    assert!(told.contains("`pool` cannot be the text `large`"), "{told}");
    assert!(
        told.contains("expected a whole number") && told.contains("or a table such as `{ size = 10"),
        "{told}"
    );
    let told = pool("pool = []\n", &[]).expect_err("it is no size");
    assert!(told.contains("expected a value such as `10`, or a table such as `{ size = 10"), "{told}");
}

#[test]
fn two_scenarios_with_other_bare_values_below_a_table_are_not_the_same() {
    let resolved = |file: &str| {
        let mut document = Document::parse("a.toml", file).expect("it is TOML");
        document.set("pool.timeout=1s").expect("it is a setting");
        document.resolved(None, &[])
    };
    assert_ne!(resolved("pool = 16\n"), resolved("pool = 17\n"));
}
