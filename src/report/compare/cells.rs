//! The cells of tables of variants: values with their marks.

use super::{SideBySide, words};
use crate::experiment::{Change, Row, Standing, Verdict};
use crate::report::{shown, verdict};

/// The objectives, and in which state each variant is.
pub fn objective_rows(view: &SideBySide, variants: &[usize]) -> Vec<Vec<String>> {
    if view.objectives().is_empty() {
        return Vec::new();
    }
    let counts = variants.iter().map(|variant| {
        let (met, all) = view.met(*variant);
        format!("{met} of {all}")
    });
    let mut rows = vec![std::iter::once("objectives met".to_owned()).chain(counts).collect::<Vec<_>>()];
    let verdicts: Vec<_> = variants.iter().map(|variant| view.verdicts(*variant)).collect();
    for (index, objective) in view.objectives().iter().enumerate() {
        let name = &objective.metric.value;
        let label = format!("  {name} {}", shown::limit(name, objective.unit.into(), objective.bound));
        let marks = verdicts.iter().map(|verdicts| mark_of(verdicts[index].as_ref()).to_owned());
        rows.push(std::iter::once(label).chain(marks).collect());
    }
    rows
}

/// The mark of an objective; `–` if the variant does not have it.
pub fn mark_of(verdict: Option<&Verdict>) -> &'static str {
    verdict.map_or("–", |verdict| verdict::mark(verdict.state))
}

/// A metric of all variants: its name, then the value of each, and below it in the same cell how it differs.
pub fn row_cells(view: &SideBySide, row: &Row) -> Vec<String> {
    let cell = |variant: usize| {
        let value = words::plain(row, words::value_of(row, variant));
        let difference = variant.checked_sub(1).map_or(String::new(), |index| marked_difference(row, index));
        format!("{value}\n{difference}").trim_end().to_owned()
    };
    std::iter::once(row.metric.name.clone()).chain((0..view.subjects.len()).map(cell)).collect()
}

/// How a variant, counted from 0 without the base, differs, and what that means: `-1.88 ± 0.04 s * better`.
pub fn marked_difference(row: &Row, index: usize) -> String {
    let change = &row.changes[index];
    let difference = words::difference(row, change);
    let meaning = if super::is_shown(change.effect) { change.effect.name() } else { "" };
    let text = format!("{difference} {} {meaning}", mark(change));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The mark of a difference: a star, `≈` for no more than 5 % apart, nothing if it is not tested or cannot be told.
pub fn mark(change: &Change) -> &'static str {
    match change.standing {
        _ if change.is_starred => "*",
        Standing::Same | Standing::Near => "≈",
        Standing::Differs | Standing::Unclear => "",
    }
}

/// A value with its mark, in a column of a table in which marks are lined up.
pub fn value_with_mark(row: &Row, variant: usize) -> String {
    let value = words::plain(row, words::value_of(row, variant));
    let mark = variant.checked_sub(1).map_or("", |index| mark(&row.changes[index]));
    format!("{value} {mark:1}")
}
