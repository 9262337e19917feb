//! A downstream service: whatever the application calls that is neither its cache nor its database.
//!
//! A call meets the rate limit first, then the service's workers; an error takes as long as an answer. What a service
//! answers is true at that time: it is the source of truth for its keys, and takes their writes.

use super::condition::{Condition, Outage};
use super::downstream_spec::DownstreamSpec;
use super::event::Event;
use super::guard::Guard;
use super::job::{Answer, Job};
use super::link::Link;
use super::origin::commit;
use super::request::{Reply, Request};
use super::spans::{from, note};
use super::truth::value;
use super::world::World;
use super::write::not_committed;
use crate::engine::{Engine, Lane, Pool, TokenBucket};
use crate::measure::{CallsRecord, Failure, Kind, Layer, Place};
use crate::random::distribution::Distribution;
use crate::random::{Draws, Stream};
use crate::time::Duration;
use std::future::Future;

/// A service.
pub struct Service {
    pub(super) guard: Option<Guard>,
    workers: Option<Pool>,
    bucket: Option<TokenBucket>,
    retries: u32,
    latency: Distribution,
    latencies: Stream,
    failures: f64,
    errors: Stream,
    link: Link,
    timeout: Option<(Duration, Lane)>,
    condition: Condition,
}

impl Service {
    pub(super) fn new(
        spec: &DownstreamSpec,
        instances: u32,
        events: &[Event],
        engine: &Engine<Job>,
        stream: impl Fn(&str) -> Stream,
    ) -> Self {
        // Its draws are its own, wherever it stands in the file.
        let own = |what: &str| stream(&format!("downstream.{}.{what}", spec.name));
        Self {
            guard: Guard::new(Layer::Downstream, &spec.guard, instances),
            workers: spec.workers.map(|workers| Pool::new(workers, spec.queue)),
            bucket: spec.rate_limit.map(|limit| TokenBucket::new(limit.rate, limit.burst)),
            retries: spec.retries,
            latency: spec.latency.clone(),
            latencies: own("latency"),
            failures: spec.failures.0,
            errors: own("errors"),
            link: Link::new(engine, &spec.round_trip, own("round_trip")),
            timeout: spec.timeout.map(|limit| (limit, engine.lane(limit))),
            condition: Condition::of_service(&spec.name, events),
        }
    }

    /// Calls the service and waits for its answer; again, if it says when.
    pub(super) fn ask(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
        async move {
            let asked = w.engine.now();
            let mut attempt = 0;
            let reply = loop {
                let call = Job::Call { request: *request, attempt };
                let answer = match self.timeout {
                    None => w.engine.call(call).await,
                    Some((_, limit)) => {
                        let answer = w.engine.call_within(limit, call).await;
                        answer.unwrap_or(Answer::Reply(Err(Failure::DownstreamTimeout)))
                    }
                };
                match answer {
                    Answer::RetryAfter(wait) if attempt < self.retries => {
                        attempt += 1;
                        note!(w, move |spans| {
                            let when = from(w.engine.now(), wait);
                            let kind = Kind::Wait("wait as the rate limit says");
                            spans.add(request, Place::App(request.instance), kind, when);
                        });
                        w.engine.sleep_until(w.engine.now() + wait).await;
                    }
                    Answer::RetryAfter(_) => break Err(Failure::DownstreamRateLimited),
                    answer => break answer.reply(),
                }
            };
            record(w, |calls| calls.answered(w.engine.now() - asked, reply.is_ok()));
            w.note_here(request, Kind::Call(Layer::Downstream), asked, move || reply.err());
            reply
        }
    }

