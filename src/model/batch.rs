//! Batches: what the items of one page have to ask the database is asked with one statement, as a data loader does.
//!
//! Each item goes its own way through the caches. It is *undecided* until it has got its answer, has come to the
//! database, or waits for somebody else's answer. When no item of a page is undecided any more, those at the
//! database are asked for together. Whoever has waited for somebody else in vain comes later and has a statement of
//! its own: to wait for it, too, would let two pages wait for each other.

use super::job::Job;
use super::origin::ask_for_rows;
use super::request::{Reply, Request, Value};
use super::truth::value;
use super::world::World;
use crate::engine::Ticket;
use crate::measure::Layer;
use crate::time::Instant;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::future::Future;

/// The batches of all pages that are being put together.
#[derive(Debug, Default)]
pub struct Batches {
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Of each item, by its ordinal: its batch, and whether it is undecided.
    items: FxHashMap<u64, (u32, bool)>,
    batches: Vec<Batch>,
    free_batches: Vec<u32>,
    statements: Vec<Statement>,
    free_statements: Vec<u32>,
}

#[derive(Debug, Default)]
struct Batch {
    undecided: u32,
    /// The statement that is being written.
    open: Option<StatementId>,
}

/// Several rows that are read at once.
#[derive(Debug, Default)]
struct Statement {
    rows: Vec<Row>,
    /// Who still has something to do with it.
    holders: u32,
}

#[derive(Debug)]
struct Row {
    request: Request,
    ticket: Ticket,
    /// The how many-th load of its key it is.
    nth: u32,
    /// What the database has found.
    found: Option<Value>,
    /// What the asker gets.
    reply: Option<Reply>,
}

/// A batch of one page.
#[derive(Clone, Copy, Debug)]
pub struct BatchId(u32);

/// A statement for several rows.
#[derive(Clone, Copy, Debug)]
pub struct StatementId(u32);

impl Batches {
    /// A page begins to read the items of these ordinals.
    pub(super) fn begin(&self, ordinals: impl Iterator<Item = u64>) -> BatchId {
        let State { items, batches, free_batches, .. } = &mut *self.state.borrow_mut();
        let id = free_batches.pop().unwrap_or_else(|| {
            batches.push(Batch::default());
            batches.len() as u32 - 1
        });
        ordinals.for_each(|ordinal| {
            items.insert(ordinal, (id, true));
            batches[id as usize].undecided += 1;
        });
        BatchId(id)
    }

    /// All items of the page have their answers.
    pub(super) fn end(&self, batch: BatchId) {
        let state = &mut *self.state.borrow_mut();
        let ended = &state.batches[batch.0 as usize];
        assert!(ended.undecided == 0 && ended.open.is_none(), "a batch ends when all items are answered");
        state.free_batches.push(batch.0);
    }

    /// An item has its answer.
    pub(super) fn finish(&self, w: &World<'_>, request: &Request) {
        self.decide(w, request);
        self.state.borrow_mut().items.remove(&request.ordinal);
    }

    /// An item waits for what somebody else has asked.
    fn decide(&self, w: &World<'_>, request: &Request) {
        let State { items, batches, statements, .. } = &mut *self.state.borrow_mut();
        let Some((batch, undecided)) = items.get_mut(&request.ordinal) else { return };
        let batch = &mut batches[*batch as usize];
        batch.undecided -= u32::from(std::mem::take(undecided));
        if batch.undecided == 0
            && let Some(statement) = batch.open.take()
        {
            statements[statement.0 as usize].holders += 1;
            w.engine.spawn(Job::Statement(statement));
        }
    }

    /// An item has come to the database: its row becomes part of the statement. Nothing if it is of no batch.
    fn add(&self, request: &Request, ticket: impl FnOnce() -> Ticket) -> Option<(StatementId, usize)> {
        let State { items, batches, statements, free_statements, .. } = &mut *self.state.borrow_mut();
        let (batch, _) = items.get(&request.ordinal)?;
        let id = *batches[*batch as usize].open.get_or_insert_with(|| {
            StatementId(free_statements.pop().unwrap_or_else(|| {
                statements.push(Statement::default());
                statements.len() as u32 - 1
            }))
        });
        let statement = &mut statements[id.0 as usize];
        statement.holders += 1;
        statement.rows.push(Row { request: *request, ticket: ticket(), nth: 0, found: None, reply: None });
        Some((id, statement.rows.len() - 1))
    }

