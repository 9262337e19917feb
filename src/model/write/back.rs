//! Write-back: a cache takes writes, and the database gets them later.
//!
//! ```text
//! writer ─▶ cache: copy and buffer, acknowledged ─ every `flush` ─▶ one statement for each `batch` of keys ─▶ database
//! ```
//!
//! The buffer is apart from the copies: neither a TTL nor an eviction takes anything out of it, only the database or a
//! crash. Of each key it has the latest value, with the number of writes that went into it. A key that a statement is
//! on its way with waits for the end of that before it comes along again, so that the database never goes back.

use super::commit::was_never_sent;
use super::{OnWrite, Part, WriteBackSpec, goes_wrong, record, writes};
use crate::engine::Gauge;
use crate::measure::{Failure, Layer};
use crate::model::Model;
use crate::model::job::Job;
use crate::model::origin;
use crate::model::read_through::{Cache, life_of_copy};
use crate::model::redis::Redis;
use crate::model::redis_command::{Command, Takes};
use crate::model::request::{Reply, Request, Value};
use crate::model::truth::value;
use crate::model::world::World;
use crate::time::Instant;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::ops::Range;

/// What caches have and the database does not.
pub(super) struct WriteBack {
    /// Whether Redis has the buffers; otherwise each instance has its own.
    is_shared: bool,
    buffers: RefCell<BTreeMap<Place, Buffer>>,
    /// Statements on their way, by the ordinal of the write that they are sent for.
    flights: RefCell<FxHashMap<u64, Vec<Item>>>,
    /// Writes on their way that no cache has taken, by their ordinal.
    direct: RefCell<FxHashSet<u64>>,
    /// Writes in all buffers.
    unflushed: Gauge,
}

/// A key group, and the instance; 0 where Redis has the buffer.
type Place = (u16, u16);

#[derive(Default)]
struct Buffer {
    keys: FxHashMap<u32, Unflushed>,
    /// Those that come along with the next flush, in the order in which they were written.
    due: VecDeque<u32>,
    /// Whether the next flush is under way.
    flushes: bool,
}

/// A key that the database has an older value of.
struct Unflushed {
    version: u32,
    /// The last write.
    request: Request,
    /// Writes that were ever taken.
    taken: u64,
    /// Of these, those that the database has, or that are lost.
    settled: u64,
    /// A statement is on its way with so many of them.
    in_flight: Option<u64>,
    /// The memory that they were in is gone: if the statement fails, so are they.
    is_only_in_flight: bool,
    is_due: bool,
}

/// One key of a statement.
struct Item {
    place: Place,
    version: u32,
    request: Request,
    taken: u64,
}

/// The writer has the cache take its write.
pub(super) fn take(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        let now = w.engine.now();
        let new = value(w, request, 0, now);
        if let Some(redis) = &w.redis {
            return take_in_redis(w, redis, request, new).await;
        }
        let process = w.process.as_ref().expect("whoever writes back has a cache");
        if !process.renews(w, request) || life_of_copy(w, process, request, &new).is_none() {
            let written = past_the_cache(w, request).await?;
            process.invalidate(request.instance, request.key, w.engine.now());
            return Ok(written);
        }
        let new = Value { version: writes(w).back.accept(w, request), ..new };
        store_in_process(w, request, &new);
        Ok(new)
    }
}

fn take_in_redis(w: &World<'_>, redis: &Redis, request: &Request, new: Value) -> impl Future<Output = Reply> {
    async move {
        let Some(life) = life_of_copy(w, redis, request, &new) else {
            return past_the_cache(w, request).await;
        };
        if goes_wrong(w, request, Part::Redis) {
            super::through::count_lost(w, true);
            return Err(Failure::WriteRefused);
        }
        let command = Command::Update { value: new, life, takes: Takes::Write };
        let Some((version, read_at)) = redis.tell(w, request, &command).await? else {
            record(w, |writes| writes.refused += 1);
            return Err(Failure::WriteRefused);
        };
        let new = Value { read_at, version, ..new };
        store_in_process(w, request, &new);
        Ok(new)
    }
}

/// What is not kept in a cache cannot be taken by it.
fn past_the_cache(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        writes(w).back.direct.borrow_mut().insert(request.ordinal);
        let reply = origin::ask(w, request).await;
        if reply.as_ref().is_err_and(|failure| was_never_sent(*failure)) {
            super::not_committed(w, request);
        }
        record(w, |writes| writes.acknowledged += u64::from(reply.is_ok()));
        reply
    }
}

fn store_in_process(w: &World<'_>, request: &Request, new: &Value) {
    if let Some(process) = &w.process
        && let Some(life) = life_of_copy(w, process, request, new)
    {
        process.put_by_writer(w, request, new, life);
    }
}

