//! `run --spans`: a file of what single requests did.

use super::exit::{Stop, note};
use super::number;
use super::part::Part;
use super::progress::Progress;
use cachestorm::experiment::Watch as _;
use cachestorm::model::{Prepared, record_spans};
use cachestorm::report::{Subject, spans};

/// The argument.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Traced {
    /// Write spans.json: what about so many requests of the first replication did, waited for and where. Open it in
    /// ui.perfetto.dev
    #[arg(long, value_name = "NUMBER", value_parser = number::spans, allow_negative_numbers = true, conflicts_with = "shard")]
    spans: Option<u32>,
}

impl Traced {
    /// The file, if it is wanted, and nobody presses Ctrl-C meanwhile.
    pub fn file(
        self,
        prepared: &Prepared,
        subject: &Subject,
        quiet: bool,
    ) -> Result<Option<(String, Vec<u8>)>, Stop> {
        let Some(wanted) = self.spans else { return Ok(None) };
        let progress = Progress::new(1, &[prepared.end()], &Part::Whole, quiet);
        let recorded = record_spans(prepared, 0, wanted, |now| progress.at(0, now));
        progress.clear();
        let Some(recorded) = recorded? else {
            note("interrupted before the spans were recorded; spans.json is not written");
            return Ok(None);
        };
        Ok(Some((NAME.to_owned(), spans::document(subject, &recorded))))
    }
}

/// The file's name.
pub const NAME: &str = "spans.json";
