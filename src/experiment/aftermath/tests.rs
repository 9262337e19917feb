//! Times to recover of queues that are known: a server of one request at a time, evenly asked.

use super::*;
use crate::measure::{Timeline, Unit};
use crate::scenario::{Span as Place, Spanned};
use crate::time::Duration;

/// Length of the run, and of its warm-up, in milliseconds.
const END: u64 = 200_000;
const WARMUP: u64 = 10_000;

fn at(millis: f64) -> Instant {
    Instant::ZERO + Duration::from_nanos((millis * 1e6).round() as u64)
}

/// A record of a run in which 100 requests a second, one every 10 ms, come to a server that takes so many milliseconds for
/// each that it begins at an instant. It serves one at a time, in order.
fn queue(takes: impl Fn(f64) -> f64, events: &[(f64, Option<f64>)]) -> Record {
    let [warmup, end] = [WARMUP, END].map(|millis| at(millis as f64));
    let length = end - Instant::ZERO;
    let mut record = Record::new(Timeline::for_run(length), warmup, end, 1);
    record.moments = Moments::new(length, true);
    record.event_ends = events.iter().map(|(_, over)| over.map(at)).collect();
    let mut free = 0.0f64;
    for n in 0..END / 10 {
        let arrived = (n * 10) as f64;
        let begins = free.max(arrived);
        free = begins + takes(begins);
        record.moments.load(at(begins));
        record.moments.answered(at(arrived), at(free));
    }
    record
}

fn facts(events: &[(f64, Option<f64>)]) -> Vec<EventFacts> {
    let facts = |(number, (begin, _)): (usize, &(f64, Option<f64>))| EventFacts {
        name: format!("event-{number}"),
        at: at(*begin),
        happens: true,
    };
    events.iter().enumerate().map(facts).collect()
}

fn objective(metric: &str, bound: Bound) -> Objective {
    let metric = Spanned { value: metric.to_owned(), span: Place::default() };
    Objective { metric, unit: Unit::Seconds, bound, on: crate::model::On::Run }
}

#[track_caller]
fn near(recovery: Option<Recovery>, seconds: f64, tolerance: f64) {
    let Some(Recovery::After(found)) = recovery else {
        panic!("{recovery:?} is no recovery after {seconds} s")
    };
    assert!((found - seconds).abs() <= tolerance, "{found} s, and not {seconds} s");
}

/// For 20 s from 60 s on nothing is served, so 2,000 requests wait. With 5 ms for each, 200 a second are served, 100 more
/// than come: the queue is empty 20 s later. What is judged are stretches of a second or of 100 requests.
#[test]
fn a_queue_has_drained_when_arithmetic_says_so() {
    let events = [(60_000.0, Some(80_000.0))];
    let stops = |begins: f64| if (60_000.0..80_000.0).contains(&begins) { 80_005.0 - begins } else { 5.0 };
    let record = queue(stops, &events);
    let limit = objective("client.latency_p99_seconds", Bound::AtMost(1.0));
    let found = of(&[record], &facts(&events), &[limit]);
    let effects = &found[0].runs[0];
    near(effects.back, 20.0, 1.5);
    // A request that comes t after the end waits for 2,000 − 100 t others of 5 ms: 10 − t/2 s. It waits for 1 s at t = 18.
    near(effects.objectives, 18.0, 1.5);
    // Who comes first waits longest, and is in time again after 18 s: 38 s of 100 a second, of which the last 1 % is not.
    let late = effects.late.expect("there is a limit") as f64;
    assert!((late - 3_800.0).abs() <= 60.0, "{late}");
    assert_eq!((effects.failed, effects.begin, effects.end), (0, 60.0, Some(80.0)));
    // 2,000 wait when it ends, as far as whole moments tell.
    assert!((1_900..=2_001).contains(&effects.under_way_max), "{}", effects.under_way_max);
    // Then 200 a second are served.
    assert!((effects.load_rate_peak - 200.0).abs() <= 2.0, "{}", effects.load_rate_peak);
    let longest = effects.latency_p99.expect("there are answers");
    assert!((longest / 20.0 - 1.0).abs() < 0.08, "{longest}");
}

