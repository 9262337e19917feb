//! What users remember of the keys that they have read and written, and whether the answers they get go with it.
//!
//! Of each user and key two instants are kept: when the newest version was committed that this user has seen, and the
//! newest that it has written. Versions of a key are in the order of their commits, so one instant tells which of two is
//! older. What an answer has to reach is settled when its request arrives: a read that is under way while its user
//! writes need not know of it.
//!
//! With `version_token` a client sends the newer of the two, and whoever judges a copy asks here whether it is older
//! than that.

use super::Model;
use super::consistency::{Consistency, Needs};
use super::request::{Reply, Request, Value};
use super::world::World;
use crate::cache::Entry;
use crate::measure::Need;
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;

/// What all users remember.
#[derive(Debug)]
pub(super) struct Sessions {
    /// By user and key.
    known: FxHashMap<(u32, u32), Known>,
    /// What the reads under way have to reach, by ordinal.
    floors: FxHashMap<u64, Instant>,
    /// No copy is served so long after its replacement.
    longest_life: Duration,
    /// With so many entries those that nothing can violate any more are forgotten.
    sweep_at: usize,
}

/// When the newest version was committed that a user knows of; the beginning of time if it was never written.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    seen: Instant,
    written: Instant,
}

impl Known {
    fn newest(self) -> Instant {
        self.seen.max(self.written)
    }
}

/// Fewer entries are not worth a sweep.
const SWEEP_MIN: usize = 1 << 12;

impl Sessions {
    /// Those of a run, if anything has to be remembered.
    pub(super) fn of(model: &Model) -> Option<Self> {
        let matters = model.workload.keys.iter().any(|group| group.needs.remembers());
        matters.then(|| Self::new(model.longest_life()))
    }

    /// Those of a run in which no copy is served longer than `longest_life` after its replacement.
    fn new(longest_life: Duration) -> Self {
        Self { known: FxHashMap::default(), floors: FxHashMap::default(), longest_life, sweep_at: SWEEP_MIN }
    }

    /// A read arrives.
    fn arrive(&mut self, consistency: Consistency, request: &Request) {
        let Some(known) = self.known.get(&(request.user, request.key)) else { return };
        let floor = match consistency {
            Consistency::ReadYourWrites => known.written,
            Consistency::Monotonic => known.seen,
            Consistency::Eventual | Consistency::Strong | Consistency::Bounded(_) => return,
        };
        if floor > Instant::ZERO {
            self.floors.insert(request.ordinal, floor);
        }
    }

    /// A user has got a version in the answer to this request.
    fn learn(&mut self, needs: &Needs, request: &Request, committed: Instant, now: Instant) {
        let matters = match needs.consistency {
            _ if needs.version_token => true,
            Consistency::ReadYourWrites => request.write,
            Consistency::Monotonic => !request.write,
            Consistency::Eventual | Consistency::Strong | Consistency::Bounded(_) => false,
        };
        // Nothing is older than a version that was never written.
        if !matters || committed == Instant::ZERO {
            return;
        }
        let known = self.known.entry((request.user, request.key)).or_default();
        let newest = if request.write { &mut known.written } else { &mut known.seen };
        *newest = committed.max(*newest);
        if self.known.len() >= self.sweep_at {
            // What is older was replaced by then, and its last copy has gone.
            self.known.retain(|_, known| known.newest() + self.longest_life >= now);
            self.sweep_at = SWEEP_MIN.max(2 * self.known.len());
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.floors.is_empty()
    }
}

fn needs<'w>(w: &World<'w>, request: &Request) -> &'w Needs {
    &w.model.workload.keys[usize::from(request.group)].needs
}

/// A client's request arrives.
pub(super) fn arrive(w: &World<'_>, request: &Request) {
    if let Some(sessions) = &w.sessions
        && !request.write
    {
        sessions.borrow_mut().arrive(needs(w, request).consistency, request);
    }
}

/// A client's request, which came at `arrived`, has its answer: whether that is as consistent as its group needs it, if
/// it does.
pub(super) fn leave(
    w: &World<'_>,
    request: &Request,
    arrived: Instant,
    reply: &Reply,
) -> Option<(Need, bool)> {
    if !w.has_needs {
        return None;
    }
    let needs = needs(w, request);
    if needs.consistency == Consistency::Eventual && !needs.version_token {
        return None;
    }
    let mut sessions = w.sessions.as_ref().map(|sessions| sessions.borrow_mut());
    let floor = sessions.as_mut().and_then(|sessions| sessions.floors.remove(&request.ordinal));
    let value = reply.as_ref().ok()?;
    let now = w.engine.now();
    let mut truth = w.truth.borrow_mut();
    let committed = truth.committed(value.version, value.read_at);
    // Somebody else's value is a leak, and no version of what was asked for.
    let leaks = value.key != request.key;
    // What was never committed is no version that others would have to reach.
    let counts = !leaks && truth.is_committed(value.version);
    if let (Some(sessions), Some(committed), true) = (&mut sessions, committed, counts) {
        sessions.learn(needs, request, committed, now);
    }
    let need = needs.consistency.need().filter(|_| !request.write)?;
    if !leaks {
        truth.answered(request.key, committed, now);
    }
    let is_violated = match needs.consistency.slack() {
        Some(slack) => {
            truth.staleness(value.key, value.version, value.read_at, now) > (now - arrived) + slack
        }
        None => !leaks && floor.is_some_and(|floor| committed.is_none_or(|committed| committed < floor)),
    };
    Some((need, is_violated))
}

