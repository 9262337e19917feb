//! What happens to the system from outside, at times that the scenario sets.

use super::batch_load::{BatchLoadSpec, batch_load};
use super::condition::Outage;
use super::database::Database;
use super::http_cache::HttpCache;
use super::job::Job;
use super::keyspace::Keyspace;
use super::redis_failover::{Failover, fail_over};
use super::request::Purge;
use super::rollout::{DeploySpec, ScaleSpec, begin_anew, deploy, scale, together};
use super::search::scan;
use super::warm_up::WarmSpec;
use super::world::World;
use super::write;
use crate::measure::Layer;
use crate::quantity::{Rate, Ratio};
use crate::scenario::{Span, Spanned};
use crate::time::{Duration, Instant};
use std::future::Future;
use std::ops::Range;

/// Something that happens at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What it is called; no two events of a scenario share it.
    pub name: String,
    /// When.
    pub at: Instant,
    /// What.
    pub action: Action,
    /// Where the scenario says when.
    pub place: Span,
    /// Where it says what.
    pub action_place: Span,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A variant has taken the event away. It keeps its place, so that the others draw what they drew.
    Never(Box<Self>),
    /// The copies of a key pass their TTL, in all caches.
    Expire(Spanned<String>),
    /// All copies of a layer are gone.
    Flush(Layer),
    /// Copies are to be deleted at every node of a layer, each of which learns of it after a while.
    Purge {
        /// Which layer.
        of: Layer,
        /// Which copies.
        what: PurgeSpec,
    },
    /// An instance is away and comes back empty.
    Restart {
        /// Which, counted from 1; none is all of them.
        instance: Option<u32>,
        /// For how long.
        lasts: Duration,
        /// What it loads before it takes traffic.
        warm: Option<WarmSpec>,
    },
    /// All instances are replaced, some at a time.
    Deploy(DeploySpec),
    /// The number of instances changes.
    Scale(ScaleSpec),
    /// A batch job fills the shared cache.
    Load(BatchLoadSpec),
    /// The memory of a layer is gone, and with it what only that had.
    Crash {
        /// Which layer.
        of: Layer,
        /// Of which instance, counted from 1; none is all of them.
        instance: Option<u32>,
    },
    /// The event bus is slower, or loses messages.
    Bus {
        /// For how long.
        lasts: Duration,
        /// The lag is so many times as long.
        lag_factor: f64,
        /// Share of the messages that are lost, besides those that always are.
        loss: Ratio,
    },
    /// A part cannot be reached.
    Outage {
        /// Which part.
        of: Layer,
        /// Which downstream service; none is all of them.
        service: Option<Spanned<String>>,
        /// For how long.
        lasts: Duration,
        /// What its callers meet.
        outage: Outage,
        /// Which node of the shared cache alone, counted from 1; none is the whole part.
        node: Option<u32>,
    },
    /// A node of the shared cache dies, and another takes its place.
    Failover(Failover),
    /// A part works more slowly.
    Slow {
        /// Which part.
        of: Layer,
        /// Which downstream service; none is all of them.
        service: Option<Spanned<String>>,
        /// For how long.
        lasts: Duration,
        /// Each service takes so many times as long.
        factor: f64,
    },
    /// The search index is built anew from the source of truth.
    Rebuild {
        /// For how long.
        lasts: Duration,
        /// Reads of the database per second.
        reads: Rate,
    },
    /// Many ask for one key, beside the usual traffic.
    FlashCrowd {
        /// Which key.
        key: Spanned<String>,
        /// Requests per second.
        rate: Rate,
        /// For how long.
        lasts: Duration,
    },
    /// The rate of arrivals is so many times the usual.
    RateChange {
        /// So many times.
        factor: f64,
        /// For how long; none is to the end.
        lasts: Option<Duration>,
    },
}

impl Action {
    /// The setting that names it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Never(action) => action.word(),
            Self::Expire(_) => "expire",
            Self::Flush(_) => "flush",
            Self::Purge { .. } => "purge",
            Self::Restart { .. } => "restart",
            Self::Deploy(_) => "deploy",
            Self::Scale(_) => "scale",
            Self::Load(_) => "load",
            Self::Crash { .. } => "crash",
            Self::Bus { .. } => "bus",
            Self::Outage { .. } => "outage",
            Self::Failover(_) => "failover",
            Self::Slow { .. } => "slow",
            Self::Rebuild { .. } => "rebuild",
            Self::FlashCrowd { .. } => "flash_crowd",
            Self::RateChange { .. } => "rate_change",
        }
    }
}

/// What is purged.
#[derive(Clone, Debug, PartialEq)]
pub enum PurgeSpec {
    /// A key.
    Key(Spanned<String>),
    /// All keys of a group: a tag.
    Group(Spanned<String>),
    /// Everything.
    All,
}

impl Event {
    /// Whether it happens at all.
    #[must_use]
    pub fn happens(&self) -> bool {
        !matches!(self.action, Action::Never(_))
    }

