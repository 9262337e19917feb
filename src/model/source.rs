//! Where requests come from: open-loop sources (the arrivals of the scenario, the writes of each key group, flash
//! crowds), users of a closed loop, a trace.

use super::event::{Action, Event};
use super::job::Job;
use super::keyspace::Keyspace;
use super::request::{ORDINAL_BITS, Request};
use super::steps::{Interval, Steps};
use super::traffic::{ArrivalSpec, WorkloadSpec};
use super::world::World;
use crate::quantity::Rate;
use crate::random::Stream;
use crate::time::{Duration, Instant};
use crate::workload::arrivals::{Arrivals, Profile, RateChange, Spacing};
use crate::workload::schedule::{Ending, Piece, Schedule};
use std::cell::RefCell;
use std::future::Future;

/// A source at a rate that does not care how the system fares.
pub(super) struct Source {
    arrivals: RefCell<Arrivals>,
    wanted: Wanted,
}

#[derive(Clone, Copy)]
enum Wanted {
    /// What the shares and popularities of the groups give.
    Mix,
    /// A key of this group, to be written.
    Write(u16),
    /// Always this key.
    OneKey(u16, u32),
}

/// All open-loop sources of a run.
pub(super) fn sources(
    workload: &WorkloadSpec,
    events: &[Event],
    end: Instant,
    stream: impl Fn(&str) -> Stream,
) -> Vec<Source> {
    let source = |profile, spacing, changes: &[RateChange], stream, wanted| Source {
        arrivals: RefCell::new(
            Arrivals::new(profile, spacing, changes, end, stream).expect("arrivals are validated"),
        ),
        wanted,
    };
    let mut all = Vec::new();
    if let ArrivalSpec::Open(profile, spacing) = &workload.arrivals {
        all.push(source(
            profile.clone(),
            *spacing,
            &rate_changes(events),
            stream("client.arrivals"),
            Wanted::Mix,
        ));
    }
    for (index, group) in (0..).zip(&workload.keys).filter(|(_, group)| group.writes.0 > 0.0) {
        let rate = Schedule::constant(group.writes).expect("rates are validated");
        let writes = stream("client.writes").of(index);
        all.push(source(Profile::Schedule(rate), Spacing::Poisson, &[], writes, Wanted::Write(index as u16)));
    }
    for (index, event) in (0..).zip(events) {
        // One that is taken away asks for nothing, but keeps its number, by which the others draw.
        let (key, rate, lasts) = match &event.action {
            Action::FlashCrowd { key, rate, lasts } => (Some(key), *rate, *lasts),
            Action::Never(action) if matches!(**action, Action::FlashCrowd { .. }) => {
                (None, Rate(0.0), Duration::ZERO)
            }
            _ => continue,
        };
        let found = key.map(|key| Keyspace::find(&workload.keys, &key.value));
        let (group, rank) = found.map_or((0, 0), |found| found.expect("the keys of events are validated"));
        let pieces = vec![
            Piece::step(event.at - Instant::ZERO, Rate(0.0)),
            Piece::step(lasts, rate),
            Piece::step(Duration::from_secs(1), Rate(0.0)),
        ];
        let pieces = pieces.into_iter().filter(|piece| piece.length > Duration::ZERO).collect();
        let crowd = Schedule::new(pieces, Ending::Hold).expect("rates are validated");
        let stream = stream("client.flash_crowd").of(index);
        all.push(source(
            Profile::Schedule(crowd),
            Spacing::Poisson,
            &[],
            stream,
            Wanted::OneKey(group as u16, rank),
        ));
    }
    all
}

/// The factor of the rate from each instant on at which it changes. The factors of events that overlap multiply.
pub(super) fn rate_changes(events: &[Event]) -> Vec<RateChange> {
    let change = |event: &Event| match event.action {
        Action::RateChange { factor, lasts } => {
            Some((event.at, lasts.map_or(Instant::MAX, |lasts| event.at + lasts), factor))
        }
        _ => None,
    };
    let changes: Vec<Interval<f64>> = events.iter().filter_map(change).collect();
    let steps = Steps::of(&changes, |together| together.iter().map(|(.., factor)| factor).product());
    steps.changes().iter().map(|(at, factor)| RateChange { at: *at, factor: *factor }).collect()
}