    /// The asker of a row takes its reply.
    fn take(&self, statement: StatementId, row: usize) -> Reply {
        let reply = self.state.borrow().statements[statement.0 as usize].rows[row].reply;
        self.leave(statement);
        reply.expect("whoever waits for a statement is woken with a reply")
    }

    /// One of its holders is done with it.
    fn leave(&self, statement: StatementId) {
        let State { statements, free_statements, .. } = &mut *self.state.borrow_mut();
        let left = &mut statements[statement.0 as usize];
        left.holders -= 1;
        if left.holders == 0 {
            left.rows.clear();
            free_statements.push(statement.0);
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        let state = self.state.borrow();
        state.items.is_empty()
            && state.free_batches.len() == state.batches.len()
            && state.free_statements.len() == state.statements.len()
    }
}

/// All rows of a statement, as the database sees them. The first counts as a statement for one row would.
#[derive(Clone, Copy)]
pub struct Rows<'w> {
    batches: &'w Batches,
    statement: StatementId,
}

impl<'w> Rows<'w> {
    /// Those of a statement that asks for several.
    pub(super) fn of(w: &'w World<'_>, statement: Option<StatementId>) -> Option<Self> {
        let statement = statement?;
        let batches = &w.pages.as_ref().expect("several rows are for a page").batches;
        Some(Self { batches, statement })
    }

    fn with<T>(&self, what: impl FnOnce(&mut Statement) -> T) -> T {
        what(&mut self.batches.state.borrow_mut().statements[self.statement.0 as usize])
    }

    /// Somebody else holds them.
    pub(super) fn hold(&self) {
        self.with(|statement| statement.holders += 1);
    }

    /// One of the holders is done with them.
    pub(super) fn leave(&self) {
        self.batches.leave(self.statement);
    }

    /// All but the first.
    pub(super) fn further(&self) -> std::ops::Range<usize> {
        1..self.with(|statement| statement.rows.len())
    }

    /// The request for a row, and the how many-th load of its key it is.
    pub(super) fn get(&self, row: usize) -> (Request, u32) {
        self.with(|statement| (statement.rows[row].request, statement.rows[row].nth))
    }

    /// The statement has come to the database.
    pub(super) fn begin_loads(&self, w: &World<'_>) {
        self.with(|statement| {
            for row in &mut statement.rows[1..] {
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
        self.with(|statement| {
            for row in &mut statement.rows {
                row.found = Some(value(w, &row.request, version(row.request.key), now));
            }
        });
    }

    /// The statement is over.
    pub(super) fn end_loads(&self, w: &World<'_>) {
        self.with(|statement| {
            for row in &statement.rows[1..] {
                w.truth.borrow_mut().key(row.request.key).loading -= 1;
            }
        });
    }
}

/// The reply to an item that is asked for together with others of its page, if it is.
pub(super) fn join<'a>(w: &'a World<'_>, request: &Request) -> Option<impl Future<Output = Reply> + 'a> {
    let batches = &w.pages.as_ref().filter(|_| request.is_for_item())?.batches;
    let (statement, row) = batches.add(request, || w.engine.ticket())?;
    let wait = w.engine.wait();
    batches.decide(w, request);
    Some(async move {
        wait.await;
        batches.take(statement, row)
    })
}

/// A request begins to wait for what somebody else has asked.
#[inline]
pub(super) fn steps_aside(w: &World<'_>, request: &Request) {
    if let Some(pages) = w.pages.as_ref().filter(|_| request.is_for_item()) {
        pages.batches.decide(w, request);
    }
}

/// The job of one statement for several rows.
pub(super) fn ask(w: &World<'_>, statement: StatementId) -> impl Future<Output = ()> {
    async move {
        let rows = Rows::of(w, Some(statement)).expect("this statement has rows");
        let (first, _) = rows.get(0);
        w.count_call(Layer::Database, &first);
        if let Some(pages) = &mut w.record.borrow_mut().layers.pages {
            pages.statement(rows.further().end as u64);
        }
        let reply = ask_for_rows(w, &first, statement).await;
        rows.with(|statement| {
            for row in &mut statement.rows {
                row.reply = Some(reply.map(|first| row.found.unwrap_or(first)));
                w.engine.wake(row.ticket);
            }
        });
        rows.leave();
    }
}
