//! Reads events: each has a time, and one of the settings that name what happens.

use super::batch_load::BatchLoadSpec;
use super::condition::Outage;
use super::event::{Action, Event, PurgeSpec};
use super::redis_failover::Failover;
use super::rollout::{DeploySpec, ScaleSpec};
use super::warm_up::WarmSpec;
use crate::measure::Layer;
use crate::quantity::{Rate, Ratio};
use crate::scenario::{
    ACTIONS, Choice, Kind, Reader, Spanned, choice, count, flag, name, number, positive_rate, positive_time,
    rate, share_in, spanned, table, text, time,
};
use crate::time::{Duration, Instant};

impl Event {
    #[expect(clippy::too_many_lines, reason = "one entry for each thing that can happen, all alike")]
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(super::words_of_events::EVENT);
        let name = r.field(
            "name",
            "What results and paths call it. Default: its action, with a number from the second on: `flush-2`.",
            name(),
        );
        let name = name.optional();
        let at = r.field(
            "at",
            "When, from the start of the run. `\"none\"`: never, which takes the event away.",
            time(Duration::ZERO..),
        );
        let at = at.required_or_none();
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
                table(read_purge).bare("of"),
            )
            .optional(),
            r.field(
                "load",
                "A batch job stores many keys in the shared cache, each with the TTL that all have.",
                table(BatchLoadSpec::read).map(Action::Load),
            )
            .optional(),
            r.field(
                "restart",
                "An instance is away, finishing what it has begun, and comes back with an empty cache.",
                table(read_restart).bare("for").hints(super::words_of_events::RESTARTED),
            )
            .optional(),
            r.field(
                "crash",
                "The memory of a layer is gone: its copies, and the writes that the database does not have yet.",
                table(read_crash).bare("of"),
            )
            .optional(),
            r.field(
                "deploy",
                "All instances are replaced, some at a time: each is drained, away, and comes back with an empty cache.",
                table(DeploySpec::read).bare("down").map(Action::Deploy),
            )
            .optional(),
            r.field(
                "scale",
                "The number of instances changes; new ones come with empty caches, old ones are drained.",
                table(ScaleSpec::read).bare("instances").map(Action::Scale),
            )
            .optional(),
            r.field("outage", "A part cannot be reached.", table(read_outage)).optional(),
            r.field("slow", "A part works more slowly.", table(read_slow)).optional(),
            r.field("bus", "The event bus is slower, or loses messages.", table(read_bus)).optional(),
            r.field(
                "failover",
                "A node of the shared cache dies, and a replica takes its place.",
                table(Failover::read).bare("node").map(Action::Failover),
            )
            .optional(),
            r.field("flash_crowd", "Many ask for one key, beside the usual traffic.", table(read_crowd))
                .optional(),
            r.field(
                "rate_change",
                "The rate of arrivals is so many times the usual.",
                table(read_rate_change).bare("factor"),
            )
            .optional(),
            r.field(
                "rebuild",
                "The search index is built anew, while the old one serves as it was.",
                table(read_rebuild).bare("for"),
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
        let action = if at.is_none() { Action::Never(Box::new(action)) } else { action };
        Self {
            name: name.unwrap_or_default(),
            at: Instant::ZERO + at.unwrap_or_default(),
            action,
            place: r.span_of("at"),
            action_place,
        }
    }
}

fn lasts(r: &mut Reader) -> Duration {
    r.field("for", "For how long.", positive_time()).required()
}

/// The caches that all users share.
fn proxies() -> Choice<Layer> {
    choice()
        .word("cdn", "The edges of the content delivery network.", Layer::Cdn)
        .word("shield", "The cache that the edges ask first.", Layer::Shield)
        .word("gateway", "The cache of the reverse proxy.", Layer::Gateway)
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
    choice()
        .word("redis", "The shared cache.", Layer::Redis)
        .word("database", "The database.", Layer::Database)
        .word("search", "The search engine.", Layer::Search)
        .word("downstream", "The downstream services.", Layer::Downstream)
}

/// One of the downstream services, where these are meant.
fn service(r: &mut Reader, of: Layer) -> Option<Spanned<String>> {
    let service = r.field("service", "Which downstream service. Without it: all of them.", spanned(name()));
    let service = service.optional();
    if service.is_some() && of != Layer::Downstream {
        let message = format!("`service` names a downstream service, and this event is of `{}`", of.name());
        r.contradiction("service", message, "write `of = \"downstream\"`, or take `service` away");
    }
    service
}

fn read_restart(r: &mut Reader) -> Action {
    r.words(super::words_of_events::RESTART);
    Action::Restart {
        instance: r
            .field("instance", "Which one, counted from 1. Without it: all at once.", count(1..=10_000u32))
            .optional(),
        lasts: lasts(r),
        warm: WarmSpec::field(r),
    }
}

fn read_crash(r: &mut Reader) -> Action {
    let of = choice()
        .word("process", "The instances' caches. What an instance has begun it finishes.", Layer::Process)
        .word("redis", "All nodes.", Layer::Redis);
    let of = r.field("of", "Which layer.", of).required();
    let instance = r
        .field("instance", "Of which instance, counted from 1. Without it: of all.", count(1..=10_000u32))
        .optional();
    if instance.is_some() && of == Layer::Redis {
        r.contradiction(
            "instance",
            "Redis has nodes and no instances",
            "take `instance` away, or crash `process`",
        );
    }
    Action::Crash { of, instance }
}

fn read_bus(r: &mut Reader) -> Action {
    let lasts = lasts(r);
    let lag_factor = r
        .field(
            "lag_factor",
            "The lag of messages sent meanwhile is so many times as long.",
            number(0.0..=1e6),
        )
        .optional();
    let loss = r
        .field("loss", "Share of the messages sent meanwhile that never arrive.", share_in(Ratio(0.0)..))
        .optional();
    if lag_factor.is_none() && loss.is_none() {
        r.missing("loss", "what happens to the bus: a `loss` such as `\"100 %\"`, or a `lag_factor`");
    }
    Action::Bus { lasts, lag_factor: lag_factor.unwrap_or(1.0), loss: loss.unwrap_or_default() }
}

fn read_outage(r: &mut Reader) -> Action {
    let hangs = r
        .field(
            "hangs",
            "True: nothing comes back until the caller's time-out. False: it is refused at once.",
            flag(),
        )
        .or(false);
    let of = r.field("of", "Which part.", part()).required();
    let node = r
        .field(
            "node",
            "Which node of `redis` alone, counted from 1: its primary. Without it: all of them.",
            count(1..=1_000u32),
        )
        .optional();
    if node.is_some() && of != Layer::Redis {
        r.contradiction("node", "only `redis` has nodes", "remove `node`, or write `of = \"redis\"`");
    }
    Action::Outage {
        of,
        service: service(r, of),
        lasts: lasts(r),
        outage: if hangs { Outage::Hangs } else { Outage::Refuses },
        node,
    }
}

fn read_slow(r: &mut Reader) -> Action {
    let of = r.field("of", "Which part.", part()).required();
    Action::Slow {
        of,
        service: service(r, of),
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

fn read_rebuild(r: &mut Reader) -> Action {
    Action::Rebuild {
        lasts: lasts(r),
        reads: r
            .field("reads", "Reads of the database per second meanwhile, evenly spaced.", rate(Rate(0.0)..))
            .or(Rate(0.0)),
    }
}
