//! A message from the writer to every other instance that there is, which then deletes its copy.
//!
//! A message that is lost is not sent again, and the writer waits no longer for it than it would have taken.

use super::{Part, goes_wrong, group, record, writes};
use crate::model::request::Request;
use crate::model::world::World;
use crate::time::Duration;
use std::future::Future;

/// The job that tells all other instances of a write, and ends when the last of them has answered.
pub(crate) fn tell_instances<'a>(w: &'a World<'_>, request: &'a Request) -> impl Future<Output = ()> + 'a {
    async move {
        let (Some(process), Some(spec)) = (&w.process, &group(w, request).broadcast) else { return };
        let (sent, draws) = (w.engine.now(), writes(w).broadcasts.of(request.ordinal));
        let others = (0..w.app.instances() as u16)
            .filter(|instance| *instance != request.instance && w.app.exists(usize::from(*instance)));
        let mut arrivals: Vec<(Duration, u16)> = others
            .map(|instance| {
                let nanos = spec.round_trip.sample(&mut draws.at(instance.into())) / 2.0;
                (Duration::from_nanos_f64(nanos), instance)
            })
            .collect();
        arrivals.sort_unstable();
        for (takes, instance) in &arrivals {
            w.engine.sleep_until(sent + *takes).await;
            if goes_wrong(w, request, Part::Instance(*instance)) {
                record(w, |writes| writes.cache_updates_lost += 1);
            } else {
                process.invalidate(*instance, request.key, w.engine.now());
            }
        }
        if let Some((slowest, _)) = arrivals.last() {
            w.engine.sleep_until(sent + *slowest * 2).await;
        }
    }
}
