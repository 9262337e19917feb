//! Caches on the way to the application, against closed forms and direct counts.

use crate::common::{CROWD, assert_mean, assert_near, run, ttl_hit_ratio, value, values};

/// Users who ask for one key each second, all together, and a database that takes no time.
pub const ONE_KEY: &str = r#"
name = "one-key"
duration = "2000 s"
warmup = "100 s"
replications = 10
[workload]
arrivals = { poisson = "10/s" }
users = 10
[[workload.keys]]
name = "page"
count = 1
[app]
workers = "none"
"#;

#[test]
fn at_each_layer_the_hit_ratio_of_a_ttl_is_that_of_renewal_theory() {
    // Each of ten users has a cache of its own, and asks once a second.
    let browser = run(ONE_KEY, &[r#"browser={ ttl = "4 s", keep = "0 s" }"#]);
    assert_mean("browser", &values(&browser, "browser.hit_ratio"), ttl_hit_ratio(1.0, 4.0), 0.01);
    // Two regions of equal shares: five users and five requests a second each, if they were split evenly; so few users
    // are not. One region with one edge sees them all.
    let edge =
        run(ONE_KEY, &[r#"cdn={ ttl = "0.4 s", regions = [{ name = "all", round_trip = "20 ms" }] }"#]);
    assert_mean("edge", &values(&edge, "cdn.hit_ratio"), ttl_hit_ratio(10.0, 0.4), 0.01);
    let gateway = run(ONE_KEY, &[r#"gateway={ ttl = "0.4 s" }"#]);
    assert_mean("gateway", &values(&gateway, "gateway.hit_ratio"), ttl_hit_ratio(10.0, 0.4), 0.01);
    // Four instances in turn see a quarter of the requests each; at random, so that they are Poisson.
    let process = ["app.instances=4", "app.balance=random", "process.ttl=2 s"];
    let process = run(ONE_KEY, &process);
    assert_mean("process", &values(&process, "process.hit_ratio"), ttl_hit_ratio(2.5, 2.0), 0.01);
}

#[test]
fn users_are_spread_over_regions_and_edges_by_their_shares() {
    // A million users: the shares are 3 : 1 within a thousandth. The round trips tell the regions apart.
    let regions = r#"cdn={ ttl = "1 ns", edges = 5, regions = [{ name = "near", share = 3, round_trip = "10 ms" }, { name = "far", round_trip = "50 ms" }] }"#;
    let outcome = run(ONE_KEY, &["workload.users=1000000", regions]);
    assert_mean(
        "latency",
        &values(&outcome, "client.latency_mean_seconds"),
        0.75 * 0.010 + 0.25 * 0.050,
        0.02,
    );
    // Ten edges hold the one key, each of which sees a tenth of its region's requests.
    let copies = r#"cdn={ ttl = "1 h", edges = 5, regions = [{ name = "near", share = 3, round_trip = "10 ms" }, { name = "far", round_trip = "50 ms" }] }"#;
    let outcome = run(ONE_KEY, &["workload.users=1000000", copies, "warmup=0 s"]);
    for entries in values(&outcome, "cdn.entries") {
        assert_near("one copy at each edge", entries, 10.0, 0.0);
    }
    for loads in values(&outcome, "cdn.origin_rate_per_s") {
        assert_near("each edge asks once", loads * 2000.0, 10.0, 1e-6);
    }
}

/// A copy past its TTL is confirmed, unless the key was written since: with writes of rate µ and copies that are
/// renewed every T + 1/λ on average, the share e^(-µ(T+1/λ))-like is not changed. For exponential gaps the probability
/// of no write within T and an exponential time of mean 1/λ is e^(-µT) · λ/(λ+µ).
#[test]
fn old_copies_are_confirmed_as_often_as_nothing_was_written() {
    let (rate, ttl, writes) = (10.0, 0.4, 0.5f64);
    let outcome = run(
        ONE_KEY,
        &[
            r#"gateway={ ttl = "0.4 s", keep = "1 h" }"#,
            "workload.keys.page.writes=0.5/s",
            "workload.keys.page.size=1000 B",
        ],
    );
    let miss = 1.0 - ttl_hit_ratio(rate, ttl);
    let unchanged = (-writes * ttl).exp() * rate / (rate + writes);
    assert_mean("confirmed", &values(&outcome, "gateway.revalidated_ratio"), miss * unchanged, 0.02);
    assert_mean("changed", &values(&outcome, "gateway.miss_ratio"), miss * (1.0 - unchanged), 0.05);
    // Only what has changed is sent again.
    let bytes = rate * miss * (1.0 - unchanged) * 1000.0;
    assert_mean("bytes", &values(&outcome, "gateway.origin_bytes_per_s"), bytes, 0.05);
}

/// A write has the key purged at every edge; until the purge is there, an edge goes on serving the old version: as many
/// requests as come within the delay.
#[test]
fn until_a_purge_arrives_an_edge_serves_the_old_version() {
    let (rate, writes) = (10.0, 0.05f64);
    for (delay, mean) in [("\"500 ms\"", 0.5), ("{ exponential = \"500 ms\" }", 0.5)] {
        let cdn = format!(
            r#"cdn={{ ttl = "1 h", purge_delay = {delay}, regions = [{{ name = "all", round_trip = "0 s" }}] }}"#
        );
        let outcome = run(
            ONE_KEY,
            &[
                cdn.as_str(),
                "workload.keys.page.writes=0.05/s",
                "workload.keys.page.purge=true",
                "duration=20000 s",
            ],
        );
        // Of 20,000 s a thousand writes. Delays that overlap, of which one in forty has a neighbour within, count once:
        // what is stale is stale until the first purge after the write that made it so.
        let stale = values(&outcome, "client.stale_ratio");
        let expected = 1.0 - (-writes * mean).exp();
        assert_mean(delay, &stale, expected, 0.12);
        let misses: f64 = values(&outcome, "cdn.miss_ratio").iter().sum::<f64>() / stale.len() as f64;
        assert_near("each purge costs a load", misses * rate, writes, 0.1 * writes);
    }
}

/// With the key of the page alone, whoever comes gets what the last user left there.
#[test]
fn responses_leak_where_a_key_lacks_the_user_and_nowhere_else() {
    let personal = ["workload.keys.page.count=10", "workload.keys.page.personal=true"];
    let with = |gateway: &str| run(ONE_KEY, &[&personal[..], &[gateway]].concat());
    for gateway in [r#"gateway={ ttl = "0.4 s", personal = "vary" }"#, r#"gateway={ ttl = "0.4 s" }"#] {
        assert_near(gateway, values(&with(gateway), "client.leaks").iter().sum(), 0.0, 0.0);
    }
    let shared = with(r#"gateway={ ttl = "0.4 s", personal = "share" }"#);
    // A hit is another user's in nine of ten cases.
    let share = |name: &str| values(&shared, name);
    let leaked: Vec<f64> =
        share("client.leaks").iter().zip(share("client.requests")).map(|(leaks, all)| leaks / all).collect();
    assert_mean("leaks", &leaked, 0.9 * ttl_hit_ratio(10.0, 0.4), 0.01);
    // They pass it by default, and every one reaches the application.
    assert_near("bypass", share_of(&with(r#"gateway={ ttl = "0.4 s" }"#), "gateway.bypass_ratio"), 1.0, 0.0);
}

fn share_of(outcome: &cachestorm::experiment::Outcome, metric: &str) -> f64 {
    values(outcome, metric)[0]
}

/// 200 clients at once and an origin of 50 ms: FIDELITY of proxies, as measured.
#[test]
fn of_a_crowd_at_once_as_many_reach_the_origin_as_at_a_real_proxy() {
    // They ask at 1.4 s, when the cache is cold, and after their answers again, at 2.8 s and more, when it has expired.
    for (gateway, cold, expired) in [
        // nginx without a lock: 200 and 200.
        (r#"gateway={ ttl = "1 s" }"#, 200.0, 200.0),
        // Varnish: 1 and 1, with grace or without.
        (r#"gateway={ ttl = "1 s", coalesce = "single-flight" }"#, 1.0, 1.0),
        (r#"gateway={ ttl = "1 s", coalesce = "single-flight", stale_while_revalidate = "10 s" }"#, 1.0, 1.0),
        // nginx that serves stale while it updates in the background: 200 when cold, 1 when expired.
        (r#"gateway={ ttl = "1 s", stale_while_revalidate = "10 s" }"#, 200.0, 1.0),
    ] {
        let loads = |duration: &str| value(&run(CROWD, &[gateway, duration]), "database.loads");
        assert_near(gateway, loads("duration=2 s"), cold, 0.0);
        assert_near(gateway, loads("duration=3 s"), cold + expired, 0.0);
    }
}

#[test]
fn an_old_copy_is_served_for_so_long_after_an_error() {
    // The application is down from 10 s to 90 s; a copy lasts 7 s, and 40 s more in need.
    let down = r#"event=[{ at = "10 s", restart = { for = "80 s" } }]"#;
    let base = ["duration=100 s", "warmup=0 s", down, r#"workload.arrivals={ constant = "10/s" }"#];
    let failed = |gateway: &str| {
        let outcome = run(ONE_KEY, &[&base[..], &[gateway]].concat());
        values(&outcome, "client.failed")[0]
    };
    // Copies are stored at 0.1 s and 7.1 s; the second lasts to 14.1 s.
    let without = failed(r#"gateway={ ttl = "7 s" }"#);
    assert_near("without", without, (90.0 - 14.1) * 10.0, 1.0);
    let with = failed(r#"gateway={ ttl = "7 s", stale_if_error = "40 s" }"#);
    assert_near("forty seconds fewer", without - with, 400.0, 1.0);
    let never = failed(r#"gateway={ ttl = "7 s", stale_if_error = "85 s" }"#);
    assert_near("none", never, 0.0, 0.0);
    // The same for a cache beside the application, and its database.
    let database = "database={ workers = 10, read = \"1 ms\" }";
    let outage = r#"event=[{ at = "10 s", outage = { of = "database", for = "80 s" } }]"#;
    for layer in ["process", "redis"] {
        let cache = |more: &str| format!(r#"{layer}={{ ttl = "7 s"{more} }}"#);
        let failed = |cache: &str| {
            let outcome = run(ONE_KEY, &[&base[..2], &base[3..], &[outage, database, cache]].concat());
            values(&outcome, "client.failed")[0]
        };
        assert!(failed(&cache("")) > 740.0, "{layer}");
        assert_near(layer, failed(&cache(r#", stale_if_error = "85 s""#)), 0.0, 0.0);
    }
}

#[test]
fn browsers_differ() {
    // A tenth does not cache, a fifth keeps copies for another time.
    let users = [
        "workload.users=100000",
        "workload.arrivals={ poisson = \"1000/s\" }",
        "duration=300 s",
        "warmup=0 s",
        "replications=1",
    ];
    let browser = r#"browser={ ttl = "0 s", keep = "0 s", disabled = "10 %", lifetimes = [{ share = "20 %", ttl = "1 h" }] }"#;
    let outcome = run(ONE_KEY, &[&users[..], &[browser]].concat());
    assert_near("bypass", value(&outcome, "browser.bypass_ratio"), 0.10, 0.005);
    // Each of 20,000 users asks 3 times on average: all but the first find a copy. Of n Poisson with mean 3 the hits
    // are n - 1 + e^-3.
    let hits = 0.20 * (3.0 - 1.0 + (-3.0f64).exp()) / 3.0;
    assert_near("hits", value(&outcome, "browser.hit_ratio"), hits, 0.004);
    // no-cache: every use is confirmed.
    let outcome = run(ONE_KEY, &[r#"browser={ ttl = "0 s" }"#, "replications=1"]);
    assert_near("hits", value(&outcome, "browser.hit_ratio"), 0.0, 0.0);
    assert_near("confirmed", value(&outcome, "browser.revalidated_ratio"), 1.0, 0.0);
}

/// Whoever writes is one of the users that there are, and each drops the copy in its own browser.
#[test]
fn writers_are_the_users_that_there_are() {
    let browser = r#"browser={ ttl = "1 h" }"#;
    let alone = [
        r#"workload.arrivals={ users = { count = 1, think = { exponential = "200 ms" } } }"#,
        "workload.keys.page.writes=5/s",
        "replications=1",
        browser,
    ];
    let outcome = run(ONE_KEY, &alone);
    assert!(value(&outcome, "browser.invalidated_per_s") > 1.0);
    assert_near("a user sees its own writes", value(&outcome, "client.stale_ratio"), 0.0, 0.0);
    let own = ["workload.users=100", "workload.keys.page.count=100", "workload.keys.page.personal=true"];
    let outcome =
        run(ONE_KEY, &[&own[..], &["workload.keys.page.writes=20/s", "replications=1", browser]].concat());
    assert!(value(&outcome, "browser.invalidated_per_s") > 1.0);
    assert_near("nobody writes what is another's", value(&outcome, "client.stale_ratio"), 0.0, 0.0);
}

#[test]
fn a_copy_that_is_made_to_expire_is_stale_and_not_gone() {
    let expire = r#"event=[{ at = "1000 s", expire = "page:1" }]"#;
    let gateway = r#"gateway={ ttl = "1 h", stale_while_revalidate = "30 s" }"#;
    let outcome = run(ONE_KEY, &[gateway, expire, "replications=1"]);
    assert_near("misses", value(&outcome, "gateway.miss_ratio"), 0.0, 0.0);
    assert_near("refreshes", value(&outcome, "gateway.refresh_rate_per_s") * 1900.0, 1.0, 1e-6);
}

#[test]
fn only_the_same_response_is_confirmed_and_no_absence_is() {
    // A thousand users under one key: the response that is held is one's own in one of a thousand cases.
    let shared = r#"gateway={ ttl = "0 s", keep = "1 h", personal = "share" }"#;
    let users = ["workload.users=1000", "workload.keys.page.count=1000", "workload.keys.page.personal=true"];
    let outcome = run(ONE_KEY, &[&users[..], &[shared, "replications=1"]].concat());
    // 19,000 look-ups.
    assert_near(
        "shared",
        value(&outcome, "gateway.revalidated_ratio"),
        0.001,
        4.0 * (0.001f64 / 19_000.0).sqrt(),
    );
    let absent = r#"gateway={ ttl = "1 s", keep = "1 h", null_ttl = "1 s" }"#;
    let outcome = run(ONE_KEY, &[absent, "workload.keys.page.exists=false", "replications=1"]);
    assert_near("absent", value(&outcome, "gateway.revalidated_ratio"), 0.0, 0.0);
    assert!(value(&outcome, "gateway.negative_hit_ratio") > 0.8);
}

#[test]
fn a_lifetime_of_all_users_is_the_ttl() {
    let stale = |browser: &str| {
        let outcome =
            run(ONE_KEY, &[browser, "workload.keys.page.writes=1/s", "duration=20000 s", "replications=1"]);
        value(&outcome, "client.staleness_mean_seconds")
    };
    let own = stale(r#"browser={ ttl = "1 s", lifetimes = [{ share = "100 %", ttl = "3 h" }] }"#);
    assert_near("mean staleness", own, stale(r#"browser={ ttl = "3 h" }"#), 0.0);
}

#[test]
fn bytes_come_from_the_origin_of_every_layer() {
    let size = "workload.keys.page.size=1000 B";
    for layer in ["process", "redis", "gateway"] {
        let outcome = run(ONE_KEY, &[&format!(r#"{layer}={{ ttl = "1 s" }}"#), size, "replications=1"]);
        let loads = value(&outcome, &format!("{layer}.origin_rate_per_s"));
        let bytes = value(&outcome, &format!("{layer}.origin_bytes_per_s"));
        assert_near(layer, bytes, loads * 1000.0, 1.0);
    }
}

/// A purge names the key that was written; where all users' responses have one key, it is that which goes.
#[test]
fn a_purge_finds_a_copy_under_a_shared_key() {
    let purge = r#"event=[{ at = "1000 s", purge = { of = "gateway", key = "page:7" } }]"#;
    let users = ["workload.keys.page.count=10", "workload.keys.page.personal=true"];
    let gateway = r#"gateway={ ttl = "1 h", personal = "share", purge_delay = "0 s" }"#;
    let outcome = run(ONE_KEY, &[&users[..], &[gateway, purge, "replications=1"]].concat());
    assert_near("purged", value(&outcome, "gateway.invalidated_per_s") * 1900.0, 1.0, 1e-6);
}
