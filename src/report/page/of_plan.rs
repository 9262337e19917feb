//! The page of a search: the answer, how sure it is, what binds, and the curve around it.

use super::{Grid, How, Page, Part, Section, Verdict, origins};
use crate::experiment::State;
use crate::report::chart::Drawing;
use crate::report::plan::PlanView;
use crate::report::plan::sentence::conclusion;
use crate::report::plan::text::{at_the_answer, layers, question, values};

/// The page; `drawings` are the charts that there are.
#[must_use]
pub fn of_plan(view: &PlanView, how: &How, drawings: &[(String, Drawing)]) -> Page {
    let found = view.found;
    let answer = found.answer();
    // The first sentence is the verdict, the others say how sure it is.
    let conclusion = conclusion(view);
    let mut sentences = conclusion.lines().filter(|line| !line.is_empty()).map(str::to_owned);
    let verdict = sentences.next().unwrap_or_default();
    let surety = sentences.map(Part::Text);
    let objectives = answer
        .map(|answer| Part::Table(Grid::of("The objectives at the answer", &at_the_answer(view, answer))));
    let layers = answer.and_then(|answer| layers(view, answer));
    let layers = layers.map(|table| Part::Table(Grid::of("What is in use at the answer", &table)));
    let judged = Part::Table(Grid::of("All values that were judged, the smallest first", &values(view)));
    let refused = found.tried.iter().filter_map(|tried| {
        let reason = tried.refused.as_ref()?;
        Some(Part::Text(format!("{} is not simulated: {reason}", view.show(tried.at()))))
    });
    let charts = drawings.iter().map(|(name, _)| Part::Chart(name.clone()));
    let sections = [
        Section::new("answer", "The answer", surety.chain(objectives).collect()),
        Section::new("curves", "Around the answer", charts.collect()),
        Section::new("layers", "What is left of each layer", layers.into_iter().collect()),
        Section::new("values", "Values", [judged].into_iter().chain(refused).collect()),
    ];
    let runs: usize = found.tried.iter().map(|tried| tried.runs.len()).sum();
    let facts = [
        ("program", format!("cachestorm {}", env!("CARGO_PKG_VERSION"))),
        ("seed", view.seed.to_string()),
        ("variant", view.variant.to_owned()),
        ("replications", format!("{runs}, all values together")),
    ];
    let partial = (!found.is_complete)
        .then(|| "Interrupted before the answer was known as well as it can be.".to_owned());
    Page {
        title: format!("{}: {}", view.scenario, found.search.setting),
        description: Some(format!("Wanted: {}.", question(view))),
        verdict: Verdict {
            is_good: (found.state() != State::Undecided).then_some(answer.is_some()),
            is_undecided: found.state() == State::Undecided,
            text: verdict,
            notes: partial.into_iter().collect(),
        },
        sections: sections.into_iter().flatten().chain(origins(how, &facts)).collect(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}
