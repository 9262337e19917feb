//! A sweep on the terminal.

use super::notes::{NOT_FIT, is_fit, notes};
use super::{SweepView, label, place, verdict};
use crate::experiment::Summary;
use crate::experiment::sweep::Measured;
use crate::measure::Metric;
use crate::report::lines::{WIDTH, wrapped};
use crate::report::shown;
use crate::report::table::{Align, Table};
use crate::report::verdict::mark;
use std::fmt::Write;

/// More lines than this are too many for a terminal; the CSV has all.
const ROWS_MAX: usize = 60;
/// Of more points than this it is not told why they are not simulated; the CSV has it.
const REFUSED_MAX: usize = 5;

/// How a metric is said: in a cell as narrow as it can be, or with all that is known.
type Words = fn(&Metric, &Summary) -> String;

/// The text for a terminal.
#[must_use]
pub fn text(view: &SweepView) -> String {
    let swept = view.swept;
    let mut text = String::new();
    let runs: usize = swept.points.iter().map(|point| point.runs.len()).sum();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}: {} points, {runs} replications\n", view.scenario, swept.points.len());
    if let Some(verdict) = verdict(view) {
        let _ = writeln!(text, "{verdict}\n");
    }
    if swept.points.len() < swept.wanted {
        let _ = writeln!(text, "partial: interrupted, {} points were to be simulated\n", swept.wanted);
    }
    let _ = write!(text, "{}", points(view, ROWS_MAX, shown::cell));
    if swept.points.len() > ROWS_MAX {
        let _ = writeln!(text, "… and {} more points: see sweep.csv", swept.points.len() - ROWS_MAX);
    }
    let notes: Vec<String> = notes(view).iter().map(|note| wrapped(note, WIDTH, 2)).collect();
    if !notes.is_empty() {
        let _ = writeln!(text, "\n{}", notes.join("\n"));
    }
    let refused = || swept.points.iter().filter_map(|point| Some((point, point.refused.as_ref()?)));
    for (point, reason) in refused().take(REFUSED_MAX) {
        let _ = writeln!(text, "\n{} is not simulated: {reason}", place(view, point));
    }
    let more = refused().count().saturating_sub(REFUSED_MAX);
    if more > 0 {
        let _ = writeln!(text, "… and {more} more points are not simulated: see sweep.csv");
    }
    text
}

/// So many of the points, with what is shown of each.
pub fn points(view: &SweepView, most: usize, words: Words) -> Table {
    let swept = view.swept;
    let columns = swept.axes.iter().map(|axis| (axis.setting.as_str(), Align::Right));
    let metrics = view.shown.iter().map(|index| (swept.metrics[*index].name.as_str(), Align::Right));
    let is_noted = |point: &Measured| point.refused.is_some() || !is_fit(point);
    let has_last = !view.objectives.is_empty() || swept.points.iter().any(is_noted);
    let last = if view.objectives.is_empty() { "note" } else { "objectives" };
    let met = has_last.then_some((last, Align::Left));
    let mut table = Table::new(columns.chain([("runs", Align::Right)]).chain(metrics).chain(met));
    for point in swept.points.iter().take(most) {
        let levels = swept.axes.iter().zip(&point.point).map(|(axis, level)| label(axis, level));
        let values = view.shown.iter().map(|index| {
            let metric = &swept.metrics[*index];
            view.summary(point, *index).map_or("–".into(), |summary| words(metric, &summary))
        });
        let met = match view.state(point) {
            _ if point.refused.is_some() => Some("not simulated".to_owned()),
            Some(state) => Some(format!("{} {}", mark(state), state.name())),
            None => has_last.then(String::new),
        };
        let note = if is_fit(point) { "" } else { NOT_FIT };
        let met = met.map(|met| format!("{met} {note}").trim().to_owned());
        table.row(levels.chain([point.runs.len().to_string()]).chain(values).chain(met));
    }
    table
}