/// A node of Redis takes a write; yields its version.
pub(crate) fn accept(w: &World<'_>, request: &Request) -> u32 {
    writes(w).back.accept(w, request)
}

impl WriteBack {
    pub(super) fn new(model: &Model) -> Self {
        Self {
            is_shared: model.redis.is_some(),
            buffers: RefCell::default(),
            flights: RefCell::default(),
            direct: RefCell::default(),
            unflushed: Gauge::default(),
        }
    }

    /// Writes in all buffers, over time.
    pub(super) fn unflushed(&self) -> &Gauge {
        &self.unflushed
    }

    fn accept(&self, w: &World<'_>, request: &Request) -> u32 {
        let version = w.truth.borrow_mut().accept(request.key, w.engine.now());
        record(w, |writes| writes.acknowledged += 1);
        self.unflushed.up(w.engine.now());
        let place = (request.group, if self.is_shared { 0 } else { request.instance });
        let mut buffers = self.buffers.borrow_mut();
        let buffer = buffers.entry(place).or_default();
        let unflushed = buffer.keys.entry(request.key).or_insert_with(|| Unflushed::new(*request));
        unflushed.version = version;
        unflushed.request = *request;
        unflushed.taken += 1;
        buffer.make_due(w, place, request.key);
        version
    }

    /// Takes what is due out of a buffer, in statements of so many keys.
    fn depart(&self, w: &World<'_>, place: Place, batch: u32) {
        let mut buffers = self.buffers.borrow_mut();
        let buffer = buffers.get_mut(&place).expect("a buffer that is flushed is there");
        let mut items = Vec::new();
        for key in std::mem::take(&mut buffer.due) {
            let Some(unflushed) = buffer.keys.get_mut(&key) else { continue };
            if unflushed.in_flight.is_some() {
                // It stays marked as due, and `settle` sees to it.
                continue;
            }
            unflushed.is_due = false;
            unflushed.in_flight = Some(unflushed.taken);
            let Unflushed { version, request, taken, .. } = *unflushed;
            items.push(Item { place, version, request, taken });
        }
        buffer.flushes = false;
        let (mut flights, mut items) = (self.flights.borrow_mut(), items.into_iter());
        loop {
            let statement: Vec<Item> = items.by_ref().take(batch as usize).collect();
            let Some(first) = statement.first().map(|item| item.request) else { break };
            flights.insert(first.ordinal, statement);
            w.engine.spawn(Job::WriteDown(first));
        }
    }

    /// The database is about to commit a statement; yields the first version in it, if it is one of these.
    pub(super) fn reaches_database(
        &self,
        w: &World<'_>,
        request: &Request,
        each: &mut impl FnMut(u32, u32),
    ) -> Option<u32> {
        let Some(items) = self.flights.borrow_mut().remove(&request.ordinal) else {
            let is_direct = self.direct.borrow_mut().remove(&request.ordinal);
            let is_taken = matches!(super::group(w, request).on_write, OnWrite::WriteBack(_));
            assert!(is_direct || !is_taken, "a statement of a flush has its writes until it is settled");
            return None;
        };
        for item in &items {
            let refused = goes_wrong(w, &item.request, Part::Database);
            if !refused {
                let key = item.request.key;
                w.truth.borrow_mut().reaches_database(key, item.version, w.engine.now());
                each(key, item.version);
            }
            record(w, |writes| writes.refused += u64::from(refused));
            self.settle(w, item, if refused { Landing::Lost } else { Landing::Written });
        }
        items.first().map(|item| item.version)
    }

    /// A statement has come to nothing.
    pub(super) fn stays_unflushed(&self, w: &World<'_>, request: &Request) {
        self.direct.borrow_mut().remove(&request.ordinal);
        let items = self.flights.borrow_mut().remove(&request.ordinal);
        items.iter().flatten().for_each(|item| self.settle(w, item, Landing::Failed));
    }

    fn settle(&self, w: &World<'_>, item: &Item, landing: Landing) {
        let mut buffers = self.buffers.borrow_mut();
        let buffer = buffers.get_mut(&item.place).expect("what came out of a buffer has one");
        let key = item.request.key;
        let unflushed =
            buffer.keys.get_mut(&key).expect("a key stays while a statement is on its way with it");
        let is_lost = landing == Landing::Lost || landing == Landing::Failed && unflushed.is_only_in_flight;
        if is_lost || landing == Landing::Written {
            self.leave(w, item.taken - unflushed.settled, is_lost);
            unflushed.settled = item.taken;
        }
        unflushed.in_flight = None;
        unflushed.is_only_in_flight = false;
        unflushed.is_due = false;
        if unflushed.settled == unflushed.taken {
            buffer.keys.remove(&key);
        } else if landing != Landing::Failed || w.engine.now() < w.end {
            // Once arrivals are over nobody tries again: a database that never comes back would never end.
            buffer.make_due(w, item.place, key);
        }
    }

