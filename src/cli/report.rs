//! `cachestorm report`: draws charts and page again from results on disk.

use super::destination;
use super::exit::{Exit, Stop, print};
use super::format::TextOrJson;
use super::pictures::Theme;
use cachestorm::report::chart::ThemeName;
use cachestorm::report::{Stored, results};
use cachestorm::text::printable;
use serde_json::json;
use std::io::ErrorKind;
use std::path::PathBuf;

/// Draws charts and page again from results on disk, without simulating
///
/// A run, a comparison, a sweep and a search keep in `report.json` what their pictures are drawn of. This draws `charts` and
/// `report.html` of it, in place of those that are there: the same bytes, or with `--theme` in other colours.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm report output/thundering-herd
  cachestorm report output/thundering-herd.compare --theme dark")]
pub struct Report {
    /// The folder with the results, in which `report.json` is
    folder: PathBuf,
    /// The colours of the charts [default: those that were asked for when it was simulated]
    #[arg(long, value_enum)]
    theme: Option<Theme>,
    #[command(flatten)]
    printed: TextOrJson,
}

impl Report {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let path = self.folder.join(Stored::NAME);
        let bytes = destination::read(&self.folder, Stored::NAME).map_err(|error| {
            let help = match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => {
                    "name the folder of one run, which has `report.json` in it, such as `output/thundering-herd`"
                }
                _ => "",
            };
            Stop::failed(format!("read `{}`: {error}", path.display()), help)
        })?;
        let stored = Stored::read(&bytes).map_err(|problem| {
            let what = format!("draw `{}`: it {problem}", path.display());
            Stop::failed(what, "simulate again: `manifest.json` beside it says what was run")
        })?;
        let files = stored.pictures(self.theme.map(ThemeName::from));
        destination::redraw(&self.folder, &files)?;
        print(|out| {
            if !self.printed.is_json() {
                return writeln!(
                    out,
                    "{} files drawn in {}",
                    files.len(),
                    printable(&self.folder.display().to_string())
                );
            }
            let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
            let fields = json!({ "folder": self.folder.display().to_string(), "files": names });
            writeln!(out, "{:#}", results::document("report", fields))
        })?;
        Ok(Exit::Done)
    }
}
