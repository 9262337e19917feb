//! How much memory a run is going to need, estimated from its settings before it starts.
//!
//! An estimate of what is to be expected, not of the worst: what nobody can know beforehand, such as queues and
//! herds, is watched while it runs (`memory.rs`).

use super::exit::Stop;
use cachestorm::cache::Capacity;
use cachestorm::measure::Layer;
use cachestorm::model::{
    ArrivalSpec, Consistency, DatabaseSpec, Model, Needs, PopularitySpec, Prepared, Traffic,
};
use cachestorm::quantity::Bytes;
use cachestorm::time::Instant;

/// State of a key: versions, counters. A table of all keys up to 2^22, a hash map of those touched above.
const KEY_BYTES: u64 = 32;
/// A key in a hash map, with the map's empty places.
const SPARSE_KEY_BYTES: u64 = 2 * (KEY_BYTES + 8);
const DENSE_KEYS_MAX: u64 = 1 << 22;
/// A key of a trace beside its name: its place in a hash map, its slot, what the allocator adds.
const TRACE_KEY_BYTES: u64 = 60;
/// A place of an alias table, which popularities of up to 2^20 keys have.
const ALIAS_BYTES: u64 = 8;
const ALIAS_KEYS_MAX: u64 = 1 << 20;
/// A copy in a store: the entry, its charge, its place in the index and in the order of eviction.
const ENTRY_BYTES: u64 = 100;
/// A node that a purge is on its way to.
const PURGE_BYTES: u64 = 16;
/// A browser's own store, with a copy or two: its table, list and policy.
const STORE_BYTES: u64 = 700;
/// A buffer of a database, and its place in the index, with the empty places of both.
const BUFFER_BYTES: u64 = 44;
/// What a replica knows of a written key, or has yet to apply.
const REPLICATED_BYTES: u64 = 34;
/// A request under way, which has not come to an instance yet: its client and the alarms; measured.
const REQUEST_BYTES: u64 = 350;
/// A user of a closed loop.
const USER_BYTES: u64 = 224;
/// An instance without anything in its cache.
const INSTANCE_BYTES: u64 = 1_500;
/// A version of a written key, and its place among those that were replaced.
const VERSION_BYTES: u64 = 40;
/// What is kept of who was given a version that has to reach its readers: when, and how many others with it.
const HISTORY_BYTES: u64 = 80;
/// What a user remembers of a key, with the empty places of a hash map.
const KNOWN_BYTES: u64 = 56;
/// Histograms and time series of a replication, with those of a few key groups; they are kept to the end.
const RECORD_BYTES: u64 = 2 << 20;
/// The number of key groups that this includes.
const FEW_GROUPS: f64 = 8.0;
/// A histogram of a key group that anything was counted in: 33 doublings of 128 cells.
const HISTOGRAM_BYTES: f64 = 33.0 * 128.0 * 8.0;
/// Counters of a key group, asked for or not, in a record and in the reports; measured.
const GROUP_BYTES: u64 = 5_000;
/// What the reports of a sweep say of a point: its metrics with their intervals; measured with one cache and a database.
const POINT_BYTES: u64 = 300_000;
/// A replication of a point: its values, and its row in the tables.
const RUN_BYTES: u64 = 6_000;
/// The program itself, and the charts.
const PROGRAM_BYTES: u64 = 30 << 20;

/// What needs memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    shared: u64,
    /// Each thread has these for the replication that it works on.
    keys: u64,
    copies: u64,
    requests: u64,
    versions: u64,
    threads: u64,
    /// What one replication leaves behind, and all that is kept of them.
    record: u64,
    records: u64,
    /// How many key groups that is for.
    groups: usize,
}

/// What the traffic of a model comes to, in memory.
struct Load<'a> {
    model: &'a Model,
    traffic: Traffic,
}

