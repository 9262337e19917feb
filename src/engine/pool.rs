//! A pool of permits, first come first served: connections, workers.
//!
//! To look and to take is one event, so a pool is never larger than its size. A caller whose patience
//! ends leaves the queue; its place goes to whoever stands behind it.

use super::agenda::Lane;
use super::executor::{Engine, Job, Wait};
use super::gauge::Gauge;
use super::task::Ticket;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Permits and the queue of those who want one.
#[derive(Debug)]
pub struct Pool {
    size: u32,
    busy: Gauge,
    /// May hold tickets of callers that have left; `waiting` counts only those that stay.
    queue: RefCell<VecDeque<Ticket>>,
    waiting: Gauge,
    /// How many may wait.
    room: u32,
    refused: Cell<u64>,
    timed_out: Cell<u64>,
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The queue was full.
    Refused,
    /// None came free within the limit.
    TimedOut,
}

impl Pool {
    /// A pool of `size` permits, for which `room` callers may wait.
    ///
    /// # Panics
    /// If the pool would be empty: the caller checks what a user wrote.
    #[must_use]
    pub fn new(size: u32, room: u32) -> Self {
        assert!(size > 0, "a pool has at least one permit");
        Self {
            size,
            room,
            busy: Gauge::default(),
            queue: RefCell::default(),
            waiting: Gauge::default(),
            refused: Cell::new(0),
            timed_out: Cell::new(0),
        }
    }

    /// Waits for a permit; at most the limit, if there is one.
    ///
    /// # Errors
    /// If the queue is full, or the limit passes first.
    #[inline]
    pub fn acquire<'a, J: Job>(&'a self, engine: &'a Engine<J>, limit: Option<Lane>) -> Acquire<'a, J> {
        let progress = if self.take(engine) {
            Progress::Has
        } else {
            self.stand_in_line(engine, limit).map_or(Progress::Refused, Progress::Waits)
        };
        Acquire { pool: self, engine, progress }
    }

    /// The wait for one's turn; nothing if the queue is full.
    fn stand_in_line<'a, J: Job>(&self, engine: &'a Engine<J>, limit: Option<Lane>) -> Option<Wait<'a, J>> {
        if self.waiting.level() >= u64::from(self.room) {
            self.refused.set(self.refused.get() + 1);
            return None;
        }
        let ticket = engine.ticket();
        self.queue.borrow_mut().push_back(ticket);
        self.waiting.up(engine.now());
        Some(match limit {
            Some(limit) => engine.wait_within(ticket, limit),
            None => engine.wait(),
        })
    }

    fn leave_line<J: Job>(&self, engine: &Engine<J>) {
        self.waiting.down(engine.now());
        self.timed_out.set(self.timed_out.get() + 1);
        let mut queue = self.queue.borrow_mut();
        while queue.pop_front_if(|ticket| !engine.is_waiting(*ticket)).is_some() {}
    }

    #[inline]
    fn take<J: Job>(&self, engine: &Engine<J>) -> bool {
        let free = self.busy.level() < u64::from(self.size);
        if free {
            self.busy.up(engine.now());
        }
        free
    }

    fn give_back<J: Job>(&self, engine: &Engine<J>) {
        assert!(self.busy.level() > 0, "a permit that comes back was taken");
        if self.waiting.level() > 0 {
            loop {
                let next = self.queue.borrow_mut().pop_front().expect("those who wait stand in the queue");
                // The permit passes from hand to hand: nobody can step in between.
                if engine.wake(next) {
                    self.waiting.down(engine.now());
                    return;
                }
            }
        }
        self.busy.down(engine.now());
    }

    /// How many permits there are.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Permits in use over time.
    pub fn busy(&self) -> &Gauge {
        &self.busy
    }

    /// Callers in the queue over time.
    pub fn waiting(&self) -> &Gauge {
        &self.waiting
    }

    /// Callers turned away because the queue was full, since the start.
    pub fn refused(&self) -> u64 {
        self.refused.get()
    }

    /// Callers that left because their limit passed, since the start.
    pub fn timed_out(&self) -> u64 {
        self.timed_out.get()
    }

    /// Whether every permit is back and nobody waits.
    pub fn is_at_rest(&self) -> bool {
        self.busy.level() == 0 && self.waiting.level() == 0
    }
}

/// On the way to a permit. Written out by hand: many tasks hold one, and this is half the size of what the
/// compiler makes of an `async fn`.
#[must_use = "a permit that is not awaited is lost"]
pub struct Acquire<'a, J: Job> {
    pool: &'a Pool,
    engine: &'a Engine<J>,
    progress: Progress<'a, J>,
}

enum Progress<'a, J: Job> {
    Has,
    Waits(Wait<'a, J>),
    Refused,
}

impl<'a, J: Job> Future for Acquire<'a, J> {
    type Output = Result<Permit<'a, J>, Denied>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { pool, engine, .. } = *self;
        let served = match &mut self.progress {
            Progress::Has => true,
            Progress::Refused => return Poll::Ready(Err(Denied::Refused)),
            Progress::Waits(wait) => ready!(Pin::new(wait).poll(context)),
        };
        if served {
            return Poll::Ready(Ok(Permit { pool, engine }));
        }
        pool.leave_line(engine);
        Poll::Ready(Err(Denied::TimedOut))
    }
}

/// One permit; dropping it hands it to the next in line.
#[must_use = "a permit that is dropped is given back"]
pub struct Permit<'a, J: Job> {
    pool: &'a Pool,
    engine: &'a Engine<J>,
}

impl<J: Job> Drop for Permit<'_, J> {
    fn drop(&mut self) {
        self.pool.give_back(self.engine);
    }
}
