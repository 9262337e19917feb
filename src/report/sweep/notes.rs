//! What has to be known about single points of a sweep beside their numbers.

use super::{SweepView, place};
use crate::experiment::sweep::Measured;
use crate::report::findings::{Finding, doubts, of_fit};
use crate::report::shown;

/// Stands behind a point whose runs may not be fit to answer.
pub const NOT_FIT: &str = "†";

/// More points than this are not named one by one.
const NAMED_MAX: usize = 3;

/// What is the matter with the runs of a point.
pub fn findings(point: &Measured) -> Vec<Finding> {
    point.fit().map(of_fit).unwrap_or_default()
}

/// Whether nothing is known to be the matter with the runs of a point.
pub fn is_fit(point: &Measured) -> bool {
    doubts(&findings(point)).is_none()
}

/// Which points may not be fit to answer and why, where runs disagree, and which objectives grow with the run.
pub fn notes(view: &SweepView) -> Vec<String> {
    let simulated = || view.swept.points.iter().filter(|point| point.refused.is_none());
    let doubtful = simulated().filter_map(|point| Some((doubts(&findings(point))?, point)));
    let doubts = together(doubtful).into_iter().map(|(doubts, points)| {
        let at = if points.len() == simulated().count() { String::new() } else { named(view, &points) };
        format!("{NOT_FIT} {at}These runs may not be fit to answer: {doubts}.")
    });
    let disagreeing =
        simulated().filter_map(|point| Some((shown::disagreement(point.together.disagreement()?), point)));
    let disagreeing = together(disagreeing).into_iter();
    let disagreeing = disagreeing.map(|(how, points)| format!("{}{how}.", named(view, &points)));
    let window = simulated().map(|point| point.together.window_seconds()).next();
    let is_peak = |name: &str| shown::is_peak(&view.swept.metrics, name);
    let peaks = window.and_then(|window| shown::peaks_of(&is_peak, view.objectives, window));
    peaks.into_iter().chain(disagreeing).chain(doubts).collect()
}

/// What is said of several points, once.
fn together<'a>(said: impl Iterator<Item = (String, &'a Measured)>) -> Vec<(String, Vec<&'a Measured>)> {
    let mut all: Vec<(String, Vec<&Measured>)> = Vec::new();
    for (text, point) in said {
        match all.iter_mut().find(|(known, _)| *known == text) {
            Some((_, points)) => points.push(point),
            None => all.push((text, vec![point])),
        }
    }
    all
}

/// `redis.ttl=1 s, redis.ttl=2 s and 4 more points: `.
fn named(view: &SweepView, points: &[&Measured]) -> String {
    let named: Vec<String> = points.iter().take(NAMED_MAX).map(|point| place(view, point)).collect();
    let more = match points.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        1 => " and 1 more point".to_owned(),
        more => format!(" and {more} more points"),
    };
    format!("{}{more}: ", named.join("; "))
}
