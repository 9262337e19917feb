//! All metrics: a name, a unit and a sentence each, and how it is computed from a [`Record`].
//!
//! A name is `layer.what`, with the unit last where there is one. What several layers have in common is
//! declared once and named for each. A new metric is one line in the table beside the record it is
//! computed from.

use super::label::Layer;
pub use super::metric::{Kind, Metric, Unit, Wanted};
use super::reading::{Part, Ranked, Reading};
use super::record::Record;
use super::{
    bloom, cache, calls, client, consistency, guard, instances, nodes, origin, page, pool, process, write,
};

/// The part of a run that is measured: after the warm-up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) seconds: f64,
}

/// A metric of one kind of record, before the layer's name is put in front.
pub(super) struct Measure<R> {
    what: &'static str,
    unit: Unit,
    kind: Kind,
    whole: &'static str,
    sentence: &'static str,
    read: Read<R>,
    wanted: Wanted,
}

/// How a metric is read from its record.
enum Read<R> {
    Number(fn(&R, Window) -> Option<f64>),
    Part(fn(&R, Window) -> Option<Part>),
    Ranked(fn(&R) -> Ranked<'_>),
}

impl<R> Measure<R> {
    const fn new(what: &'static str, kind: Kind, unit: Unit, sentence: &'static str, read: Read<R>) -> Self {
        Self { what, unit, kind, whole: "", sentence, read, wanted: Wanted::Either }
    }

    /// See [`Kind::Mean`].
    pub(super) const fn mean(
        what: &'static str,
        unit: Unit,
        sentence: &'static str,
        value: fn(&R, Window) -> Option<f64>,
    ) -> Self {
        Self::new(what, Kind::Mean, unit, sentence, Read::Number(value))
    }

    /// See [`Kind::Count`].
    pub(super) const fn count(
        what: &'static str,
        sentence: &'static str,
        value: fn(&R, Window) -> Option<f64>,
    ) -> Self {
        Self::new(what, Kind::Count, Unit::Count, sentence, Read::Number(value))
    }

    /// See [`Kind::Peak`].
    pub(super) const fn peak(
        what: &'static str,
        unit: Unit,
        sentence: &'static str,
        value: fn(&R, Window) -> Option<f64>,
    ) -> Self {
        Self::new(what, Kind::Peak, unit, sentence, Read::Number(value))
    }

    /// See [`Kind::Share`]; `whole` is what is counted.
    pub(super) const fn share(
        what: &'static str,
        whole: &'static str,
        sentence: &'static str,
        part: fn(&R, Window) -> Option<Part>,
    ) -> Self {
        Self { whole, ..Self::new(what, Kind::Share, Unit::Ratio, sentence, Read::Part(part)) }
    }

    /// See [`Kind::Percentile`].
    pub(super) const fn percentile(
        what: &'static str,
        quantile: f64,
        sentence: &'static str,
        ranked: fn(&R) -> Ranked<'_>,
    ) -> Self {
        Self::new(what, Kind::Percentile(quantile), Unit::Seconds, sentence, Read::Ranked(ranked))
    }

    /// The longest of a distribution: a [`Kind::Peak`] that fails if anything never ended.
    pub(super) const fn slowest(
        what: &'static str,
        sentence: &'static str,
        ranked: fn(&R) -> Ranked<'_>,
    ) -> Self {
        Self::new(what, Kind::Peak, Unit::Seconds, sentence, Read::Ranked(ranked))
    }

    fn metric(&self, prefix: &str) -> Metric {
        Metric {
            name: format!("{prefix}{}", self.what),
            unit: self.unit,
            kind: self.kind,
            whole: self.whole,
            sentence: self.sentence,
            wanted: self.wanted,
        }
    }

    fn reading<'r>(&self, record: &'r R, window: Window) -> Reading<'r> {
        match (&self.read, self.kind) {
            (Read::Ranked(ranked), Kind::Percentile(quantile)) => {
                Reading::Percentile { quantile, ranked: ranked(record) }
            }
            (Read::Part(part), _) => part(record, window).map_or(Reading::Absent, Reading::Part),
            (Read::Number(value), _) => value(record, window).map_or(Reading::Absent, Reading::Number),
            (Read::Ranked(ranked), _) => {
                ranked(record).quantile_seconds(1.0).map_or(Reading::Absent, Reading::Longest)
            }
        }
    }
}

/// A better system has less of it. `compare` shows such a metric if no other is asked for.
pub(super) const fn less<R>(measure: Measure<R>) -> Measure<R> {
    Measure { wanted: Wanted::Less, ..measure }
}

/// A better system has more of it; see [`less`].
pub(super) const fn more<R>(measure: Measure<R>) -> Measure<R> {
    Measure { wanted: Wanted::More, ..measure }
}

/// Visits the metrics of a record: those that are declared, and what they come to.
trait Visit {
    fn visit(&mut self, metric: &dyn Fn() -> Metric, reading: Reading<'_>);
}

impl<F: FnMut(&dyn Fn() -> Metric, Reading<'_>)> Visit for F {
    fn visit(&mut self, metric: &dyn Fn() -> Metric, reading: Reading<'_>) {
        self(metric, reading);
    }
}

/// Every metric there is, in the order of [`Record::values`].
#[must_use]
pub fn metrics() -> Vec<Metric> {
    let mut all = Vec::new();
    Record::empty().walk(&mut |metric: &dyn Fn() -> Metric, _: Reading<'_>| all.push(metric()));
    all
}

impl Record {
    /// The value of each metric, in the order of [`metrics`]; nothing where a metric has no meaning:
    /// its layer is left out, or nothing happened that it could be computed from.
    #[must_use]
    pub fn values(&self) -> Vec<Option<f64>> {
        let mut values = Vec::new();
        self.readings(|_, reading| values.push(reading.value()));
        values
    }

    /// What each metric is computed from, with its place in [`metrics`]: what several runs need to be put together.
    pub fn readings(&self, mut see: impl FnMut(usize, Reading<'_>)) {
        let mut place = 0;
        self.walk(&mut |_: &dyn Fn() -> Metric, reading: Reading<'_>| {
            see(place, reading);
            place += 1;
        });
    }

    fn walk(&self, visit: &mut impl Visit) {
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
    visit: &mut impl Visit,
) {
    for measure in measures {
        let reading = record.map_or(Reading::Absent, |record| measure.reading(record, window));
        visit.visit(&|| measure.metric(prefix), reading);
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
