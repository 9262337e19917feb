//! Virtual time, and tasks that wait in it.
//!
//! A task plays one job, an `async fn` that the compiler turns into a state machine. It waits in one
//! place at a time, so one [`Ticket`] names that wait; pools, timers and callers hold copies of it, the
//! first to wake the task uses it up, and every other copy is void. Nothing needs cancelling, and there
//! is no waker.
//!
//! A call under a timeout is a task of its own: the caller that gives up leaves, and the work that it
//! asked for runs on, as a real database goes on with a query whose client has gone.
//!
//! Tasks live in three slabs, by the size of their state, and their places are used
//! again: a run allocates as many as were alive at once, not as many as it had.

use super::agenda::{Agenda, Due, Lane};
use super::task::{AWAKE, PLACES_MAX, State, Task, Ticket, WEIGHT_BITS, WEIGHT_MASK, WEIGHTS, Weight};
use crate::time::{Duration, Instant};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// What a task is to play.
pub trait Job: Copy {
    /// What it gives back to a caller.
    type Answer: Copy;

    /// Which of the slabs its state lives in.
    fn weight(&self) -> Weight;
}

/// The clock and the tasks of one run.
pub struct Engine<J: Job> {
    now: Cell<Instant>,
    current: Cell<u32>,
    called: Cell<bool>,
    state: RefCell<State<J>>,
}

/// What a run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Effort {
    /// Tasks resumed.
    pub events: u64,
    /// Bytes of a task, by weight.
    pub task_bytes: [usize; WEIGHTS],
    /// The most tasks that were alive at once, by weight.
    pub tasks_max: [usize; WEIGHTS],
    /// Tasks that were alive at the end, by weight; none when the run was over.
    pub tasks_left: [usize; WEIGHTS],
    /// Why it ended.
    pub ended: Ended,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ended {
    /// Nothing was left to do.
    #[default]
    Over,
    /// The watch stopped it.
    Stopped,
    /// There was no place for one more task: more jobs were begun than came to an end.
    Full,
}

/// So many events pass between two looks of the watch: about a millisecond, in which a run takes a few megabytes at most.
pub const WATCH_EVERY: u64 = 1 << 12;

impl<J: Job> Default for Engine<J> {
    fn default() -> Self {
        Self::new()
    }
}

