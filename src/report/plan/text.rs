//! A search on the terminal.

use super::sentence::conclusion;
use super::{PlanView, verdict, word};
use crate::experiment::plan::{Spare, Tried, Verdict};
use crate::model::{Bound, Objective, On};
use crate::report::format::Unit;
use crate::report::shown;
use crate::report::table::{Align, Table};
use std::fmt::Write;

/// The text for a terminal: the answer, how sure it is, the objectives and layers at it, and all values that were judged.
#[must_use]
pub fn text(view: &PlanView) -> String {
    let mut text = String::new();
    if !view.found.is_complete {
        text += "partial: interrupted before the answer was known as well as it can be\n\n";
    }
    text += &conclusion(view);
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(text, "\n{}: {}", view.scenario, question(view));
    if let Some(answer) = view.found.answer() {
        let _ = write!(text, "\n{}", at_the_answer(view, answer));
        if let Some(layers) = layers(view, answer) {
            let _ = write!(text, "\n{layers}");
        }
    }
    let runs: usize = view.found.tried.iter().map(|tried| tried.runs.len()).sum();
    let _ = write!(text, "\n{} values, {runs} replications\n{}", view.found.tried.len(), values(view));
    for tried in &view.found.tried {
        if let Some(reason) = &tried.refused {
            let _ = writeln!(text, "\n{} is not simulated: {reason}", view.show(tried.at()));
        }
    }
    text
}

/// What is asked.
pub fn question(view: &PlanView) -> String {
    let search = &view.found.search;
    let [from, to] = [search.range.from, search.range.to].map(|end| view.show(end));
    let (goal, all) = (word(search.goal), objectives(search.objectives.len()));
    format!("the {goal} {} from {from} to {to} that meets {all}", search.setting)
}

/// The objectives, by how many there are.
pub fn objectives(count: usize) -> String {
    if count == 1 { "the objective".into() } else { format!("all {count} objectives") }
}

/// Each objective at the answer, how far it is from its limit, how many runs keep it, and what becomes of it beyond.
pub fn at_the_answer(view: &PlanView, answer: &Tried) -> Table {
    let found = view.found;
    let beyond = found.beyond().filter(|tried| tried.refused.is_none());
    let at = |tried: &Tried| format!("at {}", view.show(tried.at()));
    let columns =
        [("objective".to_owned(), Align::Left), ("limit".into(), Align::Left), (at(answer), Align::Right)];
    let more = [("to spare".to_owned(), Align::Right), ("runs that keep it".into(), Align::Right)]
        .into_iter()
        .chain(beyond.map(|tried| (at(tried), Align::Right)));
    let mut table = Table::new(columns.into_iter().chain(more));
    for (index, objective) in found.search.objectives.iter().enumerate() {
        let Objective { metric, unit, bound, on } = objective;
        let place = found.metric(objective);
        let value = |tried: &Tried| view.cell(tried, place);
        let mark = |tried: &Tried| match tried.objectives[index] {
            Verdict::Misses => " ✗",
            Verdict::Open => " ?",
            Verdict::Meets | Verdict::Refused => "",
        };
        let spare = found.spare(answer, index).map_or("–".to_owned(), share);
        let runs = answer.runs.len();
        let kept = format!("{} of {runs}", runs - answer.misses[index]);
        let limit = match on {
            On::Run => limit(&metric.value, *unit, *bound),
            On::Average => format!("{} on average", limit(&metric.value, *unit, *bound)),
        };
        let row = [metric.value.clone(), limit, value(answer), spare, kept];
        table.row(row.into_iter().chain(beyond.map(|tried| value(tried) + mark(tried))));
    }
    table
}

fn limit(name: &str, unit: crate::measure::Unit, bound: Bound) -> String {
    shown::limit(name, unit.into(), bound)
}

fn share(spare: Spare) -> String {
    shown::value_of("", Unit::Ratio, spare.value, spare.interval)
}

/// What is in use of each layer, and what is left.
pub fn layers(view: &PlanView, answer: &Tried) -> Option<Table> {
    let layers = view.in_use(answer);
    if layers.is_empty() {
        return None;
    }
    let used = format!("in use at {}", view.show(answer.at()));
    let mut table = Table::new([
        ("busiest first".to_owned(), Align::Left),
        (used, Align::Right),
        ("left".into(), Align::Right),
    ]);
    for (metric, summary, value) in layers {
        let left = Unit::Ratio.show((1.0 - value).max(0.0));
        table.row([metric.name.clone(), shown::cell(metric, &summary), left]);
    }
    Some(table)
}

/// All values that were judged, with the measure of each objective.
pub fn values(view: &PlanView) -> Table {
    let found = view.found;
    let columns = [
        (found.search.setting.clone(), Align::Right),
        ("runs".to_owned(), Align::Right),
        ("keep all".into(), Align::Right),
    ];
    let metrics =
        found.search.objectives.iter().map(|objective| (objective.metric.value.clone(), Align::Right));
    let mut table = Table::new(columns.into_iter().chain(metrics).chain([(String::new(), Align::Left)]));
    for (place, tried) in found.tried.iter().enumerate() {
        let objectives = found.search.objectives.iter();
        let values = objectives.map(|objective| view.cell(tried, found.metric(objective)));
        let answer = if found.bracket.meets == Some(place) { " ← the answer" } else { "" };
        let word = if tried.counts() { verdict(tried.verdict) } else { "not judged, for the curve only" };
        let last = format!("{word}{answer}");
        let head = [view.show(tried.at()), tried.runs.len().to_string(), tried.kept.to_string()];
        table.row(head.into_iter().chain(values).chain([last]));
    }
    table
}
