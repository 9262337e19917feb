//! A batch job fills the shared cache: many keys at nearly the same time, each with the TTL that all have.
//!
//! It sends one SET for each key at a steady rate, over connections of the instances in turn. Either it brings the
//! values along, as an import does, or it reads each of them from the database first, as a job that warms a cache.

use super::Model;
use super::event::{Action, Event};
use super::job::Job;
use super::origin::OriginSpec;
use super::read_through::{Cache, Duty, life_of_copy};
use super::request::{ATTEMPT_SHIFT, Request};
use super::traffic::ArrivalSpec;
use super::truth::value;
use super::world::World;
use crate::measure::Layer;
use crate::quantity::Rate;
use crate::scenario::{Reader, Spanned, choice, count, name, positive_rate, spanned};
use crate::time::Duration;
use std::future::Future;

/// What a batch stores.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchLoadSpec {
    /// The keys of this group.
    pub group: Spanned<String>,
    /// So many, the most popular first; none is all.
    pub top: Option<u32>,
    /// So many per second.
    pub rate: Rate,
    /// Where the values come from.
    pub from: BatchSource,
}

/// Where a batch has its values from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchSource {
    /// It brings them along.
    Export,
    /// It reads each before it stores it.
    Database,
}

impl BatchLoadSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        let from = choice()
            .word(
                "export",
                "The batch brings the values along, as of the moment when each is sent.",
                BatchSource::Export,
            )
            .word(
                "database",
                "Each value is read from the database first, as on a miss.",
                BatchSource::Database,
            );
        Self {
            group: r.field("group", "The keys of this group.", spanned(name())).required(),
            top: r
                .field(
                    "top",
                    "So many, the most popular first. Without it: all of the group.",
                    count(1..=100_000_000u32),
                )
                .optional(),
            rate: r.field("rate", "So many per second.", positive_rate()).required(),
            from: r.field("from", "Where the values come from.", from).or(BatchSource::Export),
        }
    }
}

/// Sends the keys one after the other, until arrivals end.
pub(super) fn batch_load<'a>(
    w: &'a World<'_>,
    event: usize,
    spec: &'a BatchLoadSpec,
) -> impl Future<Output = ()> + 'a {
    async move {
        let groups = &w.model.workload.keys;
        let group = groups.iter().position(|group| group.name == spec.group.value);
        let group = group.expect("the groups of events are validated");
        let count = spec.top.unwrap_or(u32::MAX).min(groups[group].count);
        let began = w.engine.now();
        for rank in 0..count {
            let at = began + Duration::from_nanos_f64(f64::from(rank) / spec.rate.0 * 1e9);
            if at >= w.end {
                return;
            }
            w.engine.sleep_until(at).await;
            // Requests have no attempt as late as this, and neither does another event.
            let ordinal = u64::MAX << ATTEMPT_SHIFT | (event as u64) << KEY_BITS | u64::from(rank);
            let instance = (rank % w.model.app.instances) as u16;
            let request = Request { instance, ..w.request(ordinal, group as u16, rank) };
            w.engine.spawn(match spec.from {
                BatchSource::Export => Job::Put(request),
                BatchSource::Database => Job::Load { layer: Layer::Redis, request, duty: Duty::default() },
            });
        }
    }
}

/// Bits of an ordinal that count the keys of one batch; there are 1,000 events at most.
const KEY_BITS: u32 = ATTEMPT_SHIFT - 10;

/// The job of storing one key's value in the shared cache.
pub(super) fn put(w: &World<'_>, request: &Request) -> impl Future<Output = ()> {
    async move {
        let version = w.truth.borrow_mut().database_version(request.key);
        let brought = value(w, request, version, w.engine.now());
        if let Some(redis) = &w.redis
            && let Some(life) = life_of_copy(w, redis, request, &brought)
        {
            redis.store(w, request, &brought, life, Duration::ZERO).await;
        }
    }
}

/// Whether a batch can do what it is to do.
pub(super) fn check(model: &Model, r: &mut Reader, event: &Event) {
    let Action::Load(spec) = &event.action else { return };
    if model.redis.is_none() {
        let message = "a batch is loaded into `redis`, which this scenario does not have";
        r.problem(event.action_place, message, "add a `[redis]` table, or take the event away");
    }
    if spec.from == BatchSource::Database && model.database.is_none() {
        let message = "a batch reads from the database, which this scenario does not have";
        r.problem(event.action_place, message, "add a `[database]` table, or remove `from`");
    }
    if matches!(model.workload.arrivals, ArrivalSpec::Trace(_)) {
        let message = "a batch names keys, and those of a trace are known only when they appear";
        r.problem(spec.group.span, message, "take the event away, or choose other `arrivals`");
        return;
    }
    let Some(group) = super::check::check_group(model, r, &spec.group) else { return };
    let why = if group.page.is_some() {
        "are pages, which no cache keeps"
    } else if !group.exists {
        "do not exist"
    } else if group.copies > 1 {
        "have several `copies`, of which a batch would fill one"
    } else if group.origin != OriginSpec::Database {
        "are not from the database"
    } else {
        return;
    };
    let message = format!("a batch cannot load `{}`: its keys {why}", spec.group.value);
    r.problem(spec.group.span, message, "name another group, or take the event away");
}
