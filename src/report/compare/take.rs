//! Which variant to take, and why: the cheapest that meets all objectives.
//!
//! A scenario knows no prices, so a variant is cheaper than another only if it has no more of any machine or setting that
//! costs money, and less of one. Of those that are equally cheap, or cannot be ranked, the one with the lowest p99 is taken, or
//! the first whose p99 is within 5 % of it: the base, before any change.
//! A variant that serves fewer requests than the base is not recommended.

use super::SideBySide;
use crate::experiment::{MARGIN, Outcome, State, Summary};
use crate::report::format::Unit;
use crate::report::subject::Resource;
use crate::report::{shown, verdict};
use std::cmp::Ordering;

/// A recommendation.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// Whether some variant meets all objectives.
    pub state: State,
    /// Which one to take, counted from 0, which is the base.
    pub variant: Option<usize>,
    /// Why, as sentences.
    pub text: String,
}

const P99: &str = "client.latency_p99_seconds";

/// The recommendation; nothing if the scenario has no objectives.
pub fn take(view: &SideBySide) -> Option<Take> {
    if view.objectives().is_empty() {
        return None;
    }
    if !view.comparison.has_same_objectives() {
        let state = State::any(view.comparison.outcomes.iter().map(Outcome::state));
        let text = "The variants have different objectives, so none of them is recommended.".to_owned();
        return Some(Take { state, variant: None, text });
    }
    let states: Vec<State> = view.comparison.outcomes.iter().map(Outcome::state).collect();
    let state = State::any(states.iter().copied());
    let of = |wanted: State| -> Vec<usize> {
        (0..states.len()).filter(|variant| states[*variant] == wanted).collect()
    };
    let (met, undecided) = (of(State::Met), of(State::Undecided));
    let serves = |variant: &usize| {
        variant.checked_sub(1).is_none_or(|index| view.compared.served[index] != Ordering::Less)
    };
    let candidates: Vec<usize> = met.iter().copied().filter(serves).collect();
    let best = best(view, &candidates);
    let text = match (&best, met.is_empty()) {
        (Some((variant, why)), _) => taken(view, *variant, met.len(), why),
        (None, false) => format!(
            "No variant is recommended: {} all objectives, but {} fewer requests than the base in these runs.",
            named(view, &met, "meets", "meet"),
            if met.len() == 1 { "served" } else { "they served" },
        ),
        (None, true) if undecided.is_empty() => "No variant meets all objectives.".into(),
        (None, true) => none_yet(view, &undecided),
    };
    Some(Take { state, variant: best.map(|(variant, _)| variant), text })
}

fn name(view: &SideBySide, variant: usize) -> String {
    view.subjects[variant].variant.clone()
}

/// `lock meets`, `lock and jitter meet`.
fn named(view: &SideBySide, variants: &[usize], one: &str, many: &str) -> String {
    let names: Vec<String> = variants.iter().map(|variant| name(view, *variant)).collect();
    format!("{} {}", names.join(", "), if variants.len() == 1 { one } else { many })
}

