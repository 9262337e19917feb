//! A search on the terminal.

use super::{PlanView, verdict, word};
use crate::experiment::Estimate;
use crate::experiment::plan::{Tried, Verdict};
use crate::model::{Bound, Goal, Objective};
use crate::report::format::Unit;
use crate::report::shown;
use crate::report::table::{Align, Table};
use std::fmt::Write;

/// The text for a terminal.
#[must_use]
pub fn text(view: &PlanView) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(text, "{}: {}\n", view.scenario, question(view));
    if !view.found.is_complete {
        text += "partial: interrupted before the answer was known as well as it can be\n\n";
    }
    text += &conclusion(view);
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

/// The answer in the first line, how sure it is in those after it.
pub fn conclusion(view: &PlanView) -> String {
    let mut text = String::new();
    match view.found.answer() {
        Some(answer) => answered(&mut text, view, answer),
        None => unanswered(&mut text, view),
    }
    if !view.found.bracket.is_monotone {
        not_monotone(&mut text, view);
    }
    text
}

fn objectives(count: usize) -> String {
    if count == 1 { "the objective".into() } else { format!("all {count} objectives") }
}

fn answered(text: &mut String, view: &PlanView, answer: &Tried) {
    let found = view.found;
    // Where nothing is missed at the end of the range, the edge lies outside of it.
    let is_edge_known = found.beyond().is_some() || !found.bracket.open.is_empty();
    let (side, or, way) = match found.search.goal {
        Goal::Least => ("at least", "or less", "below"),
        Goal::Most => ("at most", "or more", "above"),
    };
    let at = view.show(answer.at());
    let setting = &found.search.setting;
    let _ = if is_edge_known {
        writeln!(text, "{setting}: {side} {at}")
    } else {
        writeln!(text, "{setting}: {at} {or}")
    };
    let Some(beyond) = found.beyond() else {
        let end =
            if found.search.goal == Goal::Least { found.search.range.from } else { found.search.range.to };
        if found.bracket.open.is_empty() {
            let _ = writeln!(
                text,
                "{at} is the end of the range, and still meets {}: look {way} {}.",
                objectives(found.search.objectives.len()),
                view.show(end)
            );
        } else {
            let _ =
                writeln!(text, "Nothing up to {}, the end of the range, surely misses one.", view.show(end));
        }
        undecided(text, view);
        return;
    };
    let next = view.show(beyond.at());
    let _ = match found.binding() {
        Some(binding) => writeln!(
            text,
            "{at} meets {}, {next} misses {}, which binds: the edge is between the two (95 % sure).",
            objectives(found.search.objectives.len()),
            found.search.objectives[binding].metric.value,
        ),
        None => writeln!(
            text,
            "{at} meets {}, and {next} cannot be simulated.",
            objectives(found.search.objectives.len())
        ),
    };
    undecided(text, view);
}

/// Values between the two, of which nothing is sure.
fn undecided(text: &mut String, view: &PlanView) {
    let found = view.found;
    let mut open: Vec<f64> = found.bracket.open.iter().map(|place| found.tried[*place].at()).collect();
    open.sort_by(f64::total_cmp);
    let most = found.bracket.open.iter().map(|place| found.tried[*place].runs.len()).max().unwrap_or(0);
    let _ = match open.as_slice() {
        [] => return,
        [only] => writeln!(text, "At {}, {most} replications cannot tell.", view.show(*only)),
        [first, .., last] => {
            writeln!(
                text,
                "From {} to {}, {most} replications cannot tell.",
                view.show(*first),
                view.show(*last)
            )
        }
    };
}

fn unanswered(text: &mut String, view: &PlanView) {
    let found = view.found;
    let all = objectives(found.search.objectives.len());
    let _ = writeln!(text, "{}: no value is found that surely meets {all}.", found.search.setting);
    let open: Vec<&Tried> = found.tried.iter().filter(|tried| tried.verdict == Verdict::Open).collect();
    if let Some(most) = open.iter().map(|tried| tried.runs.len()).max() {
        let at: Vec<String> = open.iter().map(|tried| view.show(tried.at())).collect();
        let _ = writeln!(
            text,
            "At {}, {most} replications cannot tell: allow more with `--max-replications`.",
            at.join(", ")
        );
    }
    let simulated = || found.tried.iter().filter(|tried| tried.refused.is_none());
    for (index, objective) in found.search.objectives.iter().enumerate() {
        if simulated().next().is_some() && simulated().all(|tried| tried.objectives[index] == Verdict::Misses)
        {
            let _ = writeln!(
                text,
                "{} is missed at each value: look beyond the range, or for another cure.",
                objective.metric.value
            );
        }
    }
}

