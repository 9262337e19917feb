//! Plans: how much is needed, or how much can be carried, so that the objectives are met.
//!
//! | file | holds |
//! | --- | --- |
//! | `judge.rs` | whether a value meets the objectives, and when that is sure |
//! | `bracket.rs` | between which values the answer lies, and which is judged next |
//!
//! First a few values over the whole range are judged, so that it is seen if the objectives are not met on one side and
//! missed on the other. Then the gap between the last value that meets them and the first that does not is halved, and
//! last a few values around the answer show how steep it is there. All values see the same random traffic, replication by
//! replication: whatever luck there is moves all of them in the same direction, and the curve is smoother than its
//! intervals are narrow.

mod bracket;
mod judge;

pub use bracket::{Bracket, bracket};
pub use judge::{Judge, slack, together};

use super::sweep::{Case, Numbers, Round, Rounds};
use super::{Estimate, Runner, Watch};
use crate::measure::{Metric, metrics};
use crate::model::{Goal, Level, Objective, Range, SimulateError};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

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
    /// How often a value is replicated before it is first judged, and at most.
    pub replications: [u32; 2],
}

/// A value that was judged.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The value.
    pub level: Level,
    /// For each replication the values of all metrics.
    pub runs: Vec<Numbers>,
    /// What is known of each objective.
    pub objectives: Vec<Verdict>,
    /// What is known of all together.
    pub verdict: Verdict,
    /// Why it cannot be simulated.
    pub refused: Option<String>,
    /// Whether it was replicated as often as it may be, if need was. One that only shows the curve was not.
    is_judged: bool,
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

/// Values over the whole range that are judged first.
const SCAN: usize = 5;

/// Values around the answer that show how steep the curve is, as factors of it.
const AROUND: [f64; 6] = [0.67, 0.78, 0.89, 1.12, 1.28, 1.5];

/// A value so near to another one, as a share, shows nothing more.
const NEAR: f64 = 0.04;

impl Tried {
    /// Its number.
    ///
    /// # Panics
    /// Never: what is searched has numbers.
    #[must_use]
    pub fn at(&self) -> f64 {
        self.level.at.expect("what is searched has numbers")
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

    /// The objective that keeps the answer from being better: of those that are missed beyond it the one that has least
    /// to spare at it.
    #[must_use]
    pub fn binding(&self) -> Option<usize> {
        let (answer, beyond) = (self.answer()?, self.beyond()?);
        let missed =
            (0..beyond.objectives.len()).filter(|index| beyond.objectives[*index] == Verdict::Misses);
        let spare = |index: &usize| self.spare(answer, *index).map_or(0.0, |spare| spare.mean);
        missed.min_by(|one, other| spare(one).total_cmp(&spare(other)))
    }

    /// How far an objective is from its limit at a value, as a share of the limit; nothing if that is zero.
    #[must_use]
    pub fn spare(&self, tried: &Tried, objective: usize) -> Option<Estimate> {
        let objective = &self.search.objectives[objective];
        let value = Estimate::of(&tried.values(self.metric(objective)))?;
        let limit = objective.bound.limit();
        (limit != 0.0).then(|| Estimate {
            mean: slack(objective.bound, value.mean) / limit,
            half_width: value.half_width.map(|half| half / limit),
        })
    }
}

/// A search under way.
struct Searching<'w, C, W> {
    search: Search,
    judge: Judge,
    case: C,
    runner: &'w Runner<'w, W>,
    tried: Vec<Tried>,
}

/// Searches, on the threads of the rayon pool that this is called in. `case` is the scenario at a value. The watch is told
/// of values, by the order in which they are judged.
///
/// # Errors
/// Those of `case`; if a trace cannot be read to its end, or does not go with the scenario at a value.
pub fn plan<E, C>(search: Search, case: C, runner: &Runner<impl Watch>) -> Result<Found, E>
where
    E: From<SimulateError> + Send,
    C: Fn(&Level) -> Result<Case, E> + Sync,
{
    let [first, most] = search.replications;
    let judge = Judge::new(&search.objectives, first, most);
    let mut searching = Searching { search, judge, case, runner, tried: Vec::new() };
    let is_complete = searching.run()?;
    let Searching { search, tried, .. } = searching;
    let verdicts: Vec<Verdict> = tried.iter().filter(|tried| tried.counts()).map(|it| it.verdict).collect();
    let places: Vec<usize> = (0..tried.len()).filter(|place| tried[*place].counts()).collect();
    let found = bracket(&verdicts, search.goal);
    let place = |index: usize| places[index];
    let bracket = Bracket {
        meets: found.meets.map(place),
        misses: found.misses.map(place),
        open: found.open.into_iter().map(place).collect(),
        is_monotone: found.is_monotone,
    };
    Ok(Found { search, metrics: metrics(), tried, bracket, is_complete })
}

