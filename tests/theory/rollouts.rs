//! Instances that come and go, against arithmetic: what each of them costs in hits.

#![expect(clippy::float_cmp, reason = "counts and shares of counts are exact")]

use crate::common::{assert_mean, assert_near, each, interval, run, value, values};
use cachestorm::experiment::Outcome as Runs;
use cachestorm::measure::{Layer, Outcome, Record};

/// Ten keys that live for a second in each instance's cache.
const SCALED: &str = r#"
name = "scaled"
duration = "100 s"
warmup = "20 s"
replications = 10
[workload]
arrivals = { poisson = "400/s" }
[[workload.keys]]
name = "key"
count = 10
popularity = "uniform"
[app]
instances = 2
balance = "random"
workers = "none"
[process]
ttl = "1 s"
[database]
workers = 1000
read = "0 s"
round_trip = "0 s"
"#;

/// With n instances each has λ/n of the requests of each key, and λT/n hits after each miss.
#[test]
fn each_of_n_instances_has_the_hit_ratio_of_its_part_of_the_requests() {
    let hit_ratio = |n: f64| 1.0 - 1.0 / (1.0 + 40.0 * 1.0 / n);
    for (event, n) in [
        ("event=[]", 2.0),
        ("event=[{ at = \"10 s\", scale = { instances = 8 } }]", 8.0),
        (
            "event=[{ at = \"5 s\", scale = { instances = 16 } }, { at = \"10 s\", scale = { instances = 4 } }]",
            4.0,
        ),
        (
            "event=[{ at = \"1 s\", scale = { instances = 8, start = \"10 s\" } }, { at = \"5 s\", scale = { instances = 1 } }]",
            1.0,
        ),
    ] {
        let outcome = run(SCALED, &[event]);
        assert_mean(event, &values(&outcome, "process.hit_ratio"), hit_ratio(n), 0.01);
        if event != "event=[]" {
            assert_near(event, interval(&values(&outcome, "app.instances_mean")).0, n, 0.0);
        }
        assert_near(event, interval(&values(&outcome, "client.failed")).0, 0.0, 0.0);
    }
}

#[test]
fn a_new_instance_takes_traffic_when_it_has_started() {
    let scale = "event=[{ at = \"30 s\", scale = { instances = 6, start = \"20 s\" } }]";
    let outcome = run(SCALED, &[scale, "replications=1"]);
    // Two for 30 s of 80 s that are measured, and six for 50 s.
    assert_near("mean", value(&outcome, "app.instances_mean"), (2.0 * 30.0 + 6.0 * 50.0) / 80.0, 1e-9);
    assert_near("min", value(&outcome, "app.instances_min"), 2.0, 0.0);
    assert_near("max", value(&outcome, "app.instances_max"), 6.0, 0.0);
}

/// Ten instances with a hundred keys each, which stay for good.
const DEPLOYED: &str = r#"
name = "deployed"
duration = "200 s"
warmup = "60 s"
replications = 20
[workload]
arrivals = { poisson = "500/s" }
[[workload.keys]]
name = "key"
count = 100
popularity = "uniform"
[app]
instances = 10
balance = "random"
workers = "none"
[process]
capacity = "none"
[database]
workers = 1000
read = "0 s"
round_trip = "0 s"
"#;

fn misses(arguments: &[&str]) -> Vec<f64> {
    each(&run(DEPLOYED, arguments), |record| {
        let cache = record.layers.caches[Layer::Process as usize].as_ref().expect("it is there");
        cache.total(Outcome::Miss) as f64
    })
}

