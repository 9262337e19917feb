//! Keys that lack something or have too much, and a shield behind the edges: against closed forms and direct counts.

use crate::common::{assert_mean, assert_near, run, ttl_hit_ratio, value, values};

/// Many users, so that shares of them are those that are asked for.
const ONE_KEY: &str = r#"
name = "one-key"
duration = "2000 s"
warmup = "100 s"
replications = 10
[workload]
arrivals = { poisson = "10/s" }
users = 1_000_000
dimensions = [
    { name = "language", values = { shares = [6, 3, 1] } },
    { name = "device", values = 2 },
]
[[workload.keys]]
name = "page"
count = 1
[app]
workers = "none"
"#;

/// The hit ratio of requests that are split into streams of these shares, each with a copy of its own.
fn split(rate: f64, ttl: f64, shares: &[f64]) -> f64 {
    shares.iter().map(|share| share * ttl_hit_ratio(rate * share, ttl)).sum()
}

#[test]
fn each_way_to_write_a_key_has_a_copy_of_its_own_unless_they_are_normalised() {
    let hits = |spellings: &str, gateway: &str| {
        let spellings = format!("workload.keys.page.spellings={spellings}");
        values(&run(ONE_KEY, &[&spellings, gateway]), "gateway.hit_ratio")
    };
    let gateway = r#"gateway={ ttl = "400 ms" }"#;
    assert_mean("four alike", &hits("4", gateway), split(10.0, 0.4, &[0.25; 4]), 0.01);
    let shares = split(10.0, 0.4, &[0.8, 0.1, 0.1]);
    assert_mean("three", &hits("{ shares = [8, 1, 1] }", gateway), shares, 0.01);
    let normalises = r#"gateway={ ttl = "400 ms", normalise = true }"#;
    assert_mean("one", &hits("4", normalises), ttl_hit_ratio(10.0, 0.4), 0.01);
}

