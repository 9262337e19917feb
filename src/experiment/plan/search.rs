//! The search: which values are judged, and in which order.

use super::judge::Judged;
use super::{Bracket, Found, Judge, Search, Tried, Verdict, bracket, island};
use crate::experiment::fitness::Setting;
use crate::experiment::sweep::{Case, Done, Round, Rounds, Together};
use crate::experiment::{Runner, Watch};
use crate::measure::{Fitness, Metric, metrics};
use crate::model::{Level, Range, SimulateError};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Values over the whole range that are judged first.
const SCAN: usize = 5;

/// Values around the answer that show how steep the curve is, as factors of it.
const AROUND: [f64; 6] = [0.67, 0.78, 0.89, 1.12, 1.28, 1.5];

/// A value so near to another one, as a share, shows nothing more.
const NEAR: f64 = 0.04;

/// A search under way.
struct Searching<'w, C, W> {
    search: Search,
    judge: Judge,
    case: C,
    runner: &'w Runner<'w, W>,
    metrics: Vec<Metric>,
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
    let judge = Judge::new(&search.objectives, search.sure, search.replications, search.replications_max);
    let mut searching = Searching { search, judge, case, runner, metrics: metrics(), tried: Vec::new() };
    let is_complete = searching.run()?;
    let Searching { search, metrics, tried, .. } = searching;
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
    Ok(Found { search, metrics, tried, bracket, is_complete })
}

/// A replication of the scenario at a value, to see whether it is fit to be measured before all the others are made; nothing if it
/// cannot be simulated, or somebody has ended it.
///
/// # Errors
/// Those of `case`, and as for [`plan`].
pub fn first_look<E, C>(
    level: &Level,
    case: C,
    runner: &Runner<impl Watch>,
) -> Result<Option<(Setting, Fitness)>, E>
where
    E: From<SimulateError>,
    C: Fn(&Level) -> Result<Case, E>,
{
    let case = case(level)?;
    if case.refused.is_some() {
        return Ok(None);
    }
    let mut rounds = Rounds::new(&case, 0, runner);
    let Round::Done = rounds.add(1)? else { return Ok(None) };
    let Done { setting, fitness, .. } = rounds.end(&metrics());
    Ok(setting.zip(fitness.into_iter().next()))
}

/// Values over the whole range.
fn scan(range: &Range) -> Vec<Level> {
    let level = |step| match step {
        0 => range.quantity.level(range.from),
        _ if step == SCAN - 1 => range.quantity.level(range.to),
        _ => range.quantity.round_level(range.at(step as f64 / (SCAN - 1) as f64)),
    };
    (0..SCAN).map(level).collect()
}

/// The value of a range that is nearest, of those that can be written with few digits; its ends can all be written.
fn nearest(range: &Range, at: f64) -> Option<Level> {
    let level = match at {
        _ if at <= range.from => range.quantity.level(range.from),
        _ if at >= range.to => range.quantity.level(range.to),
        _ => range.quantity.round_level(at),
    };
    level.at.is_some().then_some(level)
}

impl Tried {
    /// Whether the search goes by it: nothing is known about a value that was only tried for the curve.
    #[must_use]
    pub fn counts(&self) -> bool {
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
        let Search { range, goal, precision, ref first, .. } = self.search;
        let near: Vec<Level> = first.iter().filter_map(|at| nearest(&range, *at)).collect();
        if !self.judge(self.unknown(near), true)? {
            return Ok(false);
        }
        let is_found = self.tried.iter().any(|tried| tried.verdict == Verdict::Meets);
        if !is_found && !self.judge(self.unknown(scan(&range)), true)? {
            return Ok(false);
        }
        let mut is_drawn = !self.search.first.is_empty();
        loop {
            let counts = self.tried.iter().filter(|tried| tried.counts());
            let values: Vec<(f64, Verdict)> = counts.map(|tried| (tried.at(), tried.verdict)).collect();
            let next = bracket::next(&values, goal, &range, precision);
            let next = next.or_else(|| self.between_edges(&values));
            let step = match next {
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

    /// Those of these values that were not judged.
    fn unknown(&self, mut levels: Vec<Level>) -> Vec<Level> {
        levels.dedup();
        levels.retain(|level| self.tried.iter().all(|tried| Some(tried.at()) != level.at));
        levels
    }

    /// If no value meets all objectives: one that may, or one that shows where the edge of an objective is.
    fn between_edges(&self, values: &[(f64, Verdict)]) -> Option<Level> {
        if values.iter().any(|(_, verdict)| *verdict == Verdict::Meets) {
            return None;
        }
        let Search { range, precision, .. } = &self.search;
        let known: Vec<island::Known> =
            self.tried.iter().map(|tried| (tried.at(), tried.objectives.as_slice())).collect();
        let width = |low: f64, high: f64| {
            let width = bracket::width(range, low, high);
            (width > *precision && bracket::middle(range, low, high).is_some()).then_some(width)
        };
        let place = island::gap(&known, width)?;
        bracket::middle(range, known[place].0, known[place + 1].0)
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

    /// Judges these values, all at once; false if somebody has ended it. If `until_known`, each is replicated until it
    /// is decided or has been replicated as often as may be.
    fn judge(&mut self, levels: Vec<Level>, until_known: bool) -> Result<bool, E> {
        let first = self.tried.len() as u32;
        let numbered: Vec<(u32, Level)> = (first..).zip(levels).collect();
        let this = &*self;
        let tried: Vec<Result<Option<Tried>, E>> = numbered
            .into_par_iter()
            .map(|(number, level)| this.try_out(number, level, until_known))
            .collect();
        // The first of several errors, whichever thread came upon one first.
        let tried: Option<Vec<Tried>> = tried.into_iter().collect::<Result<_, E>>()?;
        let Some(tried) = tried else { return Ok(false) };
        self.tried.extend(tried);
        self.tried.sort_by(|one, other| one.at().total_cmp(&other.at()));
        Ok(true)
    }

    fn try_out(&self, number: u32, level: Level, until_known: bool) -> Result<Option<Tried>, E> {
        let case = (self.case)(&level)?;
        let refused = |level: Level, reason: String| Tried {
            level,
            runs: Vec::new(),
            together: Together::default(),
            setting: None,
            fitness: Vec::new(),
            objectives: Vec::new(),
            verdict: Verdict::Refused,
            kept: 0,
            misses: Vec::new(),
            refused: Some(reason),
            is_judged: true,
        };
        if let Some(reason) = case.refused {
            return Ok(Some(refused(level, reason)));
        }
        let mut rounds = Rounds::new(&case, number, self.runner);
        loop {
            let next = self.judge.next(rounds.runs());
            if next == 0 || (!until_known && !rounds.runs().is_empty()) {
                break;
            }
            match rounds.add(next)? {
                Round::Done => {}
                Round::Ended => return Ok(None),
                Round::Refused(reason) => return Ok(Some(refused(level, reason))),
            }
        }
        self.runner.watch.done(number);
        let Done { runs, together, setting, fitness } = rounds.end(&self.metrics);
        let Judged { objectives, all } = self.judge.judge(&runs);
        let misses = (0..objectives.len()).map(|objective| self.judge.misses(objective, &runs)).collect();
        Ok(Some(Tried {
            level,
            kept: runs.iter().filter(|run| self.judge.keeps(run)).count(),
            runs,
            together,
            setting,
            fitness,
            objectives,
            verdict: all,
            misses,
            refused: None,
            is_judged: until_known,
        }))
    }
}
