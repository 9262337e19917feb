//! Statements of the database: which reads and writes there have been, what their draws hang on, and what is written
//! down of them.

use super::database_server::Server;
use super::request::Request;
use super::spans::note;
use super::world::World;
use crate::measure::{Kind, OriginRecord, PoolRecord};
use crate::random::{Draws, Stream};
use crate::time::{Duration, Instant};

/// A load begins: the how many-th of its key it is.
pub(super) fn begin_load(w: &World<'_>, request: &Request) -> u32 {
    let mut truth = w.truth.borrow_mut();
    let state = truth.key(request.key);
    state.reads += u32::from(w.model.redis.is_none() && w.is_measuring());
    state.loads += 1;
    state.loading += 1;
    let concurrent = u64::from(state.loading);
    let now = w.engine.now();
    record(w, |origin| origin.load(now, request.group.into(), concurrent));
    w.record.borrow_mut().moments.load(now);
    state.loads
}

/// What a statement's draws hang on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Statement {
    /// A write: on its request.
    Write,
    /// A read: on its key, and on how often that was loaded before.
    Load(u32),
}

impl Statement {
    /// Its draws out of those of one purpose.
    pub(super) fn draws(self, purpose: Stream, request: &Request) -> Draws {
        match self {
            Self::Write => purpose.at(request.ordinal),
            Self::Load(nth) => purpose.of(u64::from(request.key)).at(u64::from(nth)),
        }
    }
}

pub(super) fn begin_write(w: &World<'_>) -> Statement {
    record(w, |origin| origin.writes += 1);
    Statement::Write
}

/// A worker has got the pages of a statement, and begins to carry it out; known are when it was taken, when it has the
/// pages, and when it will be done.
pub(super) fn note_service(w: &World<'_>, request: &Request, server: &Server, times: [Instant; 3]) {
    note!(w, move |spans| {
        let [taken, begins, ends] = times;
        spans.add(request, server.place(), Kind::Serve("read pages from disk"), (taken, begins));
        let what = if request.write { "write" } else { "read" };
        spans.add(request, server.place(), Kind::Serve(what), (begins, ends));
    });
}

pub(super) fn record(w: &World<'_>, what: impl FnOnce(&mut OriginRecord)) {
    what(w.record.borrow_mut().layers.database.as_mut().expect("a database that is asked is recorded"));
}

pub(super) fn count_wait(pool: &mut Option<PoolRecord>, waited: Duration, got_it: bool) {
    pool.as_mut().expect("a database that is asked is recorded").count(waited, got_it);
}
