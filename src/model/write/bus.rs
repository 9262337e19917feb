//! The event bus: a message for each write, on its way to Redis and to all instances.
//!
//! ```text
//!                      ┌─ partition ─┬─▶ consumer of Redis: DEL, or SET
//! commit ─▶ lag ─▶ log ┤             └─▶ consumer in each instance: its process' copy
//!                      └─ partition …
//! ```
//!
//! A partition is in order: a message that is held up holds up those behind it. A duplicate is a message that was sent
//! again: it has a lag of its own, after the first one's, and comes in behind whatever is there by then. All instances
//! get the same messages at the same time and work equally fast, so one queue stands for those of all of them.

use super::{BusSpec, Carries, writes};
use crate::engine::Gauge;
use crate::measure::BusRecord;
use crate::model::event::{Action, Event};
use crate::model::job::Job;
use crate::model::read_through::{Cache as _, life_of_copy};
use crate::model::redis::Redis;
use crate::model::redis_command::{Command, Takes};
use crate::model::request::{Request, Value};
use crate::model::steps::{Interval, Steps};
use crate::model::world::World;
use crate::random::Stream;
use crate::time::{Duration, Instant};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;

/// The bus.
pub struct Bus {
    spec: BusSpec,
    lags: Stream,
    losses: Stream,
    duplicates: Stream,
    choices: Stream,
    partitions: Vec<Partition>,
    /// Messages on their way, and the places among them that are free.
    messages: RefCell<Vec<Message>>,
    free: RefCell<Vec<u32>>,
    /// What events do to it: the factor of its lag, and the share that is lost besides.
    condition: Steps<(f64, f64)>,
    backlogs: [Gauge; 2],
}

struct Partition {
    /// When the last message that was sent once comes into the log.
    ends: Cell<Instant>,
    /// When the instances' consumers are free.
    free: Cell<Instant>,
    /// What the consumer of Redis has before it, the one it works on included.
    for_redis: RefCell<VecDeque<Message>>,
}

/// Somebody has written a key.
#[derive(Clone, Copy)]
struct Message {
    request: Request,
    written: Value,
    partition: u32,
    arrives: Instant,
}

impl Bus {
    pub(super) fn new(spec: &BusSpec, events: &[Event], stream: impl Fn(&str) -> Stream) -> Self {
        let partition = |_| Partition {
            ends: Cell::new(Instant::ZERO),
            free: Cell::new(Instant::ZERO),
            for_redis: RefCell::default(),
        };
        Self {
            spec: spec.clone(),
            lags: stream("bus.lag"),
            losses: stream("bus.loss"),
            duplicates: stream("bus.duplicates"),
            choices: stream("bus.partition"),
            partitions: (0..spec.partitions).map(partition).collect(),
            messages: RefCell::default(),
            free: RefCell::default(),
            condition: condition(events),
            backlogs: Default::default(),
        }
    }

    fn lag(&self, request: &Request, nth: u64, factor: f64) -> Duration {
        let nanos = self.spec.lag.sample(&mut self.lags.of(request.ordinal).at(nth)) * factor;
        Duration::from_nanos_f64(nanos).min(BusSpec::LAG_MAX)
    }

    fn send(&self, w: &World<'_>, message: Message) {
        let mut messages = self.messages.borrow_mut();
        let index = self.free.borrow_mut().pop().unwrap_or(messages.len() as u32);
        if index as usize == messages.len() {
            messages.push(message);
        } else {
            messages[index as usize] = message;
        }
        w.engine.spawn(Job::Deliver(index));
    }

    /// Measures from `now` on.
    pub(super) fn begin_window(&self, now: Instant) {
        self.backlogs.iter().for_each(|backlog| backlog.reset(now));
    }

    /// Most messages that one kind of consumer had before it at once.
    pub(super) fn backlog_max(&self) -> u64 {
        self.backlogs.iter().map(Gauge::max).max().unwrap_or(0)
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.backlogs.iter().all(|backlog| backlog.level() == 0)
    }
}

/// Factors of events that overlap multiply, and so do the shares of messages that are left.
fn condition(events: &[Event]) -> Steps<(f64, f64)> {
    let of_bus = |event: &Event| match event.action {
        Action::Bus { lasts, lag_factor, loss } => Some((event.at, event.at + lasts, (lag_factor, loss.0))),
        _ => None,
    };
    let intervals: Vec<Interval<(f64, f64)>> = events.iter().filter_map(of_bus).collect();
    Steps::of(&intervals, |together| {
        together.iter().fold((1.0, 0.0), |(factor, lost), (.., (slower, loses))| {
            (factor * slower, 1.0 - (1.0 - lost) * (1.0 - loses))
        })
    })
}

