//! Variants side by side, for people and for programs. All is derived from one table: [`Compared`].
//!
//! | file | makes |
//! | --- | --- |
//! | `text.rs` | the text on the terminal |
//! | `markdown.rs` | `comparison.md` |
//! | `cells.rs` | the cells of tables |
//! | `take.rs` | which variant to take, and why |
//! | `sentence.rs` | what is better in each variant, what is worse, and what cannot be told |
//! | `words.rs` | metrics and differences as words |
//! | `data.rs` | `comparison.json`, `comparison.csv` |

mod cells;
mod data;
mod markdown;
mod sentence;
mod take;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub(super) use cells::{objective_rows, row_cells};
pub use data::{csv, document};
pub use markdown::markdown;
pub(super) use sentence::sentence;
pub(super) use take::take;
pub use text::text;
pub(super) use text::{cautions, stated};

use super::subject::Subject;
use crate::experiment::{Compared, Comparison, Effect, Family, Row, Standing, State, Verdict};
use crate::measure::{Metric, Wanted};
use crate::model::Objective;

/// A comparison as it is reported: the variants, and the metrics that are shown of them.
pub struct SideBySide<'a> {
    /// What was simulated in each variant.
    pub subjects: &'a [Subject],
    /// The results.
    pub comparison: &'a Comparison,
    /// What the comparison says about all metrics.
    pub compared: Compared,
    /// The metrics that are shown.
    pub rows: Vec<Row>,
    /// Whether the terminal shows only those of them that differ or matter.
    pub is_brief: bool,
    /// The variant that the exit status is about, if one was asked for.
    pub gate: Option<usize>,
}

/// Which metrics are shown.
pub enum Show<'a> {
    /// On the terminal those that differ or matter; in files those of the objectives, and those of which less or more is
    /// better, unless no variant has any.
    Brief,
    /// The same as in files, on the terminal too.
    All,
    /// Those with these names.
    Named(&'a dyn Fn(&str) -> bool),
}

/// How many metrics without an objective or a star the terminal shows, unless it shows all.
const OTHERS: usize = 6;

impl<'a> SideBySide<'a> {
    /// A comparison with the metrics that are to be shown.
    #[must_use]
    pub fn new(subjects: &'a [Subject], comparison: &'a Comparison, show: &Show) -> Self {
        let compared = comparison.compare();
        let is_shown = |row: &&Row| match show {
            Show::Named(chosen) => chosen(&row.metric.name),
            _ => row.family.is_some() || (row.wanted != Wanted::Either && has_some(comparison, &row.metric)),
        };
        let rows = compared.rows.iter().filter(is_shown).cloned().collect();
        Self { subjects, comparison, compared, rows, is_brief: matches!(show, Show::Brief), gate: None }
    }

    /// The same, with the variant that the exit status is about.
    #[must_use]
    pub fn with_gate(self, gate: Option<usize>) -> Self {
        Self { gate, ..self }
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

    /// The objectives of all variants, each once.
    fn objectives(&self) -> Vec<&Objective> {
        self.comparison.objectives()
    }

    /// What the runs of a variant say about each of [`Self::objectives`]; nothing where the variant does not have it.
    fn verdicts(&self, variant: usize) -> Vec<Option<Verdict>> {
        let outcome = &self.comparison.outcomes[variant];
        let verdicts = outcome.verdicts();
        let of = |objective: &Objective| {
            let place = outcome.objectives.iter().position(|own| own.is_same(objective))?;
            Some(verdicts[place].clone())
        };
        self.objectives().into_iter().map(of).collect()
    }

    fn runs(&self) -> usize {
        self.comparison.base().replications()
    }

    /// The rows of metrics without an objective, those with a star first.
    fn others(&self) -> Vec<&Row> {
        let others = || self.rows.iter().filter(|row| row.family != Some(Family::Objectives));
        if !self.is_brief {
            return others().collect();
        }
        let headline = others().filter(|row| row.family == Some(Family::Headline));
        let mut differing: Vec<&Row> = others().filter(|row| row.family.is_none() && differs(row)).collect();
        differing.sort_by(|a, b| factor(b).total_cmp(&factor(a)));
        let mut quantities: Vec<&str> = Vec::new();
        differing.retain(|row| {
            let quantity = words::quantity(&row.metric.name);
            let is_new = !quantities.contains(&quantity);
            quantities.push(quantity);
            is_new
        });
        headline.chain(differing.into_iter().take(OTHERS)).collect()
    }
}

/// Whether a metric differs by more than 5 % in some variant, by its interval.
fn differs(row: &Row) -> bool {
    row.changes.iter().any(|change| change.standing == Standing::Differs)
}

/// The largest change of a metric that differs.
fn factor(row: &Row) -> f64 {
    let differing = row.changes.iter().filter(|change| change.standing == Standing::Differs);
    differing.map(|change| change.factor(row.base)).fold(1.0, f64::max)
}

/// Whether a metric is anything but zero in some variant.
fn has_some(comparison: &Comparison, metric: &Metric) -> bool {
    let mut outcomes = comparison.outcomes.iter();
    outcomes.any(|outcome| outcome.value(&metric.name).is_some_and(|value| value != 0.0))
}

/// Whether an effect is a gain or a loss, and not only a difference.
fn is_shown(effect: Effect) -> bool {
    effect != Effect::NotShown
}
