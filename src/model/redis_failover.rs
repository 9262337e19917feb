//! The death of a node: for a while nobody answers for its keys, then a replica does, or the node itself, restarted.
//!
//! Whoever takes over has what it had when the node died, and no more. What the node had acknowledged and its successor
//! had not heard of is lost: copies, which costs a miss each, but deletes as well, and with these copies come back that
//! had been deleted because they were out of date.

use super::condition::Outage;
use super::event::{Action, Event};
use super::redis::Redis;
use super::redis_cluster::{Cluster, Shard};
use super::world::World;
use super::write;
use crate::cache::Store;
use crate::measure::LostRecord;
use crate::scenario::{Reader, count, flag, positive_time};
use crate::time::{Duration, Instant};
use std::future::Future;

/// A node dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failover {
    /// Which primary, counted from 1.
    pub node: u32,
    /// For how long nobody answers for its keys.
    pub after: Duration,
    /// What its callers meet meanwhile.
    pub outage: Outage,
    /// How old its last snapshot is when it dies, if it is restarted from one.
    pub snapshot: Option<Duration>,
}

impl Failover {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            node: r.field("node", "Which primary dies, counted from 1.", count(1..=1_000u32)).or(1),
            after: r
                .field(
                    "after",
                    "After how long a replica takes over, or the node is back if it has none left. Default: \
                     `cluster-node-timeout`, 15 s, and a second for gossip and the election (Redis cluster \
                     specification). Of memcached: after how long the node is back, empty.",
                    positive_time(),
                )
                .or_written(r#""16 s""#),
            outage: if r
                .field(
                    "hangs",
                    "True: nothing comes back from it until the caller's time-out, as from a machine that is gone. \
                     False: it is refused at once, as after a crash of the process.",
                    flag(),
                )
                .or(false)
            {
                Outage::Hangs
            } else {
                Outage::Refuses
            },
            snapshot: r
                .field(
                    "snapshot",
                    "With no replica left: the node is back with the copies of so long before its death, those of its \
                     last RDB snapshot or, at `\"1 s\"`, of an append-only file with `appendfsync everysec`. Without \
                     it: empty.",
                    positive_time(),
                )
                .optional(),
        }
    }
}

/// How often the primary of a share of the keys dies, counted from 0.
pub(super) fn failovers_of(events: &[Event], shard: u32) -> u32 {
    let hits = |event: &&Event| matches!(&event.action, Action::Failover(spec) if spec.node == shard + 1);
    events.iter().filter(hits).count() as u32
}

/// What a restarted node finds on its disk.
struct Snapshot {
    store: Store,
    changes: u64,
}

/// The job of one such event.
pub(super) fn fail_over(w: &World<'_>, at: Instant, spec: Failover) -> impl Future<Output = ()> {
    async move {
        let cluster = w.redis.as_ref().map(Redis::cluster).expect("events of a cluster are validated");
        let mut snapshot = None;
        if let Some(age) = spec.snapshot {
            w.engine.sleep_until(Instant::ZERO + (at - Instant::ZERO).saturating_sub(age)).await;
            snapshot = Some(Box::new(cluster.snapshot(spec.node - 1, w.engine.now())));
        }
        w.engine.sleep_until(at).await;
        let successor = cluster.bury(w, spec, snapshot);
        w.engine.sleep_until(at + spec.after).await;
        cluster.crown(w, spec.node - 1, successor);
    }
}

impl Cluster {
    fn snapshot(&self, shard: u32, now: Instant) -> Snapshot {
        let node = self.primary(shard);
        node.catch_up(now);
        Snapshot { store: node.store.borrow().clone(), changes: node.changes.get() }
    }

    /// The primary dies; yields the number of the node that will take its place: the replica that has heard most, or one
    /// of the reserve with what is on its disk.
    fn bury(&self, w: &World<'_>, spec: Failover, snapshot: Option<Box<Snapshot>>) -> u32 {
        let (now, shard) = (w.engine.now(), spec.node - 1);
        let dead = self.primary(shard);
        dead.catch_up(now);
        self.tell_replicas(dead, (u64::MAX, now.as_nanos()), now);
        dead.die(spec.outage);
        write::node_died(w, |group, key| self.shard_of(w, group.into(), key) == shard);
        let Shard { replicas, reserve, .. } = &self.shards[shard as usize];
        let replicas = replicas.borrow();
        let node = |number: &u32| &self.nodes[*number as usize];
        replicas.iter().map(node).for_each(|replica| replica.catch_up(now));
        // Of equals the first.
        let heard = |number: &&u32| (node(number).changes.get(), std::cmp::Reverse(**number));
        let Some(&successor) = replicas.iter().max_by_key(heard) else {
            let successor = reserve.borrow()[0];
            if let Some(Snapshot { store, changes }) = snapshot.map(|snapshot| *snapshot) {
                *node(&successor).store.borrow_mut() = store;
                node(&successor).changes.set(changes);
            }
            self.lose_writes(w, dead.changes.get().saturating_sub(node(&successor).changes.get()));
            return successor;
        };
        let unheard = dead.changes.get() - node(&successor).changes.get();
        self.lose_writes(w, unheard);
        for replica in &*replicas {
            let forgotten = if *replica == successor { u64::MAX } else { unheard };
            if let Some(replication) = node(replica).replication() {
                replication.borrow_mut().forget(forgotten);
            }
        }
        successor
    }

    /// From now on the successor answers.
    fn crown(&self, w: &World<'_>, shard: u32, successor: u32) {
        let now = w.engine.now();
        let spec = w.model.redis.as_ref().expect("a cluster is one of the scenario");
        let Shard { primary, replicas, reserve } = &self.shards[shard as usize];
        let [dead, node] = [primary.get(), successor].map(|number| &self.nodes[number as usize]);
        let succession = node.lead(dead, spec.capacity(), now);
        primary.set(successor);
        replicas.borrow_mut().retain(|replica| *replica != successor);
        reserve.borrow_mut().retain(|node| *node != successor);
        if w.is_measuring() {
            let lost = self.lost.get();
            let copies = lost.copies + succession.lost;
            self.lost.set(LostRecord { copies, returned: lost.returned + succession.returned, ..lost });
        }
    }

    fn lose_writes(&self, w: &World<'_>, writes: u64) {
        if w.is_measuring() {
            let lost = self.lost.get();
            self.lost.set(LostRecord { writes: lost.writes + writes, ..lost });
        }
    }
}
