//! What the replications of one variant say together.

use super::aftermath::{self, Aftermath, EventFacts};
use super::fitness::{Fit, Setting};
use super::gather::{All, gather};
use super::hot_keys;
use super::plan;
use super::statistics::{Disagreement, Estimate, Summary};
use super::sweep::Numbers;
use super::verdict::{self, State, Verdict};
use crate::measure::{
    Fitness, GroupRecord, Histogram, HotKey, LatencySeries, Layer, Metric, PropagationRecord, Record, Served,
    Timeline, metrics,
};
use crate::model::{Objective, On, Prepared, Sure, WorkloadSpec};
use crate::time::Duration;
use std::sync::OnceLock;

/// The finished replications of one variant.
pub struct Outcome {
    /// The variant's name; `base` for the scenario itself.
    pub variant: String,
    /// How many replications were asked for.
    pub wanted: u32,
    /// The most replications that could be made, if they were made one after the other until the objectives were decided.
    pub auto_max: Option<u32>,
    /// Each metric with its value in each replication, where it has one.
    pub metrics: Vec<(Metric, Vec<Option<f64>>)>,
    /// The scenario's objectives.
    pub objectives: Vec<Objective>,
    /// The names of the key groups, in their order.
    pub groups: Vec<String>,
    /// The traffic.
    pub traffic: WorkloadSpec,
    /// The scenario's events.
    pub events: Vec<EventFacts>,
    /// The layer whose hot keys are told; none are the clients.
    pub layer_of_hot_keys: Option<Layer>,
    /// Whether the system collapses in some runs and not in others.
    pub disagreement: Option<Disagreement>,
    summaries: Vec<Option<Summary>>,
    records: Vec<Record>,
    setting: Setting,
    fitness: Vec<Fitness>,
    /// Worked out when it is asked for first.
    aftermaths: OnceLock<Vec<Aftermath>>,
}

/// A series over time: the mean over the replications with its 95 % confidence interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Mean of each bucket.
    pub mean: Vec<f64>,
    /// Lower and upper end of each bucket's interval; nothing with a single replication.
    pub interval: Option<Vec<(f64, f64)>>,
}

impl Outcome {
    pub(super) fn new(variant: &str, prepared: &Prepared, records: Vec<Record>) -> Self {
        let metrics = metrics();
        let All { values, summaries, disagreement } = gather(&records, &metrics);
        Self {
            variant: variant.into(),
            wanted: prepared.model().replications,
            auto_max: None,
            metrics: metrics.into_iter().zip(values).collect(),
            disagreement,
            summaries,
            objectives: prepared.model().objectives.clone(),
            groups: prepared.model().workload.keys.iter().map(|group| group.name.clone()).collect(),
            traffic: prepared.model().workload.clone(),
            events: prepared.model().events.iter().map(EventFacts::of).collect(),
            layer_of_hot_keys: prepared.model().layer_of_hot_keys(),
            setting: Setting::of(prepared.model(), prepared.end()),
            fitness: records.iter().map(Fitness::of).collect(),
            aftermaths: OnceLock::new(),
            records,
        }
    }

