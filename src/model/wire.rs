//! The network of one node: it takes one message at a time, and sends one at a time.
//!
//! A message is the name of its key and its value; what protocols put around them is left out.

use super::job::Job;
use crate::engine::{Engine, Server, Wait};
use crate::quantity::Bandwidth;
use crate::time::{Duration, Instant};

/// A line in each direction.
pub(super) struct Wire {
    bandwidth: Bandwidth,
    incoming: Server,
    outgoing: Server,
}

impl Wire {
    pub(super) fn new(engine: &Engine<Job>, bandwidth: Bandwidth) -> Self {
        Self { bandwidth, incoming: Server::new(engine), outgoing: Server::new(engine) }
    }

    /// So many bytes begin to come in; yields when they are there.
    pub(super) fn receives(&self, now: Instant, bytes: u32) -> Instant {
        self.incoming.occupy(now, self.takes(bytes))
    }

    /// The wait for the end of [`Wire::receives`].
    pub(super) fn received<'a>(&self, engine: &'a Engine<Job>, when: Instant) -> Wait<'a, Job> {
        self.incoming.depart(engine, when)
    }

    /// So many bytes are to go out; yields when the last has gone.
    pub(super) fn sends(&self, now: Instant, bytes: u32) -> Instant {
        self.outgoing.occupy(now, self.takes(bytes))
    }

    /// Both directions.
    pub(super) fn lines(&self) -> [&Server; 2] {
        [&self.incoming, &self.outgoing]
    }

    fn takes(&self, bytes: u32) -> Duration {
        let bits = u128::from(bytes) * 8;
        let nanos = (bits * 1_000_000_000).div_ceil(u128::from(self.bandwidth.0));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}
