//! The event queue: pending alarms in the order (time, sequence).
//!
//! A radix ladder. Time is read as ten digits of six bits; an alarm waits in the rung of the highest
//! digit in which it differs from `base`, in the slot of its own digit there. Whatever lies before
//! `bound` is kept sorted in `bottom`, the next alarm last. When `bottom` runs dry, the earliest slot is
//! sorted into it if it is small, and dealt out over the rungs below if it is not. Each alarm moves
//! down at most ten times, so that a push and a pop cost about the same with a hundred pending as with
//! a million, where the comparisons of a heap miss the processor's caches. Thousands of alarms for one
//! instant cannot be told apart by time: they stand in line in `ties`.
//!
//! It is monotone: nothing may be pushed before the last alarm that was popped. The idea is that of the
//! radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, J. ACM 1990) and of the ladder queue (Tang, Goh and
//! Thng, ACM TOMACS 2005).

use crate::time::Instant;
use std::collections::VecDeque;

const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 1 << DIGIT_BITS;
const RUNGS: usize = 10;
/// A slot with at most this many alarms is sorted at once; more are dealt out over the rung below.
const SORTED_AT_ONCE: usize = 64;
/// So few alarms live in `bottom` alone: a short sorted list beats any structure.
const FEW: usize = 32;
/// A longer `bottom` hands its later half back to the ladder.
const BOTTOM_MAX: usize = 256;
/// After the end of the clock.
const NEVER: u64 = u64::MAX;

/// When an alarm rings, after which others, and for whom: (time, sequence, payload) in one word, so that
/// the order of two alarms is one comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u128);

const SEQUENCE_BITS: u32 = 40;
const PAYLOAD_BITS: u32 = 32;
/// The last nanosecond of the clock, after 2.28 years: time takes 56 bits of a key.
const LAST: u64 = (1 << 56) - 1;

/// The end of the clock: whatever is set for later rings then, and time does not go on.
pub const END_OF_TIME: Instant = Instant::from_nanos(LAST);

impl Key {
    /// Time takes 56 bits, the sequence number 40 (10^12 waits). What lies after the last nanosecond of the
    /// clock rings at that: a heavy tail may ask for a service of a thousand years.
    #[inline]
    pub(super) fn new(time: Instant, sequence: u64, payload: u32) -> Self {
        debug_assert!(sequence < 1 << SEQUENCE_BITS, "a run has fewer than 2^40 waits");
        let time = u128::from(time.as_nanos().min(LAST)) << (SEQUENCE_BITS + PAYLOAD_BITS);
        Self(time | u128::from(sequence) << PAYLOAD_BITS | u128::from(payload))
    }

    #[inline]
    pub(super) fn time(self) -> Instant {
        Instant::from_nanos(self.nanos())
    }

    #[inline]
    pub(super) fn sequence(self) -> u64 {
        (self.0 >> PAYLOAD_BITS) as u64 & ((1 << SEQUENCE_BITS) - 1)
    }

