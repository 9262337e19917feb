//! What a person or a program sees of a result: text, JSON, CSV, charts.
//!
//! ```text
//! Outcome (the numbers) ─┬─ json ────── summary.json, --json
//!                        ├─ summary ─── the terminal
//!                        ├─ groups ──── groups.csv
//!                        ├─ findings ── what the numbers prove
//! Subject (what it is ───┴─ over_time ─┬─ tables ── timeseries.csv, histograms.csv
//!          all about)                  └─ charts ── charts/*.svg, *.png
//! ```
//!
//! Everything here turns results into bytes; nothing simulates, and nothing touches a file or a clock.

pub mod chart;
mod charts;
mod files;
pub mod findings;
pub mod format;
mod groups;
pub mod json;
mod over_time;
mod subject;
pub mod summary;
pub mod table;
mod tables;

pub use files::files;
pub use subject::{Capacity, Effect, Happening, Subject, TraceFacts};
