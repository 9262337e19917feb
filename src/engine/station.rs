//! Stations of queueing theory: servers that work one customer at a time, first come first served.
//!
//! [`Station`] has any number of servers (M/M/c, M/G/c) and a bounded queue. [`Server`] is the single
//! one whose customers never leave early: the moment of departure is then known on arrival, and
//! waiting and service together take one event.

use super::agenda::Lane;
use super::executor::{Engine, Job, Wait};
use super::gauge::Gauge;
use super::pool::{Denied, Pool};
use crate::time::{Duration, Instant};
use std::cell::Cell;

/// A queue before `c` equal servers.
#[derive(Debug)]
pub struct Station {
    servers: Pool,
}

impl Station {
    /// So many servers, and so many places in the queue before them.
    #[must_use]
    pub fn new(servers: u32, room: u32) -> Self {
        Self { servers: Pool::new(servers, room) }
    }

    /// Waits for a server and is served. `service` is asked for its length when service begins; the
    /// waiting time is returned.
    ///
    /// # Errors
    /// If the queue is full.
    pub async fn serve<J: Job>(
        &self,
        engine: &Engine<J>,
        service: impl FnOnce() -> Duration,
    ) -> Result<Duration, Denied> {
        let arrived = engine.now();
        let _server = self.servers.acquire(engine, None).await?;
        let waited = engine.now() - arrived;
        engine.sleep_until(engine.now() + service()).await;
        Ok(waited)
    }

    /// The servers and their queue, for measures.
    pub fn servers(&self) -> &Pool {
        &self.servers
    }
}

/// One server; it works through its customers in the order of their arrival.
#[derive(Debug)]
pub struct Server {
    departures: Lane,
    free_at: Cell<Instant>,
    present: Gauge,
    /// Nanoseconds of service accepted since the last reset; some of it may lie ahead.
    accepted: Cell<u64>,
    measured_from: Cell<Instant>,
}

impl Server {
    /// A free server.
    #[must_use]
    pub fn new<J: Job>(engine: &Engine<J>) -> Self {
        Self {
            departures: engine.ordered_lane(),
            free_at: Cell::new(Instant::ZERO),
            present: Gauge::default(),
            accepted: Cell::new(0),
            measured_from: Cell::new(Instant::ZERO),
        }
    }

    /// Joins the queue; yields the moment of departure. Follow at once with [`Server::depart`], and at that
    /// moment with [`Server::leave`].
    #[inline]
    pub fn book(&self, now: Instant, service: Duration) -> Instant {
        self.present.up(now);
        self.occupy(now, service)
    }

    /// When the service of one who joins the queue now begins.
    #[inline]
    pub fn begins(&self, now: Instant) -> Instant {
        self.free_at.get().max(now)
    }

    /// As [`Server::book`], but for work that is no customer: it is not counted as present and does not leave.
    #[inline]
    pub fn occupy(&self, now: Instant, work: Duration) -> Instant {
        let ends = self.begins(now) + work;
        self.free_at.set(ends);
        // A service of more years than the clock has must not overflow the sum of all.
        self.accepted.set(self.accepted.get().saturating_add(work.as_nanos()));
        ends
    }

    /// The wait for the departure that was booked; then [`Server::leave`].
    #[inline]
    pub fn depart<'a, J: Job>(&self, engine: &'a Engine<J>, ends: Instant) -> Wait<'a, J> {
        engine.sleep_in(self.departures, ends)
    }

    /// The moment of departure has come.
    #[inline]
    pub fn leave(&self, now: Instant) {
        self.present.down(now);
    }

    /// Measures from `now` on.
    pub fn reset(&self, now: Instant) {
        self.measured_from.set(now);
        self.accepted.set((self.free_at.get() - now).as_nanos());
        self.present.reset(now);
    }

    /// The share of the time since the last reset in which it worked; 0 if no time has passed.
    pub fn utilisation(&self, now: Instant) -> f64 {
        let span = (now - self.measured_from.get()).as_nanos();
        let ahead = (self.free_at.get() - now).as_nanos();
        if span == 0 { 0.0 } else { self.accepted.get().saturating_sub(ahead) as f64 / span as f64 }
    }

    /// Customers waiting or in service over time.
    pub fn present(&self) -> &Gauge {
        &self.present
    }
}
