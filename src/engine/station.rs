//! Stations of queueing theory: servers that work one customer at a time, first come first served.
//!
//! [`Station`] has any number of servers (M/M/c, M/G/c) and a bounded queue. Customers of a [`Server`] never
//! leave early: the moment of departure is then known on arrival, and waiting and service together take one
//! event. It is a single one unless it is made of several workers.

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

/// One server, or several workers; it takes its customers in the order of their arrival.
#[derive(Debug)]
pub struct Server {
    departures: Lane,
    /// When the next customer can be taken: of several workers, when the first is free.
    free_at: Cell<Instant>,
    /// When each of the other workers is free.
    others: Box<[Cell<Instant>]>,
    present: Gauge,
    /// Nanoseconds of service accepted since the last reset; some of it may lie ahead.
    accepted: Cell<u64>,
    measured_from: Cell<Instant>,
}

impl Server {
    /// A free server.
    #[must_use]
    pub fn new<J: Job>(engine: &Engine<J>) -> Self {
        Self::with_workers(engine, 1)
    }

    /// A free server of so many workers; none counts as one.
    #[must_use]
    pub fn with_workers<J: Job>(engine: &Engine<J>, workers: u32) -> Self {
        Self {
            departures: engine.ordered_lane(),
            free_at: Cell::new(Instant::ZERO),
            others: (1..workers).map(|_| Cell::new(Instant::ZERO)).collect(),
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
        self.free_at.set(if self.others.is_empty() { ends } else { self.take_turns(ends) });
        // A service of more years than the clock has must not overflow the sum of all.
        self.accepted.set(self.accepted.get().saturating_add(work.as_nanos()));
        ends
    }

    /// The worker that was free first is busy until then; yields when the first of all is free now.
    fn take_turns(&self, busy_until: Instant) -> Instant {
        let first = self.others.iter().min_by_key(|worker| worker.get()).expect("there are others");
        if first.get() < busy_until { first.replace(busy_until) } else { busy_until }
    }

    /// The wait for the departure that was booked; then [`Server::leave`].
    #[inline]
    pub fn depart<'a, J: Job>(&self, engine: &'a Engine<J>, ends: Instant) -> Wait<'a, J> {
        if self.others.is_empty() {
            engine.sleep_in(self.departures, ends)
        } else {
            // Who has little work to be done overtakes.
            engine.sleep_until(ends)
        }
    }

    /// The moment of departure has come.
    #[inline]
    pub fn leave(&self, now: Instant) {
        self.present.down(now);
    }

    /// Measures from `now` on.
    pub fn reset(&self, now: Instant) {
        self.measured_from.set(now);
        self.accepted.set(self.ahead(now));
        self.present.reset(now);
    }

    /// The share of the time since the last reset in which it worked, mean of all workers; 0 if no time has passed.
    pub fn utilisation(&self, now: Instant) -> f64 {
        let span = (now - self.measured_from.get()).as_nanos();
        let worked = self.accepted.get().saturating_sub(self.ahead(now)) as f64;
        if span == 0 { 0.0 } else { worked / span as f64 / (1 + self.others.len()) as f64 }
    }

    /// Nanoseconds of accepted service that lie after `now`.
    fn ahead(&self, now: Instant) -> u64 {
        let workers = std::iter::once(&self.free_at).chain(&self.others);
        workers.map(|free_at| (free_at.get() - now).as_nanos()).fold(0, u64::saturating_add)
    }

    /// Customers waiting or in service over time.
    pub fn present(&self) -> &Gauge {
        &self.present
    }
}

#[cfg(test)]
mod tests {
    use super::super::task::Weight;
    use super::*;
    use crate::random::Stream;

    #[derive(Clone, Copy)]
    struct Nobody;

    impl Job for Nobody {
        type Answer = ();
        fn weight(&self) -> Weight {
            Weight::Light
        }
    }

    /// Each customer in turn goes to the worker that is free first, found among all of them.
    #[test]
    fn whoever_comes_next_is_served_by_the_worker_that_is_free_first() {
        for workers in [1, 2, 4, 7] {
            let server = Server::with_workers(&Engine::<Nobody>::new(), workers);
            let mut free = vec![0_u64; workers as usize];
            let (mut now, mut work) = (0, 0);
            let mut draws = Stream::new(1, 0, "test").at(workers.into());
            for _ in 0..10_000 {
                now += draws.below(1_000);
                let service = draws.below(1_900 * u64::from(workers));
                let first = free.iter_mut().min().expect("there are workers");
                *first = (*first).max(now) + service;
                work += service;
                let ends = server.book(Instant::from_nanos(now), Duration::from_nanos(service));
                assert_eq!(ends, Instant::from_nanos(*first), "{workers}");
            }
            let end = free.iter().max().copied().unwrap_or_default();
            let share = work as f64 / end as f64 / f64::from(workers);
            let measured = server.utilisation(Instant::from_nanos(end));
            assert!((measured - share).abs() < 1e-12 && share > 0.8, "{workers}: {measured}, {share}");
        }
    }
}