impl Load<'_> {
    /// Requests under way by Little's law, if nobody waits for a worker: those that the workers do not bound.
    fn under_way(&self) -> u64 {
        let Traffic { seconds, requests, .. } = self.traffic;
        let seconds_each = self.model.time_in_system(self.model.app.workers.is_none()) / 1e9;
        (requests * (seconds_each / seconds).min(1.0)) as u64
    }

    /// What the servers of the database know: pages in buffers, and versions that replicas have or wait for.
    fn database(&self, database: &DatabaseSpec, keys: u64) -> u64 {
        let pages = database.buffer_pool.as_ref().map_or(0, |pool| u64::from(pool.pages).min(keys));
        let Some(replicas) = &database.replicas else { return pages * BUFFER_BYTES };
        let Traffic { seconds, writes, .. } = self.traffic;
        let waiting = writes * (replicas.lag.mean() / 1e9 / seconds).min(1.0);
        let versions = (writes as u64).min(keys).saturating_add(waiting as u64);
        let count = u64::from(replicas.count);
        let pages = pages * BUFFER_BYTES * (count + 1);
        versions.saturating_mul(REPLICATED_BYTES).saturating_mul(count).saturating_add(pages)
    }

    /// Nodes that purges under way have yet to reach.
    fn purges(&self) -> u64 {
        let model = self.model;
        let purged = model.workload.keys.iter().filter(|group| group.purge);
        let writes: f64 = purged.map(|group| group.writes.0).sum();
        let each = model.http_caches().map(|http_cache| {
            let delay = http_cache.purge_delay.as_ref().map_or(0.0, |delay| delay.mean() / 1e9);
            writes * delay.min(self.traffic.seconds) * f64::from(http_cache.nodes())
        });
        each.sum::<f64>() as u64
    }

    /// What is kept of a replication until all are done. A key group has a histogram of its latency; and for each server that
    /// answers, one of ages and one of staleness.
    fn record(&self) -> u64 {
        let model = self.model;
        let asked = model.groups_asked(&self.traffic);
        let servers = model.http_caches().count()
            + usize::from(model.process.is_some())
            + usize::from(model.redis.is_some())
            + 1;
        let histograms = (asked - FEW_GROUPS).max(0.0) * (1 + 2 * servers) as f64;
        let groups = (model.workload.keys.len() as u64).saturating_mul(GROUP_BYTES);
        RECORD_BYTES.saturating_add((histograms * HISTOGRAM_BYTES) as u64).saturating_add(groups)
    }

    /// Bytes of the versions that are kept at once, all that are written while a copy can live, and of what their
    /// readers and writers remember of them.
    fn versions(&self) -> u64 {
        let (model, Traffic { seconds, requests, writes, .. }) = (self.model, self.traffic);
        let kept = (model.longest_life().as_secs_f64() / seconds).min(1.0);
        let groups = || model.workload.keys.iter().map(|group| &group.needs);
        let is_watched = groups().any(|needs| needs.consistency != Consistency::Eventual);
        let version = VERSION_BYTES + if is_watched { HISTORY_BYTES } else { 0 };
        // Nobody remembers more than they asked for, or keys that were never written.
        let users = f64::from(model.workload.user_count());
        let known = if groups().any(Needs::remembers) { requests.min(writes * users) } else { 0.0 };
        ((writes * kept) as u64)
            .saturating_mul(version)
            .saturating_add(((known * kept) as u64).saturating_mul(KNOWN_BYTES))
    }
}

impl Need {
    /// What the settings alone tell; nothing of the keys of a trace.
    pub fn of(model: &Model, threads: usize) -> Self {
        let traced = matches!(model.workload.arrivals, ArrivalSpec::Trace(_));
        let keys: u64 = model.workload.keys.iter().map(|group| u64::from(group.count)).sum();
        let keys = if traced { 0 } else { keys };
        let tables = model.workload.keys.iter().filter(|group| {
            !traced
                && matches!(group.popularity, PopularitySpec::Zipf(_))
                && u64::from(group.count) <= ALIAS_KEYS_MAX
        });
        let shared = tables.map(|group| u64::from(group.count) * ALIAS_BYTES).sum();
        let end = model.duration.map_or(Instant::from_nanos(1), |length| Instant::ZERO + length);
        let traffic = model.traffic(end, None);
        let touched = if traced { 0 } else { (model.distinct_keys(&traffic) as u64).min(keys) };
        let bytes = if keys <= DENSE_KEYS_MAX { keys * KEY_BYTES } else { touched * SPARSE_KEY_BYTES };
        Self::new(&Load { model, traffic }, threads, touched, bytes, shared)
    }

    /// What is known when a trace has been read through; without one, the same as before.
    pub fn of_prepared(prepared: &Prepared, threads: usize) -> Self {
        let model = prepared.model();
        let Some(scan) = prepared.scan() else { return Self::of(model, threads) };
        let traffic = model.traffic(prepared.end(), Some((scan.requests, scan.writes)));
        let keys = scan.distinct_keys;
        let bytes = keys * (TRACE_KEY_BYTES + KEY_BYTES) + scan.key_bytes;
        Self::new(&Load { model, traffic }, threads, keys, bytes, 0)
    }

