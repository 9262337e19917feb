//! Which variant to take, and why: the cheapest that meets all objectives.
//!
//! A scenario knows no prices, so a variant is cheaper than another only if it has no more of any machine or setting that
//! costs money, and less of one. Of those that are equally cheap, or cannot be ranked, the one with the lowest p99 is taken.
//! A variant that serves fewer requests than the base is not recommended.

use super::SideBySide;
use crate::experiment::{Outcome, State, Summary};
use crate::report::format::Unit;
use crate::report::subject::Resource;
use crate::report::{shown, summary, verdict};
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
            "No variant is recommended: {} all objectives, but {} fewer requests than the base.",
            named(view, &met, "meets", "meet"),
            if met.len() == 1 { "serves" } else { "they serve" },
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
    let p99 = |variant: usize| {
        // As in the table: of all replications together, if that is known.
        let outcome = &view.comparison.outcomes[variant];
        let pooled = outcome.summary(P99).and_then(Summary::value);
        pooled.or_else(|| outcome.estimate(P99).map(|value| value.mean)).unwrap_or(f64::INFINITY)
    };
    let best = front.iter().copied().min_by(|a, b| p99(*a).total_cmp(&p99(*b)))?;
    let dearer = candidates.iter().filter(|other| is_cheaper(best, **other)).count();
    let mut reasons = Vec::new();
    if dearer > 0 {
        reasons.push(if dearer == 1 {
            "it needs less than another".to_owned()
        } else {
            format!("it needs less than {dearer} others")
        });
    }
    if front.len() > 1 {
        let p99 = Unit::Seconds.show(p99(best));
        let of = if dearer > 0 { " of the rest" } else { "" };
        reasons.push(format!("its latency p99 is the lowest{of}: {p99}"));
    }
    Some((best, reasons.join(", and ")))
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
        runs => summary::proof(outcome).map_or_else(
            || format!("by {runs} runs"),
            |proof| lower_first(proof.trim_start_matches("Met ").trim_end_matches('.')),
        ),
    };
    let others = match met {
        1 => " No other variant does.".to_owned(),
        _ if why.is_empty() => String::new(),
        _ => format!(" Of the {met} variants that do, {why}."),
    };
    format!("{verb} {}: it meets {all} {runs}.{others}", name(view, variant))
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

fn none_yet(view: &SideBySide, undecided: &[usize]) -> String {
    let reason = |variant: &usize| {
        let outcome = &view.comparison.outcomes[*variant];
        let open = outcome.verdicts().into_iter().find(|verdict| verdict.state == State::Undecided);
        let open = open.map_or(String::new(), |verdict| {
            let unit = shown::unit(outcome, &verdict.metric);
            let label = shown::words(&verdict.metric);
            format!(" ({label}: {})", verdict::reason(&verdict, unit))
        });
        format!("{}{open}", name(view, *variant))
    };
    let reasons: Vec<String> = undecided.iter().map(reason).collect();
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
