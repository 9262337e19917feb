//! The page of a comparison: who meets the objectives first, then the variants side by side.

use super::of_run::{among, facts, found, marked, notes, sentence as capital};
use super::{Grid, How, Item, Page, Part, Section, Verdict, origins};
use crate::experiment::State;
use crate::report::chart::Drawing;
use crate::report::compare::{SideBySide, cautions, objective_rows, row_cells, sentence, stated, take};
use crate::report::rows::{Extent, layers};
use crate::report::table::Align;

/// The page; `drawings` are the charts that there are.
pub fn of_comparison(view: &SideBySide, how: &How, drawings: &[(String, Drawing)]) -> Page {
    let base = &view.subjects[0];
    let over_time = among(drawings, &["timeline"]);
    let over_time = (!over_time.is_empty()).then_some(Part::OverTime(over_time));
    let charts = |names: &[&str]| among(drawings, names).into_iter().map(Part::Chart);
    let bought = Part::Items((1..view.subjects.len()).map(|variant| item(view, variant)).collect());
    let table = [Part::Table(table(view)), Part::Text(stated(view))];
    let findings = view.subjects.iter().zip(&view.comparison.outcomes).flat_map(|(subject, outcome)| {
        let heading = Part::Text(format!("In {}:", subject.variant));
        found(subject, outcome).map(|items| [heading, items]).into_iter().flatten()
    });
    let layers = view.subjects.iter().zip(&view.comparison.outcomes).map(|(subject, outcome)| {
        let table = layers(subject, outcome, Extent::All);
        let grid = Grid::of(&format!("By layer: {}", subject.variant), &table);
        Part::Table(Grid { is_folded: true, ..grid })
    });
    let objectives = objectives(view).map(Part::Table);
    let sections = [
        Section::new("objectives", "Objectives", objectives.into_iter().collect()),
        Section::new("variants", "What each variant does, and what it costs", vec![bought]),
        Section::new("measures", "Side by side", charts(&["measures"]).chain(table).collect()),
        Section::new("timeline", "Over time", over_time.into_iter().collect()),
        Section::new(
            "distributions",
            "Distributions",
            charts(&["latency-distribution", "staleness-distribution"]).collect(),
        ),
        Section::new("layers", "Layers", layers.collect()),
        Section::new("hot-keys", "Hot keys", charts(&["hot-keys"]).collect()),
        Section::new("findings", "Findings", findings.collect()),
    ];
    let mut facts = facts(base, view.comparison.base());
    facts.push(("variants", view.names().collect::<Vec<_>>().join(", ")));
    Page {
        title: format!("{}: {} variants side by side", base.scenario, view.subjects.len()),
        description: base.description.clone(),
        verdict: verdict(view),
        sections: sections.into_iter().flatten().chain(origins(how, &facts)).collect(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

fn item(view: &SideBySide, variant: usize) -> Item {
    let text = capital(&sentence(view, variant));
    Item { title: view.subjects[variant].variant.clone(), texts: vec![text] }
}

fn verdict(view: &SideBySide) -> Verdict {
    let notes = cautions(view).into_iter().chain(notes(view.comparison.base())).collect();
    let Some(take) = take(view) else {
        let text = "The scenario sets no objectives, so nothing says which variant to take.".into();
        return Verdict { is_good: None, is_undecided: false, text, notes };
    };
    let is_good = (take.state != State::Undecided).then_some(take.variant.is_some());
    Verdict { is_good, is_undecided: take.state == State::Undecided, text: take.text, notes }
}

fn columns<'v>(view: &'v SideBySide, first: &'static str) -> impl Iterator<Item = (&'v str, Align)> {
    std::iter::once((first, Align::Left)).chain(view.names().map(|name| (name, Align::Right)))
}

fn objectives(view: &SideBySide) -> Option<Grid> {
    let all: Vec<usize> = (0..view.subjects.len()).collect();
    let mut rows = objective_rows(view, &all);
    rows.iter_mut().flatten().for_each(|cell| *cell = cell.trim().to_owned());
    (!rows.is_empty()).then(|| marked(Grid { rows, ..Grid::new("Objectives", columns(view, "objective")) }))
}

/// A row for each measure; under each value how it differs from the base.
fn table(view: &SideBySide) -> Grid {
    let rows = view.rows.iter().map(|row| row_cells(view, row)).collect();
    Grid { rows, ..Grid::new("Measures, with their differences to the base", columns(view, "measure")) }
}
