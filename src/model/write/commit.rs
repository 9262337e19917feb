//! What becomes of a write when the database is about to commit it.

use super::{OnWrite, Part, bus, goes_wrong, group, record};
use crate::measure::Failure;
use crate::model::request::Request;
use crate::model::truth::value;
use crate::model::world::World;

/// The statement of a write is at its end. Yields the version that the database has from now on; `each` is shown every
/// key that it writes with its version, since what a cache has taken comes many keys at once.
///
/// # Errors
/// If the database refuses.
pub(crate) fn commit(
    w: &World<'_>,
    request: &Request,
    mut each: impl FnMut(u32, u32),
) -> Result<u32, Failure> {
    let now = w.engine.now();
    let mut version = None;
    if let Some(writes) = &w.writes {
        if let Some(written) = writes.back.reaches_database(w, request, &mut each) {
            return Ok(written);
        }
        if goes_wrong(w, request, Part::Database) {
            record(w, |writes| writes.refused += 1);
            not_committed(w, request);
            return Err(Failure::WriteRefused);
        }
        version = writes.prepared.borrow_mut().remove(&request.ordinal);
    }
    let mut truth = w.truth.borrow_mut();
    let version = match version {
        Some(prepared) => {
            truth.commit_as(request.key, prepared, now);
            prepared
        }
        None => truth.commit(request.key, now),
    };
    drop(truth);
    each(request.key, version);
    if group(w, request).on_write == OnWrite::Bus {
        bus::publish(w, request, &value(w, request, version, now));
    }
    Ok(version)
}

/// Whether a write that failed so did not come to its origin. Of what came there the origin itself says what became of
/// it, once and when that is decided: whoever waits learns of it later, or has left.
pub(super) fn was_never_sent(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::DatabasePoolTimeout
            | Failure::DatabaseConnections
            | Failure::DatabaseBreakerOpen
            | Failure::DatabaseShed
            | Failure::DownstreamRateLimited
            | Failure::DownstreamBreakerOpen
            | Failure::DownstreamShed
    )
}

/// The statement of a write has come to nothing, or was never sent.
pub(crate) fn not_committed(w: &World<'_>, request: &Request) {
    let Some(writes) = &w.writes else { return };
    writes.back.stays_unflushed(w, request);
    if let Some(version) = writes.prepared.borrow_mut().remove(&request.ordinal) {
        w.truth.borrow_mut().refuse(version, w.engine.now());
    }
}
