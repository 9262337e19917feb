//! Which versions of a key clients are given, and for how long after its replacement an old one still is.
//!
//! A version is in service from the first answer that carried it to the last; the state before the first write counts
//! from the start. How many versions of a key are in service at once is exact: it can only rise when a version is
//! answered for the first time, so it is counted there, and added to when a version that was silent then turns out not
//! to have been gone. How long a write takes to reach everybody is the time from its commit to the last answer with an
//! older version, and known when no older copy can be served any more.

use super::Model;
use super::keyspace::Keyspace;
use super::traffic::ArrivalSpec;
use crate::measure::PropagationRecord;
use crate::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::ops::Range;

/// The versions of all keys that are watched.
#[derive(Debug)]
pub(super) struct InService {
    /// The keys of the groups that are watched, in their order.
    watched: Vec<(Range<u32>, usize)>,
    histories: FxHashMap<u32, History>,
    /// Writes that are committed, and versions that come into service, count if they do within it.
    window: Range<Instant>,
    /// No copy is served so long after its replacement.
    longest_life: Duration,
    records: Vec<PropagationRecord>,
}

/// What is known of one key, from its first write on.
#[derive(Debug, Default)]
struct History {
    group: usize,
    /// In the order of their commits, the valid one last; those that no copy can carry any more are gone.
    versions: VecDeque<Version>,
    /// The last answer with a version that is gone.
    last_of_gone: Instant,
    /// When versions came into service, in that order, and how many were in service then.
    debuts: VecDeque<(Instant, u32)>,
    /// The instant of the last answer, and how many versions had answers then.
    now: (Instant, u32),
}

#[derive(Clone, Copy, Debug)]
struct Version {
    committed: Instant,
    /// Whether it was written within the window.
    counts: bool,
    /// The last answer that carried it; none yet.
    last: Option<Instant>,
}

impl InService {
    /// Watches the keys of the groups that need consistency, if there are any.
    pub(super) fn of(model: &Model, keys: &Keyspace, end: Instant) -> Option<Self> {
        let groups = &model.workload.keys;
        let watched = (0..).zip(groups).filter(|(_, group)| group.needs.consistency.need().is_some());
        // The keys of a trace are one group, and become known one after the other.
        let is_traced = matches!(model.workload.arrivals, ArrivalSpec::Trace(_));
        let range = |index| if is_traced { 0..u32::MAX } else { keys.range(index) };
        let watched: Vec<_> = watched.map(|(index, _)| (range(index), index)).collect();
        let window = model.warmup_end()..end;
        (!watched.is_empty()).then(|| Self::new(watched, groups.len(), window, model.longest_life()))
    }

    /// Watches the keys of some groups, of so many in all.
    fn new(
        watched: Vec<(Range<u32>, usize)>,
        groups: usize,
        window: Range<Instant>,
        longest_life: Duration,
    ) -> Self {
        let records = (0..groups).map(|_| PropagationRecord::default()).collect();
        Self { watched, histories: FxHashMap::default(), window, longest_life, records }
    }

    /// A write of a key is committed.
    pub(super) fn commit(&mut self, key: u32, now: Instant) {
        let place = self.watched.partition_point(|(keys, _)| keys.end <= key);
        let Some((_, group)) = self.watched.get(place).filter(|(keys, _)| keys.contains(&key)) else {
            return;
        };
        let initial = Version { committed: Instant::ZERO, counts: false, last: Some(Instant::ZERO) };
        let history = self.histories.entry(key).or_insert_with(|| History {
            group: *group,
            versions: VecDeque::from([initial]),
            ..History::default()
        });
        history.versions.push_back(Version {
            committed: now,
            counts: self.window.contains(&now),
            last: None,
        });
        let record = &mut self.records[history.group];
        while history.versions.get(1).is_some_and(|next| next.committed + self.longest_life < now) {
            history.forget_oldest(record);
        }
    }

    /// A client was given the version of a key that was committed at this instant; none, if that is so long ago that
    /// nobody knows.
    pub(super) fn answered(&mut self, key: u32, committed: Option<Instant>, now: Instant) {
        let Some(history) = self.histories.get_mut(&key) else { return };
        let place = match committed {
            Some(committed) => history.versions.binary_search_by_key(&committed, |version| version.committed),
            None => Err(0),
        };
        let place = match place {
            Ok(place) => place,
            Err(0) => {
                history.last_of_gone = now;
                return;
            }
            // A version that was never committed, or is not yet.
            Err(_) => return,
        };
        let before = history.versions[place].last.replace(now);
        if history.now.0 != now {
            history.now = (now, 0);
        }
        history.now.1 += u32::from(before != Some(now));
        let most = &mut self.records[history.group].versions_max;
        if let Some(before) = before {
            for (at, versions) in history.debuts.iter_mut().rev().take_while(|(at, _)| *at > before) {
                *versions += 1;
                if self.window.contains(at) {
                    *most = (*most).max(*versions);
                }
            }
        } else {
            history.debut(now);
            if self.window.contains(&now) {
                *most = (*most).max(history.now.1);
            }
        }
    }

    /// The run is over: what each group's keys have come to.
    pub(super) fn finish(mut self) -> Vec<PropagationRecord> {
        #[expect(clippy::iter_over_hash_type, reason = "sums and maxima do not hang on the order of keys")]
        for history in self.histories.values_mut() {
            while !history.versions.is_empty() {
                history.forget_oldest(&mut self.records[history.group]);
            }
        }
        self.records
    }
}

