//! How instances come and go: rolling deploys, scaling out and in, and what a new one loads before it takes traffic.
//!
//! An instance that leaves is drained first: the balancer sends it nothing more, and it finishes what it has. A new
//! one is a new process: its cache is empty, and it has no connection to the database. The places of all
//! instances that there will ever be are there from the start; those that are not used are away.

use super::Model;
use super::event::Action;
use super::job::Job;
use super::read_through::Duty;
use super::request::Request;
use super::warm_up::{WarmSpec, warm};
use super::world::World;
use crate::engine::GatherId;
use crate::measure::Layer;
use crate::scenario::{Reader, count, positive_time, time};
use crate::time::Duration;
use std::future::Future;
use std::ops::Range;

/// All instances are replaced, some at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploySpec {
    /// From the start of one batch to the start of the next; none is when the one before is back.
    pub every: Option<Duration>,
    /// How many are replaced at the same time.
    pub batch: u32,
    /// From the end of the old process until the new one could take traffic.
    pub down: Duration,
    /// How long an old one may take to finish what it has.
    pub drain: Duration,
    /// What a new one loads first.
    pub warm: Option<WarmSpec>,
}

/// The number of instances changes.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleSpec {
    /// How many there are from now on.
    pub instances: u32,
    /// How long a new one takes until it could take traffic.
    pub start: Duration,
    /// How long one that goes may take to finish what it has.
    pub drain: Duration,
    /// What a new one loads first.
    pub warm: Option<WarmSpec>,
}

impl DeploySpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            every: r
                .field(
                    "every",
                    "From the start of one batch to that of the next. Without it: the next follows when the one before is back.",
                    positive_time(),
                )
                .optional(),
            batch: r.field("batch", "How many instances are replaced at the same time.", count(1..=10_000u32)).or(1),
            down: r
                .field("down", "How long a new process takes to start, once the old one has ended.", positive_time())
                .required(),
            drain: drain(r),
            warm: WarmSpec::field(r),
        }
    }
}

impl ScaleSpec {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            instances: r
                .field("instances", "How many there are from now on.", count(1..=10_000u32))
                .required(),
            start: r
                .field("start", "How long a new one takes to start.", time(Duration::ZERO..))
                .or(Duration::ZERO),
            drain: drain(r),
            warm: WarmSpec::field(r),
        }
    }
}

fn drain(r: &mut Reader) -> Duration {
    let doc = "How long an old one may go on with what it has; then its process ends. Default: Kubernetes, \
               terminationGracePeriodSeconds.";
    r.field("drain", doc, positive_time()).or(Duration::from_secs(30))
}

impl Model {
    /// The most instances that there are at any time.
    #[must_use]
    pub fn instances_max(&self) -> u32 {
        let scaled = self.events.iter().filter_map(|event| match &event.action {
            Action::Scale(spec) => Some(spec.instances),
            _ => None,
        });
        scaled.chain([self.app.instances]).max().unwrap_or(self.app.instances)
    }

    /// Whether instances come and go otherwise than in a restart.
    pub(super) fn rolls_out(&self) -> bool {
        self.events.iter().any(|event| matches!(event.action, Action::Deploy(_) | Action::Scale(_)))
    }
}

/// A deploy: one batch after the other. What the end of arrivals finds undone stays undone.
pub(super) fn deploy(w: &World<'_>, event: u16, spec: &DeploySpec) -> impl Future<Output = ()> {
    async move {
        let gathers = &w.app.rollouts;
        let gather = gathers.begin();
        let (mut next, mut starts) = (0, w.engine.now());
        while next < w.app.wanted() && w.engine.now() < w.end {
            let batch = next..(next + spec.batch).min(w.app.wanted());
            next = batch.end;
            send(w, event, batch, gather);
            match spec.every {
                None => gathers.all(&w.engine, gather).await,
                Some(every) => {
                    starts += every;
                    w.engine.sleep_until(starts).await;
                }
            }
        }
        gathers.all(&w.engine, gather).await;
        gathers.end(gather, |_| ());
    }
}

