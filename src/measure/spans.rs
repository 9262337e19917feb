//! Spans: where single requests were, what they waited for there, and what was done for them.
//!
//! A request's spans are complete: what it was doing at any time between its arrival and its answer is one of waiting,
//! serving and travelling. Others lie around these and say why: an attempt, a stay at a node, a look-up, a call.

use super::label::{Failure, Layer, Outcome};
use crate::time::Instant;
use std::collections::BTreeMap;

/// Where something happens: the clients, or a node of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// All clients.
    Clients,
    /// A node of a layer before the application; all browsers are one.
    HttpCache(Layer, u16),
    /// An instance of the application, with the cache in its process.
    App(u16),
    /// A node of the shared cache.
    Redis(u32),
    /// A server of the database: the primary, then its replicas.
    Database(u16),
    /// A node of the search engine.
    Search(u16),
    /// A downstream service.
    Downstream(u16),
}

impl Place {
    /// What its layer is called.
    #[must_use]
    pub const fn layer(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::HttpCache(layer, _) => layer.name(),
            Self::App(_) => "app",
            Self::Redis(_) => Layer::Redis.name(),
            Self::Database(_) => Layer::Database.name(),
            Self::Search(_) => Layer::Search.name(),
            Self::Downstream(_) => Layer::Downstream.name(),
        }
    }
}

/// What a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request, from its arrival to its answer.
    Request,
    /// One of several attempts at it.
    Attempt,
    /// A stay at a node.
    Visit,
    /// A page is put together.
    Page,
    /// A look-up in a caching layer, with all that it took to answer it.
    LookUp(Layer, Outcome),
    /// Somebody wants a key's lock, and looks for a copy meanwhile.
    Lock,
    /// An origin is asked, or a cache that does not answer in time.
    Call(Layer),
    /// On the way from one part to another.
    Network,
    /// Waiting for something.
    Wait(&'static str),
    /// Something is done.
    Serve(&'static str),
}

impl Kind {
    /// Its category in a trace.
    #[must_use]
    pub const fn category(self) -> &'static str {
        match self {
            Self::Request | Self::Attempt => "request",
            Self::Visit | Self::Page => "visit",
            Self::LookUp(..) => "look-up",
            Self::Call(_) => "call",
            Self::Network => "network",
            Self::Lock | Self::Wait(_) => "wait",
            Self::Serve(_) => "serve",
        }
    }

    /// How deep it lies in others: a span lies within those of a lower rank only.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Request => 0,
            Self::Attempt => 1,
            Self::Visit => 2,
            Self::Page => 3,
            Self::LookUp(Layer::Redis, _) => 5,
            Self::LookUp(..) => 4,
            Self::Lock => 6,
            Self::Call(_) => 7,
            Self::Network | Self::Wait(_) | Self::Serve(_) => Self::INNERMOST,
        }
    }

    /// The rank of what has nothing within it.
    pub const INNERMOST: u8 = 8;
}

/// Some time of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// From then.
    pub begins: Instant,
    /// Until then.
    pub ends: Instant,
    /// For which key: on a page, an item's.
    pub key: u32,
    /// At which attempt, counted from 0.
    pub attempt: u8,
    /// What went wrong, if anything did.
    pub failure: Option<Failure>,
}

/// Why a request is among those whose spans are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// It was drawn.
    pub sampled: bool,
    /// It is one of the slowest that were answered.
    pub slowest: bool,
    /// It failed.
    pub failed: bool,
}

/// A request and its spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpannedRequest {
    /// Its number, the same in all variants of a scenario.
    pub number: String,
    /// Which key it is for.
    pub key: u32,
    /// Who asks.
    pub user: u32,
    /// Whether it writes.
    pub write: bool,
    /// Which layer the answer came from, if there was one.
    pub answered_by: Option<Layer>,
    /// Why it is here.
    pub why: Why,
    /// In the order in which they ended, the whole request first.
    pub spans: Vec<Span>,
}

/// The spans of one replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spans {
    /// Which replication, counted from 0.
    pub replication: u64,
    /// How many requests were wanted.
    pub wanted: u32,
    /// Those that were chosen, in the order of their arrival.
    pub requests: Vec<SpannedRequest>,
    /// Requests that arrived within the window.
    pub arrived: u64,
    /// How many of them failed.
    pub failed: u64,
    /// All nodes there are, with their names, in the order of a request's way.
    pub places: Vec<(Place, String)>,
    /// The names of all keys in it.
    pub keys: BTreeMap<u32, String>,
    /// Spans that were one too many.
    pub left_out: u64,
}
