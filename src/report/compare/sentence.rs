//! What a variant does, in a sentence that is derived from the rows of the table and says nothing else.
//!
//! Each star is named: as better, as worse (a cost), as less work done, or as a difference. Each objective whose state
//! changes is named. What cannot be told is named with the size of the difference, its chance, and how many runs would
//! tell; that is never "no change".

use super::{SideBySide, words};
use crate::experiment::{Change, Collapse, DISCORDANT_MIN, Effect, PAIRS_MIN, Row, Standing, State};
use crate::measure::Wanted;
use crate::report::{shown, verdict};

/// All that is tested is the same or nearly so.
const NOTHING: &str = "shows no difference";

/// The sentence for a variant, counted from 1: the base is number 0. It goes on after the variant's name, and ends without
/// a full stop.
pub fn sentence(view: &SideBySide, variant: usize) -> String {
    let objectives = objectives(view, variant);
    if view.comparison.is_same_as_base(variant) {
        return format!(
            "is the same as the base in every replication: what it changes has no effect in these runs{objectives}"
        );
    }
    let clauses = clauses(view, variant - 1);
    let clauses = if clauses.is_empty() { NOTHING.into() } else { clauses.join("; ") };
    format!("{clauses}{objectives}")
}

/// The rows that are tested, with what a variant, counted from 0 without the base, does to them.
fn tested<'v>(view: &'v SideBySide, index: usize) -> impl Iterator<Item = (&'v Row, &'v Change)> {
    let rows = view.compared.rows.iter().filter(|row| row.family.is_some());
    rows.map(move |row| (row, &row.changes[index]))
}

fn clauses(view: &SideBySide, index: usize) -> Vec<String> {
    let collapse = view.compared.collapses[index].as_ref();
    let named = |effects: &[Effect]| {
        let of = tested(view, index).filter(|(_, change)| effects.contains(&change.effect));
        of.map(|(row, change)| words::from_to(row, change)).collect::<Vec<_>>().join(", ")
    };
    let starred = [
        (named(&[Effect::Better]), "is better in ", ""),
        (named(&[Effect::Worse]), "costs: worse in ", ""),
        (named(&[Effect::MoreWork]), "costs: worse in ", ", while it served more requests"),
        (
            named(&[Effect::LessWork]),
            "has less in ",
            ", which is no gain: it served fewer requests in these runs",
        ),
        (named(&[Effect::Differs]), "differs in ", ""),
    ];
    let starred = starred.into_iter().filter(|(named, ..)| !named.is_empty());
    let starred: Vec<String> =
        starred.map(|(named, before, after)| format!("{before}{named}{after}")).collect();
    let mut clauses: Vec<String> = collapse.map(collapsed).into_iter().collect();
    let open = open(view, index, collapse);
    // What cannot be told is not "no difference".
    if starred.is_empty() && collapse.is_none() && open.is_none() {
        clauses.push(NOTHING.into());
    }
    clauses.extend(starred);
    clauses.extend(open);
    clauses.extend(not_compared(view, index));
    clauses.extend(also_worse(view, index));
    for (standing, what) in
        [(Standing::Same, "the same in each run"), (Standing::Near, "no more than 5 % apart")]
    {
        let alike =
            tested(view, index).filter(|(_, change)| !change.is_starred && change.standing == standing);
        let alike: Vec<String> = alike.map(|(row, _)| shown::words(&row.metric.name)).collect();
        if !alike.is_empty() {
            clauses.push(format!("{what}: {}", alike.join(", ")));
        }
    }
    clauses
}

/// What cannot be told yet.
fn open(view: &SideBySide, index: usize, collapse: Option<&Collapse>) -> Option<String> {
    let is_open = |change: &Change| {
        !change.is_starred
            && change.not_compared.is_none()
            && matches!(change.standing, Standing::Differs | Standing::Unclear)
    };
    let open = tested(view, index).filter(|(_, change)| is_open(change) && change.value.is_some());
    let open: Vec<String> = open.map(|(row, change)| too_few(row, change)).collect();
    if open.is_empty() {
        return None;
    }
    let runs = view.runs();
    let reason = match runs {
        _ if collapse.is_some() => "runs disagree, so means are not compared".to_owned(),
        1 => "cannot be told from chance with 1 run".to_owned(),
        few if few < PAIRS_MIN => {
            format!("cannot be told from chance with {few} runs, which are too few (at least {PAIRS_MIN})")
        }
        _ => format!("cannot be told from chance with {runs} runs"),
    };
    Some(format!("{reason}: {}", open.join(", ")))
}