    #[inline]
    pub(super) fn payload(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    fn nanos(self) -> u64 {
        (self.0 >> (SEQUENCE_BITS + PAYLOAD_BITS)) as u64
    }
}

pub(super) struct EventQueue {
    /// Alarms before `bound`, latest first.
    bottom: Vec<Key>,
    /// Alarms for one instant, the last before `bound`, in the order of their sequence: too many for `bottom`, in
    /// whose front each of them would have to be put.
    ties: VecDeque<Key>,
    /// That instant; [`NEVER`] if there are none.
    tied: u64,
    bound: u64,
    /// What the digits of the ladder are counted from; not after any alarm in it.
    base: u64,
    rungs: Vec<Rung>,
    in_ladder: usize,
}

struct Rung {
    /// Bit i is set if slot i holds anything.
    occupied: u64,
    slots: Vec<Vec<Key>>,
}

impl EventQueue {
    pub(super) fn new() -> Self {
        let rung = || Rung { occupied: 0, slots: vec![Vec::new(); SLOTS] };
        Self {
            bottom: Vec::with_capacity(2 * FEW),
            ties: VecDeque::new(),
            tied: NEVER,
            bound: 0,
            base: 0,
            rungs: (0..RUNGS).map(|_| rung()).collect(),
            in_ladder: 0,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, key: Key) {
        let time = key.nanos();
        if time >= self.bound {
            if self.in_ladder > 0 || self.bottom.len() >= FEW || self.tied != NEVER {
                self.push_ladder(key);
                return;
            }
            self.bound = time + 1;
        }
        if time == self.tied {
            self.stand_in_line(key);
            return;
        }
        // The newest alarm is often the next: look from the end.
        let mut at = self.bottom.len();
        if at > FEW {
            at = self.bottom.partition_point(|other| *other > key);
        } else {
            while at > 0 && self.bottom[at - 1] < key {
                at -= 1;
            }
        }
        self.bottom.insert(at, key);
        if self.bottom.len() > BOTTOM_MAX {
            self.spill();
        }
    }

    /// The next alarm, if `bottom` holds it. Alarms for one instant are in `bottom` together, so after a
    /// pop this shows whether another one rings at that same instant.
    #[inline]
    pub(super) fn next_in_bottom(&self) -> Option<Key> {
        self.bottom.last().or_else(|| self.ties.front()).copied()
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Key> {
        if let Some(key) = self.bottom.pop() {
            return Some(key);
        }
        if self.tied != NEVER {
            return self.next_in_line();
        }
        if self.in_ladder == 0 {
            return None;
        }
        self.refill();
        self.bottom.pop()
    }

    #[cold]
    fn next_in_line(&mut self) -> Option<Key> {
        let key = self.ties.pop_front();
        if self.ties.is_empty() {
            self.tied = NEVER;
        }
        key
    }

    #[cold]
    fn stand_in_line(&mut self, key: Key) {
        if self.ties.back().is_none_or(|last| *last < key) {
            self.ties.push_back(key);
        } else {
            let at = self.ties.partition_point(|other| *other < key);
            self.ties.insert(at, key);
        }
    }

    fn push_ladder(&mut self, key: Key) {
        let time = key.nanos();
        debug_assert!(time >= self.base, "the queue is monotone");
        let apart = time ^ self.base;
        let rung = if apart == 0 { 0 } else { apart.ilog2() / DIGIT_BITS };
        let slot = (time >> (rung * DIGIT_BITS)) as usize % SLOTS;
        let rung = &mut self.rungs[rung as usize];
        rung.occupied |= 1 << slot;
        rung.slots[slot].push(key);
        self.in_ladder += 1;
    }

    /// Sorts the earliest alarms of the ladder into the empty `bottom`.
    fn refill(&mut self) {
        loop {
            let (level, rung) = self
                .rungs
                .iter_mut()
                .enumerate()
                .find(|(_, rung)| rung.occupied != 0)
                .expect("alarms are in the ladder");
            let slot = rung.occupied.trailing_zeros() as usize;
            rung.occupied &= !(1 << slot);
            let width = 1u64 << (level as u32 * DIGIT_BITS);
            // Digits above this one are those of `base`, this one is the slot, all below are 0.
            let above = !(width.saturating_mul(SLOTS as u64).wrapping_sub(1));
            self.base = (self.base & above) | (slot as u64 * width);
            let keys = &mut rung.slots[slot];
            self.in_ladder -= keys.len();
            if keys.len() <= SORTED_AT_ONCE || level == 0 {
                self.bottom.append(keys);
                self.bottom.sort_unstable_by(|a, b| b.cmp(a));
                self.bound = self.base + width;
                return;
            }
            let mut dealt = std::mem::take(keys);
            for key in dealt.drain(..) {
                self.push_ladder(key);
            }
            // Gives the slot its memory back: it fills again.
            self.rungs[level].slots[slot] = dealt;
        }
    }

    /// Hands the later half of `bottom` back to the ladder, keeping equal times together. If what is left would be
    /// nothing, the earlier half is for one instant, and stands in line from now on.
    fn spill(&mut self) {
        let middle = self.bottom[self.bottom.len() / 2].nanos();
        let later = self.bottom.partition_point(|key| key.nanos() >= middle);
        let is_tied = later == self.bottom.len();
        let later = if is_tied { self.bottom.partition_point(|key| key.nanos() > middle) } else { later };
        self.bound = middle + u64::from(is_tied);
        let mut keys = std::mem::take(&mut self.bottom);
        // Those that stand in line are later than all in `bottom`.
        for key in keys.drain(..later).chain(std::mem::take(&mut self.ties)) {
            self.push_ladder(key);
        }
        self.tied = NEVER;
        if is_tied {
            self.ties.extend(keys.drain(..).rev());
            self.tied = middle;
        }
        self.bottom = keys;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What happens to the queue: pops and pushes this far ahead of the last pop.
    #[derive(Clone, Debug)]
    enum Step {
        Push(u64),
        Pop,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let ahead = prop_oneof![
            2 => Just(0u64),
            3 => 0..100u64,
            3 => 0..1_000_000u64,
            1 => 0..1u64 << 54,
            // Many at the same few instants: slots that cannot be told apart.
            3 => (0..4u64).prop_map(|n| n * 64),
        ];
        let step = prop_oneof![4 => ahead.prop_map(Step::Push), 3 => Just(Step::Pop)];
        prop::collection::vec(step, 0..3_000)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn alarms_leave_in_the_order_of_a_sorted_vector(steps in steps()) {
            let mut queue = EventQueue::new();
            let mut sorted: Vec<Key> = Vec::new();
            let mut now = 0;
            for (sequence, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Push(ahead) => {
                        let time = Instant::from_nanos((now + ahead).min((1 << 55) + now % 7));
                        let time = time.max(Instant::from_nanos(now));
                        let key = Key::new(time, sequence as u64, sequence as u32);
                        queue.push(key);
                        let at = sorted.partition_point(|other| *other < key);
                        sorted.insert(at, key);
                    }
                    Step::Pop => {
                        let expected = (!sorted.is_empty()).then(|| sorted.remove(0));
                        let popped = queue.pop();
                        prop_assert_eq!(popped, expected);
                        if let Some(key) = popped {
                            now = key.time().as_nanos();
                            let at_once = sorted.first().filter(|next| next.time() == key.time());
                            if let Some(next) = at_once {
                                prop_assert_eq!(queue.next_in_bottom(), Some(*next));
                            }
                        }
                    }
                }
            }
            for expected in sorted {
                prop_assert_eq!(queue.pop(), Some(expected));
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }

    /// Three instants with thousands of alarms each, set in turn and in part after the first of them have rung.
    #[test]
    fn crowds_at_one_instant_leave_in_order() {
        const CROWD: u64 = 3_000;
        let key = |nanos, sequence| Key::new(Instant::from_nanos(nanos), sequence, 0);
        let mut queue = EventQueue::new();
        let mut expected = Vec::new();
        let mut push = |queue: &mut EventQueue, nanos, sequence| {
            queue.push(key(nanos, sequence));
            expected.push(key(nanos, sequence));
        };
        for n in 0..CROWD {
            push(&mut queue, 5_000 + n % 3, n);
        }
        let mut left: Vec<Key> = (0..CROWD / 2).filter_map(|_| queue.pop()).collect();
        // An older alarm that is set late, as the next one of a lane is, and a crowd between two others.
        for n in 0..CROWD {
            push(&mut queue, if n % 2 == 0 { 5_002 } else { 5_010 }, 2 * CROWD - n);
        }
        left.extend(std::iter::from_fn(|| queue.pop()));
        expected.sort_unstable();
        assert_eq!(left, expected);
    }

    #[test]
    fn what_lies_after_the_end_of_the_clock_rings_at_its_end_in_order() {
        let mut queue = EventQueue::new();
        for (sequence, nanos) in [(1, u64::MAX), (2, 1 << 56), (3, 5)] {
            queue.push(Key::new(Instant::from_nanos(nanos), sequence, 0));
        }
        let order: Vec<_> =
            std::iter::from_fn(|| queue.pop()).map(|key| (key.sequence(), key.nanos())).collect();
        assert_eq!(order, [(3, 5), (1, LAST), (2, LAST)]);
    }

    #[test]
    fn a_key_gives_back_what_it_was_made_of() {
        let key = Key::new(Instant::from_nanos((1 << 56) - 1), (1 << 40) - 1, u32::MAX);
        assert_eq!(
            (key.time().as_nanos(), key.sequence(), key.payload()),
            ((1 << 56) - 1, (1 << 40) - 1, u32::MAX)
        );
    }
}
