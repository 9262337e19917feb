//! What is computed once for all replications of a model: samplers with large tables, and the first reading
//! of a trace.

use super::Model;
use super::check::LONGEST;
use super::keyspace::Keyspace;
use super::trace_file::TraceFile;
use super::trace_spec::{Replay, TraceTraffic, scaled};
use super::traffic::ArrivalSpec;
use crate::time::{Duration, Instant};
use crate::workload::popularity::Popularity;
use crate::workload::trace::{Format, Position, Scan, TraceError};

/// A model that is ready to run.
pub struct Prepared {
    model: Model,
    popularities: Vec<Option<Popularity>>,
    trace: Option<Trace>,
    end: Instant,
}

struct Trace {
    file: TraceFile,
    scan: Scan,
    format: Format,
}

/// Reads a trace through, or so much of it as a run of `duration` replays; and when it ends. One that goes on after
/// the `duration` does not end within the run.
fn read(
    traffic: &TraceTraffic,
    file: TraceFile,
    duration: Option<Duration>,
    is_out_of_memory: &dyn Fn() -> bool,
) -> Result<(Trace, Duration), TraceError> {
    let mut reader = file.open(&traffic.spec)?;
    let until = duration.map_or(Duration::MAX, |duration| {
        Duration::from_nanos_f64(duration.as_nanos() as f64 * traffic.speed)
    });
    let format = reader.format();
    let scan = Scan::within(&mut reader, until, is_out_of_memory)?;
    let length = scaled(Instant::ZERO + scan.length, traffic.speed) - Instant::ZERO;
    if duration.is_none() && length > LONGEST {
        let speed = traffic.speed;
        let message = format!("at a `speed` of `{speed}` it lasts {length}; expected at most a year");
        let help = "raise `workload.arrivals.trace.speed`, or end the run earlier with `duration`";
        return Err(unfit(file.name(), message, help));
    }
    let ends = if scan.is_cut { Duration::MAX } else { length + Duration::from_nanos(1) };
    Ok((Trace { file, scan, format }, ends))
}

/// A sound trace that does not go with the scenario.
fn unfit(name: String, message: String, help: &str) -> TraceError {
    TraceError { name, position: Position::Replay, message, help: Some(help.to_owned()) }
}

/// How long a trace is turns out when it is read: something of it has to be measured, and every event has to
/// happen.
fn check_end(model: &Model, name: String, end: Instant) -> Result<(), TraceError> {
    let length = end - Instant::ZERO;
    if model.warmup_end() >= end {
        let message = format!("`warmup` ({}) is as long as the trace ({length})", model.warmup);
        return Err(unfit(name, message, "shorten it, as in `--set warmup=0s`"));
    }
    let late: Vec<String> = model
        .events
        .iter()
        .filter(|event| event.at >= end)
        .map(|event| (event.at - Instant::ZERO).to_string())
        .collect();
    let (noun, verb) = match late.as_slice() {
        [] => return Ok(()),
        [_] => ("an event", "happens"),
        _ => ("events", "happen"),
    };
    let shown = if late.len() > LATE_SHOWN { ", …" } else { "" };
    let times = late[..late.len().min(LATE_SHOWN)].join(", ");
    let message = format!("{noun} at {times}{shown} never {verb}: the trace ends at {length}");
    let help = if late.len() == model.events.len() {
        "lower `at`, or take all events away with `--set 'event=[]'`"
    } else {
        "lower `at`, or take the event out of the scenario file"
    };
    Err(unfit(name, message, help))
}

/// Enough to find them by.
const LATE_SHOWN: usize = 5;

impl Prepared {
    /// Builds the samplers and reads the trace through once, if there is one. `file` is where the trace that
    /// the model names was found.
    ///
    /// # Errors
    /// The first thing that is wrong with the trace; or that it lasts longer than a run can, or ends before the
    /// warm-up or an event.
    ///
    /// # Panics
    /// If the model wants a trace and there is no file.
    pub fn new(model: Model, file: Option<TraceFile>) -> Result<Self, TraceError> {
        Self::within(model, file, &|| false)
    }

    /// As [`Self::new`], unless no memory is left: that is asked while the trace is read.
    ///
    /// # Errors
    /// As [`Self::new`]; and if no memory is left.
    ///
    /// # Panics
    /// As [`Self::new`].
    pub fn within(
        model: Model,
        file: Option<TraceFile>,
        is_out_of_memory: &dyn Fn() -> bool,
    ) -> Result<Self, TraceError> {
        let trace = match (&model.workload.arrivals, file) {
            (ArrivalSpec::Trace(traffic), Some(file)) => {
                Some(read(traffic, file, model.duration, is_out_of_memory)?)
            }
            _ => None,
        };
        let traced = trace.as_ref().map(|(_, length)| *length);
        let length = [model.duration, traced].into_iter().flatten().min();
        let length = length.expect("a model without a duration has a trace");
        let end = Instant::ZERO + length.max(Duration::from_nanos(1));
        if let Some((trace, _)) = &trace {
            check_end(&model, trace.file.name(), end)?;
        }
        let used = |share: f64, writes: f64| trace.is_none() && (share > 0.0 || writes > 0.0);
        let is_shown = |name: &str| {
            let mut pages = model.workload.keys.iter().filter_map(|group| group.page.as_ref());
            pages.any(|page| page.items.value == name)
        };
        let popularities = model.workload.keys.iter().map(|group| {
            let used = used(group.share, group.writes.0) || is_shown(&group.name);
            used.then(|| group.popularity.build(group.count))
        });
        Ok(Self { popularities: popularities.collect(), end, trace: trace.map(|(trace, _)| trace), model })
    }

    /// What is simulated.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The end of arrivals.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.end
    }

    /// What the trace holds, if the traffic is one.
    #[must_use]
    pub fn scan(&self) -> Option<&Scan> {
        self.trace.as_ref().map(|trace| &trace.scan)
    }

    /// How many requests of the trace are replayed: what is read of it may last a little beyond the end.
    #[must_use]
    pub fn replayed(&self) -> Option<u64> {
        let ArrivalSpec::Trace(traffic) = &self.model.workload.arrivals else { return None };
        Some(self.scan()?.replayed(|at| scaled(at, traffic.speed) < self.end))
    }

    pub(super) fn popularity(&self, group: usize) -> &Popularity {
        self.popularities[group].as_ref().expect("a group that is asked for has a popularity")
    }

    pub(super) fn replay(&self) -> Result<Option<Replay<'_>>, TraceError> {
        let (Some(trace), ArrivalSpec::Trace(traffic)) = (&self.trace, &self.model.workload.arrivals) else {
            return Ok(None);
        };
        let reader = trace.file.open(&traffic.spec)?;
        Ok(Some(Replay::new(reader, &trace.scan, traffic.speed)))
    }

    pub(super) fn key_name(&self, keys: &Keyspace, key: u32) -> String {
        match &self.trace {
            Some(trace) => trace.format.key_text(keys.raw_name(key)),
            None => keys.name(key),
        }
    }
}
