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
        check_number_of_keys(model, r, spec);
    }
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

/// Keys are numbered, and the numbers of those that a cache tells apart have to suffice.
fn check_number_of_keys(model: &Model, r: &mut Reader, spec: &HttpCacheSpec) {
    let ways = |names: &mut dyn Iterator<Item = &str>| -> u64 {
        let values = |name| {
            let known = model.workload.dimensions.iter().find(|known| known.name == name);
            known.map_or(1, |dimension| dimension.values.len() as u64)
        };
        names.map(values).fold(1, u64::saturating_mul)
    };
    let keys = |group: &KeyGroup| {
        let depends = ways(&mut group.responses.varies_by.iter().map(|name| name.value.as_str()));
        let has = match &spec.vary {
            Some(vary) => ways(&mut vary.iter().map(|name| name.value.as_str())),
            None => depends,
        };
        let spellings = group.responses.spellings.len().max(1) as u64;
        u64::from(group.count).saturating_mul(1 + depends.max(has).saturating_mul(spellings))
    };
    let all = model.workload.keys.iter().map(keys).fold(0, u64::saturating_add);
    if all > u64::from(u32::MAX) {
        let table = spec.layer.table();
        let message =
            format!("`{table}` would tell {all} keys apart, in all their representations and spellings");
        r.contradiction(
            "workload",
            message,
            format!("{} are possible: lower `count`, or the number of `values`", u32::MAX),
        );
    }
}