/// The job of an open-loop source.
pub(super) fn arrive(w: &World<'_>, index: usize) -> impl Future<Output = ()> {
    async move {
        let source = &w.sources[index];
        // Number 0 are the requests that `arrivals` describes, also if they come from users or a trace.
        let is_open = matches!(w.model.workload.arrivals, ArrivalSpec::Open(..));
        let number = index as u64 + u64::from(!is_open);
        for n in 0u64.. {
            let Some(at) = source.arrivals.borrow_mut().next() else { return };
            w.engine.sleep_until(at).await;
            let ordinal = number << ORDINAL_BITS | n;
            w.engine.spawn(w.begin(source.request(w, ordinal, n)));
        }
    }
}

impl Source {
    fn request(&self, w: &World<'_>, ordinal: u64, n: u64) -> Request {
        match self.wanted {
            Wanted::Mix => mixed_request(w, ordinal, n),
            Wanted::Write(group) => {
                let wanted = w.request(ordinal, group, w.pick(group, ordinal, n));
                Request { write: true, ..wanted.or_own_key(w) }
            }
            Wanted::OneKey(group, rank) => w.request(ordinal, group, rank),
        }
    }
}

fn mixed_request(w: &World<'_>, ordinal: u64, n: u64) -> Request {
    let group = if w.shares.len() == 1 {
        0
    } else {
        let wanted = w.streams.groups.at(ordinal).unit();
        w.shares.partition_point(|share| *share <= wanted).min(w.shares.len() - 1)
    };
    let rank = w.pick(group as u16, ordinal, n);
    w.request(ordinal, group as u16, rank).or_own_key(w)
}

impl Request {
    /// The request of this user: for the user's own key, where each has one.
    pub(super) fn or_own_key(self, w: &World<'_>) -> Self {
        let group = &w.model.workload.keys[usize::from(self.group)];
        if !group.personal {
            return self;
        }
        Self { key: w.keys.borrow().key(self.group.into(), self.user % group.count), ..self }
    }
}

impl World<'_> {
    fn pick(&self, group: u16, ordinal: u64, n: u64) -> u32 {
        self.prepared.popularity(group.into()).pick(n, &mut self.streams.keys.at(ordinal))
    }

    pub(super) fn request(&self, ordinal: u64, group: u16, rank: u32) -> Request {
        Request {
            ordinal,
            ttl_seconds: 0,
            instance: 0,
            key: self.keys.borrow().key(group.into(), rank),
            size: 0,
            user: self.streams.users.at(ordinal).below(u64::from(self.model.workload.user_count())) as u32,
            group,
            write: false,
        }
    }
}

/// The job of one user of a closed loop.
pub(super) fn use_again_and_again(w: &World<'_>, user: u32) -> impl Future<Output = ()> {
    async move {
        let ArrivalSpec::Closed(users, think) = &w.model.workload.arrivals else { return };
        for n in 0u64.. {
            let ordinal = n * u64::from(*users) + u64::from(user);
            let thinks = think.sample(&mut w.streams.think.at(ordinal));
            let at = w.engine.now() + Duration::from_nanos_f64(thinks);
            if at >= w.end {
                return;
            }
            w.engine.sleep_until(at).await;
            let request = Request { user, ..mixed_request(w, ordinal, ordinal) }.or_own_key(w);
            w.engine.call(w.begin(request)).await;
        }
    }
}

/// The job that replays a trace.
pub(super) fn replay(w: &World<'_>) -> impl Future<Output = ()> {
    async move {
        let Some(replay) = &w.replay else { return };
        for ordinal in 0u64.. {
            let next = replay.borrow_mut().next(w, ordinal);
            let (at, request) = match next {
                Ok(Some((at, request))) if at < w.end => (at, request),
                Ok(_) => return,
                Err(error) => {
                    *w.trace_error.borrow_mut() = Some(error);
                    return;
                }
            };
            w.engine.sleep_until(at).await;
            w.engine.spawn(Job::Visit(request));
        }
    }
}
