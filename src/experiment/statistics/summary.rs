//! What the runs of a variant say together about one metric, in the form that suits its kind.
//!
//! | kind | what is shown |
//! | --- | --- |
//! | mean | mean ± Student's t, kept within the metric's range |
//! | percentile | that of all runs together, with Woodruff's interval; of a single run a rough one, by how much its parts differ |
//! | share, count | the mean if they are frequent; else how many in how many runs, because an interval of the mean covers far less than it says |
//! | peak | median and range: a maximum grows with the window and has no mean worth an interval |
//!
//! If runs disagree, no interval is shown, and of means those of both parts.

use super::{Disagreement, Estimate, Found, wilson};
use crate::measure::{Metric, MetricKind, Part};

/// One metric over all runs of a variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How many runs there are.
    pub runs: usize,
    /// In how many of them the metric has a value.
    pub present: usize,
    /// The resolution of the metric's value in a run; see [`Metric::step`].
    pub step: f64,
    /// What is shown.
    pub shown: Shown,
    /// Whether its interval comes from the parts of a single run: then it is rough.
    pub is_rough: bool,
}

/// The form that suits a metric.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A mean over the runs.
    Mean {
        /// The mean.
        value: f64,
        /// Its 95 % interval; nothing with a single run, or if all runs have the same value.
        interval: Option<[f64; 2]>,
    },
    /// A percentile of all runs together.
    Percentile {
        /// Such as 0.99.
        quantile: f64,
        /// Infinite if it fails.
        value: f64,
        /// Its 95 % interval; the upper end is infinite if it is open.
        interval: Option<[f64; 2]>,
    },
    /// A percentile that too few lie above to tell it.
    TooFew {
        /// Such as 0.99.
        quantile: f64,
        /// How many there are in all runs.
        total: u64,
    },
    /// Something that rarely happens.
    Rare {
        /// The share of all runs together; of a count its mean.
        value: f64,
        /// How often it happened, in all runs.
        count: u64,
        /// Of how many, if it is a share.
        of: Option<u64>,
        /// In how many runs.
        hit: usize,
        /// The share of all possible runs in which it happens, with 95 % confidence.
        share_of_runs: [f64; 2],
    },
    /// A maximum or minimum within the window.
    Range {
        /// The median over the runs.
        median: f64,
        /// The smallest and the largest of the runs.
        ends: [f64; 2],
        /// The length of the window in seconds.
        window_seconds: f64,
    },
    /// A mean of runs that disagree.
    Split {
        /// The mean of all, which describes no run.
        value: f64,
        /// The mean of the runs that collapse, and of the others.
        means: [Option<f64>; 2],
        /// How many collapse.
        collapsed: usize,
    },
}

/// What was gathered about one metric.
#[derive(Default)]
pub(in crate::experiment) struct Gathered {
    /// The value in each run.
    pub values: Vec<Option<f64>>,
    /// Of a share: the counts of all runs, added.
    pub part: Option<Part>,
    /// Of a percentile: that of the distributions of all runs, added.
    pub percentile: Option<Found>,
}

/// A share with fewer of its sort per run is rare.
const RARE: u64 = 10;

impl Summary {
    /// Of one metric; nothing if it has no value in any run.
    pub(in crate::experiment) fn of(
        metric: &Metric,
        gathered: &Gathered,
        window_seconds: f64,
        disagreement: Option<&Disagreement>,
    ) -> Option<Self> {
        let present: Vec<f64> = gathered.values.iter().copied().flatten().collect();
        if present.is_empty() {
            return None;
        }
        let shown = match (metric.kind, gathered.percentile, disagreement) {
            (MetricKind::Percentile(quantile), Some(found), split) => {
                let shown = percentile(quantile, found, present.len());
                if split.is_some() { shown.without_interval() } else { shown }
            }
            (MetricKind::Peak, ..) => range(&present, window_seconds),
            (_, _, Some(split)) => Shown::Split {
                value: average(&present),
                means: split.means(&gathered.values),
                collapsed: split.count(),
            },
            (MetricKind::Share, ..) if is_rare(gathered.part, &present) => {
                rare_share(gathered.part.expect("a share is rare by its counts"), &present)
            }
            (MetricKind::Count, ..) if present.contains(&0.0) => rare_count(&present),
            _ => mean(metric, &present),
        };
        let step = match metric.kind {
            MetricKind::Share => {
                gathered.part.map_or(0.0, |part| present.len() as f64 / part.of.max(1) as f64)
            }
            _ => metric.step(shown.value().unwrap_or(0.0), window_seconds),
        };
        let is_rough = gathered.percentile.is_some_and(|found| found.is_rough) && shown.interval().is_some();
        Some(Self { runs: gathered.values.len(), present: present.len(), step, shown, is_rough })
    }

