//! All metrics: a name, a unit and a sentence each, and how it is computed from a [`Record`].
//!
//! A name is `layer.what`, with the unit last where there is one. What several layers have in common is
//! declared once and named for each. A new metric is one line in the table beside the record it is
//! computed from.

use super::label::Layer;
use super::record::Record;
use super::{
    bloom, cache, calls, client, consistency, guard, instances, nodes, origin, page, pool, process, write,
};
use std::fmt;

/// What the number of a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// A part of a whole, or one quantity as a multiple of another.
    Ratio,
    /// So many each second.
    PerSecond,
    /// So many.
    Count,
    /// Bytes.
    Bytes,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "s",
            Self::Ratio => "ratio",
            Self::PerSecond => "1/s",
            Self::Count => "count",
            Self::Bytes => "bytes",
        })
    }
}

/// Which way a metric changes when a system gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It falls.
    Less,
    /// It rises.
    More,
    /// Neither is better by itself.
    Either,
}

/// A metric: what it is called and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// `layer.what`, the unit last.
    pub name: String,
    /// What its number counts.
    pub unit: Unit,
    /// What it means.
    pub sentence: &'static str,
    /// Which way is better.
    pub wanted: Wanted,
}

/// The part of a run that is measured: after the warm-up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) seconds: f64,
}

/// A metric of one kind of record, before the layer's name is put in front.
pub(super) struct Measure<R> {
    what: &'static str,
    unit: Unit,
    sentence: &'static str,
    value: fn(&R, Window) -> Option<f64>,
    wanted: Wanted,
}

impl<R> Measure<R> {
    pub(super) const fn new(
        what: &'static str,
        unit: Unit,
        sentence: &'static str,
        value: fn(&R, Window) -> Option<f64>,
    ) -> Self {
        Self { what, unit, sentence, value, wanted: Wanted::Either }
    }

    /// One of which a better system has less, and by which variants are compared if nothing else is asked for.
    pub(super) const fn less(
        what: &'static str,
        unit: Unit,
        sentence: &'static str,
        value: fn(&R, Window) -> Option<f64>,
    ) -> Self {
        Self { wanted: Wanted::Less, ..Self::new(what, unit, sentence, value) }
    }

    /// One of which a better system has more; see [`Measure::less`].
    pub(super) const fn more(
        what: &'static str,
        unit: Unit,
        sentence: &'static str,
        value: fn(&R, Window) -> Option<f64>,
    ) -> Self {
        Self { wanted: Wanted::More, ..Self::new(what, unit, sentence, value) }
    }
}

/// Every metric there is, in the order of [`Record::values`].
#[must_use]
pub fn metrics() -> Vec<Metric> {
    let mut all = Vec::new();
    Record::empty().walk(&mut |metric, _| all.push(metric));
    all
}

impl Record {
    /// The value of each metric, in the order of [`metrics`]; nothing where a metric has no meaning:
    /// its layer is left out, or nothing happened that it could be computed from.
    #[must_use]
    pub fn values(&self) -> Vec<Option<f64>> {
        let mut values = Vec::new();
        self.walk(&mut |_, value| values.push(value));
        values
    }

