//! What a run has shown, on one screen: first the verdict, then the reasons, then the numbers of each layer.

use super::findings::{caution, findings};
use super::format::Unit;
use super::lines::{WIDTH, counted, wrapped};
use super::others::others;
use super::rows::{Extent, layers, waits};
use super::subject::Subject;
use super::table::{Align, Table};
use super::{events, groups, headline, hot, plainly, shown, verdict};
use crate::experiment::{Outcome, State};
use crate::text::one_line;
use crate::time::Duration;
use anstyle::{AnsiColor, Style};
use std::fmt::{self, Write};

pub(super) const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The text, with colours that the caller takes out where they are not wanted.
#[must_use]
pub fn text(subject: &Subject, outcome: &Outcome) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, subject, outcome);
    text
}

fn write(out: &mut String, subject: &Subject, outcome: &Outcome) -> fmt::Result {
    verdict_line(out, outcome)?;
    simulated(out, subject, outcome)?;
    objectives(out, outcome)?;
    if let Some(caution) = caution(&findings(subject, outcome)) {
        writeln!(out, "\n{OPEN}{}{OPEN:#}", wrapped(&caution, WIDTH, 2))?;
    }
    happened(out, subject, outcome)?;
    let events = events::lines(outcome);
    if !events.is_empty() {
        writeln!(out)?;
    }
    for event in events {
        writeln!(out, "{}", wrapped(&event, WIDTH, 2))?;
    }
    let (layers, is_layers_cut) = fitting(|extent| Some(layers(subject, outcome, extent)));
    let (waits, is_waits_cut) = fitting(|extent| waits(subject, outcome, extent));
    for table in [layers, waits].into_iter().flatten() {
        writeln!(out, "\n{}", table.to_string().trim_end())?;
    }
    if let Some(groups) = groups::summary(outcome, WIDTH) {
        writeln!(out, "\n{}", groups.to_string().trim_end())?;
    }
    writeln!(out, "{}", wrapped(&legend(outcome, is_layers_cut || is_waits_cut), WIDTH, 0))?;
    closing(out, subject, outcome)
}

/// A table with as much of its intervals as fits, and whether some are left out.
fn fitting(table: impl Fn(Extent) -> Option<Table>) -> (Option<Table>, bool) {
    let whole = table(Extent::Screen);
    let fits = |table: &Option<Table>| table.as_ref().is_none_or(|table| table.width() <= WIDTH);
    if fits(&whole) {
        return (whole, false);
    }
    let narrower = table(Extent::Narrower);
    (if fits(&narrower) { narrower } else { table(Extent::Narrow) }, true)
}

