//! What stands in an instance before an origin or Redis: a circuit breaker, and a limit of concurrent calls.
//!
//! Both fail a call at once, so that its caller can serve an old copy or an error while the origin recovers. The
//! breaker stands before the limit, as the aspects of resilience4j do: a call that the limit refuses is a failure
//! to the breaker.

use super::breaker::{Breaker, BreakerSpec};
use super::kinds::count_or_none;
use super::request::Request;
use super::world::World;
use crate::measure::{Failure, GuardRecord, Layer};
use crate::scenario::{Reader, table};
use crate::time::Instant;
use std::cell::{Cell, RefCell};

/// What stands before an origin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GuardSpec {
    /// A circuit breaker in each instance.
    pub breaker: Option<BreakerSpec>,
    /// Calls of each instance at the same time; none is any number.
    pub limit: Option<u32>,
}

impl GuardSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            breaker: r
                .field(
                    "breaker",
                    "A circuit breaker in each instance. Without this table there is none. Defaults: resilience4j.",
                    table(BreakerSpec::read).bare("failures"),
                )
                .optional(),
            limit: r
                .field(
                    "limit",
                    "Calls that an instance has under way at the same time, waiting ones included; one more fails at once. \
                     Envoy: 1024.",
                    count_or_none(),
                )
                .or(None),
        }
    }
}

/// What stands before one origin, in all instances.
#[derive(Debug)]
pub struct Guard {
    layer: Layer,
    instances: Vec<Instance>,
    limit: u32,
}

#[derive(Debug)]
struct Instance {
    breaker: Option<RefCell<Breaker>>,
    under_way: Cell<u32>,
}

impl Guard {
    /// The guard of an origin, if it has one.
    pub(super) fn new(layer: Layer, spec: &GuardSpec, instances: u32) -> Option<Self> {
        let instance = |_| Instance {
            breaker: spec.breaker.map(|spec| RefCell::new(Breaker::new(spec))),
            under_way: Cell::new(0),
        };
        (*spec != GuardSpec::default()).then(|| Self {
            layer,
            instances: (0..instances).map(instance).collect(),
            limit: spec.limit.unwrap_or(u32::MAX),
        })
    }

    /// Lets a call through, or not: then it has failed.
    pub(super) fn enter(&self, w: &World<'_>, request: &Request) -> Result<(), Failure> {
        let instance = &self.instances[usize::from(request.instance)];
        if let Some(breaker) = &instance.breaker
            && !breaker.borrow_mut().lets_through(w.engine.now())
        {
            self.record(w, |guard| guard.refused += 1);
            return Err(self.failures()[0]);
        }
        if instance.under_way.get() >= self.limit {
            self.record(w, |guard| guard.shed = guard.shed.map(|shed| shed + 1));
            instance.came_back(self, w, false);
            return Err(self.failures()[1]);
        }
        instance.under_way.set(instance.under_way.get() + 1);
        Ok(())
    }

    /// A call that was let through has come back.
    pub(super) fn leave(&self, w: &World<'_>, request: &Request, well: bool) {
        let instance = &self.instances[usize::from(request.instance)];
        instance.under_way.set(instance.under_way.get() - 1);
        instance.came_back(self, w, well);
    }

    /// What a call fails of: an open breaker, the limit.
    fn failures(&self) -> [Failure; 2] {
        match self.layer {
            Layer::Redis => [Failure::RedisBreakerOpen, Failure::RedisShed],
            Layer::Search => [Failure::SearchBreakerOpen, Failure::SearchShed],
            Layer::Downstream => [Failure::DownstreamBreakerOpen, Failure::DownstreamShed],
            _ => [Failure::DatabaseBreakerOpen, Failure::DatabaseShed],
        }
    }

    fn record(&self, w: &World<'_>, what: impl FnOnce(&mut GuardRecord)) {
        let mut record = w.record.borrow_mut();
        what(record.layers.guards[self.layer as usize].as_mut().expect("a guard is recorded"));
    }

    fn breakers(&self) -> impl Iterator<Item = &RefCell<Breaker>> {
        self.instances.iter().filter_map(|instance| instance.breaker.as_ref())
    }

    pub(super) fn layer(&self) -> Layer {
        self.layer
    }

    /// The record of what there is here, empty.
    pub(super) fn new_record(&self) -> GuardRecord {
        GuardRecord::new(self.breakers().next().is_some(), self.limit < u32::MAX)
    }

    /// The window begins.
    pub(super) fn reset(&self, now: Instant) {
        self.breakers().for_each(|breaker| breaker.borrow().open().reset(now));
    }

    /// The share of the window's time that each breaker was open, and its instance was there.
    pub(super) fn open_ratios(&self, shares: &[f64], now: Instant) -> impl Iterator<Item = (f64, f64)> {
        let open = move |breaker: &RefCell<Breaker>| breaker.borrow().open().mean(now);
        self.breakers().zip(shares).map(move |(breaker, share)| (open(breaker).min(*share), *share))
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.instances.iter().all(|instance| instance.under_way.get() == 0)
    }
}

impl Instance {
    fn came_back(&self, guard: &Guard, w: &World<'_>, well: bool) {
        let Some(breaker) = &self.breaker else { return };
        if breaker.borrow_mut().came_back(well, w.engine.now()) {
            guard.record(w, |guard| guard.opens = guard.opens.map(|opens| opens + 1));
        }
    }
}

/// A command of Redis passes the guard before Redis, if there is one.
#[inline]
pub(super) fn begin(w: &World<'_>, request: &Request) -> Result<(), Failure> {
    w.origins.redis_guard().map_or(Ok(()), |guard| guard.enter(w, request))
}

/// A command of Redis has come to its end, as the guard before Redis sees it.
#[inline]
pub(super) fn came_back<T>(
    w: &World<'_>,
    request: &Request,
    result: Result<T, Failure>,
) -> Result<T, Failure> {
    if let Some(guard) = w.origins.redis_guard() {
        guard.leave(w, request, result.is_ok());
    }
    result
}
