//! Replicas of a node: what the primary tells them, and when they do it.
//!
//! Replication is asynchronous. A command that changed the primary is sent to each replica, which does the same after a
//! lag that is drawn for it, or together with the one before if that is later. What a primary removes by itself, for
//! want of room or because its time is up, it has its replicas delete; they evict nothing of their own accord
//! (`replica-ignore-maxmemory yes`) and serve nothing that is past its TTL. What is due is done when somebody asks, so
//! that replication takes no events.

use super::kinds::time_distribution;
use super::redis_node::{Held, Node};
use super::redis_spec::ServiceSpec;
use crate::cache::{Entry, Removal};
use crate::quantity::Bytes;
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, choice, count};
use crate::time::{Duration, Instant};
use std::collections::VecDeque;

/// Copies of each node.
#[derive(Clone, Debug, PartialEq)]
pub struct RedisReplicasSpec {
    /// How many of each primary.
    pub count: u32,
    /// From a command on the primary until the replica has done the same, in nanoseconds.
    pub lag: Distribution,
    /// Who is asked for copies.
    pub reads: Reads,
}

/// Which nodes are asked for copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The primary.
    Primary,
    /// Any replica; the primary if none is left.
    Replica,
    /// The primary or any replica.
    Any,
}

/// `repl-backlog-size`, 1 MiB: once a node has had a replica it counts against `maxmemory`.
pub(super) const BACKLOG: Bytes = Bytes(1 << 20);

/// A drawn lag is this at most.
const LAG_MAX: Duration = Duration::from_secs(3_600);

impl RedisReplicasSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        let reads = choice()
            .word("primary", "The primary, as cluster clients do by default.", Reads::Primary)
            .word("replica", "One of the replicas, any; if none is left, the primary.", Reads::Replica)
            .word("any", "The primary or one of the replicas, any.", Reads::Any);
        Self {
            count: r
                .field("count", "How many replicas each primary has, each with a server and connections of its own.", count(1..=5u32))
                .or(1),
            lag: r
                .field(
                    "lag",
                    "From a command on the primary until a replica has done the same, drawn for each; at most an hour. \
                     Commands keep their order.",
                    time_distribution(),
                )
                .required(),
            reads: r.field("reads", "Which nodes are asked for copies.", reads).or(Reads::Primary),
        }
    }
}

/// What changes a node's copies or locks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// SET.
    Put { key: u32, entry: Entry, charge: u32 },
    /// DEL.
    Delete(u32),
    /// The primary has removed a copy by itself.
    Depart(u32),
    /// A copy's time is made to be up, but for what is kept to fall back on.
    Expire(u32, Duration),
    /// A lock, whose it is, and until when at the latest.
    Lock { key: u32, by: u64, until: Instant },
    /// A lock is given back.
    Unlock(u32),
    /// FLUSHALL.
    Flush,
}

impl Change {
    /// Whether a client has asked for it.
    pub(super) fn is_a_command(&self) -> bool {
        matches!(self, Self::Put { .. } | Self::Delete(_) | Self::Lock { .. } | Self::Unlock(_))
    }

    fn work(&self, service: &ServiceSpec) -> Duration {
        match self {
            Self::Put { entry, .. } => service.of_set(entry.size),
            _ => service.other,
        }
    }
}

/// What a replica has been sent and has not done yet.
pub(super) struct Replication {
    /// In order, with the time when it will be done.
    log: VecDeque<(Instant, Change)>,
    lag: Distribution,
    lags: Stream,
    service: ServiceSpec,
}

impl Replication {
    pub(super) fn new(spec: &RedisReplicasSpec, service: ServiceSpec, lags: Stream) -> Self {
        Self { log: VecDeque::new(), lag: spec.lag.clone(), lags, service }
    }

    /// The primary has changed; `cause` names the change for its draw.
    pub(super) fn ship(&mut self, change: Change, cause: (u64, u64), now: Instant) {
        let lag = Duration::from_nanos_f64(self.lag.sample(&mut self.lags.of(cause.0).at(cause.1)));
        let earliest = self.log.back().map_or(now, |(at, _)| *at);
        self.log.push_back((earliest.max(now + lag.min(LAG_MAX)), change));
    }

    /// Has the node do what is due.
    pub(super) fn apply(&mut self, node: &Node, now: Instant) {
        while let Some((at, change)) = self.log.pop_front_if(|(at, _)| *at <= now) {
            node.server.occupy(at, change.work(&self.service));
            node.apply(&change, at);
        }
    }

    /// The primary is gone, and its successor has not heard of the last commands that this one was sent: they are void.
    pub(super) fn forget(&mut self, mut commands: u64) {
        while commands > 0 {
            let Some((_, change)) = self.log.pop_back() else { break };
            commands -= u64::from(change.is_a_command());
        }
    }
}

impl Node {
    /// Does what a command says, or what a primary tells its replica.
    pub(super) fn apply(&self, change: &Change, now: Instant) {
        self.changes.set(self.changes.get() + u64::from(change.is_a_command()));
        match *change {
            Change::Put { key, entry, charge } => _ = self.store.borrow_mut().put(key, entry, charge, now),
            Change::Delete(key) => {
                self.store.borrow_mut().remove(key, Removal::Invalidated);
                if let Some(deleted) = &self.deleted {
                    deleted.borrow_mut().insert(key, now);
                }
            }
            Change::Depart(key) => _ = self.store.borrow_mut().remove(key, Removal::Memory),
            Change::Expire(key, kept) => _ = self.store.borrow_mut().expire(key, now, kept),
            Change::Lock { key, by, until } => _ = self.locks.borrow_mut().insert(key, Held { by, until }),
            Change::Unlock(key) => _ = self.locks.borrow_mut().remove(&key),
            Change::Flush => {
                self.store.borrow_mut().clear(Removal::Flushed);
                self.locks.borrow_mut().clear();
            }
        }
    }
}
