//! What each event did to the clients, and how long the system took to recover, in each replication; the same for the worst
//! minute of a run.
//!
//! An event is followed from its begin until the system has recovered, or else until the next event that begins after it has
//! ended, or the end of the run. `recovery.rs` says when a system has recovered.

mod recovery;

use crate::measure::{Moments, Record, Stretch};
use crate::model::{Bound, Event, Objective};
use crate::time::Instant;
use recovery::{Limits, Search, keeps, quantile_of, window};

/// What has to be known of an event, beside a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventFacts {
    /// Its name.
    pub name: String,
    /// When it begins.
    pub at: Instant,
    /// Whether it happens at all.
    pub happens: bool,
}

impl EventFacts {
    /// Of an event of a model.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self { name: event.name.clone(), at: event.at, happens: event.happens() }
    }
}

/// What an event did, in all replications.
#[derive(Clone, Debug)]
pub struct Aftermath {
    /// The event's name; nothing for the worst minute.
    pub event: Option<String>,
    /// Each replication, in order.
    pub runs: Vec<Effects>,
}

/// What an event did in one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    /// When it began, in seconds from the start of the run.
    pub begin: f64,
    /// When it was over; nothing if it lasted to the end of the run.
    pub end: Option<f64>,
    /// What follows is counted from its begin until then.
    pub until: f64,
    /// Requests that arrived.
    pub requests: u64,
    /// Of these, those that failed.
    pub failed: u64,
    /// Of these, answers that came later than the limit of a latency objective.
    pub late: Option<u64>,
    /// The highest p99 of the latency in any stretch of the length that the peaks are taken over; infinite if too many fail.
    pub latency_p99: Option<f64>,
    /// Most reads of the database in a second.
    pub load_rate_peak: f64,
    /// Most requests under way, waiting or being served.
    pub under_way_max: u64,
    /// When the system was back at the level of before; nothing if there is no before to compare with.
    pub back: Option<Recovery>,
    /// When it kept its objectives again; nothing if it has none that can be told moment by moment.
    pub objectives: Option<Recovery>,
}

/// Whether and when a system had recovered from an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Recovery {
    /// So many seconds after the end of the event; 0 if it was well by then.
    After(f64),
    /// Not in so many seconds: until the next event, or the end of the run.
    NotIn(f64),
    /// The event ended with the run, or with the next event, or so shortly before that nothing can be said.
    CutOff,
    /// It did not keep its objectives before the event, either.
    NotBefore,
}

/// What all events did, in the order in which they begin, and the worst minute last. An event that is over when the warm-up
/// is belongs to the warm-up.
pub(super) fn of(records: &[Record], events: &[EventFacts], objectives: &[Objective]) -> Vec<Aftermath> {
    let Some(first) = records.first() else { return Vec::new() };
    let mut order: Vec<usize> = (0..events.len()).filter(|index| events[*index].happens).collect();
    order.sort_by_key(|index| events[*index].at);
    let counts = |index: &usize| {
        let (at, end) = (events[*index].at, first.event_ends[*index]);
        at < first.end && (at >= first.warmup || end.is_none_or(|end| end > first.warmup))
    };
    let all = order.into_iter().filter(counts).map(|index| Aftermath {
        event: Some(events[index].name.clone()),
        runs: records.iter().map(|record| Run::new(record, events, objectives).effects(index)).collect(),
    });
    let worst = records.iter().map(|record| Run::new(record, events, objectives).worst());
    all.chain([Aftermath { event: None, runs: worst.collect() }]).collect()
}

/// One replication, in moments.
struct Run<'r> {
    record: &'r Record,
    moments: &'r Moments,
    events: &'r [EventFacts],
    objectives: &'r [Objective],
    /// Moments that are judged together.
    window: usize,
    width: f64,
    warmup: usize,
}

/// An event's begin and end, in moments.
#[derive(Clone, Copy)]
struct Span {
    begin: usize,
    end: Option<usize>,
}

impl<'r> Run<'r> {
    fn new(record: &'r Record, events: &'r [EventFacts], objectives: &'r [Objective]) -> Self {
        let moments = &record.moments;
        let width = moments.width().as_secs_f64();
        // The first whole moment after the warm-up.
        let warmup = (record.warmup - Instant::ZERO).as_nanos().div_ceil(moments.width().as_nanos()) as usize;
        Self { record, moments, events, objectives, window: window(moments, objectives), width, warmup }
    }

    fn span(&self, index: usize) -> Span {
        let end = self.record.event_ends[index].map(|end| self.moments.at(end));
        Span {
            begin: self.moments.at(self.events[index].at),
            end: end.filter(|end| *end < self.moments.count()),
        }
    }

    fn others(&self, index: usize) -> impl Iterator<Item = Span> {
        let is_other = move |other: &usize| *other != index && self.events[*other].happens;
        (0..self.events.len()).filter(is_other).map(|other| self.span(other))
    }

    /// The undisturbed moments before an event, and before those that it overlaps with; at most a minute, or five windows.
    /// Nothing if there are too few.
    fn before(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let mut begin = self.span(index).begin;
        // What stays has ended, as far as what was before is concerned.
        let over = |other: &Span| other.end.unwrap_or(other.begin);
        while let Some(earlier) = self.others(index).find(|other| other.begin < begin && over(other) > begin)
        {
            begin = earlier.begin;
        }
        let last = self.others(index).filter(|other| other.begin < begin).map(|other| over(&other) + 1).max();
        let most = ((60.0 / self.width) as usize).max(5 * self.window);
        let from = self.warmup.max(last.unwrap_or(0)).max(begin.saturating_sub(most));
        (from + 2 * self.window <= begin).then_some(from..begin)
    }

