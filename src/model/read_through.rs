//! The heart of every caching layer: look up, judge, coalesce, ask the origin, store.
//!
//! ```text
//!  look up ─▶ fresh ───────────────────────────────────────▶ serve
//!        ├──▶ past soft_ttl ─▶ serve, and renew behind its back
//!        ├──▶ none, past, or renewed early ─▶ coalesce ─▶ ask the origin ─▶ store ─▶ serve
//!        │                                   └────▶ wait for who asks, or serve the old copy
//!        └──▶ unreachable ─▶ past this layer, or fail
//! ```
//!
//! A layer is a [`Cache`]: where its copies are and what it costs to reach them. What is written here is
//! the same for all of them.

use super::coalesce::{Coalesce, Lock, Losers};
use super::fallback::{Fallback, meanwhile, or_fall_back};
use super::freshness::{Freshness, Life, State};
use super::job::Job;
use super::lock::Contest;
use super::request::{Reply, Request, Value};
use super::session::{is_behind, is_reply_behind};
use super::together::steps_aside;
use super::world::World;
use crate::cache::{Age, Entry};
use crate::engine::{Boarding, FlightId, Flights};
use crate::measure::{Failure, Kind, Layer, Outcome};
use crate::time::{Duration, Instant};
use std::future::Future;

/// How a layer deals with copies.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// How long copies are good.
    pub freshness: Freshness,
    /// Who asks the origin.
    pub coalesce: Coalesce,
    /// What is done when the layer cannot be reached.
    pub when_down: WhenDown,
}

/// What is done when a layer cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenDown {
    /// The request goes past it, to its origin.
    FallThrough,
    /// The request fails.
    Fail,
}

/// A caching layer: copies at some place, and the way there.
pub(super) trait Cache {
    /// Which layer it is, for measures and for jobs that come back to it.
    fn layer(&self) -> Layer;

    fn rules(&self) -> &Rules;

    /// Which of the layer's places the request comes to, for single-flight: by its instance, if each has one.
    #[inline]
    fn place(&self, request: &Request) -> u32 {
        request.instance.into()
    }

    /// Under which key the layer looks: the request's own, unless the layer confuses keys.
    #[inline]
    fn key(&self, _: &World<'_>, request: &Request) -> u32 {
        request.key
    }

    /// How long copies of what the request asks for are good here.
    #[inline]
    fn freshness(&self, _: &Request) -> &Freshness {
        &self.rules().freshness
    }

    /// Whether the layer has keys of the request's group.
    #[inline]
    fn keeps(&self, _: &Request) -> bool {
        true
    }

    /// The TTL that goes before the one of the layer's rules, if there is one.
    fn own_ttl(&self, _: &World<'_>, _: &Request, _: &Value) -> Option<Duration> {
        None
    }

    /// The age that a copy has when it is served now, for caches that it passes next.
    #[inline]
    fn age(&self, _: &World<'_>, _: &Entry) -> Age {
        Age::ZERO
    }

    /// Those that are asking the origin now, by instance and key.
    fn flights(&self) -> &Flights<Reply>;

    /// The copy of the key that the request asks for, if there is one that is not gone.
    fn look_up(
        &self,
        w: &World<'_>,
        request: &Request,
    ) -> impl Future<Output = Result<Option<Entry>, Failure>>;

    /// Stores a copy. A copy that cannot be stored is lost, and that is all.
    fn store(
        &self,
        w: &World<'_>,
        request: &Request,
        value: &Value,
        life: Life,
        load_time: Duration,
    ) -> impl Future<Output = ()>;

    /// Whether a copy that is found old is worth to be renewed.
    fn renews(&self, _: &World<'_>, _: &Request) -> bool {
        true
    }

    /// What the layer asks the origin to confirm, if it does that.
    fn held(&self, _: &World<'_>, _: &Request) -> Option<Value> {
        None
    }

    /// Gives the key's lock back, if it is still this request's.
    fn release(&self, _: &World<'_>, _: &Request) -> impl Future<Output = Result<(), Failure>> {
        std::future::ready(Ok(()))
    }

    /// Asks whatever lies behind this layer.
    fn ask_origin<'a>(&'a self, w: &'a World<'_>, request: &'a Request) -> impl Future<Output = Reply> + 'a;
}

/// What somebody who asks the origin holds meanwhile, so that others do not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Duty {
    /// A flight to be landed.
    flight: Option<FlightId>,
    /// The key's lock.
    lock: bool,
}

/// What is to be done after looking up.
enum Step {
    Serve(Value, Outcome),
    Load(Option<Fallback>),
    GoPast,
    Fail(Failure),
}

/// What a span is in which somebody else asks the origin.
const FOLLOWS: Kind = Kind::Wait("wait for another's load");

