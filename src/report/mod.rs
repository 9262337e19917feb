//! What a person or a program sees of a result: text, JSON, CSV, charts.
//!
//! ```text
//! Outcome (the numbers) ─┬─ json ────── summary.json, --json
//!                        ├─ summary ─── the terminal: headline, verdict, plainly, rows
//!                        ├─ groups ──── groups.csv
//!                        ├─ events ──── events.csv
//!                        ├─ findings ── what the numbers prove
//! Subject (what it is ───┴─ over_time ─┬─ tables ── timeseries.csv, histograms.csv
//!          all about)                  └─ charts ─┬─ stored ── report.json
//!                                        page ─────┘  └─ charts/*.svg, *.png, report.html
//! Spans (of single requests) ─ spans ─ spans.json
//! Swept, Found (many points) ─ sweep, plan ── the terminal, plan.json; dataset ── sweep.csv, plan.csv, .parquet
//! Comparison (several outcomes) ─ compare ─ the terminal, comparison.json, .csv, .md
//! ```
//!
//! Everything here turns results into bytes; nothing simulates, and nothing touches a file or a clock.

mod change;
pub mod chart;
mod charts;
pub mod compare;
mod dataset;
mod events;
mod files;
pub mod findings;
pub mod format;
mod groups;
mod headline;
mod hot;
pub mod json;
mod lines;
mod marked;
mod others;
mod over_time;
pub mod page;
mod plainly;
pub mod plan;
pub mod results;
mod rows;
mod shown;
pub mod spans;
mod stored;
mod subject;
pub mod summary;
pub mod sweep;
pub mod sweep_json;
pub mod table;
mod tables;
mod verdict;

pub use change::relative;
pub use files::{Pictures, files, files_of_comparison, files_of_plan, files_of_sweep};
pub use page::How;
pub use stored::Stored;
pub use subject::{Capacity, Effect, Happening, Resource, Subject, TraceFacts};
