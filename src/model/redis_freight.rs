//! What a connection to a node carries there and back at one time: a command, or a pipeline of several.

use super::redis::Redis;
use super::redis_command::{Answer, Command};
use super::redis_node::Node;
use super::redis_pipeline::Pipeline;
use super::request::Request;
use super::spans::{note, until};
use super::together::MessageId;
use super::world::World;
use crate::measure::{Kind, Place};
use crate::time::{Duration, Instant};

/// Something to be done by one node, in one exchange.
pub(super) trait Freight {
    /// For whom it is sent, or for whom first: the draws of both passages are that request's.
    fn request(&self) -> &Request;

    /// Which passage the way there is; the next is the way back.
    fn leg(&self) -> u64;

    /// Whether it may go along with what other items of its page ask for.
    fn may_join(&self) -> bool;

    /// Who is sent it.
    fn node<'r>(&self, w: &World<'_>, redis: &'r Redis) -> &'r Node;

    /// Bytes on the way there.
    fn bytes(&self, w: &World<'_>, redis: &Redis) -> u32;

    /// It has arrived; yields when it will have been executed.
    fn book(&self, w: &World<'_>, redis: &Redis, node: &Node) -> Instant;

    /// That moment has come. At once what was booked leaves the node's queue.
    fn execute(&self, w: &World<'_>, redis: &Redis, node: &Node) -> Answer;

    /// What goes on without its client.
    fn parcel(&self) -> Parcel;
}

/// One command. A request sends each once, but may look several times: `look` counts these from 0.
pub(super) struct One<'r, 'c> {
    pub(super) request: &'r Request,
    pub(super) command: &'c Command,
    pub(super) look: u32,
}

impl One<'_, '_> {
    fn key(&self, w: &World<'_>, redis: &Redis) -> u32 {
        redis.key_of(w, self.request, self.command, self.look)
    }
}

impl Freight for One<'_, '_> {
    #[inline]
    fn request(&self) -> &Request {
        self.request
    }

    #[inline]
    fn leg(&self) -> u64 {
        self.command.leg(self.look)
    }

    #[inline]
    fn may_join(&self) -> bool {
        self.look == 0 && matches!(self.command, Command::Get)
    }

    #[inline]
    fn node<'r>(&self, w: &World<'_>, redis: &'r Redis) -> &'r Node {
        redis.node_for(w, self.request, self.command, self.look)
    }

    fn bytes(&self, w: &World<'_>, redis: &Redis) -> u32 {
        self.command.bytes(w, self.request, self.key(w, redis))
    }

    #[inline]
    fn book(&self, w: &World<'_>, redis: &Redis, node: &Node) -> Instant {
        let now = w.engine.now();
        node.catch_up(now);
        let service = redis.service_time(w, node, self.key(w, redis), self.command);
        let ends = node.server.book(now, service);
        note_service(w, node, (self.request, self.command.name()), service, ends);
        ends
    }

    #[inline]
    fn execute(&self, w: &World<'_>, redis: &Redis, node: &Node) -> Answer {
        node.server.leave(w.engine.now());
        redis.execute(w, node, (self.request, self.key(w, redis)), self.command)
    }

    fn parcel(&self) -> Parcel {
        Parcel::Command { request: *self.request, command: *self.command, look: self.look }
    }
}

/// Something has arrived at a node: it waits for its turn, and is executed.
#[inline]
pub(super) fn note_service(
    w: &World<'_>,
    node: &Node,
    (request, name): (&Request, &'static str),
    service: Duration,
    ends: Instant,
) {
    note!(w, move |spans| {
        let (here, (begins, _)) = (Place::Redis(node.number), until(ends, service));
        spans.add(request, here, Kind::Wait("wait for its turn"), (w.engine.now(), begins));
        spans.add(request, here, Kind::Serve(name), (begins, ends));
    });
}

/// What goes on after its client has left.
#[derive(Clone, Copy)]
pub(super) enum Parcel {
    /// A command.
    Command { request: Request, command: Command, look: u32 },
    /// A pipeline.
    Pipeline(MessageId),
}

impl Parcel {
    /// Hands the freight that it once was to `what`.
    pub(super) fn with<T>(&self, w: &World<'_>, what: impl FnOnce(&dyn Freight) -> T) -> T {
        match self {
            Self::Command { request, command, look } => what(&One { request, command, look: *look }),
            Self::Pipeline(id) => what(&Pipeline::of(w, *id)),
        }
    }

    /// Nothing more will be done with it.
    pub(super) fn drop(self, w: &World<'_>) {
        if let Self::Pipeline(id) = self {
            Pipeline::of(w, id).leave();
        }
    }
}
