//! Downstream services, circuit breakers and limits against arithmetic.

#![expect(clippy::float_cmp, reason = "counts are exact")]

use crate::common::{assert_mean, assert_near, each, run, value, values};
use cachestorm::experiment::State;
use cachestorm::measure::Failure;

/// A service, and nothing before it: each request is a call. Nothing takes time but the service.
const SERVICE: &str = r#"
name = "service"
duration = "100 s"
replications = 1
[workload]
arrivals = { constant = "1000/s" }
[[workload.keys]]
name = "price"
count = 50
origin = "prices"
[client]
timeout = "none"
[app]
workers = "none"
[[downstream]]
name = "prices"
latency = "0 s"
round_trip = "0 s"
"#;

fn failures(outcome: &cachestorm::experiment::Outcome, failure: Failure) -> u64 {
    outcome.records().iter().map(|record| record.clients.failed[failure as usize]).sum()
}

/// Ten times as many calls as it takes, for 100 s: the first is at 1 ms, the last at 100 s less 1 ms.
#[test]
fn a_rate_limit_lets_its_burst_through_and_its_rate_times_the_time() {
    for (rate, burst) in [(100, 20), (100, 1), (250, 400)] {
        let limit = format!("downstream.prices.rate_limit={{ rate = \"{rate}/s\", burst = {burst} }}");
        let outcome = run(SERVICE, &[&limit]);
        let calls = value(&outcome, "downstream.calls");
        let accepted = calls - value(&outcome, "downstream.rate_limited_calls");
        // From the first call on the bucket loses what it holds and what it gains.
        let gained = (f64::from(rate) * (calls - 1.0) / 1_000.0).floor();
        assert_eq!(accepted, f64::from(burst) + gained, "{rate}/s, {burst} at once, {calls} calls");
        assert_eq!(failures(&outcome, Failure::DownstreamRateLimited) as f64, calls - accepted);
    }
}

/// An outage in which 12 of 100 requests fail at once and all others are answered at once: with 100,000 requests the share
/// of failures is 12 ± 0.3 % (three deviations), so that all percentiles from p90 on fail, whatever the limit. Nothing that
/// is said about all requests is better than without the outage.
#[test]
fn no_latency_objective_above_p88_is_met_while_12_percent_fail() {
    use State::{Met, Missed};
    let objectives = "objective=[{ metric = \"client.latency_p50_seconds\", at_most = \"1 ms\" }, \
                      { metric = \"client.latency_p90_seconds\", at_most = \"8760 h\" }, \
                      { metric = \"client.latency_p99_seconds\", at_most = \"8760 h\" }, \
                      { metric = \"client.latency_p999_seconds\", at_most = \"8760 h\" }, \
                      { metric = \"client.latency_max_seconds\", at_most = \"8760 h\" }, \
                      { metric = \"client.answer_latency_p999_seconds\", at_most = \"1 ms\" }]";
    let slow = "downstream.prices.latency=100 us";
    let outcome = run(SERVICE, &[objectives, slow, "downstream.prices.failures=12 %"]);
    let states: Vec<State> = outcome.verdicts().iter().map(|verdict| verdict.state).collect();
    assert_eq!(states, [Met, Missed, Missed, Missed, Missed, Met]);
    for fails in ["p90", "p99", "p999", "max"] {
        assert_eq!(value(&outcome, &format!("client.latency_{fails}_seconds")), f64::INFINITY, "{fails}");
    }
    let sound = value(&run(SERVICE, &[slow]), "client.latency_mean_seconds");
    assert!(value(&outcome, "client.latency_mean_seconds") >= sound);
}

