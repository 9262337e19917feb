//! Replications that go on until the objectives of all variants are decided, by Wald's test on the runs in their order.
//!
//! Rounds have a fixed size, so the outcome does not depend on the number of threads, and never on the wall clock.

use super::verdict::{State, keeps, sequential};
use super::{Outcome, Runner, Variant, Watch, round};
use crate::measure::{Record, metrics};
use crate::model::{Bound, SimulateError};

/// So many replications are made between two looks.
const ROUND: u32 = 5;

/// For each variant and objective, which runs keep it.
struct Deciding {
    /// The place of its metric in the registry, and its limit, for each objective of each variant.
    objectives: Vec<Vec<(usize, Bound)>>,
    kept: Vec<Vec<Vec<bool>>>,
}

impl Deciding {
    fn new(variants: &[Variant]) -> Self {
        let metrics = metrics();
        let place = |name: &str| {
            let place = metrics.iter().position(|metric| metric.name == name);
            place.expect("an objective has a metric that there is")
        };
        let of = |variant: &Variant| -> Vec<(usize, Bound)> {
            let objectives = variant.prepared.model().objectives.iter();
            objectives.map(|objective| (place(&objective.metric.value), objective.bound)).collect()
        };
        let objectives: Vec<_> = variants.iter().map(of).collect();
        let kept = objectives.iter().map(|all| vec![Vec::new(); all.len()]).collect();
        Self { objectives, kept }
    }

    fn add(&mut self, variant: usize, record: &Record) {
        let values = record.values();
        for ((place, bound), kept) in self.objectives[variant].iter().zip(&mut self.kept[variant]) {
            kept.push(keeps(*bound, values[*place]));
        }
    }

    fn is_decided(&self) -> bool {
        self.kept.iter().all(|kept| {
            let tests = kept.len();
            let states = kept.iter().map(|kept| sequential(kept.iter().copied(), tests));
            State::all(states) != State::Undecided
        })
    }
}

/// Runs replications of several variants, at least `first` of each, until the objectives of all are decided, or as many are
/// done as the first variant asks for.
///
/// # Errors
/// See [`super::replicate`].
pub fn replicate_until_decided(
    variants: &[Variant],
    first: u32,
    runner: &Runner<impl Watch>,
) -> Result<Vec<Outcome>, SimulateError> {
    let most = variants.first().map_or(0, |variant| variant.prepared.model().replications);
    let mut deciding = Deciding::new(variants);
    let mut records: Vec<Vec<Record>> = variants.iter().map(|_| Vec::new()).collect();
    let (mut from, mut to) = (0, first.min(most));
    let is_complete = loop {
        let done = round(variants, from..to, runner)?;
        for (variant, done) in done.into_iter().enumerate() {
            for record in &done {
                deciding.add(variant, record);
            }
            records[variant].extend(done);
        }
        if records.iter().any(|records| records.len() < to as usize) {
            break false;
        }
        if to == most || deciding.is_decided() {
            break true;
        }
        (from, to) = (to, (to + ROUND).min(most));
    };
    let outcomes = variants.iter().zip(records);
    let outcome = |(variant, records): (&Variant, Vec<Record>)| {
        let mut outcome = Outcome::new(variant.name, variant.prepared, records);
        outcome.wanted = if is_complete { to } else { most };
        outcome.auto_max = Some(most);
        outcome
    };
    Ok(outcomes.map(outcome).collect())
}
