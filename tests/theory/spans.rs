//! The spans of requests add up to what the requests took, and those that were to be chosen are there.

use crate::common::model;
use cachestorm::measure::{Failure, Kind, Layer, Outcome, Place, Span, SpannedRequest, Spans};
use cachestorm::model::{Prepared, record_spans, simulate};
use cachestorm::time::{Duration, Instant};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

fn spans(text: &str, overrides: &[&str], wanted: u32) -> Spans {
    let prepared = Prepared::new(model(text, overrides), None).expect("there is no trace");
    let recorded = record_spans(&prepared, 0, wanted, |_| ControlFlow::Continue(()));
    recorded.expect("there is no trace").expect("nobody stops it")
}

/// What is waiting, serving or travelling.
fn innermost(request: &SpannedRequest) -> impl Iterator<Item = &Span> {
    request.spans.iter().filter(|span| span.kind.rank() == Kind::INNERMOST)
}

fn length(span: &Span) -> Duration {
    span.ends - span.begins
}

fn took(request: &SpannedRequest) -> Duration {
    length(&request.spans[0])
}

/// Nothing is drawn but the keys. A request that comes every 100 ms meets nobody.
const CHAIN: &str = r#"
name = "chain"
duration = "20 s"
[workload]
arrivals = { constant = "10/s" }
[[workload.keys]]
name = "page"
count = 20
size = "1 B"
[gateway]
ttl = "1 s"
round_trip = "40 ms"
[app]
round_trip = "2 ms"
work = "3 ms"
[redis]
ttl = "5 s"
round_trip = "1 ms"
service = { get = "20 us", set = "30 us", per_kib = "0 s" }
[database]
workers = 1
round_trip = "4 ms"
read = "10 ms"
"#;

/// What the settings of [`CHAIN`] say that a request takes, in microseconds: on the network, and served.
fn expected(request: &SpannedRequest) -> (u64, u64) {
    let has = |layer, outcome| {
        request.spans.iter().any(|span| span.kind == Kind::LookUp(layer, outcome) && span.failure.is_none())
    };
    if has(Layer::Gateway, Outcome::Hit) {
        (40_000, 0)
    } else if has(Layer::Redis, Outcome::Hit) {
        (40_000 + 2_000 + 1_000, 3_000 + 20)
    } else {
        // GET and SET, and the read between them.
        (40_000 + 2_000 + 2 * 1_000 + 4_000, 3_000 + 20 + 10_000 + 30)
    }
}

#[test]
fn of_a_chain_without_chance_each_microsecond_is_told() {
    let recorded = spans(CHAIN, &[], 10_000);
    assert_eq!(recorded.requests.len(), 199, "all of them: at the end nobody comes");
    let mut kinds = BTreeSet::new();
    for request in &recorded.requests {
        let sum = |category| {
            let of = innermost(request).filter(|span| span.kind.category() == category);
            of.map(length).fold(Duration::ZERO, |all, one| all + one).as_nanos()
        };
        let (network, serve) = expected(request);
        assert_eq!((sum("network"), sum("serve"), sum("wait")), (network * 1_000, serve * 1_000, 0));
        assert_eq!(took(request).as_nanos(), (network + serve) * 1_000);
        kinds.insert(expected(request));
    }
    assert_eq!(kinds.len(), 3, "all three ways");
}

/// Everything that may be waited for on the way of a single key.
const BUSY: &str = r#"
name = "busy"
duration = "20 s"
warmup = "1 s"
[workload]
arrivals = { poisson = "400/s" }
[[workload.keys]]
name = "page"
count = 500
writes = "20/s"
[app]
instances = 2
workers = 8
round_trip = { exponential = "1 ms" }
work = { exponential = "8 ms" }
[process]
capacity = { entries = 20 }
ttl = "300 ms"
coalesce = "single-flight"
[redis]
nodes = 2
ttl = "2 s"
round_trip = { exponential = "500 us" }
pool = { size = 2 }
service = { get = "300 us" }
coalesce = { lock = { losers = "wait" } }
[database]
workers = 2
pool = { size = 3 }
round_trip = "1 ms"
read = { exponential = "8 ms" }
write = { exponential = "8 ms" }
buffer_pool = { pages = 200, miss = { exponential = "4 ms" }, disks = 1 }
"#;

