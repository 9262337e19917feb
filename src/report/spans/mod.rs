//! `spans.json`: the spans of single requests in the Trace Event Format, which Perfetto, `chrome://tracing` and
//! Speedscope open.
//!
//! A process of the trace is a layer, a thread is a lane of one of its nodes (`lanes.rs`). Spans are pairs of begin and
//! end events, since these nest by their order: of complete events (`X`) a viewer that rounds the begin and the length
//! may find that one ends after the one it lies in. Asynchronous events would not need lanes, but viewers group them by
//! name and not by node, and some leave them out. Arrows (flow events) lead along the way of each request.

mod event;
mod lanes;

use super::subject::Subject;
use crate::measure::{Kind, Place, Span, SpannedRequest, Spans, Why};
use crate::time::Instant;
use event::{Event, Lane};
use lanes::{Edge, Owned, Step};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The process of what happens to the system from outside.
const SCENARIO: u32 = 1;

/// Threads are numbered from here on, through all processes: some viewers know a thread by its number alone.
const THREADS: u32 = 100;

/// The file.
#[must_use]
pub fn document(subject: &Subject, spans: &Spans) -> Vec<u8> {
    let (mut metadata, events) = scenario(subject);
    let mut timed: Vec<(Instant, Vec<u8>)> = events.iter().map(Event::line).collect();
    let mut thread = THREADS + threads_of_scenario(subject);
    let (mut layer, mut process) = ("", SCENARIO);
    let mut by_place = by_place(spans);
    for (place, name) in &spans.places {
        if layer != place.layer() {
            (layer, process) = (place.layer(), process + 1);
            metadata.extend(names_of_process(process, layer));
        }
        let mut lanes = 1;
        for (lane, edge) in lanes::of(by_place.remove(place).unwrap_or_default()) {
            lanes = lanes.max(lane as u32 + 1);
            let lane = Lane { process, thread: thread + lane as u32 };
            match edge {
                Edge::End(one) => {
                    timed.push(Event::end(lane, one.span.ends, name_of(spans, &one)).line());
                }
                Edge::Begin(one) => {
                    timed.push(begin(spans, lane, &one).line());
                    let step = one.step.map(|step| Event::flow(lane, one.span.begins, step, one.request));
                    timed.extend(step.as_ref().map(Event::line));
                }
            }
        }
        for lane in 0..lanes {
            let name = if lane == 0 { name.clone() } else { format!("{name} · {}", lane + 1) };
            metadata.extend(names_of_thread(Lane { process, thread: thread + lane }, name));
        }
        thread += lanes;
    }
    // Of one instant in the order in which they were made: on each lane that is the order in which they nest.
    timed.sort_by_key(|(at, _)| *at);
    text(&about(subject, spans), metadata.iter().map(Event::line).chain(timed).map(|(_, line)| line))
}

/// Each event on a line of its own.
fn text(about: &Value, lines: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut text =
        format!("{{\"displayTimeUnit\":\"ms\",\"otherData\":{about},\"traceEvents\":[").into_bytes();
    for (number, line) in lines.enumerate() {
        text.extend(if number == 0 { b"\n".as_slice() } else { b",\n" });
        text.extend(line);
    }
    text.extend(b"\n]}\n");
    text
}

/// What is in the file, and what is not.
fn about(subject: &Subject, spans: &Spans) -> Value {
    let count = |is_so: fn(&Why) -> bool| spans.requests.iter().filter(|one| is_so(&one.why)).count();
    json!({
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": subject.scenario,
        "variant": subject.variant,
        "seed": subject.seed,
        "replication": spans.replication + 1,
        "wanted": spans.wanted,
        "requests": spans.requests.len(),
        "sampled": count(|why| why.sampled),
        "slowest": count(|why| why.slowest),
        "failed": count(|why| why.failed),
        "requests_in_window": spans.arrived,
        "failed_in_window": spans.failed,
        "failed_left_out": spans.failed - count(|why| why.failed) as u64,
        "spans_left_out": spans.left_out,
    })
}

/// What happens to the system from outside, each thing that lasts on a lane of its own.
fn scenario(subject: &Subject) -> (Vec<Event>, Vec<Event>) {
    let warmed_up = Instant::ZERO + subject.warmup;
    let end = Instant::ZERO + subject.length;
    let run = Lane { process: SCENARIO, thread: THREADS };
    let mut metadata: Vec<Event> = names_of_process(SCENARIO, "scenario").collect();
    metadata.extend(names_of_thread(run, "run".into()));
    let slice = |lane, from, until, name: String| {
        let end = Event::end(lane, until, name.clone());
        [Event::begin(lane, from, (name, "scenario"), None, Map::new()), end]
    };
    let mut events = Vec::new();
    if warmed_up > Instant::ZERO {
        events.extend(slice(run, Instant::ZERO, warmed_up, "warm-up".into()));
    }
    events.extend(slice(run, warmed_up, end, "measured".into()));
    let lasting = subject.happenings.iter().filter_map(|one| Some((one, one.lasts?)));
    for ((happening, lasts), number) in lasting.zip(1..) {
        let lane = Lane { thread: THREADS + number, ..run };
        metadata.extend(names_of_thread(lane, happening.label.clone()));
        let until = (happening.at + lasts).min(end);
        events.extend(slice(lane, happening.at, until, happening.label.clone()));
    }
    let instants = subject.happenings.iter();
    events.extend(instants.map(|one| Event::instant(run, one.at, one.label.clone())));
    (metadata, events)
}

