//! Metrics as text: the value of each in its unit, and the limits that objectives set.

use super::format::{Unit, significant};
use crate::experiment::{Disagreement, Estimate, Outcome, Shown, Summary};
use crate::measure::{MULTIPLES, Metric, MetricKind, PARTS, Wanted};
use crate::model::{Bound, Objective};

/// The unit of a metric.
pub fn unit(outcome: &Outcome, name: &str) -> Unit {
    let known = outcome.metrics.iter().find(|(metric, _)| metric.name == name);
    known.map_or(Unit::Count, |(metric, _)| metric.unit.into())
}

/// A metric's value. A multiple of another quantity is no share of a whole.
pub fn value(name: &str, unit: Unit, estimate: Estimate) -> String {
    let half_width = estimate.half_width.unwrap_or(0.0);
    // An interval far below the four digits that are shown would only bring more digits.
    let half_width = if half_width < estimate.mean.abs() * 1e-4 { 0.0 } else { half_width };
    // No metric is below 0, and no share above 1.
    let is_share = unit == Unit::Ratio && !MULTIPLES.iter().any(|multiple| name.ends_with(multiple));
    let [least, most] = [0.0, if is_share { 1.0 } else { f64::INFINITY }];
    let interval = [estimate.mean - half_width, estimate.mean + half_width];
    let is_inside = estimate.mean.is_finite() && (least..=most).contains(&estimate.mean);
    let interval = if is_inside { interval.map(|end| end.clamp(least, most)) } else { interval };
    if name.ends_with("penalty_ratio") {
        return times(&Unit::Count.show_between(estimate.mean, interval));
    }
    unit.show_between(estimate.mean, interval)
}

/// What has to be known about objectives on maxima, if there are any.
pub fn peaks(outcome: &Outcome) -> Option<String> {
    let is_peak = |name: &str| {
        let mut all = outcome.metrics.iter();
        all.any(|(metric, _)| metric.name == name && metric.kind == MetricKind::Peak)
    };
    peaks_of(&is_peak, &outcome.objectives, outcome.records().first()?.window_seconds())
}

/// The same of any runs that measure for so long; `is_peak` says of a metric's name whether it is a maximum.
pub fn peaks_of(
    is_peak: &dyn Fn(&str) -> bool,
    objectives: &[Objective],
    window_seconds: f64,
) -> Option<String> {
    let names = objectives.iter().map(|objective| objective.metric.value.as_str());
    let names: Vec<&str> = names.filter(|name| is_peak(name)).collect();
    let window = Unit::Seconds.show(window_seconds);
    let (verb, what) =
        if names.len() == 1 { ("is", "a maximum: it grows") } else { ("are", "maxima: they grow") };
    (!names.is_empty())
        .then(|| format!("{} {verb} {what} with the measured time, here {window}.", names.join(", ")))
}

/// What has to be known of the intervals of a single run.
pub fn single(outcome: &Outcome) -> String {
    if outcome.summaries().any(|(_, summary)| summary.is_rough) {
        format!(
            "One run: the intervals of percentiles are rough, by how much {PARTS} parts of the run differ, and nothing else has \
             one. More replications tell more: `--replications 10`."
        )
    } else {
        "One run, so there are no intervals.".into()
    }
}

/// Whether the metric of this name is a maximum or a minimum.
pub fn is_peak(metrics: &[Metric], name: &str) -> bool {
    metrics.iter().any(|metric| metric.name == name && metric.kind == MetricKind::Peak)
}

/// The sign belongs to a number and to its interval.
fn times(number: &str) -> String {
    if number.contains('(') {
        return number.replace(" (", "× (").replace(" to ", "× to ").replace(')', "×)");
    }
    format!("{}×", number.replace(" ± ", "× ± "))
}

/// A number for a sentence, in two significant digits, and in more where a share would be rounded to all.
pub fn about(unit: Unit, value: f64) -> String {
    if !value.is_finite() || value == 0.0 || (unit == Unit::Ratio && (0.995..0.9995).contains(&value)) {
        return unit.show(value);
    }
    let step = libm::exp10(libm::floor(libm::log10(value.abs())) - 1.0);
    // A number of three digits loses nothing that matters.
    unit.show(libm::round(value / step) * step)
}

