//! `cachestorm schema`: the JSON Schema of scenario files, or of results.

use super::exit::{Exit, Stop, print};
use cachestorm::model::Model;
use cachestorm::report::results;
use cachestorm::scenario::schema;

/// Prints the JSON Schema of scenario files, or of results
///
/// The schema of scenario files is made from the declarations that read the files. An editor with TOML support (taplo,
/// tombi, Even Better TOML) uses it if the scenario's first line names it: `#:schema ./cachestorm.schema.json`. The schema
/// of results describes what every command prints with `--json`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm schema > cachestorm.schema.json
  cachestorm schema --results > results.schema.json")]
pub struct Schema {
    /// Print the schema of the documents that `--json` prints
    #[arg(long)]
    results: bool,
}

impl Schema {
    pub fn execute(&self) -> Result<Exit, Stop> {
        print(|out| {
            if self.results {
                return out.write_all(results::schema().as_bytes());
            }
            writeln!(out, "{:#}", schema("A cachestorm scenario", Model::read))
        })?;
        Ok(Exit::Done)
    }
}
