//! All files of a run, or of several side by side, but the manifest, as names and bytes.

use super::chart::ThemeName;
use super::charts::{self, View, draw_all};
use super::compare::{self, SideBySide};
use super::dataset::{self, Dataset};
use super::over_time::History;
use super::page::{How, of_comparison, of_plan, of_run, of_sweep};
use super::plan::{self, PlanView};
use super::stored::Stored;
use super::subject::Subject;
use super::sweep::{self, SweepView};
use super::{events, groups, json, tables};
use crate::experiment::Outcome;
use serde_json::Value;

/// What is to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Pictures {
    /// Whether charts and the page are drawn now; what they are drawn of is kept in any case.
    pub are_drawn: bool,
    /// The colours of the charts.
    pub theme: ThemeName,
}

/// The files; `document` is what [`json::document`] has made of the same run.
#[must_use]
pub fn files(
    subject: &Subject,
    outcome: &Outcome,
    document: &Value,
    how: &How,
    pictures: Pictures,
) -> Vec<(String, Vec<u8>)> {
    let history = History::of(subject, outcome);
    let mut files = vec![
        ("summary.json".into(), json::text(document).into_bytes()),
        ("timeseries.csv".into(), tables::time_series(&history)),
        ("groups.csv".into(), groups::table(outcome)),
        ("events.csv".into(), events::csv(outcome)),
        ("histograms.csv".into(), tables::histograms(outcome)),
    ];
    let drawings = draw_all(&View { subject, outcome, history: &history });
    let page = of_run(subject, outcome, how, &drawings);
    add(&mut files, &Stored { theme: pictures.theme, page: Some(page), drawings }, pictures);
    files
}

/// The files of a comparison; `document` is what [`compare::document`] has made of it.
#[must_use]
pub fn files_of_comparison(
    view: &SideBySide,
    document: &Value,
    how: &How,
    pictures: Pictures,
) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("comparison.json".into(), json::text(document).into_bytes()),
        ("comparison.csv".into(), compare::csv(view)),
        ("comparison.md".into(), compare::markdown(view).into_bytes()),
    ];
    let arms = || view.subjects.iter().zip(&view.comparison.outcomes);
    let histories: Vec<History> = arms().map(|(subject, outcome)| History::of(subject, outcome)).collect();
    let views: Vec<View> = arms()
        .zip(&histories)
        .map(|((subject, outcome), history)| View { subject, outcome, history })
        .collect();
    let drawings = charts::compare::draw_all(view, &views);
    let page = of_comparison(view, how, &drawings);
    add(&mut files, &Stored { theme: pictures.theme, page: Some(page), drawings }, pictures);
    files
}

/// The files of a sweep.
#[must_use]
pub fn files_of_sweep(view: &SweepView, how: &How, pictures: Pictures) -> Vec<(String, Vec<u8>)> {
    let mut files = tables_of("sweep", &sweep::dataset(view));
    let drawings = sweep::charts(view);
    let page = Some(of_sweep(view, how, &drawings));
    let stored = Stored { theme: pictures.theme, page, drawings };
    add(&mut files, &stored, pictures);
    files
}

/// The files of a search.
#[must_use]
pub fn files_of_plan(view: &PlanView, how: &How, pictures: Pictures) -> Vec<(String, Vec<u8>)> {
    let mut files = tables_of("plan", &plan::dataset(view));
    files.push(("plan.json".into(), json::text(&plan::document(view)).into_bytes()));
    let drawings = plan::charts(view);
    let page = Some(of_plan(view, how, &drawings));
    let stored = Stored { theme: pictures.theme, page, drawings };
    add(&mut files, &stored, pictures);
    files
}

/// A table with a row for each replication, for spreadsheets and for programs.
fn tables_of(name: &str, data: &Dataset) -> Vec<(String, Vec<u8>)> {
    vec![
        (format!("{name}.csv"), dataset::csv(data)),
        #[cfg(feature = "parquet")]
        (format!("{name}.parquet"), dataset::parquet(data)),
    ]
}

/// Adds what is kept, and the pictures.
fn add(files: &mut Vec<(String, Vec<u8>)>, stored: &Stored, pictures: Pictures) {
    files.push((Stored::NAME.into(), stored.bytes()));
    if pictures.are_drawn {
        files.extend(stored.pictures(None));
    }
}
