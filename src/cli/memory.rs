//! How much memory a run may need, estimated before it starts.

use super::exit::Stop;
use cachestorm::cache::Capacity;
use cachestorm::measure::Layer;
use cachestorm::model::{ArrivalSpec, Consistency, DatabaseSpec, Model, Needs, PopularitySpec, Prepared};
use cachestorm::quantity::{Bytes, Rate};
use cachestorm::scenario::{Document, positive_size};
use cachestorm::time::{Duration, Instant};
use cachestorm::workload::arrivals::Profile;

/// State of a key: versions, counters. A table of all keys up to 2^22, a hash map of those touched above.
const KEY_BYTES: u64 = 32;
/// A key in a hash map, with the map's empty places.
const SPARSE_KEY_BYTES: u64 = 2 * (KEY_BYTES + 8);
const DENSE_KEYS_MAX: u64 = 1 << 22;
/// A key of a trace: its name twice, of some 60 bytes, its place in a hash map, its slot.
const TRACE_KEY_BYTES: u64 = 200;
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
/// A request under way: at most 700 bytes.
const REQUEST_BYTES: u64 = 700;
/// A version of a written key, and its place among those that were replaced.
const VERSION_BYTES: u64 = 40;
/// What is kept of who was given a version that has to reach its readers: when, and how many others with it.
const HISTORY_BYTES: u64 = 80;
/// What a user remembers of a key, with the empty places of a hash map.
const KNOWN_BYTES: u64 = 56;
/// Histograms and time series of a replication; they are kept to the end.
const RECORD_BYTES: u64 = 2 << 20;
/// The program itself, and the charts.
const PROGRAM_BYTES: u64 = 30 << 20;

/// A size as an argument, as in `512 MiB`.
pub fn size(text: &str) -> Result<Bytes, String> {
    let mut document = Document::parse("--max-memory", "").map_err(|problems| problems.to_string())?;
    let quoted = format!("max_memory={text:?}");
    let read = document
        .set(&quoted)
        .and_then(|()| document.read(None, |r| r.field("max_memory", "A size.", positive_size()).required()));
    read.map_err(|problems| {
        let first = problems.iter().next();
        first.map_or_else(String::new, |problem| format!("{}, {}", problem.message, problem.label))
    })
}

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
    records: u64,
}

/// How much there is to do.
#[derive(Clone, Copy)]
struct Traffic {
    seconds: f64,
    requests: f64,
    writes: f64,
}

impl Traffic {
    const UNKNOWN: Self = Self { seconds: 1.0, requests: 0.0, writes: 0.0 };

    /// What the settings tell. Of a trace that is nothing, of a closed loop nothing that matters: its users bound
    /// what is under way.
    fn of(model: &Model) -> Self {
        let Some(length) = model.duration else { return Self::UNKNOWN };
        let seconds = length.as_secs_f64();
        let writes = model.workload.keys.iter().map(|group| group.writes.0).sum::<f64>() * seconds;
        let arrivals = match &model.workload.arrivals {
            ArrivalSpec::Open(Profile::Schedule(schedule), _) => {
                schedule.expected_arrivals(Instant::ZERO + length)
            }
            ArrivalSpec::Open(Profile::Bursty(bursty), _) => {
                let Rate(mean) = bursty.mean_rate();
                mean * seconds
            }
            ArrivalSpec::Closed(..) | ArrivalSpec::Trace(_) => 0.0,
        };
        Self { seconds, requests: arrivals + writes, writes }
    }

    /// Requests under way that no number of workers bounds: the rate times the time in the system, by Little's law, if
    /// nobody waits and all miss.
    fn unbounded(self, model: &Model) -> u64 {
        let behind = || {
            let redis = model.redis.as_ref().map_or(0.0, |redis| redis.round_trip.mean());
            let database = model.database.as_ref();
            let database = database.map_or(0.0, |database| database.round_trip.mean() + database.read.mean());
            model.app.work.mean() + redis + database
        };
        let unbounded = if model.app.workers.is_none() { behind() } else { 0.0 };
        let seconds = (model.app.round_trip.mean() + unbounded) / 1e9;
        (self.requests * (seconds / self.seconds).min(1.0)) as u64
    }

