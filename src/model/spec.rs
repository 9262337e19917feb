//! What a scenario means as a whole: one table of the file after the other.

use super::event::{Action, Event};
use super::http_cache_spec::HttpCacheSpec;
use super::key::KeyGroup;
use super::write::OnWrite;
use super::{
    AppSpec, ArrivalSpec, BusSpec, ClientSpec, DatabaseSpec, DownstreamSpec, Freshness, Objective, PlanSpec,
    ProcessSpec, RedisSpec, ReplicasSpec, SearchSpec, SweepSpec, WorkloadSpec, check, profiles,
};
use crate::measure::Layer;
use crate::scenario::{Reader, count, events, list, name, named_list, positive_time, table, text, time};
use crate::time::{Duration, Instant};

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
    /// How many times the scenario is run, each with other random numbers.
    pub replications: u32,
    /// Random seed.
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
    /// The event bus that tells caches of writes.
    pub bus: Option<BusSpec>,
    /// What happens to the system from outside.
    pub events: Vec<Event>,
    /// What has to hold.
    pub objectives: Vec<Objective>,
    /// What a sweep varies.
    pub sweep: Option<SweepSpec>,
    /// What a search looks for.
    pub plan: Option<PlanSpec>,
    /// Fewer tasks of a weight than a run can hold.
    #[cfg(test)]
    pub(crate) places_max: Option<usize>,
}

impl Model {
    /// Reads a scenario.
    #[expect(clippy::too_many_lines, reason = "one entry for each table of the file, all alike")]
    pub fn read(r: &mut Reader) -> Self {
        r.words(super::words::TOP);
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
                    "How many times the scenario is run, each with other random numbers.",
                    count(1..=100_000u32),
                )
                .or(5),
            seed: r
                .field("seed", "Random seed. The same seed gives the same bytes.", count(0..=u64::MAX >> 1))
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
            bus: r
                .field(
                    "bus",
                    "An event bus that tells caches of writes. Without this table there is none.",
                    table(BusSpec::read).bare("lag"),
                )
                .optional(),
            events: r
                .field("event", "What happens to the system from outside.", events(table(Event::read)))
                .or_empty(),
            objectives: r
                .field("objective", "What has to hold.", list(table(Objective::read)).at_most(1_000))
                .or_empty(),
            sweep: r
                .field("sweep", "What `cachestorm sweep` varies, and how.", table(SweepSpec::read))
                .optional(),
            plan: r
                .field("plan", "What `cachestorm plan` searches, and how.", table(PlanSpec::read))
                .optional(),
            #[cfg(test)]
            places_max: None,
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

    /// The layer whose hot keys are told: the shared cache, else the database, else none, which leaves the clients.
    #[must_use]
    pub fn layer_of_hot_keys(&self) -> Option<Layer> {
        let redis = self.redis.as_ref().map(|_| Layer::Redis);
        redis.or(self.database.as_ref().map(|_| Layer::Database))
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
        let groups = &self.workload.keys;
        let beside = |layer, freshness: &Freshness| {
            let of_groups = groups.iter().filter_map(|group| group.freshness_in(layer, freshness));
            let longest = of_groups.map(|own| own.longest_life()).max().unwrap_or_default();
            longest.max(freshness.longest_life())
        };
        let process = self.process.as_ref().map(|spec| beside(Layer::Process, &spec.rules.freshness));
        let redis = self.redis.as_ref().map(|spec| beside(Layer::Redis, &spec.rules.freshness));
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
        let layers = [process, redis].into_iter().flatten().chain(http_caches);
        let groups = self.workload.keys.iter().filter_map(|group| group.ttl).map(|ttl| ttl * 2);
        let traced = matches!(self.workload.arrivals, ArrivalSpec::Trace(_)).then_some(Duration::MAX);
        // A message may wait for its consumer for any time.
        let bus = self.bus.as_ref().map(|_| Duration::MAX);
        // The database may be behind for as long as it is not reached, and its old values are read meanwhile.
        let writes_back = |group: &KeyGroup| matches!(group.on_write, OnWrite::WriteBack(_));
        let behind = self.workload.keys.iter().any(writes_back).then_some(Duration::MAX);
        layers
            .chain(groups)
            .chain(traced)
            .chain(bus)
            .chain(behind)
            .chain(lifetimes)
            .chain(lag)
            .fold(slowest, |sum, life| sum + life)
    }
}
