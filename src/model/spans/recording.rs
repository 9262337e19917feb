//! The spans of chosen requests, while they come to be.

use crate::measure::{Failure, Kind, Place, Span, SpannedRequest, Why};
use crate::model::request::{ATTEMPT_SHIFT, Reply, Request};
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// So many are kept in all: some 30 MB here, and 150 MB in a file.
const SPANS_MAX: usize = 500_000;

/// Spans of requests that were chosen before.
pub(super) type Chosen = BTreeMap<u64, Why>;

/// What is recorded of one replication.
pub(crate) struct Recording {
    /// The place of a request among `requests`, by its ordinal without the attempt.
    places: FxHashMap<u64, usize>,
    /// The same, and the attempt, of requests for the items of a page.
    items: FxHashMap<u64, (usize, u8)>,
    requests: Vec<SpannedRequest>,
    /// When each arrived, if it has ended.
    arrived: Vec<Option<Instant>>,
    count: usize,
    left_out: u64,
}

/// The end of a span that has none yet.
const OPEN: Instant = Instant::MAX;

impl Recording {
    pub(super) fn of(chosen: Chosen) -> Self {
        let request = |(ordinal, why)| SpannedRequest {
            number: Request::number(ordinal),
            key: 0,
            user: 0,
            write: false,
            answered_by: None,
            why,
            spans: Vec::new(),
        };
        Self {
            places: chosen.keys().enumerate().map(|(place, ordinal)| (*ordinal, place)).collect(),
            items: FxHashMap::default(),
            arrived: vec![None; chosen.len()],
            requests: chosen.into_iter().map(request).collect(),
            count: 0,
            left_out: 0,
        }
    }

    /// Which of the chosen requests this one is or is made for, and at which attempt; nothing for all others.
    fn find(&self, request: &Request) -> Option<(usize, u8)> {
        if request.is_for_item() {
            return self.items.get(&request.ordinal).copied();
        }
        let attempt = (request.ordinal >> ATTEMPT_SHIFT) as u8;
        let place = self.places.get(&(request.ordinal & ((1 << ATTEMPT_SHIFT) - 1)))?;
        // The highest number is of what no client asks for.
        (attempt < u8::MAX).then_some((*place, attempt))
    }

    /// A request for an item is made for the sake of its page.
    pub(crate) fn adopt(&mut self, page: &Request, item: &Request) {
        if let Some(found) = self.find(page) {
            self.items.insert(item.ordinal, found);
        }
    }

    /// Some time of a request is known from its begin to its end.
    pub(crate) fn add(&mut self, request: &Request, place: Place, kind: Kind, when: (Instant, Instant)) {
        self.add_result(request, place, kind, when, None);
    }

    /// The same, for what may go wrong.
    pub(crate) fn add_result(
        &mut self,
        request: &Request,
        place: Place,
        kind: Kind,
        (begins, ends): (Instant, Instant),
        failure: Option<Failure>,
    ) {
        let is_empty = begins >= ends && kind.rank() == Kind::INNERMOST && failure.is_none();
        if let Some((found, attempt)) = self.find(request).filter(|_| !is_empty) {
            self.push(found, Span { kind, place, begins, ends, key: request.key, attempt, failure });
        }
    }

    fn push(&mut self, request: usize, span: Span) {
        if self.count == SPANS_MAX {
            self.left_out += 1;
            return;
        }
        self.count += 1;
        self.requests[request].spans.push(span);
    }

    /// Something begins of which is not known when it will end.
    pub(crate) fn open(&mut self, request: &Request, place: Place, kind: Kind, begins: Instant) {
        self.add(request, place, kind, (begins, OPEN));
    }

    /// The last of a kind that was opened ends.
    pub(crate) fn close(&mut self, request: &Request, kind: Kind, ends: Instant, failure: Option<Failure>) {
        let Some((found, attempt)) = self.find(request) else { return };
        let is_it = |span: &&mut Span| {
            (span.kind, span.ends, span.key, span.attempt) == (kind, OPEN, request.key, attempt)
        };
        if let Some(span) = self.requests[found].spans.iter_mut().rev().find(is_it) {
            (span.ends, span.failure) = (ends, failure);
        }
    }

    /// A request comes to a node from somewhere else.
    pub(crate) fn arrives(
        &mut self,
        request: &Request,
        (from, to): (Place, Place),
        on_its_way: Duration,
        now: Instant,
    ) {
        self.add(request, from, Kind::Network, super::until(now, on_its_way));
        self.open(request, to, Kind::Visit, now);
    }

    /// It goes back.
    pub(crate) fn departs(
        &mut self,
        request: &Request,
        to: Place,
        on_its_way: Duration,
        now: Instant,
        reply: Reply,
    ) {
        self.close(request, Kind::Visit, now, reply.err());
        self.add(request, to, Kind::Network, super::from(now, on_its_way));
    }

    /// An attempt has failed, and the client makes another one after a while.
    pub(crate) fn tries_again(
        &mut self,
        request: &Request,
        failed: u32,
        (arrived, now): (Instant, Instant),
        failure: Option<Failure>,
        delay: Duration,
    ) {
        let (last, next) = (request.attempt(failed), request.attempt(failed + 1));
        if failed == 0 {
            self.open(&last, Place::Clients, Kind::Attempt, arrived);
        }
        self.close(&last, Kind::Attempt, now, failure);
        let backoff = Kind::Wait("backoff");
        self.add(&next, Place::Clients, backoff, (now, now + delay));
        self.open(&next, Place::Clients, Kind::Attempt, now + delay);
    }

    /// A client has its answer, or gives up.
    pub(super) fn request(
        &mut self,
        request: &Request,
        (arrived, now): (Instant, Instant),
        reply: Reply,
        retries: u32,
    ) {
        let Some((found, _)) = self.find(request) else { return };
        self.close(&request.attempt(retries), Kind::Attempt, now, reply.err());
        let known = &mut self.requests[found];
        (known.key, known.user, known.write) = (request.key, request.user, request.write);
        known.answered_by = reply.ok().map(|value| value.from);
        self.arrived[found] = Some(arrived);
        let whole = Span {
            kind: Kind::Request,
            place: Place::Clients,
            begins: arrived,
            ends: now,
            key: request.key,
            attempt: 0,
            failure: reply.err(),
        };
        self.requests[found].spans.insert(0, whole);
    }

    /// All requests in the order of their arrival, and how many spans are not among theirs.
    pub(super) fn finish(self) -> (Vec<SpannedRequest>, u64) {
        let mut all: Vec<(Instant, SpannedRequest)> = self
            .arrived
            .into_iter()
            .zip(self.requests)
            .filter_map(|(arrived, request)| Some((arrived?, request)))
            .collect();
        all.sort_by_key(|(arrived, _)| *arrived);
        for (_, request) in &mut all {
            leave_out_what_nobody_sees(&mut request.spans);
        }
        (all.into_iter().map(|(_, request)| request).collect(), self.left_out)
    }
}

/// What comes to a client that has left is not a time of that client any more. So is what never ended.
fn leave_out_what_nobody_sees(spans: &mut Vec<Span>) {
    let attempts: Vec<Span> = spans.iter().filter(|span| span.kind == Kind::Attempt).copied().collect();
    let whole = spans[0];
    let is_there = |span: &Span| {
        let attempt = attempts.iter().find(|attempt| attempt.attempt == span.attempt).unwrap_or(&whole);
        span.begins >= attempt.begins && span.ends <= attempt.ends
    };
    spans.retain(|span| {
        span.ends < OPEN && (span.place != Place::Clients || span.kind != Kind::Network || is_there(span))
    });
}