/// After 60 s an instance has been asked for each key 30 times, and has missed each once. The one that is replaced then,
/// of n with K keys each, misses K(1 − exp(−λτ/nK)) times in the τ that follow: at first every n-th request.
#[test]
fn a_replaced_instance_costs_its_part_of_the_hits_until_it_has_its_keys() {
    let (rate, n, keys) = (500.0, 10.0, 100.0);
    // The fewer the misses, the wider the interval.
    for (tau, duration, tolerance) in
        [(0.5_f64, "duration=66500 ms", 0.25), (5.0, "duration=71 s", 0.1), (10.0, "duration=76 s", 0.1)]
    {
        let deploy = "event=[{ at = \"61 s\", deploy = { every = \"1 h\", down = \"5 s\" } }]";
        let missed = misses(&[deploy, "warmup=66 s", duration]);
        let expected = keys * (1.0 - (-rate * tau / (n * keys)).exp());
        assert_mean(duration, &missed, expected, tolerance);
    }
    // While it is away nine are there, and have all that they need.
    let deploy = "event=[{ at = \"60 s\", deploy = { every = \"1 h\", down = \"20 s\" } }]";
    assert_near("away", interval(&misses(&[deploy, "duration=80 s"])).0, 0.0, 0.0);
}

#[test]
fn a_rolling_deploy_loads_each_key_once_more_for_each_instance() {
    for batch in ["batch = 1", "batch = 3", "batch = 1, every = \"7 s\"", "batch = 10, every = \"1 s\""] {
        let deploy = format!("event=[{{ at = \"61 s\", deploy = {{ down = \"5 s\", {batch} }} }}]");
        // 50 requests a second at each instance: after 90 s the chance that one of 1,000 copies is missing is 1e-16.
        let missed = misses(&[&deploy, "replications=2"]);
        assert!(missed.iter().all(|missed| *missed == 1000.0), "{batch}: {missed:?}");
    }
}

/// Four instances, each with a dozen requests of 500 ms in progress.
const DRAINED: &str = r#"
name = "drained"
duration = "60 s"
replications = 1
[workload]
arrivals = { constant = "100/s" }
[[workload.keys]]
name = "key"
count = 1
[app]
instances = 4
workers = "none"
work = "500 ms"
"#;

#[test]
fn an_instance_is_away_while_it_drains_and_while_it_is_down() {
    let outcome = |deploy: &str| {
        run(DRAINED, &[&format!("event=[{{ at = \"10 s\", deploy = {{ down = \"2 s\", {deploy} }} }}]")])
    };
    let mean = |away: f64| 4.0 - 4.0 * away / 60.0;
    for (deploy, fewest) in [("batch = 1", 3.0), ("batch = 2", 2.0), ("every = \"1 s\"", 1.0)] {
        let outcome = outcome(deploy);
        // The last request came up to 40 ms before the deploy, of three instances up to 53 ms or more.
        assert_near(deploy, value(&outcome, "app.instances_mean"), mean(2.5), 4.0 * 0.1 / 60.0);
        assert_near(deploy, value(&outcome, "app.instances_min"), fewest, 0.0);
        assert_near(deploy, value(&outcome, "client.failed"), 0.0, 0.0);
        assert_near(deploy, value(&outcome, "client.latency_max_seconds"), 0.5, 0.002);
    }
    let outcome = outcome("drain = \"100 ms\"");
    assert_near("drain", value(&outcome, "app.instances_mean"), mean(2.1), 1e-9);
    assert_near("failed", value(&outcome, "client.failed"), 0.0, 0.0);
}

#[test]
fn deploys_and_scaling_at_the_same_time_leave_the_number_that_was_asked_for() {
    let events = "event=[\
        { at = \"10 s\", deploy = { down = \"2 s\", every = \"1 s\" } }, \
        { at = \"11500 ms\", scale = { instances = 8, start = \"5 s\" } }, \
        { at = \"12 s\", scale = { instances = 2 } }, \
        { at = \"12 s\", restart = { for = \"3 s\" } }, \
        { at = \"13 s\", deploy = { down = \"1 s\", batch = 2 } }, \
        { at = \"14 s\", scale = { instances = 5 } }]";
    let outcome = run(DRAINED, &[events, "warmup=30 s"]);
    for metric in ["app.instances_mean", "app.instances_min", "app.instances_max"] {
        assert_near(metric, value(&outcome, metric), 5.0, 1e-9);
    }
}

