//! `noeviction`, Redis' own default: when memory is full, what is there stays, and writes are refused.

use super::{Policy, PolicyOptions, Slot};
use crate::random::{Draws, Stream};
use crate::time::Instant;

/// Evicts nothing.
#[derive(Clone, Debug)]
pub(super) struct NoEviction;

impl NoEviction {
    pub(super) fn new(_options: PolicyOptions, _stream: Stream) -> Self {
        Self
    }
}

impl Policy for NoEviction {
    fn on_insert(&mut self, _slot: Slot, _key: u32, _now: Instant) {}

    #[inline]
    fn on_hit(&mut self, _slot: Slot, _now: Instant) {}

    fn on_remove(&mut self, _slot: Slot) {}

    fn on_clear(&mut self) {}

    fn victim(&mut self, _now: Instant, _draws: &mut Draws) -> Option<Slot> {
        None
    }

    fn overshoots(&self) -> bool {
        true
    }
}
