//! In which form a command prints its results: `--format`, and `--json` for the one that programs read.

use clap::ValueEnum;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For a document
    Markdown,
    /// Rows for a spreadsheet
    Csv,
    /// One document; `cachestorm schema --results` describes it
    Json,
}

/// The arguments of a command that prints a text or a document.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct TextOrJson {
    /// What is printed; the files are written all the same
    #[arg(long, value_name = "FORMAT", value_parser = text_or_json, conflicts_with = "json")]
    format: Option<Format>,
    /// Print one JSON document, as `--format json` does; `cachestorm schema --results` describes it
    #[arg(long)]
    json: bool,
}

/// The arguments of a command whose results are rows, too.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct TextRowsOrJson {
    /// What is printed; the files are written all the same
    #[arg(long, value_name = "FORMAT", value_parser = text_rows_or_json, conflicts_with = "json")]
    format: Option<Format>,
    /// Print one JSON document, as `--format json` does; `cachestorm schema --results` describes it
    #[arg(long)]
    json: bool,
}

impl Format {
    /// What both arguments together ask for.
    pub fn chosen(format: Option<Self>, json: bool) -> Self {
        if json { Self::Json } else { format.unwrap_or_default() }
    }
}

impl Format {
    /// As it is written after `--format`.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

impl TextOrJson {
    pub fn format(self) -> Format {
        Format::chosen(self.format, self.json)
    }

    pub fn is_json(self) -> bool {
        self.format() == Format::Json
    }
}

impl TextRowsOrJson {
    pub fn format(self) -> Format {
        Format::chosen(self.format, self.json)
    }
}

fn text_or_json(text: &str) -> Result<Format, String> {
    one_of(text, &[Format::Table, Format::Json])
}

fn text_rows_or_json(text: &str) -> Result<Format, String> {
    one_of(text, &[Format::Table, Format::Csv, Format::Json])
}

fn one_of(text: &str, known: &[Format]) -> Result<Format, String> {
    known.iter().copied().find(|format| format.name() == text).ok_or_else(|| {
        let names: Vec<String> = known.iter().map(|format| format.name()).collect();
        format!("expected one of: {}", names.join(", "))
    })
}

/// The bytes of one of the files that were written.
pub fn named<'f>(files: &'f [(String, Vec<u8>)], name: &str) -> &'f [u8] {
    files.iter().find(|(known, _)| known == name).map_or(&[], |(_, bytes)| bytes)
}
