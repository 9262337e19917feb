//! nginx' `proxy_cache_lock`: of those who find nothing one asks, the others look again now and then.
//!
//! As in `ngx_http_file_cache.c` of nginx 1.22: who finds the lock held sleeps for `poll`, or for what is left of
//! `timeout` if that is less, and looks again; then takes what is there, or the lock if it has been given back or is
//! older than `age`, or sleeps on. After `timeout` it asks what is behind by itself, and what it gets is not stored.
//! Nobody is woken by the answer, so that a crowd waits for half a second for an answer of 50 ms.

use super::coalesce::{Coalesce, LOOKS_MAX};
use super::http_cache::HttpCache;
use super::lock::Contest;
use super::read_through::{Cache, flight_key, served};
use super::request::Request;
use super::world::World;
use crate::engine::END_OF_TIME;
use crate::scenario::{Reader, positive_time};
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::future::Future;

/// A lock at one node of a reverse proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalLock {
    /// How often one who waits looks again.
    pub poll: Duration,
    /// After so long it asks by itself.
    pub timeout: Duration,
    /// A lock that has been held for so long is free.
    pub age: Duration,
}

impl LocalLock {
    pub(super) fn read(r: &mut Reader) -> Self {
        let lock = Self {
            poll: r
                .field(
                    "poll",
                    "How often one who waits looks again. Default: nginx, where it cannot be changed.",
                    positive_time(),
                )
                .or(Duration::from_millis(500)),
            timeout: r
                .field(
                    "timeout",
                    "After this one who waits asks by itself, and nothing is stored. Default: nginx' \
                     proxy_cache_lock_timeout.",
                    positive_time(),
                )
                .or(Duration::from_secs(5)),
            age: r
                .field(
                    "age",
                    "After this another one may ask as well. Default: nginx' proxy_cache_lock_age.",
                    positive_time(),
                )
                .or(Duration::from_secs(5)),
        };
        let looks = lock.looks();
        if looks > LOOKS_MAX {
            let message = format!("one who waits would look up to {looks} times");
            let help = format!("raise `poll` and `age`, so that `timeout` has at most {LOOKS_MAX} of them");
            r.contradiction("poll", message, help);
        }
        lock
    }

    /// How often one looks at most. Bounded although the time is, too: at the very end of the clock it does not go on.
    fn looks(&self) -> u64 {
        self.timeout.as_nanos() / self.poll.min(self.age).as_nanos() + 2
    }
}

/// The locks of all nodes of a layer.
#[derive(Default)]
pub(super) struct LocalLocks {
    held: RefCell<FxHashMap<u64, Held>>,
}

struct Held {
    /// The request that holds it.
    by: u64,
    until: Instant,
}

impl LocalLocks {
    /// Takes the lock of a key at a node, if nobody has it.
    fn take(&self, key: u64, by: u64, now: Instant, age: Duration) -> bool {
        let mut held = self.held.borrow_mut();
        if held.get(&key).is_some_and(|held| held.until > now) {
            return false;
        }
        held.insert(key, Held { by, until: now + age });
        true
    }

    /// Gives it back, unless another has it by now.
    pub(super) fn release(&self, key: u64, by: u64) {
        let mut held = self.held.borrow_mut();
        if held.get(&key).is_some_and(|held| held.by == by) {
            held.remove(&key);
        }
    }

    fn until(&self, key: u64) -> Option<Instant> {
        self.held.borrow().get(&key).map(|held| held.until)
    }

    pub(super) fn are_free(&self) -> bool {
        self.held.borrow().is_empty()
    }
}

/// The job of a request that has found nothing.
pub(super) fn queue(
    w: &World<'_>,
    http_cache: &HttpCache,
    request: &Request,
) -> impl Future<Output = Contest> {
    async move {
        let Coalesce::LocalLock(lock) = http_cache.rules().coalesce else { return Contest::Alone };
        let key = flight_key(w, http_cache, request);
        let locks = http_cache.locks();
        if locks.take(key, request.ordinal, w.engine.now(), lock.age) {
            return Contest::Won;
        }
        let gives_up = w.engine.now() + lock.timeout;
        let mut at_latest = gives_up;
        for _ in 0..lock.looks() {
            w.engine.sleep_until((w.engine.now() + lock.poll).min(at_latest)).await;
            if let Ok(Some(entry)) = http_cache.look_up(w, request).await
                && !http_cache.freshness(request).is_past(&entry, w.engine.now())
            {
                return Contest::Found(served(w, http_cache, &entry));
            }
            if locks.take(key, request.ordinal, w.engine.now(), lock.age) {
                return Contest::Won;
            }
            if w.engine.now() >= gives_up.min(END_OF_TIME) {
                break;
            }
            at_latest = locks.until(key).unwrap_or(gives_up);
        }
        Contest::Past
    }
}
