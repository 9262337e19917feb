//! D20: the caches still fill, or empty, while the run is measured.

use super::{About, Find, Proof, Rule, rate, share};
use crate::experiment::fitness::{Change, Fit, Watched, still_warming};
use crate::report::format::significant;

pub static RULE: Rule = Rule {
    code: "D20",
    title: "the caches are still warming up",
    about: About::Run,
    meaning: "A level changes from the start of the measured window to its end. The results are a mean over the warm-up \
              and the steady state, and a longer run would give others.",
    when: || {
        "the last third of the measured window differs from the first third in the hit ratio of a layer (by more than 2 % \
         of it and 1 percentage point), in the database reads per second or in the busy database workers (by more than \
         5 % and two reads), and a paired t-test over at least 3 replications gives p < 0.01. Only for a window without events; for the \
         database only if the request rate is constant"
            .into()
    },
    remedy: "Raise `warmup`, and `duration` by the same time.",
    source: "measured on systems whose answer is known: it finds a cold start and a filling cache in at least 97 % of \
             experiments, and flags a warm system in at most 5 %",
    find: Find::Fit(find),
};

fn find(fit: Fit) -> Option<Proof> {
    let changes = still_warming(fit);
    if changes.is_empty() {
        return None;
    }
    let shown: Vec<String> = changes.iter().map(show).collect();
    Some(Proof {
        evidence: format!("from the first third of the measured window to the last, {}", shown.join("; ")),
        advice: "Raise `warmup`, and `duration` by the same time.".into(),
    })
}

fn show(change: &Change) -> String {
    let verb = if change.last > change.first { "rises" } else { "falls" };
    let (what, number): (String, fn(f64) -> String) = match change.of {
        Watched::HitRatio(layer) => (format!("the hit ratio of `{}`", layer.name()), share),
        Watched::DatabaseReads => ("the rate of database reads".into(), rate),
        Watched::DatabaseBusy => ("the number of busy database workers".into(), significant),
    };
    format!("{what} {verb} from {} to {}", number(change.first), number(change.last))
}