/// Answers from the layer's copy, or from its origin. To ask the origin is a job of its own: most requests do not
/// come to it, and their state stays small.
pub(super) fn read_through<C: Cache>(
    w: &World<'_>,
    cache: &C,
    request: &Request,
) -> impl Future<Output = Reply> {
    async move {
        let asked = w.engine.now();
        w.count_call(cache.layer(), request);
        let found = cache.look_up(w, request).await;
        let (reply, outcome) = match judge(w, cache, request, found) {
            Step::Serve(value, outcome) => (Ok(value), outcome),
            Step::Load(fallback) => load(w, cache, request, fallback).await,
            Step::GoPast => {
                (w.call_reply(Job::GoPast { layer: cache.layer(), request: *request }).await, Outcome::Bypass)
            }
            Step::Fail(failure) => (Err(failure), Outcome::Bypass),
        };
        let now = w.engine.now();
        w.record.borrow_mut().cache(cache.layer()).look_up(now, request.group.into(), outcome, now - asked);
        w.note_look_up(cache.layer(), request, outcome, asked, reply);
        reply
    }
}

fn judge<C: Cache>(
    w: &World<'_>,
    cache: &C,
    request: &Request,
    found: Result<Option<Entry>, Failure>,
) -> Step {
    let entry = match (found, cache.rules().when_down) {
        // Whoever says that it knows a newer version is not served an older one, not even if the origin fails.
        (Ok(Some(entry)), _) if is_behind(w, request, &entry) => return Step::Load(None),
        (Ok(Some(entry)), _) => entry,
        (Ok(None), _) => return Step::Load(None),
        (Err(_), WhenDown::FallThrough) => return Step::GoPast,
        (Err(failure), WhenDown::Fail) => return Step::Fail(failure),
    };
    let served = || served(w, cache, &entry);
    let fallback =
        |outcome, on_error| Some(Fallback { value: served(), stored_at: entry.stored_at, outcome, on_error });
    let hit = if entry.negative { Outcome::Negative } else { Outcome::Hit };
    let draws = || w.streams.early_refresh.of(cache.layer().number()).at(request.ordinal);
    let freshness = cache.freshness(request);
    match freshness.judge(&entry, w.engine.now(), draws) {
        State::Fresh => Step::Serve(served(), hit),
        State::Soft if serves_stale_under_lock(cache) => Step::Load(fallback(Outcome::Stale, true)),
        State::Soft if !freshness.http.in_background => Step::Load(fallback(Outcome::Stale, true)),
        State::Soft => {
            renew_behind(w, cache, request);
            Step::Serve(served(), Outcome::Stale)
        }
        State::Early => Step::Load(fallback(hit, true)),
        State::Past { on_error } => Step::Load(fallback(Outcome::StaleIfError, on_error)),
    }
}

/// Has the origin asked, unless somebody does already.
fn load<C: Cache>(
    w: &World<'_>,
    cache: &C,
    request: &Request,
    fallback: Option<Fallback>,
) -> impl Future<Output = (Reply, Outcome)> {
    async move {
        let mut duty = Duty::default();
        let in_background = cache.freshness(request).http.in_background;
        match cache.rules().coalesce.given(fallback.map(|old| old.outcome), in_background) {
            Coalesce::Nobody => {}
            Coalesce::SingleFlight => {
                match (cache.flights().board(flight_key(w, cache, request)), meanwhile(fallback)) {
                    (Boarding::Leads(flight), _) => duty.flight = Some(flight),
                    (Boarding::Follows(_), Some(old)) => return (Ok(old.value), old.outcome),
                    (Boarding::Follows(flight), None) => {
                        steps_aside(w, request);
                        w.note_begin(cache.layer(), request, FOLLOWS);
                        let reply = cache.flights().follow(&w.engine, flight, None).await;
                        w.note_over(request, FOLLOWS);
                        let reply = reply.expect("a follower without a limit gets the reply");
                        if !is_reply_behind(w, request, &reply) {
                            return or_fall_back(reply, Outcome::Coalesced, fallback);
                        }
                    }
                }
            }
            Coalesce::LocalLock(_) | Coalesce::Lock(_) => {
                let old = meanwhile(fallback);
                let old_at = old.map(|old| old.stored_at);
                let contend = Job::Contend { layer: cache.layer(), request: *request, old: old_at };
                w.note_begin(cache.layer(), request, Kind::Lock);
                let contest = w.engine.call(contend).await.contest();
                w.note_over(request, Kind::Lock);
                match (contest, meanwhile(fallback)) {
                    (Contest::Won, _) => duty.lock = true,
                    (Contest::Alone, _) | (Contest::Lost, None) => {}
                    (Contest::Lost, Some(old)) => return (Ok(old.value), old.outcome),
                    (Contest::Found(value), _) if is_reply_behind(w, request, &Ok(value)) => {}
                    (Contest::Found(value), _) => return (Ok(value), Outcome::Coalesced),
                    (Contest::Past, _) => {
                        let past = Job::GoPast { layer: cache.layer(), request: *request };
                        return (w.call_reply(past).await, Outcome::Bypass);
                    }
                }
            }
        }
        if fallback.is_some_and(|old| matches!(old.outcome, Outcome::Hit | Outcome::Negative)) {
            w.record.borrow_mut().cache(cache.layer()).early += 1;
        }
        let load = Job::Load { layer: cache.layer(), request: *request, duty };
        let reply = w.call_reply(load).await;
        let outcome = match (&reply, &fallback) {
            (Ok(value), Some(old))
                if cache.freshness(request).revalidates() && value.is_unchanged(&old.value) =>
            {
                Outcome::Revalidated
            }
            _ => Outcome::Miss,
        };
        or_fall_back(reply, outcome, fallback)
    }
}

