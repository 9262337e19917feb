//! What a store keeps for a key, and the words for how a copy comes and goes.

use super::Age;
use crate::time::{Duration, Instant};

/// One stored copy: plain data that the model puts in and gets back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When the value was read from the source of truth; its age counts from here.
    pub read_at: Instant,
    /// When this store took it.
    pub stored_at: Instant,
    /// From here on a reader refreshes it in the background; `Instant::MAX` is never.
    pub soft_at: Instant,
    /// From here on it is not served any more; `Instant::MAX` is never.
    pub expires_at: Instant,
    /// How long loading it took: the delta of probabilistic early expiry (Vattani, Chierichetti and
    /// Lowenstein, VLDB 2015).
    pub load_time: Duration,
    /// Whose value it is.
    pub key: u32,
    /// The version of the key that was read.
    pub version: u32,
    /// Size of the value in bytes, without what a store adds.
    pub size: u32,
    /// How old it was by its `Age` when it came, where that is of meaning.
    pub age: Age,
    /// The copy says that the key does not exist.
    pub negative: bool,
}

impl Entry {
    /// Whether the copy may no longer be served at `now`.
    #[inline]
    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        now >= self.expires_at
    }
}

/// Why a copy left a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Removal {
    /// It was read or overwritten after its expiry.
    Expired,
    /// The policy chose it to make room.
    Memory,
    /// A write to the truth, or a purge, took it away.
    Invalidated,
    /// A newer copy of the same key took its place.
    Replaced,
    /// The whole store was emptied, as by a restart.
    Flushed,
}

impl Removal {
    /// Every reason, in the order of [`Store::removals`](super::Store::removals).
    pub const ALL: [Self; 5] =
        [Self::Expired, Self::Memory, Self::Invalidated, Self::Replaced, Self::Flushed];

    /// The word for tables and result files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Memory => "memory",
            Self::Invalidated => "invalidated",
            Self::Replaced => "replaced",
            Self::Flushed => "flushed",
        }
    }
}

/// What became of a copy that was put into a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The key had no copy.
    Inserted,
    /// The key had a copy, which is gone.
    Replaced,
    /// The copy alone exceeds the capacity and was not kept; an older copy of the key is gone all the
    /// same, since it has been overwritten.
    TooLarge,
    /// There was no room and the policy may evict nothing: the copy was not kept, and an older one of the key
    /// stays, as after Redis' `OOM command not allowed`.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_in_the_order_of_their_numbers() {
        for (position, reason) in Removal::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, position, "{}", reason.name());
        }
    }
}
