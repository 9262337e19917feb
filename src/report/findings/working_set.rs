//! D6: what is asked for again does not fit into the shared cache.

use super::{Finding, mean, seconds, share};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

/// Share of the copies that leave for want of memory, above which memory is the limit.
const EVICTED_MIN: f64 = 0.5;

/// A store keeps copies past their TTL until it meets them. Only when copies stay much shorter than the TTL is
/// it sure that those which make room could still have been served.
const STAY_MAX: f64 = 0.5;

pub fn find(subject: &Subject, outcome: &Outcome) -> Option<Finding> {
    let ttl = subject.capacity.redis_ttl_min?.as_secs_f64();
    let evicted = mean(outcome, "redis.evicted_memory_per_s").filter(|evicted| *evicted > 0.0)?;
    let others = ["redis.expired_per_s", "redis.invalidated_per_s", "redis.flushed_per_s"];
    let leaving = evicted + others.iter().filter_map(|name| mean(outcome, name)).sum::<f64>();
    // Little's law: copies held = copies that come and leave each second × how long each stays.
    let stay = mean(outcome, "redis.entries")? / leaving;
    let hits = mean(outcome, "redis.hit_ratio")?;
    (evicted / leaving > EVICTED_MIN && stay < STAY_MAX * ttl).then(|| Finding {
        code: "D6",
        title: "the working set is larger than the cache",
        evidence: format!(
            "a copy stays in Redis for {} on average, of a TTL of {}; {} of those that leave make room for others; \
             the hit ratio is {}",
            seconds(stay),
            seconds(ttl),
            share(evicted / leaving),
            share(hits)
        ),
        advice: "Try more `redis.memory`, or smaller values; a longer TTL changes little.",
    })
}