    /// `keys` are those that are asked for.
    fn new(load: &Load, threads: usize, keys: u64, key_bytes: u64, shared: u64) -> Self {
        let Load { model, traffic } = load;
        let instances = u64::from(model.instances_max());
        // A copy comes with a request: there are not more of the one than of the other.
        let is_closed = matches!(model.workload.arrivals, ArrivalSpec::Closed(..));
        let most = if is_closed { u64::MAX } else { (traffic.requests + traffic.besides) as u64 };
        let spread = |capacity, places: u64| held(capacity, keys).saturating_mul(places).min(most.max(keys));
        let process = model.process.as_ref().map_or(0, |process| spread(process.capacity, instances));
        let redis = model.redis.as_ref().map_or(0, |redis| {
            let memory = redis.memory.map(|memory| memory.0.saturating_mul(u64::from(redis.nodes)));
            held(memory.map_or(Capacity::Unbounded, Capacity::Bytes), keys)
        });
        let users = u64::from(model.workload.user_count());
        let http_caches = model.http_caches().map(|http_cache| {
            let is_browser = http_cache.layer == Layer::Browser;
            spread(http_cache.capacity, if is_browser { users } else { u64::from(http_cache.nodes()) })
        });
        let http_caches = http_caches.fold(0, u64::saturating_add);
        let browsers = if model.browser.is_some() { users.min(most) } else { 0 };
        let database = model.database.as_ref().map_or(0, |database| load.database(database, keys));
        let in_loop = if is_closed { users } else { 0 };
        let record = load.record();
        // The reports add up those of each key group.
        let sums = record - RECORD_BYTES;
        Self {
            shared,
            keys: key_bytes,
            copies: process
                .saturating_add(redis)
                .saturating_add(http_caches)
                .saturating_mul(ENTRY_BYTES)
                .saturating_add(browsers.saturating_mul(STORE_BYTES))
                .saturating_add(load.purges().saturating_mul(PURGE_BYTES))
                .saturating_add(database),
            requests: load
                .under_way()
                .saturating_mul(REQUEST_BYTES)
                .saturating_add(in_loop * USER_BYTES)
                .saturating_add(instances * INSTANCE_BYTES),
            versions: load.versions(),
            threads: threads as u64,
            record,
            groups: model.workload.keys.len(),
            records: u64::from(model.replications).saturating_mul(record).saturating_add(sums),
        }
    }

    /// What several need that run one after the other, or beside each other on so many threads: everyone's tables
    /// and results, and for each thread what the largest of them takes.
    pub fn together(needs: impl Iterator<Item = Self>) -> Option<Self> {
        needs.reduce(|one, other| {
            let larger = if one.each() >= other.each() { one } else { other };
            let records = one.records.saturating_add(other.records);
            Self { shared: one.shared + other.shared, records, ..larger }
        })
    }

    /// What one thread takes.
    fn each(&self) -> u64 {
        let parts = [self.keys, self.copies, self.requests, self.versions];
        parts.into_iter().fold(0, u64::saturating_add)
    }

    /// All of it.
    pub fn total(&self) -> Bytes {
        let all = [PROGRAM_BYTES, self.shared, self.each().saturating_mul(self.threads), self.records];
        Bytes(all.into_iter().fold(0, u64::saturating_add))
    }

    /// What is kept of all replications.
    pub fn results(&self) -> Bytes {
        Bytes(self.records)
    }

    /// On so many threads.
    pub fn on(self, threads: usize) -> Self {
        Self { threads: threads as u64, ..self }
    }

    /// If only the numbers of each replication are kept, and not all that was measured: then each thread has the results of
    /// the replication that it works on, and there are no others.
    pub fn of_numbers(self) -> Self {
        Self { records: 0, requests: self.requests.saturating_add(self.record), ..self }
    }

    /// With the results of a sweep: its number of points, and of replications in all. A shard has no reports.
    pub fn with_points(self, points: u64, runs: u64, has_reports: bool) -> Self {
        let points = if has_reports { points.saturating_mul(POINT_BYTES) } else { 0 };
        Self { records: points.saturating_add(runs.saturating_mul(RUN_BYTES)), ..self }
    }

    /// Whether it is no more than `limit`.
    pub fn fits(&self, limit: Bytes) -> bool {
        self.total() <= limit
    }

    /// Whether most of what a replication leaves behind is of key groups.
    fn is_for_groups(&self) -> bool {
        self.record > 2 * RECORD_BYTES
    }

    /// Refuses what needs more than `limit`.
    pub fn check(&self, limit: Bytes) -> Result<(), Stop> {
        if self.fits(limit) {
            return Ok(());
        }
        let total = self.total();
        let Self { keys, copies, requests, versions, threads, records, shared, groups, .. } = *self;
        let what = format!(
            "start: the run is expected to need {total} of memory, more than `--max-memory` allows ({limit}): \
             keys {}, copies in caches and databases {}, requests under way {} and versions of written keys {} for \
             each thread (of {threads}), \
             popularity tables {}, results of all replications {}{}",
            Bytes(keys),
            Bytes(copies),
            Bytes(requests),
            Bytes(versions),
            Bytes(shared),
            Bytes(records),
            if self.is_for_groups() {
                format!(", most of them of {groups} key groups")
            } else {
                String::new()
            },
        );
        Err(Stop::failed(what, "allow more, or lower the largest of these; `--threads 1` takes the least"))
    }
}

/// Copies that a store can hold, of so many keys. The smallest copy takes about 100 bytes of its own.
fn held(capacity: Capacity, keys: u64) -> u64 {
    let most = match capacity {
        Capacity::Unbounded => u64::MAX,
        Capacity::Entries(entries) => entries,
        Capacity::Bytes(bytes) => bytes / 100,
    };
    most.min(keys)
}
