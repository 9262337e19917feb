//! The comparison on a terminal: first which variant to take, then the objectives, then what differs, with variants as
//! columns. What does not fit beside the base continues below, without the base.

use super::{SideBySide, cells, sentence, take, words};
use crate::experiment::{Family, PAIRS_MIN, Row, State};
use crate::report::findings::{caution, findings};
use crate::report::format::Unit;
use crate::report::headline::headline;
use crate::report::lines::{counted, wrapped};
use crate::report::subject::Subject;
use crate::report::table::{Align, Table};
use crate::report::{shown, verdict};
use crate::text::one_line;
use anstyle::{AnsiColor, Style};
use std::fmt::{self, Write};

const BOLD: Style = Style::new().bold();

/// Sentences are no wider than this, since longer lines are hard to read, and no narrower.
const WIDTH_MAX: usize = 100;
/// See [`WIDTH_MAX`].
const WIDTH_MIN: usize = 40;

/// Fewer runs than this show large differences only.
const RUNS_FEW: usize = 5;

/// The text for a terminal of this width, with colours that the caller takes out where they are not wanted.
#[must_use]
pub fn text(view: &SideBySide, width: usize) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, view, width);
    text
}

fn write(out: &mut String, view: &SideBySide, width: usize) -> fmt::Result {
    let base = &view.subjects[0];
    let variants = view.subjects.len();
    let reading = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let outcome = view.comparison.base();
    let runs = counted(outcome.replications() as u64, "run");
    let traffic = if view.comparison.has_same_traffic() { ", all on the same traffic" } else { "" };
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}: {} side by side, {runs} of {} each{traffic}; seed {}",
        base.scenario,
        counted(variants as u64, "variant"),
        lengths(view),
        base.seed
    )?;
    if !outcome.is_complete() {
        writeln!(out, "partial: interrupted, {runs} of {} are done", outcome.wanted)?;
    }
    if let Some(take) = take(view) {
        let style = match take.state {
            State::Met => AnsiColor::Green.on_default().bold(),
            State::Missed => AnsiColor::Red.on_default().bold(),
            State::Undecided => AnsiColor::Yellow.on_default().bold(),
        };
        let (mark, text) = (verdict::mark(take.state), wrapped(&take.text, reading - 2, 2));
        writeln!(out, "\n{style}{mark}{style:#} {BOLD}{text}{BOLD:#}")?;
    }
    if let Some(gate) = view.gate {
        let outcome = &view.comparison.outcomes[gate];
        let (name, mark) = (one_line(&view.subjects[gate].variant), verdict::mark(outcome.state()));
        let said = wrapped(&format!("{mark} gate {name}: {}", headline(outcome)), reading, 2);
        writeln!(out, "{}{said}", if view.objectives().is_empty() { "\n" } else { "" })?;
    }
    for variants in parts(view, width) {
        writeln!(out, "\n{}", table(view, &variants).to_string().trim_end())?;
    }
    writeln!(out)?;
    for note in stated(view).lines().map(str::to_owned).chain(notes(view)) {
        writeln!(out, "{}", wrapped(&note, reading, 0))?;
    }
    writeln!(out)?;
    for variant in 1..variants {
        let name = one_line(&view.subjects[variant].variant);
        let said = wrapped(&format!("{name} {}.", sentence(view, variant)), reading, 2);
        let rest = said.strip_prefix(name.as_str()).unwrap_or(&said);
        writeln!(out, "{BOLD}{}{BOLD:#}{rest}", &said[..said.len() - rest.len()])?;
    }
    Ok(())
}

/// How long each run is: of all variants, if that is the same, or of each.
fn lengths(view: &SideBySide) -> String {
    let length = |subject: &Subject| Unit::Seconds.show(subject.length.as_secs_f64());
    let warmup = |subject: &Subject| Unit::Seconds.show(subject.warmup.as_secs_f64());
    let of = |subject: &Subject| format!("{} (warm-up {})", length(subject), warmup(subject));
    let base = &view.subjects[0];
    let is_same = |subject: &Subject| (subject.length, subject.warmup) == (base.length, base.warmup);
    if view.subjects.iter().all(is_same) {
        return of(base);
    }
    let each = view.subjects.iter().map(|subject| format!("{} {}", one_line(&subject.variant), of(subject)));
    each.collect::<Vec<_>>().join(", ")
}

/// That variants differ in what they are measured with, not only in how they are set.
pub fn unequal(view: &SideBySide) -> Option<String> {
    let base = &view.subjects[0];
    let is_same = |subject: &Subject| (subject.length, subject.warmup) == (base.length, base.warmup);
    let what = match (view.subjects.iter().all(is_same), view.comparison.has_same_traffic()) {
        (true, true) => return None,
        (false, true) => "different times are measured",
        (true, false) => "the traffic differs",
        (false, false) => "different times are measured, and the traffic differs",
    };
    Some(format!("Note: {what}: part of each difference may come from that alone."))
}

