//! Variants side by side, for people and for programs.
//!
//! | file | makes |
//! | --- | --- |
//! | `text.rs` | the table on the terminal, and in Markdown |
//! | `sentence.rs` | what each variant bought, and what it cost |
//! | `data.rs` | `comparison.json`, `comparison.csv` |

mod data;
mod sentence;
mod text;

pub use data::{csv, document};
pub(super) use sentence::sentence;
pub use text::{markdown, text};
pub(super) use text::{objective_rows, row_cells, stated};

use super::subject::Subject;
use crate::experiment::{Comparison, Row, State};
use crate::measure::{Metric, Wanted};
use crate::model::Objective;

/// A comparison as it is reported: the variants, and the metrics that are shown of them.
pub struct SideBySide<'a> {
    /// What was simulated in each variant.
    pub subjects: &'a [Subject],
    /// The results.
    pub comparison: &'a Comparison,
    /// The metrics that are shown.
    pub rows: Vec<Row>,
}

impl<'a> SideBySide<'a> {
    #[must_use]
    /// With the metrics that `chosen` takes. Without it: those of the objectives, and those of which less or more is
    /// better, unless nobody has any.
    pub fn new(
        subjects: &'a [Subject],
        comparison: &'a Comparison,
        chosen: Option<&dyn Fn(&str) -> bool>,
    ) -> Self {
        let rows = match chosen {
            Some(chosen) => comparison.rows(|metric| chosen(&metric.name)),
            None => comparison.rows(|metric| {
                let is_wanted = metric.wanted != Wanted::Either && has_some(comparison, metric);
                is_wanted || comparison.has_objective(metric)
            }),
        };
        Self { subjects, comparison, rows }
    }

    /// The name of each variant, the base first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.subjects.iter().map(|subject| subject.variant.as_str())
    }

    /// How many of its objectives a variant meets, and how many it has.
    fn met(&self, variant: usize) -> (usize, usize) {
        let verdicts = self.comparison.outcomes[variant].verdicts();
        (verdicts.iter().filter(|verdict| verdict.state == State::Met).count(), verdicts.len())
    }

    fn objectives(&self) -> &[Objective] {
        &self.comparison.base().objectives
    }

    /// How many differences were tested together: those of metrics with an objective, and the others.
    fn tests(&self) -> [usize; 2] {
        [true, false].map(|has_objective| {
            let rows =
                self.rows.iter().filter(|row| self.comparison.has_objective(&row.metric) == has_objective);
            rows.flat_map(|row| &row.changes).filter(|change| change.p_value.is_some()).count()
        })
    }
}

/// Whether a metric is anything but zero in some variant.
fn has_some(comparison: &Comparison, metric: &Metric) -> bool {
    let mut outcomes = comparison.outcomes.iter();
    outcomes.any(|outcome| outcome.estimate(&metric.name).is_some_and(|estimate| estimate.mean != 0.0))
}
