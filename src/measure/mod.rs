//! What is measured while a run goes on, and what it comes to in the end.
//!
//! The model writes into a [`Record`] at each thing that happens; it counts in plain integers and
//! histograms. When the run is over, each of the [`metrics`] is one number computed from it. Nothing
//! here knows how the system works.
//!
//! | file | holds |
//! | --- | --- |
//! | `client.rs` | what the clients saw: latency, failures, staleness |
//! | `group.rs` | the same by key group |
//! | `consistency.rs` | reads that were not as consistent as they have to be |
//! | `cache.rs` | look-ups of one caching layer, by outcome |
//! | `origin.rs` | loads of the database: rate, peak, herds |
//! | `page.rs` | pages that instances put together |
//! | `calls.rs` | calls of a search engine and of downstream services |
//! | `guard.rs` | circuit breakers and limits before an origin |
//! | `pool.rs` | waiting for a permit: workers, connections |
//! | `instances.rs` | how many instances there are |
//! | `bloom.rs` | what instances know not to exist |
//! | `process.rs` | what instances keep out of their caches |
//! | `fitness.rs` | whether a replication is fit to be measured |
//! | `digest.rs` | what is kept of a replication so that several can be put together |
//! | `nodes.rs` | the servers of a cluster |
//! | `write.rs` | what becomes of writes, and of the messages that tell of them |
//! | `parts.rs` | the window of one run in parts, where there are no other runs |
//! | `reading.rs` | what a metric is computed from in one run |
//! | `metric.rs` | what a metric is: name, unit, kind, step |
//! | `registry.rs` | all metrics: names, units, a sentence each |
//! | `moments.rs` | each moment of a run, for what events did |
//! | `histogram.rs`, `timeline.rs` | what they are counted in |
//! | `stored.rs` | how that is written to a file and read back |

mod bloom;
mod cache;
mod calls;
mod client;
mod consistency;
mod digest;
mod fitness;
mod group;
mod guard;
mod histogram;
mod instances;
mod label;
mod metric;
mod moments;
mod nodes;
mod origin;
mod page;
mod parts;
mod pool;
mod process;
mod reading;
mod record;
mod registry;
mod spans;
mod stored;
mod timeline;
mod write;

pub use bloom::BloomRecord;
pub use cache::CacheRecord;
pub use calls::CallsRecord;
pub use client::{ClientRecord, Served};
pub use consistency::{Judged, PropagationRecord};
pub use digest::{Basis, Digest};
pub use fitness::{BATCHES, Fitness, Health, LOOK_UPS_MIN, TAIL_MIN, THIRDS, short_tails};
pub use group::GroupRecord;
pub use guard::GuardRecord;
pub use histogram::Histogram;
pub use instances::InstancesRecord;
pub use label::{Failure, Layer, Need, Outcome, Reason};
pub use metric::{Kind as MetricKind, MULTIPLES, Metric, Unit, Wanted};
pub use moments::{Moments, Stretch};
pub use nodes::{LostRecord, NodesRecord};
pub use origin::OriginRecord;
pub use page::PageRecord;
pub use parts::PARTS;
pub use pool::PoolRecord;
pub use process::ProcessRecord;
pub use reading::{Part, Ranked, Reading};
pub use record::{HotKey, Layers, Record};
pub use registry::metrics;
pub use spans::{Kind, Place, Span, SpannedRequest, Spans, Why};
pub use timeline::{LatencySeries, PeakPerSecond, Series, Timeline};
pub use write::{BusRecord, WriteRecord};
