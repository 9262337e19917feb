//! Scenario files: TOML in, checked specifications out, and every problem on the way shown at its place.
//!
//! This module knows no layer. A specification declares its settings once, in a function that takes a
//! [`Reader`]; that one declaration parses a file, explains what is wrong with it, and describes itself as a
//! JSON Schema, so that the three cannot disagree.
//!
//! ```text
//! file ──► Document::parse ──► Node tree with spans ─┐
//! [[variant]] tables ──────────► patches ────────────┼─► overlay ──► Reader + Kinds ──► specification
//! --set key=value ─────────────► patches ────────────┘                    │
//!                                                                         └─► Problems ──► rendered text
//! ```

mod bandwidth;
mod bare;
mod called;
mod choice;
mod document;
mod field;
mod findings;
mod index;
mod kind;
mod list;
mod load;
mod measure;
mod nearest;
mod node;
mod overlay;
mod overrides;
mod place;
mod problem;
mod profile;
mod reader;
mod render;
mod resolved;
mod schema;
mod span;
mod syntax;
mod table;
#[cfg(test)]
mod tests;
mod tried;
mod units;
mod variant;
mod written;

pub use bandwidth::bandwidth;
pub use called::{ACTIONS, Events, events};
pub use choice::{Choice, choice};
pub use document::{Document, MAX_BYTES};
pub use field::Field;
pub use findings::Findings;
pub use kind::{Flag, Kind, Map, Name, SpannedKind, Text, flag, name, spanned, text};
pub use list::{List, list, named_list};
pub use load::{load, load_from};
pub use measure::{
    Measure, Measured, count, number, positive_rate, positive_size, positive_time, rate, share, share_in,
    size, time,
};
pub use nearest::{did_you_mean, is_same_word, nearest};
pub use node::{Entry, Node, Table, Value};
pub use problem::{Problem, Problems};
pub use profile::Profile;
pub use reader::Reader;
pub use schema::{Shape, fuzz, schema};
pub use span::{Span, Spanned};
pub use table::{TableKind, table};
pub use variant::Variant;
