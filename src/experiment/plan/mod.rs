//! Plans: how much is needed, or how much can be carried, so that the objectives are met.
//!
//! | file | holds |
//! | --- | --- |
//! | `judge.rs` | whether a value meets the objectives, and when that is known |
//! | `bracket.rs` | between which values the answer lies, and which is judged next |
//! | `island.rs` | where values that meet all objectives may lie, if none is known yet |
//! | `search.rs` | the search itself |
//! | `headroom.rs` | the answer for more load |
//!
//! First a few values over the whole range are judged, to see whether the objectives are met on one side and missed on
//! the other. If no value meets all of them, the search looks for the edge of each objective alone, and between these edges.
//! Then it halves the gap between the last value that meets the objectives and the first that does not. Last, a few values
//! around the answer show how steep it is there. All values see the same random traffic, replication by replication, so
//! luck moves all of them in the same direction, and the curve is smoother than its intervals are narrow.

mod bracket;
mod headroom;
mod island;
mod judge;
mod search;

pub use bracket::{Bracket, bracket};
pub use headroom::{Answer, Headroom};
pub use judge::{Judge, Judged, slack};
pub use search::{first_look, plan};

use super::Summary;
use super::fitness::{Fit, Setting};
use super::sweep::{Numbers, Together};
use super::verdict::State;
use crate::measure::{Fitness, Metric};
use crate::model::{Goal, Level, Objective, On, Range, Sure};

/// What is known of a value, or of one objective at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is surely met.
    Meets,
    /// It is surely missed.
    Misses,
    /// Neither is sure.
    Open,
    /// The value cannot be simulated.
    Refused,
}

impl Verdict {
    /// The word for it that other commands use.
    #[must_use]
    pub fn state(self) -> State {
        match self {
            Self::Meets => State::Met,
            Self::Misses => State::Missed,
            Self::Open | Self::Refused => State::Undecided,
        }
    }
}

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Search {
    /// The setting, as in `--set`.
    pub setting: String,
    /// Where it is searched.
    pub range: Range,
    /// Which end of it.
    pub goal: Goal,
    /// What has to be met.
    pub objectives: Vec<Objective>,
    /// How narrow the answer is to be, as a share of it.
    pub precision: f64,
    /// How large a share of the runs has to keep the objectives.
    pub sure: Sure,
    /// Exactly so many replications of each value; without it as many as are needed to know.
    pub replications: Option<u32>,
    /// No more replications of a value than this.
    pub replications_max: u32,
    /// Values near which the answer is likely to be: they are judged first, and no curve is drawn. Without them the whole range
    /// is looked at, and values around the answer show the curve.
    pub first: Vec<f64>,
}

/// A value that was judged.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The value.
    pub level: Level,
    /// For each replication the values of all metrics.
    pub runs: Vec<Numbers>,
    /// What the replications say together.
    pub together: Together,
    /// What its settings say of a run; nothing if none was made.
    pub setting: Option<Setting>,
    /// For each replication what tells whether it is fit to be measured.
    pub fitness: Vec<Fitness>,
    /// What is known of each objective.
    pub objectives: Vec<Verdict>,
    /// What is known of all together.
    pub verdict: Verdict,
    /// How many runs keep all objectives on runs.
    pub kept: usize,
    /// For each objective how many runs miss it.
    pub misses: Vec<usize>,
    /// Why it cannot be simulated.
    pub refused: Option<String>,
    /// Whether it was replicated as often as it may be, if need was. One that only shows the curve was not.
    pub is_judged: bool,
}

/// What came of a search.
pub struct Found {
    /// What was searched for.
    pub search: Search,
    /// What was measured, in the order of [`Tried::runs`].
    pub metrics: Vec<Metric>,
    /// All values that were judged, the smallest first.
    pub tried: Vec<Tried>,
    /// Where among them the answer lies.
    pub bracket: Bracket,
    /// Whether it was not ended before.
    pub is_complete: bool,
}

impl Tried {
    /// Its number.
    ///
    /// # Panics
    /// Never: what is searched has numbers.
    #[must_use]
    pub fn at(&self) -> f64 {
        self.level.at.expect("what is searched has numbers")
    }

    /// Its runs, to be judged whether they are fit to answer; nothing if none was made.
    #[must_use]
    pub fn fit(&self) -> Option<Fit<'_>> {
        Some(Fit { setting: self.setting.as_ref()?, runs: &self.fitness })
    }

    /// A metric's values in those replications in which it has one.
    #[must_use]
    pub fn values(&self, metric: usize) -> Vec<f64> {
        self.runs.iter().filter_map(|run| run.get(metric)).collect()
    }
}

