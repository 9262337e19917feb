//! Which settings of writes go together with the layers that a scenario has.

use super::Model;
use super::event::{Action, Event};
use super::key::KeyGroup;
use super::objective::Objective;
use super::write::{OnWrite, takes_long_ways};
use crate::scenario::Reader;

pub(super) fn check(model: &Model, r: &mut Reader) {
    for group in &model.workload.keys {
        check_way(model, r, group);
        check_messages(model, r, group);
    }
    if model.bus.is_some() && !caches(model) {
        let message = "a `[bus]` tells caches of writes, and there is none";
        r.conflict(&["bus"], message, "add a `[process]` or a `[redis]` table, or take `[bus]` away");
    }
    model.events.iter().for_each(|event| check_event(model, r, event));
    model.objectives.iter().for_each(|objective| check_objective(model, r, objective));
}

/// Whether there is a cache beside the application.
fn caches(model: &Model) -> bool {
    model.process.is_some() || model.redis.is_some()
}

fn check_way(model: &Model, r: &mut Reader, group: &KeyGroup) {
    let [place, ..] = group.write_places;
    let way = match group.on_write {
        OnWrite::Bus if model.bus.is_none() => {
            let message = format!("the writes of `{}` go on the bus, and there is none", group.name);
            let help = "add a `[bus]` table with its `lag`, or choose another `on_write`";
            return r.problem(place, message, help);
        }
        OnWrite::WriteThrough(_) => "write-through",
        OnWrite::WriteBack(_) => "write-back",
        _ => return,
    };
    if !caches(model) {
        let message = format!("the `{way}` of `{}` needs a cache beside the application", group.name);
        r.problem(place, message, "add a `[redis]` or a `[process]` table");
    }
}

/// What nobody sends cannot get lost.
fn check_messages(model: &Model, r: &mut Reader, group: &KeyGroup) {
    let [_, broadcast, failures] = group.write_places;
    if group.broadcast.is_some() && model.process.is_none() {
        let message =
            format!("the `broadcast` of `{}` goes to the processes' caches, and there are none", group.name);
        r.problem(broadcast, message, "add a `[process]` table, or take `broadcast` away");
    }
    let tells_redis = model.redis.is_some()
        && match group.on_write {
            OnWrite::Nothing => false,
            OnWrite::Bus => model.bus.as_ref().is_some_and(|bus| bus.writer_deletes),
            _ => true,
        };
    if group.failures.cache.0 > 0.0 && !tells_redis && group.broadcast.is_none() {
        let message = format!(
            "a writer of `{}` sends nothing to a cache, so that no share of it (`failures.cache`) can be lost",
            group.name
        );
        let help = match group.on_write {
            OnWrite::Bus => "messages on the bus have `bus.loss`",
            _ => "add a `[redis]` table or a `broadcast`, or take `failures.cache` away",
        };
        r.problem(failures, message, help);
    }
}

fn check_event(model: &Model, r: &mut Reader, event: &Event) {
    if matches!(event.action, Action::Bus { .. }) && model.bus.is_none() {
        let message = "an event concerns the bus, which this scenario does not have";
        r.problem(event.action_place, message, "add a `[bus]` table, or take the event away");
    }
}

fn check_objective(model: &Model, r: &mut Reader, objective: &Objective) {
    let metric = &objective.metric;
    let (message, help) = match metric.value.split('.').next() {
        Some("write") if !takes_long_ways(model) => (
            format!("`{}` is a metric of writes that do more than delete copies", metric.value),
            "give a key group another `on_write`, a `broadcast` or `failures`, or choose another metric",
        ),
        Some("bus") if model.bus.is_none() || !takes_long_ways(model) => (
            format!("`{}` is a metric of the bus, which this scenario does not have or use", metric.value),
            "add a `[bus]` table, and give a key group `on_write = \"bus\"`",
        ),
        _ => return,
    };
    r.problem(metric.span, message, help);
}
