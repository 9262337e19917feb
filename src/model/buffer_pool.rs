//! The database's pages in memory, and the disks that the others are read from.
//!
//! The row of each key lies on a page of its own, and whoever reads or writes it needs that page in a buffer. A
//! statement whose page is on its way already waits for what is left of that.

use super::database_spec::BufferPoolSpec;
use super::request::Request;
use super::statement::{Statement, count_wait, record};
use super::world::World;
use crate::cache::ClockSweep;
use crate::engine::{Boarding, Flights, Pool};
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::Duration;
use std::cell::RefCell;
use std::future::Future;

/// Buffers and disks.
pub struct BufferPool {
    buffers: RefCell<ClockSweep>,
    on_their_way: Flights<()>,
    disks: Pool,
    miss: Distribution,
    misses: Stream,
}

impl BufferPool {
    pub(super) fn new(spec: &BufferPoolSpec, misses: Stream) -> Self {
        Self {
            buffers: RefCell::new(ClockSweep::new(spec.pages)),
            on_their_way: Flights::default(),
            disks: Pool::new(spec.disks, u32::MAX),
            miss: spec.miss.clone(),
            misses,
        }
    }

    /// Gets the page of a request's key into a buffer. `statement` is what the draws hang on; everything takes
    /// `slow` times as long as usual.
    pub(super) fn get(
        &self,
        w: &World<'_>,
        request: &Request,
        statement: Statement,
        slow: f64,
    ) -> impl Future<Output = ()> {
        async move {
            let page = request.key;
            let hit = self.buffers.borrow_mut().pin(page);
            record(w, |origin| origin.page(hit));
            if hit && !self.on_their_way.is_flying(page.into()) {
                return;
            }
            match self.on_their_way.board(page.into()) {
                Boarding::Follows(flight) => _ = self.on_their_way.follow(&w.engine, flight, None).await,
                Boarding::Leads(flight) => {
                    self.read(w, request, statement, slow).await;
                    self.buffers.borrow_mut().loaded(page);
                    self.on_their_way.land(&w.engine, flight, ());
                }
            }
        }
    }

    fn read(
        &self,
        w: &World<'_>,
        request: &Request,
        statement: Statement,
        slow: f64,
    ) -> impl Future<Output = ()> {
        async move {
            let asked = w.engine.now();
            let disk = self.disks.acquire(&w.engine, None).await;
            let now = w.engine.now();
            count_wait(&mut w.record.borrow_mut().layers.database_disks, now - asked, disk.is_ok());
            let mut draws = statement.draws(self.misses, request);
            let took = Duration::from_nanos_f64(self.miss.sample(&mut draws) * slow);
            w.engine.sleep_until(now + took).await;
        }
    }

    /// As after a restart: no buffer has a page, but for those that are on their way.
    pub(super) fn flush(&self) {
        self.buffers.borrow_mut().clear();
    }

    pub(super) fn disks(&self) -> &Pool {
        &self.disks
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.on_their_way.is_at_rest()
    }
}