/// Calls at these times, each again so often after the whole seconds that it is told to wait: how many there were,
/// how many were refused, and how many for good.
fn rate_limit_by_hand(arrivals: impl Iterator<Item = f64>, rate: f64, retries: u32) -> [u64; 3] {
    let mut due: Vec<(f64, u32)> = arrivals.map(|at| (at, 0)).collect();
    let [mut calls, mut refused, mut given_up] = [0; 3];
    let mut token_at = 0.0;
    while !due.is_empty() {
        let next = (0..due.len()).min_by(|a, b| due[*a].0.total_cmp(&due[*b].0)).expect("some are due");
        let (at, attempt) = due.swap_remove(next);
        calls += 1;
        if token_at <= at {
            token_at = at + 1.0 / rate;
            continue;
        }
        refused += 1;
        if attempt < retries {
            due.push((at + f64::ceil(token_at - at), attempt + 1));
        } else {
            given_up += 1;
        }
    }
    [calls, refused, given_up]
}

/// At 7.3 calls per second no two come at the same time, also one second later or two.
#[test]
fn a_refused_call_comes_back_after_the_whole_seconds_that_it_is_told() {
    for (rate, retries) in [(4.0, 0), (4.0, 1), (6.0, 2), (0.4, 2)] {
        let limit = format!("downstream.prices.rate_limit={{ rate = \"{rate}/s\" }}");
        let retries_set = format!("downstream.prices.retries={retries}");
        let set = ["workload.arrivals={ constant = \"7.3/s\" }", "duration=50 s", &limit, &retries_set];
        let outcome = run(SERVICE, &set);
        let record = &outcome.records()[0];
        let arrivals = (0..record.clients.arrived).map(|n| n as f64 / 7.3);
        let [.., given_up] = rate_limit_by_hand(arrivals, rate, retries);
        // What happens after the end of arrivals is in the clients' numbers only.
        assert_eq!(
            failures(&outcome, Failure::DownstreamRateLimited),
            given_up,
            "{rate}/s, {retries} retries"
        );
    }
}

/// 200,000 calls in each of ten replications: the deviation of the share is √(0.03 · 0.97 / 200,000) = 0.0004.
#[test]
fn a_service_fails_as_often_as_it_says_and_an_error_takes_as_long_as_an_answer() {
    let outcome = run(
        SERVICE,
        &[
            "replications=10",
            "workload.arrivals={ poisson = \"2000/s\" }",
            "downstream.prices.failures=3 %",
            "downstream.prices.latency={ exponential = \"20 ms\" }",
        ],
    );
    let shares = each(&outcome, |record| {
        record.clients.failed[Failure::DownstreamError as usize] as f64 / record.clients.arrived as f64
    });
    assert_mean("share of errors", &shares, 0.03, 0.04);
    assert_mean("latency", &values(&outcome, "downstream.latency_mean_seconds"), 0.02, 0.01);
    let failed = each(&outcome, |record| record.clients.failed_after.mean_seconds().expect("some fail"));
    assert_mean("latency of errors", &failed, 0.02, 0.05);
}

/// An M/M/4 queue at 3.2 Erlang: Erlang C says 0.596 of the calls wait, 2.485 · 1/32 s … computed here.
#[test]
fn a_computation_with_workers_is_a_queue() {
    let outcome = run(
        SERVICE,
        &[
            "replications=10",
            "duration=400 s",
            "warmup=20 s",
            "workload.arrivals={ poisson = \"80/s\" }",
            "downstream.prices.workers=4",
            "downstream.prices.latency={ exponential = \"40 ms\" }",
        ],
    );
    let (offered, workers) = (80.0 * 0.04, 4.0);
    let terms: Vec<f64> = (0..4)
        .scan(1.0, |term, n| {
            let now = *term;
            *term *= offered / f64::from(n + 1);
            Some(now)
        })
        .collect();
    let last = offered.powi(4) / 24.0 * workers / (workers - offered);
    let waits = last / (terms.iter().sum::<f64>() + last);
    let mean = waits * 0.04 / (workers - offered);
    assert_mean("share that waits", &values(&outcome, "downstream.worker_wait_ratio"), waits, 0.05);
    assert_mean("mean wait", &values(&outcome, "downstream.worker_wait_mean_seconds"), mean, 0.15);
}