impl Found {
    /// The answer.
    #[must_use]
    pub fn answer(&self) -> Option<&Tried> {
        self.bracket.meets.map(|place| &self.tried[place])
    }

    /// The value whose runs say whether the search is fit to answer: the answer, if there is one. Otherwise a value with warm
    /// runs, or the first value if none has any.
    #[must_use]
    pub fn telling(&self) -> Option<&Tried> {
        if let Some(answer) = self.answer() {
            return Some(answer);
        }
        let known = || self.tried.iter().filter(|tried| tried.is_judged && tried.fit().is_some());
        known().find(|tried| tried.fit().is_some_and(Fit::is_warm)).or_else(|| known().next())
    }

    /// The first value beyond the answer that surely misses an objective, or cannot be simulated.
    #[must_use]
    pub fn beyond(&self) -> Option<&Tried> {
        self.bracket.misses.map(|place| &self.tried[place])
    }

    /// The place of an objective's metric.
    ///
    /// # Panics
    /// Never: an objective has a metric that there is.
    #[must_use]
    pub fn metric(&self, objective: &Objective) -> usize {
        let found = self.metrics.iter().position(|metric| metric.name == objective.metric.value);
        found.expect("an objective has a metric that there is")
    }

    /// Whether the objectives can be met: undecided if no value surely meets them, and some may.
    #[must_use]
    pub fn state(&self) -> State {
        let is_open = |tried: &Tried| tried.is_judged && tried.verdict == Verdict::Open;
        match self.answer() {
            Some(_) => State::Met,
            None if self.tried.iter().any(is_open) => State::Undecided,
            None => State::Missed,
        }
    }

    /// The objective that keeps the answer from being better: the one that most runs beyond it miss. Of two alike it is the one
    /// that has least to spare at the answer.
    #[must_use]
    pub fn binding(&self) -> Option<usize> {
        let (answer, beyond) = (self.answer()?, self.beyond()?);
        let spare = |index: usize| self.spare(answer, index).map_or(0.0, |spare| spare.value);
        let missed = (0..beyond.objectives.len()).filter(|index| self.missed_in(beyond, *index) > 0);
        missed.min_by(|one, other| {
            let [most, least] = [*other, *one].map(|index| self.missed_in(beyond, index));
            most.cmp(&least).then(spare(*one).total_cmp(&spare(*other)))
        })
    }

    /// How many runs of a value miss an objective; all or none of them where it is on the average.
    fn missed_in(&self, tried: &Tried, objective: usize) -> usize {
        match self.search.objectives[objective].on {
            On::Run => tried.misses[objective],
            On::Average if tried.objectives[objective] == Verdict::Misses => tried.runs.len(),
            On::Average => 0,
        }
    }

    /// What the replications of a value say together about the metric at this place; nothing if it has no value in any.
    #[must_use]
    pub fn summary(&self, tried: &Tried, metric: usize) -> Option<Summary> {
        tried.together.summary(metric, &self.metrics[metric], &tried.runs)
    }

    /// The edge of one objective alone: the last value that may meet it, and its neighbour that misses it. Nothing if it is
    /// missed everywhere or nowhere.
    #[must_use]
    pub fn edge(&self, objective: usize) -> Option<(f64, f64)> {
        let judged = self.tried.iter().filter(|tried| tried.is_judged);
        let known: Vec<island::Known> =
            judged.map(|tried| (tried.at(), tried.objectives.as_slice())).collect();
        island::edge(&known, objective)
    }

    /// How far an objective is from its limit at a value, as a share of the limit; nothing if that is zero, or too little is
    /// known.
    #[must_use]
    pub fn spare(&self, tried: &Tried, objective: usize) -> Option<Spare> {
        let objective = &self.search.objectives[objective];
        let summary = self.summary(tried, self.metric(objective))?;
        let limit = objective.bound.limit();
        let share = |value: f64| slack(objective.bound, value) / limit;
        let interval = summary
            .interval()
            .map(|ends| ends.map(share))
            .map(|[one, other]| [one.min(other), one.max(other)]);
        let interval = interval.filter(|ends| ends.iter().all(|end| end.is_finite()));
        let value = summary.value().filter(|_| limit != 0.0)?;
        Some(Spare { value: share(value), interval })
    }
}

/// What is left up to a limit, as a share of it; less than nothing beyond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spare {
    /// By the value that is shown.
    pub value: f64,
    /// By its interval, if it has one.
    pub interval: Option<[f64; 2]>,
}
