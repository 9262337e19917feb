//! A table for the terminal: aligned columns, numbers to the right, rows in groups with a heading.

use crate::text::one_line;
use unicode_width::UnicodeWidthStr;

/// On which side the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// A line of a table.
#[derive(Clone, Debug)]
enum Line {
    Heading(String),
    Row(Vec<String>),
}

/// Rows of text under column headers; `to_string` draws it, without colours and without a frame.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    lines: Vec<Line>,
}

/// Between two columns.
const GAP: &str = "  ";
/// Before the rows of a group.
const INDENT: &str = "  ";

impl Table {
    /// An empty table with these columns.
    #[must_use]
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = (S, Align)>) -> Self {
        let columns = columns.into_iter().map(|(header, align)| (header.into(), align)).collect();
        Self { columns, lines: Vec::new() }
    }

    /// Starts a group of rows, which stand indented under this heading.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Heading(one_line(&text.into())));
    }

    /// Adds a row; missing cells are blank.
    ///
    /// # Panics
    /// If there are more cells than columns.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut cells: Vec<String> = cells.into_iter().map(|cell| one_line(&cell.into())).collect();
        assert!(cells.len() <= self.columns.len(), "a row has at most one cell for each column");
        cells.resize(self.columns.len(), String::new());
        self.lines.push(Line::Row(cells));
    }

    /// The columns, left to right.
    pub(super) fn columns(&self) -> &[(String, Align)] {
        &self.columns
    }

    /// The cells of each row, top to bottom; headings have none.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[String]> {
        self.lines.iter().filter_map(|line| match line {
            Line::Row(cells) => Some(&cells[..]),
            Line::Heading(_) => None,
        })
    }

    /// How many columns of the terminal it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        let widths = self.widths();
        widths.iter().sum::<usize>() + GAP.width() * widths.len().saturating_sub(1)
    }

    /// Width of each column: its widest cell, the header and the indent of the first column included.
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|(header, _)| header.width()).collect();
        let mut indent = "";
        for line in &self.lines {
            let Line::Row(cells) = line else {
                indent = INDENT;
                continue;
            };
            for (column, cell) in cells.iter().enumerate() {
                let indent = if column == 0 { indent.width() } else { 0 };
                widths[column] = widths[column].max(cell.width() + indent);
            }
        }
        widths
    }

    fn write_cells(
        &self,
        f: &mut std::fmt::Formatter<'_>,
        cells: &[String],
        widths: &[usize],
    ) -> std::fmt::Result {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            let blank = " ".repeat(widths[column].saturating_sub(cell.width()));
            let gap = if column == 0 { "" } else { GAP };
            match self.columns[column].1 {
                Align::Left => line.extend([gap, cell, &blank]),
                Align::Right => line.extend([gap, &blank, cell]),
            }
        }
        writeln!(f, "{}", line.trim_end())
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let widths = self.widths();
        let headers: Vec<String> = self.columns.iter().map(|(header, _)| header.clone()).collect();
        self.write_cells(f, &headers, &widths)?;
        let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        self.write_cells(f, &rules, &widths)?;
        let mut in_group = false;
        for line in &self.lines {
            match line {
                Line::Heading(text) => {
                    writeln!(f, "{text}")?;
                    in_group = true;
                }
                Line::Row(cells) if in_group && !cells.is_empty() => {
                    let mut cells = cells.clone();
                    cells[0].insert_str(0, INDENT);
                    self.write_cells(f, &cells, &widths)?;
                }
                Line::Row(cells) => self.write_cells(f, cells, &widths)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_numbers_stand_to_the_right() {
        let mut table =
            Table::new([("layer", Align::Left), ("hit ratio", Align::Right), ("p99", Align::Right)]);
        table.row(["local", "81.9 %", "35 µs"]);
        table.row(["redis", "9 %", "1.23 ms"]);
        table.row(["db"]);
        let expected = "\
layer  hit ratio      p99
─────  ─────────  ───────
local     81.9 %    35 µs
redis        9 %  1.23 ms
db
";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn rows_of_a_group_are_indented_under_its_heading() {
        let mut table = Table::new([("", Align::Left), ("value", Align::Right)]);
        table.row(["requests", "10k"]);
        table.heading("Latency");
        table.row(["p50", "1 ms"]);
        let expected = "\x20         value
────────  ─────
requests    10k
Latency
  p50      1 ms
";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn wide_letters_count_as_two_and_control_characters_are_spelled_out() {
        let mut table = Table::new([("name", Align::Left), ("n", Align::Right)]);
        table.row(["緩存", "1"]);
        table.row(["a\x1b[31m", "2"]);
        let drawn = table.to_string();
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[2], "緩存         1");
        assert_eq!(lines[3], "a\\u{1b}[31m  2");
    }
}
