//! The origin of the application: who answers what its caches do not have, and who takes its writes.

use super::batch;
use super::request::{Reply, Request};
use super::truth::value;
use super::world::World;
use crate::measure::Layer;
use std::future::Future;

/// Reads or writes the origin of the request's key group. Without a database the source of truth takes no time.
pub(super) fn ask(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        if let Some(joined) = batch::join(w, request) {
            return joined.await;
        }
        w.count_call(Layer::Database, request);
        if let Some(database) = &w.database {
            return database.ask(w, request).await;
        }
        if request.write {
            w.truth.borrow_mut().commit(request.key, w.engine.now());
        }
        let version = w.truth.borrow_mut().version(request.key);
        Ok(value(w, request, version, w.engine.now()))
    }
}
