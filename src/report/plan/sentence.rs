//! What a search has found, in sentences: the answer first, then how sure it is.

use super::PlanView;
use super::text::objectives;
use crate::experiment::State;
use crate::experiment::plan::{Answer, Tried, Verdict};
use crate::model::{Goal, On};
use crate::report::findings::Finding;
use crate::report::format::Unit;
use crate::report::shown;
use std::fmt::Write;

/// The answer in the first line, how sure it is in those after it.
pub fn conclusion(view: &PlanView) -> String {
    let mut text = String::new();
    match view.found.answer() {
        Some(answer) => answered(&mut text, view, answer),
        None => unanswered(&mut text, view),
    }
    for note in notes(view) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{note}");
    }
    for finding in view.findings() {
        let Finding { title, code, evidence, .. } = finding;
        let _ = writeln!(text, "These runs may not be fit to answer: {title} ({code}): {evidence}.");
    }
    text
}

/// Where the runs that the answer comes from disagree, and which objectives grow with the run.
fn notes(view: &PlanView) -> Vec<String> {
    let found = view.found;
    let decide = found.answer().into_iter().chain(found.beyond());
    let disagreeing = decide.filter_map(|tried| {
        let split = tried.together.disagreement()?;
        Some(format!("At {}, {}.", view.show(tried.at()), shown::disagreement(split)))
    });
    let window = found.tried.iter().find(|tried| !tried.runs.is_empty());
    let peaks = window.and_then(|tried| {
        let window = tried.together.window_seconds();
        shown::peaks_of(&|name| shown::is_peak(&found.metrics, name), &found.search.objectives, window)
    });
    disagreeing.chain(peaks).collect()
}

fn answered(text: &mut String, view: &PlanView, answer: &Tried) {
    let found = view.found;
    let (at, setting) = (view.show(answer.at()), &found.search.setting);
    let all = objectives(found.search.objectives.len());
    // Writing to a string cannot fail, here and below.
    let _ = match found.search.goal {
        Goal::Least => writeln!(text, "{setting}: {at} is enough{}", beyond(view)),
        Goal::Most => writeln!(text, "{setting}: up to {at} meets {all}{}", beyond(view)),
    };
    if let Some(more) = headroom(view) {
        let _ = writeln!(text, "{more}");
    }
    let _ = writeln!(text, "{}", kept(view, answer));
    let _ = writeln!(text, "{}", sure(view));
    if !found.bracket.is_monotone {
        not_monotone(text, view, answer);
    }
}

/// What is known about the values beyond the answer.
fn beyond(view: &PlanView) -> String {
    let found = view.found;
    let search = &found.search;
    let is_least = search.goal == Goal::Least;
    let mut open: Vec<f64> = found.bracket.open.iter().map(|place| found.tried[*place].at()).collect();
    open.sort_by(f64::total_cmp);
    let open = match open.as_slice() {
        [] => None,
        [only] => Some(view.show(*only)),
        [first, .., last] => Some(format!("{} to {}", view.show(*first), view.show(*last))),
    };
    match (open, found.beyond()) {
        (Some(open), _) if is_least => format!("; {open} may be."),
        (Some(open), _) => format!("; {open} may."),
        (None, Some(beyond)) if beyond.refused.is_some() => {
            format!("; {} cannot be simulated.", view.show(beyond.at()))
        }
        (None, Some(beyond)) => {
            let verb = if is_least { "is" } else { "does" };
            let misses = found.binding().map(|binding| &search.objectives[binding].metric.value);
            let misses = misses.map(|metric| format!(": it misses {metric}")).unwrap_or_default();
            format!("; {} {verb} not{misses}.", view.show(beyond.at()))
        }
        (None, None) if view.is_bounded => {
            format!(", and the setting takes no {} value.", if is_least { "smaller" } else { "larger" })
        }
        (None, None) if is_least => {
            ": it is the start of the range, and smaller values were not tried.".into()
        }
        (None, None) => ": it is the end of the range, and larger values were not tried.".into(),
    }
}

/// The answer for more load.
fn headroom(view: &PlanView) -> Option<String> {
    let headroom = view.headroom?;
    let more = Unit::Ratio.show(headroom.more);
    let range = view.found.search.range;
    Some(match (&headroom.answer, view.found.search.goal) {
        (Answer::Value(level), _) => format!("With {more} more load: {}.", view.show(level.at?)),
        (Answer::Load(at), _) => format!("For {more} more load, plan for {}.", view.show(*at)),
        (Answer::None, Goal::Least) => {
            format!("With {more} more load: no value up to {} is known to be enough.", view.show(range.to))
        }
        (Answer::None, Goal::Most) => {
            format!("With {more} more load: no value from {} on meets the objectives.", view.show(range.from))
        }
    })
}

