//! Cachestorm: a deterministic discrete-event simulator of layered caches.

// What is said to the user, and when the program ends, is for the command line to decide.
#![warn(clippy::exit, clippy::print_stderr, clippy::print_stdout)]

pub mod cache;
pub mod engine;
pub mod experiment;
pub mod measure;
pub mod model;
pub mod quantity;
pub mod random;
pub mod report;
pub mod scenario;
pub mod text;
pub mod time;
pub mod workload;
