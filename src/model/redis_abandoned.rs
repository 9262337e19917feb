//! Commands whose client has left before it could have their answer: they are executed all the same.

use super::job::Job;
use super::redis::Redis;
use super::redis_freight::Parcel;
use super::redis_node::Node;
use super::world::World;
use crate::time::Instant;
use std::future::Future;

/// A command whose client has left.
pub(super) struct Abandoned {
    node: u32,
    progress: Progress,
    parcel: Parcel,
}

/// How far a command has come that nobody waits for.
#[derive(Clone, Copy)]
pub(super) enum Progress {
    /// It is on its way, and will be at the node's network then.
    Travels(Instant),
    /// It comes in over the node's network, until then.
    Enters(Instant),
    /// It waits for its turn or is executed, until then.
    Executes(Instant),
}

impl Redis {
    /// The command goes on, and nobody waits for its answer.
    pub(super) fn abandon(&self, w: &World<'_>, node: &Node, parcel: Parcel, progress: Progress) {
        let mut all = self.abandoned.borrow_mut();
        let free = all.iter().position(Option::is_none).unwrap_or_else(|| {
            all.push(None);
            all.len() - 1
        });
        all[free] = Some(Abandoned { node: node.number, progress, parcel });
        w.engine.spawn(Job::Abandoned(free as u32));
    }

    /// The job that executes a command whose client has left.
    pub(super) fn execute_abandoned(&self, w: &World<'_>, index: u32) -> impl Future<Output = ()> {
        async move {
            let abandoned =
                self.abandoned.borrow_mut()[index as usize].take().expect("a command is abandoned once");
            let Abandoned { node, progress, parcel } = abandoned;
            let node = &self.cluster().nodes[node as usize];
            let ends = match progress {
                Progress::Executes(ends) => ends,
                Progress::Travels(until) | Progress::Enters(until) => {
                    w.engine.sleep_until(until).await;
                    if let (Progress::Travels(_), Some(wire)) = (progress, &node.wire) {
                        let bytes = parcel.with(w, |freight| freight.bytes(w, self));
                        let enters = wire.receives(w.engine.now(), bytes);
                        wire.received(&w.engine, enters).await;
                    }
                    if self.outage(node, w.engine.now()).is_some() {
                        parcel.drop(w);
                        return;
                    }
                    parcel.with(w, |freight| freight.book(w, self, node))
                }
            };
            w.engine.sleep_until(ends).await;
            parcel.with(w, |freight| freight.execute(w, self, node));
            parcel.drop(w);
        }
    }
}