/// A write is committed: its message is sent, whether its writer still waits or not, as by an outbox or by whoever reads
/// the database's log.
pub(super) fn publish(w: &World<'_>, request: &Request, written: &Value) {
    let bus = bus(w);
    let now = w.engine.now();
    let (factor, dropped) = bus.condition.at(now).unwrap_or((1.0, 0.0));
    let loss = 1.0 - (1.0 - bus.spec.loss.0) * (1.0 - dropped);
    record(w, |record| record.sent += 1);
    if loss > 0.0 && bus.losses.at(request.ordinal).unit() < loss {
        record(w, |record| record.lost += 1);
        return;
    }
    let chosen_by = if bus.spec.by_key { u64::from(request.key) } else { request.ordinal };
    let number = bus.choices.at(chosen_by).below(u64::from(bus.spec.partitions)) as u32;
    let partition = &bus.partitions[number as usize];
    let lag = bus.lag(request, 0, factor);
    partition.ends.set(partition.ends.get().max(now + lag));
    let message =
        Message { request: *request, written: *written, partition: number, arrives: partition.ends.get() };
    bus.send(w, message);
    let share = bus.spec.duplicates.0;
    if share > 0.0 && bus.duplicates.at(request.ordinal).unit() < share {
        record(w, |record| record.duplicated += 1);
        bus.send(w, Message { arrives: now + lag + bus.lag(request, 1, factor), ..message });
    }
}

/// The job of a message on its way, and at the instances' consumers.
pub(crate) fn deliver(w: &World<'_>, index: u32) -> impl Future<Output = ()> {
    async move {
        let bus = bus(w);
        let message = bus.messages.borrow()[index as usize];
        bus.free.borrow_mut().push(index);
        w.engine.sleep_until(message.arrives).await;
        let partition = &bus.partitions[message.partition as usize];
        let now = w.engine.now();
        if w.redis.is_some() {
            bus.backlogs[0].up(now);
            let mut waiting = partition.for_redis.borrow_mut();
            waiting.push_back(message);
            if waiting.len() == 1 {
                w.engine.spawn(Job::Consume(message.partition));
            }
        }
        if w.process.is_some() {
            bus.backlogs[1].up(now);
            let ends = partition.free.get().max(now) + bus.spec.work;
            partition.free.set(ends);
            if ends > now {
                w.engine.sleep_until(ends).await;
            }
            tell_processes(w, &bus.spec, &message);
            bus.backlogs[1].down(w.engine.now());
        }
    }
}

/// The job of the consumer that keeps Redis up to date, until it has nothing more to do.
pub(crate) fn consume(w: &World<'_>, partition: u32) -> impl Future<Output = ()> {
    async move {
        let (bus, Some(redis)) = (bus(w), &w.redis) else { return };
        let waiting = &bus.partitions[partition as usize].for_redis;
        loop {
            let next =
                waiting.borrow().front().map(|message| (message.request, order(w, redis, bus, message)));
            let Some((request, command)) = next else { return };
            if bus.spec.work > Duration::ZERO {
                w.engine.sleep_until(w.engine.now() + bus.spec.work).await;
            }
            if let Some(command) = &command {
                let told = redis.tell(w, &request, command).await;
                record(w, |record| record.unreached += u64::from(told.is_err()));
            }
            let message =
                waiting.borrow_mut().pop_front().expect("a message stays until its consumer is done");
            count_lag(w, &message);
            bus.backlogs[0].down(w.engine.now());
        }
    }
}

/// What the consumer of Redis does about a message; nothing if the value is not to be stored.
fn order(w: &World<'_>, redis: &Redis, bus: &Bus, message: &Message) -> Option<Command> {
    let Message { request, written, .. } = message;
    if !redis.keeps(request) {
        return None;
    }
    match bus.spec.carries {
        Carries::Key if bus.spec.versioned => Some(Command::DeleteOlder { version: written.version }),
        Carries::Key => Some(Command::Delete),
        Carries::Value => life_of_copy(w, redis, request, written).map(|life| Command::Update {
            value: *written,
            life,
            takes: if bus.spec.versioned { Takes::Newer } else { Takes::Fill },
        }),
    }
}

fn tell_processes(w: &World<'_>, spec: &BusSpec, message: &Message) {
    let Some(process) = &w.process else { return };
    let Message { request, written, .. } = message;
    let life = life_of_copy(w, process, request, written).filter(|_| spec.carries == Carries::Value);
    for instance in 0..w.app.instances() {
        let held = process.version(instance, request.key, w.engine.now());
        let Some(held) = held else {
            // There may be a load under way that began before the write.
            process.invalidate(instance as u16, request.key, w.engine.now());
            continue;
        };
        if spec.versioned && !w.truth.borrow().is_older(held, written.version) {
            count_ignored(w);
            continue;
        }
        match life {
            Some(life) => process.replace(instance, written, life, w.engine.now()),
            None => process.invalidate(instance as u16, request.key, w.engine.now()),
        }
    }
    count_lag(w, message);
}

/// A message was older than the copy that it was for.
pub(crate) fn count_ignored(w: &World<'_>) {
    record(w, |record| record.ignored += 1);
}

fn count_lag(w: &World<'_>, message: &Message) {
    let lag = w.engine.now() - message.written.read_at;
    record(w, |record| record.lag.record(lag));
}

fn bus<'w>(w: &'w World<'_>) -> &'w Bus {
    writes(w).bus.as_ref().expect("whoever sends a message has a bus")
}

fn record(w: &World<'_>, what: impl FnOnce(&mut BusRecord)) {
    what(w.record.borrow_mut().layers.bus.as_mut().expect("a bus is recorded"));
}
