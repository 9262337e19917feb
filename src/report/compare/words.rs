//! Metrics and differences as words, for sentences and narrow tables.

use crate::experiment::{Change, Estimate, RUNS_MAX, Row};
use crate::model::{Bound, Objective};
use crate::report::format::{Unit, significant};
use crate::report::shown;
use crate::time::Duration;

/// What a metric is a statistic of: of the percentiles of one quantity one is enough.
pub fn quantity(name: &str) -> &str {
    let statistics = ["_mean", "_p50", "_p90", "_p95", "_p99", "_max", "_peak"];
    let end = statistics.iter().filter_map(|statistic| name.find(statistic)).min();
    &name[..end.unwrap_or(name.len())]
}

/// An objective: `latency p99 ≤ 120 ms`.
pub fn objective(objective: &Objective) -> String {
    let name = &objective.metric.value;
    let limit = shown::value(name, objective.unit.into(), exactly(objective.bound.limit()));
    let sign = match objective.bound {
        Bound::AtMost(_) => '≤',
        Bound::AtLeast(_) => '≥',
    };
    format!("{} {sign} {limit}", shown::words(name))
}

fn exactly(mean: f64) -> Estimate {
    Estimate { mean, half_width: None }
}

/// A value without its interval: what matters here is the difference.
pub fn plain(row: &Row, value: Option<f64>) -> String {
    let unit: Unit = row.metric.unit.into();
    value.map_or("–".into(), |value| shown::value(&row.metric.name, unit, exactly(value)))
}

/// The value of a variant, counted from 0, which is the base.
pub fn value_of(row: &Row, variant: usize) -> Option<f64> {
    variant.checked_sub(1).map_or(row.base, |index| row.changes[index].value)
}

/// `latency p99 1.925 s → 43.54 ms`. Where both numbers look alike, with the difference.
pub fn from_to(row: &Row, change: &Change) -> String {
    let [from, to] = [row.base, change.value].map(|value| plain(row, value));
    let label = shown::words(&row.metric.name);
    let [base, variant] = change.failing;
    if change.not_compared.is_some() {
        return format!("{label} {from}, {to}");
    }
    if from == to && base != variant {
        return format!("{label} {}", difference(row, change));
    }
    if from == to {
        return format!("{label} {from} ({} on average)", difference(row, change));
    }
    format!("{label} {from} → {to}")
}

/// The difference with its sign and interval; nothing where both are the same.
pub fn difference(row: &Row, change: &Change) -> String {
    if change.not_compared.is_some() {
        return "not compared".into();
    }
    let [base, variant] = change.failing;
    if base != variant {
        return format!("fails in {variant} of {} runs, the base in {base}", change.pairs);
    }
    let Some(difference) = change.difference else { return String::new() };
    if difference.mean == 0.0 && difference.half_width.unwrap_or(0.0) == 0.0 {
        return String::new();
    }
    shown::difference(&row.metric.name, row.metric.unit.into(), difference)
}

/// The interval of a difference that cannot be told from none: `-40 to +12 %` of the base.
pub fn range(row: &Row, change: &Change) -> Option<String> {
    let ([low, high], base) = (change.difference?.interval()?, change.base_mean);
    // Nothing falls by more than all of it, and no share rises above the whole.
    let [least, most] = row.metric.range();
    let [low, high] = [low.max((least - base).min(0.0)), high.min((most - base).max(0.0))];
    let percent = |end: f64| {
        let percent = 100.0 * end / base;
        let decimals = usize::from(percent.abs() < 9.95);
        let text = format!("{percent:+.decimals$}");
        if text.trim_matches(['+', '-', '0', '.']).is_empty() { "0".into() } else { text }
    };
    if base.is_finite() && base > 0.0 {
        return Some(format!("{} to {} %", percent(low), percent(high)));
    }
    let unit: Unit = row.metric.unit.into();
    Some(format!("{} to {}", unit.show_difference(low), unit.show_difference(high)))
}

/// A chance: `p 0.032`, `p < 0.001`.
pub fn chance(p_value: f64) -> String {
    if p_value < 0.001 {
        "p < 0.001".into()
    } else {
        let decimals = if p_value < 0.1 { 3 } else { 2 };
        format!("p {}", significant(format!("{p_value:.decimals$}").parse().unwrap_or(p_value)))
    }
}

/// Why a metric is not compared, after its name or names: a maximum or a count over a longer time is larger.
pub fn not_compared([base, variant]: [Duration; 2]) -> String {
    let [base, variant] = [base, variant].map(|window| Unit::Seconds.show(window.as_secs_f64()));
    format!("peaks, maxima and counts grow with the measured time, here {variant} and in the base {base}")
}

/// How many runs would tell.
pub fn needed(runs: f64) -> String {
    if runs > RUNS_MAX {
        "not even a million runs would tell".into()
    } else {
        format!("about {runs} runs would tell")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metrics_name_becomes_words() {
        for (name, expected) in [
            ("client.latency_p99_seconds", "latency p99"),
            ("client.latency_mean_seconds", "mean latency"),
            ("client.latency_p999_seconds", "latency p99.9"),
            ("client.error_ratio", "error ratio"),
            ("database.load_rate_mean_per_s", "database load rate"),
            ("redis.pool_denied", "redis pool denied"),
        ] {
            assert_eq!(shown::words(name), expected);
        }
    }

    #[test]
    fn percentiles_of_one_quantity_are_one_quantity() {
        assert_eq!(quantity("client.latency_p999_seconds"), quantity("client.latency_mean_seconds"));
        assert_ne!(quantity("redis.pool_wait_p99_seconds"), quantity("database.pool_wait_p99_seconds"));
    }

    #[test]
    fn chances_have_two_digits() {
        for (p_value, expected) in
            [(0.0, "p < 0.001"), (0.03125, "p 0.031"), (0.179, "p 0.18"), (1.0, "p 1"), (0.5, "p 0.5")]
        {
            assert_eq!(chance(p_value), expected);
        }
    }
}
