//! Admission: which keys an instance keeps in its own cache. Kept there, a hot key is a burden of no single node of
//! the shared cache any more.
//!
//! Hot keys are listed, or each instance finds them by itself: a key is hot while the reads of it that came to the
//! instance within a sliding window reach a threshold. The count is exact.

use super::key::KeyGroup;
use super::keyspace::Keyspace;
use crate::random::Stream;
use crate::scenario::{Kind, Reader, Spanned, choice, count, list, positive_time, spanned, table, text};
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::collections::VecDeque;

/// Which keys an instance keeps.
#[derive(Clone, Debug, PartialEq)]
pub enum Admit {
    /// All of them.
    All,
    /// Those of a list.
    Keys(Vec<Spanned<String>>),
    /// Those that are read often enough.
    Hot(HotSpec),
}

/// When a key is hot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HotSpec {
    /// So many reads at one instance,
    pub reads: u32,
    /// within so long.
    pub window: Duration,
}

/// The setting.
pub(super) fn admit() -> impl Kind<Value = Admit> {
    let hot = |r: &mut Reader| HotSpec {
        reads: r
            .field(
                "reads",
                "A key is hot from so many reads on, as one instance counts them.",
                count(1..=1_000_000_000u32),
            )
            .required(),
        window: r.field("window", "Within so long, up to the present read.", positive_time()).required(),
    };
    choice()
        .word("all", "All that are read.", Admit::All)
        .tagged(
            "keys",
            "These, as `article:1`.",
            list(spanned(text())).at_least(1).at_most(10_000),
            Admit::Keys,
        )
        .tagged("hot", "Those that come often; what has cooled down is not renewed.", table(hot), Admit::Hot)
}

/// What decides on the keys of all instances.
#[derive(Debug)]
pub(super) enum Admission {
    All,
    Keys(Vec<u32>),
    Hot { hot: HotSpec, windows: Vec<RefCell<Window>> },
}

/// The reads of one instance that are not older than the window.
#[derive(Debug, Default)]
pub(super) struct Window {
    reads: VecDeque<(Instant, u32)>,
    counts: FxHashMap<u32, u32>,
}

impl Admission {
    pub(super) fn new(admit: &Admit, groups: &[KeyGroup], instances: u32) -> Self {
        match admit {
            Admit::All => Self::All,
            Admit::Keys(names) => {
                // Sizes are nobody's business here.
                let keys = Keyspace::of_groups(groups, Stream::new(0, 0, "admission"));
                let number = |name: &Spanned<String>| {
                    let (group, rank) =
                        Keyspace::find(groups, &name.value).expect("the keys of a list are validated");
                    keys.key(group, rank)
                };
                let mut numbers: Vec<u32> = names.iter().map(number).collect();
                numbers.sort_unstable();
                Self::Keys(numbers)
            }
            Admit::Hot(hot) => {
                Self::Hot { hot: *hot, windows: (0..instances).map(|_| RefCell::default()).collect() }
            }
        }
    }

    /// An instance is asked for a key.
    #[inline]
    pub(super) fn count(&self, instance: usize, key: u32, now: Instant) {
        if let Self::Hot { hot, windows } = self {
            let window = &mut *windows[instance].borrow_mut();
            window.reads.push_back((now, key));
            *window.counts.entry(key).or_default() += 1;
            window.forget(now, hot.window);
        }
    }

    /// Whether an instance keeps a key now.
    pub(super) fn admits(&self, instance: usize, key: u32, now: Instant) -> bool {
        match self {
            Self::All => true,
            Self::Keys(keys) => keys.binary_search(&key).is_ok(),
            Self::Hot { hot, windows } => {
                let window = &mut *windows[instance].borrow_mut();
                window.forget(now, hot.window);
                window.counts.get(&key).is_some_and(|count| *count >= hot.reads)
            }
        }
    }

    /// A new process has counted nothing.
    pub(super) fn begin_anew(&self, instance: usize) {
        if let Self::Hot { windows, .. } = self {
            windows[instance].take();
        }
    }
}

impl Window {
    fn forget(&mut self, now: Instant, length: Duration) {
        while let Some((_, key)) = self.reads.pop_front_if(|(at, _)| *at + length <= now) {
            let count = self.counts.get_mut(&key).expect("what is forgotten was counted");
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against all reads so far, counted from the first to the last at each read.
    #[test]
    fn a_key_is_hot_while_enough_reads_lie_within_the_window() {
        let hot = HotSpec { reads: 3, window: Duration::from_nanos(100) };
        let admission = Admission::new(&Admit::Hot(hot), &[], 2);
        let draws = Stream::new(1, 0, "test");
        let (mut now, mut reads) = (Instant::ZERO, Vec::new());
        let (mut were_hot, mut were_cold) = (0, 0);
        for n in 0..5_000 {
            let mut draws = draws.at(n);
            now += Duration::from_nanos(draws.below(25));
            let (instance, key) = (draws.below(2) as usize, draws.below(4) as u32);
            admission.count(instance, key, now);
            reads.push((instance, key, now));
            let within = |at: Instant| at + hot.window > now;
            let count = reads.iter().filter(|(i, k, at)| (*i, *k) == (instance, key) && within(*at)).count();
            assert_eq!(
                admission.admits(instance, key, now),
                count >= 3,
                "read {n}, {count} within the window"
            );
            *if count >= 3 { &mut were_hot } else { &mut were_cold } += 1;
        }
        assert!(were_hot > 500 && were_cold > 500, "{were_hot} and {were_cold}");
    }

    #[test]
    fn a_new_process_knows_no_hot_key() {
        let hot = HotSpec { reads: 1, window: Duration::MAX };
        let admission = Admission::new(&Admit::Hot(hot), &[], 1);
        admission.count(0, 7, Instant::ZERO);
        assert!(admission.admits(0, 7, Instant::ZERO));
        admission.begin_anew(0);
        assert!(!admission.admits(0, 7, Instant::ZERO));
    }
}
