//! Together: what the items of one page have to ask of one place is asked for with one message.
//!
//! Each item goes its own way through the caches. It is *undecided* until it has got its answer, has come to the place,
//! or waits for somebody else's answer. When no item of a page is undecided any more, those at the place are asked for
//! together: at the database with one statement (`batch.rs`), at a node of Redis with one pipeline (`redis_pipeline.rs`).
//! Whoever has waited for somebody else in vain comes later and has a message of its own: to wait for it, too, would let
//! two pages wait for each other.

use super::job::Job;
use super::request::Request;
use super::world::World;
use crate::engine::Ticket;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// What the items of all pages ask for together at places of one kind; `A` is what each gets.
#[derive(Debug)]
pub struct Together<A> {
    state: RefCell<State<A>>,
    /// The job that carries a message.
    send: fn(MessageId) -> Job,
}

#[derive(Debug)]
struct State<A> {
    /// Of each item, by its ordinal: its page, and whether it is undecided.
    items: FxHashMap<u64, (u32, bool)>,
    pages: Vec<Page>,
    free_pages: Vec<u32>,
    messages: Vec<Message<A>>,
    free_messages: Vec<u32>,
}

#[derive(Debug, Default)]
struct Page {
    undecided: u32,
    /// The messages that are being written, and the place that each is for.
    open: Vec<(u32, MessageId)>,
}

/// Several rows that are asked for at once.
#[derive(Debug)]
struct Message<A> {
    rows: Vec<Row<A>>,
    /// Where it goes.
    place: u32,
    /// Who still has something to do with it.
    holders: u32,
}

/// What one item asks for.
#[derive(Debug)]
pub(super) struct Row<A> {
    pub(super) request: Request,
    ticket: Ticket,
    /// The how many-th load of its key it is, at the database.
    pub(super) nth: u32,
    /// What is there.
    pub(super) found: Option<A>,
    /// What the asker gets.
    answer: Option<A>,
}

/// A page whose items ask together.
#[derive(Clone, Copy, Debug)]
pub struct PageId(u32);

/// A row of a message, which its asker waits for.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    message: MessageId,
    row: u32,
}

/// A message for several rows.
#[derive(Clone, Copy, Debug)]
pub struct MessageId(u32);

impl<A: Copy> Together<A> {
    pub(super) fn new(send: fn(MessageId) -> Job) -> Self {
        let state = State {
            items: FxHashMap::default(),
            pages: Vec::new(),
            free_pages: Vec::new(),
            messages: Vec::new(),
            free_messages: Vec::new(),
        };
        Self { state: RefCell::new(state), send }
    }

    /// A page begins to read the items of these ordinals.
    pub(super) fn begin(&self, ordinals: impl Iterator<Item = u64>) -> PageId {
        let State { items, pages, free_pages, .. } = &mut *self.state.borrow_mut();
        let id = free_pages.pop().unwrap_or_else(|| {
            pages.push(Page::default());
            pages.len() as u32 - 1
        });
        ordinals.for_each(|ordinal| {
            items.insert(ordinal, (id, true));
            pages[id as usize].undecided += 1;
        });
        PageId(id)
    }

    /// All items of the page have their answers.
    pub(super) fn end(&self, page: PageId) {
        let state = &mut *self.state.borrow_mut();
        let ended = &state.pages[page.0 as usize];
        assert!(ended.undecided == 0 && ended.open.is_empty(), "a page ends when all items are answered");
        state.free_pages.push(page.0);
    }

    /// An item has its answer.
    pub(super) fn finish(&self, w: &World<'_>, request: &Request) {
        self.decide(w, request);
        self.state.borrow_mut().items.remove(&request.ordinal);
    }

    /// An item has come to its place, or waits for what somebody else has asked.
    pub(super) fn decide(&self, w: &World<'_>, request: &Request) {
        let State { items, pages, messages, .. } = &mut *self.state.borrow_mut();
        let Some((page, undecided)) = items.get_mut(&request.ordinal) else { return };
        let page = &mut pages[*page as usize];
        page.undecided -= u32::from(std::mem::take(undecided));
        if page.undecided == 0 {
            for (_, message) in page.open.drain(..) {
                messages[message.0 as usize].holders += 1;
                w.engine.spawn((self.send)(message));
            }
        }
    }

