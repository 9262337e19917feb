//! Replications that go on until the objectives of all variants are decided, by Wald's test on the runs in their order.
//!
//! Rounds have a fixed size, so the outcome does not depend on the number of threads, and never on the wall clock.

use super::verdict::{State, Verdict};
use super::{Outcome, Runner, Variant, Watch, round};
use crate::measure::{Record, metrics, short_tails};
use crate::model::{Objective, SimulateError};

/// So many replications are made between two looks.
const ROUND: u32 = 5;

/// What has been seen of an objective of a variant.
struct Seen {
    /// The place of its metric in the registry.
    place: usize,
    objective: Objective,
    /// The metric's value in each run.
    values: Vec<Option<f64>>,
    /// Of the runs in which it has one: how many lie above it, if it is a percentile with a short tail.
    tails: Vec<Option<f64>>,
}

/// All objectives of all variants.
struct Deciding(Vec<Vec<Seen>>);

impl Deciding {
    fn new(variants: &[Variant]) -> Self {
        let metrics = metrics();
        let seen = |objective: &Objective| {
            let found = metrics.iter().position(|metric| metric.name == objective.metric.value);
            Seen {
                place: found.expect("an objective has a metric that there is"),
                objective: objective.clone(),
                values: Vec::new(),
                tails: Vec::new(),
            }
        };
        let of = |variant: &Variant| variant.prepared.model().objectives.iter().map(seen).collect();
        Self(variants.iter().map(of).collect())
    }

    fn add(&mut self, variant: usize, record: &Record) {
        let (values, short) = (record.values(), short_tails(record));
        for seen in &mut self.0[variant] {
            let value = values[seen.place];
            seen.values.push(value);
            if value.is_some() {
                let tail = short.iter().find(|(place, _)| *place as usize == seen.place);
                seen.tails.push(tail.map(|(_, above)| *above));
            }
        }
    }

    fn is_decided(&self) -> bool {
        self.0.iter().all(|all| {
            let verdict = |seen: &Seen| {
                let Objective { metric, bound, on, .. } = &seen.objective;
                let verdict = Verdict::sequential(&metric.value, *bound, *on, &seen.values, all.len());
                verdict.with_tails(seen.tails.iter().copied()).state
            };
            State::all(all.iter().map(verdict)) != State::Undecided
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
