//! What a replication holds in memory, for whom it has grown too large.

use super::world::World;
use crate::engine::Effort;
use crate::quantity::Bytes;
use crate::time::{Duration, Instant};
use std::fmt;

/// A replication that was ended because memory is used up. Its `Display` completes "failed to …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// How far it came.
    pub at: Duration,
    /// What it held, the largest first.
    pub held: Vec<Held>,
}

/// Things of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What they are, in the plural.
    pub what: &'static str,
    /// How many.
    pub count: u64,
    /// What they take, about.
    pub bytes: Bytes,
    /// How to have fewer of them.
    pub help: &'static str,
}

/// A copy in a store: the entry, its charge, its place in the index and in the order of eviction.
const COPY_BYTES: u64 = 100;

impl MemoryUse {
    pub(super) fn of(w: &World<'_>, effort: &Effort) -> Self {
        let (mut copies, mut stores) = (0, 0);
        w.each_store(&mut |_, store| {
            copies += store.len() as u64;
            stores += 1;
        });
        let tasks = effort.tasks_max.iter().zip(&effort.task_bytes);
        let requests = (
            effort.tasks_left.iter().sum::<usize>() as u64,
            tasks.map(|(places, bytes)| (places * bytes) as u64).sum(),
        );
        let held = |(count, bytes), what, help| Held { what, count, bytes: Bytes(bytes), help };
        let mut all = vec![
            held(
                requests,
                "requests in flight",
                "lower the rate of arrivals, or the time that requests wait (`client.timeout`, `round_trip`, `queue`)",
            ),
            held(
                w.keys.borrow().learned(),
                "keys of the trace",
                "replay a part of the trace with `duration`, or one with shorter keys",
            ),
            held(
                w.truth.borrow().known(),
                "keys that were asked for",
                "lower `count` or the rate of arrivals",
            ),
            held(
                w.truth.borrow().kept(),
                "versions of written keys",
                "lower `writes`, or the TTLs for which old versions have to be remembered",
            ),
            held(
                (copies, copies * COPY_BYTES + stores * size_of::<crate::cache::Store>() as u64),
                "copies in caches",
                "give the caches a `capacity`, or lower their number",
            ),
        ];
        all.retain(|held| held.count > 0);
        all.sort_by_key(|held| std::cmp::Reverse(held.bytes));
        Self { at: w.engine.now() - Instant::ZERO, held: all }
    }

    /// How to need less: of the largest.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.held.first().map_or("simulate less", |held| held.help)
    }
}

/// So many kinds are named.
const NAMED: usize = 3;

impl fmt::Display for MemoryUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "simulate beyond {}: no memory is left", self.at)?;
        for (nth, Held { what, count, bytes, .. }) in self.held.iter().take(NAMED).enumerate() {
            let before = if nth == 0 { "; it holds " } else { ", " };
            write!(f, "{before}{count} {what} (about {bytes})")?;
        }
        Ok(())
    }
}
