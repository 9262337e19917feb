//! `cachestorm merge`: puts the shards of an experiment together.

use super::destination;
use super::exit::{Exit, Stop};
use super::format::TextOrJson;
use super::part::Part;
use super::shard::{Manifest, Scenario, Shard};
use super::terms::{Results, Terms};
use super::{Cli, Command, memory};
use cachestorm::experiment::Log;
use clap::Parser;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Puts the shards of an experiment together, without simulating
///
/// Each shard was made by the same command with another `--shard I/N`. The results are the same bytes as those of the
/// command without it. A trace that was replayed has to be there, with the same content.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm sweep mine.toml --vary redis.ttl=1s..5min:log:12 --shard 1/3    on one machine
  cachestorm sweep mine.toml --vary redis.ttl=1s..5min:log:12 --shard 2/3    on another
  cachestorm sweep mine.toml --vary redis.ttl=1s..5min:log:12 --shard 3/3    on a third
  cachestorm merge output/mine.sweep.shard-*

Exit status: 4 a shard is missing or not done; else that of the command that made the shards.")]
pub struct Merge {
    /// The folders of all shards
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    printed: TextOrJson,
    #[command(flatten)]
    results: Results,
}

impl Merge {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let folders: Vec<PathBuf> = self.folders.iter().flat_map(|folder| expanded(folder)).collect();
        let shards = folders.iter().map(|folder| read(folder)).collect::<Result<Vec<Manifest>, Stop>>()?;
        check(&folders, &shards)?;
        let logs = folders.iter().map(|folder| folder.join(Log::NAME)).filter(|log| log.exists()).collect();
        let first = &shards[0];
        let part = Part::Merged(Box::new(first.clone()), logs);
        let source = first.scenario.source();
        let other = first.compared_with.as_ref().map(Scenario::source);
        let here = |terms: &mut Terms| {
            terms.results = self.results.clone();
            memory::limit(terms.max_memory);
        };
        match self.command(first).ok_or_else(|| unknown(&folders[0]))? {
            Command::Run(mut command) => {
                here(&mut command.terms);
                command.execute_part(&source, &part)
            }
            Command::Compare(mut command) => {
                here(&mut command.terms);
                command.execute_part(&source, other.as_ref(), &part)
            }
            Command::Sweep(mut command) => {
                here(&mut command.terms);
                command.execute_part(&source, &part)
            }
            _ => Err(unknown(&folders[0])),
        }
    }
}

impl Merge {
    /// The command that the shards are parts of, to print what is asked for here.
    fn command(&self, manifest: &Manifest) -> Option<Command> {
        let format = self.printed.format().name();
        let scenarios = [Some(&manifest.scenario), manifest.compared_with.as_ref()];
        let given = scenarios.into_iter().flatten().map(|scenario| scenario.given.as_str());
        let words = [manifest.program.as_str(), manifest.command.as_str()].into_iter();
        let words = words.chain(manifest.arguments.iter().map(String::as_str));
        let words = words.chain(["--format", &format, "--"]).chain(given);
        Some(Cli::try_parse_from(words).ok()?.command)
    }
}

fn unknown(folder: &Path) -> Stop {
    let path = folder.join(Manifest::NAME);
    let what = format!("merge: `{}` holds a command that this cachestorm does not know", path.display());
    Stop::failed(what, "merge with the program that has made the shards")
}

/// What a folder's name stands for, where the shell has left a star as it is.
fn expanded(folder: &Path) -> Vec<PathBuf> {
    let found = folder.to_str().filter(|text| text.contains('*') && !folder.exists());
    let found = found.and_then(|pattern| glob::glob(pattern).ok());
    let found: Vec<PathBuf> = found.into_iter().flatten().flatten().collect();
    if found.is_empty() { vec![folder.to_path_buf()] } else { found }
}

/// All are shards of one experiment, and none is missing.
fn check(folders: &[PathBuf], shards: &[Manifest]) -> Result<(), Stop> {
    let first = &shards[0];
    if let Some(other) = shards.iter().position(|other| !first.is_of_one_with(other)) {
        let [one, other] = [0, other].map(|index| folders[index].join(Manifest::NAME));
        let what =
            format!("merge: `{}` and `{}` are not shards of one experiment", one.display(), other.display());
        let help = "version, command, arguments, scenario, trace and number of shards have to be the same";
        return Err(Stop::failed(what, help));
    }
    let is_there = |shard: &Shard| shards.iter().any(|manifest| manifest.shard == *shard);
    let missing: Vec<String> =
        first.shard.all().filter(|shard| !is_there(shard)).map(|shard| shard.to_string()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let shown = missing.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let more = missing.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let noun = if missing.len() == 1 { "shard" } else { "shards" };
    Err(Stop::Incomplete {
        what: format!("merge: {noun} {shown}{more} missing"),
        help: format!("name all {} folders, as in `merge output/mine.sweep.shard-*`", first.shard.of),
    })
}

/// So many shards are named that are missing.
const SHOWN: usize = 20;

fn read(folder: &Path) -> Result<Manifest, Stop> {
    let path = folder.join(Manifest::NAME);
    let shown = path.display();
    let bytes = destination::read(folder, Manifest::NAME).map_err(|error| {
        let help = match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                "name the folders of shards, as `cachestorm sweep … --shard 1/3` has written them"
            }
            _ => "",
        };
        Stop::failed(format!("read `{shown}`: {error}"), help)
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Stop::failed(
            format!("read `{shown}`: it is not what a shard has written: {error}"),
            "run the shard again",
        )
    })
}