/// A service that is slow for its callers' patience: they leave at their time-out, and it works on.
#[test]
fn whoever_waits_too_long_for_a_service_leaves() {
    let outcome = run(
        SERVICE,
        &["downstream.prices.timeout=50 ms", "downstream.prices.latency=200 ms", "duration=10 s"],
    );
    let arrived = outcome.records()[0].clients.arrived;
    assert_eq!(failures(&outcome, Failure::DownstreamTimeout), arrived);
    assert_near(
        "left after",
        outcome.records()[0].clients.failed_after.mean_seconds().expect("all"),
        0.05,
        0.001,
    );
}

/// What another service would do, call for call: the states of a breaker as its papers have them (Nygard, Release It!),
/// with the numbers of the scenario. Yields how often it opened, what it refused and what failed behind it.
fn breaker_by_hand(down: impl Fn(f64) -> bool, calls: impl Iterator<Item = f64>) -> (u64, u64, u64, f64) {
    let (window, open_for, trials) = (10usize, 5.0, 3);
    let (mut opens, mut refused, mut failed, mut time_open) = (0, 0, 0, 0.0);
    let mut last: Vec<bool> = Vec::new();
    let mut open_since: Option<f64> = None;
    let mut trials_left: Option<usize> = None;
    for at in calls {
        if let Some(since) = open_since {
            if at < since + open_for - 1e-9 {
                refused += 1;
                continue;
            }
            time_open += at - since;
            (open_since, trials_left) = (None, Some(trials));
            last.clear();
        }
        let fails = down(at);
        failed += u64::from(fails);
        last.push(fails);
        let looked_at = trials_left.unwrap_or(window);
        let bad = last.iter().rev().take(looked_at).filter(|fails| **fails).count();
        if last.len() < looked_at {
            continue;
        }
        if 2 * bad >= looked_at {
            opens += 1;
            (open_since, trials_left) = (Some(at), None);
            last.clear();
        } else if trials_left.take().is_some() {
            last.clear();
        }
    }
    (opens, refused, failed, time_open)
}

#[test]
fn a_breaker_opens_tries_and_closes_at_the_calls_of_a_scripted_outage() {
    // Ten calls a second, at 0.1 s, 0.2 s, …; the service is down from 10 s to 31.02 s.
    let outcome = run(
        SERVICE,
        &[
            "workload.arrivals={ constant = \"10/s\" }",
            "downstream.prices.breaker={ window = 10, open_for = \"5 s\", half_open = 3 }",
            "event=[{ at = \"10 s\", outage = { of = \"downstream\", service = \"prices\", for = \"21020 ms\" } }]",
        ],
    );
    let arrived = outcome.records()[0].clients.arrived;
    let calls = (1..=arrived).map(|n| n as f64 / 10.0);
    let (opens, refused, failed, time_open) = breaker_by_hand(|at| (10.0..31.02).contains(&at), calls);
    // The fifth failure of ten opens it at 10.4 s. Three trials fail at 15.4 s, 20.6 s and 25.8 s and two calls after
    // each; at 31.0 s the first one fails and two do not, which closes it.
    assert_eq!((opens, failed), (4, 5 + 3 * 3 + 1), "by hand");
    assert_near("time open by hand", time_open, 4.0 * 5.0, 1e-6);
    assert_eq!(value(&outcome, "downstream.breaker_opens"), opens as f64);
    assert_eq!(failures(&outcome, Failure::DownstreamDown), failed);
    assert_eq!(failures(&outcome, Failure::DownstreamBreakerOpen), refused);
    assert_eq!(value(&outcome, "downstream.breaker_refused"), refused as f64);
    assert_near("open", value(&outcome, "downstream.breaker_open_ratio"), time_open / 100.0, 1e-6);
}

