//! `cachestorm run`: simulates a scenario, prints what happened, and writes it to a folder.

use super::destination::Destination;
use super::exit::{Exit, Stop, note, print};
use super::format::TextOrJson;
use super::kept::Kept;
use super::manifest::{Done, Made, manifest};
use super::need::Need;
use super::part::Part;
use super::plan::{BASE, Changes, Plan};
use super::shard;
use super::simulate::Until;
use super::source::Source;
use super::terms::Terms;
use super::{long, memory, simulate, spans, subject, traffic};
use cachestorm::experiment::statistics::REPLICATIONS_MAX;
use cachestorm::experiment::{Outcome, Variant};
use cachestorm::measure::Record;
use cachestorm::model::Prepared;
use cachestorm::report::{Subject, files, json, summary};
use serde_json::Value;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::time::Instant;

/// Simulates a scenario, prints what happened, and writes it to a folder
///
/// The results are in OUT/SCENARIO, or OUT/SCENARIO.VARIANT: `manifest.json` says how to get the same bytes
/// again, `summary.json` has all metrics, `timeseries.csv` and `histograms.csv` the details, `charts` the
/// pictures, and `report.html` is a page with all of it; `--spans` adds `spans.json`, a trace of single requests. Files of an earlier run are replaced, also of one with another `--set`, `--seed` or `--trace`: `--out`
/// keeps both. Ctrl-C ends the run in order: replications that are done
/// are written and marked as partial. `replications.log` keeps them, so that the same command goes on.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm run thundering-herd
  cachestorm run thundering-herd --variant single-flight
  cachestorm run mine.toml --set redis.ttl=10m --set database.workers=64
  cachestorm run real-traffic --trace /var/log/nginx/access.log
  cachestorm run mine.toml --replications auto           until the objectives are decided
  cachestorm run thundering-herd --spans 1000
  cachestorm run baseline --json --quiet | jq '.variants[0].metrics[\"redis.hit_ratio\"].value'

Exit status: 0 all objectives are met, 99 one is missed, 98 undecided; see `cachestorm --help`.")]
pub struct Run {
    /// A scenario file, the name of a shipped scenario (see `cachestorm scenarios`), or `-` for stdin
    scenario: OsString,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    printed: TextOrJson,
    #[command(flatten)]
    part: shard::Chosen,
    #[command(flatten)]
    spans: spans::Traced,
    #[command(flatten)]
    pub terms: Terms,
}

impl Run {
    pub fn execute(&self) -> Result<Exit, Stop> {
        self.execute_part(&Source::find(&self.scenario)?, &self.part.into())
    }

    /// So much of it as is wanted.
    pub fn execute_part(&self, source: &Source, part: &Part) -> Result<Exit, Stop> {
        let began = Instant::now();
        let plan = Plan::of(source, &self.changes)?;
        let identity = plan.identity(source);
        let Plan { mut model, variant, trace, mut notes, .. } = plan;
        let until = if self.changes.overrides.is_auto(&model, part)? {
            let first = model.replications.min(REPLICATIONS_MAX);
            model.replications = REPLICATIONS_MAX;
            Until::Decided { first }
        } else {
            Until::All
        };
        let threads = simulate::threads(self.terms.threads, model.replications);
        Need::of(&model, threads).check(self.terms.max_memory)?;
        let runs = f64::from(model.replications) * part.share();
        long::check(long::expected(&model) * runs, &self.terms)?;
        let named = Some(variant.as_str()).filter(|variant| *variant != BASE);
        let destination =
            Destination::claim(&self.terms.results.out, &model.name, part.suffix(named).as_deref())?;
        notes.extend(destination.replaces(&self.arguments()));
        let of_argument = self.changes.overrides.trace.is_some();
        let prepared = Prepared::within(model, trace, &memory::is_used_up)
            .map_err(|error| if of_argument { traffic::stop(error) } else { error.into() })?;
        Need::of_prepared(&prepared, threads).check(self.terms.max_memory)?;
        long::check(long::expected_of(&prepared) * runs, &self.terms)?;
        // Nothing is replaced by a run that does not begin.
        if !self.terms.results.quiet {
            notes.iter().map(String::as_str).for_each(note);
        }
        let made =
            Made { command: "run", source, given: &self.scenario, other: None, arguments: self.arguments() };
        let kept = Kept::open(&destination, &self.terms)?;
        let replications = 0..u64::from(prepared.model().replications);
        kept.check_resume(identity.iter().flat_map(|it| replications.clone().map(|n| it.key::<Record>(n))))?;
        part.begin(&made, &[identity], &destination, &kept)?;
        let variants = [Variant { name: &variant, prepared: &prepared, identity }];
        let (mut outcomes, watched) = simulate::simulate(&variants, threads, part, &kept, until)?;
        if let Some(exit) = watched.end(&destination, &kept)? {
            return Ok(exit);
        }
        simulate::tell_auto(&outcomes, self.terms.results.quiet);
        let outcome = outcomes.pop().expect("one variant has one outcome");
        if outcome.replications() == 0 {
            note("interrupted before the first replication was done; nothing is written");
            return Ok(Exit::Interrupted);
        }
        let file = self.changes.overrides.trace.as_ref().map(|file| file.to_string_lossy().into_owned());
        let sets = self.changes.overrides.sets.clone();
        let subject = Subject { sets, ..subject::of(&prepared, &variant, file) };
        let document = json::document(&subject, &outcome);
        let how = made.how();
        let mut results = files(&subject, &outcome, &document, &how, self.terms.results.pictures.into());
        results.extend(self.spans.file(&prepared, &subject, self.terms.results.quiet)?);
        results.push(manifest(&made, &Done::replications(&subject, &outcome)));
        destination.write(&results)?;
        self.print(&subject, &outcome, &document, &destination)?;
        if kept.log.taken() == 0 {
            self.say_how_long(began, &outcome);
        }
        Ok(exit(&outcome))
    }

    /// As arguments of a command that asks for the same again.
    fn arguments(&self) -> Vec<String> {
        self.changes.arguments().into_iter().chain(self.terms.arguments()).collect()
    }

    fn print(
        &self,
        subject: &Subject,
        outcome: &Outcome,
        document: &Value,
        destination: &Destination,
    ) -> Result<(), Stop> {
        print(|out| {
            if self.printed.is_json() {
                return out.write_all(json::text(document).as_bytes());
            }
            out.write_all(summary::text(subject, outcome).as_bytes())?;
            writeln!(out, "\nresults in {}", destination.shown())
        })
    }

    /// Only for who sits in front of it: a time is not a result.
    fn say_how_long(&self, began: Instant, outcome: &Outcome) {
        if !self.terms.results.quiet && std::io::stderr().is_terminal() {
            let seconds = began.elapsed().as_secs_f64();
            let events: u64 = outcome.records().iter().map(|record| record.events).sum();
            eprintln!("{:.1} million events in {seconds:.1} s", events as f64 / 1e6);
        }
    }
}

fn exit(outcome: &Outcome) -> Exit {
    if outcome.is_complete() { outcome.state().into() } else { Exit::Interrupted }
}