impl<J: Job> Engine<J> {
    /// An engine at time zero, with nothing to do.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            agenda: Agenda::new(),
            starting: VecDeque::new(),
            tasks: Default::default(),
            idle: Default::default(),
            places_max: PLACES_MAX,
            full: false,
            left: WATCH_EVERY,
            stretch: WATCH_EVERY,
        };
        Self {
            now: Cell::new(Instant::ZERO),
            current: Cell::new(0),
            called: Cell::new(false),
            state: RefCell::new(state),
        }
    }

    /// With room for fewer tasks of a weight.
    #[cfg(test)]
    pub(crate) fn limit(&self, places: usize) {
        self.state.borrow_mut().places_max = places;
    }

    /// The present instant of virtual time.
    #[inline]
    pub fn now(&self) -> Instant {
        self.now.get()
    }

    /// The lane for waits that all last `delay`.
    pub fn lane(&self, delay: Duration) -> Lane {
        self.state.borrow_mut().agenda.lane(delay)
    }

    /// A lane for waits whose ends are given one by one and never decrease.
    pub fn ordered_lane(&self) -> Lane {
        self.state.borrow_mut().agenda.ordered_lane()
    }

    // --- waiting ---------------------------------------------------------------------------------

    /// Begins a wait of the running task: whoever holds the ticket may end it. Follow with
    /// [`Engine::wait`] or [`Engine::wait_within`].
    #[inline]
    pub fn ticket(&self) -> Ticket {
        self.state.borrow_mut().begin_wait(self.current.get())
    }

    /// Wakes the holder at the present instant; false if the ticket is void.
    #[inline]
    pub fn wake(&self, ticket: Ticket) -> bool {
        self.state.borrow_mut().wake(ticket)
    }

    /// Whether the ticket is still good.
    #[inline]
    pub fn is_waiting(&self, ticket: Ticket) -> bool {
        self.state.borrow().task(ticket.task()).waits_on == ticket.sequence()
    }

    /// Waits until woken.
    #[inline]
    pub fn wait(&self) -> Wait<'_, J> {
        Wait { engine: self, suspended: false }
    }

    /// A wait that is over at once.
    #[inline]
    pub fn no_wait(&self) -> Wait<'_, J> {
        Wait { engine: self, suspended: true }
    }

    /// Waits until woken, at most the lane's delay; yields false if that ran out first.
    #[inline]
    pub fn wait_within(&self, ticket: Ticket, limit: Lane) -> Wait<'_, J> {
        let state = &mut *self.state.borrow_mut();
        state.task_mut(ticket.task()).lane = Some(limit);
        let ends = self.now() + state.agenda.delay(limit);
        state.agenda.ring_in_lane(limit, ends, ticket.sequence(), ticket.task());
        self.wait()
    }

    /// Sleeps for the lane's delay.
    #[inline]
    pub fn sleep(&self, lane: Lane) -> Wait<'_, J> {
        let ends = self.now() + self.state.borrow().agenda.delay(lane);
        self.sleep_in(lane, ends)
    }

    /// Sleeps until `time`, which must not be before the last wake-up in that lane.
    #[inline]
    pub fn sleep_in(&self, lane: Lane, time: Instant) -> Wait<'_, J> {
        let state = &mut *self.state.borrow_mut();
        let ticket = state.begin_wait(self.current.get());
        state.agenda.ring_in_lane(lane, time, ticket.sequence(), ticket.task());
        self.wait()
    }

    /// Sleeps until `time`; the past is now.
    #[inline]
    pub fn sleep_until(&self, time: Instant) -> Wait<'_, J> {
        let state = &mut *self.state.borrow_mut();
        let ticket = state.begin_wait(self.current.get());
        state.agenda.ring(time.max(self.now()), ticket.sequence(), ticket.task());
        self.wait()
    }

    // --- starting and calling jobs ---------------------------------------------------------------

    /// Starts a job that nobody waits for.
    #[inline]
    pub fn spawn(&self, job: J) {
        self.state.borrow_mut().start(job, None);
    }

    /// Starts a job; its answer is awaited.
    ///
    /// # Panics
    /// If the engine breaks its own promise that a call without a limit is answered.
    #[inline]
    pub fn call(&self, job: J) -> impl Future<Output = J::Answer> {
        let ticket = self.ticket();
        self.state.borrow_mut().start(job, Some(ticket));
        let wait = self.wait();
        async {
            wait.await;
            self.collect().expect("a call without a limit is answered")
        }
    }

    /// Starts a job; its answer is awaited, at most for the lane's delay. Past that the caller leaves with
    /// `None`, and the job runs on.
    #[inline]
    pub fn call_within(&self, limit: Lane, job: J) -> impl Future<Output = Option<J::Answer>> {
        let ticket = self.ticket();
        self.state.borrow_mut().start(job, Some(ticket));
        let wait = self.wait_within(ticket, limit);
        async { if wait.await { self.collect() } else { None } }
    }

    fn collect(&self) -> Option<J::Answer> {
        self.state.borrow_mut().task_mut(self.current.get()).answer.take()
    }

    // --- the loop --------------------------------------------------------------------------------

    /// Plays all jobs until none is left. `watch` is shown the time now and then, and may stop the run.
    ///
    /// # Panics
    /// If a task waits for something that never comes: a fault of the model, which says how many.
    pub fn run<L, M, H>(
        &self,
        light: impl Fn(J) -> L,
        medium: impl Fn(J) -> M,
        heavy: impl Fn(J) -> H,
        mut watch: impl FnMut(Instant) -> ControlFlow<()>,
    ) -> Effort
    where
        L: Future<Output = J::Answer>,
        M: Future<Output = J::Answer>,
        H: Future<Output = J::Answer>,
    {
        let (mut lights, mut mediums, mut heavies) = (Slab::new(), Slab::new(), Slab::new());
        let mut events = 0;
        let ended = loop {
            while let Some(id) = self.next() {
                match id as usize & WEIGHT_MASK {
                    0 => self.resume(&mut lights, id, &light),
                    1 => self.resume(&mut mediums, id, &medium),
                    _ => self.resume(&mut heavies, id, &heavy),
                }
            }
            let (played, ended) = self.look_up();
            events += played;
            match ended {
                Some(ended) => break ended,
                None if watch(self.now()).is_break() => break Ended::Stopped,
                None => {}
            }
        };
        let tasks_max = [lights.places.len(), mediums.places.len(), heavies.places.len()];
        let tasks_left = self.state.borrow().tasks_left();
        let waiting: usize = tasks_left.iter().sum();
        assert!(ended != Ended::Over || waiting == 0, "{waiting} tasks wait for something that never comes");
        let states = [size_of::<Option<L>>(), size_of::<Option<M>>(), size_of::<Option<H>>()];
        let task_bytes = states.map(|state| state + size_of::<Task<J>>());
        Effort { events, task_bytes, tasks_max, tasks_left, ended }
    }

    #[inline]
    fn resume<F: Future<Output = J::Answer>>(&self, slab: &mut Slab<F>, id: u32, play: &impl Fn(J) -> F) {
        let index = id as usize >> WEIGHT_BITS;
        if index == slab.places.len() {
            slab.places.push(Box::pin(None));
        }
        let place = &mut slab.places[index];
        if place.is_none() {
            let job = self.state.borrow_mut().starting.pop_front().expect("a task starts with its job");
            place.set(Some(play(job)));
        }
        let task = place.as_mut().as_pin_mut().expect("a task that is resumed has a state");
        if let Poll::Ready(answer) = task.poll(&mut Context::from_waker(Waker::noop())) {
            place.set(None);
            self.state.borrow_mut().finish(id, answer);
        }
    }

    /// Events since the last look, and why the run is over, if it is.
    fn look_up(&self) -> (u64, Option<Ended>) {
        let state = &mut *self.state.borrow_mut();
        let ended = match state.left {
            _ if state.full => Some(Ended::Full),
            0 => None,
            _ => Some(Ended::Over),
        };
        let played = state.stretch - state.left;
        (state.left, state.stretch) = (WATCH_EVERY, WATCH_EVERY);
        (played, ended)
    }

    /// Moves on to the next task that is due, and to its time; nothing if there is none, or it is time to look up.
    #[inline]
    fn next(&self) -> Option<u32> {
        let State { agenda, tasks, left, .. } = &mut *self.state.borrow_mut();
        if *left == 0 {
            return None;
        }
        let waits = |key: super::queue::Key| {
            let id = key.payload();
            tasks[id as usize & WEIGHT_MASK][id as usize >> WEIGHT_BITS].waits_on == key.sequence()
        };
        let id = match agenda.next(self.now(), waits)? {
            Due::Called(id) => {
                self.called.set(true);
                id
            }
            Due::Rings { key } => {
                let id = key.payload();
                debug_assert!(key.time() >= self.now(), "time does not go back");
                tasks[id as usize & WEIGHT_MASK][id as usize >> WEIGHT_BITS].waits_on = AWAKE;
                self.now.set(key.time());
                self.called.set(false);
                id
            }
        };
        *left -= 1;
        self.current.set(id);
        Some(id)
    }
}

/// The places of the state machines of one weight.
struct Slab<F> {
    places: Vec<Pin<Box<Option<F>>>>,
}

impl<F> Slab<F> {
    fn new() -> Self {
        Self { places: Vec::new() }
    }
}

/// Suspends the task once; it is resumed when its ticket was used or its alarm rang. Yields true if it
/// was woken, false if its time ran out.
#[must_use = "a wait does nothing unless it is awaited"]
pub struct Wait<'a, J: Job> {
    engine: &'a Engine<J>,
    suspended: bool,
}

impl<J: Job> Future for Wait<'_, J> {
    type Output = bool;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<bool> {
        if self.suspended {
            Poll::Ready(self.engine.called.get())
        } else {
            self.suspended = true;
            Poll::Pending
        }
    }
}
