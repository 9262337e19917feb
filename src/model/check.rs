//! What a scenario may not say although each setting by itself is sound: checks between tables.
//!
//! A check between the settings of one table stands where the table is read.

use super::admission::Admit;
use super::check_origin::{check_event_of_origin, check_origins};
use super::check_page::{check_pages, missing_for};
use super::check_rollout::check_rollouts;
use super::condition::Outage;
use super::event::{Action, Event, PurgeSpec};
use super::freshness::Freshness;
use super::key::KeyGroup;
use super::keyspace::Keyspace;
use super::objective::Objective;
use super::source::rate_changes;
use super::traffic::ArrivalSpec;
use super::{Model, check_consistency, check_http, check_redis, process};
use crate::measure::Layer;
use crate::quantity::Bytes;
use crate::random::distribution::Distribution;
use crate::scenario::{Reader, Spanned, did_you_mean};
use crate::time::{Duration, Instant};
use crate::workload::arrivals::FACTOR_MAX;

/// A replication's clock has 56 bits; a year leaves room for what drains after the end.
pub(super) const LONGEST: Duration = Duration::from_secs(366 * 86_400);

pub(super) fn check(model: &Model, r: &mut Reader) {
    check_length(model, r);
    check_sizes(model, r);
    check_redis::check(model, r);
    check_jitter(model, r);
    super::check_own_rules::check(model, r);
    check_http::check(model, r);
    check_origins(model, r);
    model.events.iter().for_each(|event| check_event(model, r, event));
    check_rate_changes(model, r);
    check_pages(model, r);
    check_rollouts(model, r);
    check_admitted(model, r);
    super::bloom::check(model, r);
    super::check_writes::check(model, r);
    model.objectives.iter().for_each(|objective| check_objective(model, r, objective));
}

fn is_traced(model: &Model) -> bool {
    matches!(model.workload.arrivals, ArrivalSpec::Trace(_))
}

fn has(model: &Model, layer: Layer) -> bool {
    match layer {
        Layer::Browser | Layer::Cdn | Layer::Shield | Layer::Gateway => {
            model.http_caches().any(|http_cache| http_cache.layer == layer)
        }
        Layer::Process => model.process.is_some(),
        Layer::Redis => model.redis.is_some(),
        Layer::Database => model.database.is_some(),
        Layer::Search => model.search.is_some(),
        Layer::Downstream => !model.downstream.is_empty(),
    }
}

fn has_buffer_pool(model: &Model) -> bool {
    model.database.as_ref().is_some_and(|spec| spec.buffer_pool.is_some())
}

fn check_length(model: &Model, r: &mut Reader) {
    match model.duration {
        None if !is_traced(model) => {
            r.missing("duration", "how long requests arrive, such as `\"60 s\"`");
        }
        Some(duration) if duration > LONGEST => {
            let message = format!("`duration` ({duration}) is longer than a year");
            r.contradiction("duration", message, "simulate less: a busy hour tells more");
        }
        Some(duration) if model.warmup >= duration => {
            let message =
                format!("`warmup` ({}) leaves nothing of `duration` ({duration}) to measure", model.warmup);
            r.contradiction("warmup", message, "shorten `warmup`, or lengthen `duration`");
        }
        _ => {}
    }
}

fn check_sizes(model: &Model, r: &mut Reader) {
    for group in &model.workload.keys {
        let Distribution::Constant(bytes) = group.size else { continue };
        check_value_fits(model, r, group, bytes as u32);
    }
}

/// A cache that can keep no copy of a group is a mistake in a unit, and would only show as misses.
fn check_value_fits(model: &Model, r: &mut Reader, group: &KeyGroup, value: u32) {
    let http_caches = model.http_caches().map(|spec| {
        let setting = match spec.layer {
            Layer::Browser => "browser.capacity",
            Layer::Cdn => "cdn.capacity",
            Layer::Shield => "cdn.shield.capacity",
            _ => "gateway.capacity",
        };
        Some((setting, spec.capacity.admits(value)))
    });
    let stores = [
        model.process.as_ref().map(|spec| ("process.capacity", process::fits(spec, value))),
        model.redis.as_ref().map(|spec| ("redis.memory", spec.fits(group, value))),
        model.redis.as_ref().map(|spec| ("redis.server.memcached.largest_item", spec.takes(group, value))),
    ];
    for (setting, _) in http_caches.chain(stores).flatten().filter(|(_, fits)| !fits) {
        let message = format!(
            "`{setting}` has no room for a single value of `{}` ({})",
            group.name,
            Bytes(u64::from(value))
        );
        let size = format!("workload.keys.{}.size", group.name);
        let help = format!("raise `{setting}`, or lower the `size` of the keys");
        r.conflict(&[setting, &size], message, help);
    }
}

