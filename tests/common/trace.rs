//! Traces that a test makes up, to say exactly what comes when.

use cachestorm::experiment::{Outcome, Unwatched, replicate};
use cachestorm::model::{Prepared, TraceFile};
use std::fmt::Write;

/// Requests, in any order.
#[derive(Default)]
pub struct Trace(Vec<(f64, usize, &'static str)>);

impl Trace {
    /// At so many seconds somebody does this with a key: "get" or "set".
    pub fn add(&mut self, at: f64, key: usize, what: &'static str) {
        self.0.push((at, key, what));
    }

    fn text(&self) -> String {
        let mut requests = self.0.clone();
        requests.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Time begins with the first request, which is one for nobody's key.
        let mut text = String::from("time,key,op\n0,start,get\n");
        for (at, key, what) in requests {
            writeln!(text, "{at:.9},k{key},{what}").expect("a string takes what is written to it");
        }
        text
    }
}

/// Tables of a system in which everything takes no time but what a test says.
pub const NO_TIME: &str = r#"
[app]
workers = "none"
[redis]
round_trip = "0 s"
service = { get = "0 s", set = "0 s", other = "0 s", per_kib = "0 s" }
pool = { size = 10_000 }
"#;

/// A scenario with one key group, of which the settings are given, for [`replay`]; `tables` is the rest of the file.
pub fn traced(group: &str, tables: &str) -> String {
    format!(
        r#"
name = "traced"
replications = 1
[workload]
arrivals = {{ trace = {{ file = "trace.csv" }} }}
[[workload.keys]]
name = "key"
count = 1
{group}
{tables}
"#
    )
}

/// All replications of a scenario whose arrivals are a trace; a read of a key of its own begins it at time 0.
pub fn replay(scenario: &str, trace: &Trace, overrides: &[&str]) -> Outcome {
    let bytes = Box::leak(trace.text().into_boxed_str()).as_bytes();
    let file = TraceFile::Embedded { name: "trace.csv", bytes };
    let prepared = Prepared::new(super::model(scenario, overrides), Some(file)).expect("a sound trace");
    replicate(&prepared, "base", &Unwatched).expect("a sound trace")
}

/// A linear congruential generator (Knuth's MMIX), independent of the program's own draws.
pub struct Lcg(pub u64);

impl Lcg {
    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        use rand::TryRng;
        let Ok(word) = self.try_next_u64();
        (word >> 11) as f64 / (1u64 << 53) as f64
    }
}

impl rand::TryRng for Lcg {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(self.0 ^ self.0 >> 29)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
