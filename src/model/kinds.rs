//! Kinds of settings that several mechanisms share: distributions, delays that may be absent.

use crate::cache::{Capacity, POLICIES, PolicySpec};
use crate::quantity::Bytes;
use crate::random::distribution::Distribution;
use crate::scenario::{Kind, Reader, choice, count, list, number, positive_size, size, table, time};
use crate::time::Duration;
use std::ops::RangeFrom;

/// A length of time as a distribution, in nanoseconds: `"20 ms"` is always 20 ms.
pub fn time_distribution() -> impl Kind<Value = Distribution> {
    distribution(TIME, || time(Duration::ZERO..=LONGEST_TIME).map(in_nanos))
}

/// As [`time_distribution`], where time must go on: between two requests of a user.
pub fn positive_time_distribution() -> impl Kind<Value = Distribution> {
    distribution(TIME, || time(Duration::from_nanos(1)..=LONGEST_TIME).map(in_nanos))
}

/// A size as a distribution, in bytes.
pub fn size_distribution() -> impl Kind<Value = Distribution> {
    let show = |bytes: f64| Bytes(bytes as u64).to_string();
    distribution(show, || size(Bytes(1)..=LARGEST_VALUE).map(|size: Bytes| size.0 as f64))
}

/// A number of things as a distribution, whose values are rounded.
pub fn count_distribution() -> impl Kind<Value = Distribution> {
    distribution(|number| number.to_string(), || number(1.0..=1_000.0))
}

/// How many items a page shows, as a distribution whose values are rounded to 1 to [`FAN_OUT_MAX`].
pub fn fan_out() -> impl Kind<Value = Distribution> {
    distribution(|items| items.to_string(), || count(1..=FAN_OUT_MAX).map(f64::from))
}

/// More items than this are several pages.
pub const FAN_OUT_MAX: u32 = 50;

/// Nothing in a request takes longer, but for a heavy tail; so that no sum of times overflows.
const LONGEST_TIME: Duration = Duration::from_secs(86_400);

/// Twice the largest value that Redis takes (`proto-max-bulk-len`, 512 MiB).
const LARGEST_VALUE: Bytes = Bytes(1 << 30);

const TIME: Show = |nanos| Duration::from_nanos_f64(nanos).to_string();

fn in_nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}

/// Writes a quantity as a person would.
type Show = fn(f64) -> String;

/// A time limit, or `"none"`.
pub fn time_or_none(range: RangeFrom<Duration>) -> impl Kind<Value = Option<Duration>> {
    choice().word("none", "No limit.", None).plain(time(range), Some)
}

/// So many at most, or `"none"` for no limit.
pub fn count_or_none() -> impl Kind<Value = Option<u32>> {
    choice().word("none", "No limit.", None).plain(count(1..=1_000_000u32), Some)
}

