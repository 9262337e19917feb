//! The simulated system: what a scenario means, and the journey of a request through it.
//!
//! ```text
//! client ─▶ [browser] ─▶ [CDN] ─▶ [gateway] ─▶ balancer ─▶ instance ─▶ [process cache] ─▶ [Redis] ─▶ [database] ─▶ truth
//!               └──── read_through ────┘                                     └─ read_through ─┘
//! ```
//!
//! | file | answers |
//! | --- | --- |
//! | `read_through.rs` | what happens at a caching layer; the same for all |
//! | `freshness.rs`, `coalesce.rs`, `fallback.rs` | how long a copy is good; who asks the origin; what is served instead |
//! | `process.rs`, `admission.rs`, `redis*.rs`, `wire.rs`, `lock.rs` | where a cache beside the application is, and what it costs |
//! | `database*.rs`, `buffer_pool.rs`, `connections.rs` | the database behind them |
//! | `http_*.rs`, `local_lock.rs` | caches that responses pass on their way to the client |
//! | `representation.rs` | under how many keys they file a response, and for whom it was made |
//! | `profiles.rs` | the defaults of real systems, by name |
//! | `app.rs`, `balancer.rs`, `client.rs` | who asks, and on which instance |
//! | `consistency.rs`, `session.rs`, `follow_up.rs` | what users remember, and what their reads have to agree with |
//! | `page.rs`, `together.rs`, `batch.rs`, `redis_pipeline.rs` | responses that an instance puts together from many keys |
//! | `write/` | how a write reaches the truth and the copies |
//! | `origin.rs`, `truth.rs`, `in_service.rs` | who answers for the truth; what is true, and since when; what is still served |
//! | `search*.rs` | a search engine, derived from the database |
//! | `downstream*.rs` | services and APIs that the application calls |
//! | `guard.rs`, `breaker.rs` | what stands before an origin: a circuit breaker, a limit |
//! | `traffic.rs`, `source.rs`, `trace_spec.rs`, `key*.rs` | when, and for what |
//! | `event*.rs`, `condition.rs`, `steps.rs` | what happens to the system from outside |
//! | `spec.rs`, `check*.rs` | all settings; which of them go together |
//! | `level.rs`, `axis.rs`, `sweep_spec.rs`, `plan_spec.rs` | values that a setting is given in turn |
//! | `failure.rs`, `memory_use.rs` | why a sound scenario may still come to no end |
//! | `expected.rs` | how much traffic there will be |
//! | `rollout.rs`, `warm_up.rs` | how instances come and go |
//! | `batch_load.rs` | a job that fills the shared cache |
//! | `bloom.rs` | what an instance knows not to exist |
//! | `job.rs`, `window.rs` | what there is to do; what of it is measured |
//! | `measured.rs` | whether a run can be measured, as far as the settings say |
//! | `world.rs`, `prepare.rs` | one replication; what all replications share |
//! | `spans/` | what single requests did, if somebody wants to know |
//!
//! [`Model`] is what a scenario means: every default resolved, everything checked. [`simulate`] is a
//! function of it and a replication's number: no clock, no environment, no file but the trace.

#![expect(
    clippy::manual_async_fn,
    reason = "the future of an `async fn` keeps its arguments twice, and a request in flight pays for each byte"
)]

mod admission;
mod app;
mod axis;
mod balancer;
mod batch;
mod batch_load;
mod bloom;
mod breaker;
mod buffer_pool;
mod check;
mod check_consistency;
mod check_http;
mod check_origin;
mod check_own_rules;
mod check_page;
mod check_redis;
mod check_rollout;
mod check_values;
mod check_writes;
mod client;
mod coalesce;
mod condition;
mod connections;
mod consistency;
mod database;
mod database_server;
mod database_spec;
mod downstream;
mod downstream_spec;
mod event;
mod event_spec;
mod expected;
mod failure;
mod fallback;
mod follow_up;
mod freshness;
mod guard;
mod http_cache;
mod http_cache_spec;
mod http_headers;
mod http_stores;
mod in_service;
mod job;
mod key;
mod keyspace;
mod kinds;
mod level;
mod link;
mod load;
mod local_lock;
mod lock;
mod measured;
mod memcached_crawler;
mod memory_use;
mod objective;
mod origin;
mod own_rules;
mod page;
mod plan_spec;
mod prepare;
mod process;
mod profiles;
mod read_through;
mod redis;
mod redis_abandoned;
mod redis_cache;
mod redis_cluster;
mod redis_command;
mod redis_expiry;
mod redis_failover;
mod redis_freight;
mod redis_node;
mod redis_pipeline;
mod redis_replica;
mod redis_server;
mod redis_spec;
mod representation;
mod request;
mod rollout;
mod search;
mod search_index;
mod search_spec;
mod session;
mod slot;
mod source;
mod spans;
mod spec;
mod statement;
mod steps;
mod sweep_spec;
mod together;
mod trace_file;
mod trace_spec;
mod traffic;
mod truth;
mod warm_up;
mod window;
mod wire;
mod words;
mod words_of_events;
mod words_of_http;
mod words_of_values;
mod world;
mod write;

