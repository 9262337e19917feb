//! What a scenario may not say of instances that come and go, although each setting by itself is sound.

use super::Model;
use super::event::Action;
use super::traffic::ArrivalSpec;
use crate::scenario::Reader;

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
    }
    check_numbers(model, r);
}

/// To scale to what there is would do nothing.
fn check_numbers(model: &Model, r: &mut Reader) {
    let mut scales: Vec<_> = model
        .events
        .iter()
        .filter_map(|event| match &event.action {
            Action::Scale(spec) => Some((event, spec.instances)),
            _ => None,
        })
        .collect();
    scales.sort_by_key(|(event, _)| event.at);
    let mut before = model.app.instances;
    for (event, instances) in scales {
        if instances == before {
            let message =
                format!("there are {instances} instances already when this event scales to {instances}");
            r.problem(event.action_place, message, "give it another number, or take it away");
        }
        before = instances;
    }
}
