//! D31: the shared cache refuses to store, because its memory is full and its policy evicts nothing.

use super::{About, Find, Proof, Rule, mean, rate, share};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

pub static RULE: Rule = Rule {
    code: "D31",
    title: "the shared cache is full and refuses to store",
    about: About::System,
    meaning: "Memory is full and the policy evicts nothing, so new entries are not stored (Redis: `OOM command not \
              allowed`). The hit ratio is that of the keys that came first.",
    when: || "some command is refused because memory is full (`redis.refused_per_s`)".into(),
    remedy: "Set a policy that evicts, such as `redis.policy = \"allkeys-lru\"`, or more `redis.memory`.",
    source: "a count above zero",
    find: Find::Results(find),
};

fn find(_: &Subject, outcome: &Outcome) -> Option<Proof> {
    let refused = mean(outcome, "redis.refused_per_s").filter(|refused| *refused > 0.0)?;
    let hits = mean(outcome, "redis.hit_ratio")?;
    Some(Proof {
        evidence: format!(
            "{} commands are refused because memory is full; the hit ratio is {}",
            rate(refused),
            share(hits)
        ),
        advice: "Set a policy that evicts, such as `redis.policy = \"allkeys-lru\"`, or more `redis.memory`."
            .into(),
    })
}
