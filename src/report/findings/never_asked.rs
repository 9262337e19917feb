//! D27: a part of the system is described, and nothing ever came to it.

use super::{About, Find, Proof, Rule};
use crate::experiment::Outcome;
use crate::measure::{Layer, Record, Series};
use crate::report::subject::Subject;

pub static RULE: Rule = Rule {
    code: "D27",
    title: "a part of the system is never used",
    about: About::Run,
    meaning: "The scenario describes a layer, a service, a key group or a bus, but no request reached it. Usually a name, \
              an `origin` or a `share` is missing, and the run simulates another system than the one you mean.",
    when: || {
        "in all replications no look-up, call, request or message came to a part that the scenario describes. The warm-up \
         counts too for caches and the database. Nothing is said of a run that ends before any request does"
            .into()
    },
    remedy: "Check what should use the part: the `share` and `origin` of the key groups, and the layers in front of it.",
    source: "a count of zero",
    find: Find::Results(find),
};

fn find(_: &Subject, outcome: &Outcome) -> Option<Proof> {
    if outcome.records().is_empty() || outcome.records().iter().any(is_too_short) {
        return None;
    }
    let groups: Vec<bool> = (0..outcome.groups.len()).map(|group| is_asked(outcome, group)).collect();
    let mut unused: Vec<String> = Vec::new();
    let layers = Layer::ALL.iter().filter(|layer| is_unused(outcome, **layer));
    unused.extend(layers.map(|layer| format!("`[{}]`", layer.table())));
    let services = &outcome.fit().setting.services;
    let is_idle = |of: &[usize]| of.iter().all(|group| !groups[*group]);
    unused.extend(services.iter().filter(|(_, of)| is_idle(of)).map(|(name, _)| format!("service `{name}`")));
    let names = outcome.groups.iter().zip(&groups).filter(|(_, is_asked)| !**is_asked);
    unused.extend(names.map(|(name, _)| format!("key group `{name}`")));
    if all(outcome, |record| record.layers.bus.as_ref().map(|bus| bus.sent == 0)) {
        unused.push("`[bus]`".into());
    }
    (!unused.is_empty()).then(|| Proof {
        evidence: format!("nothing came to {}", unused.join(", ")),
        advice: "Check what should use it: the `share` and `origin` of the key groups, and the layers in front of it."
            .into(),
    })
}

/// Whether requests came, and none was over when the run was: none may have had the time to get to what is behind.
fn is_too_short(record: &Record) -> bool {
    let clients = &record.clients;
    let ended = [&clients.completions, &clients.failures].map(|series| series.values().iter().sum::<f64>());
    clients.arrived > 0 && ended.iter().all(|ended| *ended == 0.0)
}

/// Whether something is there, and is so in all replications.
fn all(outcome: &Outcome, is: impl Fn(&Record) -> Option<bool>) -> bool {
    outcome.records().iter().all(|record| is(record) == Some(true))
}

fn is_unused(outcome: &Outcome, layer: Layer) -> bool {
    let nothing = |series: &Series| series.values().iter().all(|value| *value == 0.0);
    all(outcome, |record| {
        let layers = &record.layers;
        match layer {
            Layer::Database => layers.database.as_ref().map(|it| nothing(&it.series) && it.writes == 0),
            Layer::Search => layers.search.as_ref().map(|it| it.calls == 0),
            // Each service is looked at by itself.
            Layer::Downstream => None,
            layer => layers.caches[layer as usize].as_ref().map(|it| nothing(&it.look_ups)),
        }
    })
}

/// Whether a key group is read or written: by clients, or as an item of a page.
fn is_asked(outcome: &Outcome, group: usize) -> bool {
    let is_read = |record: &Record| {
        let mut caches = record.layers.caches.iter().flatten();
        caches.any(|cache| cache.outcomes[group].iter().any(|count| *count > 0))
            || Layer::ALL.iter().any(|layer| record.served(*layer, group).staleness.count() > 0)
            || record.clients_of(group).requests() > 0
    };
    outcome.fit().setting.written[group] || outcome.records().iter().any(is_read)
}
