//! `cachestorm scenarios`: the shipped scenarios, as a list or one as its text.

use super::exit::{Exit, Stop};
use super::shipped::{self, SHIPPED};
use cachestorm::model::Model;
use cachestorm::scenario::{Document, did_you_mean};
use std::io::Write;

/// Lists the shipped scenarios, or prints one
///
/// A scenario that is printed can be kept in a file, edited and run.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm scenarios                                what there is
  cachestorm scenarios cold-start                     one of them; `compare cold-start` tries its cures
  cachestorm scenarios thundering-herd > mine.toml    a copy to edit")]
pub struct Scenarios {
    /// Print the text of this one
    name: Option<String>,
}

impl Scenarios {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let mut out = anstream::stdout().lock();
        match &self.name {
            None => list(&mut out)?,
            Some(name) => {
                let shipped = shipped::find(name).ok_or_else(|| {
                    let help = did_you_mean(name, shipped::names());
                    let help = help.unwrap_or_else(|| "`cachestorm scenarios` lists them".into());
                    Stop::failed(format!("find a shipped scenario `{name}`"), help)
                })?;
                out.write_all(shipped.text.as_bytes())?;
            }
        }
        out.flush()?;
        Ok(Exit::Done)
    }
}

fn list(out: &mut impl Write) -> Result<(), Stop> {
    let bold = anstyle::Style::new().bold();
    for shipped in SHIPPED {
        let document = Document::parse(shipped.name, shipped.text)?;
        let model = document.read(None, Model::read)?;
        writeln!(out, "{bold}{}{bold:#}", shipped.name)?;
        writeln!(out, "  {}", model.description.unwrap_or_default())?;
        for variant in document.variants() {
            let description = variant.description.as_deref().unwrap_or_default();
            writeln!(out, "    --variant {:<14} {description}", variant.name)?;
        }
    }
    writeln!(
        out,
        "\nRun one with `cachestorm run NAME`; `cachestorm scenarios NAME > mine.toml` gives you a copy."
    )?;
    Ok(())
}
