//! What a variant bought and what it cost, in a sentence: the largest of the differences that are more than chance.

use super::SideBySide;
use crate::experiment::{Change, Row};
use crate::measure::Wanted;
use crate::model::Bound;
use crate::report::format::Unit;
use crate::report::shown;

/// How many gains and losses are named.
const NAMED: usize = 3;

/// A metric that has changed by less than this share is not worth a word.
const LEAST: f64 = 0.01;

/// A change that somebody wants, or does not want.
struct Effect<'a> {
    row: &'a Row,
    change: &'a Change,
    is_gain: bool,
    /// Of an objective: that is what the user cares for.
    is_objective: bool,
    /// How many times as much or as little it is.
    size: f64,
}

/// The sentence for a variant, counted from 1: the base is number 0.
pub fn sentence(view: &SideBySide, variant: usize) -> String {
    let mut effects: Vec<Effect> =
        view.rows.iter().filter_map(|row| effect(view, row, variant - 1)).collect();
    effects.sort_by(|a, b| {
        let rank = |effect: &Effect| (!effect.is_objective, -effect.size);
        rank(a).partial_cmp(&rank(b)).expect("a size is a number")
    });
    let named = |is_gain: bool| {
        let mut families: Vec<&str> = Vec::new();
        let mut words = Vec::new();
        for effect in effects.iter().filter(|effect| effect.is_gain == is_gain) {
            let family = family(&effect.row.metric.name);
            if words.len() < NAMED && !families.contains(&family) {
                families.push(family);
                words.push(words_of(effect));
            }
        }
        words.join(", ")
    };
    let (bought, cost) = (named(true), named(false));
    let objectives = objectives(view, variant);
    match (bought.is_empty(), cost.is_empty()) {
        (true, true) if view.comparison.is_same_as_base(variant) => {
            format!(
                "is the same as the base in every replication: what it changes never comes to act in so long a \
                 run{objectives}"
            )
        }
        (true, true) => {
            let replications = view.comparison.base().replications();
            format!("changes nothing of this that {replications} replications can show{objectives}")
        }
        (false, true) => format!("buys {bought}; costs nothing of this{objectives}"),
        (true, false) => format!("buys nothing of this; costs {cost}{objectives}"),
        (false, false) => format!("buys {bought}; costs {cost}{objectives}"),
    }
}

fn objectives(view: &SideBySide, variant: usize) -> String {
    let ((met, all), (before, _)) = (view.met(variant), view.met(0));
    match all {
        0 => String::new(),
        _ => format!(". It meets {met} of {all} objectives, the base {before}"),
    }
}

fn effect<'a>(view: &SideBySide, row: &'a Row, change: usize) -> Option<Effect<'a>> {
    let change = &row.changes[change];
    let (base, value, difference) = (row.base?.mean, change.value?.mean, change.difference?.mean);
    let smaller = base.abs().min(value.abs());
    let is_small = difference.abs() < LEAST * base.abs();
    if !change.is_significant || is_small {
        return None;
    }
    let objective = view.objectives().iter().find(|objective| objective.metric.value == row.metric.name);
    // Whoever sets a limit says which way is better.
    let is_less_wanted = match (objective.map(|objective| objective.bound), row.metric.wanted) {
        (Some(Bound::AtMost(_)), _) | (None, Wanted::Less) => true,
        (Some(Bound::AtLeast(_)), _) | (None, Wanted::More) => false,
        (None, Wanted::Either) => return None,
    };
    let (is_gain, is_objective) = ((difference < 0.0) == is_less_wanted, objective.is_some());
    // From or to nothing is further than any factor.
    let size = if smaller == 0.0 { f64::MAX } else { base.abs().max(value.abs()) / smaller };
    Some(Effect { row, change, is_gain, is_objective, size })
}

fn words_of(effect: &Effect) -> String {
    let Row { metric, base, .. } = effect.row;
    let unit: Unit = metric.unit.into();
    let show = |estimate| {
        shown::value(&metric.name, unit, crate::experiment::Estimate { half_width: None, ..estimate })
    };
    let [from, to] = [*base, effect.change.value].map(|estimate| estimate.map_or(String::new(), show));
    format!("{} {from} → {to}", label(&metric.name))
}

/// A metric's name as words: `client.latency_p99_seconds` is "latency p99", `redis.pool_denied` "redis pool denied".
pub fn label(name: &str) -> String {
    let words = name.strip_prefix("client.").unwrap_or(name).replace(['.', '_'], " ");
    let unit = [" mean per s", " per s", " mean seconds", " seconds", " bytes"];
    let bare = unit.iter().find_map(|unit| words.strip_suffix(unit));
    bare.unwrap_or(&words).to_owned()
}

/// What a metric is a statistic of: of the percentiles of one quantity a sentence names one.
fn family(name: &str) -> &str {
    let statistics = ["_mean", "_p50", "_p90", "_p99", "_max", "_peak"];
    let end = statistics.iter().filter_map(|statistic| name.find(statistic)).min();
    &name[..end.unwrap_or(name.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metrics_name_becomes_words() {
        for (name, expected) in [
            ("client.latency_p99_seconds", "latency p99"),
            ("client.error_ratio", "error ratio"),
            ("database.load_rate_mean_per_s", "database load rate"),
            ("redis.pool_denied", "redis pool denied"),
        ] {
            assert_eq!(label(name), expected);
        }
    }

    #[test]
    fn percentiles_of_one_quantity_are_one_family() {
        assert_eq!(family("client.latency_p999_seconds"), family("client.latency_mean_seconds"));
        assert_ne!(family("redis.pool_wait_p99_seconds"), family("database.pool_wait_p99_seconds"));
    }
}
