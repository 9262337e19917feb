//! Which requests of a replication are looked at: a sample, the slowest, and those that failed.
//!
//! Whether a request is in the sample hangs on the seed and on its number, and not on what happens to it: its draw is
//! one of the least. So it is in the sample of every variant in which it arrives. There are bounds for all three, which
//! bound the file; of too many failures there is a sample as well.

use crate::measure::Why;
use crate::random::Stream;
use crate::time::Duration;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// One of so many chosen requests is there because it is one of the slowest.
const SLOWEST: usize = 10;

/// The requests seen so far, as far as they are worth it.
pub(in crate::model) struct Choice {
    wanted: usize,
    draws: Stream,
    /// Those with the least draws, the greatest of these on top.
    sample: BinaryHeap<(u64, u64)>,
    /// The least of them on top; of two that took as long, the later one goes first.
    slowest: BinaryHeap<Reverse<(Duration, Reverse<u64>)>>,
    failed: BinaryHeap<(u64, u64)>,
    arrived: u64,
    failures: u64,
}

impl Choice {
    pub(super) fn new(wanted: u32, draws: Stream) -> Self {
        Self {
            wanted: wanted as usize,
            draws,
            sample: BinaryHeap::new(),
            slowest: BinaryHeap::new(),
            failed: BinaryHeap::new(),
            arrived: 0,
            failures: 0,
        }
    }

    /// A request has come to its end.
    pub(super) fn offer(&mut self, ordinal: u64, took: Duration, failed: bool) {
        let draw = self.draws.at(ordinal).bits();
        self.arrived += 1;
        keep(&mut self.sample, self.wanted, (draw, ordinal));
        if failed {
            self.failures += 1;
            keep(&mut self.failed, self.wanted, (draw, ordinal));
        } else {
            keep(&mut self.slowest, self.wanted.div_ceil(SLOWEST), Reverse((took, Reverse(ordinal))));
        }
    }

    /// Those that are chosen, by ordinal.
    pub(super) fn chosen(&self) -> BTreeMap<u64, Why> {
        let mut chosen = BTreeMap::<u64, Why>::new();
        for (_, ordinal) in &self.sample {
            chosen.entry(*ordinal).or_default().sampled = true;
        }
        for Reverse((_, Reverse(ordinal))) in &self.slowest {
            chosen.entry(*ordinal).or_default().slowest = true;
        }
        for (_, ordinal) in &self.failed {
            chosen.entry(*ordinal).or_default().failed = true;
        }
        chosen
    }

    pub(super) fn arrived(&self) -> u64 {
        self.arrived
    }

    pub(super) fn failed(&self) -> u64 {
        self.failures
    }
}

/// Keeps the `most` least.
fn keep<T: Ord>(heap: &mut BinaryHeap<T>, most: usize, one: T) {
    if heap.len() < most {
        heap.push(one);
    } else if heap.peek().is_some_and(|greatest| one < *greatest) {
        heap.pop();
        heap.push(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All are sorted, in place of the heaps.
    #[test]
    fn the_least_draws_the_slowest_and_the_failed_are_chosen() {
        let draws = Stream::new(1, 0, "test");
        let all: Vec<(u64, Duration, bool)> = (0..5_000)
            .map(|ordinal| {
                let mut other = Stream::new(2, 0, "test").at(ordinal);
                (ordinal, Duration::from_nanos(other.below(500)), other.chance(0.05))
            })
            .collect();
        let mut choice = Choice::new(100, draws);
        for (ordinal, took, failed) in &all {
            choice.offer(*ordinal, *took, *failed);
        }
        let mut expected = BTreeMap::<u64, Why>::new();
        let mut by_draw = all.clone();
        by_draw.sort_by_key(|(ordinal, ..)| draws.at(*ordinal).bits());
        by_draw[..100].iter().for_each(|one| expected.entry(one.0).or_default().sampled = true);
        by_draw
            .iter()
            .filter(|one| one.2)
            .take(100)
            .for_each(|one| expected.entry(one.0).or_default().failed = true);
        let mut by_time: Vec<_> = all.iter().filter(|one| !one.2).collect();
        by_time.sort_by_key(|(ordinal, took, _)| (Reverse(*took), *ordinal));
        by_time[..10].iter().for_each(|one| expected.entry(one.0).or_default().slowest = true);
        assert_eq!(choice.chosen(), expected);
        assert_eq!(choice.arrived(), 5_000);
        assert_eq!(choice.failed(), all.iter().filter(|one| one.2).count() as u64);
    }

    #[test]
    fn who_is_in_the_sample_does_not_hang_on_what_happens() {
        let draws = Stream::new(1, 0, "test");
        let sampled = |failed: fn(u64) -> bool| {
            let mut choice = Choice::new(50, draws);
            (0..1_000).for_each(|ordinal| {
                choice.offer(ordinal, Duration::from_nanos(ordinal % 7), failed(ordinal));
            });
            let chosen = choice.chosen();
            chosen.into_iter().filter(|(_, why)| why.sampled).map(|(ordinal, _)| ordinal).collect::<Vec<_>>()
        };
        assert_eq!(sampled(|_| false), sampled(|ordinal| ordinal % 3 == 0));
        assert_eq!(sampled(|_| false).len(), 50);
    }
}