    /// What the servers of the database know: pages in buffers, and versions that replicas have or wait for.
    fn database(self, database: &DatabaseSpec, keys: u64) -> u64 {
        let pages = database.buffer_pool.as_ref().map_or(0, |pool| u64::from(pool.pages).min(keys));
        let Some(replicas) = &database.replicas else { return pages * BUFFER_BYTES };
        let waiting = self.writes * (replicas.lag.mean() / 1e9 / self.seconds).min(1.0);
        let versions = (self.writes as u64).min(keys).saturating_add(waiting as u64);
        let count = u64::from(replicas.count);
        let pages = pages * BUFFER_BYTES * (count + 1);
        versions.saturating_mul(REPLICATED_BYTES).saturating_mul(count).saturating_add(pages)
    }

    /// Nodes that purges under way have yet to reach.
    fn purges(self, model: &Model) -> u64 {
        let purged = model.workload.keys.iter().filter(|group| group.purge);
        let writes: f64 = purged.map(|group| group.writes.0).sum();
        let each = model.http_caches().map(|http_cache| {
            let delay = http_cache.purge_delay.as_ref().map_or(0.0, |delay| delay.mean() / 1e9);
            writes * delay.min(self.seconds) * f64::from(http_cache.nodes())
        });
        each.sum::<f64>() as u64
    }

    /// Bytes of the versions that are kept at once, all that are written while a copy can live, and of what their
    /// readers and writers remember of them.
    fn versions(self, model: &Model) -> u64 {
        let kept = (model.longest_life().as_secs_f64() / self.seconds).min(1.0);
        let groups = || model.workload.keys.iter().map(|group| &group.needs);
        let is_watched = groups().any(|needs| needs.consistency != Consistency::Eventual);
        let version = VERSION_BYTES + if is_watched { HISTORY_BYTES } else { 0 };
        // Nobody remembers more than they asked for, or keys that were never written.
        let users = f64::from(model.workload.user_count());
        let known = if groups().any(Needs::remembers) { self.requests.min(self.writes * users) } else { 0.0 };
        ((self.writes * kept) as u64)
            .saturating_mul(version)
            .saturating_add(((known * kept) as u64).saturating_mul(KNOWN_BYTES))
    }
}

impl Need {
    /// What the settings alone tell; nothing of the keys of a trace.
    pub fn of(model: &Model, threads: usize) -> Self {
        let traced = matches!(model.workload.arrivals, ArrivalSpec::Trace(_));
        let counts = model.workload.keys.iter().map(|group| u64::from(group.count));
        let keys = if traced { 0 } else { counts.sum() };
        let tables = model.workload.keys.iter().filter(|group| {
            !traced
                && matches!(group.popularity, PopularitySpec::Zipf(_))
                && u64::from(group.count) <= ALIAS_KEYS_MAX
        });
        let shared = tables.map(|group| u64::from(group.count) * ALIAS_BYTES).sum();
        let state = if keys <= DENSE_KEYS_MAX { KEY_BYTES } else { SPARSE_KEY_BYTES };
        Self::new(model, threads, keys, keys * state, shared, Traffic::of(model))
    }

    /// What is known when a trace has been read through; without one, the same as before.
    pub fn of_prepared(prepared: &Prepared, threads: usize) -> Self {
        match prepared.scan() {
            None => Self::of(prepared.model(), threads),
            Some(scan) => {
                let keys = scan.distinct_keys;
                let length: Duration = prepared.end() - Instant::ZERO;
                let traffic = Traffic {
                    seconds: length.as_secs_f64(),
                    requests: scan.requests as f64,
                    writes: scan.writes as f64,
                };
                let key_bytes = keys * (TRACE_KEY_BYTES + KEY_BYTES);
                Self::new(prepared.model(), threads, keys, key_bytes, 0, traffic)
            }
        }
    }

