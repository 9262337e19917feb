//! What a scenario may not say of its origins: the search engine, the downstream services, and events that hit them.

use super::Model;
use super::condition::Outage;
use super::event::{Action, Event};
use super::origin::OriginSpec;
use super::traffic::ArrivalSpec;
use crate::measure::Layer;
use crate::scenario::{Reader, Spanned, did_you_mean};

/// Each key group's origin is there.
pub(super) fn check_origins(model: &Model, r: &mut Reader) {
    for group in &model.workload.keys {
        match &group.origin {
            OriginSpec::Search(place) if model.search.is_none() => {
                let message = format!(
                    "`{}` is answered by the search engine, which this scenario does not have",
                    group.name
                );
                r.problem(place.span, message, "add a `[search]` table, or choose another `origin`");
            }
            OriginSpec::Downstream(name) => {
                check_service(model, r, name, &["database", "search"]);
            }
            OriginSpec::Database | OriginSpec::Search(_) => {}
        }
    }
}

/// A service is one of those that the scenario has, or one of these words is meant.
fn check_service(model: &Model, r: &mut Reader, name: &Spanned<String>, words: &[&str]) {
    let known = || model.downstream.iter().map(|service| service.name.as_str());
    if known().any(|known| known == name.value) {
        return;
    }
    let message = format!("no downstream service is called `{}`", name.value);
    let near = did_you_mean(&name.value, words.iter().copied().chain(known()));
    let help = near.unwrap_or_else(|| {
        if model.downstream.is_empty() {
            return format!("add a `[[downstream]]` table with the `name` {:?}", name.value);
        }
        let names = known().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        format!("there is {names}; or add a `[[downstream]]` table for it")
    });
    r.problem(name.span, message, help);
}

/// An event of the search engine or of services; true if that is all there is to say about it.
pub(super) fn check_event_of_origin(model: &Model, r: &mut Reader, event: &Event) -> bool {
    match &event.action {
        Action::Outage { of: Layer::Downstream, service, outage, .. } => {
            check_services(model, r, event, service.as_ref(), *outage == Outage::Hangs);
        }
        Action::Slow { of: Layer::Downstream, service, .. } => {
            check_services(model, r, event, service.as_ref(), false);
        }
        Action::Rebuild { .. } if model.search.is_none() => {
            let message = "an event rebuilds the search index, which this scenario does not have";
            r.problem(event.action_place, message, "add a `[search]` table, or take the event away");
        }
        Action::Rebuild { reads, .. } if reads.0 > 0.0 && model.database.is_none() => {
            let message = "`reads` are of the database, which this scenario does not have";
            r.problem(event.action_place, message, "add a `[database]` table, or take `reads` away");
        }
        Action::Rebuild { reads, .. }
            if reads.0 > 0.0 && matches!(model.workload.arrivals, ArrivalSpec::Trace(_)) =>
        {
            let message = "`reads` go through all keys, and those of a trace are known only when they appear";
            r.problem(event.action_place, message, "take `reads` away");
        }
        Action::Rebuild { reads, .. } if reads.0 > 0.0 && !asks_search(model) => {
            let message = "`reads` are of what the index is built from, and no key group is answered by it";
            r.problem(event.action_place, message, "give a key group `origin = \"search\"`");
        }
        Action::Rebuild { .. } => {}
        _ => return false,
    }
    true
}

fn asks_search(model: &Model) -> bool {
    model.workload.keys.iter().any(|group| matches!(group.origin, OriginSpec::Search(_)))
}

fn check_services(model: &Model, r: &mut Reader, event: &Event, name: Option<&Spanned<String>>, hangs: bool) {
    if model.downstream.is_empty() {
        let message = "an event concerns downstream services, of which this scenario has none";
        r.problem(event.action_place, message, "add a `[[downstream]]` table, or take the event away");
        return;
    }
    if let Some(name) = name {
        check_service(model, r, name, &[]);
    }
    let hit = |service: &str| name.is_none_or(|name| name.value == service);
    let patient = model.downstream.iter().find(|spec| spec.timeout.is_none() && hit(&spec.name));
    if let Some(service) = patient.filter(|_| hangs) {
        let name = &service.name;
        let message = format!("nothing comes back from `{name}`, and its callers would wait for ever");
        r.problem(event.action_place, message, format!("set the `timeout` of `{name}`, or remove `hangs`"));
    }
}
