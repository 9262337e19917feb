//! How much memory a run may need, estimated before it starts.

use super::exit::Stop;
use cachestorm::cache::Capacity;
use cachestorm::model::{ArrivalSpec, Model, PopularitySpec, Prepared};
use cachestorm::quantity::Bytes;
use cachestorm::scenario::{Document, positive_size};

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
/// A request under way: at most 700 bytes.
const REQUEST_BYTES: u64 = 700;
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
    threads: u64,
    records: u64,
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
        Self::new(model, threads, keys, keys * state, shared)
    }

    /// What is known when a trace has been read through; without one, the same as before.
    pub fn of_prepared(prepared: &Prepared, threads: usize) -> Self {
        match prepared.scan() {
            None => Self::of(prepared.model(), threads),
            Some(scan) => {
                let keys = scan.distinct_keys;
                Self::new(prepared.model(), threads, keys, keys * (TRACE_KEY_BYTES + KEY_BYTES), 0)
            }
        }
    }

    fn new(model: &Model, threads: usize, keys: u64, key_bytes: u64, shared: u64) -> Self {
        let instances = u64::from(model.app.instances);
        let process = model.process.as_ref().map_or(0, |process| held(process.capacity, keys) * instances);
        let redis = model.redis.as_ref().map_or(0, |redis| {
            let memory = redis.memory.map(|memory| memory.0 * u64::from(redis.nodes));
            held(memory.map_or(Capacity::Unbounded, Capacity::Bytes), keys)
        });
        let in_flight =
            model.app.workers.map_or(0, |workers| u64::from(workers) + u64::from(model.app.queue));
        Self {
            shared,
            keys: key_bytes,
            copies: (process + redis) * ENTRY_BYTES,
            requests: instances * in_flight * REQUEST_BYTES,
            threads: threads as u64,
            records: u64::from(model.replications) * RECORD_BYTES,
        }
    }

    fn total(&self) -> Bytes {
        let each = self.keys + self.copies + self.requests;
        Bytes(PROGRAM_BYTES + self.shared + each * self.threads + self.records)
    }

    /// Refuses what needs more than `limit`.
    pub fn check(&self, limit: Bytes) -> Result<(), Stop> {
        let total = self.total();
        if total <= limit {
            return Ok(());
        }
        let Self { keys, copies, requests, threads, records, shared } = *self;
        let what = format!(
            "start: the run may need {total} of memory, more than `--max-memory` allows ({limit}): \
             keys {}, copies in caches {} and requests under way {} on each of {threads} threads, \
             popularity tables {}, results of all replications {}",
            Bytes(keys),
            Bytes(copies),
            Bytes(requests),
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