impl History {
    /// The oldest version is gone for good.
    fn forget_oldest(&mut self, record: &mut PropagationRecord) {
        let Some(oldest) = self.versions.pop_front() else { return };
        if oldest.counts {
            record.times.record(self.last_of_gone - oldest.committed);
        }
        self.last_of_gone = self.last_of_gone.max(oldest.last.unwrap_or_default());
    }

    /// A version comes into service.
    fn debut(&mut self, now: Instant) {
        if self.debuts.len() > 2 * self.versions.len() + DEBUTS_MIN {
            // An answer adds to the debuts since the last one of its version.
            let silent = self.versions.iter().filter_map(|version| version.last).min().unwrap_or(now);
            self.debuts.retain(|(at, _)| *at > silent);
        }
        self.debuts.push_back((now, self.now.1));
    }
}

/// Fewer debuts are not worth a sweep.
const DEBUTS_MIN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    const LIFE: u64 = 40;

    fn at(nanos: u64) -> Instant {
        Instant::ZERO + Duration::from_nanos(nanos)
    }

    /// What happened to one key: when its versions were committed, the state before the first write among them, and which
    /// of them were answered when.
    #[derive(Default)]
    struct Story {
        commits: Vec<u64>,
        answers: Vec<(u64, usize)>,
    }

    impl Story {
        /// Commits and answers at random, of versions that are still valid or were replaced shortly before.
        fn tell(replication: u64, in_service: &mut InService) -> Self {
            let mut draws = Stream::new(1, replication, "test").at(0);
            let mut story = Self { commits: vec![0], ..Self::default() };
            let mut now = 0;
            for _ in 0..300 {
                now += draws.below(4);
                if draws.chance(0.2) {
                    now += 1;
                    story.commits.push(now);
                    in_service.commit(5, at(now));
                    continue;
                }
                let versions = story.commits.len();
                let served = versions - 1 - draws.below(4.min(versions as u64)) as usize;
                if story.commits.get(served + 1).is_none_or(|replaced| replaced + LIFE >= now) {
                    story.answers.push((now, served));
                    in_service.answered(5, Some(at(story.commits[served])), at(now));
                }
            }
            story
        }

        /// From the commit of this version to the last answer with an older one.
        fn propagation(&self, version: usize) -> u64 {
            let older = self.answers.iter().filter(|(_, served)| *served < version);
            older.map(|(at, _)| at.saturating_sub(self.commits[version])).max().unwrap_or(0)
        }

        /// Most versions in service at once: at some instant at which one came into service.
        fn most(&self) -> usize {
            let answers = |version: usize| {
                self.answers.iter().filter(move |(_, served)| *served == version).map(|(at, _)| *at)
            };
            let span = |version| {
                let start = (version == 0).then_some(0);
                Some((start.or(answers(version).min())?, answers(version).max().or(start)?))
            };
            let spans: Vec<(u64, u64)> = (0..self.commits.len()).filter_map(span).collect();
            let at_once =
                |at: u64| spans.iter().filter(|(first, last)| (*first..=*last).contains(&at)).count();
            spans.iter().skip(1).map(|(first, _)| at_once(*first)).max().unwrap_or(0)
        }
    }

    #[test]
    fn it_counts_what_going_through_all_answers_once_more_counts() {
        for replication in 0..200 {
            let forever = at(0)..Instant::MAX;
            let mut in_service = InService::new(vec![(0..10, 0)], 1, forever, Duration::from_nanos(LIFE));
            let story = Story::tell(replication, &mut in_service);
            let record = in_service.finish().remove(0);
            let expected: Vec<u64> =
                (1..story.commits.len()).map(|version| story.propagation(version)).collect();
            assert_eq!(record.times.count(), expected.len() as u64, "replication {replication}");
            let mean = expected.iter().sum::<u64>() as f64 / expected.len() as f64;
            let counted = record.times.mean_seconds().expect("there are writes") * 1e9;
            assert!((counted - mean).abs() < 1e-6, "replication {replication}: {counted}, not {mean}");
            assert_eq!(record.versions_max as usize, story.most(), "replication {replication}");
        }
    }

    #[test]
    fn an_answer_with_a_version_that_was_never_committed_is_no_older_one() {
        let forever = at(0)..Instant::MAX;
        let mut in_service = InService::new(vec![(0..10, 0)], 1, forever, Duration::from_nanos(LIFE));
        in_service.commit(5, at(10));
        in_service.answered(5, Some(at(12)), at(15));
        assert_eq!(in_service.finish()[0].times.mean_seconds(), Some(0.0));
    }

    #[test]
    fn what_is_kept_of_a_key_does_not_grow_with_its_writes() {
        let mut in_service =
            InService::new(vec![(0..10, 0)], 1, at(0)..Instant::MAX, Duration::from_nanos(LIFE));
        for now in 1..10_000 {
            in_service.commit(5, at(now));
            in_service.answered(5, Some(at(now)), at(now));
        }
        let history = &in_service.histories[&5];
        let kept = history.versions.len() as u64;
        assert!(kept <= LIFE + 3 && history.debuts.len() as u64 <= 2 * kept + 17, "{kept}");
    }
}