/// One for the run, and one for each thing that lasts.
fn threads_of_scenario(subject: &Subject) -> u32 {
    1 + subject.happenings.iter().filter(|happening| happening.lasts.is_some()).count() as u32
}

fn names_of_process(process: u32, name: &str) -> impl Iterator<Item = Event> {
    let lane = Lane { process, thread: 0 };
    [
        Event::metadata(lane, "process_name", "name", name.into()),
        Event::metadata(lane, "process_sort_index", "sort_index", process.into()),
    ]
    .into_iter()
}

fn names_of_thread(lane: Lane, name: String) -> impl Iterator<Item = Event> {
    [
        Event::metadata(lane, "thread_name", "name", name.into()),
        Event::metadata(lane, "thread_sort_index", "sort_index", lane.thread.into()),
    ]
    .into_iter()
}

/// The spans of all requests, with the steps of each request's way: wherever it comes from another place.
fn by_place(spans: &Spans) -> BTreeMap<Place, Vec<Owned<'_>>> {
    let mut all: BTreeMap<Place, Vec<Owned<'_>>> = BTreeMap::new();
    for (number, request) in spans.requests.iter().enumerate() {
        let own = |span| Owned { request: number, key: request.key, span, step: None };
        let mut owned: Vec<Owned<'_>> = request.spans.iter().map(own).collect();
        owned.sort_by_key(|one| (one.span.begins, one.span.place, one.span.kind.rank(), one.span.ends));
        let mut steps: Vec<usize> = (1..owned.len())
            .filter(|index| owned[*index].span.place != owned[index - 1].span.place)
            .collect();
        if let Some(last) = steps.pop() {
            for index in steps {
                owned[index].step = Some(Step::Next);
            }
            owned[last].step = Some(Step::Last);
            owned[0].step = Some(Step::First);
        }
        for one in owned {
            all.entry(one.span.place).or_default().push(one);
        }
    }
    all
}

/// What a slice is called.
fn name_of(spans: &Spans, one: &Owned<'_>) -> String {
    let does = if spans.requests[one.request].write { "write" } else { "read" };
    let name = match one.span.kind {
        Kind::Request | Kind::Visit => format!("{does} {}", key_of(spans, one.span)),
        Kind::Attempt => format!("attempt {}", one.span.attempt + 1),
        Kind::Page => "put a page together".to_owned(),
        Kind::LookUp(layer, outcome) => format!("{} {}", layer.name(), outcome.name()),
        Kind::Lock => "wait for a lock".to_owned(),
        Kind::Call(layer) => format!("ask {}", layer.name()),
        Kind::Network => "network".to_owned(),
        Kind::Wait(what) | Kind::Serve(what) => what.to_owned(),
    };
    match one.span.failure {
        Some(failure) => format!("{name}: {}", failure.name()),
        None => name,
    }
}

fn key_of<'a>(spans: &'a Spans, span: &Span) -> &'a str {
    spans.keys.get(&span.key).map_or("", String::as_str)
}

fn begin(spans: &Spans, lane: Lane, one: &Owned<'_>) -> Event {
    let category = one.span.kind.category();
    let colour = match (one.span.failure, category) {
        (Some(_), _) => Some("terrible"),
        (None, "wait") => Some("bad"),
        (None, "serve") => Some("good"),
        (None, "network") => Some("grey"),
        _ => None,
    };
    let arguments = arguments(&spans.requests[one.request], one.span, key_of(spans, one.span));
    Event::begin(lane, one.span.begins, (name_of(spans, one), category), colour, arguments)
}

fn arguments(request: &SpannedRequest, span: &Span, key: &str) -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, value: Value| _ = all.insert(name.to_owned(), value);
    add("request", request.number.as_str().into());
    add("key", key.into());
    match span.kind {
        Kind::Request => {
            let Why { sampled, slowest, failed } = request.why;
            let why = [("sampled", sampled), ("slowest", slowest), ("failed", failed)];
            let why: Vec<&str> = why.into_iter().filter(|(_, is_so)| *is_so).map(|(name, _)| name).collect();
            add("why", why.join(", ").into());
            add("user", request.user.into());
            if let Some(layer) = request.answered_by {
                add("answered_by", layer.name().into());
            }
        }
        Kind::LookUp(_, outcome) => add("outcome", outcome.name().into()),
        _ => {}
    }
    if span.attempt > 0 {
        add("attempt", (span.attempt + 1).into());
    }
    if let Some(failure) = span.failure {
        add("failure", failure.name().into());
    }
    // Who gives up leaves work behind; a copy that was served may be renewed afterwards.
    if request.spans.first().is_some_and(|whole| span.ends > whole.ends) {
        add("goes_on_after_the_answer", true.into());
    }
    all
}
