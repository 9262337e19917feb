//! What a scenario may not say of instances that come and go, although each setting by itself is sound.

use super::Model;
use super::admission::Admit;
use super::event::{Action, Event};
use super::traffic::ArrivalSpec;
use crate::scenario::Reader;
use crate::time::Instant;

pub(super) fn check_rollouts(model: &Model, r: &mut Reader) {
    for event in &model.events {
        let warms = match &event.action {
            Action::Restart { warm, .. } => warm.is_some(),
            Action::Deploy(spec) => spec.warm.is_some(),
            Action::Scale(spec) => spec.warm.is_some(),
            _ => false,
        };
        if warms && model.process.is_none() {
            let message =
                "`warm` fills the cache of a new process, which this scenario's instances do not have";
            r.problem(event.action_place, message, "add a `[process]` table, or take `warm` away");
        }
        if warms && matches!(model.workload.arrivals, ArrivalSpec::Trace(_)) {
            let message =
                "`warm` loads the most popular keys, and those of a trace are known only when they appear";
            r.problem(event.action_place, message, "take `warm` away, or choose other `arrivals`");
        }
        if warms && model.process.as_ref().is_some_and(|spec| matches!(spec.admit, Admit::Hot(_))) {
            let message = "`warm` would load keys in vain: a new process knows no hot key, and `process.admit` keeps no other";
            r.problem(event.action_place, message, "take `warm` away, or `admit`");
        }
        check_instance(model, r, event);
    }
    check_numbers(model, r);
}

/// What happens to one instance needs it to be there, and those of a later `scale` are not there yet.
fn check_instance(model: &Model, r: &mut Reader, event: &Event) {
    let (instance, what) = match event.action {
        Action::Restart { instance: Some(instance), .. } => (instance, "restart"),
        Action::Crash { instance: Some(instance), .. } => (instance, "crash"),
        _ => return,
    };
    let (there, is_scaled) = instances_at(model, event.at);
    if instance <= there {
        return;
    }
    if instance > model.instances_max() && !is_scaled {
        let message = format!("there is no instance {instance} to {what}: `app.instances` is {there}");
        r.problem(event.action_place, message, "instances are counted from 1");
    } else {
        let at = event.at - Instant::ZERO;
        let message = format!(
            "there is no instance {instance} to {what} at {at}: with every `scale` up to then there are {there}"
        );
        r.problem(event.action_place, message, "name one that is there, or move this event or the `scale`");
    }
}

/// How many instances there are to be when an event at this time happens, and whether a `scale` has said so.
fn instances_at(model: &Model, at: Instant) -> (u32, bool) {
    let before = scales(model).into_iter().take_while(|(event, _)| event.at <= at);
    before.last().map_or((model.app.instances, false), |(_, instances)| (instances, true))
}

/// All events with `scale`, in the order in which they happen, and the number of instances from then on.
fn scales(model: &Model) -> Vec<(&Event, u32)> {
    let scale = |event: &'_ Event| match &event.action {
        Action::Scale(spec) => Some(spec.instances),
        _ => None,
    };
    let mut scales: Vec<_> = model.events.iter().filter_map(|event| Some((event, scale(event)?))).collect();
    scales.sort_by_key(|(event, _)| event.at);
    scales
}

/// To scale to what there is would do nothing.
fn check_numbers(model: &Model, r: &mut Reader) {
    let mut before = model.app.instances;
    for (event, instances) in scales(model) {
        if instances == before {
            let message =
                format!("there are {instances} instances already when this event scales to {instances}");
            r.problem(event.action_place, message, "give it another number, or take it away");
        }
        before = instances;
    }
}
