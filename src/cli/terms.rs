//! The arguments about how and where a command simulates, the same for all that do.

use super::pictures::Wanted;
use super::{kept, memory, number};
use cachestorm::quantity::Bytes;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// On what terms something is simulated.
#[derive(Clone, Debug, clap::Args)]
pub struct Terms {
    /// Simulate on so many threads; the results are the same for any number [default: one for each core]
    #[arg(long, value_name = "NUMBER", value_parser = number::threads, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Write the results to a folder in this one
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub out: PathBuf,
    /// Show no progress and no notes
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub kept: kept::Reuse,
    #[command(flatten)]
    pub pictures: Wanted,
    /// Simulate nothing that may need more memory than this, as in `512 MiB`
    #[arg(long, value_name = "SIZE", default_value = "4 GiB", value_parser = memory::size)]
    pub max_memory: Bytes,
}
