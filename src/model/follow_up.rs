//! What one request has in its wake: its user reads back what it has written, or reads the key again.
//!
//! A follow-up belongs to the request that it follows: its place among all requests, and all that is drawn for it, come
//! from that one's ordinal. So two variants have the same follow-ups, whatever else happens.

use super::job::{Answer, Job};
use super::request::{FOLLOW_UPS_MAX, Request};
use super::world::World;
use crate::random::distribution::Distribution;
use crate::time::Duration;
use std::future::Future;

impl World<'_> {
    /// The job of a client's request, with all that comes in its wake.
    #[inline]
    pub(super) fn begin(&self, request: Request) -> Job {
        let goes_on = self.has_needs && self.model.workload.keys[usize::from(request.group)].needs.goes_on();
        if goes_on { Job::GoOn(request) } else { Job::Visit(request) }
    }
}

/// The job of a request and of those that follow it, one after the other.
pub(super) fn go_on(w: &World<'_>, first: &Request) -> impl Future<Output = ()> {
    async move {
        let needs = &w.model.workload.keys[usize::from(first.group)].needs;
        let is_answered = matches!(w.engine.call(Job::Visit(*first)).await, Answer::Visited(true));
        let mut nth = 0;
        if first.write {
            let Some(read_back) = &needs.reads_own_writes else { return };
            let mut draws = w.streams.read_backs.at(first.ordinal);
            let is_read_back = draws.chance(read_back.share);
            if !is_answered || !is_read_back {
                return;
            }
            nth = 1;
            if !follow(w, first, nth, Duration::from_nanos_f64(read_back.after.sample(&mut draws))).await {
                return;
            }
        }
        let Some(session) = &needs.session else { return };
        let requests = how_many(&session.requests, w, first);
        // The request that a write has in its wake is the first one that reads.
        let last = (requests - 1 + nth).min(FOLLOW_UPS_MAX);
        while nth < last {
            nth += 1;
            let mut draws = w.streams.session_thinks.at(first.follow_up(nth).ordinal);
            let thinks = Duration::from_nanos_f64(session.think.sample(&mut draws));
            if !follow(w, first, nth, thinks).await {
                return;
            }
        }
    }
}

/// The n-th request in the wake of the first, unless arrivals are over by then.
fn follow(w: &World<'_>, first: &Request, nth: u64, after: Duration) -> impl Future<Output = bool> {
    async move {
        let at = w.engine.now() + after;
        if at >= w.end {
            return false;
        }
        w.engine.sleep_until(at).await;
        w.engine.call(Job::Visit(first.follow_up(nth))).await;
        true
    }
}

/// How many reads a session has, at least one.
fn how_many(requests: &Distribution, w: &World<'_>, first: &Request) -> u64 {
    let drawn = requests.sample(&mut w.streams.sessions.at(first.ordinal));
    (drawn.round().max(1.0) as u64).min(FOLLOW_UPS_MAX + 1)
}
