//! What goes with a key group's needs: objectives that somebody counts, writes to read back, no trace.

use super::Model;
use super::key::KeyGroup;
use super::objective::Objective;
use crate::measure::Need;
use crate::scenario::Reader;

/// Metrics of reads that have to be consistent, by how the name begins after the layer, with the setting that has them
/// counted.
const COUNTED: [(&str, Option<Need>, &str); 6] = [
    ("strong_violation", Some(Need::Strong), "\"strong\""),
    ("bounded_violation", Some(Need::Bounded), "{ bounded = \"5 s\" }"),
    ("read_your_writes_violation", Some(Need::ReadYourWrites), "\"read-your-writes\""),
    ("monotonic_violation", Some(Need::Monotonic), "\"monotonic\""),
    ("propagation_", None, "\"strong\""),
    ("versions_at_once_", None, "\"strong\""),
];

/// An objective about what nothing counts would have no value.
pub(super) fn check_objective(model: &Model, r: &mut Reader, objective: &Objective) {
    let metric = &objective.metric;
    let what = metric.value.split_once('.').map_or("", |(_, what)| what);
    let Some((_, wanted, setting)) = COUNTED.iter().find(|(begins, ..)| what.starts_with(begins)) else {
        return;
    };
    let needs = model.workload.keys.iter().filter_map(|group| group.needs.consistency.need());
    if needs.into_iter().any(|need| wanted.is_none_or(|wanted| need == wanted)) {
        return;
    }
    let which = match wanted {
        Some(need) => format!("{} consistency", need.name()),
        None => "consistency".to_owned(),
    };
    let message = format!("`{}` is counted for key groups that need {which}, and none does", metric.value);
    let help = format!("give a key group `consistency = {setting}`, or choose another metric");
    r.problem(metric.span, message, help);
}

/// Requests in the wake of others: a trace has all there were, and what is not written is not read back.
pub(super) fn check_follow_ups(groups: &[KeyGroup], is_traced: bool, r: &mut Reader) {
    if is_traced && groups.iter().any(|group| group.needs.goes_on()) {
        r.contradiction(
            "keys",
            "`reads_own_writes` and `session` do not go with a trace",
            "take them away: a trace says itself who asks again, and when",
        );
        return;
    }
    for group in groups.iter().filter(|group| group.needs.reads_own_writes.is_some() && group.writes.0 == 0.0)
    {
        let message =
            format!("`reads_own_writes` of `{}` has nothing to read back: nothing is written", group.name);
        r.contradiction(
            "keys",
            message,
            "give the group `writes`, such as `\"10/s\"`, or take the setting away",
        );
    }
}
