//! What clients send: when requests arrive, for which keys, and how they try again.
//!
//! - [`arrivals`]: the instants of an open-loop source, from a rate over time:
//!   [`schedule`] (constant, steps, ramps, a daily wave) or [`bursty`] (random bursts)
//! - [`popularity`]: which key a request asks for
//! - [`backoff`]: how long a client waits before it tries again

pub mod arrivals;
pub mod backoff;
pub mod bursty;
pub mod popularity;
pub mod schedule;
pub mod trace;

mod alias;
mod stretch;
mod zipf;
