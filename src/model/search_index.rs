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

#[cfg(test)]
mod tests {
    use super::super::guard::GuardSpec;
    use super::super::search_spec::Preference;
    use super::*;
    use crate::random::variate::exponential;
    use crate::scenario::Span;

    fn at(seconds: f64) -> Instant {
        Instant::ZERO + Duration::from_nanos_f64(seconds * 1e9)
    }

    fn stream(purpose: &str) -> Stream {
        Stream::new(7, 0, purpose)
    }

    fn index(shards: u32, idle_after: Option<Duration>, events: &[Event]) -> Index {
        let spec = SearchSpec {
            refresh_interval: Duration::from_secs(1),
            idle_after,
            indexing_lag: Distribution::Constant(0.0),
            shards,
            copies: 2,
            nodes: 2,
            workers: 1,
            queue: 0,
            query: Distribution::Constant(0.0),
            complex: None,
            preference: Preference::Any,
            round_trip: Distribution::Constant(0.0),
            timeout: None,
            guard: GuardSpec::default(),
        };
        Index::new(&spec, events, stream("phases"), stream("lags"))
    }

    /// Times of a Poisson process of this rate.
    fn poisson(rate: f64, until: f64, member: u64) -> Vec<f64> {
        let mut draws = stream("writes").at(member);
        let gaps = std::iter::repeat_with(move || exponential(&mut draws) / rate);
        let times = gaps.scan(0.0, |time, gap| {
            *time += gap;
            Some(*time)
        });
        times.take_while(|time| *time < until).collect()
    }

    /// At a random time two copies have refreshed |r| seconds apart, where r is the difference of two moments in an
    /// interval of 1 s, and differ if there was a write between: on average over all differences with probability
    /// 1 - 2/m + 2 (1 - e^-m) / m², for m writes in an interval. Whoever goes from one copy to another, at once and in
    /// either direction, sees results go backwards half as often. 4,000 keys with phases of their own: the deviation
    /// of the share is at most √(0.25 / 4,000) = 0.008.
    #[test]
    fn going_from_copy_to_copy_results_go_backwards_as_often_as_refreshes_lie_apart() {
        for writes in [0.1, 1.0, 5.0] {
            let mut index = index(4_000, None, &[]);
            let mut draws = stream("times").at(0);
            let mut backwards = 0;
            for key in 0..4_000 {
                let asked = 30.0 + draws.unit();
                for (version, write) in (1..).zip(poisson(writes, asked, key.into())) {
                    index.ship(key, version, 0, at(write));
                }
                let [from, to] = if draws.chance(0.5) { [0, 1] } else { [1, 0] };
                let seen = |copy| index.version(key, key, copy, at(asked));
                backwards += u32::from(seen(to) < seen(from));
            }
            let m = writes;
            let expected = 0.5 - 1.0 / m + (1.0 - (-m).exp()) / (m * m);
            let share = f64::from(backwards) / 4_000.0;
            assert!((share - expected).abs() < 3.3 * 0.008, "{writes} writes: {share}, not {expected}");
        }
    }

    #[test]
    fn who_stays_with_a_copy_never_goes_back_and_misses_nothing_that_is_an_interval_old() {
        let mut index = index(1, None, &[]);
        let writes = poisson(3.0, 200.0, 0);
        let mut shipped = 0;
        let mut last = 0;
        for step in 0..20_000 {
            let now = f64::from(step) / 100.0;
            while shipped < writes.len() && writes[shipped] <= now {
                shipped += 1;
                index.ship(5, shipped as u32, 0, at(writes[shipped - 1]));
            }
            let seen = index.version(5, 0, 1, at(now));
            assert!(seen >= last, "{now}");
            last = seen;
            let due = writes.iter().filter(|write| **write <= now - 1.0).count();
            assert!((due..=shipped).contains(&(seen as usize)), "{now}: {seen} of {due} to {shipped}");
        }
        assert!(index.commits[&5].len() < 12, "what is shown everywhere is forgotten");
    }

    #[test]
    fn a_copy_that_nobody_asked_refreshes_when_it_is_asked() {
        let idle_after = Some(Duration::from_secs(30));
        let mut index = index(1, idle_after, &[]);
        index.rouse(0, 0, at(40.0));
        index.ship(5, 1, 0, at(71.0));
        let mut next = (0..100).map(|n| 71.0 + f64::from(n) / 100.0);
        // Just after the write neither copy has refreshed by itself; one of them is roused.
        let now = next.find(|now| index.version(5, 0, 0, at(*now)) == 0).expect("it takes a while");
        index.rouse(0, 0, at(now));
        assert_eq!(index.version(5, 0, 0, at(now)), 1);
        index.ship(5, 2, 0, at(now + 0.000_000_5));
        index.rouse(0, 0, at(now + 0.000_001));
        assert_eq!(index.version(5, 0, 0, at(now + 0.000_001)), 1, "it was asked a moment ago");
    }

    #[test]
    fn rebuilds_that_overlap_are_one_and_show_everything_at_their_end() {
        let rebuild = |from: f64, seconds| Event {
            name: "rebuild".into(),
            at: at(from),
            action: Action::Rebuild {
                lasts: Duration::from_secs(seconds),
                reads: crate::quantity::Rate(0.0),
            },
            place: Span::default(),
            action_place: Span::default(),
        };
        let mut index = index(1, None, &[rebuild(15.0, 10), rebuild(10.0, 8)]);
        let writes = [(8.0, 1), (12.0, 2), (24.95, 3)];
        let mut written = writes.iter().peekable();
        for (now, shows) in [(9.1, 1), (12.1, 1), (18.1, 1), (24.99, 1), (25.0, 3)] {
            while let Some((write, version)) = written.next_if(|(write, _)| *write <= now) {
                index.ship(5, *version, 0, at(*write));
            }
            for copy in [0, 1] {
                assert_eq!(index.version(5, 0, copy, at(now)), shows, "{now} s");
            }
        }
    }
}