/// The number of instances changes.
pub(super) fn scale(w: &World<'_>, event: u16, spec: &ScaleSpec) -> impl Future<Output = ()> {
    async move {
        let before = w.app.want(spec.instances);
        let range = before.min(spec.instances)..before.max(spec.instances);
        together(w, event, range).await;
    }
}

/// Has something done to each of these instances at the same time, and waits until all are done.
pub(super) fn together(w: &World<'_>, event: u16, instances: Range<u32>) -> impl Future<Output = ()> {
    async move {
        let gather = w.app.rollouts.begin();
        send(w, event, instances, gather);
        w.app.rollouts.all(&w.engine, gather).await;
        w.app.rollouts.end(gather, |_| ());
    }
}

fn send(w: &World<'_>, event: u16, instances: Range<u32>, gather: GatherId) {
    for instance in instances {
        w.app.rollouts.expect(gather);
        w.engine.spawn(Job::RollOut { event, instance: instance as u16, gather });
    }
}

/// The job of what an event does to one instance.
pub(super) fn roll_out(
    w: &World<'_>,
    event: u16,
    instance: u16,
    gather: GatherId,
) -> impl Future<Output = ()> {
    async move {
        match &w.model.events[usize::from(event)].action {
            Action::Deploy(spec) => {
                stop(w, instance, spec.drain).await;
                w.engine.sleep_until(w.engine.now() + spec.down).await;
                start(w, event, instance, spec.warm.as_ref()).await;
            }
            Action::Scale(spec) if u32::from(instance) < spec.instances => {
                w.engine.sleep_until(w.engine.now() + spec.start).await;
                w.app.appears(w.engine.now(), instance.into());
                start(w, event, instance, spec.warm.as_ref()).await;
            }
            Action::Scale(spec) => {
                stop(w, instance, spec.drain).await;
                w.app.vanishes(w.engine.now(), instance.into());
            }
            Action::Restart { warm, .. } => start(w, event, instance, warm.as_ref()).await,
            _ => unreachable!("no other event concerns single instances"),
        }
        w.app.rollouts.bring(&w.engine, gather, ());
    }
}

/// The process of an instance ends, as soon as it has finished what it has.
fn stop(w: &World<'_>, instance: u16, drain: Duration) -> impl Future<Output = ()> {
    async move {
        let place = usize::from(instance);
        w.app.take_away(w.engine.now(), place..place + 1);
        let limit = w.engine.lane(drain);
        w.app.drain(&w.engine, place, limit).await;
        if let Some(process) = w.process.as_ref().filter(|_| !w.app.is_up(place)) {
            process.empty(place);
        }
    }
}

/// A new process takes the instance's place, and traffic as soon as it is warm.
fn start<'a>(
    w: &'a World<'_>,
    event: u16,
    instance: u16,
    warm_first: Option<&'a WarmSpec>,
) -> impl Future<Output = ()> + 'a {
    async move {
        let place = usize::from(instance);
        begin_anew(w, place);
        if let Some(spec) = warm_first {
            warm(w, event, instance, spec).await;
        }
        w.app.bring_back(w.engine.now(), place..place + 1);
    }
}

/// The process of an instance is a new one: nothing of the old one is left.
pub(super) fn begin_anew(w: &World<'_>, instance: usize) {
    let now = w.engine.now();
    if let Some(process) = &w.process {
        process.begin_anew(instance, now);
    }
    if let Some(database) = &w.database {
        database.close_connections(instance, now);
    }
}

/// Loads a key into an instance's cache.
pub(super) fn load(w: &World<'_>, request: Request) -> impl Future<Output = ()> {
    let load = w.call_reply(Job::Load { layer: Layer::Process, request, duty: Duty::default() });
    async move {
        // What cannot be loaded now is loaded by whoever asks for it first.
        let _ = load.await;
    }
}