/// One instance and a hundred thousand keys, a thousand of which it loads first.
const WARMED: &str = r#"
name = "warmed"
duration = "8980 ms"
warmup = "7998 ms"
replications = 20
[workload]
arrivals = { poisson = "1000/s" }
[[workload.keys]]
name = "key"
count = 100_000
popularity = { zipf = 1.0 }
[app]
workers = "none"
[process]
capacity = "none"
[database]
workers = 1000
read = "0 s"
round_trip = "0 s"
"#;

/// The first second after the start: whoever is among the first n is a hit, of the others the first request is a miss.
#[test]
fn a_warm_instance_hits_with_the_share_of_what_it_has_loaded() {
    let total: f64 = (1..=100_000).map(|rank| 1.0 / f64::from(rank)).sum();
    for top in [100_u32, 1000] {
        // The last of them is loaded at once, top − 1 periods after the first.
        let rate = f64::from(top - 1) / 1.998;
        let deploy = format!(
            "event=[{{ at = \"5 s\", deploy = {{ down = \"1 s\", warm = {{ top = {top}, rate = \"{rate}/s\" }} }} }}]"
        );
        let outcome = run(WARMED, &[&deploy]);
        let requests = 1000.0 * 0.982;
        let missed = |rank: u32| 1.0 - (-requests / (f64::from(rank) * total)).exp();
        let expected = 1.0 - (top + 1..=100_000).map(missed).sum::<f64>() / requests;
        assert_mean(&deploy, &values(&outcome, "process.hit_ratio"), expected, 0.03);
        assert_mean("up", &values(&outcome, "app.instances_mean"), 1.0, 0.001);
    }
}

/// What is most popular in all groups together, of pages' items as often as pages show them.
#[test]
fn the_most_popular_keys_of_all_groups_are_loaded() {
    let groups = "workload.keys=[\
        { name = \"rare\", count = 10, popularity = \"uniform\", share = 1 }, \
        { name = \"often\", count = 10, popularity = \"uniform\", share = 2 }, \
        { name = \"page\", count = 10, share = 1, page = { items = \"item\", fan_out = 40 } }, \
        { name = \"item\", count = 20, popularity = \"uniform\", share = 0 }, \
        { name = \"own\", count = 1, share = 100, personal = true }]";
    let hits = |top: u32| {
        let deploy =
            format!("event=[{{ at = \"5 s\", deploy = {{ down = \"1 s\", warm = {{ top = {top} }} }} }}]");
        let times =
            ["duration=6010 ms", "warmup=6 s", "replications=1", "workload.arrivals.poisson=100000/s"];
        let outcome = run(WARMED, &[&[groups, &deploy][..], &times].concat());
        each(&outcome, |record| {
            let cache = record.layers.caches[Layer::Process as usize].as_ref().expect("it is there");
            let missed = |name: &str| {
                let group = outcome.groups.iter().position(|group| group == name).expect("it is there");
                cache.outcomes[group][Outcome::Miss as usize]
            };
            // By digit, which groups had a miss.
            ["rare", "often", "item"]
                .iter()
                .map(|group| u32::from(missed(group) > 0))
                .fold(0, |all, one| 10 * all + one)
                .into()
        })[0]
    };
    assert_eq!([hits(20), hits(30), hits(40)], [110.0, 100.0, 0.0]);
}

/// A user who asks ten times a second, and a connection that plans its first two statements.
#[test]
fn a_new_process_has_no_connections_and_no_plans() {
    let planned = |events: &str| {
        let one = [
            "workload.arrivals={ users = { count = 1, think = \"100 ms\" } }",
            "process=none",
            "database.plan_cache={ plan = \"1 ms\", custom = 2 }",
            "warmup=0 s",
            "replications=1",
        ];
        let outcome = run(WARMED, &[&one[..], &[events]].concat());
        ["database.custom_plans", "database.connections_max"].map(|metric| value(&outcome, metric))
    };
    assert_eq!(planned("event=[]"), [2.0, 1.0]);
    assert_eq!(planned("event=[{ at = \"5 s\", deploy = { down = \"50 ms\" } }]"), [4.0, 1.0]);
    assert_eq!(planned("event=[{ at = \"5 s\", restart = { for = \"50 ms\" } }]"), [4.0, 1.0]);
}