    fn walk(&self, visit: &mut impl FnMut(Metric, Option<f64>)) {
        let window = Window { seconds: self.window_seconds() };
        visit_all("client.", client::MEASURES, Some(&self.clients), window, visit);
        visit_all("client.", consistency::MEASURES, Some(&self.clients.answers), window, visit);
        visit_all("client.", consistency::PROPAGATION, self.clients.propagation.as_ref(), window, visit);
        visit_all("app.worker_", pool::MEASURES, self.layers.workers.as_ref(), window, visit);
        visit_all("app.", instances::MEASURES, self.layers.instances.as_ref(), window, visit);
        visit_all("app.filter_", bloom::MEASURES, self.layers.bloom.as_ref(), window, visit);
        visit_all("app.", page::MEASURES, self.layers.pages.as_ref(), window, visit);
        for (layer, cache) in Layer::CACHING.iter().zip(&self.layers.caches) {
            let prefix = format!("{}.", layer.name());
            visit_all(&prefix, cache::MEASURES, cache.as_ref(), window, visit);
            let answers = cache.as_ref().and_then(|_| self.served_by(*layer));
            visit_all(&prefix, client::SERVED, answers.as_ref(), window, visit);
            visit_all(&prefix, consistency::MEASURES, answers.as_ref(), window, visit);
        }
        visit_all("process.", process::MEASURES, self.layers.process.as_ref(), window, visit);
        visit_all("redis.", cache::LOCKS, self.layers.caches[Layer::Redis as usize].as_ref(), window, visit);
        visit_all("redis.", nodes::MEASURES, self.layers.redis_nodes.as_ref(), window, visit);
        visit_all("redis.pool_", pool::MEASURES, self.layers.redis_pool.as_ref(), window, visit);
        visit_all("database.", origin::MEASURES, self.layers.database.as_ref(), window, visit);
        let answers = self.layers.database.as_ref().and_then(|_| self.served_by(Layer::Database));
        visit_all("database.", consistency::MEASURES, answers.as_ref(), window, visit);
        visit_all("database.worker_", pool::MEASURES, self.layers.database_workers.as_ref(), window, visit);
        visit_all("database.pool_", pool::MEASURES, self.layers.database_pool.as_ref(), window, visit);
        visit_all("database.disk_", pool::MEASURES, self.layers.database_disks.as_ref(), window, visit);
        let guard = |layer: Layer| self.layers.guards[layer as usize].as_ref();
        visit_all("redis.", guard::MEASURES, guard(Layer::Redis), window, visit);
        visit_all("database.", guard::MEASURES, guard(Layer::Database), window, visit);
        visit_all("search.", calls::MEASURES, self.layers.search.as_ref(), window, visit);
        visit_all("search.", client::SERVED, self.served_by(Layer::Search).as_ref(), window, visit);
        visit_all("search.", consistency::MEASURES, self.served_by(Layer::Search).as_ref(), window, visit);
        visit_all("search.worker_", pool::MEASURES, self.layers.search_workers.as_ref(), window, visit);
        visit_all("search.", guard::MEASURES, guard(Layer::Search), window, visit);
        visit_all("downstream.", calls::MEASURES, self.layers.downstream.as_ref(), window, visit);
        let answers = self.served_by(Layer::Downstream);
        visit_all("downstream.", consistency::MEASURES, answers.as_ref(), window, visit);
        visit_all("downstream.", calls::OF_SERVICES, self.layers.downstream.as_ref(), window, visit);
        visit_all(
            "downstream.worker_",
            pool::MEASURES,
            self.layers.downstream_workers.as_ref(),
            window,
            visit,
        );
        visit_all("downstream.", guard::MEASURES, guard(Layer::Downstream), window, visit);
        visit_all("write.", write::MEASURES, self.layers.writes.as_ref(), window, visit);
        visit_all("bus.", write::OF_BUS, self.layers.bus.as_ref(), window, visit);
    }
}

fn visit_all<R>(
    prefix: &str,
    measures: &'static [Measure<R>],
    record: Option<&R>,
    window: Window,
    visit: &mut impl FnMut(Metric, Option<f64>),
) {
    for measure in measures {
        let metric = Metric {
            name: format!("{prefix}{}", measure.what),
            unit: measure.unit,
            sentence: measure.sentence,
            wanted: measure.wanted,
        };
        let value =
            record.and_then(|record| (measure.value)(record, window)).filter(|value| value.is_finite());
        visit(metric, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_end_with_their_unit() {
        let all = metrics();
        let mut names: Vec<&str> = all.iter().map(|metric| metric.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
        for metric in &all {
            let name = &metric.name;
            assert_eq!(name.ends_with("_seconds"), metric.unit == Unit::Seconds, "{name}");
            assert_eq!(name.ends_with("_per_s"), metric.unit == Unit::PerSecond, "{name}");
            assert_eq!(name.ends_with("_bytes"), metric.unit == Unit::Bytes, "{name}");
            assert!(metric.sentence.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn a_layer_has_no_metric_that_can_never_have_a_value() {
        // Instances share no lock, as opposed to Redis.
        let has = |name: &str| metrics().iter().any(|metric| metric.name == name);
        assert_eq!(["process.lock_wait_ratio", "redis.lock_wait_ratio"].map(has), [false, true]);
    }

    #[test]
    fn the_names_that_others_rely_on_are_there() {
        let all = metrics();
        for name in [
            "redis.hit_ratio",
            "database.load_rate_peak_per_s",
            "database.concurrent_loads_per_key_max",
            "client.latency_p99_seconds",
            "client.staleness_p99_seconds",
            "redis.pool_wait_p99_seconds",
            "redis.miss_penalty_ratio",
        ] {
            assert!(all.iter().any(|metric| metric.name == name), "{name}");
        }
    }
}
