//! One event of a trace, as the Trace Event Format has it.

use crate::time::Instant;
use serde::Serialize;
use serde_json::{Map, Value};

/// An event. What a kind of event does not have is left out.
#[derive(Serialize)]
pub(super) struct Event {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(rename = "cat", skip_serializing_if = "str::is_empty")]
    category: &'static str,
    #[serde(rename = "ph")]
    phase: &'static str,
    #[serde(rename = "ts", skip_serializing_if = "Option::is_none")]
    micros: Option<f64>,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    /// That an arrow ends at the slice around it.
    #[serde(rename = "bp", skip_serializing_if = "Option::is_none")]
    binds: Option<&'static str>,
    /// How much of the picture an instant concerns.
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(rename = "cname", skip_serializing_if = "Option::is_none")]
    colour: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    args: Map<String, Value>,
    #[serde(skip)]
    at: Instant,
}

/// A lane of a track: a thread of a process, as the format calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) process: u32,
    pub(super) thread: u32,
}

impl Event {
    fn new(phase: &'static str, lane: Lane, at: Instant) -> Self {
        Self {
            name: String::new(),
            category: "",
            phase,
            micros: Some(at.as_nanos() as f64 / 1e3),
            pid: lane.process,
            tid: lane.thread,
            id: None,
            binds: None,
            scope: None,
            colour: None,
            args: Map::new(),
            at,
        }
    }

    /// Something begins; the next end on its lane that is not another's is its own.
    pub(super) fn begin(
        lane: Lane,
        at: Instant,
        (name, category): (String, &'static str),
        colour: Option<&'static str>,
        args: Map<String, Value>,
    ) -> Self {
        Self { name, category, colour, args, ..Self::new("B", lane, at) }
    }

    /// What began last on a lane ends. Its name is not needed, but Speedscope asks for it.
    pub(super) fn end(lane: Lane, at: Instant, name: String) -> Self {
        Self { name, ..Self::new("E", lane, at) }
    }

    /// Something that concerns everything and takes no time.
    pub(super) fn instant(lane: Lane, at: Instant, name: String) -> Self {
        Self { name, category: "scenario", scope: Some("g"), ..Self::new("i", lane, at) }
    }

    /// An arrow from slice to slice begins, goes on or ends at the slice that began last on a lane.
    pub(super) fn flow(lane: Lane, at: Instant, step: super::lanes::Step, id: usize) -> Self {
        let (phase, binds) = match step {
            super::lanes::Step::First => ("s", None),
            super::lanes::Step::Next => ("t", Some("e")),
            super::lanes::Step::Last => ("f", Some("e")),
        };
        let name = "way".to_owned();
        Self { name, category: "request", id: Some(id), binds, ..Self::new(phase, lane, at) }
    }

    /// As it is written, and when it is: the time of metadata is the start.
    pub(super) fn line(&self) -> (Instant, Vec<u8>) {
        (self.at, serde_json::to_vec(self).expect("strings and numbers can be written as JSON"))
    }

    /// What a process or a thread is called, or where it stands.
    pub(super) fn metadata(lane: Lane, what: &'static str, argument: &'static str, value: Value) -> Self {
        let args = Map::from_iter([(argument.to_owned(), value)]);
        Self { name: what.to_owned(), micros: None, args, ..Self::new("M", lane, Instant::ZERO) }
    }
}
