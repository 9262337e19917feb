//! All files of a run but the manifest, as names and bytes.

use super::charts::{View, draw_all};
use super::over_time::History;
use super::subject::Subject;
use super::{groups, json, tables};
use crate::experiment::Outcome;
use serde_json::Value;

/// The files; `document` is what [`json::document`] has made of the same run.
#[must_use]
pub fn files(subject: &Subject, outcome: &Outcome, document: &Value, charts: bool) -> Vec<(String, Vec<u8>)> {
    let history = History::of(subject, outcome);
    let mut files = vec![
        ("summary.json".into(), json::text(document).into_bytes()),
        ("timeseries.csv".into(), tables::time_series(&history)),
        ("groups.csv".into(), groups::table(outcome)),
        ("histograms.csv".into(), tables::histograms(outcome)),
    ];
    if charts {
        files.extend(draw_all(&View { subject, outcome, history: &history }));
    }
    files
}
