//! What is measured while a run goes on, and what it comes to in the end.
//!
//! The model writes into a [`Record`] at each thing that happens; it counts in plain integers and
//! histograms. When the run is over, each of the [`metrics`] is one number computed from it. Nothing
//! here knows how the system works.
//!
//! | file | holds |
//! | --- | --- |
//! | `client.rs` | what the clients saw: latency, failures, staleness |
//! | `cache.rs` | look-ups of one caching layer, by outcome |
//! | `origin.rs` | loads of the database: rate, peak, herds |
//! | `pool.rs` | waiting for a permit: workers, connections |
//! | `nodes.rs` | the servers of a cluster |
//! | `write.rs` | what becomes of writes, and of the messages that tell of them |
//! | `registry.rs` | all metrics: names, units, a sentence each |
//! | `histogram.rs`, `timeline.rs` | what they are counted in |

mod cache;
mod client;
mod histogram;
mod label;
mod nodes;
mod origin;
mod pool;
mod record;
mod registry;
mod timeline;
mod write;

pub use cache::CacheRecord;
pub use client::{ClientRecord, Served};
pub use histogram::Histogram;
pub use label::{Failure, Layer, Outcome, Reason};
pub use nodes::NodesRecord;
pub use origin::OriginRecord;
pub use pool::PoolRecord;
pub use record::{HotKey, Layers, Record};
pub use registry::{Metric, Unit, metrics};
pub use timeline::{LatencySeries, PeakPerSecond, Series, Timeline};
pub use write::{BusRecord, WriteRecord};