    /// The memory of a buffer is gone, as far as it had these keys.
    fn forget(&self, w: &World<'_>, place: Place, is_gone: impl Fn(u32) -> bool) {
        let mut buffers = self.buffers.borrow_mut();
        let Some(buffer) = buffers.get_mut(&place) else { return };
        buffer.due.retain(|key| !is_gone(*key));
        buffer.keys.retain(|key, unflushed| {
            if !is_gone(*key) {
                return true;
            }
            let safe = unflushed.in_flight.unwrap_or(unflushed.settled);
            self.leave(w, unflushed.taken - safe, true);
            unflushed.taken = safe;
            unflushed.is_only_in_flight = true;
            unflushed.is_due = false;
            unflushed.in_flight.is_some()
        });
    }

    /// The buffers of which there is no second one.
    fn places_of_one_memory(&self, w: &World<'_>) -> Vec<Place> {
        let buffers = self.buffers.borrow();
        buffers.keys().copied().filter(|place| !spec_of(w, place.0).replicated).collect()
    }

    /// So many writes are not in a buffer any more.
    fn leave(&self, w: &World<'_>, count: u64, lost: bool) {
        self.unflushed.set(w.engine.now(), self.unflushed.level() - count);
        if lost {
            record(w, |writes| writes.lost += count);
        }
    }
}

/// What became of a key in a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Landing {
    /// The database has it.
    Written,
    /// The database will never have it.
    Lost,
    /// The statement did not get there.
    Failed,
}

impl Unflushed {
    fn new(request: Request) -> Self {
        Self {
            version: 0,
            request,
            taken: 0,
            settled: 0,
            in_flight: None,
            is_only_in_flight: false,
            is_due: false,
        }
    }
}

impl Buffer {
    /// The key comes along with the next flush.
    fn make_due(&mut self, w: &World<'_>, place: Place, key: u32) {
        let unflushed = self.keys.get_mut(&key).expect("a key that is due is unflushed");
        if unflushed.is_due {
            return;
        }
        unflushed.is_due = true;
        self.due.push_back(key);
        if !self.flushes {
            self.flushes = true;
            w.engine.spawn(Job::Flush { group: place.0, instance: place.1 });
        }
    }
}

/// The job of the next flush of a buffer. Flushes are at the multiples of their interval.
pub(crate) fn flush(w: &World<'_>, place: Place) -> impl Future<Output = ()> {
    async move {
        let spec = spec_of(w, place.0);
        let interval = spec.flush.as_nanos();
        let number = (w.engine.now() - Instant::ZERO).as_nanos() / interval + 1;
        w.engine.sleep_until(Instant::from_nanos(number.saturating_mul(interval))).await;
        writes(w).back.depart(w, place, spec.batch);
    }
}

fn spec_of(w: &World<'_>, group: u16) -> WriteBackSpec {
    match w.model.workload.keys[usize::from(group)].on_write {
        OnWrite::WriteBack(spec) => spec,
        _ => unreachable!("only what is written back has a buffer"),
    }
}

/// The job of one statement of a flush.
pub(crate) fn write_down(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        let reply = origin::ask(w, request).await;
        if reply.as_ref().is_err_and(|failure| was_never_sent(*failure)) {
            super::not_committed(w, request);
        }
        reply
    }
}

/// The memory of a layer is gone, and with it what the database does not have, unless a second memory has it.
pub(crate) fn crash(w: &World<'_>, of: Layer, instances: Range<usize>) {
    match of {
        Layer::Process => {
            if let Some(process) = &w.process {
                instances.clone().for_each(|instance| process.begin_anew(instance, w.engine.now()));
            }
        }
        _ => w.redis.iter().for_each(|redis| redis.flush(w.engine.now())),
    }
    let Some(writes) = &w.writes else { return };
    if writes.back.is_shared != (of == Layer::Redis) {
        return;
    }
    for place in writes.back.places_of_one_memory(w) {
        if of == Layer::Redis || instances.contains(&usize::from(place.1)) {
            writes.back.forget(w, place, |_| true);
        }
    }
}

/// A node of Redis has died, and with it what the database does not have of its keys: whoever takes its place has
/// copies, but not what waited. `is_gone` says of a key of a group whether it was this node's.
pub(crate) fn node_died(w: &World<'_>, is_gone: impl Fn(u16, u32) -> bool) {
    let Some(writes) = &w.writes else { return };
    for place in writes.back.places_of_one_memory(w) {
        writes.back.forget(w, place, |key| is_gone(place.0, key));
    }
}
