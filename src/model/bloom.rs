//! A Bloom filter of the keys that exist, in the memory of each instance (Bloom, CACM 1970).
//!
//! It is asked before any cache. What it does not know does not exist, for sure; of the keys that do not exist it takes
//! a share for others that do, and these go on as without it. Which ones these are hangs on the key alone: all
//! instances have the same hash functions, so that asking again does not help.

use super::Model;
use super::key::KeyGroup;
use super::request::{Request, Value};
use super::traffic::ArrivalSpec;
use super::truth::{exists, value};
use super::world::World;
use crate::measure::BloomRecord;
use crate::quantity::Ratio;
use crate::random::{Stream, math};
use crate::scenario::{Reader, share_in, table};

/// A Bloom filter of all keys that exist.
#[derive(Clone, Debug, PartialEq)]
pub struct BloomSpec {
    /// Share of the keys that do not exist which it takes for others.
    pub false_positives: Ratio,
}

impl BloomSpec {
    pub(super) fn field(r: &mut Reader) -> Option<Self> {
        let doc = "Each instance has a Bloom filter of the keys that exist, and answers by itself for others. \
                   Without it: it has none.";
        r.field("bloom_filter", doc, table(Self::read).bare("false_positives")).optional()
    }

    fn read(r: &mut Reader) -> Self {
        let doc = "Share of the keys that do not exist which it takes for others. Default: RedisBloom, \
                   `bf-error-rate`.";
        let range = Ratio(1e-9)..=Ratio(0.5);
        Self { false_positives: r.field("false_positives", doc, share_in(range)).or_written(r#""1 %""#) }
    }

    /// A record of a filter with room for all keys that exist: as many bits for each as keep the promise with the best
    /// number of hash functions, −ln p / ln² 2.
    pub(super) fn new_record(&self, groups: &[KeyGroup]) -> BloomRecord {
        let keys: u64 = groups.iter().filter(|group| group.exists).map(|group| u64::from(group.count)).sum();
        let ln_2 = std::f64::consts::LN_2;
        let bits = keys as f64 * -math::ln(self.false_positives.0) / (ln_2 * ln_2);
        BloomRecord { bytes: (bits / 8.0).ceil() as u64, ..BloomRecord::default() }
    }
}

/// A filter is made of keys that are known.
pub(super) fn check(model: &Model, r: &mut Reader) {
    if model.app.bloom_filter.is_some() && matches!(model.workload.arrivals, ArrivalSpec::Trace(_)) {
        let message =
            "`app.bloom_filter` knows which keys exist, and those of a trace are known only when they appear";
        let help = "take `bloom_filter` away, or choose other `arrivals`";
        r.conflict(&["app.bloom_filter", "workload.arrivals"], message, help);
    }
}

/// The filter; that of one instance is like that of the others.
pub(super) struct BloomFilter {
    false_positives: f64,
    draws: Stream,
}

impl BloomFilter {
    pub(super) fn new(spec: &BloomSpec, draws: Stream) -> Self {
        Self { false_positives: spec.false_positives.0, draws }
    }

    /// What is answered if the key is known not to exist.
    pub(super) fn rules_out(&self, w: &World<'_>, request: &Request) -> Option<Value> {
        if exists(w, request) {
            return None;
        }
        let passes = self.draws.at(request.key.into()).unit() < self.false_positives;
        if let Some(record) = &mut w.record.borrow_mut().layers.bloom {
            *(if passes { &mut record.passed } else { &mut record.ruled_out }) += 1;
        }
        let version = || w.truth.borrow_mut().database_version(request.key);
        (!passes).then(|| value(w, request, version(), w.engine.now()))
    }
}