    /// The one number for it; nothing if there is too little to tell. Infinite if the metric fails.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.shown.value()
    }

    /// Its 95 % interval, if it has one; the upper end is infinite if it is open.
    #[must_use]
    pub fn interval(&self) -> Option<[f64; 2]> {
        self.shown.interval()
    }
}

impl Shown {
    fn value(&self) -> Option<f64> {
        match *self {
            Self::Mean { value, .. }
            | Self::Percentile { value, .. }
            | Self::Rare { value, .. }
            | Self::Split { value, .. } => Some(value),
            Self::Range { median, .. } => Some(median),
            Self::TooFew { .. } => None,
        }
    }

    /// Runs that disagree have no interval, not of percentiles either: with five runs it would hold the true value in 83 % of
    /// the cases.
    fn without_interval(self) -> Self {
        match self {
            Self::Percentile { quantile, value, .. } => Self::Percentile { quantile, value, interval: None },
            other => other,
        }
    }

    fn interval(&self) -> Option<[f64; 2]> {
        match *self {
            Self::Mean { interval, .. } | Self::Percentile { interval, .. } => interval,
            _ => None,
        }
    }
}

fn percentile(quantile: f64, found: Found, runs: usize) -> Shown {
    // That a percentile fails is known from few requests: no answer can make it finite.
    if found.value.is_infinite() || found.has_tail(quantile, runs) {
        Shown::Percentile { quantile, value: found.value, interval: found.interval }
    } else {
        Shown::TooFew { quantile, total: found.total }
    }
}

fn range(present: &[f64], window_seconds: f64) -> Shown {
    let mut sorted = present.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let (low, high) = (sorted[(n - 1) / 2], sorted[n / 2]);
    let median = if low.to_bits() == high.to_bits() { low } else { f64::midpoint(low, high) };
    Shown::Range { median, ends: [sorted[0], sorted[n - 1]], window_seconds }
}

fn is_rare(part: Option<Part>, present: &[f64]) -> bool {
    part.is_some_and(|part| present.contains(&0.0) || part.count < RARE * present.len() as u64)
}

fn rare_share(Part { count, of }: Part, present: &[f64]) -> Shown {
    let hit = present.iter().filter(|share| **share > 0.0).count();
    Shown::Rare {
        value: count as f64 / of.max(1) as f64,
        count,
        of: Some(of),
        hit,
        share_of_runs: wilson(hit, present.len()),
    }
}

fn rare_count(present: &[f64]) -> Shown {
    let hit = present.iter().filter(|count| **count > 0.0).count();
    Shown::Rare {
        value: average(present),
        count: present.iter().sum::<f64>() as u64,
        of: None,
        hit,
        share_of_runs: wilson(hit, present.len()),
    }
}

fn average(present: &[f64]) -> f64 {
    present.iter().sum::<f64>() / present.len() as f64
}

