//! What befalls the system from outside, at times that the scenario sets.

use super::condition::Outage;
use super::database::Database;
use super::http_cache::HttpCache;
use super::job::Job;
use super::key::Keyspace;
use super::redis::Redis;
use super::request::Purge;
use super::world::World;
use crate::measure::Layer;
use crate::quantity::Rate;
use crate::scenario::{
    Choice, Kind, Reader, Span, Spanned, choice, count, flag, number, positive_rate, positive_time, spanned,
    table, text, time,
};
use crate::time::{Duration, Instant};
use std::future::Future;

/// Something that happens at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
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
    },
    /// A part cannot be reached.
    Outage {
        /// Which part.
        of: Layer,
        /// For how long.
        lasts: Duration,
        /// What its callers meet.
        outage: Outage,
    },
    /// A part works more slowly.
    Slow {
        /// Which part.
        of: Layer,
        /// For how long.
        lasts: Duration,
        /// Each service takes so many times as long.
        factor: f64,
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

/// The settings that name an action, one of which an event has.
const ACTIONS: [&str; 8] =
    ["expire", "flush", "purge", "restart", "outage", "slow", "flash_crowd", "rate_change"];

impl Event {
    pub(super) fn read(r: &mut Reader) -> Self {
        let at = r.field("at", "When, from the start of the run.", time(Duration::ZERO..)).required();
        let of = || {
            proxies().word("process", "The caches in the application's instances.", Layer::Process).word(
                "redis",
                "The shared cache.",
                Layer::Redis,
            )
        };
        let flushed = of().word(
            "buffer_pool",
            "The database's pages in memory, as after its restart.",
            Layer::Database,
        );
        let actions = [
            r.field(
                "expire",
                "The copies of this key pass their TTL, in all caches: `article:1`.",
                spanned(text()).map(Action::Expire),
            )
            .optional(),
            r.field("flush", "All copies of this layer are gone.", flushed.map(Action::Flush)).optional(),
            r.field(
                "purge",
                "Copies are deleted at every node, each after its `purge_delay`.",
                table(read_purge),
            )
            .optional(),
            r.field(
                "restart",
                "An instance is away, finishing what it has begun, and comes back with an empty cache.",
                table(read_restart),
            )
            .optional(),
            r.field("outage", "A part cannot be reached.", table(read_outage)).optional(),
            r.field("slow", "A part works more slowly.", table(read_slow)).optional(),
            r.field("flash_crowd", "Many ask for one key, beside the usual traffic.", table(read_crowd))
                .optional(),
            r.field(
                "rate_change",
                "The rate of arrivals is so many times the usual.",
                table(read_rate_change),
            )
            .optional(),
        ];
        let given: Vec<&str> = ACTIONS
            .into_iter()
            .zip(&actions)
            .filter_map(|(name, action)| action.as_ref().map(|_| name))
            .collect();
        let action_place = given.first().map_or_else(|| r.span(), |name| r.span_of(name));
        match given.as_slice() {
            [_] => {}
            [] => {
                let names = ACTIONS.map(|name| format!("`{name}`")).join(", ");
                r.problem(r.span(), "this event does nothing", format!("give it one of {names}"));
            }
            [first, second, ..] => {
                let message = format!("this event does two things, `{first}` and `{second}`");
                r.contradiction(second, message, "write an event for each; both may have the same `at`");
            }
        }
        let action = actions.into_iter().flatten().next().unwrap_or(Action::Flush(Layer::Redis));
        Self { at: Instant::ZERO + at, action, place: r.span_of("at"), action_place }
    }
}

fn lasts(r: &mut Reader) -> Duration {
    r.field("for", "For how long.", positive_time()).required()
}

/// The caches that all users share.
fn proxies() -> Choice<Layer> {
    choice().word("cdn", "The edges of the content delivery network.", Layer::Cdn).word(
        "gateway",
        "The cache of the reverse proxy.",
        Layer::Gateway,
    )
}

fn read_purge(r: &mut Reader) -> Action {
    let of = r.field("of", "Which layer.", proxies()).required();
    let key = r
        .field("key", "This key, as `article:1`. Without a key or a group: everything.", spanned(text()))
        .optional();
    let group = r.field("group", "All keys of this group, as those of a tag.", spanned(text())).optional();
    if key.is_some() && group.is_some() {
        r.contradiction("group", "a purge has a `key` or a `group`, not both", "write an event for each");
    }
    let what = key.map(PurgeSpec::Key).or(group.map(PurgeSpec::Group)).unwrap_or(PurgeSpec::All);
    Action::Purge { of, what }
}

/// The parts that can be out of order.
fn part() -> impl Kind<Value = Layer> {
    choice().word("redis", "The shared cache.", Layer::Redis).word(
        "database",
        "The database.",
        Layer::Database,
    )
}

fn read_restart(r: &mut Reader) -> Action {
    Action::Restart {
        instance: r
            .field("instance", "Which one, counted from 1. Without it: all at once.", count(1..=10_000u32))
            .optional(),
        lasts: lasts(r),
    }
}

fn read_outage(r: &mut Reader) -> Action {
    let hangs = r
        .field(
            "hangs",
            "True: nothing comes back until the caller's time-out. False: it is refused at once.",
            flag(),
        )
        .or(false);
    Action::Outage {
        of: r.field("of", "Which part.", part()).required(),
        lasts: lasts(r),
        outage: if hangs { Outage::Hangs } else { Outage::Refuses },
    }
}

fn read_slow(r: &mut Reader) -> Action {
    Action::Slow {
        of: r.field("of", "Which part.", part()).required(),
        lasts: lasts(r),
        factor: r
            .field("factor", "Each service takes so many times as long.", number(0.001..=1e6))
            .required(),
    }
}

fn read_crowd(r: &mut Reader) -> Action {
    Action::FlashCrowd {
        key: r.field("key", "Which key, as `article:1`.", spanned(text())).required(),
        rate: r.field("rate", "Requests per second for it.", positive_rate()).required(),
        lasts: lasts(r),
    }
}

fn read_rate_change(r: &mut Reader) -> Action {
    Action::RateChange {
        factor: r.field("factor", "So many times the usual.", number(0.0..=1e6)).required(),
        lasts: r.field("for", "For how long. Without it: to the end.", positive_time()).optional(),
    }
}

/// The job of one scheduled event.
pub(super) fn play(w: &World<'_>, index: usize) -> impl Future<Output = ()> {
    async move {
        let event = &w.model.events[index];
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
            Action::Flush(Layer::Redis) => w.redis.iter().for_each(Redis::flush),
            Action::Flush(Layer::Database) => w.database.iter().for_each(Database::flush),
            Action::Flush(layer) => w.http_cache(*layer).into_iter().for_each(HttpCache::flush),
            Action::Restart { instance, lasts } => {
                let range = instance.map_or(0..w.app.instances(), |one| one as usize - 1..one as usize);
                w.app.take_away(range.clone());
                empty_instances(w, range.clone());
                w.engine.sleep_until(now + *lasts).await;
                // What finished meanwhile may have stored something in the process that is gone.
                if let Some(process) = &w.process {
                    range.clone().for_each(|instance| process.begin_anew(instance, w.engine.now()));
                }
                w.app.bring_back(range);
            }
            Action::Outage { .. }
            | Action::Slow { .. }
            | Action::FlashCrowd { .. }
            | Action::RateChange { .. } => {
                unreachable!("what is known from the start takes no job")
            }
        }
    }
}

fn empty_instances(w: &World<'_>, range: std::ops::Range<usize>) {
    if let Some(process) = &w.process {
        range.for_each(|instance| process.empty(instance));
    }
}

impl Job {
    /// The job of the event with this index; what is part of the traffic, or of the condition of a part, is known from
    /// the start.
    pub(super) fn of_event(index: usize, event: &Event) -> Option<Self> {
        match event.action {
            Action::Outage { .. }
            | Action::Slow { .. }
            | Action::FlashCrowd { .. }
            | Action::RateChange { .. } => None,
            Action::Expire(_) | Action::Flush(_) | Action::Purge { .. } | Action::Restart { .. } => {
                Some(Self::Event(index as u16))
            }
        }
    }
}