pub use admission::{Admit, HotSpec};
pub use app::AppSpec;
pub use axis::Axis;
pub use balancer::Balance;
pub use batch_load::{BatchLoadSpec, BatchSource};
pub use bloom::BloomSpec;
pub use breaker::BreakerSpec;
pub use check_values::{check_values, kind_of_arrivals, path_of};
pub use client::{ClientSpec, Retries};
pub use coalesce::{Coalesce, Lock, Losers};
pub use condition::Outage;
pub use consistency::{Consistency, Needs, ReadsOwnWrites, Session};
pub use database_spec::{BufferPoolSpec, Contention, DatabaseSpec, PlanCacheSpec, ReplicasSpec};
pub use downstream_spec::{DownstreamSpec, RateLimit};
pub use event::{Action, Event, PurgeSpec};
pub use expected::Traffic;
pub use failure::{Overload, SimulateError};
pub use freshness::Freshness;
pub use guard::GuardSpec;
pub use http_cache_spec::{HttpCacheSpec, Lifetime, Locations, Personal, Region};
pub use http_headers::{Directive, Headers, HttpFreshness, Responses};
pub use key::{KeyGroup, PopularitySpec};
pub use level::{Level, Quantity, Range};
pub use local_lock::LocalLock;
pub use measured::Kept;
pub use memory_use::{Held, MemoryUse};
pub use objective::{Bound, Objective, On, metric_hint};
pub use origin::OriginSpec;
pub use page::{Order as ItemOrder, PageSpec};
pub use plan_spec::{Goal, PLAN_REPLICATIONS_MIN, PlanSpec, Sought, Sure};
pub use prepare::Prepared;
pub use process::ProcessSpec;
pub use profiles::PROFILES;
pub use read_through::{Rules, WhenDown};
pub use redis_failover::Failover;
pub use redis_replica::{Reads, RedisReplicasSpec};
pub use redis_server::{MemcachedSpec, ServerKind};
pub use redis_spec::{PoolSpec, RedisSpec, ServiceSpec};
pub use representation::Dimension;
pub use rollout::{DeploySpec, ScaleSpec};
pub use search_spec::{ComplexSpec, Preference, SearchSpec};
pub use slot::{SLOTS, node_of_slot, slot_of};
pub use spans::record_spans;
pub use spec::Model;
pub use sweep_spec::{SAMPLE_MAX, SweepSpec, metric_names};
pub use trace_file::TraceFile;
pub use trace_spec::TraceTraffic;
pub use traffic::{ArrivalSpec, WorkloadSpec};
pub use warm_up::WarmSpec;
pub use write::{BroadcastSpec, BusSpec, Carries, Failures, OnWrite, Order as WriteOrder, WriteBackSpec};

use crate::engine::{Effort, Ended};
use crate::measure::Record;
use crate::time::Instant;
use std::ops::ControlFlow;
use world::World;

/// How many of the hottest keys a record names: the more, the surer is which of them are hottest in all replications.
pub const HOT_KEYS: usize = 1_000;

/// Runs one replication. `watch` is shown the simulated time now and then and may stop the run; a stopped run
/// has no record.
///
/// # Errors
/// If the trace cannot be read to its end, although it could before, or if the system holds more requests than a
/// run can.
///
/// # Panics
/// If the simulator contradicts itself: a fault of ours, never of the scenario.
pub fn simulate(
    prepared: &Prepared,
    replication: u64,
    watch: impl FnMut(Instant) -> ControlFlow<()>,
) -> Result<Option<(Record, Effort)>, SimulateError> {
    simulate_within(prepared, replication, watch, &|| false)
}

/// As [`simulate`], unless no memory is left: that is asked as often as `watch` is.
///
/// # Errors
/// As [`simulate`]; and what took the memory if none is left.
///
/// # Panics
/// As [`simulate`].
pub fn simulate_within(
    prepared: &Prepared,
    replication: u64,
    mut watch: impl FnMut(Instant) -> ControlFlow<()>,
    is_out_of_memory: &dyn Fn() -> bool,
) -> Result<Option<(Record, Effort)>, SimulateError> {
    let world = World::new(prepared, replication)?;
    #[cfg(test)]
    prepared.model().places_max.iter().for_each(|places| world.engine.limit(*places));
    let mut is_full = false;
    let effort = run(&world, &mut |now| {
        is_full = is_out_of_memory();
        if is_full { ControlFlow::Break(()) } else { watch(now) }
    })?;
    if is_full {
        return Err(SimulateError::Memory(MemoryUse::of(&world, &effort)));
    }
    Ok((effort.ended == Ended::Over).then(|| (world.finish(effort.events, HOT_KEYS), effort)))
}

/// Plays all of a replication, unless `watch` stops it. There is one of it for all who watch: with a loop for each of
/// them the compiler would not make the loop and what it plays one function, and each event would cost a sixth more.
fn run(
    world: &World<'_>,
    watch: &mut dyn FnMut(Instant) -> ControlFlow<()>,
) -> Result<Effort, SimulateError> {
    world.start();
    let effort = world.engine.run(
        |job| world.play_light(job),
        |job| world.play_medium(job),
        |job| world.play_heavy(job),
        watch,
    );
    if let Some(error) = world.trace_error.take() {
        return Err(error.into());
    }
    match effort.ended {
        Ended::Full => Err(SimulateError::Overload(Overload::new(world.model, world.engine.now(), &effort))),
        Ended::Over | Ended::Stopped => Ok(effort),
    }
}