/// A jitter of no TTL would be a setting that is read and ignored.
fn check_jitter(model: &Model, r: &mut Reader) {
    let groups = &model.workload.keys;
    let has_own = |layer, freshness: &Freshness| {
        groups.iter().filter_map(|group| group.freshness_in(layer, freshness)).any(|own| own.ttl.is_some())
    };
    let layers = [
        (Layer::Process, model.process.as_ref().map(|spec| &spec.rules.freshness)),
        (Layer::Redis, model.redis.as_ref().map(|spec| &spec.rules.freshness)),
    ];
    for (layer, freshness) in layers {
        let Some(freshness) = freshness.filter(|freshness| freshness.jitter > 0.0) else { continue };
        let own = is_traced(model) || has_own(layer, freshness);
        if !own && freshness.ttl.is_none() && freshness.null_ttl.is_none() {
            let layer = layer.name();
            let message =
                format!("`{layer}.ttl_jitter` needs a TTL: here copies stay until they are evicted");
            let help = format!("add `{layer}.ttl`, or take `ttl_jitter` away");
            r.conflict(&[&format!("{layer}.ttl_jitter")], message, help);
        }
    }
}

/// What never happens is a mistake in its time.
fn check_event_time(model: &Model, r: &mut Reader, event: &Event) {
    if let Some(duration) = model.duration.filter(|duration| event.at >= Instant::ZERO + *duration) {
        let message =
            format!("an event at {} never happens: the run ends at {duration}", event.at - Instant::ZERO);
        r.problem(event.place, message, "lower its `at`, or lengthen `duration`");
    }
}

fn check_event(model: &Model, r: &mut Reader, event: &Event) {
    check_event_time(model, r, event);
    if check_event_of_origin(model, r, event) {
        return;
    }
    match &event.action {
        Action::Expire(key)
        | Action::FlashCrowd { key, .. }
        | Action::Purge { what: PurgeSpec::Key(key), .. }
            if is_traced(model) =>
        {
            let message = "this event names a key, and the keys of a trace are known only when they appear";
            let names_key =
                |event: &Event| matches!(event.action, Action::Expire(_) | Action::FlashCrowd { .. });
            let help = if model.events.iter().all(names_key) {
                "take the event out of the file, or all events, which name keys too, with `--set 'event=[]'`"
            } else {
                "take the event out of the file; `--set 'event=[]'` would take away those that name no key, too"
            };
            r.problem(key.span, message, help);
        }
        Action::Expire(key) => check_key(model, r, key),
        Action::FlashCrowd { key, .. } => {
            check_key(model, r, key);
            check_crowd(model, r, key);
        }
        Action::Purge { of, what: PurgeSpec::Key(key) } if has(model, *of) => check_key(model, r, key),
        Action::Purge { of, what: PurgeSpec::Group(group) } if has(model, *of) => {
            check_group(model, r, group);
        }
        Action::Flush(layer)
        | Action::Purge { of: layer, .. }
        | Action::Outage { of: layer, .. }
        | Action::Slow { of: layer, .. }
        | Action::Crash { of: layer, .. }
            if !has(model, *layer) =>
        {
            let message = format!("an event concerns `{}`, which this scenario does not have", layer.name());
            let help = format!("add a `[{}]` table, or take the event away", layer.table());
            r.problem(event.action_place, message, help);
        }
        Action::Load(_) => super::batch_load::check(model, r, event),
        Action::Failover(_) if model.redis.is_none() => {
            let message = "a node of `redis` fails, which this scenario does not have";
            r.problem(event.action_place, message, "add a `[redis]` table, or take the event away");
        }
        Action::Flush(Layer::Database) if !has_buffer_pool(model) => {
            let message = "an event empties the `buffer_pool`, which this scenario's database does not have";
            r.problem(
                event.action_place,
                message,
                "add a `[database.buffer_pool]` table, or take the event away",
            );
        }
        Action::Outage { of, outage: Outage::Hangs, .. } if waits_for_ever(model, *of) => {
            let of = of.name();
            let message = format!("nothing comes back from `{of}`, and its callers would wait for ever");
            r.problem(event.action_place, message, format!("set `{of}.timeout`, or remove `hangs`"));
        }
        Action::RateChange { .. } if !matches!(model.workload.arrivals, ArrivalSpec::Open(..)) => {
            let message = "`rate_change` needs arrivals at a rate";
            r.problem(event.action_place, message, "a trace has `speed`, closed-loop users have `think`");
        }
        _ => {}
    }
}