/// What a reader needs to know of the numbers in the tables.
fn legend(outcome: &Outcome, is_cut: bool) -> String {
    let window = outcome.records().first().map_or(0.0, crate::measure::Record::window_seconds);
    let window = format!("Peaks and maxima: the highest of {}.", Unit::Seconds.show(window));
    let window = [Some(window), events::late(outcome)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    match (outcome.replications(), is_cut) {
        (1, false) => format!("{} {window}", shown::single(outcome)),
        (1, true) => format!("{} report.html has all intervals. {window}", shown::single(outcome)),
        (_, false) => format!("± is half of the 95 % interval, (a to b) all of it. {window}"),
        (_, true) => format!("± is half of the 95 % interval; report.html has all intervals. {window}"),
    }
}

fn verdict_line(out: &mut String, outcome: &Outcome) -> fmt::Result {
    let text = wrapped(&headline::headline(outcome), WIDTH - 2, 2);
    match (outcome.objectives.is_empty(), outcome.state()) {
        (true, _) => writeln!(out, "{BOLD}{text}{BOLD:#}"),
        (false, state) => {
            let style = style(state);
            writeln!(out, "{style}{} {text}{style:#}", verdict::mark(state))
        }
    }?;
    match &outcome.disagreement {
        Some(split) => {
            let text = wrapped(&format!("{}.", shown::disagreement(split)), WIDTH, 2);
            writeln!(out, "{OPEN}{text}{OPEN:#}")
        }
        None => Ok(()),
    }
}

const fn style(state: State) -> Style {
    match state {
        State::Met => GOOD,
        State::Undecided => OPEN,
        State::Missed => BAD,
    }
}

/// Which runs these are.
fn simulated(out: &mut String, subject: &Subject, outcome: &Outcome) -> fmt::Result {
    let Subject { scenario, variant, .. } = subject;
    let name = if variant == "base" { scenario.clone() } else { format!("{scenario}, variant {variant}") };
    let seconds = |duration: Duration| Unit::Seconds.show(duration.as_secs_f64());
    let runs = counted(outcome.replications() as u64, "run");
    let measured = match subject.warmup {
        Duration::ZERO => format!("{runs} of {}", seconds(subject.length)),
        warmup => {
            let window = outcome.records().first().map_or(0.0, crate::measure::Record::window_seconds);
            format!("{runs} of {} after a warm-up of {}", Unit::Seconds.show(window), seconds(warmup))
        }
    };
    let sets: String = subject.sets.iter().fold(String::new(), |sets, set| sets + " --set " + set);
    let line =
        format!("{name}: {measured}; seed {}{}{sets}", subject.seed, if sets.is_empty() { "" } else { ";" });
    writeln!(out, "{}", wrapped(&line, WIDTH, 2))?;
    if let Some(description) = &subject.description {
        writeln!(out, "{}", wrapped(description, WIDTH, 0))?;
    }
    trace(out, subject)?;
    if !outcome.is_complete() {
        let (done, wanted) = (outcome.replications(), outcome.wanted);
        writeln!(out, "{BAD}partial{BAD:#}: interrupted, {done} of {wanted} replications are done")?;
    }
    Ok(())
}

fn trace(out: &mut String, subject: &Subject) -> fmt::Result {
    let Some(trace) = &subject.trace else { return Ok(()) };
    let counts = [(trace.requests, "request"), (trace.distinct_keys, "distinct key")];
    let counts = counts.map(|(number, noun)| counted(number, noun)).join(", ");
    let mut text = format!("{}: {counts}, {} skipped", one_line(&trace.file), counted(trace.skipped, "line"));
    if trace.reordered > 0 {
        let late = counted(trace.reordered, "request");
        write!(text, ", {late} out of order (replayed at the time of the one before)")?;
    }
    if trace.replayed < trace.requests {
        write!(text, ", {} replayed before the end", trace.replayed)?;
    }
    writeln!(out, "{}", wrapped(&text, WIDTH, 2))
}

fn objectives(out: &mut String, outcome: &Outcome) -> fmt::Result {
    let table = objectives_table(outcome, Extent::Screen).filter(|table| table.width() <= WIDTH);
    let Some(table) = table.or_else(|| objectives_table(outcome, Extent::Narrow)) else { return Ok(()) };
    writeln!(out)?;
    // The first two lines are the header and its rule: the marks tell what this is.
    for (line, verdict) in table.to_string().lines().skip(2).zip(outcome.verdicts()) {
        let style = style(verdict.state);
        let (mark, rest) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
        writeln!(out, "{style}{mark}{style:#}{rest}")?;
    }
    for said in [verdict::proof(outcome), shown::peaks(outcome)].into_iter().flatten() {
        writeln!(out, "{}", wrapped(&said, WIDTH, 0))?;
    }
    Ok(())
}

/// What stands out, in sentences.
fn happened(out: &mut String, subject: &Subject, outcome: &Outcome) -> fmt::Result {
    let sentences = plainly::sentences(subject, outcome);
    if !sentences.is_empty() {
        writeln!(out)?;
    }
    for sentence in sentences {
        writeln!(out, "{}", wrapped(&format!("• {sentence}"), WIDTH, 2))?;
    }
    Ok(())
}

/// Each objective with its state and the reason, if there are any.
pub(super) fn objectives_table(outcome: &Outcome, extent: Extent) -> Option<Table> {
    let verdicts = outcome.verdicts();
    if verdicts.is_empty() {
        return None;
    }
    let mut table = Table::new([
        ("", Align::Left),
        ("objective", Align::Left),
        ("value", Align::Right),
        ("limit", Align::Right),
        ("runs", Align::Left),
    ]);
    for verdict in &verdicts {
        let unit = shown::unit(outcome, &verdict.metric);
        let value = shown::of(outcome, &verdict.metric).unwrap_or_else(|| "no value".into());
        let value = if extent == Extent::Narrow { shown::bare(&value) } else { value };
        table.row([
            verdict::mark(verdict.state).into(),
            verdict.metric.clone(),
            value,
            shown::short_limit(&verdict.metric, unit, verdict.bound),
            verdict::runs(verdict),
        ]);
    }
    Some(table)
}

fn closing(out: &mut String, subject: &Subject, outcome: &Outcome) -> fmt::Result {
    others(out, outcome)?;
    let hottest: Vec<String> = outcome
        .hot_keys()
        .iter()
        .take(NAMED)
        .map(|key| {
            let node = key.node.map(|node| format!(" (node {})", node + 1)).unwrap_or_default();
            format!("{} {}{node}", shortened(&key.key), hot::shown(outcome, key))
        })
        .collect();
    if !hottest.is_empty() {
        let title = format!("hot keys by {}", hot::reads(outcome));
        let indent = title.len() + 2;
        let keys = wrapped(&hottest.join(" · "), WIDTH, 2);
        let is_short = !keys.contains('\n') && keys.len() + indent <= WIDTH;
        writeln!(out, "\n{BOLD}{title}{BOLD:#}{}{keys}", if is_short { "  " } else { "\n  " })?;
    }
    for finding in findings(subject, outcome) {
        let text = format!("{} {}: {}", finding.code, finding.title, finding.evidence);
        let text = wrapped(&text, WIDTH, 3);
        let (title, evidence) = text.split_at(text.find(':').map_or(0, |end| end));
        writeln!(out, "\n{BOLD}{title}{BOLD:#}{evidence}")?;
        writeln!(out, "   {}", wrapped(&finding.advice, WIDTH - 3, 3))?;
    }
    Ok(())
}

/// How many hot keys are named.
const NAMED: usize = 3;

/// A key of a trace can be as long as a URL, and hold anything.
fn shortened(key: &str) -> String {
    const LONGEST: usize = 40;
    let key = one_line(key);
    if key.chars().count() <= LONGEST { key } else { key.chars().take(LONGEST - 1).chain(['…']).collect() }
}
