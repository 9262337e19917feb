//! D22: the run is short compared with a TTL.

use super::{About, Find, Proof, Rule, seconds};
use crate::experiment::fitness::{Fit, TTLS_MIN, TooShort, long_enough, shorter_than_ttl};
use crate::measure::LOOK_UPS_MIN;
use crate::report::findings::share;
use crate::time::Duration;

pub static RULE: Rule = Rule {
    code: "D22",
    title: "the run is short compared with a TTL",
    about: About::Run,
    meaning: "Few entries or none expire while the run is measured, so the hit ratio is too high and the load of the \
              database too low; or the entries that were loaded at the start all expire in the measured window.",
    when: || {
        format!(
            "the measured window is shorter than {TTLS_MIN} times a TTL, or the warm-up is shorter than the TTL with its \
             jitter. It counts the TTLs of layers and key groups with at least {} of the look-ups",
            share(LOOK_UPS_MIN)
        )
    },
    remedy: "Raise `warmup` to the TTL plus its jitter, and measure at least 3 TTLs (`duration` minus `warmup`).",
    source: "a rule about the settings, because no test on the results sees it: at most 10 % of such runs were found",
    find: Find::Fit(find),
};

fn find(fit: Fit) -> Option<Proof> {
    let short = shorter_than_ttl(fit)?;
    Some(Proof { evidence: evidence(&short), advice: format!("Set {}.", lengths(fit)) })
}

fn time(duration: Duration) -> String {
    seconds(duration.as_secs_f64())
}

fn evidence(short: &TooShort) -> String {
    let others = match short.others {
        0 => String::new(),
        1 => "; one more TTL is too long for this run".into(),
        many => format!("; {many} more TTLs are too long for this run"),
    };
    format!(
        "`{}` keeps `{}` for {}, the warm-up lasts {} and the measured window {}{others}",
        short.layer.name(),
        short.group,
        time(short.ttl),
        time(short.warmup),
        time(short.window)
    )
}

/// The settings that satisfy this rule and that about waves: `warmup`, if it has to change, and `duration`.
pub fn lengths(fit: Fit) -> String {
    let length = long_enough(fit);
    let duration = format!("`duration = \"{}\"`", time(length.warmup + length.window));
    if length.warmup == fit.setting.warmup {
        duration
    } else {
        format!("`warmup = \"{}\"` and {duration}", time(length.warmup))
    }
}
