//! D29: many answers are stale.

use super::{About, Find, Proof, Rule, mean, seconds, share};
use crate::experiment::Outcome;
use crate::measure::Layer;
use crate::report::subject::Subject;

/// One answer in ten. Chosen: a system that means to serve this many stale answers knows it, and any other should.
const STALE_MAX: f64 = 0.1;

/// One answer in a hundred is staler than this [s]. Chosen: a value that was replaced while its answer was on the way is
/// stale too, and nobody minds.
const STALENESS_MIN: f64 = 1.0;

/// Of fewer answers nothing can be said: a share of 10 % has a standard error of 3 %.
const ANSWERS_MIN: f64 = 100.0;

pub static RULE: Rule = Rule {
    code: "D29",
    title: "many answers are stale",
    about: About::System,
    meaning: "The data was changed, but a cache still serves the old value. Users see prices, stocks or texts that are no \
              longer true.",
    when: || {
        format!(
            "more than {} of the answers to clients are stale (`client.stale_ratio`), the p99 of the staleness is at least {} \
             (`client.staleness_p99_seconds`), and there are at least {ANSWERS_MIN} requests",
            share(STALE_MAX),
            seconds(STALENESS_MIN)
        )
    },
    remedy: "Shorten the TTL of the layer that serves most of them, or delete its entries on a write (`on_write`, \
             `broadcast`, `purge`). If stale answers are fine, set an objective for `client.staleness_p99_seconds`.",
    source: "chosen: one answer in ten",
    find: Find::Results(find),
};

fn find(_: &Subject, outcome: &Outcome) -> Option<Proof> {
    let stale = mean(outcome, "client.stale_ratio")?;
    let requests = mean(outcome, "client.requests")?;
    let p99 = mean(outcome, "client.staleness_p99_seconds")?;
    let by_layer = Layer::ALL.iter().map(|layer| (*layer, outcome.served_by(*layer).stale));
    let (layer, most) = by_layer.max_by_key(|(_, stale)| *stale)?;
    let all: u64 = outcome.records().iter().map(|record| record.clients.answers.stale).sum();
    (stale > STALE_MAX && p99 >= STALENESS_MIN && requests >= ANSWERS_MIN).then(|| Proof {
        evidence: format!(
            "{} of the answers are stale; `{}` serves {} of these; the p99 of the staleness is {}",
            share(stale),
            layer.name(),
            share(most as f64 / all.max(1) as f64),
            seconds(p99)
        ),
        advice: advice(layer),
    })
}

fn advice(layer: Layer) -> String {
    let ttl = format!("Shorten `{}.ttl`", layer.table());
    match layer {
        Layer::Process => {
            format!("{ttl}, or delete the entries in all instances on a write (`broadcast`, `[bus]`).")
        }
        Layer::Redis => format!("{ttl}, or delete the entry on a write (`on_write = \"delete\"`)."),
        Layer::Cdn | Layer::Shield | Layer::Gateway => {
            format!("{ttl}, or purge the entry on a write (`purge = true`).")
        }
        Layer::Browser => format!("{ttl}: a browser cannot be told of a write."),
        Layer::Database => "Lower the lag of the replicas, or read from the primary after a write.".into(),
        Layer::Search => "Shorten `search.refresh_interval`.".into(),
        Layer::Downstream => "The service itself answers with old values.".into(),
    }
}
