//! A lock that all instances share: who gets it loads, the others serve an old copy or look again.
//!
//! It is a key with a TTL in the shared cache itself, as in the leases of Nishtala et al. (NSDI 2013) and in the
//! usual `SET key token NX PX`. Whoever wins looks once more before loading, since the last holder may have
//! stored a copy between this one's look-up and its winning; without that, one expiry could cost two loads.

use super::coalesce::Coalesce;
use super::read_through::{Cache, served};
use super::redis::Redis;
use super::redis_command::{Answer, Command};
use super::request::{Request, Value};
use super::together::steps_aside;
use super::world::World;
use crate::cache::Entry;
use crate::time::Instant;
use std::future::Future;

/// How an attempt to take a lock ends.
#[derive(Clone, Copy, Debug)]
pub enum Contest {
    /// The lock is held: ask the origin, and release it.
    Won,
    /// Another one holds it, and there is an old copy to serve.
    Lost,
    /// Ask the origin without the lock: the cache cannot be reached or has no room, or the patience is at its end.
    Alone,
    /// Ask the origin, and keep nothing of its answer.
    Past,
    /// Somebody has stored a copy meanwhile.
    Found(Value),
}

/// The job of one attempt. `old` is when the copy was stored that the asker can fall back on, if it has one; then
/// it does not wait.
pub(super) fn contend(
    w: &World<'_>,
    redis: &Redis,
    request: &Request,
    old: Option<Instant>,
) -> impl Future<Output = Contest> {
    async move {
        let Coalesce::Lock(lock) = redis.rules().coalesce else { return Contest::Alone };
        let command = Command::Lock(lock.lease);
        let Ok(Some(won)) = redis.command(w, request, &command, 0, Answer::locked).await else {
            return Contest::Alone;
        };
        w.record.borrow_mut().cache(redis.layer()).locks[usize::from(!won)] += 1;
        if won {
            let found =
                redis.look(w, request, 1).await.ok().flatten().filter(|entry| is_new(w, redis, entry, old));
            let Some(entry) = found else { return Contest::Won };
            let _ = redis.release(w, request).await;
            return Contest::Found(served(w, redis, &entry));
        }
        if old.is_some() {
            return Contest::Lost;
        }
        steps_aside(w, request);
        let poll = w.engine.lane(lock.poll);
        let gives_up = w.engine.now() + lock.wait;
        // The number of looks is bounded as well: at the very end of the clock time does not go on.
        for look in 1..=lock.wait.as_nanos() / lock.poll.as_nanos() {
            if w.engine.now() + lock.poll > gives_up {
                break;
            }
            w.engine.sleep(poll).await;
            if let Ok(Some(entry)) = redis.look(w, request, look as u32).await
                && !redis.rules().freshness.is_past(&entry, w.engine.now())
            {
                return Contest::Found(served(w, redis, &entry));
            }
        }
        Contest::Alone
    }
}

/// Whether a copy is good, and not the old one.
fn is_new(w: &World<'_>, redis: &Redis, entry: &Entry, old: Option<Instant>) -> bool {
    let now = w.engine.now();
    old != Some(entry.stored_at) && entry.soft_at > now && !redis.rules().freshness.is_past(entry, now)
}
