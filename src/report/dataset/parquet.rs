//! The table as Parquet: typed columns, small, and read in one line by pandas, Polars, `DuckDB`, Spark and R.
//!
//! Written with the crate's own writer of columns, without Arrow. The unit of a column stands under `units` in the
//! metadata of the file, a JSON object from the names of columns to units: Parquet has no place for it at the column
//! itself.

use super::{Cell, Column, Dataset, Kind};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use serde_json::{Map, Value};
use std::ops::Range;
use std::sync::Arc;

/// Rows that are written together, so many that the description of the columns, which each group has, does not count.
const GROUP_ROWS: usize = 10_000;

/// The file.
///
/// # Panics
/// Never: what has a type and a name can be written to memory.
#[must_use]
pub fn parquet(data: &Dataset) -> Vec<u8> {
    write(data).expect("columns of equal length can be written to memory")
}

fn write(data: &Dataset) -> Result<Vec<u8>> {
    let fields = data.columns.iter().map(|column| Ok(Arc::new(field(column)?)));
    let fields = fields.collect::<Result<Vec<_>>>()?;
    let schema = Type::group_type_builder("replications").with_fields(fields).build()?;
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties(data)))?;
    for first in (0..data.rows).step_by(GROUP_ROWS) {
        let rows = first..(first + GROUP_ROWS).min(data.rows);
        let mut group = writer.next_row_group()?;
        for column in &data.columns {
            let mut into = group.next_column()?.expect("there is one for each field");
            fill(column, rows.clone(), &mut into)?;
            into.close()?;
        }
        group.close()?;
    }
    writer.into_inner()
}

/// Every cell may be empty: one that a sweep without refused points always has would be of another type in one with them.
fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.kind {
        Kind::Whole => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let field = Type::primitive_type_builder(&column.name, physical);
    field.with_logical_type(logical).with_repetition(Repetition::OPTIONAL).build()
}

fn properties(data: &Dataset) -> WriterProperties {
    let unit = |column: &Column| Some((column.name.clone(), Value::from(column.unit?.to_string())));
    let units: Map<String, Value> = data.columns.iter().filter_map(unit).collect();
    let entry = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
    let metadata =
        vec![entry("scenario", data.scenario.to_owned()), entry("units", Value::from(units).to_string())];
    WriterProperties::builder()
        .set_created_by(concat!(env!("CARGO_PKG_NAME"), " version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(metadata))
        .set_compression(Compression::UNCOMPRESSED)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .build()
}

fn fill(column: &Column, rows: Range<usize>, into: &mut SerializedColumnWriter) -> Result<()> {
    let cells = rows.map(|row| (column.cell)(row));
    match column.kind {
        Kind::Whole => put(cells, into.typed::<Int64Type>(), |cell| match cell {
            Cell::Whole(number) => i64::try_from(number).ok(),
            Cell::Setting(level) => level.at.map(|at| at as i64),
            _ => None,
        }),
        Kind::Number => put(cells, into.typed::<DoubleType>(), |cell| match cell {
            Cell::Number(number) => Some(number),
            Cell::Setting(level) => level.at,
            _ => None,
        }),
        Kind::Text => put(cells, into.typed::<ByteArrayType>(), |cell| match cell {
            Cell::Text(text) => Some(ByteArray::from(text)),
            Cell::Setting(level) => Some(ByteArray::from(level.text.as_str())),
            _ => None,
        }),
    }
}

/// Puts the values of the cells that have one into a column, and beside them which cells these are.
fn put<'a, T: DataType>(
    cells: impl Iterator<Item = Cell<'a>>,
    into: &mut ColumnWriterImpl<'_, T>,
    value: impl Fn(Cell<'a>) -> Option<T::T>,
) -> Result<()> {
    let mut values = Vec::new();
    let mut is_there = Vec::new();
    for cell in cells {
        let value = value(cell);
        is_there.push(i16::from(value.is_some()));
        values.extend(value);
    }
    into.write_batch(&values, Some(&is_there), None).map(drop)
}