/// What lies on the wrong side of the answer, by an example of each.
fn not_monotone(text: &mut String, view: &PlanView) {
    let found = view.found;
    let Some(answer) = found.answer().map(Tried::at) else { return };
    let is_hard = |tried: &&Tried| match found.search.goal {
        Goal::Least => tried.at() < answer,
        Goal::Most => tried.at() > answer,
    };
    let first = |is: Verdict, hard: bool| {
        found
            .tried
            .iter()
            .find(|tried| tried.verdict == is && is_hard(tried) == hard)
            .map(|tried| view.show(tried.at()))
    };
    let _ = write!(text, "Mind: this is not the whole answer.");
    if let Some(value) = first(Verdict::Misses, false) {
        let _ =
            write!(text, " {value} misses an objective, although it is on the side that should meet all.");
    }
    if let Some(value) = first(Verdict::Meets, true) {
        let _ = write!(text, " {value} meets all again, beyond values that do not.");
    }
    let _ = writeln!(text);
}

/// Each objective at the answer, how far it is from its limit, and what becomes of it beyond.
pub fn at_the_answer(view: &PlanView, answer: &Tried) -> Table {
    let found = view.found;
    let beyond = found.beyond().filter(|tried| tried.refused.is_none());
    let at = |tried: &Tried| format!("at {}", view.show(tried.at()));
    let columns =
        [("objective".to_owned(), Align::Left), ("limit".into(), Align::Left), (at(answer), Align::Right)];
    let more = [("to spare".to_owned(), Align::Right)]
        .into_iter()
        .chain(beyond.map(|tried| (at(tried), Align::Right)));
    let mut table = Table::new(columns.into_iter().chain(more));
    for (index, objective) in found.search.objectives.iter().enumerate() {
        let Objective { metric, unit, bound } = objective;
        let place = found.metric(objective);
        let value = |tried: &Tried| {
            let estimate = PlanView::estimate(tried, place);
            estimate.map_or("–".to_owned(), |value| shown::value(&metric.value, (*unit).into(), value))
        };
        let mark = |tried: &Tried| match tried.objectives[index] {
            Verdict::Misses => " ✗",
            Verdict::Open => " ?",
            Verdict::Meets | Verdict::Refused => "",
        };
        let spare = found.spare(answer, index).map_or("–".to_owned(), share);
        let row = [metric.value.clone(), limit(&metric.value, *unit, *bound), value(answer), spare];
        table.row(row.into_iter().chain(beyond.map(|tried| value(tried) + mark(tried))));
    }
    table
}

fn limit(name: &str, unit: crate::measure::Unit, bound: Bound) -> String {
    shown::limit(name, unit.into(), bound)
}

fn share(estimate: Estimate) -> String {
    shown::value("", Unit::Ratio, estimate)
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
    for (name, estimate) in layers {
        let left = share(Estimate { mean: (1.0 - estimate.mean).max(0.0), ..estimate });
        table.row([name.to_owned(), shown::value(name, Unit::Ratio, estimate), left]);
    }
    Some(table)
}

/// All values that were judged, with the measure of each objective.
pub fn values(view: &PlanView) -> Table {
    let found = view.found;
    let columns = [(found.search.setting.clone(), Align::Right), ("runs".to_owned(), Align::Right)];
    let metrics =
        found.search.objectives.iter().map(|objective| (objective.metric.value.clone(), Align::Right));
    let mut table = Table::new(columns.into_iter().chain(metrics).chain([(String::new(), Align::Left)]));
    for (place, tried) in found.tried.iter().enumerate() {
        let values = found.search.objectives.iter().map(|objective| {
            let estimate = PlanView::estimate(tried, found.metric(objective));
            estimate.map_or("–".to_owned(), |value| {
                shown::value(&objective.metric.value, objective.unit.into(), value)
            })
        });
        let answer = if found.bracket.meets == Some(place) { " ← the answer" } else { "" };
        let last = format!("{}{answer}", verdict(tried.verdict));
        let head = [view.show(tried.at()), tried.runs.len().to_string()];
        table.row(head.into_iter().chain(values).chain([last]));
    }
    table
}
