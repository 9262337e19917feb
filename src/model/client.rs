//! Clients: they request, wait as long as their patience lasts, try again, and go.

use super::http_cache::first_job;
use super::job::Answer;
use super::kinds::time_or_none;
use super::request::{Reply, Request};
use super::session;
use super::spans::{note, note_end};
use super::world::World;
use crate::engine::END_OF_TIME;
use crate::measure::Failure;
use crate::scenario::{Reader, choice, count, number, positive_time, table, time};
use crate::time::{Duration, Instant};
use crate::workload::backoff::{Backoff, Jitter};
use std::future::Future;

/// Settings of the clients.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientSpec {
    /// How long one waits for the answer to an attempt.
    pub timeout: Option<Duration>,
    /// How one tries again.
    pub retries: Retries,
}

/// How a client tries again after a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Retries {
    /// How often at most.
    pub attempts: u32,
    /// How long it waits before each.
    pub backoff: Backoff,
}

impl ClientSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words::CLIENT);
        Self {
            timeout: r
                .field(
                    "timeout",
                    "How long a client waits for the answer to an attempt. Default: nginx' proxy_read_timeout.",
                    time_or_none(Duration::from_nanos(1)..),
                )
                .or_written(r#""60 s""#),
            retries: r.field("retries", "How a client tries again after a failure.", table(Retries::read).bare("attempts")).or_empty(),
        }
    }
}

impl Retries {
    fn read(r: &mut Reader) -> Self {
        r.words(super::words::RETRIES);
        let jitter = choice()
            .word("none", "Exactly that delay.", Jitter::None)
            .word("full", "Anything from zero to that delay.", Jitter::Full)
            .word("equal", "Half of it, and anything up to the other half.", Jitter::Equal)
            .word(
                "decorrelated",
                "Anything from the first delay to three times the last.",
                Jitter::Decorrelated,
            );
        let attempts = r.field("attempts", "How often a client tries again.", count(0..=100u32)).or(0);
        let first = r
            .field("backoff", "The delay before the first retry.", time(Duration::ZERO..))
            .or(Duration::from_millis(100));
        let multiplier =
            r.field("multiplier", "Each delay is so many times the last.", number(1.0..=100.0)).or(2.0);
        let cap = r.field("cap", "No delay is longer.", positive_time()).or(Duration::from_secs(20));
        let jitter = r
            .field("jitter", "What is random about a delay: Brooker, AWS Architecture Blog, 2015.", jitter)
            .or(Jitter::Full);
        if cap < first {
            let message = format!("`cap` ({cap}) is below `backoff` ({first})");
            r.contradiction("cap", message, "raise `cap`, or lower `backoff`");
        }
        let backoff = Backoff::new(first, multiplier, cap.max(first), jitter);
        let backoff = backoff.expect("the multiplier is within its range, the cap not below the first delay");
        Self { attempts, backoff }
    }
}

/// The journey of a request; yields whether it got a value. Each attempt is a task of its own, which runs on when the
/// client leaves.
pub(super) fn visit(w: &World<'_>, request: &Request) -> impl Future<Output = bool> {
    async move {
        let arrived = w.engine.now();
        arrive(w, request);
        let mut delay = Duration::ZERO;
        let mut attempt = 0;
        let reply = loop {
            let serve = first_job(w, request.attempt(attempt));
            let reply = match w.client_limit {
                None => w.engine.call(serve).await.reply(),
                Some(limit) => {
                    let answer = w.engine.call_within(limit, serve).await;
                    answer.map_or(Err(Failure::ClientTimeout), Answer::reply)
                }
            };
            if reply.is_ok() || attempt == w.model.client.retries.attempts {
                break reply;
            }
            delay = backoff(w, request, attempt, delay);
            if w.engine.now() + delay >= END_OF_TIME {
                // There is no later to try again.
                break reply;
            }
            let (when, failure) = ((arrived, w.engine.now()), reply.err());
            note!(w, move |spans| spans.tries_again(request, attempt, when, failure, delay));
            attempt += 1;
            if delay > Duration::ZERO {
                w.engine.sleep_until(w.engine.now() + delay).await;
            }
        };
        leave(w, request, arrived, &reply, attempt);
        if let Some(recorder) = &w.recorder {
            note_end(w, recorder, request, (arrived, reply, attempt));
        }
        reply.is_ok()
    }
}

fn backoff(w: &World<'_>, request: &Request, attempt: u32, last: Duration) -> Duration {
    let mut draws = w.streams.backoff.of(request.ordinal).at(attempt.into());
    w.model.client.retries.backoff.delay(attempt, last, &mut draws)
}

fn arrive(w: &World<'_>, request: &Request) {
    session::arrive(w, request);
    let now = w.engine.now();
    let mut record = w.record.borrow_mut();
    let clients = &mut record.clients;
    clients.arrivals.count(now);
    if w.is_measuring() {
        clients.arrived += 1;
        clients.writes += u64::from(request.write);
        clients.arrivals_peak.count(now);
        w.truth.borrow_mut().key(request.key).requests += 1;
    }
}

/// The answer is compared with the source of truth when it reaches the client.
fn leave(w: &World<'_>, request: &Request, arrived: Instant, reply: &Reply, retries: u32) {
    let now = w.engine.now();
    let took = now - arrived;
    let counts = arrived >= w.model.warmup_end();
    let mut reply = *reply;
    let mut is_fitting = true;
    if let Ok(value) = &mut reply {
        // Whose it is, whatever its representation.
        (value.key, is_fitting) = w.representations.received(&w.keys, request, value.key);
    }
    let judged = session::leave(w, request, arrived, &reply);
    let record = &mut *w.record.borrow_mut();
    let clients = &mut record.clients;
    if counts {
        clients.retries += u64::from(retries);
    }
    match reply {
        Ok(value) => {
            clients.completions.count(now);
            record.moments.answered(arrived, now);
            clients.latency_series.record(now, took);
            clients.answered += u64::from(w.is_measuring());
            if !counts {
                return;
            }
            record.completed(request.group.into(), took);
            if !request.write && !w.is_page(request.group) {
                let staleness = w.truth.borrow_mut().staleness(value.key, value.version, value.read_at, now);
                let leaks = value.key != request.key;
                if let Some(writes) = &mut record.layers.writes {
                    writes.refused_answers += u64::from(w.truth.borrow().is_refused(value.version));
                }
                record.answered(value.from, request.group.into(), staleness, now - value.read_at, leaks);
                if !is_fitting {
                    record.mismatched(value.from, request.group.into());
                }
                if let Some((need, is_violated)) = judged {
                    record.judged(value.from, request.group.into(), need, is_violated);
                }
            }
        }
        Err(failure) => {
            clients.failures.count(now);
            record.moments.failed(arrived, now);
            if counts {
                record.failed(request.group.into(), failure, took);
            }
        }
    }
}
