//! The page of a sweep: how many of its points meet the objectives, the curves, the points.

use super::of_run::marked;
use super::{Grid, How, Item, Page, Part, Section, Verdict, origins};
use crate::experiment::State;
use crate::report::chart::Drawing;
use crate::report::shown;
use crate::report::sweep::{self, SweepView, notes, place, points};

/// More points are not shown; `sweep.csv` has all.
const POINTS_MAX: usize = 200;

/// The page; `drawings` are the charts that there are.
#[must_use]
pub fn of_sweep(view: &SweepView, how: &How, drawings: &[(String, Drawing)]) -> Page {
    let swept = view.swept;
    let all = swept.points.len();
    let settings: Vec<String> =
        swept.axes.iter().map(|axis| format!("{} ({} values)", axis.setting, axis.levels().len())).collect();
    let caption = match all {
        ..=POINTS_MAX => "The points, with 95 % intervals".to_owned(),
        _ => format!("The first {POINTS_MAX} of {all} points; sweep.csv and sweep.parquet have all"),
    };
    let table = marked(Grid::of(&caption, &points(view, POINTS_MAX, shown::summary)));
    let refused = swept
        .points
        .iter()
        .filter_map(|point| Some(Item { title: place(view, point), texts: vec![point.refused.clone()?] }));
    let refused: Vec<Item> = refused.take(POINTS_MAX).collect();
    let refused = (!refused.is_empty()).then_some(Part::Items(refused));
    let charts = drawings.iter().map(|(name, _)| Part::Chart(name.clone()));
    let sections = [
        Section::new("curves", "What the settings do", charts.collect()),
        Section::new("points", "Points", vec![Part::Table(table)]),
        Section::new("refused", "Not simulated", refused.into_iter().collect()),
    ];
    let runs: usize = swept.points.iter().map(|point| point.runs.len()).sum();
    let facts = [
        ("program", format!("cachestorm {}", env!("CARGO_PKG_VERSION"))),
        ("points", format!("{all} of {} done", swept.wanted)),
        ("replications", format!("{runs}, all points together")),
    ];
    Page {
        title: format!("{}: {all} points", view.scenario),
        description: Some(format!("Varied: {}.", settings.join(", "))),
        verdict: verdict(view),
        sections: sections.into_iter().flatten().chain(origins(how, &facts)).collect(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

fn verdict(view: &SweepView) -> Verdict {
    let swept = view.swept;
    let partial = (swept.points.len() < swept.wanted).then(|| {
        let (done, wanted) = (swept.points.len(), swept.wanted);
        format!("Interrupted: {done} of {wanted} points are done.")
    });
    let notes = partial.into_iter().chain(notes(view)).collect();
    let Some(text) = sweep::verdict(view) else {
        let text = "The scenario sets no objectives, so there is nothing to meet or miss.".into();
        return Verdict { is_good: None, is_undecided: false, text, notes };
    };
    let state = State::any(swept.points.iter().filter_map(|point| view.state(point)));
    let is_undecided = state == State::Undecided;
    Verdict { is_good: (!is_undecided).then_some(state == State::Met), is_undecided, text, notes }
}
