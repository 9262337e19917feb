//! What a scenario may not say of the shared cache and of the events that befall its nodes.

use super::Model;
use super::condition::Outage;
use super::event::{Action, Event};
use super::redis_cluster::nodes_of;
use super::redis_failover::{Failover, failovers_of};
use super::redis_server::ServerKind;
use super::redis_spec::RedisSpec;
use super::write::OnWrite;
use crate::scenario::Reader;
use crate::time::Instant;

/// Every instance has a pool for every node: more of them would fill the memory before anything happens.
const POOLS_MAX: u64 = 1_000_000;

pub(super) fn check(model: &Model, r: &mut Reader) {
    let Some(redis) = &model.redis else { return check_copies_without(model, r) };
    check_pools(model, redis, r);
    check_writes_of_copies(model, r);
    for event in &model.events {
        match event.action {
            Action::Outage { node: Some(node), .. } => check_node(redis, r, event, node),
            Action::Failover(spec) => {
                check_node(redis, r, event, spec.node);
                check_failover(model, redis, r, event, spec);
            }
            _ => {}
        }
    }
}

/// A setting of the shared cache where there is none would be read and ignored.
fn check_copies_without(model: &Model, r: &mut Reader) {
    for group in model.workload.keys.iter().filter(|group| group.copies > 1) {
        let message = format!(
            "the `copies` of `{}` are in the shared cache, which this scenario does not have",
            group.name
        );
        let copies = format!("workload.keys.{}.copies", group.name);
        r.conflict(&[&copies], message, "add a `[redis]` table, or take `copies` away");
    }
}

/// Whoever writes deletes all copies of a key; a new value, and a message, would reach but one of them.
fn check_writes_of_copies(model: &Model, r: &mut Reader) {
    let deletes = |way: OnWrite| matches!(way, OnWrite::Delete | OnWrite::DeleteFirst | OnWrite::Nothing);
    for group in model.workload.keys.iter().filter(|group| group.copies > 1 && !deletes(group.on_write)) {
        let message = format!(
            "a write to `{}` would change one of its {} `copies`, and leave the others as they are",
            group.name, group.copies
        );
        let at = |key: &str| format!("workload.keys.{}.{key}", group.name);
        let paths = [at("copies"), at("on_write")];
        let help = "take `copies` away, or write `on_write = \"delete\"`";
        r.conflict(&[&paths[0], &paths[1]], message, help);
    }
}

fn check_pools(model: &Model, redis: &RedisSpec, r: &mut Reader) {
    let (instances, nodes) = (model.instances_max(), nodes_of(redis, &model.events));
    if u64::from(instances) * nodes > POOLS_MAX {
        let message = format!(
            "{instances} instances and {nodes} nodes would need more than {POOLS_MAX} pools of connections"
        );
        r.conflict(&["app.instances", "redis.nodes"], message, "lower `app.instances` or `redis.nodes`");
    }
}

fn check_node(redis: &RedisSpec, r: &mut Reader, event: &Event, node: u32) {
    if node > redis.nodes {
        let message = format!("there is no node {node}: `redis.nodes` is {}", redis.nodes);
        r.problem(event.action_place, message, "nodes are counted from 1");
    }
}

fn check_failover(model: &Model, redis: &RedisSpec, r: &mut Reader, event: &Event, spec: Failover) {
    let Failover { node, after, outage, snapshot } = spec;
    if outage == Outage::Hangs && redis.timeout.is_none() {
        let message = format!("nothing comes back from node {node}, and its callers would wait for ever");
        r.problem(event.action_place, message, "set `redis.timeout`, or remove `hangs`");
    }
    let others = model.events.iter().filter(|other| !std::ptr::eq(*other, event));
    let again = |other: &&Event| match &other.action {
        Action::Failover(other_spec) => {
            other_spec.node == node && (event.at..event.at + after).contains(&other.at)
        }
        _ => false,
    };
    if let Some(other) = others.clone().find(again) {
        let message = format!("node {node} dies again before another has taken its place");
        r.problem(other.action_place, message, "raise its `at`, or lower the `after` of the one before");
    }
    let Some(age) = snapshot else { return };
    if let ServerKind::Memcached(_) = redis.server {
        let message = "memcached writes no snapshot: a node comes back empty";
        return r.problem(event.action_place, message, "remove `snapshot`");
    }
    let earlier: Vec<Event> = others.filter(|other| other.at < event.at).cloned().collect();
    let replaced = |earlier: &Event| match &earlier.action {
        Action::Failover(spec) if spec.node == node => Some(earlier.at + spec.after),
        _ => None,
    };
    let replaced = earlier.iter().filter_map(replaced).max();
    let left = redis.replicas.as_ref().map_or(0, |replicas| replicas.count);
    if left > failovers_of(&earlier, node - 1) {
        let message = format!("a replica of node {node} takes its place, and its `snapshot` is never read");
        r.problem(event.action_place, message, "remove `snapshot`, or lower `redis.replicas.count`");
    } else if age > event.at - Instant::ZERO {
        let message = format!("a `snapshot` so old ({age}) is from before the start");
        r.problem(event.action_place, message, "lower it, or remove it: the node is back empty then");
    } else if let Some(replaced) = replaced.filter(|replaced| event.at < *replaced + age) {
        let now = event.at - replaced;
        let message = format!(
            "the `snapshot` of node {node} is {age} old, and from before it was replaced by the failover before"
        );
        r.problem(event.action_place, message, format!("lower `snapshot`: it can be {now} old at most"));
    }
}
