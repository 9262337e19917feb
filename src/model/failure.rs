//! Why a replication cannot be brought to its end, although its scenario is sound.

use super::Model;
use super::memory_use::MemoryUse;
use crate::engine::Effort;
use crate::time::{Duration, Instant};
use crate::workload::trace::TraceError;
use std::fmt;

/// What ended a replication early. Its `Display` completes "failed to …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimulateError {
    /// The trace cannot be read to its end, although it could before.
    Trace(TraceError),
    /// More requests came than left, until there was no place for one more.
    Overload(Overload),
    /// It takes more memory than it may.
    Memory(MemoryUse),
}

/// A system that holds more requests than a run can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overload {
    /// How far the run came.
    pub at: Duration,
    /// Requests whose clients were waiting.
    pub waiting: usize,
    /// What the servers were working on or held in a queue, also for clients that had left.
    pub served: usize,
    /// What to do about it.
    pub help: String,
}

impl Overload {
    pub(super) fn new(model: &Model, at: Instant, effort: &Effort) -> Self {
        let [waiting, medium, heavy] = effort.tasks_left;
        let refuse = match model.app.workers {
            None => "give `app.workers` and `app.queue` a number".to_owned(),
            Some(workers) => format!("lower `app.queue` ({}) and `app.workers` ({workers})", model.app.queue),
        };
        let help = format!(
            "lower the rate of arrivals; or {refuse}, so that more are refused; or shorten what requests wait for, \
             such as `app.round_trip` and timeouts"
        );
        Self { at: at - Instant::ZERO, waiting, served: medium + heavy, help }
    }
}

impl fmt::Display for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, waiting, served, .. } = self;
        write!(
            f,
            "simulate beyond {at}: the system is overloaded, {waiting} requests of clients were in flight then \
             ({served} tasks on the servers' side), more than a run can hold"
        )
    }
}

impl fmt::Display for SimulateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trace(error) => error.fmt(f),
            Self::Overload(overload) => write!(f, "{overload}; {}", overload.help),
            Self::Memory(held) => write!(f, "{held}; {}", held.help()),
        }
    }
}

impl std::error::Error for SimulateError {}

impl From<TraceError> for SimulateError {
    fn from(error: TraceError) -> Self {
        Self::Trace(error)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Prepared, simulate};
    use super::*;
    use crate::scenario::Document;
    use std::ops::ControlFlow;

    const ENDLESS: &str = r#"
        name = "endless"
        duration = "10 s"
        client.timeout = "none"
        app = { workers = "none", round_trip = "2 h" }
        [workload]
        arrivals = { constant = "1000/s" }
        keys = [{ name = "page", count = 10 }]
    "#;

    /// A request stays for an hour on its way there, and one comes each millisecond.
    #[test]
    fn a_system_with_more_requests_than_a_run_can_hold_is_an_error_that_says_what_to_do() {
        let document = Document::parse("endless.toml", ENDLESS).expect("it is TOML");
        let mut model = document.read(None, Model::read).unwrap_or_else(|problems| panic!("{problems}"));
        model.places_max = Some(1_000);
        let prepared = Prepared::new(model, None).expect("there is no trace");
        let error =
            simulate(&prepared, 0, |_| ControlFlow::Continue(())).expect_err("there is no place for them");
        let SimulateError::Overload(overload) = &error else { panic!("{error}") };
        // One place more or less is that of the tasks which make requests.
        let millis = overload.at.as_nanos() / 1_000_000;
        assert!((990..=1_001).contains(&millis), "{error}");
        assert!((990..=1_000).contains(&overload.waiting), "{error}");
        for said in
            ["requests of clients were in flight", "the rate of arrivals", "`app.workers`", "`app.queue`"]
        {
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