    fn new(model: &Model, threads: usize, keys: u64, key_bytes: u64, shared: u64, traffic: Traffic) -> Self {
        let instances = u64::from(model.instances_max());
        let process = model.process.as_ref().map_or(0, |process| held(process.capacity, keys) * instances);
        let redis = model.redis.as_ref().map_or(0, |redis| {
            let memory = redis.memory.map(|memory| memory.0 * u64::from(redis.nodes));
            held(memory.map_or(Capacity::Unbounded, Capacity::Bytes), keys)
        });
        let caches = u64::from(model.workload.user_count());
        let is_closed = matches!(model.workload.arrivals, ArrivalSpec::Closed(..));
        let most = if is_closed { u64::MAX } else { traffic.requests as u64 };
        let http_caches = model.http_caches().map(|http_cache| {
            let locations =
                if http_cache.layer == Layer::Browser { caches } else { u64::from(http_cache.nodes()) };
            // A copy comes with a request: there are not more of the one than of the other.
            held(http_cache.capacity, keys).saturating_mul(locations).min(most)
        });
        let http_caches = http_caches.fold(0, u64::saturating_add);
        let browsers = if model.browser.is_some() { caches.min(most) } else { 0 };
        let purges = traffic.purges(model).saturating_mul(PURGE_BYTES);
        let database = model.database.as_ref().map_or(0, |database| traffic.database(database, keys));
        let at_instance =
            model.app.workers.map_or(0, |workers| u64::from(workers) + u64::from(model.app.queue));
        let users = match model.workload.arrivals {
            ArrivalSpec::Closed(users, _) => u64::from(users),
            ArrivalSpec::Open(..) | ArrivalSpec::Trace(_) => 0,
        };
        let under_way = instances * at_instance + users + traffic.unbounded(model);
        Self {
            shared,
            keys: key_bytes,
            copies: (process + redis)
                .saturating_add(http_caches)
                .saturating_mul(ENTRY_BYTES)
                .saturating_add(browsers.saturating_mul(STORE_BYTES))
                .saturating_add(purges)
                .saturating_add(database),
            requests: under_way.saturating_mul(REQUEST_BYTES),
            versions: traffic.versions(model),
            threads: threads as u64,
            records: u64::from(model.replications) * RECORD_BYTES,
        }
    }

    /// What several need that run one after the other, or beside each other on so many threads: everyone's tables
    /// and results, and for each thread what the largest of them takes.
    pub fn together(needs: impl Iterator<Item = Self>) -> Option<Self> {
        needs.reduce(|one, other| {
            let larger = if one.each() >= other.each() { one } else { other };
            Self { shared: one.shared + other.shared, records: one.records + other.records, ..larger }
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

    /// On so many threads.
    pub fn on(self, threads: usize) -> Self {
        Self { threads: threads as u64, ..self }
    }

    /// Whether it is no more than `limit`.
    pub fn fits(&self, limit: Bytes) -> bool {
        self.total() <= limit
    }

    /// Refuses what needs more than `limit`.
    pub fn check(&self, limit: Bytes) -> Result<(), Stop> {
        if self.fits(limit) {
            return Ok(());
        }
        let total = self.total();
        let Self { keys, copies, requests, versions, threads, records, shared } = *self;
        let what = format!(
            "start: the run may need {total} of memory, more than `--max-memory` allows ({limit}): \
             keys {}, copies in caches and databases {}, requests under way {} and versions of written keys {} for \
             each thread (of {threads}), \
             popularity tables {}, results of all replications {}",
            Bytes(keys),
            Bytes(copies),
            Bytes(requests),
            Bytes(versions),
            Bytes(shared),
            Bytes(records),
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