    /// An item has come to a place; it is to wait at once, and then to take its answer. Nothing if it does not ask
    /// together with others.
    pub(super) fn join(&self, w: &World<'_>, request: &Request, place: impl FnOnce() -> u32) -> Option<Seat> {
        let seat = self.add(w, request, place)?;
        self.decide(w, request);
        Some(seat)
    }

    /// Its row becomes part of the message.
    fn add(&self, w: &World<'_>, request: &Request, place: impl FnOnce() -> u32) -> Option<Seat> {
        let State { items, pages, messages, free_messages, .. } = &mut *self.state.borrow_mut();
        let (page, _) = items.get(&request.ordinal)?;
        let open = &mut pages[*page as usize].open;
        let place = place();
        let written = open.iter().find(|(other, _)| *other == place).map(|(_, id)| *id);
        let id = written.unwrap_or_else(|| {
            let id = MessageId(free_messages.pop().unwrap_or_else(|| {
                messages.push(Message { rows: Vec::new(), place, holders: 0 });
                messages.len() as u32 - 1
            }));
            messages[id.0 as usize].place = place;
            open.push((place, id));
            id
        });
        let message = &mut messages[id.0 as usize];
        message.holders += 1;
        let row = Row { request: *request, ticket: w.engine.ticket(), nth: 0, found: None, answer: None };
        message.rows.push(row);
        Some(Seat { message: id, row: message.rows.len() as u32 - 1 })
    }

    /// The asker of a row takes its answer.
    pub(super) fn take(&self, seat: Seat) -> A {
        let answer = self.state.borrow().messages[seat.message.0 as usize].rows[seat.row as usize].answer;
        self.rows(seat.message).leave();
        answer.expect("whoever waits for a message is woken with an answer")
    }

    /// All rows of a message.
    pub(super) fn rows(&self, message: MessageId) -> Rows<'_, A> {
        Rows { together: self, message }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        let state = self.state.borrow();
        state.items.is_empty()
            && state.free_pages.len() == state.pages.len()
            && state.free_messages.len() == state.messages.len()
    }
}

/// All rows of a message, as the place sees them.
#[derive(Debug)]
pub struct Rows<'w, A> {
    together: &'w Together<A>,
    message: MessageId,
}

impl<A: Copy> Rows<'_, A> {
    /// Looks at the rows, or writes into them.
    pub(super) fn with<T>(&self, what: impl FnOnce(&mut [Row<A>]) -> T) -> T {
        what(&mut self.together.state.borrow_mut().messages[self.message.0 as usize].rows)
    }

    /// Which message they are of.
    pub(super) fn id(&self) -> MessageId {
        self.message
    }

    /// Where they are asked for.
    pub(super) fn place(&self) -> u32 {
        self.together.state.borrow().messages[self.message.0 as usize].place
    }

    /// Somebody else holds them.
    pub(super) fn hold(&self) {
        self.together.state.borrow_mut().messages[self.message.0 as usize].holders += 1;
    }

    /// One of the holders is done with them.
    pub(super) fn leave(&self) {
        let State { messages, free_messages, .. } = &mut *self.together.state.borrow_mut();
        let left = &mut messages[self.message.0 as usize];
        left.holders -= 1;
        if left.holders == 0 {
            left.rows.clear();
            free_messages.push(self.message.0);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.with(|rows| rows.len())
    }

    /// The request for a row, and the how many-th load of its key it is.
    pub(super) fn get(&self, row: usize) -> (Request, u32) {
        self.with(|rows| (rows[row].request, rows[row].nth))
    }

    /// Each asker gets an answer, for which `answer` is told what is there.
    pub(super) fn answer(&self, w: &World<'_>, answer: impl Fn(Option<A>) -> A) {
        self.with(|rows| {
            for row in rows {
                row.answer = Some(answer(row.found));
                w.engine.wake(row.ticket);
            }
        });
    }
}

/// A request begins to wait for what somebody else has asked.
#[inline]
pub(super) fn steps_aside(w: &World<'_>, request: &Request) {
    if let Some(pages) = w.pages.as_ref().filter(|_| request.is_for_item()) {
        pages.pipelines.decide(w, request);
        pages.statements.decide(w, request);
    }
}
