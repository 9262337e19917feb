//! What holds when, put together from intervals that may overlap, in whatever order a file names them.

use crate::time::Instant;

/// Something that lasts from an instant up to another.
pub type Interval<T> = (Instant, Instant, T);

/// A value from each instant on at which it changes.
#[derive(Clone, Debug)]
pub struct Steps<T>(Vec<(Instant, T)>);

impl<T: Copy> Steps<T> {
    /// The steps of these intervals; `together` is what those come to that hold at the same time.
    pub fn of<I>(intervals: &[Interval<I>], together: impl Fn(&[&Interval<I>]) -> T) -> Self {
        let mut instants: Vec<Instant> =
            intervals.iter().flat_map(|(from, until, _)| [*from, *until]).collect();
        instants.sort_unstable();
        instants.dedup();
        let at = |instant: Instant| {
            let holds = |interval: &&Interval<I>| (interval.0..interval.1).contains(&instant);
            together(&intervals.iter().filter(holds).collect::<Vec<_>>())
        };
        Self(instants.into_iter().map(|instant| (instant, at(instant))).collect())
    }

    /// What holds at an instant; nothing before the first interval.
    #[inline]
    pub fn at(&self, instant: Instant) -> Option<T> {
        if self.0.is_empty() {
            return None;
        }
        let after = self.0.partition_point(|(from, _)| *from <= instant);
        after.checked_sub(1).map(|last| self.0[last].1)
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[(Instant, T)] {
        &self.0
    }
}
