//! How much a store may hold.

/// The bound of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Everything is kept until it expires or is removed.
    Unbounded,
    /// So many copies, whatever their size.
    Entries(u64),
    /// So many bytes: the sum of what the caller charges per copy, overhead included.
    Bytes(u64),
}

impl Capacity {
    /// Whether a copy of this charge fits into an empty store.
    #[inline]
    #[must_use]
    pub fn admits(self, charge: u32) -> bool {
        match self {
            Self::Unbounded => true,
            Self::Entries(limit) => limit > 0,
            Self::Bytes(limit) => u64::from(charge) <= limit,
        }
    }
}
