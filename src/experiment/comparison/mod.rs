//! Variants side by side: what each changes, and whether that is more than chance.
//!
//! All variants see the same random traffic, so they are compared replication by replication: the difference of two numbers
//! that share their luck varies far less than either of them. A paired t-test says whether a mean difference is chance.
//!
//! A table that asks often finds something by chance. So only two families of metrics are tested, each corrected by Holm's
//! method (S. Holm, Scandinavian Journal of Statistics 6, 1979): those of the objectives, and four headline metrics. The
//! chance that even one star of a family is wrong stays at most 5 %. All other metrics have an interval and no star.
//!
//! | file | holds |
//! | --- | --- |
//! | `difference.rs` | the tests: means of pairs, and pairs of which one fails |
//! | `collapse.rs` | variants of which some runs collapse: no means are tested there |
//! | `row.rs` | one metric of all variants |
//! | `served.rs` | whether a variant serves as many requests: less work done is no gain |

mod collapse;
mod difference;
mod row;
mod served;

pub use collapse::Collapse;
pub use difference::{DISCORDANT_MIN, Discordant, MARGIN, PAIRS_MIN, RUNS_MAX};
pub use row::{Change, Effect, Family, Row, Standing};

use super::outcome::Outcome;
use crate::model::Objective;
use row::Arms;
use std::cmp::Ordering;

/// The outcomes of several variants on the same traffic; the first is what the others are compared with.
pub struct Comparison {
    /// One for each variant.
    pub outcomes: Vec<Outcome>,
}

/// What a comparison says: the rows of its table, from which all else is derived.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The metrics that have a value in some variant, in the order of the registry.
    pub rows: Vec<Row>,
    /// For each variant but the base, if its runs or those of the base disagree, how many collapse.
    pub collapses: Vec<Option<Collapse>>,
    /// For each variant but the base whether it serves fewer, as many or more requests.
    pub served: Vec<Ordering>,
}

/// The chance that any star of a family is wrong.
const LEVEL: f64 = 0.05;

impl Comparison {
    /// What the others are compared with.
    #[must_use]
    pub fn base(&self) -> &Outcome {
        &self.outcomes[0]
    }

    /// The variants that are compared with it.
    #[must_use]
    pub fn variants(&self) -> &[Outcome] {
        &self.outcomes[1..]
    }

    /// Compares all metrics.
    #[must_use]
    pub fn compare(&self) -> Compared {
        let collapse = |variant: &Outcome| Collapse::of(self.base(), variant);
        let mut collapses: Vec<Option<Collapse>> = self.variants().iter().map(collapse).collect();
        star_collapses(&mut collapses);
        let arms = Arms {
            outcomes: &self.outcomes,
            objectives: self.objectives(),
            disagree: collapses.iter().map(Option::is_some).collect(),
        };
        let has_value =
            |row: &Row| row.base.is_some() || row.changes.iter().any(|change| change.value.is_some());
        let rows = (0..self.base().metrics.len()).map(|index| arms.row(index));
        let mut rows: Vec<Row> = rows.filter(has_value).collect();
        for family in [Family::Objectives, Family::Headline] {
            star(rows.iter_mut().filter(|row| row.family == Some(family)));
        }
        let served: Vec<Ordering> = self.variants().iter().map(|it| served::than(self.base(), it)).collect();
        for row in &mut rows {
            row.judge(&served);
        }
        Compared { rows, collapses, served }
    }

    /// Whether a variant, counted from 1, has the value of the base in each metric and each replication, to the bit.
    #[must_use]
    pub fn is_same_as_base(&self, variant: usize) -> bool {
        let bits = |outcome: &Outcome| -> Vec<Vec<Option<u64>>> {
            let of = |values: &[Option<f64>]| values.iter().map(|value| value.map(f64::to_bits)).collect();
            outcome.metrics.iter().map(|(_, values)| of(values)).collect()
        };
        bits(self.base()) == bits(&self.outcomes[variant])
    }

    /// The objectives of all variants, each once: those of the base first.
    #[must_use]
    pub fn objectives(&self) -> Vec<&Objective> {
        let mut all: Vec<&Objective> = Vec::new();
        for objective in self.outcomes.iter().flat_map(|outcome| &outcome.objectives) {
            if !all.iter().any(|known| known.is_same(objective)) {
                all.push(objective);
            }
        }
        all
    }

    /// Whether the same requests come to all variants, as far as the settings say.
    #[must_use]
    pub fn has_same_traffic(&self) -> bool {
        self.variants().iter().all(|variant| variant.traffic.is_same_traffic(&self.base().traffic))
    }

    /// Whether all variants have the same objectives.
    #[must_use]
    pub fn has_same_objectives(&self) -> bool {
        let all = self.objectives().len();
        self.outcomes.iter().all(|outcome| outcome.objectives.len() == all)
    }
}

impl Compared {
    /// How many differences of a family were tested.
    #[must_use]
    pub fn tests(&self, family: Family) -> usize {
        let rows = self.rows.iter().filter(|row| row.family == Some(family));
        rows.flat_map(|row| &row.changes).filter(|change| change.p_value.is_some()).count()
    }
}

fn star<'r>(rows: impl Iterator<Item = &'r mut Row>) {
    let mut tested: Vec<&mut Change> =
        rows.flat_map(|row| &mut row.changes).filter(|change| change.p_value.is_some()).collect();
    // What is below the resolution is tested and never starred.
    let p_value = |change: &Change| change.p_value.filter(|_| !change.is_below_resolution).unwrap_or(1.0);
    let stars = holm(&tested.iter().map(|change| p_value(change)).collect::<Vec<f64>>());
    let level = LEVEL / tested.len().max(1) as f64;
    for (change, is_starred) in tested.iter_mut().zip(stars) {
        change.is_starred = is_starred;
        change.level = level;
    }
}

fn star_collapses(collapses: &mut [Option<Collapse>]) {
    let mut tested: Vec<&mut Collapse> = collapses.iter_mut().flatten().collect();
    let stars = holm(&tested.iter().map(|collapse| collapse.p_value).collect::<Vec<f64>>());
    tested.iter_mut().zip(stars).for_each(|(collapse, is_starred)| collapse.is_starred = is_starred);
}

/// Holm's method: the smallest of m p-values is held against 5 % / m, the next against 5 % / (m − 1), and so on until one
/// is too large. Equal values have one fate.
fn holm(p_values: &[f64]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut stars = vec![false; p_values.len()];
    for (rank, index) in order.iter().enumerate() {
        if p_values[*index] > LEVEL / (order.len() - rank) as f64 {
            break;
        }
        stars[*index] = true;
    }
    stars
}

#[cfg(test)]
mod tests;
