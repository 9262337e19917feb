//! Runs that disagree: in some the system collapses, in others it does not.
//!
//! Then a mean describes no run at all, and its interval is wrong. The rule is one for five or ten runs, where tests for
//! two modes find too much: the largest mean latency is over three times the smallest, or one run has more than 1 %
//! errors and another at most 0.1 %. Systems with one mode trip it in at most 0.2 % of the experiments.
//!
//! The more runs there are, the farther apart are the slowest and the fastest by chance. So of more than ten runs the widest
//! gap between two neighbours has to be half of that distance, as a ratio: two modes have a gap between them, one has not.

use super::wilson;

/// When a run collapses, where runs disagree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Collapses {
    /// If it has more than 1 % errors.
    Errors,
    /// If its mean latency in seconds is at least this, or if it answers nothing.
    Latency(f64),
}

impl Collapses {
    /// Whether each run does, by its error ratio and its mean latency.
    #[must_use]
    pub fn runs(self, errors: &[Option<f64>], latencies: &[Option<f64>]) -> Vec<bool> {
        match self {
            Self::Errors => errors.iter().map(|errors| errors.is_some_and(|it| it > ERRORS_MANY)).collect(),
            Self::Latency(least) => {
                latencies.iter().map(|latency| latency.is_none_or(|it| it >= least)).collect()
            }
        }
    }
}

/// How the runs split.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    /// By what.
    pub by: Collapses,
    /// For each run whether it collapses.
    pub collapsed: Vec<bool>,
    /// The share of all possible runs that collapse, with 95 % confidence.
    pub share: [f64; 2],
    /// Mean error ratio of the runs that collapse and of the others.
    pub errors: [f64; 2],
    /// Mean latency in seconds of the runs that collapse and of the others.
    pub latency: [f64; 2],
}

const LATENCIES_APART: f64 = 3.0;
/// The square of this is [`LATENCIES_APART`].
const GAP_OF_MANY: f64 = 1.732;
/// See [`GAP_OF_MANY`].
const RUNS_MANY: usize = 10;
const ERRORS_MANY: f64 = 0.01;
const ERRORS_FEW: f64 = 0.001;

impl Disagreement {
    /// Whether the runs disagree, by the error ratio and the mean latency of each.
    #[must_use]
    pub fn of(errors: &[Option<f64>], latencies: &[Option<f64>]) -> Option<Self> {
        let by = by_errors(errors).or_else(|| by_latency(latencies))?;
        let collapsed = by.runs(errors, latencies);
        let count = collapsed.iter().filter(|is_collapsed| **is_collapsed).count();
        let means = |values: &[Option<f64>]| [true, false].map(|part| mean(values, &collapsed, part));
        Some(Self {
            by,
            share: wilson(count, collapsed.len()),
            errors: means(errors),
            latency: means(latencies),
            collapsed,
        })
    }

    /// How many collapse.
    #[must_use]
    pub fn count(&self) -> usize {
        self.collapsed.iter().filter(|is_collapsed| **is_collapsed).count()
    }

    /// The mean of a metric in the runs that collapse, and in the others; nothing where none has a value.
    #[must_use]
    pub fn means(&self, values: &[Option<f64>]) -> [Option<f64>; 2] {
        [true, false].map(|part| Some(mean(values, &self.collapsed, part)).filter(|mean| !mean.is_nan()))
    }
}

fn by_errors(errors: &[Option<f64>]) -> Option<Collapses> {
    let has = |is: &dyn Fn(f64) -> bool| errors.iter().flatten().any(|error| is(*error));
    let split = has(&|error| error > ERRORS_MANY) && has(&|error| error <= ERRORS_FEW);
    split.then_some(Collapses::Errors)
}

/// Cut at the widest gap between neighbours, as a ratio.
fn by_latency(latencies: &[Option<f64>]) -> Option<Collapses> {
    let mut sorted: Vec<f64> = latencies.iter().copied().flatten().collect();
    sorted.sort_by(f64::total_cmp);
    let (least, most) = (*sorted.first()?, *sorted.last()?);
    if least <= 0.0 || most <= LATENCIES_APART * least {
        return None;
    }
    let gaps = sorted.windows(2).map(|pair| (pair[1] / pair[0], pair[1]));
    let (gap, from) = gaps.reduce(|widest, gap| if gap.0 > widest.0 { gap } else { widest })?;
    if sorted.len() > RUNS_MANY && gap < GAP_OF_MANY {
        return None;
    }
    Some(Collapses::Latency(from))
}

fn mean(values: &[Option<f64>], collapsed: &[bool], part: bool) -> f64 {
    let of = values.iter().zip(collapsed).filter(|(_, is_collapsed)| **is_collapsed == part);
    let of: Vec<f64> = of.filter_map(|(value, _)| *value).collect();
    of.iter().sum::<f64>() / of.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(errors: &[f64], latencies: &[f64]) -> Option<Vec<bool>> {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
        Disagreement::of(&some(errors), &some(latencies)).map(|found| found.collapsed)
    }

    #[test]
    fn runs_disagree_if_some_collapse_and_others_do_not() {
        let (few, slow) = ([0.0; 3], [0.01; 3]);
        assert_eq!(split(&[0.0, 0.097, 0.001], &slow), Some(vec![false, true, false]));
        assert_eq!(split(&[0.002, 0.097, 0.0011], &slow), None, "all have errors");
        assert_eq!(split(&[0.0, 0.01, 0.0], &slow), None, "1 % is not more than 1 %");
        assert_eq!(split(&few, &[0.01, 0.029, 0.012]), None);
        assert_eq!(split(&few, &[0.01, 0.031, 0.012]), Some(vec![false, true, false]));
        assert_eq!(split(&few, &[0.0, 0.031, 0.012]), None, "nothing is three times nothing");
        assert_eq!(split(&[], &[]), None);
    }

    /// The means of 85 runs from 10 to 40 ms, evenly apart as ratios, are of one mode; with a gap they are of two.
    #[test]
    fn many_runs_disagree_only_where_there_is_a_gap() {
        let mut latencies: Vec<f64> = (0..85).map(|run| 0.01 * 1.0165_f64.powi(run)).collect();
        assert_eq!(split(&[0.0; 85], &latencies), None);
        latencies[84] = 0.08;
        let found = split(&[0.0; 85], &latencies).expect("they disagree");
        assert_eq!(found.iter().filter(|is_collapsed| **is_collapsed).count(), 1);
    }

    #[test]
    fn both_parts_are_described() {
        let errors = [0.0, 0.1, 0.0, 0.08, 0.111].map(Some);
        let found = Disagreement::of(&errors, &[None; 5]).expect("they disagree");
        assert_eq!((found.count(), found.errors[1]), (3, 0.0));
        assert!((found.errors[0] - 0.097).abs() < 1e-12);
        assert_eq!(found.share.map(f64::to_bits), wilson(3, 5).map(f64::to_bits));
        assert_eq!(found.means(&[None, Some(2.0), None, None, None]), [Some(2.0), None]);
    }
}
