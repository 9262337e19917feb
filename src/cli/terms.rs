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
    #[command(flatten)]
    pub results: Results,
    #[command(flatten)]
    pub reuse: kept::Reuse,
    /// Take no more memory than this, as in `512 MiB`; a run that needs more is refused, or ended when it turns out
    #[arg(long, value_name = "SIZE", default_value_t = MEMORY_MAX, value_parser = memory::size)]
    pub max_memory: Bytes,
    /// Run even if it takes hours; without this such a run is refused where no terminal shows its progress
    #[arg(long)]
    pub yes: bool,
}

/// What is written, and where.
#[derive(Clone, Debug, clap::Args)]
pub struct Results {
    /// Write the results to a folder in this one
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub out: PathBuf,
    /// Show no progress and no notes
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub pictures: Wanted,
}

/// What nobody has asked for may need no more memory than this.
const MEMORY_MAX: Bytes = Bytes(4 << 30);

impl Terms {
    /// Those that a result hangs on, as arguments of a command that asks for the same again.
    pub fn arguments(&self) -> Vec<String> {
        let is_asked = self.max_memory != MEMORY_MAX;
        is_asked
            .then(|| ["--max-memory".to_owned(), format!("{} B", self.max_memory.0)])
            .into_iter()
            .flatten()
            .collect()
    }
}
