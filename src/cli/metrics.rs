//! `cachestorm metrics`: every number that a run gives.

use super::exit::{Exit, Stop, print};
use super::format::TextOrJson;
use cachestorm::measure::metrics;
use cachestorm::report::results;
use serde_json::{Value, json};

/// Lists all metrics: name, unit, and what it means
///
/// These names are used in objectives, in summary.json and in the columns of timeseries.csv.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm metrics | grep stale
  cachestorm metrics --json")]
pub struct Metrics {
    #[command(flatten)]
    printed: TextOrJson,
}

impl Metrics {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let all = metrics();
        print(|out| {
            if self.printed.is_json() {
                let list = all.iter().map(|metric| {
                    json!({
                        "name": metric.name,
                        "unit": metric.unit.to_string(),
                        "kind": metric.kind.name(),
                        "sentence": metric.sentence,
                    })
                });
                writeln!(
                    out,
                    "{:#}",
                    results::document("metrics", json!({ "metrics": list.collect::<Vec<Value>>() }))
                )
            } else {
                let width = all.iter().map(|metric| metric.name.len()).max().unwrap_or(0);
                for metric in &all {
                    let unit = metric.unit.to_string();
                    writeln!(out, "{:<width$}  {unit:<5}  {}", metric.name, metric.sentence)?;
                }
                Ok(())
            }
        })?;
        Ok(Exit::Done)
    }
}
