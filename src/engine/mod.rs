//! Virtual time: a clock, the order of events, tasks that wait, and the things they wait for.
//!
//! ```text
//!   jobs ──▶ Engine ──▶ Agenda ──▶ EventQueue      who runs next, in (time, sequence)
//!              ▲          └──────▶ lanes           waits of constant length
//!              │ ticket
//!   Pool · Station · Server · Flights · Gathers    what a task waits for
//! ```
//!
//! The engine knows nothing of caches. What a task does is an `async fn` of the model; see [`Job`].

mod agenda;
mod bucket;
mod executor;
mod flight;
mod gather;
mod gauge;
mod pool;
mod queue;
mod station;
mod task;
#[cfg(test)]
mod tests;

pub use agenda::Lane;
pub use bucket::TokenBucket;
pub use executor::{Effort, Ended, Engine, Job, WATCH_EVERY, Wait};
pub use flight::{Boarding, FlightId, Flights};
pub use gather::{GatherId, Gathers};
pub use gauge::Gauge;
pub use pool::{Acquire, Denied, Permit, Pool};
pub use queue::END_OF_TIME;
pub use station::{Server, Station};
pub use task::{Ticket, Weight};
