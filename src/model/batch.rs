//! Batches: what the items of one page have to ask the database is asked with one statement, as a data loader does.
//!
//! When it is sent is said in `together.rs`. The first row counts as a statement for one row would.

use super::origin::ask_for_rows;
use super::request::{Reply, Request};
use super::together::{MessageId, Rows, Seat};
use super::truth::value;
use super::world::World;
use crate::measure::Layer;
use crate::time::Instant;
use std::future::Future;

impl<'w> Rows<'w, Reply> {
    /// Those of a statement that asks for several.
    pub(super) fn of(w: &'w World<'_>, statement: Option<MessageId>) -> Option<Self> {
        let statement = statement?;
        let pages = w.pages.as_ref().expect("several rows are for a page");
        Some(pages.statements.rows(statement))
    }

    /// All but the first.
    pub(super) fn further(&self) -> std::ops::Range<usize> {
        1..self.count()
    }

    /// The statement has come to the database.
    pub(super) fn begin_loads(&self, w: &World<'_>) {
        self.with(|rows| {
            for row in &mut rows[1..] {
                let mut truth = w.truth.borrow_mut();
                let state = truth.key(row.request.key);
                state.loads += 1;
                state.loading += 1;
                row.nth = state.loads;
            }
        });
    }

    /// What all rows are, as of now.
    pub(super) fn find(&self, w: &World<'_>, now: Instant, version: impl Fn(u32) -> u32) {
        self.with(|rows| {
            for row in rows {
                row.found = Some(Ok(value(w, &row.request, version(row.request.key), now)));
            }
        });
    }

    /// The statement is over.
    pub(super) fn end_loads(&self, w: &World<'_>) {
        self.with(|rows| {
            for row in &rows[1..] {
                w.truth.borrow_mut().key(row.request.key).loading -= 1;
            }
        });
    }
}

/// Has an item asked for together with others of its page, if that is done.
pub(super) fn join(w: &World<'_>, request: &Request) -> Option<Seat> {
    let pages = w.pages.as_ref().filter(|_| request.is_for_item())?;
    pages.statements.join(w, request, || 0)
}

/// The reply to who has joined and waited.
pub(super) fn take(w: &World<'_>, seat: Seat) -> Reply {
    w.pages.as_ref().expect("whoever joins is of a page").statements.take(seat)
}

/// The job of one statement for several rows.
pub(super) fn ask(w: &World<'_>, statement: MessageId) -> impl Future<Output = ()> {
    async move {
        let rows = Rows::of(w, Some(statement)).expect("this statement has rows");
        let (first, _) = rows.get(0);
        w.count_call(Layer::Database, &first);
        if let Some(pages) = &mut w.record.borrow_mut().layers.pages {
            pages.statement(rows.count() as u64);
        }
        let reply = ask_for_rows(w, &first, statement).await;
        rows.answer(w, |found| reply.and_then(|first| found.unwrap_or(Ok(first))));
        rows.leave();
    }
}
