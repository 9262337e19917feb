//! The page of a run: verdict and objectives first, the scenario last.

use super::{Grid, How, Item, Page, Part, Section, Verdict, origins};
use crate::experiment::{Outcome, State};
use crate::measure::metrics;
use crate::report::chart::{Drawing, Unit};
use crate::report::findings::{caution, findings};
use crate::report::headline::headline;
use crate::report::json::failure_counts;
use crate::report::rows::{Extent, layers as by_layer, waits as by_wait};
use crate::report::subject::Subject;
use crate::report::table::{Align, Table};
use crate::report::{events, groups, hot, plainly, shown, summary, verdict};

/// The page; `drawings` are the charts that there are.
pub fn of_run(subject: &Subject, outcome: &Outcome, how: &How, drawings: &[(String, Drawing)]) -> Page {
    let over_time = among(drawings, &["timeline", "database-queue"]);
    let charts = |names: &[&str]| among(drawings, names).into_iter().map(Part::Chart);
    let objectives = summary::objectives_table(outcome, Extent::All);
    let objectives = objectives.map(|table| Part::Table(marked(Grid::of("Objectives", &table))));
    let split = outcome.disagreement.as_ref().map(shown::disagreement);
    let split = [shown::peaks(outcome), split].into_iter().flatten().map(Part::Text);
    let objectives = objectives.into_iter().chain(verdict::proof(outcome).map(Part::Text)).chain(split);
    let over_time = (!over_time.is_empty()).then_some(Part::OverTime(over_time));
    let layers = [Part::Table(Grid::of("By layer", &by_layer(subject, outcome, Extent::All)))];
    let waits = by_wait(subject, outcome, Extent::All);
    let waits = waits.map(|table| Part::Table(Grid::of("Waiting", &table)));
    let happened = plainly::sentences(subject, outcome).into_iter().map(Part::Text);
    let hot = hot_keys(outcome).map(Part::Table);
    let aftermaths = events::summary(outcome);
    let aftermaths = aftermaths.map(|table| Part::Table(Grid::of(&events::note(outcome), &table)));
    let groups =
        groups::summary(outcome, usize::MAX).map(|table| Part::Table(Grid::of("By key group", &table)));
    let sections = [
        Section::new("objectives", "Objectives", objectives.collect()),
        Section::new("happened", "What happened", happened.collect()),
        Section::new("findings", "Findings", found(subject, outcome).into_iter().collect()),
        Section::new("timeline", "Over time", over_time.into_iter().collect()),
        Section::new(
            "distributions",
            "Distributions",
            charts(&["latency-distribution", "staleness-distribution"]).collect(),
        ),
        Section::new(
            "layers",
            "Layers",
            layers.into_iter().chain(waits).chain(charts(&["headroom"])).chain(failures(outcome)).collect(),
        ),
        Section::new("events", "Events and the worst moment", aftermaths.into_iter().collect()),
        Section::new("groups", "Key groups", groups.into_iter().collect()),
        Section::new("hot-keys", "Hot keys", charts(&["hot-keys"]).chain(hot).collect()),
        Section::new("metrics", "All metrics", vec![Part::Table(all_metrics(outcome))]),
    ];
    let origins = origins(how, &facts(subject, outcome));
    Page {
        title: title(subject),
        description: subject.description.clone(),
        verdict: verdict(subject, outcome),
        sections: sections.into_iter().flatten().chain(origins).collect(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

fn title(Subject { scenario, variant, .. }: &Subject) -> String {
    if variant == "base" { scenario.clone() } else { format!("{scenario}, variant {variant}") }
}

/// Those of the names that are names of charts.
pub(super) fn among(drawings: &[(String, Drawing)], names: &[&str]) -> Vec<String> {
    let is_there = |name: &&&str| drawings.iter().any(|(known, _)| known == **name);
    names.iter().filter(is_there).map(|name| (*name).to_owned()).collect()
}

/// Marks alone say nothing to who does not see them.
pub(super) fn marked(mut grid: Grid) -> Grid {
    for cell in grid.rows.iter_mut().flatten() {
        match cell.as_str() {
            "✓" => cell.push_str(" met"),
            "✗" => cell.push_str(" missed"),
            "?" => cell.push_str(" undecided"),
            _ => {}
        }
    }
    grid
}

fn verdict(subject: &Subject, outcome: &Outcome) -> Verdict {
    let state = (!outcome.objectives.is_empty()).then(|| outcome.state());
    let is_good = state.filter(|state| *state != State::Undecided).map(|state| state == State::Met);
    let caution = caution(&findings(subject, outcome));
    let notes = caution.into_iter().chain(notes(outcome)).collect();
    let is_undecided = state == Some(State::Undecided);
    Verdict { is_good, is_undecided, text: headline(outcome), notes }
}

/// What has to be known to trust the numbers.
pub(super) fn notes(outcome: &Outcome) -> Vec<String> {
    let (done, wanted) = (outcome.replications(), outcome.wanted);
    let partial = (!outcome.is_complete()).then(|| {
        format!("Interrupted: {done} of {wanted} replications are done; the numbers are from these.")
    });
    let single = (done == 1).then(|| shown::single(outcome));
    partial.into_iter().chain(single).collect()
}

/// What the numbers prove.
pub(super) fn found(subject: &Subject, outcome: &Outcome) -> Option<Part> {
    let item = |finding: crate::report::findings::Finding| Item {
        title: format!("{}: {}", finding.code, finding.title),
        texts: vec![sentence(&finding.evidence), sentence(&finding.advice)],
    };
    let items: Vec<Item> = findings(subject, outcome).into_iter().map(item).collect();
    (!items.is_empty()).then_some(Part::Items(items))
}

/// Begins with a capital letter and ends with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

fn failures(outcome: &Outcome) -> Option<Part> {
    let all: u64 = outcome.records().iter().map(|record| record.clients.arrived).sum();
    let counts = failure_counts(outcome);
    let columns = [("reason", Align::Left), ("requests", Align::Right), ("share of all", Align::Right)];
    let mut table = Table::new(columns);
    for (reason, count) in &counts {
        let share = Unit::Ratio.show(*count as f64 / all as f64);
        table.row([reason.name().to_owned(), count.to_string(), share]);
    }
    (!counts.is_empty()).then(|| Part::Table(Grid::of("Failed requests, all replications together", &table)))
}

/// How many hot keys a page names.
pub(in crate::report) const HOT_KEYS: usize = 20;

fn hot_keys(outcome: &Outcome) -> Option<Grid> {
    let keys = outcome.hot_keys();
    let reads = hot::reads(outcome);
    let columns = [
        ("key", Align::Left),
        (reads.as_str(), Align::Right),
        ("per second", Align::Right),
        ("share of all", Align::Right),
    ];
    let has_nodes = keys.iter().any(|key| key.node.is_some());
    let node = has_nodes.then_some(("redis node", Align::Right));
    let mut table = Table::new(columns.into_iter().chain(node));
    for key in keys.iter().take(HOT_KEYS) {
        let share = Unit::Ratio.show(hot::share(outcome, key));
        let rate = Unit::PerSecond.show(hot::rate(outcome, key));
        let node = key.node.map(|node| (node + 1).to_string()).filter(|_| has_nodes);
        table.row([key.key.clone(), key.reads.to_string(), rate, share].into_iter().chain(node));
    }
    (!keys.is_empty())
        .then(|| Grid::of(&format!("The keys with most {reads}, all replications together"), &table))
}

fn all_metrics(outcome: &Outcome) -> Grid {
    let columns =
        [("metric", Align::Left), ("value with 95 % interval", Align::Right), ("meaning", Align::Left)];
    let mut table = Table::new(columns);
    for (metric, summary) in outcome.summaries() {
        let value = shown::summary(metric, summary);
        table.row([metric.name.as_str(), &value, metric.sentence]);
    }
    let of = metrics().len();
    let caption = format!("{} of {of} metrics have a value in this run", table.rows().count());
    Grid { is_folded: true, ..Grid::of(&caption, &table) }
}

/// What is known of how it was run.
pub(super) fn facts(subject: &Subject, outcome: &Outcome) -> Vec<(&'static str, String)> {
    let seconds = |duration: crate::time::Duration| Unit::Seconds.show(duration.as_secs_f64());
    let mut facts = vec![
        ("program", format!("cachestorm {}", env!("CARGO_PKG_VERSION"))),
        ("seed", subject.seed.to_string()),
        ("replications", format!("{} of {} done", outcome.replications(), outcome.wanted)),
        ("length of a run", seconds(subject.length)),
        ("warm-up", seconds(subject.warmup)),
    ];
    if !subject.sets.is_empty() {
        facts.push(("--set", subject.sets.join(" ")));
    }
    if let Some(trace) = &subject.trace {
        let counts = format!("{} requests, {} keys", trace.requests, trace.distinct_keys);
        facts.push(("trace", format!("{}: {counts}, {} lines skipped", trace.file, trace.skipped)));
    }
    facts
}
