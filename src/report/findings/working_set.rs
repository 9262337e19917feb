//! D6: what is asked for again does not fit into the shared cache.

use super::{Proof, Rule, mean, seconds, share};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

/// Share of the copies that leave for want of memory, above which memory is the limit.
const EVICTED_MIN: f64 = 0.5;

/// A store keeps copies past their TTL until it meets them. Only when copies stay much shorter than the TTL is
/// it sure that those which make room could still have been served.
const STAY_MAX: f64 = 0.5;

pub static RULE: Rule = Rule {
    code: "D6",
    title: "the working set is larger than the cache",
    meaning: "Copies that could still be served make room for others: memory, not the TTL, decides what is cached.",
    when: || {
        format!(
            "more than {} of the copies that leave Redis make room for others, and a copy stays less than {} of \
             the shortest TTL",
            share(EVICTED_MIN),
            share(STAY_MAX)
        )
    },
    remedy: "Try more memory (`redis.memory`) or smaller values; a longer TTL changes little.",
    source: "Little's law gives how long a copy stays: copies held, divided by copies that leave each second",
    find,
};

fn find(subject: &Subject, outcome: &Outcome) -> Option<Proof> {
    let ttl = subject.capacity.redis_ttl_min?.as_secs_f64();
    let evicted = mean(outcome, "redis.evicted_memory_per_s").filter(|evicted| *evicted > 0.0)?;
    let others = ["redis.expired_per_s", "redis.invalidated_per_s", "redis.flushed_per_s"];
    let leaving = evicted + others.iter().filter_map(|name| mean(outcome, name)).sum::<f64>();
    // Little's law: copies held = copies that come and leave each second × how long each stays.
    let stay = mean(outcome, "redis.entries")? / leaving;
    let hits = mean(outcome, "redis.hit_ratio")?;
    (evicted / leaving > EVICTED_MIN && stay < STAY_MAX * ttl).then(|| Proof {
        evidence: format!(
            "a copy stays in Redis for {} on average, of a TTL of {}; {} of those that leave make room for others; \
             the hit ratio is {}",
            seconds(stay),
            seconds(ttl),
            share(evicted / leaving),
            share(hits)
        ),
        advice: "Try more `redis.memory`, or smaller values; a longer TTL changes little.".into(),
    })
}
