//! Each finding speaks when the numbers prove it, and is silent when they do not.

use crate::support::{Folder, SMALL};

#[track_caller]
fn check(name: &str, sets: &[&str], expected: &[&str]) {
    let folder = Folder::new(name);
    folder.write("small.toml", SMALL);
    let mut arguments = vec!["run", "small.toml", "--json", "--no-charts", "--set", "event=[]"];
    for set in sets {
        arguments.extend(["--set", set]);
    }
    let ran = folder.run(&arguments);
    assert!(matches!(ran.status, Some(0 | 99)), "{}", ran.stderr);
    let document = ran.json();
    let findings = document["variants"][0]["findings"].as_array().expect("a list");
    let codes: Vec<&str> = findings.iter().filter_map(|finding| finding["code"].as_str()).collect();
    assert_eq!(codes, expected, "{findings:#?}");
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
    // Copies leave for want of memory here too, but they have passed their TTL before that.
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
}
