//! The caches still fill, or empty, after the warm-up. The window is cut into thirds; in each replication the first is
//! taken from the last, and the differences are tested as pairs. A level has to change by a part that matters besides:
//! with enough replications any change is sure. Systems that are warm are flagged in at most 5 % of experiments, a
//! cold start and a filling cache in nearly all. Only a window without events is cut, and levels that follow the rate of
//! requests only where that rate is steady.

use super::Fit;
use crate::experiment::statistics::paired_p_value;
use crate::measure::{Fitness, Layer, THIRDS};

/// A level that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The hit ratio of a caching layer.
    HitRatio(Layer),
    /// Reads of the database per second.
    DatabaseReads,
    /// Busy workers of the database.
    DatabaseBusy,
}

/// A level that changes over the window: its means over the replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Which level.
    pub of: Watched,
    /// In the first third of the window.
    pub first: f64,
    /// In the last third.
    pub last: f64,
}

/// A change that chance makes less often than this.
const P_MAX: f64 = 0.01;

/// A hit ratio has to change by this share of itself, and by so much.
const HIT_RATIO_MIN: [f64; 2] = [0.02, 0.01];

/// Other levels have to change by this share.
const LEVEL_MIN: f64 = 0.05;

/// And a rate by this many events in a third of the window: the first and the last of a regular series lie within it or not,
/// as its ends happen to fall.
const EVENTS_MIN: f64 = 2.0;

/// Of two replications nothing can be said.
const RUNS_MIN: usize = 3;

/// All levels that change over the window.
#[must_use]
pub fn still_warming(fit: Fit) -> Vec<Change> {
    if fit.setting.first_event.is_some() || fit.runs.len() < RUNS_MIN {
        return Vec::new();
    }
    let ratios = Layer::CACHING
        .iter()
        .filter_map(|layer| change(fit, Watched::HitRatio(*layer), &|run| run.hit_ratio[*layer as usize]));
    let loads = [
        change(fit, Watched::DatabaseReads, &|run| run.database_reads_per_s),
        change(fit, Watched::DatabaseBusy, &|run| run.database_busy),
    ];
    let loads = loads.into_iter().flatten().filter(|_| fit.setting.is_steady);
    ratios.chain(loads).collect()
}

fn change(fit: Fit, of: Watched, level: &dyn Fn(&Fitness) -> Option<[f64; THIRDS]>) -> Option<Change> {
    let levels: Vec<[f64; THIRDS]> = fit.runs.iter().map(level).collect::<Option<_>>()?;
    let mean =
        |value: &dyn Fn(&[f64; THIRDS]) -> f64| levels.iter().map(value).sum::<f64>() / levels.len() as f64;
    let differences: Vec<f64> = levels.iter().map(|thirds| thirds[THIRDS - 1] - thirds[0]).collect();
    let (first, last) = (mean(&|thirds| thirds[0]), mean(&|thirds| thirds[THIRDS - 1]));
    let whole = mean(&|thirds| thirds.iter().sum::<f64>() / THIRDS as f64);
    let floor = match of {
        Watched::HitRatio(_) => (HIT_RATIO_MIN[0] * whole).max(HIT_RATIO_MIN[1]),
        Watched::DatabaseReads | Watched::DatabaseBusy => level_min(fit) * whole,
    };
    let is_sure = paired_p_value(&differences).is_some_and(|p| p < P_MAX);
    ((last - first).abs() > floor && is_sure).then_some(Change { of, first, last })
}

/// The share by which levels that follow the reads of the database have to change.
fn level_min(fit: Fit) -> f64 {
    let reads: Vec<f64> = fit.runs.iter().filter_map(|run| run.database_reads_per_s).flatten().collect();
    let rate = reads.iter().sum::<f64>() / reads.len() as f64;
    let in_third = rate * fit.setting.window.as_secs_f64() / THIRDS as f64;
    if in_third > 0.0 { LEVEL_MIN.max(EVENTS_MIN / in_third) } else { LEVEL_MIN }
}

#[cfg(test)]
mod tests {
    use super::super::tests::setting;
    use super::*;

    /// One event every 1.2 s: of 20 s some have 16 and some 17, which is 6 % more.
    #[test]
    fn one_event_more_is_no_change_of_a_rate() {
        let setting = setting(5, 60, &[]);
        let found = |first: f64, last: f64| {
            let reads = [first, last, last].map(|reads| reads / 20.0);
            let run = Fitness {
                database_reads_per_s: Some(reads),
                database_busy: Some(reads),
                ..Fitness::default()
            };
            still_warming(Fit { setting: &setting, runs: &[run.clone(), run.clone(), run] }).len()
        };
        assert_eq!(found(16.0, 17.0), 0);
        assert_eq!(found(16.0, 18.0), 0, "two are a couple");
        assert_eq!(found(16.0, 19.0), 2);
        // Of many events the share decides.
        assert_eq!(found(1600.0, 1670.0), 0);
        assert_eq!(found(1600.0, 1700.0), 2);
    }
}
