//! The nodes of the shared cache, and which of them answers for a key: a primary for each share of the keys, and the
//! replicas that follow it.
//!
//! A node that dies stays dead. Its successor is one of its replicas, or, if none is left, a node that has been kept in
//! reserve for this event: the same machine, as far as the scenario is concerned, after its restart.

use super::condition::{Condition, Outage};
use super::event::Event;
use super::job::Job;
use super::redis_command::Command;
use super::redis_failover::failovers_of;
use super::redis_node::{Node, Role};
use super::redis_replica::{Change, Reads};
use super::redis_server::ServerKind;
use super::redis_spec::RedisSpec;
use super::world::World;
use crate::engine::Engine;
use crate::measure::LostRecord;
use crate::random::Stream;
use crate::time::Instant;
use std::cell::{Cell, RefCell};

/// All nodes.
pub(super) struct Cluster {
    /// The primaries of the start, in the order of their shares, then all others.
    pub(super) nodes: Vec<Node>,
    pub(super) shards: Vec<Shard>,
    kind: ServerKind,
    reads: Reads,
    /// Which node a copy is read from.
    choices: Stream,
    /// When only the primary of a share cannot be reached; empty if no event says so.
    outages: Vec<Condition>,
    /// What went with nodes that died within the window.
    pub(super) lost: Cell<LostRecord>,
}

/// Who answers for a share of the keys.
pub(super) struct Shard {
    pub(super) primary: Cell<u32>,
    pub(super) replicas: RefCell<Vec<u32>>,
    /// Nodes for when no replica is left.
    pub(super) reserve: RefCell<Vec<u32>>,
}

impl Cluster {
    pub(super) fn new(
        spec: &RedisSpec,
        instances: u32,
        events: &[Event],
        engine: &Engine<Job>,
        stream: &impl Fn(&str) -> Stream,
    ) -> Self {
        let (evictions, lags) = (stream("redis.evictions"), stream("redis.lag"));
        let node =
            |number: u32, role| Node::new(number, role, spec, instances, engine, evictions.of(number.into()));
        let mut nodes: Vec<Node> =
            (0..spec.nodes).map(|shard| node(shard, Role { shard, lags: None })).collect();
        let mut shards = Vec::new();
        for shard in 0..spec.nodes {
            let first = nodes.len() as u32;
            let (replicas, reserve) = members(spec, events, shard);
            let replicas = first..first + replicas;
            let reserve = replicas.end..replicas.end + reserve;
            nodes.extend(
                replicas
                    .clone()
                    .map(|number| node(number, Role { shard, lags: Some(lags.of(number.into())) })),
            );
            nodes.extend(reserve.clone().map(|number| node(number, Role { shard, lags: None })));
            shards.push(Shard {
                primary: Cell::new(shard),
                replicas: RefCell::new(replicas.collect()),
                reserve: RefCell::new(reserve.collect()),
            });
        }
        Self {
            nodes,
            shards,
            kind: spec.server,
            reads: spec.replicas.as_ref().map_or(Reads::Primary, |spec| spec.reads),
            choices: stream("redis.replica"),
            outages: Condition::of_redis_nodes(spec.nodes, events),
            lost: Cell::default(),
        }
    }

    /// Which share a key belongs to.
    #[inline]
    pub(super) fn shard_of(&self, w: &World<'_>, group: usize, key: u32) -> u32 {
        if self.shards.len() == 1 {
            return 0;
        }
        self.kind.node_of(&w.keys.borrow(), group, key, self.shards.len() as u32)
    }

    /// Who answers for a share now.
    #[inline]
    pub(super) fn primary(&self, shard: u32) -> &Node {
        &self.nodes[self.shards[shard as usize].primary.get() as usize]
    }

    /// Who is sent a command; `cause` names it for the draw.
    #[inline]
    pub(super) fn node_for(&self, shard: u32, command: &Command, cause: (u64, u32)) -> &Node {
        let is_read = matches!(command, Command::Get);
        match self.reads {
            Reads::Replica | Reads::Any if is_read => self.any_of(shard, cause),
            _ => self.primary(shard),
        }
    }

    /// One of those that may be asked for a copy.
    fn any_of(&self, shard: u32, cause: (u64, u32)) -> &Node {
        let Shard { primary, replicas, .. } = &self.shards[shard as usize];
        let replicas = replicas.borrow();
        let primaries = usize::from(self.reads == Reads::Any || replicas.is_empty());
        let chosen = self.choices.of(cause.0).at(cause.1.into()).below((replicas.len() + primaries) as u64);
        let number = replicas.get(chosen as usize).copied().unwrap_or(primary.get());
        &self.nodes[number as usize]
    }

    /// How a node cannot be reached, although the others can.
    #[inline]
    pub(super) fn outage(&self, node: &Node, now: Instant) -> Option<Outage> {
        if self.outages.is_empty() {
            return node.dead();
        }
        let leads = self.shards[node.shard as usize].primary.get() == node.number;
        let outage = || self.outages[node.shard as usize].outage(now).filter(|_| leads);
        node.dead().or_else(outage)
    }

    /// A node has executed something: its replicas are told of what that has changed. `cause` names it for the draws.
    #[inline]
    pub(super) fn tell_replicas(&self, node: &Node, cause: (u64, u64), now: Instant) {
        node.empty_outbox(|change| {
            for &replica in &*self.shards[node.shard as usize].replicas.borrow() {
                let replica = &self.nodes[replica as usize];
                replica.catch_up(now);
                if let Some(replication) = replica.replication() {
                    replication.borrow_mut().ship(change, cause, now);
                }
            }
        });
    }

    /// A primary does something of its own accord, or because of an event.
    pub(super) fn change(&self, shard: u32, change: Change, now: Instant) {
        let node = self.primary(shard);
        node.change(change, now);
        self.tell_replicas(node, (u64::MAX, now.as_nanos()), now);
    }

    /// Each node does what it would have done by itself by now.
    pub(super) fn catch_up(&self, now: Instant) {
        for shard in 0..self.shards.len() as u32 {
            let node = self.primary(shard);
            node.catch_up(now);
            self.tell_replicas(node, (u64::MAX, now.as_nanos()), now);
        }
        self.nodes.iter().for_each(|node| node.catch_up(now));
    }

    /// Those that answer for a share now.
    pub(super) fn primaries(&self) -> impl Iterator<Item = &Node> {
        (0..self.shards.len() as u32).map(|shard| self.primary(shard))
    }

    /// All but those that are kept in reserve.
    pub(super) fn in_use(&self) -> impl Iterator<Item = &Node> {
        self.nodes
            .iter()
            .filter(|node| !self.shards[node.shard as usize].reserve.borrow().contains(&node.number))
    }
}

/// How many replicas a share has, and how many nodes are kept in reserve for it.
fn members(spec: &RedisSpec, events: &[Event], shard: u32) -> (u32, u32) {
    let replicas = spec.replicas.as_ref().map_or(0, |spec| spec.count);
    (replicas, failovers_of(events, shard).saturating_sub(replicas))
}

/// How many nodes there are, with all that are kept in reserve.
pub(super) fn nodes_of(spec: &RedisSpec, events: &[Event]) -> u64 {
    let of_shard = |shard| {
        let (replicas, reserve) = members(spec, events, shard);
        u64::from(1 + replicas + reserve)
    };
    (0..spec.nodes).map(of_shard).sum()
}
