//! D6: the keys that are requested again do not fit into the shared cache.

use super::{About, Find, Proof, Rule, mean, seconds, share};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

/// Memory is the limit if more than this share of the removed entries is evicted.
const EVICTED_MIN: f64 = 0.5;

/// A store keeps expired entries until it finds them. Only if entries stay much shorter than the TTL is it sure that
/// the evicted ones could still have been served.
const STAY_MAX: f64 = 0.5;

pub static RULE: Rule = Rule {
    code: "D6",
    title: "the working set is larger than the cache",
    about: About::System,
    meaning: "Entries are evicted before they expire: memory, not the TTL, decides what is cached.",
    when: || {
        format!(
            "more than {} of the entries that leave the shared cache are evicted, and an entry stays less than {} of the \
             shortest TTL",
            share(EVICTED_MIN),
            share(STAY_MAX)
        )
    },
    remedy: "Use more memory (`redis.memory`) or smaller values. A longer TTL changes little.",
    source: "Little's law: an entry stays for the number of entries divided by the entries that leave per second",
    find: Find::Results(find),
};

fn find(subject: &Subject, outcome: &Outcome) -> Option<Proof> {
    let ttl = subject.capacity.redis_ttl_min?.as_secs_f64();
    let evicted = mean(outcome, "redis.evicted_memory_per_s").filter(|evicted| *evicted > 0.0)?;
    let others = ["redis.expired_per_s", "redis.invalidated_per_s", "redis.flushed_per_s"];
    let leaving = evicted + others.iter().filter_map(|name| mean(outcome, name)).sum::<f64>();
    // Little's law: entries = entries that leave per second × how long each stays.
    let stay = mean(outcome, "redis.entries")? / leaving;
    let hits = mean(outcome, "redis.hit_ratio")?;
    (evicted / leaving > EVICTED_MIN && stay < STAY_MAX * ttl).then(|| Proof {
        evidence: format!(
            "an entry stays in the shared cache for {} on average, with a TTL of {}; {} of the entries that leave are \
             evicted; the hit ratio is {}",
            seconds(stay),
            seconds(ttl),
            share(evicted / leaving),
            share(hits)
        ),
        advice: "Use more `redis.memory`, or smaller values. A longer TTL changes little.".into(),
    })
}
