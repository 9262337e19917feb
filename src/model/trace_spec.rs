//! Real traffic: a trace in place of drawn arrivals and keys.

use super::request::Request;
use super::world::World;
use crate::quantity::Bytes;
use crate::scenario::{Kind, Reader, choice, flag, number, table, text};
use crate::time::{Duration, Instant};
use crate::workload::trace::{
    Columns, Format, OnError, Operation, Scan, Spread, TimeUnit, TraceError, TraceReader, TraceSpec,
};
use std::hash::Hasher;

/// Settings of a trace as traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceTraffic {
    /// The file, as the scenario names it.
    pub file: String,
    /// The trace's clock runs so many times as fast.
    pub speed: f64,
    /// How to read it.
    pub spec: TraceSpec,
}

impl TraceTraffic {
    pub(super) fn read(r: &mut Reader) -> Self {
        let format = choice()
            .word("csv", "Comma-separated values with a header.", Format::Csv)
            .word("oracle_general", "libCacheSim's oracleGeneral: 24 bytes a request.", Format::OracleGeneral)
            .word("access_log", "A web server's access log, common or combined.", Format::AccessLog);
        let on_error = choice()
            .word("stop", "The first malformed line ends everything.", OnError::Stop)
            .word("skip", "Malformed lines are counted and passed over.", OnError::Skip);
        Self {
            file: r
                .field("file", "The file, from the scenario's folder; plain, gzip or zstd.", text())
                .required(),
            speed: r
                .field("speed", "The trace's clock runs so many times as fast.", number(1e-6..=1e6))
                .or(1.0),
            spec: TraceSpec {
                format: r.field("format", "Without it the format is recognised.", format).optional(),
                columns: r
                    .field(
                        "columns",
                        "Names of the columns of a CSV, where they are not the usual ones.",
                        table(read_columns),
                    )
                    .or_empty(),
                on_error: r.field("on_error", "What a malformed line does.", on_error).or(OnError::Stop),
                time_unit: r.field("time_unit", "Unit of the times in a CSV.", time_unit()).optional(),
                spread: r.field("spread", SPREAD, flag()).optional(),
            },
        }
    }
}

const SPREAD: &str = "True: requests of the same second are spread evenly over it. False: they arrive at once. Without it: \
                      spread if the trace writes times in whole seconds.";

fn time_unit() -> impl Kind<Value = TimeUnit> {
    choice()
        .word("s", "Seconds, with decimals or not.", TimeUnit::Seconds)
        .word("ms", "Milliseconds.", TimeUnit::Milliseconds)
        .word("us", "Microseconds.", TimeUnit::Microseconds)
        .word("ns", "Nanoseconds.", TimeUnit::Nanoseconds)
}

fn read_columns(r: &mut Reader) -> Columns {
    Columns {
        time: r.field("time", "When the request was made.", text()).optional(),
        key: r.field("key", "What was asked for.", text()).optional(),
        size: r.field("size", "Bytes of the value.", text()).optional(),
        operation: r.field("op", "What was done: get, set and the like.", text()).optional(),
        ttl: r.field("ttl", "TTL that the request set, in seconds.", text()).optional(),
        user: r.field("user", "Who asked.", text()).optional(),
    }
}

/// A trace while it is replayed.
pub(super) struct Replay<'a> {
    reader: TraceReader,
    spread: Spread<'a>,
    speed: f64,
}

impl<'a> Replay<'a> {
    pub(super) fn new(reader: TraceReader, scan: &'a Scan, speed: f64) -> Self {
        Self { reader, spread: scan.spread(), speed }
    }

    /// The next request of the trace, and when it arrives.
    pub(super) fn next(
        &mut self,
        w: &World<'_>,
        ordinal: u64,
    ) -> Result<Option<(Instant, Request)>, TraceError> {
        let Some(record) = self.reader.next_record()? else { return Ok(None) };
        let at = self.spread.place(record.at);
        let key = w.keys.borrow_mut().intern(record.key);
        let user = record.user.map_or(ordinal as u32, |user| {
            let mut hasher = rustc_hash::FxHasher::default();
            hasher.write(user);
            hasher.finish() as u32
        });
        let request = Request {
            ordinal,
            ttl_seconds: record.ttl.map_or(0, |ttl| ttl.as_secs_f64().ceil().max(1.0) as u32),
            instance: 0,
            key,
            size: record.size.map_or(0, |Bytes(size)| size.min(u64::from(u32::MAX)) as u32),
            user,
            group: 0,
            write: record.operation == Operation::Write,
        };
        Ok(Some((scaled(at, self.speed), request)))
    }
}

/// A time of the trace on the clock of the run.
#[expect(clippy::float_cmp, reason = "at its own speed a trace keeps its nanoseconds")]
pub(super) fn scaled(at: Instant, speed: f64) -> Instant {
    if speed == 1.0 { at } else { Instant::ZERO + Duration::from_nanos_f64(at.as_nanos() as f64 / speed) }
}
