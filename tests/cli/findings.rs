//! Each finding speaks when the numbers prove it, and is silent when they do not.

use crate::support::{Folder, SMALL};
use serde_json::Value;

/// What is found about the system; what is found about the run has tests of its own.
#[track_caller]
fn check(name: &str, sets: &[&str], expected: &[&str]) {
    let findings = found(name, &[&["event=[]"], sets].concat());
    let about_system = findings.iter().filter(|finding| finding["about"] == "system");
    let codes: Vec<&str> = about_system.filter_map(|finding| finding["code"].as_str()).collect();
    assert_eq!(codes, expected, "{findings:#?}");
}

/// The advice of a finding has all of the first texts and none of the second.
#[track_caller]
fn check_advice(code: &str, sets: &[&str], has: &[&str], has_not: &[&str]) {
    let findings = found(code, sets);
    let finding = findings.iter().find(|finding| finding["code"] == code);
    let finding = finding.unwrap_or_else(|| panic!("no {code}: {findings:#?}"));
    let advice = finding["advice"].as_str().expect("a text");
    for part in has {
        assert!(advice.contains(part), "`{part}` is missing: {advice}");
    }
    for part in has_not {
        assert!(!advice.contains(part), "`{part}` is there: {advice}");
    }
}

fn found(name: &str, sets: &[&str]) -> Vec<Value> {
    let folder = Folder::new(name);
    folder.write("small.toml", SMALL);
    let mut arguments = vec!["run", "small.toml", "--json", "--no-charts"];
    for set in sets {
        arguments.extend(["--set", set]);
    }
    let ran = folder.run(&arguments);
    assert!(matches!(ran.status, Some(0 | 99)), "{}", ran.stderr);
    ran.json()["variants"][0]["findings"].as_array().expect("a list").clone()
}

#[test]
fn a_sound_system_has_no_findings() {
    check("sound", &[], &[]);
}

#[test]
fn an_origin_as_fast_as_the_cache_is_found() {
    let sets = ["process=none", "database.read=\"1 us\"", "database.round_trip=\"500 us\""];
    check("fast-origin", &sets, &["D3"]);
}

#[test]
fn a_database_that_cannot_do_without_caches_is_found() {
    // 2 workers of 20 ms can do 100 reads a second, of 300 that clients make.
    check("hidden", &["database.workers=2", "database.read=20ms", "redis.ttl=1h"], &["D4"]);
    // 8 workers of 20 ms can do 400.
    check("not-hidden", &["database.workers=8", "database.read=20ms"], &[]);
}

#[test]
fn a_cache_that_is_smaller_than_its_working_set_is_found() {
    let many = ["process=none", "workload.keys.page.count=20000", "workload.keys.page.popularity=uniform"];
    let large = ["workload.keys.page.size=\"64 KiB\"", "workload.arrivals.poisson=1000/s", "redis.nodes=1"];
    let base = [&many[..], &large, &["redis.ttl=1h"]].concat();
    check("large-set", &[&base[..], &["redis.memory=\"8 MiB\""]].concat(), &["D6"]);
    check("large-cache", &[&base[..], &["redis.memory=\"4 GiB\""]].concat(), &[]);
    // Copies leave because there is not enough memory here too, but they have passed their TTL before that.
    let short = [&many[..], &large, &["redis.ttl=20ms", "redis.memory=\"8 MiB\""]].concat();
    check("short-ttl", &short, &[]);
}

#[test]
fn a_pool_that_is_smaller_than_littles_law_asks_is_found() {
    // 300 requests a second, nearly all misses, hold a connection for 25 ms: 7.5 on average.
    let base = ["process=none", "redis.ttl=\"1 ms\"", "database.workers=64", "database.read=25ms"];
    let many = ["workload.keys.page.count=100000", "workload.keys.page.popularity=uniform"];
    let base = [&base[..], &many].concat();
    check("small-pool", &[&base[..], &["database.pool.size=5"]].concat(), &["D11"]);
    check("large-pool", &[&base[..], &["database.pool.size=40"]].concat(), &[]);
    // With workers as scarce as connections a larger pool would only move the queue.
    let scarce = [&base[..], &["database.pool.size=5", "database.workers=5"]].concat();
    check("scarce-workers", &scarce, &["D4"]);
}

