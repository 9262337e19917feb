//! `cachestorm schema`: the JSON Schema of scenario files.

use super::exit::{Exit, Stop};
use cachestorm::model::Model;
use cachestorm::scenario::schema;
use std::io::Write;

/// Prints the JSON Schema of scenario files, for editors
///
/// It is made from the same declarations that read the files. An editor with TOML support (taplo, tombi,
/// Even Better TOML) uses it if the scenario's first line names it: `#:schema ./cachestorm.schema.json`.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cachestorm schema > cachestorm.schema.json")]
pub struct Schema {}

impl Schema {
    pub fn execute() -> Result<Exit, Stop> {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{:#}", schema("A cachestorm scenario", Model::read))?;
        out.flush()?;
        Ok(Exit::Done)
    }
}