/// Each factor is within its bounds, and those that overlap multiply.
fn check_rate_changes(model: &Model, r: &mut Reader) {
    let changes = rate_changes(&model.events);
    let Some(change) = changes.into_iter().find(|change| change.factor > FACTOR_MAX) else { return };
    let begins = model.events.iter().find(|event| event.at == change.at);
    let message = format!("rate changes that overlap multiply to {}", change.factor);
    let place = begins.map_or_else(|| r.span(), |event| event.action_place);
    r.problem(place, message, format!("lower a `factor`: all together may be {FACTOR_MAX} at most"));
}

fn check_key(model: &Model, r: &mut Reader, key: &Spanned<String>) {
    let groups = &model.workload.keys;
    let Err(message) = Keyspace::find(groups, &key.value) else { return };
    let group = key.value.rsplit_once(':').map_or(key.value.as_str(), |(group, _)| group);
    let known = || groups.iter().map(|group| group.name.as_str());
    let near = if known().any(|name| name == group) { None } else { did_you_mean(group, known()) };
    r.problem(key.span, message, near.unwrap_or_else(|| "a key is a group and a number from 1".into()));
}

/// The keys that instances keep.
fn check_admitted(model: &Model, r: &mut Reader) {
    let Some(Admit::Keys(keys)) = model.process.as_ref().map(|spec| &spec.admit) else { return };
    if is_traced(model) {
        let message = "`process.admit` names keys, and those of a trace are known only when they appear";
        r.problem(keys[0].span, message, "let instances find them: `admit = { hot = { … } }`");
        return;
    }
    for key in keys {
        check_key(model, r, key);
    }
}

fn check_crowd(model: &Model, r: &mut Reader, key: &Spanned<String>) {
    let group = key.value.rsplit_once(':').map(|(group, _)| group);
    if model.workload.keys.iter().any(|known| known.personal && Some(known.name.as_str()) == group) {
        let message = format!("`{}` is one user's own key: no crowd can ask for it", key.value);
        r.problem(key.span, message, "name a key of a group that is not `personal`");
    }
}

/// The key group of this name.
pub(super) fn check_group<'m>(
    model: &'m Model,
    r: &mut Reader,
    group: &Spanned<String>,
) -> Option<&'m KeyGroup> {
    let known = || model.workload.keys.iter().map(|group| group.name.as_str());
    let found = model.workload.keys.iter().find(|known| known.name == group.value);
    if found.is_none() {
        let names = known().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = format!("no key group is called `{}`: there is {names}", group.value);
        let help = did_you_mean(&group.value, known());
        r.problem(group.span, message, help.unwrap_or_else(|| "name one of these".into()));
    }
    found
}

fn waits_for_ever(model: &Model, of: Layer) -> bool {
    match of {
        Layer::Redis => model.redis.as_ref().is_some_and(|spec| spec.timeout.is_none()),
        Layer::Database => model.database.as_ref().is_some_and(|spec| spec.timeout.is_none()),
        Layer::Search => model.search.as_ref().is_some_and(|spec| spec.timeout.is_none()),
        // Each service for itself: see `check_origin.rs`.
        Layer::Browser | Layer::Cdn | Layer::Shield | Layer::Gateway | Layer::Process | Layer::Downstream => {
            false
        }
    }
}

fn check_objective(model: &Model, r: &mut Reader, objective: &Objective) {
    let metric = &objective.metric;
    let layer = metric.value.split('.').next().unwrap_or_default();
    if Layer::ALL.iter().any(|known| known.name() == layer && !has(model, *known)) {
        let message =
            format!("`{}` is a metric of `{layer}`, which this scenario does not have", metric.value);
        let table =
            Layer::ALL.iter().find(|known| known.name() == layer).map_or(layer, |known| known.table());
        r.problem(metric.span, message, format!("add a `[{table}]` table, or choose another metric"));
    }
    if let Some(database) = &model.database {
        let what = metric.value.strip_prefix("database.").unwrap_or_default();
        let table = match what {
            _ if what.starts_with("disk_") || what.starts_with("buffer_") => {
                database.buffer_pool.is_none().then_some("buffer_pool")
            }
            "custom_plans" | "generic_plans" => database.plan_cache.is_none().then_some("plan_cache"),
            _ => None,
        };
        if let Some(table) = table {
            let message = format!(
                "`{}` is a metric of the database's `{table}`, which this scenario does not have",
                metric.value
            );
            r.problem(
                metric.span,
                message,
                format!("add a `[database.{table}]` table, or choose another metric"),
            );
        }
    }
    check_consistency::check_objective(model, r, objective);
    if let Some((message, help)) = missing_for(model, &metric.value) {
        r.problem(metric.span, message, help);
    }
}
