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
//! | `freshness.rs`, `coalesce.rs` | how long a copy is good; who asks the origin |
//! | `process.rs`, `admission.rs`, `redis*.rs`, `wire.rs`, `lock.rs` | where a cache beside the application is, and what it costs |
//! | `database*.rs`, `buffer_pool.rs`, `connections.rs` | the database behind them |
//! | `http_*.rs`, `local_lock.rs` | caches that responses pass on their way to the client |
//! | `representation.rs` | under how many keys they file a response, and for whom it was made |
//! | `profiles.rs` | the defaults of real systems, by name |
//! | `app.rs`, `balancer.rs`, `client.rs` | who asks, and on which instance |
//! | `consistency.rs`, `session.rs`, `follow_up.rs` | what users remember, and what their reads have to agree with |
//! | `page.rs`, `batch.rs` | responses that an instance puts together from many keys |
//! | `write.rs` | how a write reaches the truth and the copies |
//! | `origin.rs`, `truth.rs`, `in_service.rs` | who answers for the truth; what is true, and since when; what is still served |
//! | `search*.rs` | a search engine, derived from the database |
//! | `downstream*.rs` | services and APIs that the application calls |
//! | `guard.rs`, `breaker.rs` | what stands before an origin: a circuit breaker, a limit |
//! | `traffic.rs`, `source.rs`, `trace_spec.rs`, `key*.rs` | when, and for what |
//! | `event*.rs`, `condition.rs`, `steps.rs` | what befalls the system from outside |
//! | `check*.rs` | which settings go together |
//! | `failure.rs` | why a sound scenario may still come to no end |
//! | `rollout.rs`, `warm_up.rs` | how instances come and go |
//! | `job.rs`, `window.rs` | what there is to do; what of it is measured |
//! | `world.rs`, `prepare.rs` | one replication; what all replications share |
//!
//! [`Model`] is what a scenario means: every default resolved, everything checked. [`simulate`] is a
//! function of it and a replication's number: no clock, no environment, no file but the trace.

#![expect(
    clippy::manual_async_fn,
    reason = "the future of an `async fn` keeps its arguments twice, and a request in flight pays for each byte"
)]

mod admission;
mod app;
mod balancer;
mod batch;
mod breaker;
mod buffer_pool;
mod check;
mod check_consistency;
mod check_http;
mod check_origin;
mod check_page;
mod check_redis;
mod check_rollout;
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
mod failure;
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
mod link;
mod local_lock;
mod lock;
mod objective;
mod origin;
mod page;
mod prepare;
mod process;
mod profiles;
mod read_through;
mod redis;
mod redis_abandoned;
mod redis_cluster;
mod redis_expiry;
mod redis_failover;
mod redis_node;
mod redis_replica;
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
mod steps;
mod trace_spec;
mod traffic;
mod truth;
mod warm_up;
mod window;
mod wire;
mod world;
mod write;

pub use admission::{Admit, HotSpec};
pub use app::AppSpec;
pub use balancer::Balance;
pub use breaker::BreakerSpec;
pub use client::{ClientSpec, Retries};
pub use coalesce::{Coalesce, Lock, Losers};
pub use condition::Outage;
pub use consistency::{Consistency, Needs, ReadsOwnWrites, Session};
pub use database_spec::{BufferPoolSpec, Contention, DatabaseSpec, PlanCacheSpec, ReplicasSpec};
pub use downstream_spec::{DownstreamSpec, RateLimit};
pub use event::{Action, Event, PurgeSpec};
pub use failure::{Overload, SimulateError};
pub use freshness::Freshness;
pub use guard::GuardSpec;
pub use http_cache_spec::{HttpCacheSpec, Lifetime, Locations, Personal, Region};
pub use http_headers::{Directive, Headers, HttpFreshness, Responses};
pub use key::{KeyGroup, OnWrite, PopularitySpec};
pub use local_lock::LocalLock;
pub use objective::{Bound, Objective};
pub use origin::OriginSpec;
pub use page::{Order, PageSpec};
pub use prepare::{Prepared, TraceFile};
pub use process::ProcessSpec;
pub use profiles::PROFILES;
pub use read_through::{Rules, WhenDown};
pub use redis_failover::Failover;
pub use redis_replica::{Reads, RedisReplicasSpec};
pub use redis_spec::{PoolSpec, RedisSpec, ServiceSpec};
pub use representation::Dimension;
pub use rollout::{DeploySpec, ScaleSpec};
pub use search_spec::{ComplexSpec, Preference, SearchSpec};
pub use slot::{SLOTS, node_of_slot, slot_of};
pub use trace_spec::TraceTraffic;
pub use traffic::{ArrivalSpec, WorkloadSpec};
pub use warm_up::WarmSpec;