/// The best of these, with the reason.
fn best(view: &SideBySide, candidates: &[usize]) -> Option<(usize, String)> {
    let resources = |variant: usize| &view.subjects[variant].resources[..];
    let is_cheaper = |a: usize, b: usize| cheaper(resources(a), resources(b));
    let front: Vec<usize> = candidates
        .iter()
        .copied()
        .filter(|variant| !candidates.iter().any(|other| is_cheaper(*other, *variant)))
        .collect();
    // As in the table: nothing if too few requests tell.
    let p99 = |variant: usize| view.comparison.outcomes[variant].summary(P99).and_then(Summary::value);
    let order = |variant: usize| p99(variant).unwrap_or(f64::INFINITY);
    let lowest = front.iter().copied().min_by(|a, b| order(*a).total_cmp(&order(*b)))?;
    // A variant that is not clearly faster is no reason to change anything: the first of those is taken.
    let is_near = |variant: &usize| order(*variant) <= order(lowest) * (1.0 + MARGIN);
    let near: Vec<usize> = front.iter().copied().filter(is_near).collect();
    let best = *near.first()?;
    let dearer: Vec<usize> = candidates.iter().copied().filter(|other| is_cheaper(best, *other)).collect();
    let mut reasons = Vec::new();
    if !dearer.is_empty() {
        let less: Vec<&str> = (0..resources(best).len())
            .filter(|place| {
                let amount = |variant: usize| resources(variant)[*place].amount;
                dearer.iter().any(|other| amount(best) < amount(*other))
            })
            .map(|place| resources(best)[place].name)
            .collect();
        let names: Vec<String> = dearer.iter().map(|variant| name(view, *variant)).collect();
        reasons.push(format!("it needs less than {}: {}", names.join(", "), less.join(", ")));
    }
    let rest = if dearer.is_empty() { "" } else { " of the rest" };
    if front.len() == 1 {
    } else if p99(best).is_none() {
        reasons.push(format!("too few requests tell which{rest} has the lowest latency p99"));
    } else if near.len() == front.len() {
        reasons.push(format!("the latency p99{rest} differs by no more than 5 %"));
    } else {
        let value = Unit::Seconds.show(order(best));
        let also = if near.len() > 1 { ", or one within 5 % of it" } else { "" };
        reasons.push(format!("it has the lowest latency p99{rest}{also}: {value}"));
    }
    Some((best, reasons.join("; ")))
}

/// Whether the first needs no more of anything, and less of something.
fn cheaper(a: &[Resource], b: &[Resource]) -> bool {
    let amounts = || a.iter().zip(b).map(|(a, b)| a.amount.total_cmp(&b.amount));
    a.len() == b.len() && amounts().all(Ordering::is_le) && amounts().any(Ordering::is_lt)
}

fn taken(view: &SideBySide, variant: usize, met: usize, why: &str) -> String {
    let outcome = &view.comparison.outcomes[variant];
    let all = match outcome.objectives.len() {
        1 => "the objective".to_owned(),
        all => format!("all {all} objectives"),
    };
    let verb = if variant == 0 { "Keep" } else { "Take" };
    let runs = match outcome.replications() {
        1 => "in this run".to_owned(),
        runs => verdict::proof(outcome).map_or_else(
            || format!("by {runs} runs"),
            |proof| proof.trim_start_matches("Met ").trim_end_matches('.').to_owned(),
        ),
    };
    let others = match met {
        1 => " No other variant does.".to_owned(),
        _ if why.is_empty() => String::new(),
        _ => format!(" Of the {met} variants that do, {why}."),
    };
    format!("{verb} {}: it meets {all} {runs}.{others}", name(view, variant))
}

fn none_yet(view: &SideBySide, undecided: &[usize]) -> String {
    let reason = |variant: usize| {
        let outcome = &view.comparison.outcomes[variant];
        let open = outcome.verdicts().into_iter().find(|verdict| verdict.state == State::Undecided);
        open.map_or(String::new(), |verdict| {
            let unit = shown::unit(outcome, &verdict.metric);
            let label = shown::words(&verdict.metric);
            format!(" ({label}: {})", verdict::reason(&verdict, unit))
        })
    };
    // Variants with the same reason together.
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for (reason, name) in undecided.iter().map(|variant| (reason(*variant), name(view, *variant))) {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    let reasons: Vec<String> =
        reasons.into_iter().map(|(reason, names)| format!("{}{reason}", names.join(", "))).collect();
    format!(
        "Undecided: no variant is shown to meet all objectives, but some may: {}. More runs tell: `--replications auto`.",
        reasons.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cheaper_is_what_needs_no_more_of_anything_and_less_of_something() {
        let resources = |amounts: [f64; 2]| amounts.map(|amount| Resource { name: "machines", amount });
        for (a, b, expected) in [
            ([1.0, 2.0], [1.0, 3.0], true),
            ([1.0, 3.0], [1.0, 3.0], false),
            ([2.0, 2.0], [1.0, 3.0], false),
            ([1.0, 3.0], [1.0, 2.0], false),
        ] {
            assert_eq!(cheaper(&resources(a), &resources(b)), expected, "{a:?} {b:?}");
        }
    }
}