/// What cannot be compared, because the variant is measured for another time than the base.
fn not_compared(view: &SideBySide, index: usize) -> Option<String> {
    let all: Vec<_> = tested(view, index)
        .filter(|(_, change)| change.value.is_some())
        .filter_map(|(row, change)| Some((words::from_to(row, change), change.not_compared?)))
        .collect();
    let (_, windows) = all.first()?;
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    Some(format!("not compared, because {}: {}", words::not_compared(*windows), names.join("; ")))
}

/// How many metrics that are not tested are named as worse.
const ALSO: usize = 3;

/// What clients get that is worse by its interval, though it is not tested: how old and how stale answers are, for example. Of
/// the metrics of one quantity the one that changes most.
fn also_worse(view: &SideBySide, index: usize) -> Option<String> {
    let is_worse = |row: &Row, change: &Change| match (row.wanted, row.base, change.value) {
        (Wanted::Less, Some(base), Some(value)) => value > base,
        (Wanted::More, Some(base), Some(value)) => value < base,
        _ => false,
    };
    let rows = view.compared.rows.iter().filter(|row| row.family.is_none());
    let mut worse: Vec<(&Row, &Change)> = rows
        .filter(|row| row.metric.name.starts_with("client."))
        .map(|row| (row, &row.changes[index]))
        .filter(|(row, change)| change.standing == Standing::Differs && is_worse(row, change))
        .collect();
    worse.sort_by(|(a, one), (b, other)| other.factor(b.base).total_cmp(&one.factor(a.base)));
    let mut quantities: Vec<&str> = Vec::new();
    worse.retain(|(row, _)| {
        let quantity = words::quantity(&row.metric.name);
        let is_new = !quantities.contains(&quantity);
        quantities.push(quantity);
        is_new
    });
    let named: Vec<String> =
        worse.iter().take(ALSO).map(|(row, change)| words::from_to(row, change)).collect();
    (!named.is_empty()).then(|| format!("not tested, but worse by the intervals: {}", named.join(", ")))
}

fn too_few(row: &Row, change: &Change) -> String {
    let mut notes = Vec::new();
    if change.failing[0] == change.failing[1] {
        notes.extend(words::range(row, change));
    } else {
        notes.push(format!("needs at least {DISCORDANT_MIN} runs that differ, all in one direction"));
    }
    if change.is_below_resolution {
        notes.push("below the resolution of a percentile".into());
    }
    notes.extend(change.p_value.map(words::chance));
    notes.extend(change.runs_needed().map(words::needed));
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("{}{notes}", words::from_to(row, change))
}

fn collapsed(collapse: &Collapse) -> String {
    let Collapse { runs, base, variant, discordant, p_value, is_starred } = collapse;
    let meaning = if !is_starred {
        let pairs = format!("needs at least {DISCORDANT_MIN} runs that differ, all in one direction");
        format!("cannot tell: {}, {pairs}", words::chance(*p_value))
    } else if discordant.variant < discordant.base {
        format!("better, {}", words::chance(*p_value))
    } else {
        format!("worse, {}", words::chance(*p_value))
    };
    format!("collapses in {variant} of {runs} runs, the base in {base} of {runs} ({meaning})")
}

/// The objectives whose state changes, and how many are met.
fn objectives(view: &SideBySide, variant: usize) -> String {
    let (base, outcome) = (view.verdicts(0), &view.comparison.outcomes[variant]);
    let all: Vec<_> = view.objectives().into_iter().zip(base).zip(view.verdicts(variant)).collect();
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for state in [State::Met, State::Missed, State::Undecided] {
        let changed = all.iter().filter_map(|((objective, base), verdict)| {
            let verdict = verdict.as_ref().filter(|verdict| verdict.state == state)?;
            let is_changed = base.as_ref().is_none_or(|base| base.state != state);
            is_changed.then(|| {
                let limit = words::objective(objective);
                if state == State::Met {
                    return limit;
                }
                let unit = shown::unit(outcome, &verdict.metric);
                format!("{limit} ({})", verdict::reason(verdict, unit))
            })
        });
        let named: Vec<String> = changed.collect();
        if !named.is_empty() {
            text.extend([". Now ", state.name(), ": ", &named.join(", ")]);
        }
    }
    let ((met, all), (before, of)) = (view.met(variant), view.met(0));
    text + &format!(". Objectives met: {met} of {all} (base: {before} of {of})")
}
