//! The program as a user meets it: arguments in; stdout, stderr, exit status and files out.

mod attack;
mod browser;
mod compare;
mod determinism;
mod files;
mod findings;
mod fitness;
mod interrupt;
mod json;
mod limits;
mod lists;
mod mistakes;
#[cfg(feature = "parquet")]
mod parquet;
mod plan;
mod report;
mod results;
mod resume;
mod shards;
mod spans;
mod summary;
mod support;
mod sweep;
mod trace;
