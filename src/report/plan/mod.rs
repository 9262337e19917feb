//! What a search has found: for the terminal, as JSON and CSV, and as curves.
//!
//! | file | holds |
//! | --- | --- |
//! | `sentence.rs` | the answer in sentences: what it is, and how sure |
//! | `text.rs` | the sentences and tables for a terminal |
//! | `data.rs` | `plan.json`, and the columns of `plan.csv` and `plan.parquet` |
//! | `curve.rs` | each objective's measure around the answer |

mod curve;
mod data;
pub(super) mod sentence;
pub(super) mod text;

pub use curve::charts;
pub(super) use data::dataset;
pub use data::document;
pub use text::text;

use super::findings::{Finding, of_fit};
use super::format::Unit;
use super::shown;
use crate::experiment::Summary;
use crate::experiment::plan::{Found, Headroom, Tried, Verdict};
use crate::measure::Metric;
use crate::model::Goal;

/// A search as it is reported.
#[derive(Clone, Copy)]
pub struct PlanView<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// The variant's.
    pub variant: &'a str,
    /// Random seed.
    pub seed: u64,
    /// What came of it.
    pub found: &'a Found,
    /// The answer for more load, if it was asked for.
    pub headroom: Option<&'a Headroom>,
    /// Whether the setting takes no value beyond the end of the range that the search goes to.
    pub is_bounded: bool,
    /// How long a run measures, if that is known.
    pub window_seconds: Option<f64>,
}

/// Shares of layers that are in use, which are what is left of them: those of the busiest instance or node.
const IN_USE: &str = "utilisation_max";

impl PlanView<'_> {
    /// A value of the setting, as a person reads it.
    pub(super) fn show(&self, at: f64) -> String {
        Unit::from(self.found.search.range.quantity.unit()).show(at)
    }

    /// What is the matter with the runs that the answer comes from.
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.found.telling().and_then(Tried::fit).map(of_fit).unwrap_or_default()
    }

    /// What the runs of a value say together about a metric.
    fn summary(&self, tried: &Tried, metric: usize) -> Option<Summary> {
        self.found.summary(tried, metric)
    }

    /// The same for a cell of a table.
    fn cell(&self, tried: &Tried, metric: usize) -> String {
        let cell = |summary: Summary| shown::cell(&self.found.metrics[metric], &summary);
        self.summary(tried, metric).map_or("–".to_owned(), cell)
    }

    /// What of each layer is in use at a value, the busiest first.
    fn in_use(&self, tried: &Tried) -> Vec<(&Metric, Summary, f64)> {
        let metrics = self.found.metrics.iter().enumerate();
        let layers = metrics.filter(|(_, metric)| metric.name.ends_with(IN_USE));
        let layer = |(index, metric): (usize, _)| {
            let summary = self.summary(tried, index)?;
            let value = summary.value()?;
            Some((metric, summary, value))
        };
        let mut layers: Vec<_> = layers.filter_map(layer).collect();
        layers.sort_by(|one, other| other.2.total_cmp(&one.2));
        layers
    }
}

fn word(goal: Goal) -> &'static str {
    match goal {
        Goal::Least => "least",
        Goal::Most => "most",
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Meets => "met",
        Verdict::Misses => "missed",
        Verdict::Open => "undecided",
        Verdict::Refused => "not simulated",
    }
}
