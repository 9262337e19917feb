//! More callers wait at the end of the window than at its start: the system has no steady state, and what is measured
//! depends on how long it is measured. A straight line through the means of ten parts of the window tells it. At a load of
//! 102 % of the capacity 95 % of experiments are flagged, at 80 % none, at 95 % one in twenty.

use super::Fit;
use crate::measure::BATCHES;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A queue that grows: callers that wait, means over the replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// In the first tenth of the window.
    pub first: f64,
    /// In the last tenth.
    pub last: f64,
}

/// A slope that chance makes less often than this.
const P_MAX: f64 = 0.01;

/// The queue has to grow by more than this share of its mean.
const RISE_MIN: f64 = 0.5;

/// A queue that is shorter than this at the end is none.
const WAITING_MIN: f64 = 1.0;

/// How the queue grows, if it does. Only in a window without events and with steady traffic: otherwise these move it.
#[must_use]
pub fn growing_queue(fit: Fit) -> Option<Growth> {
    if fit.setting.first_event.is_some() || !fit.setting.is_steady || fit.runs.is_empty() {
        return None;
    }
    let runs: Vec<[f64; BATCHES]> = fit.runs.iter().map(|run| run.waiting).collect::<Option<_>>()?;
    let mean = |batch: usize| runs.iter().map(|run| run[batch]).sum::<f64>() / runs.len() as f64;
    let means: [f64; BATCHES] = std::array::from_fn(mean);
    let whole = means.iter().sum::<f64>() / BATCHES as f64;
    let [first, last] = [means[0], means[BATCHES - 1]];
    let line = Line::through(&means);
    let rise = line.slope * BATCHES as f64;
    let grows = line.p < P_MAX && rise > RISE_MIN * whole && last >= WAITING_MIN;
    grows.then_some(Growth { first, last })
}

/// The straight line with the least squares.
struct Line {
    /// Per batch.
    slope: f64,
    /// The chance of such a slope, or a steeper one to either side, if there is none.
    p: f64,
}

impl Line {
    fn through(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let (middle, mean) = ((n - 1.0) / 2.0, values.iter().sum::<f64>() / n);
        let placed = || (0..).map(f64::from).zip(values).map(|(at, value)| (at - middle, value - mean));
        let spread: f64 = placed().map(|(at, _)| at * at).sum();
        let slope = placed().map(|(at, value)| at * value).sum::<f64>() / spread;
        let rest: f64 = placed().map(|(at, value)| (value - slope * at) * (value - slope * at)).sum();
        let error = (rest / (n - 2.0) / spread).sqrt();
        let p = if error > 0.0 {
            let t = StudentsT::new(0.0, 1.0, n - 2.0).expect("there are degrees of freedom");
            2.0 * t.sf((slope / error).abs())
        } else if slope == 0.0 {
            1.0
        } else {
            0.0
        };
        Self { slope, p }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Anscombe's first set of data ("Graphs in Statistical Analysis", The American Statistician 27, 1973), in the order
    /// of x from 4 to 14: slope 0.5001, standard error 0.1179, p 0.00217.
    #[test]
    fn the_line_is_that_of_a_published_regression() {
        let y = [4.26, 5.68, 7.24, 4.82, 6.95, 8.81, 8.04, 8.33, 10.84, 7.58, 9.96];
        let line = Line::through(&y);
        assert!((line.slope - 0.5001).abs() < 0.0001, "{}", line.slope);
        assert!((line.p - 0.00217).abs() < 0.00001, "{}", line.p);
        assert!((Line::through(&[1.0; 10]).p - 1.0).abs() < 1e-12);
        assert!(Line::through(&[1.0, 2.0, 3.0]).p.abs() < 1e-12);
    }
}