#[test]
fn a_node_that_bears_the_load_of_all_is_found() {
    let base = ["process=none", "redis.nodes=8", "redis.service.get=\"3 ms\"", "redis.pool.size=100"];
    let hot = [&base[..], &["workload.keys.page.count=1", "redis.ttl=1h"]].concat();
    check("hot-node", &hot, &["D12"]);
    let even = [
        &base[..],
        &["workload.keys.page.popularity=uniform", "workload.keys.page.count=5000", "redis.ttl=1h"],
    ]
    .concat();
    // No node is hot, but a cache that takes 3 ms for a look-up is hardly faster than this database.
    check("even-nodes", &even, &["D3"]);
}

#[test]
fn retries_that_multiply_are_found() {
    let sets = ["database.workers=1", "database.read=50ms", "client.timeout=\"100 ms\"", "redis.ttl=1s"];
    let retrying = [&sets[..], &["client.retries={ attempts = 3, backoff = \"10 ms\" }"]].concat();
    check("retries", &retrying, &["D4", "D16"]);
    // Of some ninety requests nothing is said.
    let few = ["workload.arrivals.poisson=30/s", "workload.keys.page.writes=0/s"];
    check("few-retries", &[&retrying[..], &few].concat(), &["D4"]);
}

#[test]
fn a_lost_cache_is_not_advised_where_it_was_tested() {
    #[track_caller]
    fn check(event: &str, has: &[&str], has_not: &[&str]) {
        let event = format!("event=[{event}]");
        let sets = ["database.workers=2", "database.read=20ms", "redis.ttl=1h", &event];
        check_advice("D4", &sets, &[has, &["decide which requests to reject then"]].concat(), has_not);
    }
    let flush = "{ at = \"2 s\", flush = \"redis\" }";
    let outage = "{ at = \"3 s\", outage = { of = \"redis\", for = \"500 ms\" } }";
    let flushed = "after \"redis is flushed\" at 2 s";
    let down = "after \"redis is down\" at 3 s";
    check("", &["Test a cold start and an outage"], &["This run shows"]);
    check(flush, &[flushed, "Test an outage of the cache too"], &["cold start"]);
    check(outage, &[down, "Test a cold start"], &["an outage"]);
    check(&format!("{flush}, {outage}"), &[flushed, down], &["Test"]);
    // The caches in the instances are not what holds this system.
    let process = "{ at = \"2 s\", flush = \"process\" }";
    check(process, &["Test a cold start and an outage"], &["This run shows"]);
}

/// Instances that keep all copies do not notice that Redis is away: that shows nothing of a site without caches.
#[test]
fn a_lost_layer_that_the_other_one_stood_in_for_is_no_proof() {
    let down = "{ at = \"3 s\", outage = { of = \"redis\", for = \"500 ms\" } }";
    let check = |more: &str, has: &[&str], has_not: &[&str]| {
        let event = format!("event=[{down}{more}]");
        let kept =
            ["process.capacity=none", "process.ttl=1h", "redis.ttl=1h", "workload.keys.page.writes=0/s"];
        let sets = ["database.workers=2", "database.read=20ms", "workload.keys.page.count=50", &event];
        check_advice("D4", &[&kept[..], &sets].concat(), has, has_not);
    };
    let alone = "only one of the two layers was lost";
    check("", &[alone, "no request failed", "at the same time", "no request fails"], &["This run shows it"]);
    check(", { at = \"3200 ms\", flush = \"process\" }", &["redis is down"], &[alone]);
    check(", { at = \"3600 ms\", flush = \"process\" }", &[alone], &["This run shows it"]);
}

#[test]
fn a_cache_in_the_instances_is_not_advised_where_there_is_one() {
    let check = |process: &str, has: &str, has_not: &str| {
        let sets = ["redis.nodes=8", "redis.service.get=\"3 ms\"", "redis.pool.size=100", "redis.ttl=1h"];
        let sets = [&sets[..], &["workload.keys.page.count=1", process]].concat();
        check_advice("D12", &sets, &[has], &[has_not]);
    };
    check("process=none", "(`[process]`)", "`process.ttl`");
    check("process.ttl=\"1 ms\"", "`process.ttl`", "(`[process]`)");
}

#[test]
fn what_retries_do_already_is_not_advised() {
    let check = |retries: &str, has: &[&str], has_not: &[&str]| {
        let retries = format!("client.retries={{ backoff = \"10 ms\", {retries} }}");
        let sets = ["database.workers=1", "database.read=50ms", "client.timeout=\"100 ms\"", "redis.ttl=1s"];
        check_advice("D16", &[&sets[..], &[&retries]].concat(), has, has_not);
    };
    check("attempts = 3", &["Retry fewer"], &["jitter"]);
    check("attempts = 1, jitter = \"none\"", &["attempts = 0", "full jitter"], &["Retry fewer"]);
}
