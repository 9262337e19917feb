//! What the runs say about each metric, gathered from their records, or from what is kept of them.

use super::statistics::{Disagreement, Found, Gathered, Pooled, Summary};
use crate::measure::{Basis, Metric, MetricKind, PARTS, Part, Ranked, Reading, Record};

/// All metrics of several runs.
pub struct All {
    /// For each metric its value in each run, where it has one.
    pub values: Vec<Vec<Option<f64>>>,
    /// For each metric what the runs say together, if it has a value in any.
    pub summaries: Vec<Option<Summary>>,
    /// Whether the runs disagree.
    pub disagreement: Option<Disagreement>,
}

/// A run that tells what its shares and percentiles are computed from.
pub trait Readable {
    /// Sees each of them, with its place in the registry. What other metrics are computed from may be left out.
    fn see(&self, see: &mut dyn FnMut(usize, Reading<'_>));

    /// The share at or below its percentile, which is `seconds`, in each part of the window; see [`Record::shares_by_part`].
    fn by_part(&self, place: usize, ranked: Ranked<'_>, seconds: f64) -> Option<[f64; PARTS]>;
}

impl Readable for Record {
    fn see(&self, see: &mut dyn FnMut(usize, Reading<'_>)) {
        self.readings(see);
    }

    fn by_part(&self, place: usize, ranked: Ranked<'_>, seconds: f64) -> Option<[f64; PARTS]> {
        self.shares_by_part(place, ranked, seconds)
    }
}

impl Readable for Basis {
    fn see(&self, see: &mut dyn FnMut(usize, Reading<'_>)) {
        self.readings(see);
    }

    fn by_part(&self, place: usize, _: Ranked<'_>, _: f64) -> Option<[f64; PARTS]> {
        self.shares_by_part(place)
    }
}

/// What the runs together have of a share or a percentile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Total {
    /// Of a share: the counts of all runs, added.
    pub part: Option<Part>,
    /// Of a percentile: that of the distributions of all runs, added.
    pub percentile: Option<Found>,
}

/// The metrics that tell whether runs disagree.
const ERRORS: &str = "client.error_ratio";
const LATENCY: &str = "client.answer_latency_mean_seconds";

/// Gathers the metrics of these runs; `metrics` are all of the registry.
pub fn gather(records: &[Record], metrics: &[Metric]) -> All {
    let mut values: Vec<Vec<Option<f64>>> = metrics.iter().map(|_| Vec::new()).collect();
    for record in records {
        values.iter_mut().zip(record.values()).for_each(|(all, value)| all.push(value));
    }
    let disagreement = disagreement(metrics, |place| values[place].clone());
    let window = records.first().map_or(0.0, Record::window_seconds);
    let mut gathered = Vec::new();
    for (values, Total { part, percentile }) in values.into_iter().zip(totals(records, metrics)) {
        gathered.push(Gathered { values, part, percentile });
    }
    let summaries = metrics.iter().zip(&gathered);
    let summaries =
        summaries.map(|(metric, gathered)| Summary::of(metric, gathered, window, disagreement.as_ref()));
    let summaries = summaries.collect();
    All { summaries, disagreement, values: gathered.into_iter().map(|gathered| gathered.values).collect() }
}

/// Whether runs disagree; `values` has those of a metric in each run.
pub fn disagreement(metrics: &[Metric], values: impl Fn(usize) -> Vec<Option<f64>>) -> Option<Disagreement> {
    let of = |name: &str| {
        let place = metrics.iter().position(|metric| metric.name == name);
        place.map_or_else(Vec::new, &values)
    };
    Disagreement::of(&of(ERRORS), &of(LATENCY))
}

/// What these runs have together of each metric.
pub fn totals(runs: &[impl Readable], metrics: &[Metric]) -> Vec<Total> {
    let mut totals: Vec<Total> = metrics.iter().map(|_| Total::default()).collect();
    let mut pooled: Vec<Option<Pooled>> = metrics.iter().map(|_| None).collect();
    for run in runs {
        run.see(&mut |place, reading| match reading {
            Reading::Part(Part { count, of }) => {
                let known = totals[place].part.get_or_insert(Part { count: 0, of: 0 });
                *known = Part { count: known.count + count, of: known.of + of };
            }
            Reading::Percentile { ranked, .. } => {
                pooled[place].get_or_insert_default().add(ranked);
            }
            Reading::Absent | Reading::Number(_) | Reading::Longest(_) => {}
        });
    }
    let shares = shares(runs, metrics, &pooled);
    for (place, metric) in metrics.iter().enumerate() {
        if let (MetricKind::Percentile(quantile), Some(pooled)) = (metric.kind, &pooled[place]) {
            let Shares { of_runs, of_parts } = &shares[place];
            let found = pooled.percentile(quantile, of_parts.as_ref().map_or(&of_runs[..], |parts| parts));
            totals[place].percentile = found.map(|found| Found { is_rough: of_parts.is_some(), ..found });
        }
    }
    totals
}

/// Which share lies at or below the percentile of all runs.
#[derive(Clone, Default)]
struct Shares {
    /// Of each run.
    of_runs: Vec<f64>,
    /// Of a single run: of each part of its window.
    of_parts: Option<[f64; PARTS]>,
}

/// For each percentile which share lies at or below that of all runs.
fn shares(runs: &[impl Readable], metrics: &[Metric], pooled: &[Option<Pooled>]) -> Vec<Shares> {
    let percentile = |(metric, pooled): (&Metric, &Option<Pooled>)| match (metric.kind, pooled) {
        (MetricKind::Percentile(quantile), Some(pooled)) => pooled.ranked().quantile_seconds(quantile),
        _ => None,
    };
    let percentiles: Vec<Option<f64>> = metrics.iter().zip(pooled).map(percentile).collect();
    let mut shares = vec![Shares::default(); metrics.len()];
    for run in runs {
        run.see(&mut |place, reading| {
            if let (Reading::Percentile { ranked, .. }, Some(seconds)) = (reading, percentiles[place]) {
                shares[place].of_runs.extend(ranked.share_within(seconds));
                if runs.len() == 1 {
                    shares[place].of_parts = run.by_part(place, ranked, seconds);
                }
            }
        });
    }
    shares
}