/// What the marks mean, and how many tests were made.
pub fn stated(view: &SideBySide) -> String {
    let runs = view.runs();
    if runs < PAIRS_MIN {
        return format!(
            "{} cannot tell what is chance, so there are no stars: at least {PAIRS_MIN} are needed, as in \
             `--replications 10`.",
            counted(runs as u64, "run")
        );
    }
    let tests = |family: Family| view.compared.tests(family);
    let families = match [tests(Family::Objectives), tests(Family::Headline)] {
        [0, others] => format!("{} of headline metrics", counted(others as u64, "test")),
        [objectives, 0] => format!("{} of objectives", counted(objectives as u64, "test")),
        [objectives, others] => {
            format!("{} of objectives, {others} of headline metrics", counted(objectives as u64, "test"))
        }
    };
    let few =
        if runs < RUNS_FEW { format!(" {runs} runs show large differences only.") } else { String::new() };
    format!(
        "* better or worse than the base, and more than chance; ≈ no more than 5 % apart; without a mark: cannot tell, or \
         not tested.\nPaired t-tests: {families}; in each of the two families the chance that any star is wrong is at most \
         5 % (Holm).{few}"
    )
}

/// What else has to be known: metrics that are not shown.
pub fn notes(view: &SideBySide) -> Vec<String> {
    let shown = view.others().len();
    let all = view.rows.iter().filter(|row| row.family != Some(Family::Objectives)).count();
    let hidden = (view.is_brief && all > shown)
        .then(|| format!("{} more metrics with their intervals: `--all`.", all - shown));
    unequal(view).into_iter().chain(not_compared(view)).chain(cautions(view)).chain(hidden).collect()
}

/// The variants of which maxima are not compared.
fn not_compared(view: &SideBySide) -> Vec<String> {
    let windows = |index: usize| view.compared.rows.iter().find_map(|row| row.changes[index].not_compared);
    let of = |(index, name): (usize, &str)| {
        Some(format!(
            "{}: {}, so they are not compared.",
            one_line(name),
            words::not_compared(windows(index)?)
        ))
    };
    view.names().skip(1).enumerate().filter_map(of).collect()
}

/// Which variants may not be fit to be compared, and why: those with the same reasons together.
pub fn cautions(view: &SideBySide) -> Vec<String> {
    let mut cautions: Vec<(String, Vec<String>)> = Vec::new();
    for (subject, outcome) in view.subjects.iter().zip(&view.comparison.outcomes) {
        let Some(caution) = caution(&findings(subject, outcome)) else { continue };
        let name = one_line(&subject.variant).clone();
        match cautions.iter_mut().find(|(known, _)| *known == caution) {
            Some((_, names)) => names.push(name),
            None => cautions.push((caution, vec![name])),
        }
    }
    cautions.into_iter().map(|(caution, names)| format!("{}: {caution}", names.join(", "))).collect()
}

/// The variants of each table, as many as fit. The base is in the first.
fn parts(view: &SideBySide, width: usize) -> Vec<Vec<usize>> {
    let mut parts = vec![vec![0]];
    for variant in 1..view.subjects.len() {
        let last = parts.last_mut().expect("there is one");
        last.push(variant);
        if last.len() > 1 && table(view, last).width() > width {
            last.pop();
            parts.push(vec![variant]);
        }
    }
    parts
}

fn table(view: &SideBySide, variants: &[usize]) -> Table {
    let headers = variants.iter().map(|variant| (view.subjects[*variant].variant.as_str(), Align::Right));
    let mut table = Table::new([("", Align::Left)].into_iter().chain(headers));
    objectives(view, variants, &mut table);
    for row in view.others() {
        let values = variants.iter().map(|variant| cells::value_with_mark(row, *variant));
        let name = &row.metric.name;
        let label = if view.is_brief { shown::words(name) } else { name.clone() };
        table.row(std::iter::once(label).chain(values));
        if !view.is_brief {
            differences(row, variants, &mut table);
        }
    }
    table
}

/// A line below the values: how each differs, with its interval.
fn differences(row: &Row, variants: &[usize], table: &mut Table) {
    let difference = |variant: &usize| {
        variant
            .checked_sub(1)
            .map_or(String::new(), |index| words::difference(row, &row.changes[index]) + "  ")
    };
    let differences: Vec<String> = variants.iter().map(difference).collect();
    if differences.iter().any(|difference| !difference.trim().is_empty()) {
        table.row(std::iter::once(String::new()).chain(differences));
    }
}

/// The objectives with the value of each variant, marked with its state.
fn objectives(view: &SideBySide, variants: &[usize], table: &mut Table) {
    let verdicts: Vec<_> = variants.iter().map(|variant| view.verdicts(*variant)).collect();
    for (index, objective) in view.objectives().iter().enumerate() {
        let row = view.compared.rows.iter().find(|row| row.metric.name == objective.metric.value);
        let cells = variants.iter().zip(&verdicts).map(|(variant, verdicts)| {
            let mark = cells::mark_of(verdicts[index].as_ref());
            let value = row.map_or("–  ".into(), |row| cells::value_with_mark(row, *variant));
            format!("{mark} {value}")
        });
        table.row(std::iter::once(words::objective(objective)).chain(cells));
        if let Some(row) = row.filter(|_| !view.is_brief) {
            differences(row, variants, table);
        }
    }
}
