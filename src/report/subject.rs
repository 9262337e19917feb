//! What was simulated, as far as a report has to know.

use crate::measure::Layer;
use crate::model::Retries;
use crate::time::{Duration, Instant};

/// A run, beside its results.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The scenario's name.
    pub scenario: String,
    /// What it is about.
    pub description: Option<String>,
    /// `base`, or the variant's name.
    pub variant: String,
    /// The random seed.
    pub seed: u64,
    /// How long requests arrived.
    pub length: Duration,
    /// The time at the start that no metric counts.
    pub warmup: Duration,
    /// The trace that the traffic came from.
    pub trace: Option<TraceFacts>,
    /// The events, by time.
    pub happenings: Vec<Happening>,
    /// What its parts can bear.
    pub capacity: Capacity,
    /// How its clients try again.
    pub retries: Retries,
    /// Settings that were given with `--set`, as they were typed.
    pub sets: Vec<String>,
    /// The server of the shared cache: `redis` or `memcached`.
    pub cache_server: &'static str,
    /// What it needs of what costs money, the same things in the same order for all variants.
    pub resources: Vec<Resource>,
}

impl Subject {
    /// What people call a layer: a shared cache may be a memcached, though its settings are in `[redis]`.
    #[must_use]
    pub fn name_of(&self, layer: Layer) -> &'static str {
        if layer == Layer::Redis { self.cache_server } else { layer.name() }
    }
}

/// Something that costs money, and how much of it a variant needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// What it is.
    pub name: &'static str,
    /// How much; only compared with the same resource of other variants.
    pub amount: f64,
}

/// What a trace holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFacts {
    /// The file, as it was named.
    pub file: String,
    /// Requests that were read: all, or those before the end of the run.
    pub requests: u64,
    /// Requests that were replayed: what is spread over the run's last second may lie beyond its end.
    pub replayed: u64,
    /// Requests that were earlier than one before them, and were replayed at its instant.
    pub reordered: u64,
    /// Keys among those that were read.
    pub distinct_keys: u64,
    /// The most requests of one second, if requests are spread over their seconds.
    pub most_in_a_second: Option<u32>,
    /// Lines or records that were passed over.
    pub skipped: u64,
}

/// An event of the scenario, as it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// What variants and paths call it.
    pub name: String,
    /// Its place among the events of the scenario, as in [`crate::measure::Record::event_ends`].
    pub place: usize,
    /// When.
    pub at: Instant,
    /// For how long; none if it was over at once, or stayed.
    pub lasts: Option<Duration>,
    /// What.
    pub label: String,
    /// What it does to a part of the system.
    pub effect: Effect,
    /// Whether it is a change that stays: from then on the system or its traffic is another one.
    pub stays: bool,
}

/// What a happening does to a part of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// All copies of a layer are gone.
    Flush(Layer),
    /// All instances are away for a while, and come back empty.
    RestartOfAll,
    /// One instance is away for a while, and comes back empty.
    RestartOfOne,
    /// A part cannot be reached.
    Outage(Layer),
    /// One node of a part cannot be reached.
    OutageOfOne,
    /// A part works more slowly.
    Slow(Layer),
    /// A job fills the shared cache.
    Fill,
    /// Every part works as usual: only the traffic changes, or a single key.
    Traffic,
}

impl Effect {
    /// Whether a part is out of order, so that what was measured is not how it usually works.
    #[must_use]
    pub fn is_fault(self) -> bool {
        !matches!(self, Self::Flush(_) | Self::Fill | Self::Traffic)
    }
}

/// What the settings say that the parts can bear.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Capacity {
    /// Reads per second that the database's workers can do: their number divided by the mean time of a read.
    pub database_reads_per_s: Option<f64>,
    /// The shortest TTL of a copy in the shared cache, of all key groups.
    pub redis_ttl_min: Option<Duration>,
}
