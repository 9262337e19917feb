//! Pipelines: the copies that the items of one page ask a node for are asked for in one exchange, as by a client that
//! writes its GETs one after the other and then reads all answers.
//!
//! When it is sent is said in `together.rs`. The node executes the commands back to back: Redis works through what it
//! has read from one client before it turns to the next (`processInputBuffer` in its networking.c), and writes the
//! answers when it has done so; a connection to memcached belongs to one of its threads. In the node's queue a pipeline
//! is one customer. Each is a command like any other in what it costs and what it is counted as; the
//! connection, its round trip, the client's time-out and what the guard lets through are one for all.

use super::redis::Redis;
use super::redis_command::{Answer, Command};
use super::redis_freight::{Freight, Parcel, note_service};
use super::redis_node::Node;
use super::request::Request;
use super::together::{MessageId, Rows, Seat};
use super::world::World;
use crate::cache::Entry;
use crate::measure::Failure;
use crate::time::{Duration, Instant};
use std::future::Future;

/// What comes of looking for a copy.
pub(super) type Looked = Result<Option<Entry>, Failure>;

/// A pipeline of GETs.
pub(super) struct Pipeline<'w> {
    rows: Rows<'w, Looked>,
    first: Request,
}

impl<'w> Pipeline<'w> {
    pub(super) fn of(w: &'w World<'_>, id: MessageId) -> Self {
        let rows = w.pages.as_ref().expect("a pipeline is for a page").pipelines.rows(id);
        let (first, _) = rows.get(0);
        Self { rows, first }
    }

    /// One of its holders is done with it.
    pub(super) fn leave(&self) {
        self.rows.leave();
    }
}

/// The name by which a row calls its key.
fn key_of(w: &World<'_>, redis: &Redis, request: &Request) -> u32 {
    redis.key_of(w, request, &Command::Get, 0)
}

impl Freight for Pipeline<'_> {
    fn request(&self) -> &Request {
        &self.first
    }

    fn leg(&self) -> u64 {
        Command::Get.leg(0)
    }

    fn may_join(&self) -> bool {
        false
    }

    fn node<'r>(&self, _: &World<'_>, redis: &'r Redis) -> &'r Node {
        &redis.cluster().nodes[self.rows.place() as usize]
    }

    fn bytes(&self, w: &World<'_>, redis: &Redis) -> u32 {
        self.rows.with(|rows| {
            let bytes =
                rows.iter().map(|row| Command::Get.bytes(w, &row.request, key_of(w, redis, &row.request)));
            bytes.fold(0, u32::saturating_add)
        })
    }

    fn book(&self, w: &World<'_>, redis: &Redis, node: &Node) -> Instant {
        let now = w.engine.now();
        node.catch_up(now);
        let service = self.rows.with(|rows| {
            let service = |request| redis.service_time(w, node, key_of(w, redis, request), &Command::Get);
            rows.iter().fold(Duration::ZERO, |all, row| all + service(&row.request))
        });
        let ends = node.server.book(now, service);
        note_service(w, node, (&self.first, "pipeline of GETs"), service, ends);
        ends
    }

    fn execute(&self, w: &World<'_>, redis: &Redis, node: &Node) -> Answer {
        self.rows.with(|rows| {
            node.server.leave(w.engine.now());
            let mut bytes = 0_u32;
            for row in rows {
                let key = key_of(w, redis, &row.request);
                let answer = redis.execute(w, node, (&row.request, key), &Command::Get);
                bytes = bytes.saturating_add(answer.bytes());
                row.found = Some(answer.reached().map(Answer::found));
            }
            if node.dead().is_some() { Answer::Unreachable } else { Answer::AllFound(bytes) }
        })
    }

    fn parcel(&self) -> Parcel {
        self.rows.hold();
        Parcel::Pipeline(self.rows.id())
    }
}

/// Has an item's copy looked for together with those of others of its page, if that is done.
#[inline]
pub(super) fn join(w: &World<'_>, redis: &Redis, request: &Request) -> Option<Seat> {
    let pages = w.pages.as_ref().filter(|_| request.is_for_item())?;
    pages.pipelines.join(w, request, || redis.node_for(w, request, &Command::Get, 0).number)
}

/// What came of it for who has joined and waited.
pub(super) fn take(w: &World<'_>, seat: Seat) -> Looked {
    w.pages.as_ref().expect("whoever joins is of a page").pipelines.take(seat)
}

/// The job of one pipeline.
pub(super) fn send(w: &World<'_>, redis: &Redis, id: MessageId) -> impl Future<Output = ()> {
    async move {
        let Pipeline { rows, .. } = Pipeline::of(w, id);
        if let Some(pages) = &mut w.record.borrow_mut().layers.pages {
            pages.pipeline(rows.count() as u64);
        }
        let result = redis.exchange(w, Pipeline::of(w, id), |_| ()).await;
        rows.answer(w, |found| result.and_then(|()| found.expect("a pipeline that came back was executed")));
        rows.leave();
    }
}