/// A value as [`cell`] or [`value`] shows it, without its interval: the digits are those that the interval supports.
pub fn bare(shown: &str) -> String {
    // `43.5 ms (42.9 to 44.8 ms)`
    if let Some((number, rest)) = shown.split_once(" (") {
        let after = rest.split_once(')').map_or("", |(_, after)| after);
        return format!("{number}{after}");
    }
    let Some((number, rest)) = shown.split_once(" ± ") else { return shown.to_owned() };
    // A unit behind a blank stands once, behind both.
    match rest.split_once(' ') {
        Some((_, unit)) => format!("{number} {unit}"),
        None => number.to_owned(),
    }
}

/// A metric's name as words: `client.latency_p99_seconds` is "latency p99", `client.latency_mean_seconds` "mean latency",
/// `redis.pool_denied` "redis pool denied".
pub fn words(name: &str) -> String {
    let words =
        name.strip_prefix("client.").unwrap_or(name).replace(['.', '_'], " ").replace("p999", "p99.9");
    if let Some(bare) = words.strip_suffix(" mean seconds") {
        return format!("mean {bare}");
    }
    let unit = [" mean per s", " per s", " seconds", " bytes"];
    let bare = unit.iter().find_map(|unit| words.strip_suffix(unit));
    bare.unwrap_or(&words).to_owned()
}

/// A difference of a metric, with its sign.
pub fn difference(name: &str, unit: Unit, difference: Estimate) -> String {
    let half_width = difference.half_width.unwrap_or(0.0);
    if name.ends_with("penalty_ratio") {
        return times(&Unit::Count.show_difference_interval(difference.mean, half_width));
    }
    unit.show_difference_interval(difference.mean, half_width)
}

/// The limit of an objective.
pub fn limit(name: &str, unit: Unit, bound: Bound) -> String {
    let number = value(name, unit, Estimate { mean: bound.limit(), half_width: None });
    match bound {
        Bound::AtMost(_) => format!("at most {number}"),
        Bound::AtLeast(_) => format!("at least {number}"),
    }
}

/// The limit of an objective where there is little room: `≤ 120 ms`.
pub fn short_limit(name: &str, unit: Unit, bound: Bound) -> String {
    limit(name, unit, bound).replace("at most", "≤").replace("at least", "≥")
}

/// What all runs say about a metric, as [`cell`]; nothing if it has no value in any.
pub fn of(outcome: &Outcome, name: &str) -> Option<String> {
    let (metric, _) = outcome.metrics.iter().find(|(metric, _)| metric.name == name)?;
    Some(cell(metric, outcome.summary(name)?))
}

/// What all runs say about a metric, in a cell of a table: as [`summary`], with the share and no counts of what is rare,
/// and without the window of a maximum.
pub fn cell(metric: &Metric, all: &Summary) -> String {
    let one = |value: f64| value_of(&metric.name, metric.unit.into(), value, None);
    match all.shown {
        Shown::Rare { value, of: Some(_), hit, count, .. } if count > 0 && hit < all.present => {
            format!("{}, in {hit} of {} runs", one(value), all.present)
        }
        Shown::Rare { value, of: Some(_), .. } => one(value),
        Shown::Range { median, ends: [low, high], .. } if low < high => {
            format!("{} ({})", one(median), from_to(&one(low), &one(high)))
        }
        Shown::TooFew { .. } => "too few".to_owned(),
        _ => summary(metric, all),
    }
}

/// What all runs say about a metric: `43.5 ms (42.9 to 44.8 ms)`, `37 of 20,045 requests, in 2 of 5 runs`, `fails`.
pub fn summary(metric: &Metric, summary: &Summary) -> String {
    let unit = metric.unit.into();
    let one = |value: f64| value_of(&metric.name, unit, value, None);
    let text = match &summary.shown {
        Shown::Mean { value, interval } | Shown::Percentile { value, interval, .. } => {
            let text = value_of(&metric.name, unit, *value, *interval);
            if summary.is_rough { roughly(&text) } else { text }
        }
        Shown::TooFew { quantile, .. } => format!("too few for a {}", percentile(*quantile)),
        Shown::Rare { count, of, hit, share_of_runs, .. } => {
            let of = of.map_or(String::new(), |of| format!(" of {} {}", grouped(of), metric.whole));
            let is_told = *count > 0 && summary.present > 1;
            let runs = format!(", in {hit} of {} runs", summary.present);
            // That none of a few runs did it does not say that none would.
            let is_open = *count == 0 && summary.present > 1 && metric.wanted == Wanted::Less;
            let open = format!(", up to {:.0} % of runs could have some", share_of_runs[1] * 100.0);
            let more = if is_told { &runs } else { "" };
            return format!("{}{of}{more}{}", grouped(*count), if is_open { &open } else { "" });
        }
        Shown::Range { median, ends: [low, high], window_seconds } => {
            let window = Unit::Seconds.show(*window_seconds);
            let between = format!(" ({} in {window})", from_to(&one(*low), &one(*high)));
            format!("{}{}", one(*median), if low < high { &between } else { "" })
        }
        Shown::Split { value, means: [collapsed, others], collapsed: count } => {
            let part = |mean: Option<f64>| mean.map_or("–".to_owned(), one);
            let rest = summary.runs - count;
            match [collapsed, others].map(|mean| mean.map(f64::to_bits)) {
                [a, b] if a == b => one(*value),
                _ => format!("{} in {count} runs, {} in {rest}", part(*collapsed), part(*others)),
            }
        }
    };
    let is_partial = summary.present < summary.runs && !matches!(summary.shown, Shown::Split { .. });
    let runs = format!(", in {} of {} runs", summary.present, summary.runs);
    format!("{text}{}", if is_partial { &runs } else { "" })
}