    /// When it is over, if that is known from the start and before the end of the run. An event that changes something
    /// at once is over at once, however long its consequences last.
    pub(super) fn known_end(&self, end: Instant) -> Option<Instant> {
        let lasts = match &self.action {
            Action::Outage { lasts, .. }
            | Action::Slow { lasts, .. }
            | Action::Bus { lasts, .. }
            | Action::FlashCrowd { lasts, .. } => *lasts,
            Action::RateChange { lasts, .. } => (*lasts)?,
            // These are over when their job is.
            _ => return None,
        };
        Some(self.at + lasts).filter(|over| *over < end)
    }
}

/// The job of one scheduled event.
pub(super) fn play(w: &World<'_>, index: usize) -> impl Future<Output = ()> {
    async move {
        act(w, index).await;
        let now = w.engine.now();
        if now < w.end {
            w.record.borrow_mut().event_ends[index] = Some(now);
        }
    }
}

fn act(w: &World<'_>, index: usize) -> impl Future<Output = ()> {
    async move {
        let event = &w.model.events[index];
        if let Action::Failover(spec) = event.action {
            return fail_over(w, event.at, spec).await;
        }
        w.engine.sleep_until(event.at).await;
        let now = w.engine.now();
        match &event.action {
            Action::Expire(name) => {
                let found = Keyspace::find(&w.model.workload.keys, &name.value);
                let (group, rank) = found.expect("the keys of events are validated");
                let key = w.keys.borrow().key(group, rank);
                if let Some(process) = &w.process {
                    process.expire(key, now);
                }
                if let Some(redis) = &w.redis {
                    redis.expire(w, group, key);
                }
                w.http_caches.iter().for_each(|http_cache| http_cache.expire(w, key));
            }
            Action::Purge { of, what } => {
                let groups = &w.model.workload.keys;
                let what = match what {
                    PurgeSpec::Key(name) => {
                        let found = Keyspace::find(groups, &name.value);
                        let (group, rank) = found.expect("the keys of events are validated");
                        Purge::Key(w.keys.borrow().key(group, rank))
                    }
                    PurgeSpec::Group(name) => {
                        let found = groups.iter().position(|group| group.name == name.value);
                        Purge::Group(found.expect("the groups of events are validated") as u16)
                    }
                    PurgeSpec::All => Purge::All,
                };
                w.engine.spawn(Job::Purge { layer: *of, what, cause: u64::MAX - index as u64 });
            }
            Action::Flush(Layer::Process) => empty_instances(w, 0..w.app.instances()),
            Action::Flush(Layer::Redis) => w.redis.iter().for_each(|redis| redis.flush(now)),
            Action::Flush(Layer::Database) => w.database.iter().for_each(Database::flush),
            Action::Flush(layer) => w.http_cache(*layer).into_iter().for_each(HttpCache::flush),
            Action::Crash { of, instance } => write::crash(w, *of, instances(w, *instance)),
            Action::Load(spec) => batch_load(w, index, spec).await,
            Action::Deploy(spec) => deploy(w, index as u16, spec).await,
            Action::Scale(spec) => scale(w, index as u16, spec).await,
            Action::Restart { instance, lasts, warm } => {
                let range = instances(w, *instance);
                w.app.take_away(now, range.clone());
                empty_instances(w, range.clone());
                w.engine.sleep_until(now + *lasts).await;
                // What finished meanwhile may have stored something in the process that is gone.
                range.clone().for_each(|instance| begin_anew(w, instance));
                if warm.is_some() {
                    together(w, index as u16, range.start as u32..range.end as u32).await;
                } else {
                    w.app.bring_back(w.engine.now(), range);
                }
            }
            Action::Rebuild { lasts, reads } => scan(w, index, now + *lasts, *reads).await,
            Action::Never(_)
            | Action::Outage { .. }
            | Action::Slow { .. }
            | Action::Bus { .. }
            | Action::FlashCrowd { .. }
            | Action::RateChange { .. }
            | Action::Failover(_) => {
                unreachable!("this is known from the start, or has been dealt with")
            }
        }
    }
}

/// The instance of this number, or all of them.
fn instances(w: &World<'_>, number: Option<u32>) -> Range<usize> {
    number.map_or(0..w.app.instances(), |one| one as usize - 1..one as usize)
}

fn empty_instances(w: &World<'_>, range: Range<usize>) {
    if let Some(process) = &w.process {
        range.for_each(|instance| process.empty(instance));
    }
}

impl Job {
    /// The job of the event with this index; what is part of the traffic, or of the condition of a part, is known from
    /// the start.
    pub(super) fn of_event(index: usize, event: &Event) -> Option<Self> {
        match event.action {
            Action::Never(_)
            | Action::Outage { .. }
            | Action::Slow { .. }
            | Action::Bus { .. }
            | Action::FlashCrowd { .. }
            | Action::RateChange { .. } => None,
            Action::Expire(_)
            | Action::Flush(_)
            | Action::Purge { .. }
            | Action::Load(_)
            | Action::Restart { .. }
            | Action::Crash { .. }
            | Action::Deploy(_)
            | Action::Scale(_)
            | Action::Failover(_)
            | Action::Rebuild { .. } => Some(Self::Event(index as u16)),
        }
    }
}