use crate::engine::{Effort, Ended};
use crate::measure::Record;
use crate::scenario::{Reader, count, list, name, named_list, positive_time, table, text, time};
use crate::time::{Duration, Instant};
use std::ops::ControlFlow;
use world::World;

/// What a scenario means.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// What the scenario is called.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// How long requests arrive; none is to the end of the trace.
    pub duration: Option<Duration>,
    /// What happens before is shown over time, but counts in no metric.
    pub warmup: Duration,
    /// How often the run is repeated with other draws.
    pub replications: u32,
    /// What all draws hang on.
    pub seed: u64,
    /// The traffic.
    pub workload: WorkloadSpec,
    /// The clients.
    pub client: ClientSpec,
    /// The caches of users.
    pub browser: Option<HttpCacheSpec>,
    /// The content delivery network.
    pub cdn: Option<HttpCacheSpec>,
    /// The reverse proxy before the application.
    pub gateway: Option<HttpCacheSpec>,
    /// The application.
    pub app: AppSpec,
    /// The cache in each of its instances.
    pub process: Option<ProcessSpec>,
    /// The shared cache.
    pub redis: Option<RedisSpec>,
    /// The database.
    pub database: Option<DatabaseSpec>,
    /// The search engine.
    pub search: Option<SearchSpec>,
    /// Services and APIs that the application calls.
    pub downstream: Vec<DownstreamSpec>,
    /// What befalls the system.
    pub events: Vec<Event>,
    /// What has to hold.
    pub objectives: Vec<Objective>,
}

impl Model {
    /// Reads a scenario.
    #[expect(clippy::too_many_lines, reason = "one entry for each table of the file, all alike")]
    pub fn read(r: &mut Reader) -> Self {
        let model = Self {
            name: r
                .field("name", "What the scenario is called; its results lie under this name.", name())
                .required(),
            description: r.field("description", "What it is about, in a sentence or two.", text()).optional(),
            duration: r
                .field(
                    "duration",
                    "How long requests arrive, in simulated time. A trace may do without.",
                    positive_time(),
                )
                .optional(),
            warmup: r
                .field(
                    "warmup",
                    "What happens before is shown over time but counts in no metric.",
                    time(Duration::ZERO..),
                )
                .or(Duration::ZERO),
            replications: r
                .field(
                    "replications",
                    "How often the run is repeated with other draws.",
                    count(1..=100_000u32),
                )
                .or(5),
            seed: r
                .field(
                    "seed",
                    "What all draws hang on: the same seed gives the same bytes.",
                    count(0..=u64::MAX >> 1),
                )
                .or(1),
            workload: r.field("workload", "The traffic.", table(WorkloadSpec::read)).required(),
            client: r.field("client", "The clients.", table(ClientSpec::read)).or_empty(),
            browser: r
                .field(
                    "browser",
                    "The cache in each user's browser or app. Without this table there is none.",
                    table(HttpCacheSpec::read_browser).profiles(profiles::BROWSER),
                )
                .optional(),
            cdn: r
                .field(
                    "cdn",
                    "A content delivery network. Without this table there is none.",
                    table(HttpCacheSpec::read_cdn).profiles(profiles::CDN),
                )
                .optional(),
            gateway: r
                .field(
                    "gateway",
                    "The cache of a reverse proxy before the application. Without this table there is none.",
                    table(HttpCacheSpec::read_gateway).profiles(profiles::GATEWAY),
                )
                .optional(),
            app: r
                .field("app", "The application: instances behind a load balancer.", table(AppSpec::read))
                .or_empty(),
            process: r
                .field(
                    "process",
                    "The cache inside each instance. Without this table there is none.",
                    table(ProcessSpec::read).profiles(profiles::PROCESS),
                )
                .optional(),
            redis: r
                .field(
                    "redis",
                    "The shared cache, a Redis cluster. Without this table there is none.",
                    table(RedisSpec::read).profiles(profiles::REDIS),
                )
                .optional(),
            database: r
                .field(
                    "database",
                    "The database. Without this table the source of truth answers at once.",
                    table(DatabaseSpec::read).profiles(profiles::DATABASE),
                )
                .optional(),
            search: r
                .field(
                    "search",
                    "The search engine, for key groups with `origin = \"search\"`. Defaults: Elasticsearch.",
                    table(SearchSpec::read),
                )
                .optional(),
            downstream: r
                .field(
                    "downstream",
                    "Services and APIs, for key groups that name one as their `origin`.",
                    named_list(table(DownstreamSpec::read)).at_most(1_000),
                )
                .or_empty(),
            events: r
                .field(
                    "event",
                    "What befalls the system from outside.",
                    list(table(Event::read)).at_most(1_000),
                )
                .or_empty(),
            objectives: r
                .field("objective", "What has to hold.", list(table(Objective::read)).at_most(1_000))
                .or_empty(),
        };
        check::check(&model, r);
        model
    }

