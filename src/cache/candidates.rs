//! The keys among which a Redis policy chooses: all of them, or those that have a TTL.
//!
//! A server keeps the keys that have a TTL in a second hash table, `expires`, and the policies `volatile-*`
//! sample that one.

use super::Slot;
use super::bucket_table::BucketTable;
use crate::time::Instant;
use std::fmt::Debug;
use std::marker::PhantomData;

/// Which keys a policy may evict.
pub(super) trait Scope: Clone + Debug {
    /// Only those that have a TTL.
    const ONLY_WITH_TTL: bool;
}

/// Every key.
#[derive(Clone, Debug)]
pub(super) struct AllKeys;

impl Scope for AllKeys {
    const ONLY_WITH_TTL: bool = false;
}

/// Keys that have a TTL.
#[derive(Clone, Debug)]
pub(super) struct Volatile;

impl Scope for Volatile {
    const ONLY_WITH_TTL: bool = true;
}

/// A hash table of the keys in scope.
#[derive(Clone, Debug)]
pub(super) struct Candidates<S> {
    table: BucketTable,
    scope: PhantomData<S>,
}

impl<S: Scope> Candidates<S> {
    pub(super) fn new() -> Self {
        Self { table: BucketTable::new(), scope: PhantomData }
    }

    pub(super) fn table(&self) -> &BucketTable {
        &self.table
    }

    pub(super) fn on_insert(&mut self, slot: Slot, key: u32) {
        if !S::ONLY_WITH_TTL {
            self.table.insert(slot, key);
        }
    }

    pub(super) fn on_expiry(&mut self, slot: Slot, key: u32, expires_at: Instant) {
        if S::ONLY_WITH_TTL {
            match (expires_at < Instant::MAX, self.table.contains(slot)) {
                (true, false) => self.table.insert(slot, key),
                (false, true) => self.table.remove(slot),
                _ => {}
            }
        }
    }

    pub(super) fn on_remove(&mut self, slot: Slot) {
        if !S::ONLY_WITH_TTL || self.table.contains(slot) {
            self.table.remove(slot);
        }
    }

    pub(super) fn on_clear(&mut self) {
        self.table.clear();
    }
}