/// Copies of one second, and an old one for a minute more if the origin fails: with the database away, no request does.
#[test]
fn behind_an_open_breaker_old_copies_are_served() {
    let text = r#"
        name = "fallback"
        duration = "30 s"
        replications = 1
        [workload]
        arrivals = { constant = "100/s" }
        keys = [{ name = "page", count = 5 }]
        [process]
        ttl = "1 s"
        stale_if_error = "60 s"
        [database]
        workers = 10
        read = "1 ms"
        breaker = { window = 10, open_for = "5 s", half_open = 2 }
        [[event]]
        at = "10 s"
        outage = { of = "database", for = "10 s" }
    "#;
    let outcome = run(text, &[]);
    let record = &outcome.records()[0];
    assert_eq!(record.clients.failures_total(), 0);
    assert!(value(&outcome, "database.breaker_opens") >= 1.0);
    assert!(value(&outcome, "database.breaker_refused") > 100.0);
    let without = run(text, &["process.stale_if_error=0 s"]);
    assert!(failures(&without, Failure::DatabaseBreakerOpen) > 100);
}

/// Twenty come while one is served, and eight are let through at a time.
#[test]
fn a_limit_sheds_what_is_above_it_at_once() {
    let text = r#"
        name = "shedding"
        duration = "20 s"
        replications = 1
        [workload]
        arrivals = { constant = "20/s" }
        keys = [{ name = "page", count = 1000 }]
        [app]
        workers = "none"
        [database]
        workers = 100
        read = "1 s"
        round_trip = "0 s"
        limit = 8
    "#;
    let outcome = run(text, &[]);
    let record = &outcome.records()[0];
    // Of the twenty that come within the second of a read, the first eight are taken.
    let shed = record.clients.arrived - 20 * 8;
    assert_eq!(value(&outcome, "database.loads"), 20.0 * 8.0);
    assert_eq!(value(&outcome, "database.shed"), shed as f64);
    assert_eq!(failures(&outcome, Failure::DatabaseShed), shed);
    assert_eq!(record.clients.failed_after.mean_seconds(), Some(0.0));
    let two = run(text, &["app.instances=2"]);
    assert_eq!(value(&two, "database.loads"), 20.0 * 16.0, "each instance has a limit of its own");
}

/// A Redis that hangs makes each look-up wait for the time-out, and its pool makes others wait for that. With a breaker
/// ten look-ups wait, then the database is asked at once, until three trials wait each five seconds.
#[test]
fn a_breaker_ends_the_wait_for_a_cache_that_hangs() {
    let text = r#"
        name = "hidden-dependency"
        duration = "32 s"
        replications = 1
        [workload]
        arrivals = { constant = "100/s" }
        keys = [{ name = "page", count = 50 }]
        [client]
        timeout = "none"
        [app]
        workers = "none"
        [redis]
        timeout = "1 s"
        round_trip = "0 s"
        pool = { size = 1_000 }
        [database]
        workers = 100
        read = "1 ms"
        round_trip = "0 s"
        [[event]]
        at = "10 s"
        outage = { of = "redis", for = "30 s", hangs = true }
    "#;
    let slow = |set: &[&str]| {
        let outcome = run(text, set);
        assert_eq!(outcome.records()[0].clients.failures_total(), 0, "all are answered by the database");
        let latency = &outcome.records()[0].clients.latency;
        let slow: u64 = latency.cells().filter(|(seconds, _)| *seconds > 0.9).map(|(_, count)| count).sum();
        (slow, outcome)
    };
    // Each look-up from 10.00 s on waits for the time-out; requests come each 10 ms, the last one at 31.99 s.
    let (waits, _) = slow(&[]);
    assert_eq!(waits, 2_200);
    let breaker =
        "redis.breaker={ window = 10, least = 10, failures = 1.0, open_for = \"5 s\", half_open = 3 }";
    let (waits, outcome) = slow(&[breaker]);
    // The first ten have failed at 11.09 s, which opens it. Those that came by then have waited or wait: 109, and the
    // one of that instant if it comes first. Three trials from 16.09 s on have failed at 17.11 s; so again from 22.11 s
    // on, at 23.13 s, and from 28.13 s on, at 29.15 s.
    assert!((109 + 9..=110 + 9).contains(&waits), "{waits}");
    assert_eq!(value(&outcome, "redis.breaker_opens"), 4.0);
    let open = 3.0 * 5.0 + (32.0 - 29.15);
    assert_near("open", value(&outcome, "redis.breaker_open_ratio"), open / 32.0, 0.001);
}
