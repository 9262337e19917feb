//! D4: the database cannot serve the traffic without the caches, so losing the caches takes the site down.

use super::{About, Find, Proof, Rule, mean, rate, seconds, share};
use crate::experiment::Outcome;
use crate::measure::Layer;
use crate::report::subject::{Effect, Happening, Subject};
use crate::time::Instant;

pub static RULE: Rule = Rule {
    code: "D4",
    title: "the database cannot carry the load without the caches",
    about: About::System,
    meaning: "The caches are not just an optimisation: if they are empty or down, their traffic goes to a database that \
              cannot serve it. Nobody notices this until it happens.",
    when: || {
        "there is a cache, and in the peak second clients read more (`client.request_rate_peak_per_s` without writes) \
         than the capacity of the database: `database.workers` divided by the mean of `database.read`, times the \
         replicas, slowed by `database.contention`"
            .into()
    },
    remedy: "Test a cold start and an outage of the cache (`[[event]]` with `flush` or `outage`), and decide which \
             requests to reject then. If the run has such events, the finding says what they showed.",
    source: "the capacity of a queue is its number of servers divided by the mean service time",
    find: Find::Results(find),
};

fn find(subject: &Subject, outcome: &Outcome) -> Option<Proof> {
    let capacity = subject.capacity.database_reads_per_s?;
    // The layer nearest to the database stands for all: it is the easiest to lose.
    let mut from_behind = Layer::CACHING.iter().rev();
    let cache = *from_behind.find(|layer| mean(outcome, &format!("{}.hit_ratio", layer.name())).is_some())?;
    let all = mean(outcome, "client.requests").filter(|requests| *requests > 0.0)?;
    let reads = 1.0 - mean(outcome, "client.writes")? / all;
    let usual = mean(outcome, "client.request_rate_mean_per_s")? * reads;
    let peak = mean(outcome, "client.request_rate_peak_per_s")? * reads;
    (peak > capacity).then(|| Proof {
        evidence: format!(
            "clients read {} on average and {} in the peak second; the database can serve {}",
            rate(usual),
            rate(peak),
            rate(capacity)
        ),
        advice: advice(cache, subject, outcome),
    })
}

/// The ways to lose a cache.
#[derive(Clone, Copy, PartialEq)]
enum Loss {
    ColdStart,
    Outage,
}

impl Loss {
    fn of(cache: Layer, effect: Effect) -> Option<Self> {
        match effect {
            Effect::Flush(layer) if layer == cache => Some(Self::ColdStart),
            Effect::RestartOfAll if cache == Layer::Process => Some(Self::ColdStart),
            Effect::Outage(layer) if layer == cache => Some(Self::Outage),
            _ => None,
        }
    }
}

fn advice(cache: Layer, subject: &Subject, outcome: &Outcome) -> String {
    let losses: Vec<(Loss, &Happening)> = subject
        .happenings
        .iter()
        .filter_map(|happening| Some((Loss::of(cache, happening.effect)?, happening)))
        .collect();
    let has = |loss| losses.iter().any(|(tested, _)| *tested == loss);
    // A cache in the instances is only down when they are.
    let has_outage = has(Loss::Outage) || cache != Layer::Redis;
    let open = match (has(Loss::ColdStart), has_outage) {
        (false, false) => {
            "Test a cold start and an outage of the cache (`[[event]]` with `flush` or `outage`)"
        }
        (false, true) => "Test a cold start of the cache (`[[event]]` with `flush`)",
        (true, false) => "Test an outage of the cache too (`[[event]]` with `outage`)",
        (true, true) => "",
    };
    let ends = losses.iter().skip(1).map(|(_, next)| Some(next.at)).chain([None]);
    let met: Vec<Aftermath> =
        losses.iter().zip(ends).filter_map(|((_, loss), end)| aftermath(outcome, loss, end)).collect();
    let plan = "decide which requests to reject then.";
    if met.is_empty() {
        return format!("{open}, and {plan}");
    }
    let shown = met.iter().map(|met| met.told.as_str()).collect::<Vec<_>>().join("; ");
    let has_copies = cache == Layer::Redis && mean(outcome, "process.hit_ratio").is_some();
    let kept = has_copies && losses.iter().all(|(_, loss)| instances_keep_copies(subject, loss));
    let so_far = match (met.iter().any(|met| met.any_failed), kept) {
        (true, _) => format!("This run shows it: {shown}."),
        (false, false) => format!("In this run no request failed: {shown}."),
        (false, true) => format!(
            "In this run only one of the two layers was lost. The instances kept their entries, and no request failed: \
             {shown}. Lose both at the same time (add an event with `flush = \"process\"`)."
        ),
    };
    if open.is_empty() {
        format!("{so_far} If that is not acceptable, {plan}")
    } else {
        format!("{so_far} {open}, and {plan}")
    }
}

/// Whether the caches in the instances kept their entries while the shared cache was lost.
fn instances_keep_copies(subject: &Subject, loss: &Happening) -> bool {
    let end = |happening: &Happening| happening.at + happening.lasts.unwrap_or_default();
    let is_empty = |other: &&Happening| Loss::of(Layer::Process, other.effect).is_some();
    subject.happenings.iter().filter(is_empty).all(|other| end(other) < loss.at || end(loss) < other.at)
}

/// What clients saw after a loss.
struct Aftermath {
    told: String,
    any_failed: bool,
}

/// What clients saw from a loss to `end`, or to the end of the run.
fn aftermath(outcome: &Outcome, loss: &Happening, end: Option<Instant>) -> Option<Aftermath> {
    let timeline = outcome.timeline()?;
    let first = timeline.bucket(loss.at)?;
    let last = end.and_then(|end| timeline.bucket(end)).unwrap_or(timeline.buckets()).max(first + 1);
    let sum = |values: &[f64]| values[first..last].iter().sum::<f64>();
    let (mut failed, mut ended) = (0.0, 0.0);
    for record in outcome.records() {
        failed += sum(record.clients.failures.values());
        ended += sum(record.clients.failures.values()) + sum(record.clients.completions.values());
    }
    let slowest = outcome.latency_series()?.quantile(0.99)[first..last].iter().copied().fold(0.0, f64::max);
    let any_failed = failed > 0.0;
    let failed = if any_failed {
        format!("{} of the requests fail", share(failed / ended))
    } else {
        "no request fails".into()
    };
    let told = format!(
        "after \"{}\" at {}, {failed}, and the p99 latency reaches {}",
        loss.label,
        seconds((loss.at - Instant::ZERO).as_secs_f64()),
        seconds(slowest)
    );
    Some(Aftermath { told, any_failed })
}
