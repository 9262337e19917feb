//! What a report has to know of a run, taken from its model.

use cachestorm::measure::Layer;
use cachestorm::model::{
    Action, ArrivalSpec, DatabaseSpec, Event, Model, Prepared, PurgeSpec, RedisSpec, ServerKind,
};
use cachestorm::report::{Capacity, Effect, Happening, Resource, Subject, TraceFacts};
use cachestorm::scenario::Spanned;
use cachestorm::time::{Duration, Instant};
use std::fmt::Write;

/// What was simulated; `file` is the trace as the user named it, if not as in the scenario.
pub fn of(prepared: &Prepared, variant: &str, file: Option<String>) -> Subject {
    let model = prepared.model();
    let length = prepared.end() - Instant::ZERO;
    let trace = match (&model.workload.arrivals, prepared.scan()) {
        (ArrivalSpec::Trace(traffic), Some(scan)) => Some(TraceFacts {
            file: file.unwrap_or_else(|| traffic.file.clone()),
            requests: scan.requests,
            replayed: prepared.replayed().unwrap_or(scan.requests),
            reordered: scan.reordered,
            distinct_keys: scan.distinct_keys,
            most_in_a_second: scan.most_in_a_second(),
            skipped: scan.skipped,
        }),
        _ => None,
    };
    let within =
        |(_, event): &(usize, &Event)| event.at < prepared.end() && !matches!(event.action, Action::Never(_));
    let events = model.events.iter().enumerate().filter(within);
    let mut happenings: Vec<Happening> = events.map(happening).collect();
    happenings.sort_by_key(|happening| happening.at);
    Subject {
        scenario: model.name.clone(),
        description: model.description.clone(),
        variant: variant.to_owned(),
        seed: model.seed,
        length,
        warmup: model.warmup,
        trace,
        happenings,
        capacity: capacity(model),
        retries: model.client.retries.clone(),
        sets: Vec::new(),
        cache_server: cache_server(model),
        resources: resources(model),
    }
}

fn cache_server(model: &Model) -> &'static str {
    match model.redis.as_ref().map(|redis| redis.server) {
        Some(ServerKind::Memcached(_)) => "memcached",
        Some(ServerKind::Redis) | None => Layer::Redis.name(),
    }
}

/// What a scenario needs of what costs money: machines, memory, connections.
fn resources(model: &Model) -> Vec<Resource> {
    let redis = |amount: &dyn Fn(&RedisSpec) -> f64| model.redis.as_ref().map_or(0.0, amount);
    let database = |amount: &dyn Fn(&DatabaseSpec) -> f64| model.database.as_ref().map_or(0.0, amount);
    let instances = f64::from(model.app.instances);
    let nodes = |redis: &RedisSpec| {
        let replicas = redis.replicas.as_ref().map_or(0, |replicas| replicas.count);
        f64::from(redis.nodes) * f64::from(1 + replicas)
    };
    let memory = |redis: &RedisSpec| redis.memory.map_or(f64::INFINITY, |memory| memory.0 as f64);
    let replicas = |it: &DatabaseSpec| it.replicas.as_ref().map_or(0.0, |it| f64::from(it.count));
    let all = [
        ("application instances", instances),
        ("Redis nodes", redis(&nodes)),
        ("memory of Redis", redis(&memory)),
        ("database workers", database(&|it| f64::from(it.workers))),
        ("database connections", database(&|it| f64::from(it.pool.size) * instances)),
        ("database replicas", database(&replicas)),
        ("CDN", f64::from(u8::from(model.cdn.is_some()))),
        ("gateway", f64::from(u8::from(model.gateway.is_some()))),
    ];
    all.map(|(name, amount)| Resource { name, amount }).to_vec()
}

fn capacity(model: &Model) -> Capacity {
    Capacity {
        database_reads_per_s: model.database.as_ref().and_then(DatabaseSpec::reads_per_s_max),
        redis_ttl_min: model.redis.as_ref().and_then(|redis| {
            let of_groups = model.workload.keys.iter().filter_map(|group| group.ttl);
            redis.rules.freshness.ttl.into_iter().chain(of_groups).min()
        }),
    }
}

fn happening((place, event): (usize, &Event)) -> Happening {
    let (mut label, lasts) = describe(&event.action);
    if !is_default_name(event) {
        label = format!("{}: {label}", event.name);
    }
    let stays = matches!(event.action, Action::RateChange { lasts: None, .. } | Action::Scale(_));
    let name = event.name.clone();
    Happening { name, place, at: event.at, lasts, label, effect: effect(&event.action), stays }
}

