//! Statements of the database: which reads and writes there have been, and what their draws hang on.

use super::database::record;
use super::request::Request;
use super::world::World;
use crate::random::{Draws, Stream};

/// A load begins: the how many-th of its key it is.
pub(super) fn begin_load(w: &World<'_>, key: u32) -> u32 {
    let mut truth = w.truth.borrow_mut();
    let state = truth.key(key);
    state.loads += 1;
    state.loading += 1;
    let concurrent = u64::from(state.loading);
    record(w, |origin| origin.load(w.engine.now(), concurrent));
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
