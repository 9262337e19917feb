//! D23: entries expire in waves that do not fit the measured window.

use super::shorter_than_ttl::lengths;
use super::{About, Find, Proof, Rule, seconds};
use crate::experiment::fitness::{Fit, WAVES_MIN, waves};
use crate::report::format::significant;

pub static RULE: Rule = Rule {
    code: "D23",
    title: "entries expire in waves that do not fit the window",
    about: About::Run,
    meaning: "Entries that are loaded together expire together when the TTL has no jitter: the load of the database comes \
              in waves, one per TTL. A window with part of a wave gives another mean than a window with whole waves.",
    when: || {
        format!(
            "a TTL has no jitter, and the measured window is shorter than {WAVES_MIN} TTLs or is not a whole number of \
             TTLs, give or take 5 % of the window. It counts the same TTLs as D22"
        )
    },
    remedy: "Set `ttl_jitter` if the real system has jitter. If not, measure a whole number of TTLs, 5 or more.",
    source: "a rule about the settings; a comparison of thirds sees such waves in 65 % of runs",
    find: Find::Fit(find),
};

fn find(fit: Fit) -> Option<Proof> {
    let found = waves(fit)?;
    let ttl = found.ttl.as_secs_f64();
    Some(Proof {
        evidence: format!(
            "`{}` keeps `{}` for {} without jitter, and the measured window of {} is {} TTLs",
            found.layer.name(),
            found.group,
            seconds(ttl),
            seconds(found.window.as_secs_f64()),
            significant(found.waves)
        ),
        advice: format!(
            "Set `ttl_jitter` if the real system has jitter. If not, measure a whole number of TTLs: {}.",
            lengths(fit)
        ),
    })
}
