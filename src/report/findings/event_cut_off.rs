//! D28: an event is not in the measured window, or what follows it is not.

use super::{About, Find, Proof, Rule, seconds};
use crate::experiment::Outcome;
use crate::report::subject::{Effect, Happening, Subject};
use crate::time::Instant;

pub static RULE: Rule = Rule {
    code: "D28",
    title: "an event does not fit the measured window",
    about: About::Run,
    meaning: "The run measures the system before an event, during it and after it only if all three are in the window. \
              What happens in the warm-up is in no metric, and a recovery that the end cuts off looks like none.",
    when: || {
        "an event begins before the measured window, or is over in its last tenth or later. An event that lasts for the whole \
         window is not named, and neither is a change that stays or a `load` that fills the cache in the warm-up"
            .into()
    },
    remedy: "Move `at`, or change `warmup` and `duration`, so that there is time before the event and after it.",
    source: "a rule about the settings; the last tenth of the window is where D24 looks for the recovery",
    find: Find::Results(find),
};

fn find(subject: &Subject, _: &Outcome) -> Option<Proof> {
    let misfits: Vec<String> =
        subject.happenings.iter().filter_map(|happening| misfit(subject, happening)).collect();
    (!misfits.is_empty()).then(|| Proof {
        evidence: misfits.join("; "),
        advice: "Move `at`, or change `warmup` and `duration`, so that there is time before the event and after it."
            .into(),
    })
}

fn misfit(subject: &Subject, happening: &Happening) -> Option<String> {
    let [start, end] = [subject.warmup, subject.length].map(|time| Instant::ZERO + time);
    let over = happening.at + happening.lasts.unwrap_or_default();
    let lasts_throughout = happening.at <= start && over >= end;
    if happening.stays || happening.effect == Effect::Fill || lasts_throughout {
        return None;
    }
    let [start_at, at, over_at, end_at] =
        [start, happening.at, over, end].map(|time| seconds((time - Instant::ZERO).as_secs_f64()));
    let label = &happening.label;
    let left = (end - over).as_nanos() as f64;
    if over < start {
        Some(format!("\"{label}\" at {at} is over before the measured window begins at {start_at}"))
    } else if happening.at < start {
        Some(format!("\"{label}\" at {at} begins before the measured window does at {start_at}"))
    } else if left < (end - start).as_nanos() as f64 / 10.0 {
        Some(format!("\"{label}\" is over at {over_at}, and the measured window ends at {end_at}"))
    } else {
        None
    }
}