    /// The caches on the way to the application, in the order in which requests come to them.
    pub fn http_caches(&self) -> impl Iterator<Item = &HttpCacheSpec> {
        let shield = self.cdn.as_ref().and_then(|cdn| cdn.shield.as_deref());
        [self.browser.as_ref(), self.cdn.as_ref(), shield, self.gateway.as_ref()].into_iter().flatten()
    }

    /// Whether a node of the shared cache dies.
    pub(super) fn fails_over(&self) -> bool {
        self.events.iter().any(|event| matches!(event.action, Action::Failover(_)))
    }

    /// The end of the warm-up.
    #[must_use]
    pub fn warmup_end(&self) -> Instant {
        Instant::ZERO + self.warmup
    }

    /// How long the search engine can show a version that is replaced.
    fn longest_unseen(&self, search: &SearchSpec) -> Duration {
        let rebuilds = self.events.iter().filter_map(|event| match event.action {
            Action::Rebuild { lasts, .. } => Some(lasts),
            _ => None,
        });
        rebuilds.fold(SearchSpec::LAG_MAX + search.refresh_interval, |sum, lasts| sum + lasts)
    }

    /// How long after its replacement a version can still be served: the lives of its copies one after the
    /// other, and an hour for the slowest request between them.
    #[must_use]
    pub fn longest_life(&self) -> Duration {
        let slowest = Duration::from_secs(3_600);
        let process = self.process.as_ref().map(|spec| &spec.rules.freshness);
        let redis = self.redis.as_ref().map(|spec| &spec.rules.freshness);
        let groups = &self.workload.keys;
        let http_caches = self.http_caches().map(|spec| {
            groups
                .iter()
                .filter_map(|group| spec.freshness(group))
                .map(|freshness| freshness.longest_life())
                .max()
                .unwrap_or_default()
        });
        let replicas = self.database.as_ref().and_then(|spec| spec.replicas.as_ref());
        let lag = replicas.map(|_| ReplicasSpec::LAG_MAX);
        let lag = lag.into_iter().chain(self.search.as_ref().map(|spec| self.longest_unseen(spec)));
        let lifetimes =
            self.http_caches().flat_map(HttpCacheSpec::lifetimes).map(|lifetime| lifetime.ttl * 2);
        let layers = [process, redis].into_iter().flatten().map(Freshness::longest_life).chain(http_caches);
        let groups = self.workload.keys.iter().filter_map(|group| group.ttl).map(|ttl| ttl * 2);
        let traced = matches!(self.workload.arrivals, ArrivalSpec::Trace(_)).then_some(Duration::MAX);
        layers.chain(groups).chain(traced).chain(lifetimes).chain(lag).fold(slowest, |sum, life| sum + life)
    }
}

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
    let world = World::new(prepared, replication)?;
    let effort = run(&world, watch)?;
    Ok((effort.ended == Ended::Over).then(|| (world.finish(effort.events, HOT_KEYS), effort)))
}

/// Plays all of a replication, unless `watch` stops it.
fn run(world: &World<'_>, watch: impl FnMut(Instant) -> ControlFlow<()>) -> Result<Effort, SimulateError> {
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
