//! Tasks as the engine keeps them: what each waits for, who called it, and what it is to play.

use super::agenda::{Agenda, Lane};
use super::executor::Job;
use std::collections::VecDeque;
use std::num::NonZeroU64;

/// The size of a job's state: those of one weight share a slab, whose places fit the largest of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// A small state.
    Light = 0,
    /// A larger one.
    Medium = 1,
    /// The largest.
    Heavy = 2,
}

pub(super) const WEIGHTS: usize = 3;
pub(super) const WEIGHT_BITS: u32 = 2;
pub(super) const WEIGHT_MASK: usize = (1 << WEIGHT_BITS) - 1;

/// The right to wake a task from one wait, good for one use: the wait's number above the task's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(NonZeroU64);

/// So many bits name a task, its weight included.
const TASK_BITS: u32 = 24;

/// Tasks of one weight that can live at once: four million, some gigabytes of them.
pub(super) const PLACES_MAX: usize = 1 << (TASK_BITS - WEIGHT_BITS);

impl Ticket {
    #[inline]
    pub(super) fn new(sequence: u64, task: u32) -> Self {
        debug_assert!(task < 1 << TASK_BITS, "no task is started without a place");
        Self(NonZeroU64::new(sequence << TASK_BITS | u64::from(task)).expect("no wait has the number 0"))
    }

    #[inline]
    pub(super) fn sequence(self) -> u64 {
        self.0.get() >> TASK_BITS
    }

    #[inline]
    pub(super) fn task(self) -> u32 {
        self.0.get() as u32 & ((1 << TASK_BITS) - 1)
    }
}

/// No wait has this number.
pub(super) const AWAKE: u64 = 0;

pub(super) struct Task<J: Job> {
    /// The number of the wait it is in, or [`AWAKE`].
    pub(super) waits_on: u64,
    /// The lane in which that wait has its time limit.
    pub(super) lane: Option<Lane>,
    pub(super) caller: Option<Ticket>,
    /// What a call gave back, until it is collected.
    pub(super) answer: Option<J::Answer>,
}

pub(super) struct State<J: Job> {
    pub(super) agenda: Agenda,
    /// Jobs that were started and have not run yet, in the order in which they will.
    pub(super) starting: VecDeque<J>,
    /// By weight, which is also in the low bits of a task's id.
    pub(super) tasks: [Vec<Task<J>>; WEIGHTS],
    pub(super) idle: [Vec<u32>; WEIGHTS],
    /// At most [`PLACES_MAX`].
    pub(super) places_max: usize,
    /// Whether a task found no place.
    pub(super) full: bool,
    /// Events until the loop looks up from its work.
    pub(super) left: u64,
    /// Of so many since it last did.
    pub(super) stretch: u64,
}

impl<J: Job> State<J> {
    #[inline]
    pub(super) fn task(&self, id: u32) -> &Task<J> {
        &self.tasks[id as usize & WEIGHT_MASK][id as usize >> WEIGHT_BITS]
    }

    #[inline]
    pub(super) fn task_mut(&mut self, id: u32) -> &mut Task<J> {
        &mut self.tasks[id as usize & WEIGHT_MASK][id as usize >> WEIGHT_BITS]
    }

    /// Tasks that are alive, by weight.
    pub(super) fn tasks_left(&self) -> [usize; WEIGHTS] {
        std::array::from_fn(|weight| self.tasks[weight].len() - self.idle[weight].len())
    }

    #[inline]
    pub(super) fn begin_wait(&mut self, id: u32) -> Ticket {
        let sequence = self.agenda.number();
        let task = self.task_mut(id);
        debug_assert!(task.waits_on == AWAKE, "a task waits in one place at a time");
        task.waits_on = sequence;
        task.lane = None;
        Ticket::new(sequence, id)
    }

    #[inline]
    pub(super) fn wake(&mut self, ticket: Ticket) -> bool {
        let task = self.task_mut(ticket.task());
        if task.waits_on != ticket.sequence() {
            return false;
        }
        task.waits_on = AWAKE;
        if let Some(lane) = task.lane {
            let tasks = &self.tasks;
            self.agenda.trim(lane, |key| {
                let id = key.payload() as usize;
                tasks[id & WEIGHT_MASK][id >> WEIGHT_BITS].waits_on == key.sequence()
            });
        }
        self.agenda.call(ticket.task());
        true
    }

    /// Starts a job. One that finds no place is not played, and the loop looks up at once.
    #[inline]
    pub(super) fn start(&mut self, job: J, caller: Option<Ticket>) {
        let weight = job.weight() as usize;
        let task = Task { waits_on: AWAKE, lane: None, caller, answer: None };
        let id = if let Some(id) = self.idle[weight].pop() {
            *self.task_mut(id) = task;
            id
        } else {
            if self.tasks[weight].len() >= self.places_max {
                self.full = true;
                self.stretch -= self.left;
                self.left = 0;
                return;
            }
            self.tasks[weight].push(task);
            ((self.tasks[weight].len() - 1) << WEIGHT_BITS | weight) as u32
        };
        self.starting.push_back(job);
        self.agenda.call(id);
    }

    #[inline]
    pub(super) fn finish(&mut self, id: u32, answer: J::Answer) {
        self.idle[id as usize & WEIGHT_MASK].push(id);
        let Some(caller) = self.task_mut(id).caller.take() else { return };
        if self.wake(caller) {
            self.task_mut(caller.task()).answer = Some(answer);
        }
    }
}