fn distribution<K>(show: Show, quantity: fn() -> K) -> impl Kind<Value = Distribution>
where
    K: Kind<Value = f64> + 'static,
{
    let lognormal = move |r: &mut Reader| {
        let median = r.field("median", "Half of the values are below this.", quantity()).required();
        let p99 = r.field("p99", "One value in a hundred is above this.", quantity()).required();
        in_order(r, show, ("median", median), ("p99", p99));
        sound(r, "median", Distribution::lognormal_median_p99(median, p99.max(median)))
    };
    let gamma = move |r: &mut Reader| {
        let mean = r.field("mean", "The mean.", quantity()).required();
        let cv = r.field("cv", "Standard deviation divided by the mean.", number(0.001..=100.0)).required();
        sound(r, "mean", Distribution::gamma_mean_cv(mean, cv))
    };
    let weibull = move |r: &mut Reader| {
        let scale = r.field("scale", "63.2 % of the values are below this.", quantity()).required();
        let shape =
            r.field("shape", "Below 1 the tail is heavy; 1 is exponential.", number(0.05..=100.0)).required();
        sound(r, "scale", Distribution::weibull(shape, scale))
    };
    let pareto = move |r: &mut Reader| {
        let minimum = r.field("minimum", "The smallest value.", quantity()).required();
        let shape = r.field(
            "shape",
            "The smaller, the heavier the tail; the mean is infinite up to 1.",
            number(0.1..=100.0),
        );
        let shape = shape.required();
        sound(r, "minimum", Distribution::pareto(minimum, shape))
    };
    let uniform = move |r: &mut Reader| {
        let low = r.field("low", "The smallest value.", quantity()).required();
        let high = r.field("high", "The largest value.", quantity()).required();
        in_order(r, show, ("low", low), ("high", high));
        Distribution::Uniform { low, high }
    };
    choice()
        .plain(quantity(), Distribution::Constant)
        .hints(super::words_of_values::DISTRIBUTIONS)
        .tagged("exponential", "Exponential, given by its mean.", quantity(), |mean| {
            Distribution::Exponential { mean }
        })
        .tagged("lognormal", "Log-normal, given by two percentiles.", table(lognormal), |d| d)
        .tagged("gamma", "Gamma, given by its mean and its variation.", table(gamma), |d| d)
        .tagged("weibull", "Weibull.", table(weibull), |d| d)
        .tagged("pareto", "Pareto.", table(pareto), |d| d)
        .tagged("uniform", "Every value between two limits equally likely.", table(uniform), |d| d)
        .tagged(
            "empirical",
            "One of these recorded values, each equally likely.",
            list(quantity()).at_least(1),
            |values| Distribution::empirical(values).unwrap_or(Distribution::Constant(0.0)),
        )
}

/// The second of two settings must not be below the first.
fn in_order(r: &mut Reader, show: Show, low: (&str, f64), high: (&str, f64)) {
    if low.1 > high.1 {
        let message = format!("`{}` ({}) is below `{}` ({})", high.0, show(high.1), low.0, show(low.1));
        r.contradiction(high.0, message, format!("raise `{}`, or lower `{}`", high.0, low.0));
    }
}

/// What a constructor refuses beyond what its settings refuse can only be a parameter of zero; a constant
/// stands in for it.
fn sound(r: &mut Reader, key: &str, made: Result<Distribution, String>) -> Distribution {
    made.unwrap_or_else(|_| {
        r.contradiction(key, format!("`{key}` must be above 0 here"), "for no time at all write `\"0 s\"`");
        Distribution::Constant(0.0)
    })
}

/// An eviction policy out of those that make sense in a layer; the first is the default.
pub fn policy(r: &mut Reader, offered: &'static [&'static str]) -> PolicySpec {
    policy_or(r, offered, offered[0])
}

/// As [`policy`], with the default that is named.
pub fn policy_or(r: &mut Reader, offered: &'static [&'static str], default: &str) -> PolicySpec {
    let named = |name| PolicySpec::named(name).expect("a policy that a layer offers exists");
    let mut kind = choice();
    for entry in POLICIES.iter().filter(|entry| offered.contains(&entry.name)) {
        kind = kind.word(entry.name, entry.summary, named(entry.name));
    }
    r.field("policy", "Which copy makes room for a new one.", kind)
        .known_as(&["eviction", "eviction_policy", "maxmemory_policy", "algorithm", "replacement"])
        .or(named(default))
}

/// The bound of a store: a size in bytes, a number of entries, or none.
pub fn sound_capacity(r: &mut Reader, key: &'static str, doc: &'static str) -> Capacity {
    let kind = choice()
        .word("none", "No bound.", Capacity::Unbounded)
        .tagged(
            "entries",
            "So many copies, whatever their size.",
            count(1..=1_000_000_000u64),
            Capacity::Entries,
        )
        .plain(positive_size(), |size| Capacity::Bytes(size.0))
        .number(count(1..=1_000_000_000u64), Capacity::Entries);
    let others = ["size", "max_size", "maximum_size", "max_entries", "memory", "maxmemory"];
    r.field(key, doc, kind).known_as(&others).or_written("10_000")
}