/// What depends on the number of instances: workers that are busy for 10 ms of each request, a breaker before a database
/// that fails, and messages after each write. All are lost, so that they are counted. The window is from 20 s to 100 s.
const COUNTED: &str = r#"
name = "counted"
duration = "100 s"
warmup = "20 s"
replications = 1
[workload]
arrivals = { constant = "400/s" }
[[workload.keys]]
name = "key"
count = 10
writes = "10/s"
broadcast = { round_trip = "0 s" }
failures = { cache = "100 %" }
[app]
instances = 2
work = "10 ms"
workers = 8
[process]
[database]
workers = 1000
read = "0 s"
round_trip = "0 s"
"#;

/// Two instances, and six more in the second half: Little's law has 4 workers busy with reads and 0.1 with writes, of
/// (2 + 8) / 2 · 8 on average. In the second half a message goes to seven others, in the first to one.
#[test]
fn an_instance_counts_for_as_long_as_it_is_there() {
    let lost = |outcome: &Runs| {
        let lost = |record: &Record| record.layers.writes.as_ref().expect("writes").cache_updates_lost as f64;
        outcome.records().iter().map(lost).sum::<f64>()
    };
    let writes = |outcome: &Runs| outcome.records().iter().map(|r| r.clients.writes as f64).sum::<f64>();
    let always = run(COUNTED, &[]);
    assert_near("always", value(&always, "app.worker_utilisation"), 4.1 / 16.0, 0.01 * 4.1 / 16.0);
    assert_near("always", lost(&always) / writes(&always), 1.0, 0.01);
    for event in [
        "event=[{ at = \"60 s\", scale = { instances = 8 } }]",
        // Those that go are there in the first half, and those that are still starting are not in the second.
        "event=[{ at = \"1 s\", scale = { instances = 8 } }, { at = \"60 s\", scale = { instances = 2 } }]",
        "event=[{ at = \"30 s\", scale = { instances = 8, start = \"30 s\" } }]",
    ] {
        let outcome = run(COUNTED, &[event]);
        assert_near(event, value(&outcome, "app.worker_utilisation"), 4.1 / 40.0, 0.01 * 4.1 / 40.0);
        // 800 writes, of which 400 ± 70 (five standard deviations) lie in one of the halves.
        assert_near(event, lost(&outcome) / writes(&outcome), 4.0, 6.0 * 70.0 / 800.0);
    }
}

/// A database that always fails: two breakers open within the warm-up and stay so. The other 98 instances are there for
/// the last tenth of a second, in which no more than four requests come to each, and nothing is decided before ten.
#[test]
fn a_breaker_that_is_not_there_is_not_closed() {
    let outcome = run(
        COUNTED,
        &[
            "database.breaker={ window = 10, open_for = \"1 h\" }",
            "event=[{ at = \"1 s\", outage = { of = \"database\", for = \"99 s\" } }, { at = \"99900 ms\", scale = { instances = 100 } }]",
        ],
    );
    let expected = 2.0 / (2.0 + 98.0 * 0.1 / 80.0);
    assert_near("open", value(&outcome, "database.breaker_open_ratio"), expected, 1e-9);
}

/// Of ten keys only the two that are listed are loaded: the others would not be kept.
#[test]
fn a_process_that_keeps_listed_keys_is_warmed_with_these() {
    let listed = |top: u32| {
        let event = format!(
            "event=[{{ at = \"10 s\", restart = {{ instance = 1, for = \"1 s\", warm = {{ top = {top} }} }} }}, {{ at = \"90 s\", scale = {{ instances = 3 }} }}]"
        );
        let keys = "process.admit={ keys = [\"key:7\", \"key:3\", \"key:7\"] }";
        let outcome = run(COUNTED, &[&event, keys, "warmup=0 s"]);
        let warmed = |record: &Record| record.layers.instances.as_ref().expect("instances").warmed;
        outcome.records().iter().map(warmed).sum::<u64>()
    };
    assert_eq!([1, 2, 100].map(listed), [1, 2, 2]);
}
