//! All files of a run, or of several side by side, but the manifest, as names and bytes.

use super::charts::{self, View, draw_all};
use super::compare::{self, SideBySide};
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

/// The files of a comparison; `document` is what [`compare::document`] has made of it.
#[must_use]
pub fn files_of_comparison(view: &SideBySide, document: &Value, with_charts: bool) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("comparison.json".into(), json::text(document).into_bytes()),
        ("comparison.csv".into(), compare::csv(view)),
        ("comparison.md".into(), compare::markdown(view).into_bytes()),
    ];
    if with_charts {
        let arms = || view.subjects.iter().zip(&view.comparison.outcomes);
        let histories: Vec<History> =
            arms().map(|(subject, outcome)| History::of(subject, outcome)).collect();
        let views: Vec<View> = arms()
            .zip(&histories)
            .map(|((subject, outcome), history)| View { subject, outcome, history })
            .collect();
        files.extend(charts::compare::draw_all(&views));
    }
    files
}