    fn effects(&self, index: usize) -> Effects {
        let Span { begin, end } = self.span(index);
        let over = end.unwrap_or(self.moments.count());
        let next =
            self.others(index).map(|other| other.begin).filter(|next| *next >= over && *next > begin).min();
        let horizon = next.unwrap_or(self.moments.count());
        let before = self.before(index);
        let end_seconds = self.record.event_ends[index].map(|end| end.as_nanos() as f64 / 1e9);
        let search = Search { moments: self.moments, from: end, horizon, window: self.window };
        let base = before.clone().map(|before| self.moments.stretch(before));
        // To be as bad as before is no recovery.
        let was_failing = base.as_ref().is_some_and(recovery::is_failing);
        let back = before.map(|before| {
            if was_failing {
                return Recovery::NotBefore;
            }
            let limits = Limits::of(self.moments, before, self.window);
            search.find(end_seconds, |stretch| limits.keep(stretch))
        });
        let objectives = self.back_in_objectives(&search, end_seconds, base.as_ref());
        let recovered = [back, objectives].into_iter().flatten().find_map(|recovery| match recovery {
            Recovery::After(seconds) => Some(over + (seconds / self.width).ceil() as usize),
            _ => None,
        });
        let until = recovered.unwrap_or(horizon).max(begin + self.window).min(horizon.max(begin + 1));
        let until = until.min(self.moments.count());
        let limit = late_limit(self.objectives, base.as_ref());
        let begin_seconds = (self.events[index].at - Instant::ZERO).as_secs_f64();
        Effects { begin: begin_seconds, end: end_seconds, back, objectives, ..self.seen(begin..until, limit) }
    }

    fn back_in_objectives(
        &self,
        search: &Search,
        end: Option<f64>,
        base: Option<&Stretch>,
    ) -> Option<Recovery> {
        let told = self.objectives.iter().any(|objective| recovery::is_told(&objective.metric.value));
        if !told {
            return None;
        }
        if base.is_some_and(|base| !keeps(self.objectives, base)) {
            return Some(Recovery::NotBefore);
        }
        Some(search.find(end, |stretch| keeps(self.objectives, stretch)))
    }

    /// What the clients saw in these moments.
    fn seen(&self, moments: std::ops::Range<usize>, limit: Option<f64>) -> Effects {
        let all = self.moments.stretch(moments.clone());
        let last = moments.end.saturating_sub(self.window).max(moments.start) + 1;
        let peaks = self.moments.slide(moments.start..last, self.window);
        let latency_p99 =
            peaks.filter_map(|(_, stretch)| stretch.quantile_seconds(0.99)).max_by(f64::total_cmp);
        Effects {
            begin: moments.start as f64 * self.width,
            end: Some(moments.end as f64 * self.width),
            until: moments.end as f64 * self.width,
            requests: all.requests(),
            failed: all.failed,
            late: limit.map(|limit| all.later_than(limit)),
            latency_p99: latency_p99.or_else(|| all.quantile_seconds(0.99)),
            load_rate_peak: self.moments.load_rate_max(moments.clone()),
            under_way_max: self.moments.under_way_max(moments),
            back: None,
            objectives: None,
        }
    }

    /// The stretch of a minute in which most requests failed or were late; of equals the one with the highest p99. In a
    /// short run it is a stretch of ten seconds, a second, or less: at most half of what is measured.
    fn worst(&self) -> Effects {
        let measured = self.moments.count().saturating_sub(self.warmup);
        let fits = |seconds: &f64| seconds / self.width <= measured as f64 / 2.0 && *seconds >= self.width;
        let length = [60.0, 10.0, 1.0, 0.1].into_iter().find(fits).unwrap_or(self.width);
        let length = ((length / self.width).round() as usize).clamp(1, self.moments.count());
        let whole = self.moments.stretch(self.warmup..self.moments.count());
        let limit = late_limit(self.objectives, Some(&whole));
        let rank = |stretch: &Stretch| {
            let late = limit.map_or(0, |limit| stretch.later_than(limit));
            (stretch.failed + late, stretch.quantile_seconds(0.99).unwrap_or(0.0))
        };
        let mut worst: Option<(usize, (u64, f64))> = None;
        for (begin, stretch) in self.moments.slide(self.warmup..self.moments.count(), length) {
            let this = rank(&stretch);
            let is_worse = |(_, (bad, slow)): &(usize, (u64, f64))| {
                this.0 > *bad || (this.0 == *bad && this.1.total_cmp(slow).is_gt())
            };
            if worst.as_ref().is_none_or(is_worse) {
                worst = Some((begin, this));
            }
        }
        let begin = worst.map_or(0, |(begin, _)| begin);
        self.seen(begin..(begin + length).min(self.moments.count()), limit)
    }
}

/// Answers that take longer are late: the limit of the objective on the highest percentile of the latency; without one,
/// twice the p99 of before.
fn late_limit(objectives: &[Objective], before: Option<&Stretch>) -> Option<f64> {
    let limits = objectives.iter().filter_map(|objective| match objective.bound {
        Bound::AtMost(limit) => Some((quantile_of(&objective.metric.value)?.0, limit)),
        Bound::AtLeast(_) => None,
    });
    let highest = limits.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, limit)| limit);
    let twice = || Some(2.0 * before?.answer_quantile_seconds(0.99)?);
    highest.or_else(twice).filter(|limit| limit.is_finite())
}

#[cfg(test)]
mod tests;
