//! Warming up: a new instance loads the most popular keys into its cache before it takes traffic.

use super::admission::Admit;
use super::key::KeyGroup;
use super::keyspace::Keyspace;
use super::request::Request;
use super::rollout::load;
use super::world::World;
use crate::quantity::Rate;
use crate::scenario::{Reader, count, positive_rate, table};
use crate::time::Duration;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;

/// What a new instance loads before it takes traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct WarmSpec {
    /// So many keys, the most popular first.
    pub top: u32,
    /// So many per second at most.
    pub rate: Option<Rate>,
}

impl WarmSpec {
    pub(super) fn field(r: &mut Reader) -> Option<Self> {
        let doc = "What a new process loads into its cache before it takes traffic. Without it: nothing.";
        r.field("warm", doc, table(Self::read).bare("top")).optional()
    }

    fn read(r: &mut Reader) -> Self {
        Self {
            top: r.field("top", "So many keys, the most popular first.", count(1..=10_000_000u32)).required(),
            rate: r
                .field(
                    "rate",
                    "So many per second at most. Without it: one after the other, as fast as they come.",
                    positive_rate(),
                )
                .optional(),
        }
    }
}

/// Loads them one after the other, until arrivals end.
pub(super) fn warm<'a>(
    w: &'a World<'_>,
    event: u16,
    instance: u16,
    spec: &'a WarmSpec,
) -> impl Future<Output = ()> + 'a {
    async move {
        let began = w.engine.now();
        let ordinals = w.app.warming.of(u64::from(event) << 16 | u64::from(instance));
        for (nth, (group, rank)) in (0u64..).zip(hottest(w, spec.top)) {
            if let Some(rate) = spec.rate {
                w.engine.sleep_until(began + Duration::from_nanos_f64(nth as f64 / rate.0 * 1e9)).await;
            }
            if w.engine.now() >= w.end {
                return;
            }
            let request = Request {
                // The highest bit is that of the items of pages.
                ordinal: ordinals.at(nth).bits() >> 1,
                ttl_seconds: 0,
                key: w.keys.borrow().key(group.into(), rank),
                size: 0,
                user: 0,
                group,
                instance,
                write: false,
            };
            load(w, request).await;
            w.record.borrow_mut().layers.instances.iter_mut().for_each(|record| record.warmed += 1);
        }
    }
}

/// The keys that instances are asked for most and keep, the most popular first: what one user alone asks for is not
/// among them. Each is found when its turn comes: ten thousand instances may load ten million keys each.
fn hottest<'a>(w: &'a World<'_>, top: u32) -> Box<dyn Iterator<Item = (u16, u32)> + 'a> {
    let groups = &w.model.workload.keys;
    let weight = |group: u16, rank: u32| {
        let popularity = w.prepared.popularity(group.into());
        wanted(groups, &groups[usize::from(group)]) * popularity.probability(rank)
    };
    // Floating-point numbers that are not negative have the order of their bits.
    let candidate =
        move |group: u16, rank: u32| (weight(group, rank).to_bits(), Reverse(group), Reverse(rank));
    if let Some(Admit::Keys(names)) = w.model.process.as_ref().map(|spec| &spec.admit) {
        let find = |name: &str| Keyspace::find(groups, name).expect("the keys of a list are validated");
        let mut listed: Vec<_> =
            names.iter().map(|name| find(&name.value)).map(|(group, rank)| (group as u16, rank)).collect();
        listed.retain(|(group, _)| wanted(groups, &groups[usize::from(*group)]) > 0.0);
        listed.sort_unstable_by_key(|(group, rank)| Reverse(candidate(*group, *rank)));
        listed.dedup();
        listed.truncate(top as usize);
        return Box::new(listed.into_iter());
    }
    let mut candidates: BinaryHeap<_> = (0u16..)
        .zip(groups)
        .filter(|(_, group)| wanted(groups, group) > 0.0)
        .filter(|(_, group)| group.process.is_none_or(|own| own.cached))
        .map(|(group, _)| candidate(group, 0))
        .collect();
    let next = move || {
        let (_, Reverse(group), Reverse(rank)) = candidates.pop()?;
        if rank + 1 < groups[usize::from(group)].count {
            candidates.push(candidate(group, rank + 1));
        }
        Some((group, rank))
    };
    Box::new(std::iter::from_fn(next).take(top as usize))
}

/// How often the keys of a group are asked for, relative to those of the others; not at all if there is none to keep.
fn wanted(groups: &[KeyGroup], group: &KeyGroup) -> f64 {
    if group.personal || group.page.is_some() || !group.exists {
        return 0.0;
    }
    let on_pages = groups.iter().filter_map(|other| Some((other.share, other.page.as_ref()?)));
    let on_pages = on_pages.filter(|(_, page)| page.items.value == group.name);
    group.share + on_pages.map(|(share, page)| share * page.fan_out.mean()).sum::<f64>()
}