    /// What is known of whether the run is fit to be measured.
    #[must_use]
    pub fn fit(&self) -> Fit<'_> {
        Fit { setting: &self.setting, runs: &self.fitness }
    }

    /// How long each run is measured.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.setting.window
    }

    /// How many replications were finished.
    #[must_use]
    pub fn replications(&self) -> usize {
        self.metrics.first().map_or(0, |(_, values)| values.len())
    }

    /// Whether all of them were.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.replications() == self.wanted as usize
    }

    /// The record of each finished replication.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// What the runs say together about a metric; nothing if it has no value in any.
    #[must_use]
    pub fn summary(&self, metric: &str) -> Option<&Summary> {
        let place = self.metrics.iter().position(|(known, _)| known.name == metric)?;
        self.summaries[place].as_ref()
    }

    /// The one number for a metric that is shown everywhere; nothing if it has no value, or too little tells it. It is infinite if
    /// the metric fails.
    #[must_use]
    pub fn value(&self, metric: &str) -> Option<f64> {
        self.summary(metric)?.value()
    }

    /// Every metric that has a value in any run, with what the runs say together.
    pub fn summaries(&self) -> impl Iterator<Item = (&Metric, &Summary)> {
        let all = self.metrics.iter().zip(&self.summaries);
        all.filter_map(|((metric, _), summary)| Some((metric, summary.as_ref()?)))
    }

    /// The estimate of a metric over the replications in which it has a value.
    #[must_use]
    pub fn estimate(&self, metric: &str) -> Option<Estimate> {
        let (_, values) = self.metrics.iter().find(|(known, _)| known.name == metric)?;
        estimate(values)
    }

    /// A metric's value in each replication.
    #[must_use]
    pub fn values(&self, metric: &str) -> Option<&[Option<f64>]> {
        let (_, values) = self.metrics.iter().find(|(known, _)| known.name == metric)?;
        Some(values)
    }

    /// Every metric that has a value, with its estimate.
    pub fn estimates(&self) -> impl Iterator<Item = (&Metric, Estimate)> {
        self.metrics.iter().filter_map(|(metric, values)| Some((metric, estimate(values)?)))
    }

    /// What the replications say about each objective.
    ///
    /// # Panics
    /// If an objective has a metric that there is none of: reading the scenario finds that.
    #[must_use]
    pub fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |objective: &Objective| {
            let name = &objective.metric.value;
            let found = self.metrics.iter().position(|(metric, _)| metric.name == *name);
            let place = found.expect("an objective has a metric that there is");
            let values = &self.metrics[place].1;
            let is_there = self.fitness.iter().zip(values).filter(|(_, value)| value.is_some());
            let verdict = Verdict::of(name, objective.bound, objective.on, values);
            verdict.with_tails(is_there.map(|(run, _)| run.tail(place)))
        };
        let verdicts = self.objectives.iter().map(verdict);
        match self.judged() {
            None => verdicts.collect(),
            Some(judged) => {
                let states = judged.objectives.into_iter().map(plan::Verdict::state);
                verdicts.zip(states).map(|(verdict, state)| Verdict { state, ..verdict }).collect()
            }
        }
    }

    /// Whether all objectives are met.
    #[must_use]
    pub fn state(&self) -> State {
        self.judged().map_or_else(
            || State::all(self.verdicts().iter().map(|verdict| verdict.state)),
            |judged| judged.all.state(),
        )
    }

    /// How many runs keep all objectives on runs; nothing if there is no such objective.
    #[must_use]
    pub fn kept(&self) -> Option<usize> {
        let on_runs: Vec<&Objective> =
            self.objectives.iter().filter(|objective| objective.on == On::Run).collect();
        let keeps = |run: &usize| {
            on_runs.iter().all(|objective| {
                let values = self.values(&objective.metric.value).unwrap_or_default();
                verdict::keeps(objective.bound, values[*run])
            })
        };
        (!on_runs.is_empty()).then(|| (0..self.replications()).filter(keeps).count())
    }

    /// What the sequential rule says, if the runs were made one after the other until it was decided.
    fn judged(&self) -> Option<plan::Judged> {
        let most = self.auto_max.filter(|_| !self.objectives.is_empty())?;
        let numbers = |(run, fitness): (usize, &Fitness)| {
            let values: Vec<Option<f64>> = self.metrics.iter().map(|(_, values)| values[run]).collect();
            Numbers::of(&values).with_tails(fitness.short_tails.clone())
        };
        let runs: Vec<Numbers> = self.fitness.iter().enumerate().map(numbers).collect();
        let metrics: Vec<&Metric> = self.metrics.iter().map(|(metric, _)| metric).collect();
        let judge = plan::Judge::of(&metrics, &self.objectives, Sure::MOST_RUNS, None, most);
        Some(judge.judge(&runs))
    }

    /// The buckets of all series; nothing without a finished replication.
    #[must_use]
    pub fn timeline(&self) -> Option<Timeline> {
        self.records.first().map(|record| record.timeline)
    }

    /// Any number per bucket. What is not a number in a replication does not count there.
    pub fn band(&self, values: impl Fn(&Record) -> Option<Vec<f64>>) -> Option<Band> {
        let all: Vec<Vec<f64>> = self.records.iter().map(values).collect::<Option<_>>()?;
        let buckets = all.first()?.len();
        let estimates = (0..buckets).map(|bucket| {
            let values: Vec<f64> =
                all.iter().map(|values| values[bucket]).filter(|value| value.is_finite()).collect();
            Estimate::of(&values).unwrap_or(Estimate { mean: f64::NAN, half_width: None })
        });
        let estimates: Vec<Estimate> = estimates.collect();
        let interval = (all.len() > 1).then(|| {
            let ends = estimates.iter().map(|estimate| estimate.interval().unwrap_or([estimate.mean; 2]));
            ends.map(|[low, high]| (low, high)).collect()
        });
        Some(Band { mean: estimates.iter().map(|estimate| estimate.mean).collect(), interval })
    }

    /// Latencies over time, all replications together.
    #[must_use]
    pub fn latency_series(&self) -> Option<LatencySeries> {
        let mut all = self.records.iter().map(|record| &record.clients.latency_series);
        let mut sum = all.next()?.clone();
        all.for_each(|series| sum.add(series));
        Some(sum)
    }

    /// A distribution, all replications together; empty if this variant does not have it.
    pub fn histogram(&self, histogram: impl Fn(&Record) -> Option<&Histogram>) -> Histogram {
        let mut sum = Histogram::default();
        self.records.iter().filter_map(histogram).for_each(|part| sum.add(part));
        sum
    }

    /// Answers of one layer, all replications and key groups together.
    #[must_use]
    pub fn served_by(&self, layer: Layer) -> Served {
        let mut sum = Served::default();
        self.records.iter().filter_map(|record| record.served_by(layer)).for_each(|part| sum.add(&part));
        sum
    }

    /// Answers of one layer to requests for one key group, all replications together.
    #[must_use]
    pub fn served(&self, layer: Layer, group: usize) -> Served {
        let mut sum = Served::default();
        self.records.iter().for_each(|record| sum.add(record.served(layer, group)));
        sum
    }

    /// What the clients saw of one key group, all replications together.
    #[must_use]
    pub fn clients_of(&self, group: usize) -> GroupRecord {
        let mut sum = GroupRecord::default();
        self.records.iter().for_each(|record| sum.add(record.clients_of(group)));
        sum
    }

    /// Length of the measured part of all replications together, in seconds.
    #[must_use]
    pub fn window_seconds(&self) -> f64 {
        self.records.iter().map(Record::window_seconds).sum()
    }

    /// How writes to one key group have reached its readers, all replications together, if that is counted.
    #[must_use]
    pub fn propagation(&self, group: usize) -> Option<PropagationRecord> {
        let mut all = self.records.iter().filter_map(|record| record.propagation(group));
        let mut sum = all.next()?.clone();
        all.for_each(|part| sum.add(part));
        Some(sum)
    }

    /// What each event did, in the order in which they begin, and the worst minute of the run last.
    #[must_use]
    pub fn aftermaths(&self) -> &[Aftermath] {
        self.aftermaths.get_or_init(|| aftermath::of(&self.records, &self.events, &self.objectives))
    }

    /// The keys that were read most in all replications together, as far as it is certain which they are.
    #[must_use]
    pub fn hot_keys(&self) -> Vec<HotKey> {
        hot_keys::certain(&self.records)
    }
}