/// An interval that is rough says so: `43.5 ms (roughly 42.9 to 44.8 ms)`, `43.5 ms (roughly ± 0.4 ms)`.
fn roughly(shown: &str) -> String {
    match shown.split_once(" ± ") {
        Some((_, half)) => format!("{} (roughly ± {half})", bare(shown)),
        None => shown.replacen(" (", " (roughly ", 1),
    }
}

/// A number of a metric with its interval.
pub fn value_of(name: &str, unit: Unit, number: f64, interval: Option<[f64; 2]>) -> String {
    // An interval far below the four digits that are shown would only bring more digits.
    let is_wide = |[low, high]: &[f64; 2]| high - low >= number.abs() * 2e-4;
    let interval = interval.filter(is_wide).unwrap_or([number; 2]);
    if name.ends_with("penalty_ratio") {
        return times(&Unit::Count.show_between(number, interval));
    }
    unit.show_between(number, interval)
}

/// `3.4 to 4.9 %`: a unit that both have is written once.
fn from_to(low: &str, high: &str) -> String {
    let unit = |text: &str| text.split_once(' ').map(|(_, unit)| unit.to_owned());
    match (low.split_once(' '), unit(low) == unit(high)) {
        (Some((number, _)), true) => format!("{number} to {high}"),
        _ => format!("{low} to {high}"),
    }
}

/// A count in groups of three digits: `20,045`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group));
    groups.collect::<Vec<_>>().join(",")
}

/// `p99`, `p99.9`.
pub fn percentile(quantile: f64) -> String {
    format!("p{}", significant(quantile * 100.0))
}