#[test]
fn nothing_of_a_request_is_left_out() {
    let recorded = spans(BUSY, &[], 10_000);
    assert!(recorded.requests.len() > 5_000);
    let mut waits = BTreeSet::new();
    for request in &recorded.requests {
        let whole = request.spans[0];
        let (mut at, mut steps) = (whole.begins, innermost(request).collect::<Vec<_>>());
        // Waiting for a lock is looking now and then.
        steps.extend(request.spans.iter().filter(|span| span.kind == Kind::Lock));
        steps.sort_by_key(|span| (span.begins, span.ends));
        for step in steps {
            assert!(step.begins <= at, "{}: nothing is told of {at:?} to {step:?}", request.number);
            at = at.max(step.ends);
            if let Kind::Wait(what) = step.kind {
                waits.insert(what);
            }
        }
        assert_eq!(at, whole.ends, "{}", request.number);
    }
    let expected = [
        "wait for a database connection",
        "wait for a database worker",
        "wait for a redis connection",
        "wait for a worker",
        "wait for another's load",
        "wait for its turn",
    ];
    assert_eq!(waits.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn spans_lie_within_their_request() {
    for request in spans(BUSY, &[], 2_000).requests {
        let whole = request.spans[0];
        assert_eq!((whole.kind, whole.place), (Kind::Request, Place::Clients));
        assert!(whole.begins >= Instant::from_nanos(1_000_000_000), "the warm-up is not looked at");
        for span in &request.spans {
            assert!(whole.begins <= span.begins && span.begins <= span.ends && span.ends <= whole.ends);
        }
    }
}

/// All requests of the run are recorded first, and the slowest among them sorted out.
#[test]
fn the_slowest_and_the_failed_are_there() {
    let refusing = ["app.queue=4", "workload.arrivals={ poisson = \"900/s\" }", "duration=6s"];
    let all = spans(BUSY, &refusing, 10_000);
    assert_eq!(all.requests.len() as u64, all.arrived, "all of them");
    let some = spans(BUSY, &refusing, 200);
    let numbers = |chosen: &[&SpannedRequest]| -> BTreeSet<String> {
        chosen.iter().map(|request| request.number.clone()).collect()
    };
    let has_failed = |request: &&SpannedRequest| request.spans[0].failure.is_some();
    let failed: Vec<&SpannedRequest> = all.requests.iter().filter(has_failed).collect();
    assert!(failed.len() > 200, "{}", failed.len());
    assert_eq!((failed.len() as u64, all.failed), (some.failed, some.failed));
    let mut answered: Vec<&SpannedRequest> = all.requests.iter().filter(|one| !has_failed(one)).collect();
    answered.sort_by_key(|request| std::cmp::Reverse(took(request)));
    let slowest: Vec<_> = some.requests.iter().filter(|request| request.why.slowest).collect();
    assert_eq!(numbers(&slowest), numbers(&answered[..20]), "a tenth of them");
    let count = |is_so: fn(&SpannedRequest) -> bool| some.requests.iter().filter(|one| is_so(one)).count();
    assert_eq!(count(|request| request.why.sampled), 200);
    assert_eq!(count(|request| request.why.failed), 200);
    assert!(some.requests.iter().all(|request| request.why.failed <= has_failed(&request)));
    let known: BTreeSet<&String> = all.requests.iter().map(|request| &request.number).collect();
    assert!(some.requests.iter().all(|request| known.contains(&request.number)));
}

#[test]
fn the_same_requests_are_sampled_in_each_variant() {
    let sampled = |overrides: &[&str]| -> Vec<(String, u32)> {
        let recorded = spans(BUSY, overrides, 300);
        let sampled = recorded.requests.into_iter().filter(|request| request.why.sampled);
        sampled.map(|request| (request.number, request.key)).collect()
    };
    let base = sampled(&[]);
    assert_eq!(base.len(), 300);
    assert_eq!(base, sampled(&["process=\"none\"", "database.workers=1"]));
    assert_ne!(base, sampled(&["seed=2"]));
}

/// The attempts and the waits between them fill the whole request.
#[test]
fn attempts_follow_each_other_with_their_backoff_between() {
    let text = BUSY.replace(
        "[app]",
        "[client]\ntimeout = \"60 ms\"\nretries = { attempts = 3, backoff = \"20 ms\" }\n[app]",
    );
    let recorded = spans(&text, &["duration=8s"], 3_000);
    let mut most = 0;
    for request in &recorded.requests {
        let whole = request.spans[0];
        let mut parts: Vec<&Span> = request
            .spans
            .iter()
            .filter(|span| span.kind == Kind::Attempt || span.kind == Kind::Wait("backoff"))
            .collect();
        parts.sort_by_key(|span| (span.begins, span.ends));
        let attempts: Vec<&&Span> = parts.iter().filter(|span| span.kind == Kind::Attempt).collect();
        most = most.max(attempts.len());
        if attempts.is_empty() {
            assert!(took(request) <= Duration::from_millis(60));
            continue;
        }
        let (last, others) = attempts.split_last().expect("there are some");
        assert!(others.iter().all(|attempt| attempt.failure.is_some()));
        assert_eq!(last.failure, whole.failure);
        let too_long = |one: &&&&Span| one.failure == Some(Failure::ClientTimeout);
        assert!(attempts.iter().filter(too_long).all(|one| length(one) == Duration::from_millis(60)));
        let mut at = whole.begins;
        for part in &parts {
            assert_eq!(part.begins, at, "{}", request.number);
            at = part.ends;
        }
        assert_eq!(at, whole.ends);
    }
    assert_eq!(most, 4, "three of them again");
}

/// The shop with all its layers.
#[test]
fn every_layer_is_seen() {
    let text = include_str!("../../scenarios/full-stack.toml");
    let recorded = spans(text, &["duration=12s", "warmup=2s", "event=[]"], 1_500);
    let layers: BTreeSet<&str> = recorded.places.iter().map(|(place, _)| place.layer()).collect();
    assert_eq!(layers.len(), 10, "{layers:?}");
    let all = || recorded.requests.iter().flat_map(|request| &request.spans);
    let seen: BTreeSet<&str> = all().map(|span| span.place.layer()).collect();
    assert_eq!(seen, layers);
    let places: BTreeSet<Place> = recorded.places.iter().map(|(place, _)| *place).collect();
    assert!(all().all(|span| places.contains(&span.place)), "each is one of those that have a name");
    let pages = recorded.requests.iter().filter(|one| one.spans.iter().any(|span| span.kind == Kind::Page));
    let items = |request: &SpannedRequest| request.spans.iter().any(|span| span.key != request.key);
    assert!(pages.clone().count() > 20 && pages.clone().any(items), "with the items of pages");
    assert!(all().all(|span| recorded.keys.contains_key(&span.key)), "all keys have names");
}

#[test]
fn whoever_is_watched_does_as_if_nobody_watched() {
    let prepared = Prepared::new(model(BUSY, &[]), None).expect("there is no trace");
    let once = || {
        let ran = simulate(&prepared, 0, |_| ControlFlow::Continue(())).expect("there is no trace");
        ran.expect("nobody stops it").0
    };
    let (before, recorded, after) = (once(), spans(BUSY, &[], 10_000), once());
    assert_eq!(before.events, after.events);
    let mut latencies: Vec<Duration> = recorded.requests.iter().map(took).collect();
    latencies.sort_unstable();
    assert_eq!(latencies.len() as u64, before.clients.completed, "all of them, and none failed");
    // Within the width of a histogram's cell.
    let median = latencies[latencies.len() / 2].as_secs_f64();
    let measured = before.clients.latency.quantile_seconds(0.5).expect("there are some");
    assert!((median / measured - 1.0).abs() < 0.01, "{median}, {measured}");
    assert_eq!(recorded.arrived, before.clients.arrived);
}