/// Whether the event is called after its action, so that its name tells nothing more.
fn is_default_name(event: &Event) -> bool {
    let number = event.name.strip_prefix(event.action.word()).map(|rest| rest.trim_start_matches('-'));
    number.is_some_and(|number| number.bytes().all(|letter| letter.is_ascii_digit()))
}

fn effect(action: &Action) -> Effect {
    match action {
        Action::Flush(layer) => Effect::Flush(*layer),
        Action::Restart { instance: None, .. } => Effect::RestartOfAll,
        Action::Restart { instance: Some(_), .. } | Action::Deploy(_) | Action::Scale(_) => {
            Effect::RestartOfOne
        }
        Action::Outage { node: Some(_), .. } | Action::Failover(_) => Effect::OutageOfOne,
        Action::Outage { of, .. } => Effect::Outage(*of),
        Action::Slow { of, .. } => Effect::Slow(*of),
        Action::Load(_) => Effect::Fill,
        Action::Crash { of: Layer::Process, instance: Some(_) } => Effect::RestartOfOne,
        Action::Crash { of, .. } => Effect::Flush(*of),
        Action::Never(_)
        | Action::Expire(_)
        | Action::Purge { .. }
        | Action::Bus { .. }
        | Action::Rebuild { .. }
        | Action::FlashCrowd { .. }
        | Action::RateChange { .. } => Effect::Traffic,
    }
}

/// The part that an event hits: of the downstream services perhaps one.
fn hit(of: Layer, service: Option<&Spanned<String>>) -> &str {
    service.map_or(of.name(), |service| service.value.as_str())
}

fn describe(action: &Action) -> (String, Option<Duration>) {
    let part = |layer: &Layer| layer.name();
    match action {
        Action::Never(action) => (format!("no {}", action.word()), None),
        Action::Expire(key) => (format!("{} expires", key.value), None),
        Action::Flush(layer) => (format!("{} is flushed", part(layer)), None),
        Action::Purge { of, what } => {
            let what = match what {
                PurgeSpec::Key(name) | PurgeSpec::Group(name) => name.value.as_str(),
                PurgeSpec::All => "everything",
            };
            (format!("purge of {what}, {}", part(of)), None)
        }
        Action::Restart { instance: Some(number), lasts, .. } => {
            (format!("instance {number} restarts"), Some(*lasts))
        }
        Action::Restart { instance: None, lasts, .. } => ("all instances restart".into(), Some(*lasts)),
        Action::Load(spec) => (format!("{} is loaded", spec.group.value), None),
        Action::Deploy(_) => ("instances are replaced".into(), None),
        Action::Scale(spec) => (format!("{} instances", spec.instances), None),
        Action::Outage { node: Some(node), of, lasts, .. } => {
            (format!("{} node {node} is down", part(of)), Some(*lasts))
        }
        Action::Failover(spec) => (format!("redis node {} fails over", spec.node), Some(spec.after)),
        Action::Outage { of, service, lasts, .. } => {
            (format!("{} is down", hit(*of, service.as_ref())), Some(*lasts))
        }
        Action::Slow { of, service, lasts, factor } => {
            (format!("{} is slow, × {factor}", hit(*of, service.as_ref())), Some(*lasts))
        }
        Action::Rebuild { lasts, .. } => ("the search index is rebuilt".into(), Some(*lasts)),
        Action::Crash { instance: Some(number), .. } => (format!("instance {number} crashes"), None),
        Action::Crash { of, instance: None } => (format!("{} crashes", part(of)), None),
        Action::Bus { lasts, lag_factor, loss } => {
            let slower = ((lag_factor - 1.0).abs() > f64::EPSILON).then(|| format!("lag × {lag_factor}"));
            let lossy = (loss.0 > 0.0).then(|| format!("loss {loss}"));
            let label: Vec<String> = slower.into_iter().chain(lossy).collect();
            (format!("bus: {}", label.join(", ")), Some(*lasts))
        }
        Action::FlashCrowd { key, rate, lasts } => (format!("crowd for {}, {rate}", key.value), Some(*lasts)),
        Action::RateChange { factor, lasts } => {
            let mut label = format!("rate × {factor}");
            if lasts.is_none() {
                // Writing to a string cannot fail.
                let _ = write!(label, " from here on");
            }
            (label, *lasts)
        }
    }
}