/// When the newest version was committed that the request's user has seen or written, if its client sends that.
pub(super) fn token(w: &World<'_>, request: &Request) -> Option<Instant> {
    let sessions = w.sessions.as_ref()?;
    if !needs(w, request).version_token {
        return None;
    }
    sessions.borrow().known.get(&(request.user, request.key)).map(|known| known.newest())
}

/// Whether a copy is older than what the request's client says it knows.
#[inline]
pub(super) fn is_behind(w: &World<'_>, request: &Request, copy: &Entry) -> bool {
    w.sessions.is_some() && is_version_behind(w, request, copy.key, (copy.version, copy.read_at))
}

/// Whether an answer that was meant for somebody else, too, is older than what the request's client says it knows.
pub(super) fn is_reply_behind(w: &World<'_>, request: &Request, reply: &Reply) -> bool {
    let Ok(Value { key, version, read_at, .. }) = *reply else { return false };
    is_version_behind(w, request, key, (version, read_at))
}

fn is_version_behind(w: &World<'_>, request: &Request, key: u32, (version, read_at): (u32, Instant)) -> bool {
    let Some(token) = token(w, request) else { return false };
    let committed = w.truth.borrow().committed(version, read_at);
    let (key, _) = w.representations.received(&w.keys, request, key);
    key == request.key && committed.is_none_or(|committed| committed < token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::ZERO + Duration::from_nanos(nanos)
    }

    fn request(ordinal: u64, user: u32, write: bool) -> Request {
        Request { ordinal, ttl_seconds: 0, key: 7, size: 0, user, group: 0, instance: 0, write }
    }

    fn needs(consistency: Consistency) -> Needs {
        Needs { consistency, ..Needs::default() }
    }

    /// A read has to reach what its user knew when it arrived, whatever the user learns while it is under way.
    #[test]
    fn what_a_read_has_to_reach_is_settled_when_it_arrives() {
        for (consistency, write) in [(Consistency::ReadYourWrites, true), (Consistency::Monotonic, false)] {
            let mut sessions = Sessions::new(Duration::MAX);
            sessions.arrive(consistency, &request(1, 3, false));
            sessions.learn(&needs(consistency), &request(2, 3, write), at(20), at(25));
            sessions.arrive(consistency, &request(3, 3, false));
            sessions.learn(&needs(consistency), &request(4, 3, write), at(10), at(30));
            sessions.arrive(consistency, &request(5, 3, false));
            sessions.arrive(consistency, &request(6, 4, false));
            let floors = [1, 3, 5, 6].map(|ordinal| sessions.floors.get(&ordinal).copied());
            assert_eq!(floors, [None, Some(at(20)), Some(at(20)), None], "{consistency:?}");
        }
    }

    #[test]
    fn only_what_matters_is_remembered() {
        let remembered = |consistency, write| {
            let mut sessions = Sessions::new(Duration::MAX);
            sessions.learn(&needs(consistency), &request(1, 3, write), at(20), at(25));
            sessions.known.len()
        };
        assert_eq!([false, true].map(|write| remembered(Consistency::ReadYourWrites, write)), [0, 1]);
        assert_eq!([false, true].map(|write| remembered(Consistency::Monotonic, write)), [1, 0]);
        assert_eq!([false, true].map(|write| remembered(Consistency::Strong, write)), [0, 0]);
    }

    #[test]
    fn what_nothing_can_violate_any_more_is_forgotten() {
        let mut sessions = Sessions::new(Duration::from_nanos(500));
        for user in 0..100_000 {
            let now = at(u64::from(user) + 1);
            sessions.learn(&needs(Consistency::Monotonic), &request(0, user, false), now, now);
        }
        assert!(sessions.known.len() <= SWEEP_MIN, "{}", sessions.known.len());
        let last = sessions.known.keys().filter(|(user, _)| *user >= 99_500).count();
        assert_eq!(last, 500, "what can be violated is there");
    }
}
