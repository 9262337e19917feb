//! What a search engine knows: which version of a key each copy of a shard shows.
//!
//! A committed write is in the buffer of every copy after its lag, and becomes visible at the copy's next refresh.
//! Copies refresh equally often, each at moments of its own. What is visible is computed when somebody asks, so that
//! neither writes nor refreshes take events.
//!
//! While the index is rebuilt, the old one serves as it was: writes go to the new one, and at the end the alias is
//! switched, which shows all that the new one has been sent.

use super::event::{Action, Event};
use super::search_spec::SearchSpec;
use crate::random::Stream;
use crate::random::distribution::Distribution;
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The index.
#[derive(Debug)]
pub struct Index {
    interval: Duration,
    idle_after: Option<Duration>,
    copies: u32,
    /// Of each copy of each shard.
    parts: Vec<Part>,
    lag: Distribution,
    lags: Stream,
    /// By key, oldest first, what not all copies have shown for so long that nothing older is needed.
    commits: FxHashMap<u32, VecDeque<Commit>>,
    /// From when to when it is rebuilt, in order and apart from each other.
    rebuilds: Vec<(Instant, Instant)>,
}

/// A copy of a shard.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Its first refresh.
    phase: Duration,
    /// When it was asked last.
    asked: Instant,
    /// When it refreshed last because it was asked.
    roused: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Commit {
    /// When it was in the buffers.
    buffered: Instant,
    version: u32,
}

impl Index {
    pub(super) fn new(spec: &SearchSpec, events: &[Event], phases: Stream, lags: Stream) -> Self {
        let part = |n| Part {
            phase: Duration::from_nanos(phases.at(n).below(spec.refresh_interval.as_nanos())),
            asked: Instant::ZERO,
            roused: Instant::ZERO,
        };
        Self {
            interval: spec.refresh_interval,
            idle_after: spec.idle_after,
            copies: spec.copies,
            parts: (0..u64::from(spec.shards * spec.copies)).map(part).collect(),
            lag: spec.indexing_lag.clone(),
            lags,
            commits: FxHashMap::default(),
            rebuilds: rebuilds(events),
        }
    }

    /// A version is committed in the database, by a write that its draws hang on.
    pub(super) fn ship(&mut self, key: u32, version: u32, cause: u64, now: Instant) {
        let lag = Duration::from_nanos_f64(self.lag.sample(&mut self.lags.at(cause)));
        let forgotten = self.shown_by_all(now);
        let commits = self.commits.entry(key).or_default();
        let earliest = commits.back().map_or(now, |last| last.buffered);
        commits.push_back(Commit { buffered: earliest.max(now + lag.min(SearchSpec::LAG_MAX)), version });
        while commits.get(1).is_some_and(|second| second.buffered <= forgotten) {
            commits.pop_front();
        }
    }

    /// Somebody asks a copy of a shard; one that was idle refreshes first.
    pub(super) fn rouse(&mut self, shard: u32, copy: u32, now: Instant) {
        let roused =
            self.idle_after.is_some_and(|idle_after| now - self.part(shard, copy).asked >= idle_after)
                && !self.is_rebuilt(now);
        let part = &mut self.parts[(shard * self.copies + copy) as usize];
        part.asked = now;
        if roused {
            part.roused = now;
        }
    }

    /// The version of a key that a copy of its shard shows; without a write that is 0.
    pub(super) fn version(&self, key: u32, shard: u32, copy: u32, now: Instant) -> u32 {
        let Some(commits) = self.commits.get(&key) else { return 0 };
        let refreshed = self.refreshed(self.part(shard, copy), now);
        commits.iter().rev().find(|commit| commit.buffered <= refreshed).map_or(0, |commit| commit.version)
    }

    fn part(&self, shard: u32, copy: u32) -> Part {
        self.parts[(shard * self.copies + copy) as usize]
    }

    /// When a copy refreshed last; before its first refresh that is the start of the run.
    fn refreshed(&self, part: Part, now: Instant) -> Instant {
        let first = Instant::ZERO + part.phase;
        let by_itself = if now < first {
            Instant::ZERO
        } else {
            let since = (now - first).as_nanos() % self.interval.as_nanos();
            Instant::from_nanos(now.as_nanos() - since)
        };
        let last = match self.rebuilds.iter().rev().find(|(from, _)| *from < now) {
            Some((from, until)) if now < *until => self.refreshed(part, *from),
            Some((_, until)) => by_itself.max(*until),
            None => by_itself,
        };
        last.max(part.roused)
    }

    /// Whether the old index serves while a new one is made.
    fn is_rebuilt(&self, now: Instant) -> bool {
        self.rebuilds.iter().any(|(from, until)| (*from..*until).contains(&now))
    }

    /// Every copy shows what was in the buffers by then.
    fn shown_by_all(&self, now: Instant) -> Instant {
        let from = self.rebuilds.iter().find(|(from, until)| (*from..*until).contains(&now));
        let (from, _) = from.copied().unwrap_or((now, now));
        Instant::from_nanos(from.as_nanos().saturating_sub(self.interval.as_nanos()))
    }

    /// Which shard has a key: `routing` is a draw for each key.
    pub(super) fn shard_of(&self, key: u32, routing: Stream) -> u32 {
        let shards = self.parts.len() as u64 / u64::from(self.copies);
        routing.at(key.into()).below(shards) as u32
    }
}

/// When the index is rebuilt; what overlaps is one rebuild.
fn rebuilds(events: &[Event]) -> Vec<(Instant, Instant)> {
    let rebuild = |event: &Event| match event.action {
        Action::Rebuild { lasts, .. } => Some((event.at, event.at + lasts)),
        _ => None,
    };
    let mut all: Vec<(Instant, Instant)> = events.iter().filter_map(rebuild).collect();
    all.sort_unstable();
    let mut apart: Vec<(Instant, Instant)> = Vec::new();
    for (from, until) in all {
        match apart.last_mut() {
            Some((_, last)) if from <= *last => *last = until.max(*last),
            _ => apart.push((from, until)),
        }
    }
    apart
}