fn estimate(values: &[Option<f64>]) -> Option<Estimate> {
    let values: Vec<f64> = values.iter().copied().flatten().collect();
    Estimate::of(&values)
}

#[cfg(test)]
impl Outcome {
    /// Runs that have these values of these metrics, and no other: what is said about numbers is tested with numbers.
    pub(crate) fn synthetic(
        variant: &str,
        values: &[(&str, Vec<Option<f64>>)],
        objectives: &[Objective],
    ) -> Self {
        use super::statistics::Gathered;
        use crate::random::distribution::Distribution;
        let runs = values.first().map_or(0, |(_, values)| values.len());
        let of = |name: &str| {
            let found = values.iter().find(|(known, _)| *known == name);
            found.map_or_else(|| vec![None; runs], |(_, values)| values.clone())
        };
        let disagreement =
            Disagreement::of(&of("client.error_ratio"), &of("client.answer_latency_mean_seconds"));
        let given = |metric: &Metric| values.iter().any(|(known, _)| *known == metric.name);
        let metrics: Vec<_> =
            metrics().into_iter().filter(given).map(|metric| (of(&metric.name), metric)).collect();
        let summary = |(values, metric): &(Vec<Option<f64>>, Metric)| {
            let gathered = Gathered { values: values.clone(), ..Gathered::default() };
            let summary = Summary::of(metric, &gathered, 10.0, disagreement.as_ref());
            summary
                .map(|summary| Summary { step: metric.step(summary.value().unwrap_or(0.0), 10.0), ..summary })
        };
        Self {
            variant: variant.into(),
            wanted: runs as u32,
            auto_max: None,
            summaries: metrics.iter().map(summary).collect(),
            metrics: metrics.into_iter().map(|(values, metric)| (metric, values)).collect(),
            disagreement,
            objectives: objectives.to_vec(),
            groups: Vec::new(),
            traffic: WorkloadSpec {
                arrivals: crate::model::ArrivalSpec::Closed(1, Distribution::Constant(0.0)),
                users: 1,
                dimensions: Vec::new(),
                keys: Vec::new(),
            },
            events: Vec::new(),
            layer_of_hot_keys: None,
            setting: Setting {
                warmup: Duration::ZERO,
                window: Duration::from_secs(10),
                groups: Vec::new(),
                written: Vec::new(),
                services: Vec::new(),
                kept: Vec::new(),
                is_steady: true,
                first_event: None,
                is_calm_at_end: true,
            },
            fitness: vec![Fitness::default(); runs],
            records: Vec::new(),
            aftermaths: OnceLock::new(),
        }
    }
}
