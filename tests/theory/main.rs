//! The simulator against what is known of such systems: queueing and renewal theory, published results, counts by hand.
//!
//! One program, so that it is linked once: `cargo test --test theory sessions::` runs the tests of one file.

#[path = "../common/mod.rs"]
mod common;

mod batches;
mod bus;
mod caches;
mod database;
mod downstream;
mod http_caches;
mod http_headers;
mod http_keys;
mod intervals;
mod memcached;
mod own_rules;
mod pages;
mod pipelines;
mod plan;
mod process;
mod propagation;
mod queues;
mod races;
mod redis;
mod rollouts;
mod search;
mod sessions;
mod spans;
mod staleness;
mod write_failover;
mod write_races;
mod writes;
