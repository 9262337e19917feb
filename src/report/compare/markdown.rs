//! `comparison.md`: the comparison for a document.

use super::{SideBySide, cautions, cells, sentence, stated, take, words};
use crate::text::one_line;

/// All variants in one table, below it what each does.
#[must_use]
pub fn markdown(view: &SideBySide) -> String {
    let all: Vec<usize> = (0..view.subjects.len()).collect();
    let escaped = |cell: &str| one_line(cell).replace('\\', "\\\\").replace('|', "\\|").replace('*', "\\*");
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let mut lines = Vec::new();
    if let Some(take) = take(view) {
        lines.extend([format!("**{}**", escaped(&take.text)), String::new()]);
    }
    for caution in cautions(view) {
        lines.extend([escaped(&caution), String::new()]);
    }
    lines.push(line(std::iter::once("measure".to_owned()).chain(view.names().map(escaped)).collect()));
    lines.push(format!("| --- |{}", " ---: |".repeat(all.len())));
    for cells in cells::objective_rows(view, &all) {
        lines.push(line(cells.iter().map(|cell| escaped(cell.trim())).collect()));
    }
    for row in &view.rows {
        let cell = |variant: &usize| {
            let value = words::plain(row, words::value_of(row, *variant));
            let difference =
                variant.checked_sub(1).map_or(String::new(), |index| cells::marked_difference(row, index));
            if difference.is_empty() { value } else { format!("{value} ({})", escaped(&difference)) }
        };
        let name = format!("`{}`", row.metric.name);
        lines.push(line(std::iter::once(name).chain(all.iter().map(cell)).collect()));
    }
    lines.extend([String::new(), escaped_lines(&stated(view))]);
    for variant in 1..view.subjects.len() {
        let name = escaped(&view.subjects[variant].variant);
        lines.push(format!("\n- **{name}** {}.", sentence(view, variant).replace('*', "\\*")));
    }
    lines.join("\n") + "\n"
}

fn escaped_lines(text: &str) -> String {
    text.replace('*', "\\*")
}
