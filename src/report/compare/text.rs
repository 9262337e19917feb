//! The comparison as a table: measures down, variants across, under each value how it differs from the base.

use super::{SideBySide, sentence};
use crate::experiment::{Change, Estimate, Row};
use crate::report::format::Unit;
use crate::report::table::{Align, Table, one_line};
use crate::report::{shown, verdict};
use anstyle::Style;
use std::fmt::{self, Write};

const BOLD: Style = Style::new().bold();

/// A table wider than this is broken into several, which all begin with the base.
const WIDEST: usize = 118;

/// The text for a terminal, with colours that the caller takes out where they are not wanted.
#[must_use]
pub fn text(view: &SideBySide) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, view);
    text
}

fn write(out: &mut String, view: &SideBySide) -> fmt::Result {
    let base = &view.subjects[0];
    let variants = view.subjects.len() - 1;
    writeln!(out, "{BOLD}{}{BOLD:#}, {} side by side", base.scenario, counted(variants + 1, "variant"))?;
    if let Some(description) = &base.description {
        writeln!(out, "{}", one_line(description))?;
    }
    let outcome = view.comparison.base();
    let replications = counted(outcome.replications(), "replication");
    writeln!(
        out,
        "{} simulated in each of {replications}, all variants on the same traffic; seed {}",
        Unit::Seconds.show(base.length.as_secs_f64()),
        base.seed
    )?;
    if !outcome.is_complete() {
        writeln!(out, "partial: interrupted, {replications} of {} are done", outcome.wanted)?;
    }
    for variants in parts(view) {
        writeln!(out, "\n{}", table(view, &variants).to_string().trim_end())?;
    }
    writeln!(out, "\n{}", stated(view))?;
    for variant in 1..=variants {
        let name = &view.subjects[variant].variant;
        writeln!(out, "\n{BOLD}{name}{BOLD:#} {}.", sentence(view, variant))?;
    }
    Ok(())
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// What the marks mean.
pub fn stated(view: &SideBySide) -> String {
    let replications = view.comparison.base().replications();
    if replications < 2 {
        return "With 1 replication nothing can be said of chance: ask for more with `--replications`."
            .into();
    }
    let [objectives, others] = view.tests();
    let families = match objectives {
        0 => format!("the {others} of this comparison corrected together"),
        _ => format!("the {objectives} of objectives and the {others} others each corrected together"),
    };
    format!(
        "Differences to the base with their 95 % intervals, from paired replications. * more than chance: paired t-tests, \
         {families} (Holm: 5 % that any mark among them is wrong)."
    )
}

/// The variants of each table, as many as fit.
fn parts(view: &SideBySide) -> Vec<Vec<usize>> {
    let mut parts = vec![Vec::new()];
    for variant in 1..view.subjects.len() {
        let last = parts.last_mut().expect("there is one");
        last.push(variant);
        let is_too_wide = |variants: &[usize]| table(view, variants).width() > WIDEST;
        if last.len() > 1 && is_too_wide(last) {
            last.pop();
            parts.push(vec![variant]);
        }
    }
    parts
}

fn table(view: &SideBySide, variants: &[usize]) -> Table {
    let all: Vec<usize> = std::iter::once(0).chain(variants.iter().copied()).collect();
    let headers = all.iter().map(|variant| (view.subjects[*variant].variant.as_str(), Align::Right));
    let mut table = Table::new([("", Align::Left)].into_iter().chain(headers));
    for cells in objective_rows(view, &all) {
        table.row(cells);
    }
    for row in &view.rows {
        let values =
            all.iter().map(|variant| value_of(row, *variant).map_or("–".into(), |value| plain(row, value)));
        table.row(std::iter::once(row.metric.name.clone()).chain(values));
        let differences: Vec<String> =
            variants.iter().map(|variant| difference(row, &row.changes[variant - 1])).collect();
        if differences.iter().any(|difference| !difference.is_empty()) {
            table.row([String::new(), String::new()].into_iter().chain(differences));
        }
    }
    table
}

/// The limits, and who keeps them.
pub fn objective_rows(view: &SideBySide, variants: &[usize]) -> Vec<Vec<String>> {
    if view.objectives().is_empty() {
        return Vec::new();
    }
    let counts = variants.iter().map(|variant| {
        let (met, all) = view.met(*variant);
        format!("{met} of {all}")
    });
    let mut rows = vec![std::iter::once("objectives met".to_owned()).chain(counts).collect::<Vec<_>>()];
    let verdicts: Vec<_> =
        variants.iter().map(|variant| view.comparison.outcomes[*variant].verdicts()).collect();
    for (index, objective) in view.objectives().iter().enumerate() {
        let name = &objective.metric.value;
        let label = format!("  {name} {}", shown::limit(name, objective.unit.into(), objective.bound));
        let marks = verdicts.iter().map(|verdicts| verdict::mark(verdicts[index].state).to_owned());
        rows.push(std::iter::once(label).chain(marks).collect());
    }
    rows
}

/// A measure of all variants: its name, then the value of each, and below it in the same cell how it differs.
pub fn row_cells(view: &SideBySide, row: &Row) -> Vec<String> {
    let cell = |variant: usize| {
        let value = value_of(row, variant).map_or("–".into(), |value| plain(row, value));
        let difference =
            variant.checked_sub(1).map_or(String::new(), |index| difference(row, &row.changes[index]));
        format!("{value}\n{}", difference.trim_end()).trim_end().to_owned()
    };
    std::iter::once(row.metric.name.clone()).chain((0..view.subjects.len()).map(cell)).collect()
}

fn value_of(row: &Row, variant: usize) -> Option<Estimate> {
    if variant == 0 { row.base } else { row.changes[variant - 1].value }
}

/// A value without its interval: what matters here is the difference.
fn plain(row: &Row, estimate: Estimate) -> String {
    shown::value(&row.metric.name, row.metric.unit.into(), Estimate { half_width: None, ..estimate })
}

/// The difference with its sign and interval; empty where both are the same.
fn difference(row: &Row, change: &Change) -> String {
    let Some(difference) = change.difference else { return String::new() };
    if difference.mean == 0.0 && difference.half_width.unwrap_or(0.0) == 0.0 {
        return String::new();
    }
    let mark = if change.is_significant { " *" } else { "  " };
    format!("{}{mark}", shown::difference(&row.metric.name, row.metric.unit.into(), difference))
}

/// The same in Markdown, all variants in one table.
#[must_use]
pub fn markdown(view: &SideBySide) -> String {
    let all: Vec<usize> = (0..view.subjects.len()).collect();
    let escaped = |cell: &str| one_line(cell).replace('\\', "\\\\").replace('|', "\\|");
    let mut lines = vec![
        format!(
            "| measure | {}",
            all.iter()
                .map(|variant| escaped(&view.subjects[*variant].variant))
                .collect::<Vec<_>>()
                .join(" | ")
                + " |"
        ),
        format!("| --- |{}", " ---: |".repeat(all.len())),
    ];
    for cells in objective_rows(view, &all) {
        lines.push(format!(
            "| {} |",
            cells.iter().map(|cell| escaped(cell.trim())).collect::<Vec<_>>().join(" | ")
        ));
    }
    for row in &view.rows {
        let cell = |variant: &usize| {
            let value = value_of(row, *variant).map_or("–".into(), |value| plain(row, value));
            let difference =
                if *variant == 0 { String::new() } else { difference(row, &row.changes[variant - 1]) };
            if difference.is_empty() {
                value
            } else {
                format!("{value} ({})", difference.trim_end().replace('*', "\\*"))
            }
        };
        let cells = all.iter().map(cell).collect::<Vec<_>>().join(" | ");
        lines.push(format!("| `{}` | {cells} |", row.metric.name));
    }
    lines.push(String::new());
    lines.push(stated(view).replace('*', "\\*"));
    for variant in 1..view.subjects.len() {
        lines.push(format!(
            "\n- **{}** {}.",
            escaped(&view.subjects[variant].variant),
            sentence(view, variant)
        ));
    }
    lines.join("\n") + "\n"
}
