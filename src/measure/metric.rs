//! What a metric is: its name, what its number counts, what sort of number it is, and which way is better.

use super::histogram::Histogram;
use std::fmt;

/// What the number of a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// A part of a whole, or one quantity as a multiple of another.
    Ratio,
    /// So many each second.
    PerSecond,
    /// So many.
    Count,
    /// Bytes.
    Bytes,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "s",
            Self::Ratio => "ratio",
            Self::PerSecond => "1/s",
            Self::Count => "count",
            Self::Bytes => "bytes",
        })
    }
}

/// Which way a metric changes when a system gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It falls.
    Less,
    /// It rises.
    More,
    /// Neither is better by itself.
    Either,
}

/// What sort of number a metric is; decides how runs are put together and what their spread is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A mean over the window: a rate, a utilisation, a mean latency.
    Mean,
    /// A percentile of all requests or calls, such as 0.99.
    Percentile(f64),
    /// How many of the things that were counted are of one sort, as a share of all.
    Share,
    /// How many there were in the window.
    Count,
    /// The largest value, or the smallest, that was seen within the window. It grows with the window.
    Peak,
}

impl Kind {
    /// As it is written in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Percentile(_) => "percentile",
            Self::Share => "share",
            Self::Count => "count",
            Self::Peak => "peak",
        }
    }
}

/// A metric: what it is called and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// `layer.what`, the unit last.
    pub name: String,
    /// What its number counts.
    pub unit: Unit,
    /// What sort of number it is.
    pub kind: Kind,
    /// Of a share: what is counted, such as `requests`. Empty for other kinds.
    pub whole: &'static str,
    /// What it means.
    pub sentence: &'static str,
    /// Which way is better.
    pub wanted: Wanted,
}

impl Metric {
    /// The least and the largest value that it can have.
    #[must_use]
    pub fn range(&self) -> [f64; 2] {
        let is_multiple = MULTIPLES.iter().any(|multiple| self.name.ends_with(multiple));
        [0.0, if self.unit == Unit::Ratio && !is_multiple { 1.0 } else { f64::INFINITY }]
    }

    /// Whether it grows with the measured time, so that two of different lengths cannot be compared.
    #[must_use]
    pub fn grows_with_window(&self) -> bool {
        matches!(self.kind, Kind::Peak | Kind::Count)
    }

    /// An interval without what lies outside of [`Metric::range`].
    #[must_use]
    pub fn clip(&self, interval: [f64; 2]) -> [f64; 2] {
        let [least, most] = self.range();
        interval.map(|end| end.clamp(least, most))
    }

    /// The resolution of its value: two values that are closer than this may be one, rounded differently. 0 if the value is
    /// exact. The step of a share depends on how many were counted, see [`super::Part`].
    #[must_use]
    pub fn step(&self, value: f64, window_seconds: f64) -> f64 {
        match (self.kind, self.unit) {
            (Kind::Percentile(_), _) if value.is_finite() => Histogram::step_seconds(value),
            (Kind::Count, _) | (Kind::Peak, Unit::Count | Unit::PerSecond) => 1.0,
            (Kind::Mean, Unit::PerSecond) if window_seconds > 0.0 => 1.0 / window_seconds,
            _ => 0.0,
        }
    }
}

/// Ratios of two quantities, which may be above 1. All others are shares of a whole.
pub const MULTIPLES: [&str; 2] = ["miss_penalty_ratio", "retry_ratio"];

#[cfg(test)]
mod tests {
    use super::super::registry::metrics;

    #[test]
    fn a_metric_knows_how_coarse_its_value_is() {
        let all = metrics();
        let step = |name: &str, value| {
            let metric = all.iter().find(|metric| metric.name == name).expect("it is there");
            metric.step(value, 50.0)
        };
        for (name, value, expected) in [
            ("client.failed", 3.0, 1.0),
            ("database.concurrent_loads_per_key_max", 5.0, 1.0),
            ("database.load_rate_peak_per_s", 80.0, 1.0),
            ("database.load_rate_mean_per_s", 80.0, 0.02),
            ("client.latency_p99_seconds", 0.256, 0.002),
            ("client.latency_p99_seconds", f64::INFINITY, 0.0),
            ("client.latency_max_seconds", 0.256, 0.0),
            ("client.latency_mean_seconds", 0.256, 0.0),
        ] {
            assert!((step(name, value) - expected).abs() < 1e-12, "{name}");
        }
    }
}