/// At 9.5 ms each, 105.3 a second are served: 5.3 more than come, so that 2,000 are gone after 380 s, and the run has 120.
#[test]
fn what_has_not_recovered_by_the_end_of_the_run_says_for_how_long_that_was_watched() {
    let events = [(60_000.0, Some(80_000.0))];
    let stops = |begins: f64| if (60_000.0..80_000.0).contains(&begins) { 80_009.5 - begins } else { 9.5 };
    let found = of(&[queue(stops, &events)], &facts(&events), &[]);
    assert_eq!(found[0].runs[0].back, Some(Recovery::NotIn(120.0)));
    assert_eq!(found[0].runs[0].objectives, None);
    assert!((found[0].runs[0].until - 200.0).abs() < 1e-9);
}

#[test]
fn an_event_that_disturbs_nobody_has_recovered_at_once() {
    let events = [(60_000.0, Some(60_000.0)), (5_000.0, Some(5_000.0))];
    let found = of(&[queue(|_| 5.0, &events)], &facts(&events), &[]);
    // The second is part of the warm-up.
    assert_eq!(found.iter().map(|one| one.event.as_deref()).collect::<Vec<_>>(), [Some("event-0"), None]);
    assert_eq!(found[0].runs[0].back, Some(Recovery::After(0.0)));
}

/// The same event, cut off by the next one, by the end of the run, or without an end.
#[test]
fn an_event_is_followed_until_the_next_one_or_the_end_of_the_run() {
    let stops = |begins: f64| if (60_000.0..80_000.0).contains(&begins) { 80_005.0 - begins } else { 5.0 };
    let back = |events: &[(f64, Option<f64>)]| {
        let found = of(&[queue(stops, events)], &facts(events), &[]);
        found[0].runs[0].back
    };
    assert_eq!(back(&[(60_000.0, Some(80_000.0)), (90_000.0, Some(90_000.0))]), Some(Recovery::NotIn(10.0)));
    // One that begins meanwhile is no end of it.
    near(back(&[(60_000.0, Some(80_000.0)), (70_000.0, Some(70_000.0))]), 20.0, 1.5);
    assert_eq!(back(&[(60_000.0, None)]), Some(Recovery::CutOff));
    assert_eq!(back(&[(60_000.0, Some(199_900.0))]), Some(Recovery::CutOff));
    // Nothing undisturbed before it.
    assert_eq!(back(&[(10_500.0, Some(10_500.0))]), None);
}

#[test]
fn objectives_that_were_missed_before_cannot_be_kept_again() {
    let events = [(60_000.0, Some(60_000.0))];
    let limit = objective("client.latency_mean_seconds", Bound::AtMost(0.001));
    let found = of(&[queue(|_| 5.0, &events)], &facts(&events), &[limit]);
    assert_eq!(found[0].runs[0].objectives, Some(Recovery::NotBefore));
    // Of a moment nobody can tell a hit ratio.
    let other = objective("redis.hit_ratio", Bound::AtLeast(0.5));
    let found = of(&[queue(|_| 5.0, &events)], &facts(&events), &[other]);
    assert_eq!(found[0].runs[0].objectives, None);
}

/// Without any event the worst minute is the one in which the queue stood: it begins with the stop or before, and no later
/// than what waits is served.
#[test]
fn the_worst_minute_is_found_without_events() {
    let stops = |begins: f64| if (100_000.0..110_000.0).contains(&begins) { 110_005.0 - begins } else { 5.0 };
    let limit = objective("client.latency_p99_seconds", Bound::AtMost(0.1));
    let found = of(&[queue(stops, &[])], &[], &[limit]);
    let worst = &found[0].runs[0];
    assert_eq!(found.len(), 1);
    assert!((worst.until - worst.begin - 60.0).abs() < 1e-6);
    assert!(worst.begin <= 100.0 && worst.until >= 119.0, "{worst:?}");
    // Who comes t after the end of the stop waits 5 − t/2 s: late for 9.8 s, after the 10 s of the stop.
    let late = worst.late.expect("there is a limit") as f64;
    assert!((late - 1_980.0).abs() <= 40.0, "{late}");
}
