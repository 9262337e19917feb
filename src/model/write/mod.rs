//! The way of a write: to the source of truth, and what it does to the copies.
//!
//! | file | answers |
//! | --- | --- |
//! | `spec.rs` | which way the writes of a key group take |
//! | `through.rs` | deleting copies and updating them, before the database or after it |
//! | `back.rs` | what a cache has taken and the database does not have yet |
//! | `broadcast.rs` | how the processes of other instances learn of a write |
//! | `bus.rs`, `bus_spec.rs` | how messages tell of it, later |
//! | `commit.rs` | what becomes of a write when the database is about to commit it |
//!
//! A run whose key groups do nothing but delete copies, or leave them alone, has none of this: its writes take the
//! short way here.

mod back;
mod broadcast;
mod bus;
mod bus_spec;
mod commit;
mod spec;
mod through;

pub use bus_spec::{BusSpec, Carries};
pub use spec::{BroadcastSpec, Failures, OnWrite, Order, WriteBackSpec};

pub(super) use back::{accept, crash, flush, node_died, write_down};
pub(super) use broadcast::tell_instances;
pub(super) use bus::{consume, count_ignored, deliver};
pub(super) use commit::{commit, not_committed};

use super::Model;
use super::job::Job;
use super::key::KeyGroup;
use super::origin;
use super::request::{Purge, Reply, Request};
use super::world::World;
use crate::measure::{Layers, WriteRecord};
use crate::random::Stream;
use crate::time::Instant;
use back::WriteBack;
use bus::Bus;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::future::Future;

/// What the writes of a run need beside the layers themselves.
pub(super) struct Writes {
    /// Which parts of a write go wrong.
    failures: Stream,
    /// How long messages to other instances take.
    broadcasts: Stream,
    /// Versions that caches have before the database, by the ordinal of their write.
    prepared: RefCell<FxHashMap<u64, u32>>,
    back: WriteBack,
    pub(super) bus: Option<Bus>,
}

impl Writes {
    /// Nothing if all writes take the short way.
    pub(super) fn new(model: &Model, stream: impl Fn(&str) -> Stream) -> Option<Self> {
        takes_long_ways(model).then(|| Self {
            failures: stream("write.failures"),
            broadcasts: stream("write.broadcasts"),
            prepared: RefCell::default(),
            back: WriteBack::new(model),
            bus: model.bus.as_ref().map(|spec| Bus::new(spec, &model.events, stream)),
        })
    }

    /// Measures from `now` on.
    pub(super) fn begin_window(&self, now: Instant) {
        self.back.unflushed().reset(now);
        self.bus.iter().for_each(|bus| bus.begin_window(now));
    }

    /// Takes the levels of the window that ends.
    pub(super) fn end_window(&self, layers: &mut Layers) {
        if let Some(writes) = &mut layers.writes {
            writes.unflushed_max = self.back.unflushed().max();
        }
        if let (Some(bus), Some(record)) = (&self.bus, &mut layers.bus) {
            record.backlog_max = bus.backlog_max();
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.bus.as_ref().is_none_or(Bus::is_at_rest)
    }
}

/// Whether the writes of some key group do more than delete copies.
pub(super) fn takes_long_ways(model: &Model) -> bool {
    let is_plain = |group: &KeyGroup| {
        matches!(group.on_write, OnWrite::Delete | OnWrite::Nothing)
            && group.broadcast.is_none()
            && group.failures == Failures::NONE
    };
    !model.workload.keys.iter().all(is_plain)
}

/// A write goes to the database; then the copies that the writer can reach are deleted, if the key's group wants that.
/// Other instances keep theirs. Every other way is a job of its own.
pub(super) fn write(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        let written = if w.writes.is_some() {
            w.call_reply(Job::Write(*request)).await?
        } else {
            let written = origin::ask(w, request).await?;
            if group(w, request).on_write == OnWrite::Delete {
                if let Some(process) = w.process_for(request) {
                    process.invalidate(request.instance, request.key, w.engine.now());
                }
                if let Some(redis) = w.redis_for(request) {
                    // The write itself has succeeded: a delete that is lost leaves a stale copy, not an error.
                    let _ = redis.delete(w, request).await;
                }
            }
            written
        };
        if group(w, request).purge {
            let what = Purge::Key(request.key);
            for layer in w.purgeable() {
                w.engine.spawn(Job::Purge { layer, what, cause: request.ordinal });
            }
        }
        Ok(written)
    }
}

/// The job of a write that takes a longer way.
pub(super) fn carry_out(w: &World<'_>, request: &Request) -> impl Future<Output = Reply> {
    async move {
        let group = group(w, request);
        let written = match &group.on_write {
            OnWrite::Nothing => origin::ask(w, request).await?,
            OnWrite::Delete => {
                let written = origin::ask(w, request).await?;
                through::delete(w, request).await;
                written
            }
            OnWrite::DeleteFirst => {
                through::delete(w, request).await;
                origin::ask(w, request).await?
            }
            OnWrite::WriteThrough(Order::DatabaseFirst) => {
                let written = origin::ask(w, request).await?;
                through::update(w, request, &written).await;
                written
            }
            OnWrite::WriteThrough(Order::CacheFirst) => through::cache_first(w, request).await?,
            OnWrite::WriteBack(_) => back::take(w, request).await?,
            OnWrite::Bus => {
                let written = origin::ask(w, request).await?;
                if writer_deletes(w) {
                    through::delete(w, request).await;
                }
                written
            }
        };
        if !matches!(group.on_write, OnWrite::WriteBack(_)) {
            record(w, |writes| writes.acknowledged += 1);
        }
        match &group.broadcast {
            Some(broadcast) if broadcast.wait => _ = w.engine.call(Job::TellInstances(*request)).await,
            Some(_) => w.engine.spawn(Job::TellInstances(*request)),
            None => {}
        }
        Ok(written)
    }
}

fn writer_deletes(w: &World<'_>) -> bool {
    w.model.bus.as_ref().is_some_and(|bus| bus.writer_deletes)
}

fn group<'w>(w: &'w World<'_>, request: &Request) -> &'w KeyGroup {
    &w.model.workload.keys[usize::from(request.group)]
}

fn writes<'w>(w: &'w World<'_>) -> &'w Writes {
    w.writes.as_ref().expect("a run with such a write is made for it")
}

fn record(w: &World<'_>, what: impl FnOnce(&mut WriteRecord)) {
    what(w.record.borrow_mut().layers.writes.as_mut().expect("writes of a long way are recorded"));
}

/// What can go wrong with a write, each with a draw of its own.
#[derive(Clone, Copy)]
enum Part {
    /// The commit.
    Database,
    /// What is sent to Redis.
    Redis,
    /// What is sent to an instance.
    Instance(u16),
}

/// Whether this part of a write goes wrong.
fn goes_wrong(w: &World<'_>, request: &Request, part: Part) -> bool {
    let failures = &group(w, request).failures;
    let (share, draw) = match part {
        Part::Database => (failures.database, 0),
        Part::Redis => (failures.cache, 1),
        Part::Instance(number) => (failures.cache, 2 + u64::from(number)),
    };
    share.0 > 0.0 && writes(w).failures.of(request.ordinal).at(draw).unit() < share.0
}
