//! D4: the database cannot bear the traffic without the caches, so that losing them is losing the site.

use super::{Finding, mean, rate};
use crate::experiment::Outcome;
use crate::report::subject::Subject;

pub fn find(subject: &Subject, outcome: &Outcome) -> Option<Finding> {
    let capacity = subject.capacity.database_reads_per_s?;
    let has_cache = ["process.hit_ratio", "redis.hit_ratio"].iter().any(|name| mean(outcome, name).is_some());
    let all = mean(outcome, "client.requests").filter(|requests| *requests > 0.0)?;
    let reads = 1.0 - mean(outcome, "client.writes")? / all;
    let usual = mean(outcome, "client.request_rate_mean_per_s")? * reads;
    let peak = mean(outcome, "client.request_rate_peak_per_s")? * reads;
    (has_cache && peak > capacity).then(|| Finding {
        code: "D4",
        title: "the database cannot do without the caches",
        evidence: format!(
            "clients read {} on average and {} in the fullest second; the database's workers can do {}",
            rate(usual),
            rate(peak),
            rate(capacity)
        ),
        advice: "Test a cold start and an outage of the cache (`[[event]]` with `flush` or `outage`), \
                 and plan what to turn away then.",
    })
}