/// How runs disagree: `3 of 5 runs collapse (23 to 88 %): errors 9.7 % in those, 0 % in the others`.
pub fn disagreement(split: &Disagreement) -> String {
    let [low, high] = split.share.map(|share| format!("{:.0}", share * 100.0));
    let differs = |parts: &[f64; 2]| parts.iter().all(|part| part.is_finite()) && parts[0] > parts[1];
    let (what, unit, parts) = if differs(&split.errors) {
        ("errors", Unit::Ratio, split.errors)
    } else {
        ("mean latency", Unit::Seconds, split.latency)
    };
    let [collapsed, others] = parts.map(|part| unit.show(part));
    let (count, of) = (split.count(), split.collapsed.len());
    let collapse = if count == 1 { "collapses" } else { "collapse" };
    format!(
        "{count} of {of} runs {collapse} ({low} to {high} %): {what} {collapsed} in those, {others} in the others"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::wilson;
    use crate::measure::metrics;

    fn text(name: &str, present: usize, shown: Shown) -> String {
        let all = metrics();
        let metric = all.iter().find(|metric| metric.name == name).expect("it is there");
        summary(metric, &Summary { runs: 5, present, step: 0.0, shown, is_rough: false })
    }

    #[test]
    fn each_kind_of_metric_is_shown_in_its_form() {
        let rare = |count, hit| Shown::Rare {
            value: 0.0,
            count,
            of: Some(20_045),
            hit,
            share_of_runs: wilson(hit, 5),
        };
        let percentile =
            |value, low, high| Shown::Percentile { quantile: 0.99, value, interval: Some([low, high]) };
        let range = |low, median, high| Shown::Range { median, ends: [low, high], window_seconds: 60.0 };
        let p99 = "client.latency_p99_seconds";
        let errors = "client.error_ratio";
        let herd = "database.concurrent_loads_per_key_max";
        for (name, present, shown, expected) in [
            (
                "redis.hit_ratio",
                5,
                Shown::Mean { value: 0.819, interval: Some([0.817, 0.821]) },
                "81.9 ± 0.2 %",
            ),
            (p99, 5, percentile(0.0435, 0.0429, 0.0448), "43.5 ms (42.9 to 44.8 ms)"),
            (p99, 5, percentile(0.0435, 0.0429, f64::INFINITY), "43.5 ms (at least 42.9 ms)"),
            (p99, 5, percentile(f64::INFINITY, f64::INFINITY, f64::INFINITY), "fails"),
            (p99, 3, percentile(0.5, 0.5, 0.5), "500 ms, in 3 of 5 runs"),
            (p99, 5, Shown::TooFew { quantile: 0.999, total: 700 }, "too few for a p99.9"),
            (errors, 5, rare(37, 2), "37 of 20,045 requests, in 2 of 5 runs"),
            (errors, 5, rare(0, 0), "0 of 20,045 requests, up to 43 % of runs could have some"),
            (herd, 5, range(3.0, 4.0, 9.0), "4 (3 to 9 in 1 min)"),
            (herd, 5, range(4.0, 4.0, 4.0), "4"),
            ("redis.node_utilisation_max", 5, range(0.034, 0.04, 0.049), "4 % (3.4 to 4.9 % in 1 min)"),
            ("client.answer_latency_max_seconds", 5, range(0.9, 1.0, 1.1), "1 s (900 ms to 1.1 s in 1 min)"),
            (
                errors,
                5,
                Shown::Split { value: 0.06, means: [Some(0.097), Some(0.0)], collapsed: 3 },
                "9.7 % in 3 runs, 0 % in 2",
            ),
        ] {
            assert_eq!(text(name, present, shown), expected, "{name}");
        }
    }

    #[test]
    fn an_interval_from_the_parts_of_one_run_is_said_to_be_rough() {
        for (shown, expected) in [
            ("43.5 ms (42.9 to 44.8 ms)", "43.5 ms (roughly 42.9 to 44.8 ms)"),
            ("43.5 ± 0.4 ms", "43.5 ms (roughly ± 0.4 ms)"),
            ("43.5 ms (at least 42.9 ms)", "43.5 ms (roughly at least 42.9 ms)"),
            ("43.5 ms", "43.5 ms"),
        ] {
            assert_eq!(roughly(shown), expected);
            assert_eq!(bare(&roughly(shown)), "43.5 ms");
        }
    }

    #[test]
    fn runs_that_disagree_are_told_in_one_sentence() {
        let errors = [0.0, 0.1, 0.0, 0.08, 0.111].map(Some);
        let split = Disagreement::of(&errors, &[None; 5]).expect("they disagree");
        assert_eq!(
            disagreement(&split),
            "3 of 5 runs collapse (23 to 88 %): errors 9.7 % in those, 0 % in the others"
        );
    }

    #[test]
    fn a_value_without_its_interval_keeps_its_unit() {
        for (shown, expected) in [
            ("123 ± 4 ms", "123 ms"),
            ("249.8k/s ± 0.2k/s", "249.8k/s"),
            ("180 ± 100", "180"),
            ("81.93 %", "81.93 %"),
            ("43.5 ms (42.9 to 44.8 ms)", "43.5 ms"),
            ("43.5 ms (42.9 to 44.8 ms), in 3 of 5 runs", "43.5 ms, in 3 of 5 runs"),
            ("too few for a p99.9", "too few for a p99.9"),
            ("fails", "fails"),
        ] {
            assert_eq!(bare(shown), expected);
        }
        let of = |mean: f64, half: f64| Estimate { mean, half_width: Some(half) };
        assert_eq!(value("redis.miss_penalty_ratio", Unit::Ratio, of(2450.0, 20.0)), "2450× ± 20×");
        assert_eq!(times("2450 (2430 to 2500)"), "2450× (2430× to 2500×)");
    }

    #[test]
    fn a_sentence_has_two_digits_unless_a_share_would_be_all() {
        for (unit, number, expected) in [
            (Unit::Ratio, 0.7123, "71 %"),
            (Unit::Ratio, 0.9996, "100 %"),
            (Unit::Ratio, 0.998, "99.8 %"),
            (Unit::Ratio, 0.00312, "0.31 %"),
            (Unit::Seconds, 2.216, "2.2 s"),
            (Unit::Seconds, 0.9284, "930 ms"),
            (Unit::Count, 0.0, "0"),
            (Unit::Seconds, f64::INFINITY, "fails"),
        ] {
            assert_eq!(about(unit, number), expected);
        }
    }
}
