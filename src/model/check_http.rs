//! What a scenario may not say of caches on the way to the application, although each setting by itself is sound.

use super::Model;
use super::http_cache_spec::HttpCacheSpec;
use super::key::KeyGroup;
use crate::scenario::{Reader, Spanned, did_you_mean};

pub(super) fn check(model: &Model, r: &mut Reader) {
    for group in &model.workload.keys {
        check_dimensions(model, r, &group.responses.varies_by);
    }
    for spec in model.http_caches() {
        check_dimensions(model, r, spec.vary.as_deref().unwrap_or_default());
    }
    check_number_of_keys(model, r);
}

fn check_dimensions(model: &Model, r: &mut Reader, names: &[Spanned<String>]) {
    let known = || model.workload.dimensions.iter().map(|dimension| dimension.name.as_str());
    for name in names.iter().filter(|name| !known().any(|known| known == name.value)) {
        let message = format!("no dimension is called `{}`", name.value);
        let help = did_you_mean(&name.value, known());
        let help = help.unwrap_or_else(|| "add it to `workload.dimensions`, with its `values`".into());
        r.problem(name.span, message, help);
    }
}

/// How many combinations the values of these dimensions have.
fn combinations<'n>(model: &Model, names: impl Iterator<Item = &'n Spanned<String>>) -> u64 {
    let mut names: Vec<&str> = names.map(|name| name.value.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let values = |name: &str| {
        let known = model.workload.dimensions.iter().find(|known| known.name == name);
        known.map_or(1, |dimension| dimension.values.len() as u64)
    };
    names.into_iter().map(values).fold(1, u64::saturating_mul)
}

/// Keys have numbers of 32 bits. Each layer numbers what it tells apart: the origin the representations, a cache the
/// representations and spellings, the shared cache the copies.
fn check_number_of_keys(model: &Model, r: &mut Reader) {
    let groups = &model.workload.keys;
    let depends = |group: &KeyGroup| combinations(model, group.responses.varies_by.iter());
    let total = |ways: &dyn Fn(&KeyGroup) -> u64| {
        let keys = |group: &KeyGroup| u64::from(group.count).saturating_mul(ways(group).saturating_add(1));
        groups.iter().map(keys).fold(0, u64::saturating_add)
    };
    let of_cache = |spec: &HttpCacheSpec| {
        total(&|group| {
            let has =
                spec.vary.as_ref().map_or_else(|| depends(group), |vary| combinations(model, vary.iter()));
            depends(group).max(has).saturating_mul(group.responses.spellings.len().max(1) as u64)
        })
    };
    let caches = model.http_caches().map(|spec| (spec.layer.table(), of_cache(spec)));
    let origin = ("workload", total(&depends));
    let shared = ("redis", total(&|group| u64::from(group.copies.saturating_sub(1))));
    let mut layers = caches.chain([origin, shared]);
    let Some((table, all)) = layers.find(|(_, all)| *all > u64::from(u32::MAX)) else { return };
    let message = format!(
        "`{table}` needs {all} different keys: `count` times representations, spellings and `copies`"
    );
    let help =
        format!("at most {} are possible: lower `count`, the number of `values`, or `copies`", u32::MAX);
    let largest = groups.iter().max_by_key(|group| group.count).map(|group| group.name.as_str());
    let count = format!("workload.keys.{}.count", largest.unwrap_or_default());
    r.conflict(&[&count, "workload.dimensions"], message, help);
}