impl Tried {
    /// Whether the search goes by it: nothing is known of a value that was not replicated often enough.
    fn counts(&self) -> bool {
        self.is_judged || self.verdict != Verdict::Open
    }
}

impl<E, C, W> Searching<'_, C, W>
where
    E: From<SimulateError> + Send,
    C: Fn(&Level) -> Result<Case, E> + Sync,
    W: Watch,
{
    /// Whether it came to its end.
    fn run(&mut self) -> Result<bool, E> {
        let Search { range, goal, precision, .. } = self.search;
        let scan = (0..SCAN).map(|step| match step {
            0 => range.quantity.level(range.from),
            _ if step == SCAN - 1 => range.quantity.level(range.to),
            _ => range.quantity.round_level(range.at(step as f64 / (SCAN - 1) as f64)),
        });
        let mut scan: Vec<Level> = scan.collect();
        scan.dedup();
        if !self.judge(scan, true)? {
            return Ok(false);
        }
        let mut is_drawn = false;
        loop {
            let counts = self.tried.iter().filter(|tried| tried.counts());
            let values: Vec<(f64, Verdict)> = counts.map(|tried| (tried.at(), tried.verdict)).collect();
            let step = match bracket::next(&values, goal, &range, precision) {
                Some(level) => self.judge(vec![level], true)?,
                None if is_drawn => return Ok(true),
                None => {
                    is_drawn = true;
                    let verdicts: Vec<Verdict> = values.iter().map(|(_, verdict)| *verdict).collect();
                    let answer = bracket(&verdicts, goal).meets.map(|place| values[place].0);
                    self.judge(self.around(answer), false)?
                }
            };
            if !step {
                return Ok(false);
            }
        }
    }

    /// Values around the answer of which nothing is known yet.
    fn around(&self, answer: Option<f64>) -> Vec<Level> {
        let range = self.search.range;
        let level = |answer: f64| AROUND.map(|factor| range.quantity.round_level(answer * factor));
        let is_near = |one: f64, other: f64| (one - other).abs() <= NEAR * one.abs().max(other.abs());
        let mut levels: Vec<Level> = Vec::new();
        for level in answer.map(level).into_iter().flatten() {
            let Some(at) = level.at.filter(|at| (range.from..=range.to).contains(at)) else { continue };
            let known = self.tried.iter().map(Tried::at).chain(levels.iter().filter_map(|level| level.at));
            if !known.into_iter().any(|known| is_near(known, at)) {
                levels.push(level);
            }
        }
        levels
    }

    /// Judges these values, all at once; false if somebody has ended it. If `until_sure`, each is replicated until it is
    /// sure or has been replicated as often as may be.
    fn judge(&mut self, levels: Vec<Level>, until_sure: bool) -> Result<bool, E> {
        let first = self.tried.len() as u32;
        let numbered: Vec<(u32, Level)> = (first..).zip(levels).collect();
        let this = &*self;
        let tried: Vec<Result<Option<Tried>, E>> =
            numbered.into_par_iter().map(|(number, level)| this.try_out(number, level, until_sure)).collect();
        // The first of several errors, whichever thread came upon one first.
        let tried: Option<Vec<Tried>> = tried.into_iter().collect::<Result<_, E>>()?;
        let Some(tried) = tried else { return Ok(false) };
        self.tried.extend(tried);
        self.tried.sort_by(|one, other| one.at().total_cmp(&other.at()));
        Ok(true)
    }

    fn try_out(&self, number: u32, level: Level, until_sure: bool) -> Result<Option<Tried>, E> {
        let case = (self.case)(&level)?;
        let refused = |level: Level, reason: String| Tried {
            level,
            runs: Vec::new(),
            objectives: Vec::new(),
            verdict: Verdict::Refused,
            refused: Some(reason),
            is_judged: true,
        };
        if let Some(reason) = case.refused {
            return Ok(Some(refused(level, reason)));
        }
        let mut rounds = Rounds::new(&case, number, self.runner);
        let mut objectives = Vec::new();
        let looks = if until_sure { self.judge.looks() } else { &self.judge.looks()[..1] };
        for look in looks {
            match rounds.add(look - rounds.runs().len() as u32)? {
                Round::Done => {}
                Round::Ended => return Ok(None),
                Round::Refused(reason) => return Ok(Some(refused(level, reason))),
            }
            objectives = self.judge.objectives(rounds.runs());
            if together(&objectives) != Verdict::Open {
                break;
            }
        }
        self.runner.watch.done(number);
        let verdict = together(&objectives);
        Ok(Some(Tried {
            level,
            runs: rounds.into_runs(),
            objectives,
            verdict,
            refused: None,
            is_judged: until_sure,
        }))
    }
}
