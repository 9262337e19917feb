//! What a writer does to the copies that it can reach: in its own process and in Redis.

use super::commit::was_never_sent;
use super::{Part, goes_wrong, record, writes};
use crate::model::origin;
use crate::model::read_through::life_of_copy;
use crate::model::redis_command::{Command, Takes};
use crate::model::request::{Reply, Request, Value};
use crate::model::truth::value;
use crate::model::world::World;
use std::future::Future;

/// Deletes the copies.
pub(super) fn delete(w: &World<'_>, request: &Request) -> impl Future<Output = ()> {
    async move {
        if let Some(process) = w.process_for(request) {
            process.invalidate(request.instance, request.key, w.engine.now());
        }
        if let Some(redis) = w.redis_for(request) {
            let arrives = !goes_wrong(w, request, Part::Redis) && redis.delete(w, request).await.is_ok();
            count_lost(w, !arrives);
        }
    }
}

/// Stores the new value in their place.
pub(super) fn update(w: &World<'_>, request: &Request, written: &Value) -> impl Future<Output = ()> {
    async move {
        if let Some(process) = &w.process
            && let Some(life) = life_of_copy(w, process, request, written)
        {
            process.put_by_writer(w, request, written, life);
        }
        if let Some(redis) = &w.redis
            && let Some(life) = life_of_copy(w, redis, request, written)
        {
            let command = Command::Update { value: *written, life, takes: Takes::Fill };
            let arrives =
                !goes_wrong(w, request, Part::Redis) && redis.tell(w, request, &command).await.is_ok();
            count_lost(w, !arrives);
        }
    }
}

/// Updates the copies, then the database. A version that the caches have and the database refuses was never valid.
pub(super) fn cache_first(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        let now = w.engine.now();
        let version = w.truth.borrow_mut().prepare(now);
        writes(w).prepared.borrow_mut().insert(request.ordinal, version);
        update(w, request, &value(w, request, version, now)).await;
        let reply = origin::ask(w, request).await;
        if reply.as_ref().is_err_and(|failure| was_never_sent(*failure)) {
            super::not_committed(w, request);
        }
        reply
    }
}

pub(super) fn count_lost(w: &World<'_>, lost: bool) {
    record(w, |writes| writes.cache_updates_lost += u64::from(lost));
}
