//! The origin of the application: who answers what its caches do not have, and who takes its writes.

use super::request::{Reply, Request};
use super::truth::value;
use super::world::World;
use super::write::commit;
use std::future::Future;

/// Reads or writes the origin of the request's key group. Without a database the source of truth takes no time.
pub(super) fn ask(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        if let Some(database) = &w.database {
            return database.ask(w, request).await;
        }
        let version = if request.write {
            commit(w, request, |_, _| {})?
        } else {
            w.truth.borrow_mut().database_version(request.key)
        };
        Ok(value(w, request, version, w.engine.now()))
    }
}
