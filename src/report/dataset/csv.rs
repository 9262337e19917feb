//! The table as CSV.

use super::{Cell, Dataset};
use crate::report::tables;

/// The file: a header, and a row for each row. A cell is empty where there is nothing.
#[must_use]
pub fn csv(data: &Dataset) -> Vec<u8> {
    let header = data.columns.iter().map(|column| column.name.clone()).collect();
    let row = |row| {
        let cell = |cell| match cell {
            Cell::Nothing => String::new(),
            Cell::Whole(number) => number.to_string(),
            Cell::Number(number) => tables::number(number),
            Cell::Text(text) => text.to_owned(),
            Cell::Setting(level) => level.text.clone(),
        };
        data.columns.iter().map(|column| cell((column.cell)(row))).collect()
    };
    tables::write(std::iter::once(header).chain((0..data.rows).map(row)))
}
