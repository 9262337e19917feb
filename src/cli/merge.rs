//! `cachestorm merge`: puts the shards of an experiment together.

use super::exit::{Exit, Stop};
use super::shard::{Manifest, Part, Scenario, Shard};
use super::source::Source;
use super::terms::Terms;
use super::{Cli, Command};
use cachestorm::experiment::Log;
use clap::Parser;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Puts the shards of an experiment together, without simulating
///
/// Each shard was made by the same command with another `--shard I/N`. The results are the same bytes as those of the
/// command without it, and lie where it would have written them.
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
    terms: Terms,
}

impl Merge {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let shards =
            self.folders.iter().map(|folder| read(folder)).collect::<Result<Vec<Manifest>, Stop>>()?;
        self.check(&shards)?;
        let logs = self.folders.iter().map(|folder| folder.join(Log::NAME));
        let logs = logs.filter(|log| log.exists()).collect();
        let first = &shards[0];
        let part = Part::Merged(first.shard, logs);
        let source = stored(&first.scenario);
        match self.command(first)? {
            Command::Run(mut command) => {
                command.terms = self.terms.clone();
                command.execute_part(&source, &part)
            }
            Command::Compare(mut command) => {
                command.terms = self.terms.clone();
                command.execute_part(&source, first.compared_with.as_ref().map(stored).as_ref(), &part)
            }
            Command::Sweep(mut command) => {
                command.terms = self.terms.clone();
                command.execute_part(&source, &part)
            }
            _ => Err(self.unknown()),
        }
    }

    /// The command that the shards are parts of.
    fn command(&self, manifest: &Manifest) -> Result<Command, Stop> {
        let files = [Some(&manifest.scenario), manifest.compared_with.as_ref()];
        let files = files.into_iter().flatten().map(|scenario| scenario.file.as_str());
        let words = [manifest.program.as_str(), manifest.command.as_str()].into_iter();
        let words = words.chain(manifest.arguments.iter().map(String::as_str)).chain(["--"]).chain(files);
        Cli::try_parse_from(words).map(|cli| cli.command).map_err(|_| self.unknown())
    }

    fn unknown(&self) -> Stop {
        let path = self.folders[0].join(Manifest::NAME);
        let what = format!("merge: `{}` holds a command that this cachestorm does not know", path.display());
        Stop::failed(what, "merge with the program that has made the shards")
    }

    /// All are shards of one experiment, and none is missing.
    fn check(&self, shards: &[Manifest]) -> Result<(), Stop> {
        let first = &shards[0];
        let is_same = |other: &Manifest| {
            let Manifest { program, version, command, arguments, scenario, compared_with, shard } = other;
            (program, version, command) == (&first.program, &first.version, &first.command)
                && (arguments, scenario, compared_with)
                    == (&first.arguments, &first.scenario, &first.compared_with)
                && shard.of() == first.shard.of()
        };
        if let Some(other) = shards.iter().position(|other| !is_same(other)) {
            let [one, other] = [0, other].map(|index| self.folders[index].join(Manifest::NAME));
            let what = format!(
                "merge: `{}` and `{}` are not shards of one experiment",
                one.display(),
                other.display()
            );
            let help = "their command, arguments, scenario, number of shards and version have to be the same";
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
            help: format!("name all {} folders, as in `merge output/mine.sweep.shard-*`", first.shard.of()),
        })
    }
}

/// So many shards are named that are missing.
const SHOWN: usize = 20;

fn stored(scenario: &Scenario) -> Source {
    Source::stored(&scenario.file, &scenario.text)
}

fn read(folder: &Path) -> Result<Manifest, Stop> {
    let path = folder.join(Manifest::NAME);
    let shown = path.display();
    let bytes = std::fs::read(&path).map_err(|error| {
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
