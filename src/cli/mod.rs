//! The command line: what a user asks for, read; what the library answers, shown.
//!
//! | file | holds |
//! | --- | --- |
//! | `run.rs`, `compare.rs`, `sweep.rs`, `find.rs` (`plan`), `merge.rs`, `report.rs`, `metrics.rs`, `scenarios.rs`, `schema.rs` | one command each |
//! | `source.rs`, `shipped.rs` | where a scenario comes from |
//! | `plan.rs`, `point.rs`, `traffic.rs`, `memory.rs`, `need.rs`, `long.rs`, `number.rs` | what is to be simulated, with the arguments laid over it |
//! | `terms.rs`, `simulate.rs`, `progress.rs` | the run itself: threads, progress bar |
//! | `lookout.rs` | Ctrl-C, and memory where no simulation looks at it |
//! | `terminal.rs` | how wide the terminal is |
//! | `kept.rs`, `shard.rs`, `part.rs` | what is kept of earlier runs, and runs in parts |
//! | `subject.rs`, `pictures.rs`, `spans.rs`, `manifest.rs`, `destination.rs`, `in_folder.rs` | what a report needs to know of the run, and where it goes |
//! | `exit.rs` | how it ends: exit status and error messages |
//!
//! Results go to stdout, everything else to stderr. Wall clock and environment are used here and nowhere else in the
//! program; of files, `workload` reads traces and `experiment` keeps its log.

mod compare;
mod destination;
mod exit;
mod find;
mod format;
mod in_folder;
mod kept;
mod long;
mod lookout;
mod manifest;
mod memory;
mod merge;
mod metrics;
mod need;
mod number;
mod part;
mod pictures;
mod plan;
mod point;
mod progress;
mod report;
mod run;
mod scenarios;
mod schema;
mod shard;
mod shipped;
mod simulate;
mod sought;
mod source;
mod spans;
mod subject;
mod sweep;
mod terminal;
mod terms;
mod traffic;

use clap::{Parser, Subcommand};
use exit::Stop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Start here:
  cachestorm run thundering-herd                          a shipped scenario
  cachestorm run thundering-herd --variant single-flight  the same with a cure
  cachestorm compare thundering-herd                      all cures side by side
  cachestorm scenarios thundering-herd > mine.toml        a file of your own to edit
  cachestorm run mine.toml

Exit status:
  0    done, and all objectives are met
  1    a fault of this program
  2    wrong usage, a scenario or trace with a mistake, a file that cannot be read or written,
       more requests at once than a run can hold, more memory than `--max-memory`,
       a run of hours without `--yes`
  4    `merge` lacks some of the shards
  98   done, but undecided: more replications are needed to tell whether the objectives are met
  99   done, but an objective is missed, or no value that is searched meets them
  130  interrupted";

/// Simulates the caches in front of your database.
///
/// Cachestorm runs requests from clients through browsers, a CDN, a gateway, application instances with in-process
/// caches, a Redis cluster and a database, in simulated time, and shows what happened: hit ratios, herds,
/// waiting, staleness. The same scenario and seed give the same bytes.
#[derive(Parser)]
#[command(name = "cachestorm", version, long_version = LONG_VERSION, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nLicence: ",
    env!("CARGO_PKG_LICENSE"),
    "\nResults are the same bytes for the same version, scenario and seed."
);

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Compare(compare::Compare),
    Sweep(sweep::Sweep),
    Plan(find::Find),
    Merge(merge::Merge),
    Report(report::Report),
    Scenarios(scenarios::Scenarios),
    Metrics(metrics::Metrics),
    Schema(schema::Schema),
}

impl Command {
    /// On what terms it simulates, if it does.
    fn terms(&self) -> Option<&terms::Terms> {
        match self {
            Self::Run(command) => Some(&command.terms),
            Self::Compare(command) => Some(&command.terms),
            Self::Sweep(command) => Some(&command.terms),
            Self::Plan(command) => Some(&command.terms),
            _ => None,
        }
    }
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| exit::usage(&error));
    if let Some(terms) = cli.command.terms() {
        memory::limit(terms.max_memory);
    }
    lookout::begin();
    let done = catch_unwind(AssertUnwindSafe(|| match cli.command {
        Command::Run(command) => command.execute(),
        Command::Compare(command) => command.execute(),
        Command::Sweep(command) => command.execute(),
        Command::Plan(command) => command.execute(),
        Command::Merge(command) => command.execute(),
        Command::Report(command) => command.execute(),
        Command::Scenarios(command) => command.execute(),
        Command::Metrics(command) => command.execute(),
        Command::Schema(command) => command.execute(),
    }));
    let exit = match done {
        Ok(Ok(exit)) => exit,
        Ok(Err(stop)) => stop.explain(),
        Err(_) => Stop::Fault.explain(),
    };
    exit.into()
}
