//! What runs say about a metric, as a marker in a chart.

use super::chart::{Series, Style};
use crate::experiment::{Shown, Summary};
use crate::measure::MetricKind;

/// A marker for each x, with a whisker where more than one number is known.
pub fn series(name: impl Into<String>, line: &[(f64, Summary)]) -> Series {
    let value = |summary: &Summary| summary.value().unwrap_or(f64::NAN);
    let points = line.iter().map(|(at, summary)| (*at, value(summary))).collect();
    let band = line.iter().map(|(_, summary)| {
        let [low, high] = ends(&summary.shown).unwrap_or([value(summary); 2]);
        (low.max(0.0), high.max(0.0))
    });
    Series { band: Some(band.collect()), ..Series::new(name, Style::Points, points) }
}

/// Where the whisker begins and ends.
pub fn ends(shown: &Shown) -> Option<[f64; 2]> {
    match *shown {
        Shown::Mean { interval, .. } | Shown::Percentile { interval, .. } => interval,
        Shown::Range { ends, .. } => Some(ends),
        Shown::Split { means: [Some(one), Some(other)], .. } => Some([one.min(other), one.max(other)]),
        Shown::Split { .. } | Shown::Rare { .. } | Shown::TooFew { .. } => None,
    }
}

/// What a marker and its whisker stand for.
pub const fn meaning(kind: MetricKind) -> &'static str {
    match kind {
        MetricKind::Percentile(_) => {
            "the percentile of all its requests or calls with its 95 % interval, an arrow where that is open"
        }
        MetricKind::Peak => "the median of its runs, with the smallest and the largest",
        MetricKind::Share => {
            "the share in all its runs, with its 95 % interval, or the mean of each part where runs disagree"
        }
        MetricKind::Mean | MetricKind::Count => {
            "the mean of its runs with its 95 % interval, or the mean of each part where runs disagree"
        }
    }
}

/// What a number alone stands for.
pub const fn value(kind: MetricKind) -> &'static str {
    match kind {
        MetricKind::Percentile(_) => "the percentile of all requests or calls of the point",
        MetricKind::Peak => "the median of the runs of the point",
        MetricKind::Share => "the share in all runs of the point",
        MetricKind::Mean | MetricKind::Count => "the mean of the runs of the point",
    }
}