fn serves_stale_under_lock<C: Cache>(cache: &C) -> bool {
    matches!(cache.rules().coalesce, Coalesce::Lock(Lock { losers: Losers::ServeStale, .. }))
}

/// Has a copy renewed, once per instance at a time.
fn renew_behind<C: Cache>(w: &World<'_>, cache: &C, request: &Request) {
    if !cache.flights().is_flying(flight_key(w, cache, request)) && cache.renews(w, request) {
        w.engine.spawn(Job::Renew { layer: cache.layer(), request: *request });
    }
}

/// The job that [`renew_behind`] starts.
pub(super) fn renew<C: Cache>(w: &World<'_>, cache: &C, request: &Request) -> impl Future<Output = ()> {
    async move {
        let Boarding::Leads(flight) = cache.flights().board(flight_key(w, cache, request)) else { return };
        let mut lock = false;
        if let Coalesce::Lock(_) = cache.rules().coalesce {
            // With something to fall back on, a loser does not wait.
            let old = Some(Instant::ZERO);
            let contend = Job::Contend { layer: cache.layer(), request: *request, old };
            lock = matches!(w.engine.call(contend).await.contest(), Contest::Won);
            if !lock {
                // Another instance renews it.
                cache.flights().land(&w.engine, flight, Ok(Value::NOTHING));
                return;
            }
        }
        w.record.borrow_mut().cache(cache.layer()).refreshes += 1;
        w.engine.spawn(Job::Load {
            layer: cache.layer(),
            request: *request,
            duty: Duty { flight: Some(flight), lock },
        });
    }
}

/// The job of asking the origin: stores its answer, and ends what kept others from doing the same. Errors are not
/// stored.
pub(super) fn fetch_and_keep<C: Cache>(
    w: &World<'_>,
    cache: &C,
    request: &Request,
    duty: Duty,
) -> impl Future<Output = Reply> {
    async move {
        let asked = w.engine.now();
        let reply = fetch(w, cache, request).await;
        if let Ok(value) = &reply
            && let Some(life) = life_of_copy(w, cache, request, value)
        {
            cache.store(w, request, value, life, w.engine.now() - asked).await;
        }
        if let Some(flight) = duty.flight {
            cache.flights().land(&w.engine, flight, reply);
        }
        if duty.lock {
            // Should this fail, the lock's lease ends by itself.
            let _ = cache.release(w, request).await;
        }
        reply
    }
}

/// Asks the origin.
pub(super) fn fetch<'a, C: Cache>(
    w: &'a World<'_>,
    cache: &'a C,
    request: &'a Request,
) -> impl Future<Output = Reply> + 'a {
    async move {
        let held = cache.held(w, request);
        w.record.borrow_mut().cache(cache.layer()).origin_requests += 1;
        let reply = cache.ask_origin(w, request).await;
        if let Ok(value) = &reply {
            // A confirmation has no body.
            let is_confirmed = held.is_some_and(|held| value.is_unchanged(&held));
            let bytes = if is_confirmed { 0 } else { value.size.into() };
            w.record.borrow_mut().cache(cache.layer()).origin_bytes += bytes;
        }
        reply
    }
}

/// How long a copy of a value will be good in a layer; nothing if it is not to be stored there.
pub(super) fn life_of_copy<C: Cache>(
    w: &World<'_>,
    cache: &C,
    request: &Request,
    value: &Value,
) -> Option<Life> {
    if !cache.keeps(request) {
        return None;
    }
    let mut draws = w.streams.ttl_jitter.of(cache.layer().number()).at(request.ordinal);
    cache.freshness(request).life(request, value, cache.own_ttl(w, request, value), &mut draws)
}

pub(super) fn flight_key<C: Cache>(w: &World<'_>, cache: &C, request: &Request) -> u64 {
    u64::from(cache.place(request)) << 32 | u64::from(cache.key(w, request))
}

/// A copy as an answer of this layer.
pub(super) fn served<C: Cache>(w: &World<'_>, cache: &C, entry: &Entry) -> Value {
    Value {
        key: entry.key,
        read_at: entry.read_at,
        version: entry.version,
        size: entry.size,
        from: cache.layer(),
        age: cache.age(w, entry),
        absent: entry.negative,
    }
}
