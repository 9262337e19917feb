//! Replications that go on until the objectives of all variants are decided, by the judge of plans: Wald's test on the runs in
//! their order, whether each keeps all objectives.
//!
//! Rounds have a fixed size, so the outcome does not depend on the number of threads, and never on the wall clock.

use super::plan::{Judge, Verdict};
use super::sweep::Numbers;
use super::{Outcome, Runner, Variant, Watch, round};
use crate::measure::{Record, short_tails};
use crate::model::{SimulateError, Sure};

/// So many replications are made between two looks.
const ROUND: u32 = 5;

/// A variant whose objectives are being decided.
struct Deciding {
    judge: Judge,
    runs: Vec<Numbers>,
}

impl Deciding {
    fn new(variant: &Variant, most: u32) -> Self {
        let objectives = &variant.prepared.model().objectives;
        Self { judge: Judge::new(objectives, Sure::MOST_RUNS, None, most), runs: Vec::new() }
    }

    fn add(&mut self, record: &Record) {
        self.runs.push(Numbers::of(&record.values()).with_tails(short_tails(record)));
    }

    fn is_decided(&self) -> bool {
        self.judge.has_no_rules() || self.judge.judge(&self.runs).all != Verdict::Open
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
    let mut deciding: Vec<Deciding> = variants.iter().map(|variant| Deciding::new(variant, most)).collect();
    let mut records: Vec<Vec<Record>> = variants.iter().map(|_| Vec::new()).collect();
    let (mut from, mut to) = (0, first.min(most));
    let is_complete = loop {
        let done = round(variants, from..to, runner)?;
        for (variant, done) in done.into_iter().enumerate() {
            for record in &done {
                deciding[variant].add(record);
            }
            records[variant].extend(done);
        }
        if records.iter().any(|records| records.len() < to as usize) {
            break false;
        }
        if to == most || deciding.iter().all(Deciding::is_decided) {
            break true;
        }
        (from, to) = (to, (to + ROUND).min(most));
    };
    runner.watch.all_ended();
    let outcomes = variants.iter().zip(records);
    let outcome = |(variant, records): (&Variant, Vec<Record>)| {
        let mut outcome = Outcome::new(variant.name, variant.prepared, records);
        outcome.wanted = if is_complete { to } else { most };
        outcome.auto_max = Some(most);
        outcome
    };
    Ok(outcomes.map(outcome).collect())
}
