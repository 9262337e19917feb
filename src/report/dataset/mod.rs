//! A table for programs with a row for each replication: the same columns as CSV and as Parquet.
//!
//! | file | holds |
//! | --- | --- |
//! | `rows.rs` | the rows of a sweep or a search, and the columns that both have |
//! | `csv.rs` | the table as text: settings as one would write them in `--set` |
//! | `parquet.rs` | the table with types: settings that are numbers as numbers in the base unit of their kind. Only with the feature `parquet` |

mod csv;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;

pub use csv::csv;
#[cfg(feature = "parquet")]
pub use parquet::parquet;
pub use rows::Rows;

use crate::measure::Unit;
use crate::model::Level;

/// The table. It holds no cell: each is asked for when it is written, so that a file can be written row by row or column by
/// column.
pub struct Dataset<'a> {
    /// The scenario that it is about.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "CSV says nothing of itself"))]
    pub scenario: &'a str,
    /// How many rows there are.
    pub rows: usize,
    /// The columns.
    pub columns: Vec<Column<'a>>,
}

/// A column.
pub struct Column<'a> {
    name: String,
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "CSV has no types"))]
    kind: Kind,
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "CSV has no units"))]
    unit: Option<Unit>,
    /// The cell in a row.
    cell: Box<dyn Fn(usize) -> Cell<'a> + 'a>,
}

/// What the cells of a column are, where they have types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    Number,
    Text,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// There is nothing to say.
    Nothing,
    /// A whole number.
    Whole(usize),
    /// A number.
    Number(f64),
    /// A word.
    Text(&'a str),
    /// A value of a setting.
    Setting(&'a Level),
}

impl<'a> Column<'a> {
    /// Whole numbers.
    pub fn whole(name: &str, cell: impl Fn(usize) -> Option<usize> + 'a) -> Self {
        let cell = move |row| cell(row).map_or(Cell::Nothing, Cell::Whole);
        Self { name: name.into(), kind: Kind::Whole, unit: None, cell: Box::new(cell) }
    }

    /// Words.
    pub fn text(name: &str, cell: impl Fn(usize) -> Option<&'a str> + 'a) -> Self {
        let cell = move |row| cell(row).map_or(Cell::Nothing, Cell::Text);
        Self { name: name.into(), kind: Kind::Text, unit: None, cell: Box::new(cell) }
    }

    /// Measured numbers; one that is not a number is none. A percentile that fails is infinite.
    pub fn number(name: &str, unit: Unit, cell: impl Fn(usize) -> Option<f64> + 'a) -> Self {
        let cell = move |row| cell(row).filter(|value| !value.is_nan()).map_or(Cell::Nothing, Cell::Number);
        Self { name: name.into(), kind: Kind::Number, unit: Some(unit), cell: Box::new(cell) }
    }

    /// A setting, which has numbers in this unit or none. Sizes are whole numbers, and counts if all of them are.
    pub fn setting(
        name: &str,
        unit: Option<Unit>,
        rows: usize,
        cell: impl Fn(usize) -> &'a Level + 'a,
    ) -> Self {
        let is_whole = |level: &Level| level.at.is_some_and(|at| at.fract() == 0.0 && at.abs() <= WHOLE_MAX);
        let kind = match unit {
            None => Kind::Text,
            Some(Unit::Bytes | Unit::Count) if (0..rows).all(|row| is_whole(cell(row))) => Kind::Whole,
            Some(_) => Kind::Number,
        };
        Self { name: name.into(), kind, unit, cell: Box::new(move |row| Cell::Setting(cell(row))) }
    }
}

/// Up to here every whole number is an `f64`.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