fn mean(metric: &Metric, present: &[f64]) -> Shown {
    let value = average(present);
    let half_width = Estimate::of(present).and_then(|estimate| estimate.half_width);
    let half = half_width.filter(|half| *half > 0.0);
    let interval = half.map(|half| metric.clip([value - half, value + half]));
    Shown::Mean { value, interval }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::metrics;

    fn summary(name: &str, gathered: &Gathered, disagreement: Option<&Disagreement>) -> Shown {
        let all = metrics();
        let metric = all.iter().find(|metric| metric.name == name).expect("it is there");
        Summary::of(metric, gathered, 10.0, disagreement).expect("it has a value").shown
    }

    fn values(values: &[f64]) -> Gathered {
        Gathered { values: values.iter().copied().map(Some).collect(), ..Gathered::default() }
    }

    fn parts(of: u64, counts: &[u64]) -> Gathered {
        let parts: Vec<Part> = counts.iter().filter_map(|count| Part::of(*count, of)).collect();
        let part = Part::of(counts.iter().sum(), of * counts.len() as u64);
        Gathered {
            values: parts.iter().map(|part| Some(part.share())).collect(),
            part,
            ..Gathered::default()
        }
    }

    /// The mean of 0, 0, 0, 0 and 10 is 2 and its interval ± 5.6; no rate is below 0.
    #[test]
    fn an_interval_stays_within_the_range_of_its_metric() {
        let shown = summary("redis.flushed_per_s", &values(&[0.0, 0.0, 0.0, 0.0, 10.0]), None);
        let Shown::Mean { value, interval: Some([low, high]) } = shown else { panic!("{shown:?}") };
        assert_eq!((value, low), (2.0, 0.0));
        assert!((high - 7.55).abs() < 0.01, "{high}");
        let shown = summary("database.worker_utilisation", &values(&[1.0, 0.7, 1.0]), None);
        let Shown::Mean { interval: Some([_, high]), .. } = shown else { panic!("{shown:?}") };
        assert!((high - 1.0).abs() < 1e-12);
        // A multiple may be above 1.
        let shown = summary("client.retry_ratio", &values(&[1.0, 0.7, 1.0]), None);
        let Shown::Mean { interval: Some([_, high]), .. } = shown else { panic!("{shown:?}") };
        assert!(high > 1.0);
    }

    #[test]
    fn what_happens_rarely_is_counted_and_has_no_interval() {
        let shown = summary("client.error_ratio", &parts(4_009, &[30, 0, 7, 0, 0]), None);
        let Shown::Rare { value, count, of, hit, share_of_runs } = shown else { panic!("{shown:?}") };
        assert_eq!((count, of, hit, share_of_runs), (37, Some(20_045), 2, wilson(2, 5)));
        assert!((value - 37.0 / 20_045.0).abs() < 1e-15);
        let shown = summary("client.error_ratio", &parts(4_009, &[0; 5]), None);
        assert!(matches!(shown, Shown::Rare { count: 0, share_of_runs: [0.0, high], .. } if high > 0.43));
        let shown = summary("client.failed", &values(&[0.0, 3.0]), None);
        assert!(matches!(shown, Shown::Rare { count: 3, of: None, hit: 1, .. }));
        let shown = summary("client.error_ratio", &parts(1_000, &[100, 110, 105]), None);
        assert!(matches!(shown, Shown::Mean { interval: Some(_), .. }));
    }

    #[test]
    fn a_peak_has_a_median_and_a_range() {
        let shown = summary("database.concurrent_loads_per_key_max", &values(&[3.0, 9.0, 4.0]), None);
        assert_eq!(shown, Shown::Range { median: 4.0, ends: [3.0, 9.0], window_seconds: 10.0 });
        let failing = summary("client.latency_max_seconds", &values(&[f64::INFINITY, f64::INFINITY]), None);
        assert_eq!(failing.value(), Some(f64::INFINITY));
    }

    #[test]
    fn a_mean_of_runs_that_disagree_has_no_interval() {
        let errors = [0.0, 0.2].map(Some);
        let split = Disagreement::of(&errors, &[None, None]).expect("they disagree");
        let shown = summary("client.latency_mean_seconds", &values(&[0.01, 0.5]), Some(&split));
        assert_eq!(shown, Shown::Split { value: 0.255, means: [Some(0.5), Some(0.01)], collapsed: 1 });
        let shown = summary("client.error_ratio", &parts(100, &[0, 20]), Some(&split));
        assert_eq!(shown, Shown::Split { value: 0.1, means: [Some(0.2), Some(0.0)], collapsed: 1 });
    }

    #[test]
    fn the_step_of_a_share_is_one_of_all() {
        let all = metrics();
        let metric = all.iter().find(|metric| metric.name == "client.error_ratio").expect("it is there");
        let found = Summary::of(metric, &parts(4_000, &[30, 0, 7]), 10.0, None).expect("it has a value");
        assert!((found.step - 1.0 / 4_000.0).abs() < 1e-15);
    }
}
