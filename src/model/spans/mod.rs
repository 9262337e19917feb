//! Spans of single requests: which requests are worth a look, and what each of them did.
//!
//! A replication is simulated twice more. The first time it is only seen which requests there are, and some of them
//! are chosen (`choice.rs`); the second time their spans are recorded (`recording.rs`). Simulations are deterministic,
//! so it is the same replication, and nothing has to be kept of those that are not chosen.
//!
//! Parts of the system say what a request does at the places where they know it: when a wait is over, when a service
//! begins whose end is known. Nothing is kept in the state of a task for that, and a run without spans has one
//! comparison at each such place.

mod choice;
mod notes;
mod places;
mod recording;

use super::failure::SimulateError;
use super::prepare::Prepared;
use super::request::{Reply, Request};
use super::run;
use super::world::World;
use crate::engine::Ended;
use crate::measure::Spans;
use crate::random::Stream;
use crate::time::{Duration, Instant};
use choice::Choice;
use std::cell::RefCell;
use std::ops::ControlFlow;

pub(super) use places::in_front_of;
pub(super) use recording::Recording;

/// Has something noted, if spans are recorded. A macro, so that what is to be noted is put together in that case only.
macro_rules! note {
    ($world:expr, $note:expr) => {
        if let Some(recorder) = &$world.recorder {
            $crate::model::spans::note_down(recorder, $note);
        }
    };
}

pub(super) use note;

/// Who watches the requests of a run.
pub(super) enum Recorder {
    /// Chooses among them.
    Choosing(Choice),
    /// Records those that were chosen.
    Recording(Recording),
}

/// Runs a replication once more, and once again, for the spans of about so many of its requests. `watch` is as in
/// [`super::simulate`], and sees both runs.
///
/// # Errors
/// See [`super::simulate`].
///
/// # Panics
/// See [`super::simulate`].
pub fn record_spans(
    prepared: &Prepared,
    replication: u64,
    wanted: u32,
    mut watch: impl FnMut(Instant) -> ControlFlow<()>,
) -> Result<Option<Spans>, SimulateError> {
    let draws = Stream::new(prepared.model().seed, replication, "spans.sample");
    let world = World::new(prepared, replication)?.watched(Recorder::Choosing(Choice::new(wanted, draws)));
    if run(&world, &mut watch)?.ended != Ended::Over {
        return Ok(None);
    }
    let Some(Recorder::Choosing(choice)) = world.recorder.map(|recorder| recorder.into_inner()) else {
        return Ok(None);
    };
    let world =
        World::new(prepared, replication)?.watched(Recorder::Recording(Recording::of(choice.chosen())));
    if run(&world, &mut watch)?.ended != Ended::Over {
        return Ok(None);
    }
    let places = places::of(&world);
    let World { keys, recorder: Some(recorder), .. } = world else { return Ok(None) };
    let (keys, Recorder::Recording(recording)) = (keys.into_inner(), recorder.into_inner()) else {
        return Ok(None);
    };
    let (requests, left_out) = recording.finish();
    let of_spans = requests.iter().flat_map(|request| request.spans.iter().map(|span| span.key));
    let names = of_spans.map(|key| (key, prepared.key_name(&keys, key)));
    Ok(Some(Spans {
        replication,
        wanted,
        arrived: choice.arrived(),
        failed: choice.failed(),
        places,
        keys: names.collect(),
        left_out,
        requests,
    }))
}

impl World<'_> {
    fn watched(self, recorder: Recorder) -> Self {
        Self { recorder: Some(Box::new(RefCell::new(recorder))), ..self }
    }
}

#[cold]
#[inline(never)]
pub(super) fn note_down(recorder: &RefCell<Recorder>, note: impl FnOnce(&mut Recording)) {
    if let Recorder::Recording(recording) = &mut *recorder.borrow_mut() {
        note(recording);
    }
}

/// A client has its answer, or gives up.
#[cold]
#[inline(never)]
pub(super) fn note_end(
    w: &World<'_>,
    recorder: &RefCell<Recorder>,
    request: &Request,
    (arrived, reply, retries): (Instant, Reply, u32),
) {
    let now = w.engine.now();
    match &mut *recorder.borrow_mut() {
        // What counts in no metric is not looked at.
        Recorder::Choosing(choice) if arrived >= w.model.warmup_end() => {
            choice.offer(request.ordinal, now - arrived, reply.is_err());
        }
        Recorder::Choosing(_) => {}
        Recorder::Recording(recording) => recording.request(request, (arrived, now), reply, retries),
    }
}

/// The time from `now` on, for so long.
pub(super) fn from(now: Instant, takes: Duration) -> (Instant, Instant) {
    (now, now + takes)
}

/// The time up to `now`, for so long.
pub(super) fn until(now: Instant, took: Duration) -> (Instant, Instant) {
    (Instant::from_nanos(now.as_nanos().saturating_sub(took.as_nanos())), now)
}