    /// The job of one call, from the caller's socket and back to it.
    pub(super) fn call(
        &self,
        w: &World<'_>,
        request: &Request,
        attempt: u32,
    ) -> impl Future<Output = Answer> {
        async move {
            let (sent, leg) = (w.engine.now(), 2 * u64::from(attempt));
            w.note_passage(&self.link, request, leg);
            self.link.pass(&w.engine, request.ordinal, leg).await;
            let answer = match (self.condition.outage(w.engine.now()), self.timeout) {
                (None, _) => match self.refuse(w, request) {
                    None => Answer::Reply(self.work(w, request).await),
                    Some(wait) => Answer::RetryAfter(wait),
                },
                (Some(outage), patience) => {
                    if let (Outage::Hangs, Some((patience, _))) = (outage, patience) {
                        // Longer than the caller's patience: it has left by then.
                        w.engine.sleep_until(w.engine.now() + patience).await;
                    }
                    Answer::Reply(Err(Failure::DownstreamDown))
                }
            };
            if request.write && matches!(answer, Answer::Reply(Err(_))) {
                not_committed(w, request);
            }
            w.note_passage(&self.link, request, leg + 1);
            self.link.pass(&w.engine, request.ordinal, leg + 1).await;
            let is_left = self.timeout.is_some_and(|(patience, _)| w.engine.now() - sent >= patience);
            if request.write && is_left && matches!(answer, Answer::RetryAfter(_)) {
                // Nobody is there to come back.
                not_committed(w, request);
            }
            answer
        }
    }

    /// After how long a call is to come back that the rate limit refuses.
    fn refuse(&self, w: &World<'_>, request: &Request) -> Option<Duration> {
        let now = w.engine.now();
        record(w, |calls| calls.call(now, request.group.into()));
        let wait = self.bucket.as_ref()?.take(now).err()?;
        record(w, |calls| calls.rate_limited += 1);
        Some(Duration::from_secs(wait.as_nanos().div_ceil(1_000_000_000)))
    }

    fn work(&self, w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
        async move {
            let arrived = w.engine.now();
            let _worker = match &self.workers {
                None => None,
                Some(workers) => {
                    let worker = workers.acquire(&w.engine, None).await;
                    let record = &mut w.record.borrow_mut().layers.downstream_workers;
                    let record = record.as_mut().expect("workers are recorded");
                    record.count(w.engine.now() - arrived, worker.is_ok());
                    let failure = worker.is_err().then_some(Failure::DownstreamQueueFull);
                    note!(w, move |spans| {
                        let (here, when) = (w.origins.place_of_service(request), (arrived, w.engine.now()));
                        spans.add_result(request, here, Kind::Wait("wait for a worker"), when, failure);
                    });
                    Some(worker.map_err(|_| Failure::DownstreamQueueFull)?)
                }
            };
            let read_at = w.engine.now();
            let version = w.truth.borrow_mut().database_version(request.key);
            let nth = begin_call(w, request);
            let nanos = self.latency.sample(&mut draws(self.latencies, request, nth))
                * self.condition.factor(read_at);
            let ends = read_at + Duration::from_nanos_f64(nanos);
            note!(w, move |spans| {
                let here = w.origins.place_of_service(request);
                spans.add(request, here, Kind::Serve("serve"), (read_at, ends));
            });
            w.engine.sleep_until(ends).await;
            if draws(self.errors, request, nth).chance(self.failures) {
                return Err(Failure::DownstreamError);
            }
            if request.write {
                let version = commit(w, request, |_, _| {})?;
                let mut answer = value(w, request, version, w.engine.now());
                answer.from = Layer::Downstream;
                return Ok(answer);
            }
            let mut answer = value(w, request, version, read_at);
            answer.from = Layer::Downstream;
            Ok(answer)
        }
    }

    pub(super) fn pool(&self) -> Option<&Pool> {
        self.workers.as_ref()
    }
}

/// A call begins: the how many-th read of its key it is. Writes are told apart by their request.
pub(super) fn begin_call(w: &World<'_>, request: &Request) -> u32 {
    if request.write {
        return 0;
    }
    let mut truth = w.truth.borrow_mut();
    let state = truth.key(request.key);
    state.loads += 1;
    state.loads
}

/// Draws that are the same in every variant: of a write its own, of a read those of its key's n-th.
pub(super) fn draws(purpose: Stream, request: &Request, nth: u32) -> Draws {
    if request.write {
        purpose.at(request.ordinal)
    } else {
        purpose.of(u64::from(request.key)).at(nth.into())
    }
}

fn record(w: &World<'_>, what: impl FnOnce(&mut CallsRecord)) {
    what(w.record.borrow_mut().layers.downstream.as_mut().expect("a service that is called is recorded"));
}
