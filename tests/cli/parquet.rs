//! `sweep.parquet` and `plan.parquet`: what stands in the CSV beside them, with types.

use crate::support::{Folder, SMALL};
use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

/// A table: its names and its rows.
type Table<Cell> = (Vec<String>, Vec<Vec<Cell>>);

struct File {
    table: Table<Field>,
    /// What the file says of itself.
    metadata: Vec<(String, String)>,
}

fn parquet(folder: &Folder, name: &str) -> File {
    let reader = SerializedFileReader::new(Bytes::from(folder.read(name))).expect("it is Parquet");
    let about = reader.metadata().file_metadata();
    let names = about.schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
    let entries = about.key_value_metadata().expect("it has metadata").iter();
    let metadata =
        entries.map(|entry| (entry.key.clone(), entry.value.clone().unwrap_or_default())).collect();
    let rows = reader.get_row_iter(None).expect("it has rows").map(|row| {
        let cells = row.expect("a row can be read").into_columns();
        cells.into_iter().map(|(_, cell)| cell).collect()
    });
    File { table: (names, rows.collect()), metadata }
}

fn csv(folder: &Folder, name: &str) -> Table<String> {
    let bytes = folder.read(name);
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let names = cells(reader.headers().expect("it has a header"));
    (names, reader.records().map(|record| cells(&record.expect("a row can be read"))).collect())
}

/// A cell as CSV has it; settings are compared by `as_number`, which knows how each is written.
fn is_same(cell: &Field, text: &str, as_number: impl Fn(&str) -> f64) -> bool {
    match cell {
        Field::Null => text.is_empty(),
        Field::Str(word) => word == text,
        Field::Long(whole) => {
            text.parse() == Ok(*whole) || as_number(text).to_bits() == (*whole as f64).to_bits()
        }
        Field::Double(number) => {
            let read = text.parse().unwrap_or_else(|_| as_number(text));
            read.to_bits() == number.to_bits()
        }
        _ => false,
    }
}

/// The number of a text with one of these units, each with how many of it are one of the base unit.
fn number(text: &str, units: &[(&str, f64)]) -> f64 {
    let scaled = units
        .iter()
        .find_map(|(unit, in_one)| Some(text.strip_suffix(unit)?.trim().parse::<f64>().ok()? / in_one));
    scaled.unwrap_or(f64::NAN)
}

fn assert_same(typed: &Table<Field>, plain: &Table<String>) {
    assert_eq!(typed.0, plain.0);
    assert_eq!(typed.1.len(), plain.1.len());
    for (row, (cells, texts)) in typed.1.iter().zip(&plain.1).enumerate() {
        for ((name, cell), text) in typed.0.iter().zip(cells).zip(texts) {
            let units = [(" ns", 1e9), ("ms", 1e3), ("s", 1.0), (" B", 1.0), ("MiB", 1.0 / 1_048_576.0)];
            let same = is_same(cell, text, |text| number(text, &units));
            assert!(same, "row {row}, `{name}`: {cell:?} is not `{text}`");
        }
    }
}

#[test]
fn a_sweep_has_the_same_cells_as_parquet_and_as_csv() {
    let folder = Folder::new("parquet");
    folder.write("small.toml", SMALL);
    // Of each kind of setting one: a time, a size, a count, a word; and a point that is not simulated.
    let vary = [
        ["--vary", "redis.ttl=1s..3s:3"],
        ["--vary", "redis.memory=1MiB,64MiB"],
        ["--vary", "redis.policy=allkeys-lru,allkeys-lfu"],
        ["--vary", "workload.keys.page.count=100,4000000"],
    ];
    let set = ["--set", "duration=3 s", "--replications", "2", "--no-charts", "--max-memory", "96 MiB"];
    let arguments = [&["sweep", "small.toml", "-q"], &vary.concat()[..], &set[..]].concat();
    folder.run(&arguments).ends_with(0);
    let typed = parquet(&folder, "output/small.sweep/sweep.parquet");
    let plain = csv(&folder, "output/small.sweep/sweep.csv");
    assert_same(&typed.table, &plain);
    let (names, rows) = &typed.table;
    assert_eq!(rows.len(), 12 * 2 + 12);
    let cell = |row: usize, name: &str| {
        let column = names.iter().position(|known| known == name).unwrap_or_else(|| panic!("no `{name}`"));
        rows[row][column].clone()
    };
    // What a program gets without reading any text: the second point is the first that is not simulated.
    assert_eq!(cell(0, "redis.ttl"), Field::Double(1.0));
    assert_eq!(cell(0, "redis.memory"), Field::Long(1_048_576));
    assert_eq!(cell(0, "redis.policy"), Field::Str("allkeys-lru".into()));
    assert_eq!(cell(2, "workload.keys.page.count"), Field::Long(4_000_000));
    assert_eq!((cell(2, "point"), cell(2, "replication")), (Field::Long(2), Field::Null));
    assert_eq!((cell(2, "client.requests"), cell(0, "not_simulated")), (Field::Null, Field::Null));
    let Field::Str(reason) = cell(2, "not_simulated") else { panic!("it does not say why") };
    assert!(reason.starts_with("may need "), "{reason}");
    assert!(matches!(cell(0, "client.requests"), Field::Double(_)));
    assert_eq!(typed.metadata[0], ("scenario".into(), "small".into()));
    let units: Value = serde_json::from_str(&typed.metadata[1].1).expect("it is JSON");
    assert_eq!(typed.metadata[1].0, "units");
    assert_eq!(
        (&units["redis.ttl"], &units["redis.memory"], &units["redis.policy"], &units["client.error_ratio"]),
        (&"s".into(), &"bytes".into(), &Value::Null, &"ratio".into())
    );
}

#[test]
fn a_search_has_the_same_cells_as_parquet_and_as_csv() {
    let folder = Folder::new("parquet-plan");
    folder.write("small.toml", SMALL);
    let find = ["--find", "database.read.exponential=4ms..16ms", "--most", "--precision", "50%"];
    let limits = ["--set", "duration=3 s", "--max-replications", "18", "--no-charts"];
    let ran = folder.run(&[&["plan", "small.toml", "-q", "--even-if-cold"], &find[..], &limits[..]].concat());
    assert!(matches!(ran.status, Some(0 | 99)), "{}{}", ran.stdout, ran.stderr);
    let typed = parquet(&folder, "output/small.plan/plan.parquet");
    assert_same(&typed.table, &csv(&folder, "output/small.plan/plan.csv"));
    assert_eq!(typed.table.0[..3], ["database.read.exponential", "state", "replication"]);
    assert_eq!(typed.table.1[0][0], Field::Double(0.004));
}
