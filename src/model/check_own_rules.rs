//! What a key group may not want of a cache beside the application, although each setting by itself is sound.

use super::Model;
use super::event::Action;
use super::freshness::Freshness;
use super::key::KeyGroup;
use super::write::OnWrite;
use crate::measure::Layer;
use crate::scenario::Reader;
use crate::time::Duration;

pub(super) fn check(model: &Model, r: &mut Reader) {
    let layers = [
        (Layer::Process, model.process.as_ref().map(|spec| &spec.rules.freshness)),
        (Layer::Redis, model.redis.as_ref().map(|spec| &spec.rules.freshness)),
    ];
    for group in &model.workload.keys {
        for (layer, freshness) in layers {
            check_layer(r, group, layer, freshness);
        }
        check_excluded(model, r, group);
    }
}

fn check_layer(r: &mut Reader, group: &KeyGroup, layer: Layer, freshness: Option<&Freshness>) {
    let (name, table) = (&group.name, layer.name());
    let at = |key: &str| format!("workload.keys.{name}.{table}.{key}");
    let whole = format!("workload.keys.{name}.{table}");
    let Some(freshness) = freshness else {
        if group.own_rules(layer).is_some() {
            let message = format!("`{name}` has settings for `{table}`, which this scenario does not have");
            r.conflict(&[&whole], message, format!("add a `[{table}]` table, or take them away"));
        }
        return;
    };
    let short = format!("workload.keys.{name}.ttl");
    if layer == Layer::Redis && group.ttl.is_some() && group.redis.is_some_and(|own| own.sets_ttl()) {
        let message = format!("`{name}` has two TTLs in `redis`: `ttl` is short for `redis.ttl`");
        return r.conflict(&[&short, &at("ttl")], message, "take one of the two away");
    }
    let Some(own) = group.freshness_in(layer, freshness) else { return };
    let (soft_of_layer, ttl_of_layer) = (format!("{table}.soft_ttl"), format!("{table}.ttl"));
    let paths = [short.as_str(), &at("ttl"), &at("soft_ttl"), &whole, &soft_of_layer];
    let paths = &paths[usize::from(layer != Layer::Redis)..];
    if let (Some(soft), Some(ttl)) = (own.soft_ttl, own.ttl)
        && soft >= ttl
        && (freshness.soft_ttl, freshness.ttl) != (own.soft_ttl, own.ttl)
    {
        let message =
            format!("in `{table}` the `ttl` of `{name}` ({ttl}) is not above its `soft_ttl` ({soft})");
        let help = format!(
            "its copies would be gone before they are renewed: give the group a `soft_ttl` in its `{table}`, such as \
             `{table} = {{ ttl = \"{ttl}\", soft_ttl = \"{}\" }}`, or `soft_ttl = \"none\"`",
            Duration::from_nanos(ttl.as_nanos() / 5 * 4)
        );
        r.conflict(paths, message, help);
    }
    if own.ttl.is_none() && own.early_refresh.is_some() && freshness.ttl.is_some() {
        let message = format!("`{table}.early_refresh` needs a TTL, and `{name}` has none");
        let early = format!("{table}.early_refresh");
        r.conflict(&[&at("ttl"), &early, &ttl_of_layer], message, "give the group a `ttl`");
    }
}

/// What is meant for copies of a group that has none.
fn check_excluded(model: &Model, r: &mut Reader, group: &KeyGroup) {
    let is_out = |layer| group.own_rules(layer).is_some_and(|own| !own.cached);
    let name = &group.name;
    let at = |key: &str| format!("workload.keys.{name}.{key}");
    let mut refuse = |layer: Layer, setting: &str, is_set: bool| {
        if is_set && is_out(layer) {
            let layer = layer.name();
            let message =
                format!("`{setting}` of `{name}` is for copies in `{layer}`, and the group has none there");
            let help = format!("take `{setting}` away, or `cached = false`");
            r.conflict(&[&at(setting), &at(layer)], message, help);
        }
    };
    refuse(Layer::Redis, "ttl", group.ttl.is_some());
    refuse(Layer::Redis, "copies", group.copies > 1);
    refuse(Layer::Process, "broadcast", group.broadcast.is_some());
    let is_kept =
        model.redis.is_some() && !is_out(Layer::Redis) || model.process.is_some() && !is_out(Layer::Process);
    let needs_cache =
        matches!(group.on_write, OnWrite::WriteThrough(_) | OnWrite::WriteBack(_) | OnWrite::Bus);
    if needs_cache && !is_kept && (is_out(Layer::Redis) || is_out(Layer::Process)) {
        let message = format!("the writes of `{name}` go to caches, and none has the group's keys");
        r.conflict(&[&at("on_write")], message, "choose another `on_write`, or let a cache have the keys");
    }
    for event in &model.events {
        let Action::Load(spec) = &event.action else { continue };
        if spec.group.value == *name && is_out(Layer::Redis) {
            let message = format!("a batch loads `{name}` into `redis`, which has none of its keys");
            r.problem(spec.group.span, message, "take the event away, or the group's `cached = false`");
        }
    }
}
