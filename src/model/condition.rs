//! Whether a part of the system is up, and how fast, as scheduled events have it.

use super::event::{Action, Event};
use super::steps::{Interval, Steps};
use crate::measure::Layer;
use crate::scenario::Spanned;
use crate::time::Instant;

/// The condition of one part, at any time.
#[derive(Debug)]
pub struct Condition {
    outages: Steps<Option<Outage>>,
    factors: Steps<f64>,
}

/// What one meets who calls a part that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outage {
    /// The connection is refused at once.
    Refuses,
    /// Nothing comes back: the caller waits until its time-out.
    Hangs,
}

impl Condition {
    /// What the events do to one part. Of outages that overlap the last to end decides, and of those the one that
    /// hangs; slow-downs multiply.
    pub fn of(part: Layer, events: &[Event]) -> Self {
        Self::where_hit(events, |of, _| of == part)
    }

    /// As [`Condition::of`], of one downstream service: an event that names none is for all of them.
    pub fn of_service(name: &str, events: &[Event]) -> Self {
        Self::where_hit(events, |of, service| {
            of == Layer::Downstream && service.is_none_or(|service| service == name)
        })
    }

    /// What those events do that hit it, by the part and the service that each of them names.
    fn where_hit(events: &[Event], hits: impl Fn(Layer, Option<&str>) -> bool) -> Self {
        let hits = |of, service: &Option<Spanned<String>>| {
            hits(of, service.as_ref().map(|service| service.value.as_str()))
        };
        let outage = |event: &Event| match &event.action {
            Action::Outage { of, service, lasts, outage, node: None } if hits(*of, service) => {
                Some((event.at, event.at + *lasts, *outage))
            }
            _ => None,
        };
        let slow = |event: &Event| match &event.action {
            Action::Slow { of, service, lasts, factor } if hits(*of, service) => {
                Some((event.at, event.at + *lasts, *factor))
            }
            _ => None,
        };
        let outages = outages(&events.iter().filter_map(outage).collect::<Vec<_>>());
        let slow: Vec<Interval<f64>> = events.iter().filter_map(slow).collect();
        Self {
            outages,
            factors: Steps::of(&slow, |together| together.iter().map(|(.., factor)| factor).product()),
        }
    }

    /// What the events do to single nodes of the shared cache, so many; nothing if they do nothing to one alone.
    pub fn of_redis_nodes(nodes: u32, events: &[Event]) -> Vec<Self> {
        let of_one = |wanted: u32| {
            let outage = move |event: &Event| match event.action {
                Action::Outage { lasts, outage, node: Some(node), .. } if node == wanted => {
                    Some((event.at, event.at + lasts, outage))
                }
                _ => None,
            };
            Self {
                outages: outages(&events.iter().filter_map(outage).collect::<Vec<_>>()),
                factors: Steps::of::<f64>(&[], |_| 1.0),
            }
        };
        let any = events.iter().any(|event| matches!(event.action, Action::Outage { node: Some(_), .. }));
        if any { (1..=nodes).map(of_one).collect() } else { Vec::new() }
    }

    /// How it is down then, if it is.
    #[inline]
    pub fn outage(&self, at: Instant) -> Option<Outage> {
        self.outages.at(at).flatten()
    }

    /// How much longer than usual a service takes that begins then.
    #[inline]
    pub fn factor(&self, at: Instant) -> f64 {
        self.factors.at(at).unwrap_or(1.0)
    }
}

fn outages(intervals: &[Interval<Outage>]) -> Steps<Option<Outage>> {
    Steps::of(intervals, |together| {
        together.iter().max_by_key(|(_, until, outage)| (*until, *outage)).map(|(.., outage)| *outage)
    })
}
