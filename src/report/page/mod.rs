//! `report.html`: what a run, a comparison, a sweep or a search has shown, as one page that needs nothing but a browser.
//!
//! ```text
//! Outcome, Subject ─ of_run ────────┬─ Page (plain data, kept in report.json)
//! SideBySide ─────── of_comparison ─┤    │
//! SweepView ──────── of_sweep ──────┤    │
//! PlanView ───────── of_plan ───────┘    │
//! Drawing ─┬─ numbers: charts as tables ─┼─ html ── report.html
//!          └─ cursor: what is where ─────┘           page.css, page.js: its looks and its cursor
//! ```
//!
//! A page is sections of parts, which know nothing of HTML; `html.rs` knows nothing of caches. All text is escaped by
//! the template engine; what it does not escape is the program's own: the style, the script and its charts.

mod cursor;
mod html;
mod numbers;
mod of_comparison;
mod of_plan;
mod of_run;
mod of_sweep;
mod style;

pub use html::write;
pub use of_comparison::of_comparison;
pub use of_plan::of_plan;
pub use of_run::of_run;
pub use of_sweep::of_sweep;

use super::table::{Align, Table};
use serde::{Deserialize, Serialize};

/// What stands on a page.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// The same in a few sentences.
    pub description: Option<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// Top to bottom.
    pub sections: Vec<Section>,
    /// The program that has computed it.
    pub version: String,
}

/// What came of it, in a sentence.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Good or bad; nothing if it is undecided, or if there is nothing to judge by.
    pub is_good: Option<bool>,
    /// Whether more runs are needed to tell.
    #[serde(default)]
    pub is_undecided: bool,
    /// The sentence.
    pub text: String,
    /// What has to be known to trust it, such as that the run was interrupted.
    pub notes: Vec<String>,
}

/// A part of a page with a heading.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// What links call it.
    pub id: String,
    /// What stands above it.
    pub title: String,
    /// Top to bottom.
    pub parts: Vec<Part>,
}

/// Something that stands on a page.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Part {
    /// A paragraph.
    Text(String),
    /// Numbers in rows.
    Table(Grid),
    /// Paragraphs with a heading each.
    Items(Vec<Item>),
    /// The chart of this name.
    Chart(String),
    /// The charts of these names, which have one time axis and one cursor.
    OverTime(Vec<String>),
    /// Text as it was typed.
    Code {
        /// What it is.
        label: String,
        /// The text.
        text: String,
    },
}

/// A table; the first column says what a row is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// What it shows.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The cells of each row. A second line of a cell is smaller.
    pub rows: Vec<Vec<String>>,
    /// Whether it is long, and shown only to who asks for it.
    pub is_folded: bool,
}

/// A column of a table.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What stands above it.
    pub name: String,
    /// Whether it stands to the right, as numbers do.
    pub is_number: bool,
}

/// A paragraph with a heading.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The heading.
    pub title: String,
    /// Paragraphs.
    pub texts: Vec<String>,
}

/// How somebody has come to these results: what the results themselves do not know.
#[derive(Clone, Debug)]
pub struct How {
    /// The command with its arguments.
    pub command: String,
    /// The texts of the scenarios, each with the name of its file.
    pub scenarios: Vec<(String, String)>,
}

impl Grid {
    fn new<'n>(caption: &str, columns: impl IntoIterator<Item = (&'n str, Align)>) -> Self {
        let column =
            |(name, align): (&str, Align)| Column { name: name.into(), is_number: align == Align::Right };
        let columns = columns.into_iter().map(column).collect();
        Self { caption: caption.into(), columns, rows: Vec::new(), is_folded: false }
    }

    /// A table for the terminal.
    fn of(caption: &str, table: &Table) -> Self {
        let columns = table.columns().iter().map(|(name, align)| (name.as_str(), *align));
        let rows = table.rows().map(<[String]>::to_vec).collect();
        Self { rows, ..Self::new(caption, columns) }
    }
}

impl Section {
    /// None if there is nothing in it.
    fn new(id: &str, title: &str, parts: Vec<Part>) -> Option<Self> {
        (!parts.is_empty()).then(|| Self { id: id.into(), title: title.into(), parts })
    }
}

/// The scenario, and how it was run.
fn origins(how: &How, facts: &[(&str, String)]) -> Vec<Section> {
    let scenarios = how.scenarios.iter();
    let scenarios = scenarios.map(|(name, text)| Part::Code { label: name.clone(), text: text.clone() });
    let mut grid = Grid::new("How it was run", [("", Align::Left), ("value", Align::Left)]);
    grid.rows = facts.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]).collect();
    let text = "The same command, scenario, seed and version give the same bytes on every machine. `manifest.json` \
                beside this page holds all of it for programs; `cachestorm report` draws the page and its charts again.";
    let command = Part::Code { label: "Command".into(), text: how.command.clone() };
    let sections = [
        Section::new("scenario", "Scenario", scenarios.collect()),
        Section::new("how", "How it was run", vec![command, Part::Table(grid), Part::Text(text.into())]),
    ];
    sections.into_iter().flatten().collect()
}
