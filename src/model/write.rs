//! The way of a write: to the source of truth, and what it does to the copies.

use super::job::Job;
use super::key::OnWrite;
use super::origin;
use super::request::{Purge, Reply, Request};
use super::world::World;
use std::future::Future;

/// A write goes to the database; then the copies that the writer can reach are deleted, if the key's group
/// wants that. Other instances keep theirs.
pub(super) fn write(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        let written = origin::ask(w, request).await?;
        if w.model.workload.keys[usize::from(request.group)].on_write == OnWrite::Delete {
            if let Some(process) = &w.process {
                process.invalidate(request.instance, request.key, w.engine.now());
            }
            if let Some(redis) = &w.redis {
                // The write itself has succeeded: a delete that is lost leaves a stale copy, not an error.
                let _ = redis.delete(w, request).await;
            }
        }
        if w.model.workload.keys[usize::from(request.group)].purge {
            let what = Purge::Key(request.key);
            for layer in w.purgeable() {
                w.engine.spawn(Job::Purge { layer, what, cause: request.ordinal });
            }
        }
        Ok(written)
    }
}
