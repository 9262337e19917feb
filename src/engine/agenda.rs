//! The agenda: which task is to be resumed next, in the order (time, sequence).
//!
//! Three sources, one order. A task that another one wakes is *called*: it runs at the present instant,
//! after what was due before. A wait until some time is an alarm in the [`EventQueue`]. And a wait of
//! constant length joins a [`Lane`]: whoever joins later wakes later, so that a lane is a plain queue of
//! which only the head stands in the event queue. Most timeouts never ring; in a lane such a dead alarm
//! costs a few instructions instead of a place in the event queue.

use super::queue::{EventQueue, Key};
use crate::time::{Duration, Instant};
use std::collections::VecDeque;
use std::num::NonZeroU32;

/// A queue of alarms that ring in the order in which they were set. Counted from 1, so that a lane or
/// none takes four bytes of a task's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane(NonZeroU32);

impl Lane {
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Marks a payload that names a lane; without it the payload names a task.
const LANE_BIT: u32 = 1 << 31;

/// What is due: a task that was called, or an alarm for a task.
pub(super) enum Due {
    Called(u32),
    Rings { key: Key },
}

pub(super) struct Agenda {
    sequence: u64,
    called: VecDeque<(u64, u32)>,
    queue: EventQueue,
    lanes: Vec<Waiting>,
}

struct Waiting {
    delay: Option<Duration>,
    alarms: VecDeque<Key>,
    /// Whether an entry for this lane's head stands in the event queue. It may be early, if that head
    /// died and was dropped; it is then put right when it comes up.
    armed: bool,
    /// The number of alarms at which dead ones are dropped.
    crowded_at: usize,
}

/// Fewer alarms than this, of 16 bytes each, are not worth looking for dead ones among them.
const CROWDED_MIN: usize = 1 << 12;

impl Agenda {
    pub(super) fn new() -> Self {
        Self { sequence: 0, called: VecDeque::new(), queue: EventQueue::new(), lanes: Vec::new() }
    }

    /// The lane for waits of this length; one for each length.
    pub(super) fn lane(&mut self, delay: Duration) -> Lane {
        let known = self.lanes.iter().position(|lane| lane.delay == Some(delay));
        known.map_or_else(|| self.add_lane(Some(delay)), lane_of)
    }

    /// A lane whose alarms are set by [`Agenda::ring_in_lane`] with times that never decrease.
    pub(super) fn ordered_lane(&mut self) -> Lane {
        self.add_lane(None)
    }

    fn add_lane(&mut self, delay: Option<Duration>) -> Lane {
        self.lanes.push(Waiting { delay, alarms: VecDeque::new(), armed: false, crowded_at: CROWDED_MIN });
        lane_of(self.lanes.len() - 1)
    }

    /// How long a wait in this lane lasts.
    #[inline]
    pub(super) fn delay(&self, lane: Lane) -> Duration {
        self.lanes[lane.index()].delay.expect("the ends of an ordered lane are given")
    }

    /// A number that no other wait has; later waits have larger ones.
    #[inline]
    pub(super) fn number(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Runs `task` at the present instant, after everything that is due already.
    #[inline]
    pub(super) fn call(&mut self, task: u32) {
        let sequence = self.number();
        self.called.push_back((sequence, task));
    }

    #[inline]
    pub(super) fn ring(&mut self, time: Instant, sequence: u64, task: u32) {
        self.queue.push(Key::new(time, sequence, task));
    }

    #[inline]
    pub(super) fn ring_in_lane(&mut self, lane: Lane, time: Instant, sequence: u64, task: u32) {
        let key = Key::new(time, sequence, task);
        let waiting = &mut self.lanes[lane.index()];
        debug_assert!(waiting.alarms.back().is_none_or(|last| *last <= key), "a lane is in order");
        waiting.alarms.push_back(key);
        if !waiting.armed {
            waiting.armed = true;
            self.queue.push(Key::new(time, sequence, lane.index() as u32 | LANE_BIT));
        }
    }

    /// Drops the alarms at the head of a lane that nobody waits for any more. Behind one that somebody waits for, dead ones
    /// are dropped when there are as many as there may be living ones, so that a lane is at most twice as long as it has to be
    /// and each alarm is looked at twice on average.
    #[inline]
    pub(super) fn trim(&mut self, lane: Lane, waits: impl Fn(Key) -> bool) {
        let lane = &mut self.lanes[lane.index()];
        while lane.alarms.front().is_some_and(|key| !waits(*key)) {
            lane.alarms.pop_front();
        }
        if lane.alarms.len() >= lane.crowded_at {
            lane.drop_dead(waits);
        }
    }

    /// Takes what is due next; `waits` tells whether a task still waits for an alarm.
    #[inline]
    pub(super) fn next(&mut self, now: Instant, waits: impl Fn(Key) -> bool) -> Option<Due> {
        loop {
            if let Some(&(sequence, task)) = self.called.front() {
                let called = Key::new(now, sequence, 0);
                if self.queue.next_in_bottom().is_none_or(|alarm| alarm > called) {
                    self.called.pop_front();
                    return Some(Due::Called(task));
                }
            }
            let key = self.queue.pop()?;
            if key.payload() & LANE_BIT == 0 {
                if waits(key) {
                    return Some(Due::Rings { key });
                }
            } else if let Some(key) = self.lane_rings(key, &waits) {
                return Some(Due::Rings { key });
            }
        }
    }

    /// The entry of a lane came up: its head rings, if the entry was not early, and the next one that
    /// somebody waits for takes its place.
    #[inline]
    fn lane_rings(&mut self, entry: Key, waits: impl Fn(Key) -> bool) -> Option<Key> {
        let payload = entry.payload();
        let waiting = &mut self.lanes[(payload & !LANE_BIT) as usize];
        let rings = waiting.alarms.pop_front_if(|head| head.sequence() == entry.sequence() && waits(*head));
        while waiting.alarms.front().is_some_and(|head| !waits(*head)) {
            waiting.alarms.pop_front();
        }
        match waiting.alarms.front() {
            Some(head) => self.queue.push(Key::new(head.time(), head.sequence(), payload)),
            None => waiting.armed = false,
        }
        rings
    }
}

impl Waiting {
    #[cold]
    fn drop_dead(&mut self, waits: impl Fn(Key) -> bool) {
        self.alarms.retain(|key| waits(*key));
        self.crowded_at = (2 * self.alarms.len()).max(CROWDED_MIN);
    }
}

fn lane_of(index: usize) -> Lane {
    Lane(NonZeroU32::new(index as u32 + 1).expect("one more than an index is not zero"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One client waits for its whole timeout, and a million that came later have had their answers.
    #[test]
    fn a_lane_holds_few_alarms_that_nobody_waits_for() {
        let mut agenda = Agenda::new();
        let lane = agenda.lane(Duration::from_secs(10));
        for task in 0..1_000_000u32 {
            let sequence = agenda.number();
            agenda.ring_in_lane(lane, Instant::from_nanos(u64::from(task)), sequence, task);
            agenda.trim(lane, |key| key.payload() == 0);
            let held = agenda.lanes[lane.index()].alarms.len();
            assert!(held <= CROWDED_MIN, "{held} after {task}");
        }
        let due = agenda.next(Instant::ZERO, |key| key.payload() == 0);
        assert!(
            matches!(due, Some(Due::Rings { key }) if key.payload() == 0),
            "the one that is waited for rings"
        );
        assert!(agenda.next(Instant::ZERO, |_| false).is_none());
    }
}
