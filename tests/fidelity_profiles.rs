//! Profiles are what the real systems do: in their settings, and in what comes of them.

mod common;

use cachestorm::model::{Model, PROFILES};
use cachestorm::quantity::Bytes;
use common::{CROWD, assert_near, model, run, value, values};

const BASE: &str = r#"
name = "profiles"
duration = "100 s"
replications = 1
[workload]
arrivals = { constant = "1/s" }
users = 2
[[workload.keys]]
name = "page"
count = 2
popularity = "uniform"
[app]
workers = "none"
"#;

/// What a table needs whatever its profile.
fn needs(table: &str, gives_ttl: bool) -> Vec<String> {
    let ttl = |layer: &str| format!("{layer}.ttl=1 s");
    let mut needs = match table {
        "cdn" => vec![r#"cdn.regions=[{ name = "all", round_trip = "0 s" }]"#.to_owned()],
        "database" | "database.pool" => {
            vec!["database.workers=4".to_owned(), "database.read=1 ms".to_owned()]
        }
        _ => Vec::new(),
    };
    if matches!(table, "browser" | "cdn" | "gateway") && !gives_ttl {
        needs.push(ttl(table));
    }
    needs
}

fn with(arguments: &[String]) -> Model {
    model(BASE, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn every_profile_sets_what_its_lines_say_and_what_is_written_goes_before() {
    let mut profiles = 0;
    for (table, known) in PROFILES {
        for profile in *known {
            let gives = |setting: &str| profile.settings.iter().any(|(known, _)| *known == setting);
            let needs = needs(table, gives("ttl"));
            let named = [&needs[..], &[format!("{table}.profile={}", profile.name)]].concat();
            let lines: Vec<String> = profile
                .settings
                .iter()
                .map(|(setting, value)| format!("{table}.{setting}={value}"))
                .collect();
            let written = with(&[&needs[..], &lines[..]].concat());
            assert_eq!(with(&named), written, "{table}: {}", profile.name);
            // Two that a file could have said otherwise.
            for (setting, other) in
                [("ttl", "7 s"), ("coalesce", "single-flight"), ("coalesce", "none"), ("samples", "9")]
            {
                if gives(setting) {
                    let other = format!("{table}.{setting}={other}");
                    let over = [&lines[..], std::slice::from_ref(&other)].concat();
                    let (named, over) = ([&named[..], &[other]].concat(), [&needs[..], &over[..]].concat());
                    assert_eq!(with(&named), with(&over), "{table}: {}", profile.name);
                }
            }
            profiles += 1;
        }
    }
    assert!(profiles >= 10, "{profiles} profiles");
}

/// Who only says which server it is has the server's own settings, not those of another.
#[test]
fn a_server_that_is_named_has_the_defaults_of_its_profile() {
    let with = |setting: &str| with(&[setting.to_owned()]);
    assert_eq!(with("redis.server=memcached"), with("redis.profile=memcached-1.6"));
    let memory = with("redis.server=memcached").redis.and_then(|redis| redis.memory);
    assert_eq!(memory, Some(Bytes(64 << 20)));
}

/// A layer with a profile, and a TTL if it wants one.
fn layer(table: &str, profile: &str, more: &[&str]) -> Vec<String> {
    let known = PROFILES.iter().find(|(known, _)| *known == table).expect("the table has profiles").1;
    let known = known.iter().find(|known| known.name == profile).expect("there is this profile");
    let gives_ttl = known.settings.iter().any(|(setting, _)| *setting == "ttl");
    let mut all = needs(table, gives_ttl);
    all.push(format!("{table}.profile={profile}"));
    all.extend(more.iter().map(|&more| more.to_owned()));
    all
}

fn measured(arguments: &[String], metric: &str) -> f64 {
    value(&run(BASE, &arguments.iter().map(String::as_str).collect::<Vec<_>>()), metric)
}

/// http-tests/cache-tests, results of 2025: Chrome 143, nginx 1.28, Varnish 7.7, Fastly. One request after the other,
/// as there: nginx serves an old copy only to those who come while another one renews it.
#[test]
fn caches_that_speak_http_have_the_flags_that_the_public_tests_found() {
    let cases = [
        // Stale while revalidated, a response to an authorised request reused, dropped by POST, heuristic lifetime.
        ("browser", "chrome", true, false, true, true),
        ("cdn", "fastly", true, true, false, false),
        ("gateway", "nginx", false, true, false, false),
        ("gateway", "varnish", true, false, false, false),
    ];
    for (table, profile, stale, reuses, drops, heuristic) in cases {
        let name = |what: &str| format!("{table}.{what}");
        let flag = |what: &str, of: &[&str], metric: &str, expected: bool| {
            let found = measured(&layer(table, profile, of), metric) > 0.0;
            assert_eq!(found, expected, "{profile}: {what}");
        };
        let one = "workload.users=1";
        let headers = r#"workload.keys.page.headers={ max_age = "1500 ms", stale_while_revalidate = "1 h" }"#;
        flag("stale-while-revalidate", &[one, headers], &name("stale_hit_ratio"), stale);
        let (personal, hour) = ("workload.keys.page.personal=true", format!("{table}.ttl=1 h"));
        flag("Authorization", &[personal, &hour], "client.leaks", reuses);
        let long = r#"workload.keys.page.headers={ max_age = "1 h" }"#;
        flag("POST", &[one, long, "workload.keys.page.writes=1/s"], &name("invalidated_per_s"), drops);
        let no_lifetime = r#"workload.keys.page.headers={ last_modified = "1 d" }"#;
        let without = [format!("{table}.ttl=0 s"), format!("{table}.stale_while_revalidate=0 s")];
        let without: Vec<&str> = without.iter().map(String::as_str).collect();
        flag("heuristic", &[&[one, no_lifetime][..], &without].concat(), &name("hit_ratio"), heuristic);
    }
}

/// Kong's plugin does not look at what responses say, unless it is told to.
#[test]
fn a_cache_that_obeys_nothing_keeps_what_may_not_be_kept() {
    let no_store = r"workload.keys.page.headers={ no_store = true }";
    let kong = |more: &[&str]| measured(&layer("gateway", "kong", more), "gateway.hit_ratio");
    // Two keys are stored once each.
    assert_near("kept", kong(&[no_store]), 0.98, 0.0101);
    let obeys = r#"gateway.cache_control=["no-store"]"#;
    assert_near("not kept", kong(&[no_store, obeys]), 0.0, 0.0);
    let bypass = measured(&layer("gateway", "nginx", &[no_store]), "gateway.bypass_ratio");
    assert_near("nginx obeys", bypass, 1.0, 0.0);
}

/// As measured on nginx 1.22.1, whose lock is for what is not there at all and is looked at every 500 ms.
#[test]
fn a_crowd_at_nginx_costs_as_many_requests_to_the_origin_as_measured() {
    let nginx = |more: &str| format!(r#"gateway={{ profile = "nginx", ttl = "1 s"{more} }}"#);
    let loads =
        |gateway: &str, more: &[&str]| value(&run(CROWD, &[&[gateway], more].concat()), "database.loads");
    // They ask at 1.4 s, when the cache is cold, and 1.4 s after their answers again, when the copy is a second old.
    // Those who have waited for the lock come later than the one who had it, and it has just renewed the copy: an event
    // makes that expire.
    let expire = r#"event=[{ at = "3 s", expire = "page:1" }]"#;
    for (more, cold, expired) in [
        ("", 200.0, 200.0),
        (r", coalesce = { lock = {} }", 1.0, 1.0 + 199.0),
        (r#", coalesce = { lock = { timeout = "30 ms" } }"#, 200.0, 200.0),
        // use_stale updating, without and with background_update.
        (r#", stale_while_revalidate = "10 min""#, 200.0, 1.0),
        (r#", stale_while_revalidate = "10 min", background_update = true"#, 200.0, 1.0),
        (
            r#", stale_while_revalidate = "10 min", background_update = true, coalesce = { lock = {} }"#,
            1.0,
            1.0 + 1.0,
        ),
    ] {
        let gateway = nginx(more);
        assert_near(&gateway, loads(&gateway, &["duration=1500 ms"]), cold, 0.0);
        assert_near(&gateway, loads(&gateway, &["duration=3500 ms", expire]), cold + expired, 0.0);
    }
}

#[test]
fn who_waits_at_nginx_lock_waits_for_the_next_look() {
    let run = |more: &str| {
        let gateway =
            format!(r#"gateway={{ profile = "nginx", ttl = "1 s", coalesce = {{ lock = {{ {more} }} }} }}"#);
        run(CROWD, &[&gateway, "duration=2 s"])
    };
    // One takes 50 ms, the others 500 ms: measured 513 ms.
    let polled = run("");
    assert_near("coalesced", value(&polled, "gateway.coalesced_ratio"), 199.0 / 200.0, 1e-12);
    // Percentiles are within 0.4 %.
    assert_near("median", value(&polled, "client.latency_p50_seconds"), 0.5, 0.002);
    // Half of the time-out away from the answer: 30 ms of waiting and 50 ms of their own; nothing of it is stored.
    let impatient = run(r#"timeout = "30 ms""#);
    assert_near("median", value(&impatient, "client.latency_p50_seconds"), 0.080, 0.001);
    assert_near("past the cache", value(&impatient, "gateway.bypass_ratio"), 199.0 / 200.0, 1e-12);
    assert_near("replaced", value(&impatient, "gateway.replaced_per_s"), 0.0, 0.0);
    // A lock of 20 ms is free at 20 ms for one of those who look then, and at 40 ms for another; at 55 ms all find the
    // first one's answer.
    let aged = run(r#"poll = "15 ms", age = "20 ms""#);
    assert_near("took the lock in turn", value(&aged, "database.loads"), 3.0, 0.0);
}

/// The first who finds an old copy waits, and while it does the others have it at once; in the background nobody waits.
#[test]
fn one_or_nobody_waits_for_the_renewal_of_an_old_copy() {
    for (background, stale, slow) in [(false, 199.0, 1.0), (true, 200.0, 0.0)] {
        let gateway = format!(
            r#"gateway={{ profile = "nginx", ttl = "1 s", stale_while_revalidate = "10 min", background_update = {background} }}"#
        );
        let outcome = run(CROWD, &[&gateway, "warmup=2 s"]);
        assert_near("stale", value(&outcome, "gateway.stale_hit_ratio"), stale / 200.0, 1e-12);
        assert_near("waits", value(&outcome, "gateway.miss_ratio"), slow / 200.0, 1e-12);
        assert_near("mean", value(&outcome, "client.latency_mean_seconds"), 0.050 * slow / 200.0, 1e-9);
        assert_near("failed", values(&outcome, "client.failed").iter().sum(), 0.0, 0.0);
    }
}

/// Varnish 7.1 as measured: one request, when cold and when expired, and all others get the old copy. Cloudflare as it
/// documents revalidation and request collapsing: of a crowd one waits for the renewal, the others get the old copy.
#[test]
fn a_crowd_at_varnish_or_at_an_edge_costs_one_request() {
    let varnish = r#"gateway={ profile = "varnish", ttl = "1 s" }"#;
    let edge = |profile: &str| {
        format!(
            r#"cdn={{ profile = "{profile}", ttl = "1 s", regions = [{{ name = "all", round_trip = "0 s" }}] }}"#
        )
    };
    let (cloudflare, fastly) = (edge("cloudflare"), edge("fastly"));
    for (layer, setting, stale) in
        [("gateway", varnish, 200.0), ("cdn", &cloudflare, 199.0), ("cdn", &fastly, 0.0)]
    {
        let loads = |duration: &str| value(&run(CROWD, &[setting, duration]), "database.loads");
        assert_near(setting, loads("duration=2 s"), 1.0, 0.0);
        assert_near(setting, loads("duration=3 s"), 2.0, 0.0);
        let expired = run(CROWD, &[setting, "warmup=2 s"]);
        assert_near(setting, value(&expired, &format!("{layer}.stale_hit_ratio")), stale / 200.0, 1e-12);
    }
}
