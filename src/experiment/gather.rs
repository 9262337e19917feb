//! What the runs say about each metric, gathered from their records.

use super::statistics::{Disagreement, Gathered, Summary};
use crate::measure::{Metric, MetricKind, Reading, Record};

/// All metrics of several runs.
pub struct All {
    /// For each metric its value in each run, where it has one.
    pub values: Vec<Vec<Option<f64>>>,
    /// For each metric what the runs say together, if it has a value in any.
    pub summaries: Vec<Option<Summary>>,
    /// Whether the runs disagree.
    pub disagreement: Option<Disagreement>,
}

/// Gathers the metrics of these runs; `metrics` are all of the registry.
pub fn gather(records: &[Record], metrics: &[Metric]) -> All {
    let mut all: Vec<Gathered> = metrics.iter().map(|_| Gathered::default()).collect();
    for record in records {
        record.readings(|place, reading| {
            let gathered = &mut all[place];
            gathered.values.push(reading.value());
            match reading {
                Reading::Absent | Reading::Number(_) | Reading::Longest(_) => {}
                Reading::Part(part) => gathered.parts.push(part),
                Reading::Percentile { ranked, .. } => {
                    gathered.pooled.get_or_insert_default().add(ranked);
                }
            }
        });
    }
    add_shares(records, metrics, &mut all);
    let values = |name: &str| {
        let place = metrics.iter().position(|metric| metric.name == name);
        place.map_or(&[][..], |place| &all[place].values)
    };
    let disagreement =
        Disagreement::of(values("client.error_ratio"), values("client.answer_latency_mean_seconds"));
    let window = records.first().map_or(0.0, Record::window_seconds);
    let summaries = metrics.iter().zip(&all);
    let summaries =
        summaries.map(|(metric, gathered)| Summary::of(metric, gathered, window, disagreement.as_ref()));
    let summaries = summaries.collect();
    All { summaries, disagreement, values: all.into_iter().map(|gathered| gathered.values).collect() }
}

/// Which share of each run lies at or below the percentile of all runs.
fn add_shares(records: &[Record], metrics: &[Metric], all: &mut [Gathered]) {
    let percentile = |(metric, gathered): (&Metric, &Gathered)| match (metric.kind, &gathered.pooled) {
        (MetricKind::Percentile(quantile), Some(pooled)) => pooled.ranked().quantile_seconds(quantile),
        _ => None,
    };
    let percentiles: Vec<Option<f64>> = metrics.iter().zip(&*all).map(percentile).collect();
    for record in records {
        record.readings(|place, reading| {
            if let (Reading::Percentile { ranked, .. }, Some(seconds)) = (reading, percentiles[place]) {
                all[place].shares.extend(ranked.share_within(seconds));
                if records.len() == 1 {
                    all[place].parts_of_one = record.shares_by_part(place, ranked, seconds);
                }
            }
        });
    }
}
