//! `allkeys-random` and `volatile-random` of Redis 7.0: any key leaves.
//!
//! As `dictGetRandomKey`: a random bucket that is not empty, then any key of its chain. So keys that share a
//! bucket are chosen less often than those that have one to themselves.

use super::candidates::{Candidates, Scope};
use super::{Policy, PolicyOptions, Slot};
use crate::random::{Draws, Stream};
use crate::time::Instant;

/// Evicts any key in scope.
#[derive(Clone, Debug)]
pub(super) struct Random<S>(Candidates<S>);

impl<S: Scope> Random<S> {
    pub(super) fn new(_options: PolicyOptions, _stream: Stream) -> Self {
        Self(Candidates::new())
    }
}

impl<S: Scope> Policy for Random<S> {
    fn on_insert(&mut self, slot: Slot, key: u32, _now: Instant) {
        self.0.on_insert(slot, key);
    }

    #[inline]
    fn on_hit(&mut self, _slot: Slot, _now: Instant) {}

    fn on_expiry(&mut self, slot: Slot, key: u32, expires_at: Instant) {
        self.0.on_expiry(slot, key, expires_at);
    }

    fn on_remove(&mut self, slot: Slot) {
        self.0.on_remove(slot);
    }

    fn on_clear(&mut self) {
        self.0.on_clear();
    }

    fn victim(&mut self, _now: Instant, draws: &mut Draws) -> Option<Slot> {
        self.0.table().random(draws)
    }

    fn overshoots(&self) -> bool {
        true
    }
}
