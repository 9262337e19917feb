//! Whether a part of the system is up, and how fast, as scheduled events have it.

use crate::time::Instant;
use std::cell::{Cell, RefCell};

/// The condition of one part.
#[derive(Debug, Default)]
pub struct Condition {
    down_until: Cell<Instant>,
    hangs: Cell<bool>,
    /// Slow-downs with their ends.
    slow: RefCell<Vec<(Instant, f64)>>,
}

/// What one meets who calls a part that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// The connection is refused at once.
    Refuses,
    /// Nothing comes back: the caller waits until its time-out.
    Hangs,
}

impl Condition {
    /// Down until then; of outages that overlap the last to end counts.
    pub fn goes_down(&self, until: Instant, outage: Outage) {
        if until >= self.down_until.get() {
            self.down_until.set(until);
            self.hangs.set(outage == Outage::Hangs);
        }
    }

    /// Each service takes `factor` times as long until then; slow-downs that overlap multiply.
    pub fn slows_down(&self, until: Instant, factor: f64) {
        self.slow.borrow_mut().push((until, factor));
    }

    /// How it is down now, if it is.
    #[inline]
    pub fn outage(&self, now: Instant) -> Option<Outage> {
        let down = now < self.down_until.get();
        down.then(|| if self.hangs.get() { Outage::Hangs } else { Outage::Refuses })
    }

    /// How much longer than usual a service takes that begins now.
    #[inline]
    pub fn factor(&self, now: Instant) -> f64 {
        self.slow.borrow().iter().filter(|(until, _)| now < *until).map(|(_, factor)| factor).product()
    }
}
