//! What responses say of themselves, and what caches on the way make of it: against closed forms and direct counts.

use super::http_caches::ONE_KEY;
use crate::common::{assert_mean, assert_near, run, ttl_hit_ratio, value, values};

/// RFC 9111, 4.2.3: sixty seconds behind sixty seconds.
#[test]
fn with_its_age_a_copy_is_as_stale_as_one_ttl_and_without_it_as_two() {
    let longest = |browser: &str, cdn: &str, more: &[&str]| {
        let layers = [
            format!(r#"browser={{ ttl = "60 s", keep = "0 s", age = "{browser}" }}"#),
            format!(
                r#"cdn={{ ttl = "60 s", age = "{cdn}", regions = [{{ name = "all", round_trip = "0 s" }}] }}"#
            ),
        ];
        let base = ["workload.keys.page.writes=0.02/s", "duration=20000 s", &layers[0], &layers[1]];
        let outcome = run(ONE_KEY, &[&base[..], more].concat());
        values(&outcome, "client.staleness_max_seconds")
    };
    let (honoured, ignored) = ("honoured", "ignored");
    // All at whole seconds, so that nothing is rounded.
    let whole =
        ["workload.arrivals={ constant = \"10/s\" }", "workload.users=1", "workload.arrivals.constant=1/s"];
    for staleness in longest(honoured, honoured, &whole) {
        assert!((55.0..=60.0).contains(&staleness), "{staleness}");
    }
    // The header has whole seconds, rounded down: a copy may live for up to one more.
    for staleness in longest(honoured, honoured, &[]) {
        assert!((58.0..=61.0).contains(&staleness), "{staleness}");
    }
    // Whether the browser does not read it or the edge does not write it: of 400 writes one is followed closely by a
    // fill, and late in its minute by a browser's.
    for (browser, cdn) in [(ignored, honoured), (honoured, ignored)] {
        for staleness in longest(browser, cdn, &[]) {
            assert!((100.0..=120.0).contains(&staleness), "{browser}, {cdn}: {staleness}");
        }
    }
}

#[test]
fn what_the_application_keeps_for_itself_adds_nothing_to_the_age() {
    let layers = [
        r#"browser={ ttl = "60 s", keep = "0 s" }"#,
        r#"process={ ttl = "60 s" }"#,
        "workload.keys.page.on_write=nothing",
        "workload.keys.page.writes=0.02/s",
        "duration=20000 s",
    ];
    for staleness in values(&run(ONE_KEY, &layers), "client.staleness_max_seconds") {
        assert!((100.0..=120.0).contains(&staleness), "{staleness}");
    }
}

#[test]
fn a_private_cache_takes_max_age_and_a_shared_one_s_maxage() {
    let headers = r#"workload.keys.page.headers={ max_age = "4 s", s_maxage = "400 ms" }"#;
    let browser = run(ONE_KEY, &[headers, r#"browser={ ttl = "1 h", keep = "0 s" }"#]);
    assert_mean("browser", &values(&browser, "browser.hit_ratio"), ttl_hit_ratio(1.0, 4.0), 0.01);
    let gateway = run(ONE_KEY, &[headers, r#"gateway={ ttl = "1 h" }"#]);
    assert_mean("gateway", &values(&gateway, "gateway.hit_ratio"), ttl_hit_ratio(10.0, 0.4), 0.01);
    let only = r#"workload.keys.page.headers={ max_age = "400 ms" }"#;
    let gateway = run(ONE_KEY, &[only, r#"gateway={ ttl = "1 h" }"#]);
    assert_mean("max-age", &values(&gateway, "gateway.hit_ratio"), ttl_hit_ratio(10.0, 0.4), 0.01);
    let no_store = r"workload.keys.page.headers={ no_store = true }";
    for layer in ["browser", "gateway"] {
        let outcome = run(ONE_KEY, &[no_store, &format!("{layer}.ttl=1 h"), "replications=1"]);
        assert_near(layer, value(&outcome, &format!("{layer}.bypass_ratio")), 1.0, 0.0);
    }
}

/// A key that was changed a thousand seconds before the start, and not since: a response made at t is fresh for a tenth
/// of 1000 s + t, and requests come each second.
#[test]
fn without_a_lifetime_a_response_is_fresh_for_a_tenth_of_the_time_since_its_last_change() {
    let constant = [
        "workload.arrivals={ constant = \"1/s\" }",
        "warmup=0 s",
        "replications=1",
        r#"workload.keys.page.headers={ last_modified = "1000 s" }"#,
    ];
    let misses = |gateway: &str, more: &[&str]| {
        let outcome = run(ONE_KEY, &[&constant[..], &[gateway], more].concat());
        value(&outcome, "gateway.miss_ratio") * value(&outcome, "gateway.look_ups")
    };
    let direct = |share: f64, first: u64| {
        let (mut count, mut good_until) = (0.0, 0.0);
        for t in first..2000 {
            if t as f64 >= good_until {
                count += 1.0;
                good_until = t as f64 + share * (1000.0 + t as f64);
            }
        }
        count
    };
    for (share, written) in [(0.1, "10 %"), (0.02, "2 %")] {
        let gateway = format!(r#"gateway={{ ttl = "1 s", heuristic = "{written}" }}"#);
        // The first request comes at the start, or after the first second: the count is the same.
        assert_near(written, misses(&gateway, &[]), direct(share, 0), 1e-9);
        assert_near(written, direct(share, 0), direct(share, 1), 0.0);
    }
    // With a lifetime nothing is guessed, nor without a date.
    let said = r#"workload.keys.page.headers={ last_modified = "1000 s", max_age = "500 s" }"#;
    assert_near("said", misses(r#"gateway={ ttl = "1 s", heuristic = "10 %" }"#, &[said]), 4.0, 1e-9);
    let unsaid = "workload.keys.page.headers=none";
    assert_near("no date", misses(r#"gateway={ ttl = "500 s", heuristic = "10 %" }"#, &[unsaid]), 4.0, 1e-9);
}

/// A key that is written with rate µ has an age of 1/µ on average: copies are good for a tenth of that.
#[test]
fn what_was_changed_just_now_is_not_kept_for_long() {
    let headers = r#"workload.keys.page.headers={ last_modified = "0 s" }"#;
    let gateway = r#"gateway={ ttl = "1 s", heuristic = "10 %" }"#;
    let outcome = run(ONE_KEY, &[headers, gateway, "workload.keys.page.writes=0.05/s", "duration=20000 s"]);
    // Of a key changed an exponential time A of mean 20 s ago a copy lives for A/10; until the next write after that
    // the next one lives longer. Staleness is bounded by the longest of 1000 gaps, 20 s · (ln 1000 ± 8), a tenth of it.
    for staleness in values(&outcome, "client.staleness_max_seconds") {
        assert!((5.0..=30.0).contains(&staleness), "{staleness}");
    }
}

/// RFC 9111, 4.2.3, and RFC 5861: all windows of a response begin at the end of its lifetime, which is counted from when
/// it was made. An edge has a copy for 200 s; browsers may keep it to an age of 10 s + 20 s. In each 200 s a user who
/// asks once a second has one miss and 29 hits on average in the first 30 s, and hardly any after that: what comes then
/// has had its time. An age is in whole seconds, rounded down, so a time ends later by what was left out when the copy
/// was last stored. Of the first request, which comes after an exponential time of mean 1 s, that is 1 − 1/(e − 1) on
/// average; of the last one before the end, looking back from there, 1/(e − 1).
#[test]
fn a_response_that_comes_late_has_what_is_left_of_its_windows() {
    let headers = r#"workload.keys.page.headers={ max_age = "10 s", s_maxage = "200 s", stale_while_revalidate = "20 s" }"#;
    let layers = [
        headers,
        "warmup=0 s",
        r#"browser={ ttl = "1 h", keep = "0 s" }"#,
        r#"cdn={ ttl = "1 h", regions = [{ name = "all", round_trip = "0 s" }] }"#,
    ];
    let last = 1.0 / (std::f64::consts::E - 1.0);
    let first = 1.0 - last;
    let outcome = run(ONE_KEY, &layers);
    assert_mean("hits", &values(&outcome, "browser.hit_ratio"), (29.0 + last) / 200.0, 0.05);
    assert_mean(
        "stale hits",
        &values(&outcome, "browser.stale_hit_ratio"),
        (20.0 + last - first) / 200.0,
        0.05,
    );
    for age in values(&outcome, "browser.age_p99_seconds") {
        assert!((29.0..=31.0).contains(&age), "{age}");
    }
    // What is kept to be confirmed is kept from the end of the lifetime, too: 15 s after it no response is kept any more.
    let kept = r#"workload.keys.page.headers={ max_age = "10 s", s_maxage = "200 s" }"#;
    let outcome = run(ONE_KEY, &[kept, "warmup=0 s", r#"browser={ ttl = "1 h", keep = "15 s" }"#, layers[3]]);
    assert_mean("fresh hits", &values(&outcome, "browser.hit_ratio"), (9.0 + first) / 200.0, 0.1);
    assert_mean(
        "confirmed",
        &values(&outcome, "browser.revalidated_ratio"),
        (15.0 + last - first) / 200.0,
        0.1,
    );
}
