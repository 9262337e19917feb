//! What the replications of a point say together, as `run` says it of the same scenario.
//!
//! It is computed when the point is done, from the counts and distributions of its replications. Of these only the sums
//! of the counts and the percentiles with their intervals stay: a few bytes for each metric.

use super::Numbers;
use crate::experiment::gather::{Total, disagreement, totals};
use crate::experiment::statistics::{Disagreement, Found, Gathered, Summary};
use crate::measure::{Basis, Metric, Part};

/// What is known of all replications of a point beside the values of each. Metrics are told by their place in the registry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Together {
    window_seconds: f64,
    /// Of each share.
    parts: Box<[(u32, Part)]>,
    /// Of each percentile.
    percentiles: Box<[(u32, Found)]>,
    disagreement: Option<Box<Disagreement>>,
}

impl Together {
    /// Of replications whose window is this long; `metrics` are all of the registry.
    pub(in crate::experiment) fn of(
        runs: &[Numbers],
        bases: &[Basis],
        metrics: &[Metric],
        window_seconds: f64,
    ) -> Self {
        let totals = totals(bases, metrics);
        let places = || (0u32..).zip(&totals);
        let part = |(place, total): (u32, &Total)| Some((place, total.part?));
        let percentile = |(place, total): (u32, &Total)| Some((place, total.percentile?));
        let disagreement = disagreement(metrics, |metric| runs.iter().map(|run| run.get(metric)).collect());
        Self {
            window_seconds,
            parts: places().filter_map(part).collect(),
            percentiles: places().filter_map(percentile).collect(),
            disagreement: disagreement.map(Box::new),
        }
    }

    /// What the runs say together about the metric at this place; nothing if it has no value in any.
    #[must_use]
    pub fn summary(&self, place: usize, metric: &Metric, runs: &[Numbers]) -> Option<Summary> {
        let gathered = Gathered {
            values: runs.iter().map(|run| run.get(place)).collect(),
            part: found(&self.parts, place),
            percentile: found(&self.percentiles, place),
        };
        Summary::of(metric, &gathered, self.window_seconds, self.disagreement())
    }

    /// Whether the system collapses in some runs and not in others.
    #[must_use]
    pub fn disagreement(&self) -> Option<&Disagreement> {
        self.disagreement.as_deref()
    }

    /// The length of the measured window of each run.
    #[must_use]
    pub fn window_seconds(&self) -> f64 {
        self.window_seconds
    }
}

fn found<T: Copy>(all: &[(u32, T)], place: usize) -> Option<T> {
    let index = all.binary_search_by_key(&place, |(known, _)| *known as usize).ok()?;
    Some(all[index].1)
}
