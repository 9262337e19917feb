//! What a scenario may not say of pages, although each setting by itself is sound.

use super::Model;
use super::key::KeyGroup;
use super::origin::OriginSpec;
use super::page::PageSpec;
use super::traffic::ArrivalSpec;
use super::write::{Failures, OnWrite};
use crate::scenario::{Reader, did_you_mean};

pub(super) fn check_pages(model: &Model, r: &mut Reader) {
    let groups = &model.workload.keys;
    for (group, page) in groups.iter().filter_map(|group| Some((group, group.page.as_ref()?))) {
        check_items(model, r, page);
        check_settings(model, r, group, page);
    }
    let batches = groups.iter().filter_map(|group| group.page.as_ref()).any(|page| page.batch);
    if model.database.as_ref().is_some_and(|database| database.row.is_some()) && !batches {
        let message = "`database.row` is for statements that read several rows, and here is none";
        r.conflict(
            &["database.row"],
            message,
            "take `row` away, or give a key group a `page` with `batch = true`",
        );
    }
}

fn check_items(model: &Model, r: &mut Reader, page: &PageSpec) {
    let groups = &model.workload.keys;
    let items = &page.items;
    if matches!(model.workload.arrivals, ArrivalSpec::Trace(_)) {
        let message = "the keys of a trace are values, and none is put together from others";
        r.problem(items.span, message, "take the `page` away, or choose other `arrivals`");
        return;
    }
    match groups.iter().find(|group| group.name == items.value) {
        Some(group) if group.page.is_some() => {
            let message = format!("`{}` are pages themselves, and a page is not shown by a page", group.name);
            r.problem(items.span, message, "name a key group without a `page`");
        }
        Some(_) => {}
        None => {
            let names =
                || groups.iter().filter(|group| group.page.is_none()).map(|group| group.name.as_str());
            let all = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = if all.is_empty() {
                format!("no key group is called `{}`: every group is of pages", items.value)
            } else {
                format!("no key group is called `{}`: there is {all}", items.value)
            };
            let help = did_you_mean(&items.value, names());
            r.problem(items.span, message, help.unwrap_or_else(|| "add a key group for the items".into()));
        }
    }
}

/// What only a value that is stored somewhere can have.
fn check_settings(model: &Model, r: &mut Reader, group: &KeyGroup, page: &PageSpec) {
    let name = &group.name;
    let is_of_values = [
        ("writes", group.writes.0 > 0.0),
        ("on_write", group.on_write != OnWrite::Delete),
        ("broadcast", group.broadcast.is_some()),
        ("failures", group.failures != Failures::NONE),
        ("ttl", group.ttl.is_some()),
        ("process", group.process.is_some()),
        ("redis", group.redis.is_some()),
        ("copies", group.copies > 1),
        ("origin", group.origin != OriginSpec::Database),
        ("headers", group.responses.headers.is_some()),
        ("varies_by", !group.responses.varies_by.is_empty()),
        ("spellings", !group.responses.spellings.is_empty()),
        ("exists", !group.exists),
        ("purge", group.purge),
        ("consistency", group.needs.consistency.need().is_some()),
        ("version_token", group.needs.version_token),
    ];
    for (setting, _) in is_of_values.into_iter().filter(|(_, is_set)| *is_set) {
        let message =
            format!("`{setting}` of `{name}` means nothing: a page is put together, and kept nowhere");
        let help = format!("give `{setting}` to the group of its items, `{}`", page.items.value);
        r.problem(page.items.span, message, help);
    }
    check_batch(model, r, group, page);
    if page.pipeline && model.redis.is_none() {
        let message =
            format!("`pipeline` of `{name}` needs a shared cache, which this scenario does not have");
        r.problem(page.items.span, message, "add a `[redis]` table, or take `pipeline` away");
    }
}

/// Only the database answers for several keys at once.
fn check_batch(model: &Model, r: &mut Reader, group: &KeyGroup, page: &PageSpec) {
    if !page.batch {
        return;
    }
    let name = &group.name;
    if model.database.is_none() {
        let message = format!("`batch` of `{name}` needs a database, which this scenario does not have");
        r.problem(page.items.span, message, "add a `[database]` table, or take `batch` away");
        return;
    }
    let items = model.workload.keys.iter().find(|group| group.name == page.items.value);
    let asked = match items.map(|items| &items.origin) {
        Some(OriginSpec::Search(_)) => "search",
        Some(OriginSpec::Downstream(service)) => &service.value,
        Some(OriginSpec::Database) | None => return,
    };
    let message = format!(
        "`batch` of `{name}` is for items that the database has, and `{}` are asked of `{asked}`",
        page.items.value
    );
    r.problem(page.items.span, message, "take `batch` away, or the `origin` of the items");
}

/// Whether a scenario has what a metric of the application is counted for; otherwise what is wrong, and how to mend
/// it.
pub(super) fn missing_for(model: &Model, metric: &str) -> Option<(String, &'static str)> {
    let what = metric.strip_prefix("app.")?;
    if what.starts_with("worker_") {
        let message = format!("`{metric}` is a metric of workers, and `app.workers` is \"none\"");
        let help = "give `app.workers` a number, or choose another metric";
        return model.app.workers.is_none().then_some((message, help));
    }
    if what.starts_with("instances_") || what == "warmed_per_s" {
        let message = format!("`{metric}` is a metric of deploys and scaling, and this scenario has neither");
        let help = "add an event with `deploy` or `scale`, or choose another metric";
        return (!model.rolls_out()).then_some((message, help));
    }
    if what.starts_with("filter_") {
        let message =
            format!("`{metric}` is a metric of the Bloom filter, which this scenario does not have");
        return model
            .app
            .bloom_filter
            .is_none()
            .then_some((message, "set `app.bloom_filter`, or choose another metric"));
    }
    let pages = || model.workload.keys.iter().filter_map(|group| group.page.as_ref());
    let together = match what {
        "rows_per_statement_mean" if !pages().any(|page| page.batch) => {
            Some(("batch", "give a `page` `batch = true`, or choose another metric"))
        }
        "pipelines_per_page_mean" | "keys_per_pipeline_mean" if !pages().any(|page| page.pipeline) => {
            Some(("pipeline", "give a `page` `pipeline = true`, or choose another metric"))
        }
        _ => None,
    };
    if let Some((setting, help)) = together {
        let message =
            format!("`{metric}` is a metric of pages with `{setting}`, which this scenario does not have");
        return Some((message, help));
    }
    let message = format!("`{metric}` is a metric of pages, which this scenario does not have");
    let help = "give a key group a `page`, or choose another metric";
    pages().next().is_none().then_some((message, help))
}