/// How many runs keep the objectives at the answer, and at its neighbour.
fn kept(view: &PlanView, answer: &Tried) -> String {
    let found = view.found;
    let window = view.window_seconds.map(|window| format!(" of {}", Unit::Seconds.show(window)));
    let window = window.unwrap_or_default();
    let share = |tried: &Tried| format!("{} of {}", tried.kept, tried.runs.len());
    let all = objectives(found.search.objectives.len());
    let mut text = format!("At {}, {} runs{window} keep {all}", view.show(answer.at()), share(answer));
    let open = found.bracket.open.iter().map(|place| &found.tried[*place]);
    let next = found.beyond().filter(|beyond| beyond.refused.is_none());
    for tried in open.chain(next) {
        let _ = write!(text, "; at {}, {}", view.show(tried.at()), share(tried));
        if tried.verdict == Verdict::Open {
            text += ", which cannot tell";
        }
    }
    text + "."
}

/// How often the answer is wrong.
fn sure(view: &PlanView) -> String {
    let search = &view.found.search;
    if search.objectives.iter().all(|objective| objective.on == On::Average) {
        return "Each side is wrong with at most 5 %.".into();
    }
    let [too_few, enough] = [search.sure.too_few, search.sure.enough].map(|share| Unit::Ratio.show(share));
    format!(
        "Each side is wrong with at most 5 %: \"met\" if only {too_few} of all runs would keep the objectives, \"missed\" if \
         {enough} would."
    )
}

fn unanswered(text: &mut String, view: &PlanView) {
    let found = view.found;
    let search = &found.search;
    let all = objectives(search.objectives.len());
    let [from, to] = [search.range.from, search.range.to].map(|end| view.show(end));
    let open = found.tried.iter().filter(|tried| tried.is_judged && tried.verdict == Verdict::Open);
    let open: Vec<String> = open.map(|tried| view.show(tried.at())).collect();
    let setting = &search.setting;
    let _ = match found.state() {
        State::Undecided => writeln!(
            text,
            "{setting}: no value from {from} to {to} is known to meet {all}; {} may.",
            open.join(", ")
        ),
        State::Met | State::Missed => writeln!(text, "{setting}: no value from {from} to {to} meets {all}."),
    };
    let mut edges = 0;
    for (index, objective) in search.objectives.iter().enumerate() {
        let metric = &objective.metric.value;
        let is = |verdict: Verdict| {
            let mut judged = found.tried.iter().filter(|tried| tried.is_judged && tried.refused.is_none());
            judged.all(|tried| tried.objectives[index] == verdict)
        };
        let _ = match found.edge(index) {
            Some((good, bad)) => {
                edges += 1;
                let [good_text, bad_text] = [good, bad].map(|at| view.show(at));
                let side = if good > bad { "from" } else { "up to" };
                writeln!(text, "{metric} alone is met {side} {good_text}; {bad_text} misses it.")
            }
            None if is(Verdict::Misses) => writeln!(text, "{metric} is missed at each value that was tried."),
            None if is(Verdict::Meets) => writeln!(text, "{metric} is met at each value that was tried."),
            None => writeln!(text, "{metric} is missed at none; at some values the runs cannot tell."),
        };
    }
    if edges > 1 && found.state() == State::Missed {
        let _ = writeln!(text, "These leave no value that meets all.");
    }
    let _ = writeln!(text, "{}", sure(view));
}

/// What lies on the wrong side of the answer, by an example of each.
fn not_monotone(text: &mut String, view: &PlanView, answer: &Tried) {
    let found = view.found;
    let is_hard = |tried: &&Tried| match found.search.goal {
        Goal::Least => tried.at() < answer.at(),
        Goal::Most => tried.at() > answer.at(),
    };
    let nearest = |is: Verdict, hard: bool| {
        let those = found.tried.iter().filter(|tried| tried.verdict == is && is_hard(tried) == hard);
        let distance = |tried: &&Tried| (tried.at() - answer.at()).abs();
        those.min_by(|one, other| distance(one).total_cmp(&distance(other)))
    };
    if let Some(tried) = nearest(Verdict::Misses, false) {
        let missed = (0..tried.objectives.len()).max_by_key(|index| tried.misses[*index]);
        let missed = missed.map(|index| &found.search.objectives[index].metric.value);
        let side = if found.search.goal == Goal::Least {
            "more is not always better"
        } else {
            "less is not always better"
        };
        let at = view.show(tried.at());
        let missed = missed.map_or("an objective", |name| name.as_str());
        let _ = writeln!(text, "Note: {side}: {at} misses {missed}.");
    }
    if let Some(tried) = nearest(Verdict::Meets, true) {
        let at = view.show(tried.at());
        let _ = writeln!(text, "Note: {at} also meets all of them, though values in between do not.");
    }
}
