//! Writes `scenarios/data/access.log.gz`, the access log that example scenarios replay:
//!
//! ```console
//! $ cargo run --release --example access-log
//! ```
//!
//! What is in it, and why, stands in `site.rs`. The file has the same bytes at every run: its draws are
//! named, and the time in its gzip header is zero.

mod site;

use flate2::{Compression, GzBuilder};
use std::fs::File;
use std::io::{self, Write};

fn main() -> io::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/data/access.log.gz");
    let log = site::access_log();
    let mut file = GzBuilder::new().mtime(0).write(File::create(path)?, Compression::best());
    file.write_all(log.as_bytes())?;
    file.finish()?;
    let viral = log.lines().filter(|line| line.contains(&format!("GET {} ", site::viral_article()))).count();
    println!("{}: {} requests, {viral} for the viral article", path, log.lines().count());
    Ok(())
}