#[test]
fn a_purge_by_name_finds_the_key_as_it_is_written_first() {
    let purged = |purge: &str, gateway: &str| {
        let event = format!(r#"event=[{{ at = "1000 s", purge = {{ of = "gateway"{purge} }} }}]"#);
        let gateway = format!(r#"gateway={{ ttl = "1 h", purge_delay = "0 s"{gateway} }}"#);
        let base = ["workload.keys.page.spellings=4", r#"workload.keys.page.varies_by=["device"]"#];
        let outcome = run(ONE_KEY, &[&base[..], &[&event, &gateway, "replications=1"]].concat());
        (value(&outcome, "gateway.invalidated_per_s") * 1900.0).round()
    };
    // Four spellings for two devices: both devices' copies of the first, or all.
    assert_near("key", purged(r#", key = "page:1""#, ""), 2.0, 0.0);
    assert_near("group", purged(r#", group = "page""#, ""), 8.0, 0.0);
    assert_near("all", purged("", ""), 8.0, 0.0);
    assert_near("normalised", purged(r#", key = "page:1""#, ", normalise = true"), 2.0, 0.0);
    // An expiry is of the key itself, however it is written: each copy is loaded once more.
    let expire = r#"event=[{ at = "1000 s", expire = "page:1" }]"#;
    let outcome = run(
        ONE_KEY,
        &["workload.keys.page.spellings=4", expire, r#"gateway={ ttl = "1 h" }"#, "replications=1"],
    );
    assert_near("expired", value(&outcome, "gateway.expired_per_s") * 1900.0, 4.0, 1e-6);
}

#[test]
fn a_copy_for_each_language_has_the_requests_of_its_language() {
    let hits = |varies_by: &str, gateway: &str| {
        let outcome = run(ONE_KEY, &[&format!("workload.keys.page.varies_by={varies_by}"), gateway]);
        assert_near("mismatched", values(&outcome, "client.mismatched").iter().sum(), 0.0, 0.0);
        values(&outcome, "gateway.hit_ratio")
    };
    let languages = [0.6, 0.3, 0.1];
    let both = languages.map(|share| [share / 2.0; 2]).concat();
    let said = r#"gateway={ ttl = "400 ms" }"#;
    assert_mean("language", &hits(r#"["language"]"#, said), split(10.0, 0.4, &languages), 0.01);
    assert_mean("both", &hits(r#"["device", "language"]"#, said), split(10.0, 0.4, &both), 0.01);
    // A dimension that nothing depends on costs hits as well.
    let too_much = r#"gateway={ ttl = "400 ms", vary = ["language", "device"] }"#;
    assert_mean("too much", &hits(r#"["language"]"#, too_much), split(10.0, 0.4, &both), 0.01);
    assert_mean("nothing", &hits("[]", said), ttl_hit_ratio(10.0, 0.4), 0.01);
}

/// Where a key lacks the language, a hit is in that of whoever asked first: with shares p another than one's own
/// in 1 - Σp² of all cases.
#[test]
fn where_a_key_lacks_a_dimension_users_get_what_was_made_for_others() {
    let mismatched = |layers: &[&str]| -> Vec<f64> {
        let outcome = run(ONE_KEY, &[&[r#"workload.keys.page.varies_by=["language"]"#][..], layers].concat());
        assert_near("leaks", values(&outcome, "client.leaks").iter().sum(), 0.0, 0.0);
        let share =
            values(&outcome, "client.mismatched").into_iter().zip(values(&outcome, "client.requests"));
        share.map(|(mismatched, all)| mismatched / all).collect()
    };
    let differ = 1.0 - (0.36 + 0.09 + 0.01);
    let lacks = mismatched(&[r#"gateway={ ttl = "400 ms", vary = [] }"#]);
    assert_mean("language", &lacks, differ * ttl_hit_ratio(10.0, 0.4), 0.02);
    let other = mismatched(&[r#"gateway={ ttl = "400 ms", vary = ["device"] }"#]);
    assert_mean("language", &other, differ * split(10.0, 0.4, &[0.5; 2]), 0.02);
    // An edge with the right key keeps the wrong response that a gateway without it gives.
    let cdn = r#"cdn={ ttl = "400 ms", regions = [{ name = "all", round_trip = "0 s" }] }"#;
    let behind = mismatched(&[cdn, r#"gateway={ ttl = "1 h", vary = [] }"#]);
    // The gateway asks once, and all others get that: in the language of one user, another one in each run.
    for share in behind {
        assert!([0.4, 0.7, 0.9].iter().any(|expected| (share - expected).abs() < 0.015), "{share}");
    }
    // The right key and no browser is confused.
    let right =
        mismatched(&[r#"browser={ ttl = "1 s" }"#, r#"gateway={ ttl = "400 ms" }"#, "replications=1"]);
    assert_near("right", right[0], 0.0, 0.0);
}

/// Only the same representation is confirmed.
#[test]
fn a_copy_in_another_language_is_no_confirmation() {
    let confirmed = |vary: &str| {
        let gateway = format!(r#"gateway={{ ttl = "0 s", keep = "1 h", vary = {vary} }}"#);
        let outcome =
            run(ONE_KEY, &[&gateway, r#"workload.keys.page.varies_by=["language"]"#, "replications=1"]);
        value(&outcome, "gateway.revalidated_ratio")
    };
    // Each look-up finds what the last one left: the same language in Σp² of 19,000 cases.
    let same: f64 = 0.36 + 0.09 + 0.01;
    assert_near("without", confirmed("[]"), same, 4.0 * (same * (1.0 - same) / 19_000.0).sqrt());
    assert_near("with", confirmed(r#"["language"]"#), 1.0, 0.0);
}

fn cdn(shield: &str) -> String {
    format!(
        r#"cdn={{ ttl = "100 s", edges = 5, regions = [{{ name = "all", round_trip = "0 s" }}]{shield} }}"#
    )
}

#[test]
fn with_a_shield_the_origin_is_asked_once_and_not_by_every_edge() {
    let loads = |shield: &str, ttl: &str, more: &[&str]| {
        let cdn = cdn(shield);
        let base = [cdn.as_str(), &format!("cdn.ttl={ttl}"), "duration=20000 s"];
        let outcome = run(ONE_KEY, &[&base[..], more].concat());
        let behind = if shield.is_empty() { "cdn" } else { "shield" };
        values(&outcome, &format!("{behind}.origin_rate_per_s"))
    };
    // Once, when all is cold.
    let cold = ["warmup=0 s", "replications=1"];
    assert_near("five edges", loads("", "30 d", &cold)[0] * 20_000.0, 5.0, 1e-6);
    let shield = r#", shield = { ttl = "30 d" }"#;
    assert_near("one shield", loads(shield, "30 d", &cold)[0] * 20_000.0, 1.0, 1e-6);
    // Each edge has two requests a second, and asks every T + 1/λ: 9,476 times in all, with a deviation of 4.6, and one
    // more or less at each edge for where the window cuts.
    let (rate, ttl) = (2.0, 10.0);
    for loads in loads("", "10 s", &["replications=3"]) {
        let expected = 19_900.0 * 5.0 / (ttl + 1.0 / rate);
        assert_near("five edges", loads * 19_900.0, expected, 5.0 + 4.0 * 4.6);
    }
    // Behind a shield the copies of all edges are as old as its own, and end with it, but for a second of rounding; then
    // the first request of all, or of the edge that asked first, is the next.
    for rate in loads(r#", shield = { ttl = "100 s" }"#, "100 s", &["replications=3"]) {
        let (least, most) = (1.0 / (100.0 + 1.0 + 1.0 / 2.0), 1.0 / 100.0);
        assert!((least * 0.995..=most * 1.005).contains(&rate), "{rate}, expected {least} to {most}");
    }
}

#[test]
fn a_purge_reaches_the_shield_and_its_way_takes_time() {
    let shield = r#", shield = { ttl = "1 h", round_trip = "80 ms" }"#;
    let writes = ["workload.keys.page.writes=0.05/s", "workload.keys.page.purge=true", "replications=1"];
    let outcome = run(ONE_KEY, &[&[cdn(shield).as_str()][..], &writes].concat());
    let rate = value(&outcome, "shield.invalidated_per_s");
    // 95 writes in 1900 s, within four deviations.
    assert_near("purged", rate * 1900.0, 95.0, 4.0 * 95.0f64.sqrt());
    assert_near("way", value(&outcome, "cdn.miss_latency_mean_seconds"), 0.080, 1e-6);
    assert_near("no way", value(&outcome, "shield.hit_latency_mean_seconds"), 0.0, 0.0);
    let purge =
        r#"event=[{ at = "1000 s", purge = { of = "shield" } }, { at = "1500 s", flush = "shield" }]"#;
    let outcome = run(ONE_KEY, &[&cdn(shield), purge, "replications=1"]);
    assert_near("purged", value(&outcome, "shield.invalidated_per_s") * 1900.0, 1.0, 1e-6);
    assert_near("flushed", value(&outcome, "shield.flushed_per_s") * 1900.0, 1.0, 1e-6);
}
