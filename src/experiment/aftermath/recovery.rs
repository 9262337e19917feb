//! When a system has recovered: it is judged in stretches of at least a second and some hundred requests.
//!
//! It is back at the level of before as soon as the share of failures is at most a point above that of before, and the mean
//! latency and the rate of database reads at most 10 % above, or not above the highest of any such stretch before. It keeps
//! If more than 1 % of the requests failed before, there is no healthy level to come back to. It keeps
//! its objectives as soon as each that can be told of a stretch is met. Either has to stay so for three more stretches,
//! or to the next event or the end of the run.

use super::Recovery;
use crate::measure::{Moments, Stretch};
use crate::model::Objective;
use std::ops::Range;

/// Requests that a stretch has on average: enough for a p99.
const REQUESTS: f64 = 100.0;

/// A stretch is no longer than this.
const SECONDS_MAX: f64 = 60.0;

/// What is measured after an event is within this much of what was before.
const SLACK: f64 = 1.1;

/// The share of failures may be so much higher than before.
const FAILURES: f64 = 0.01;

/// Whether a system that should be healthy was failing: more than 1 % of its requests failed.
pub fn is_failing(stretch: &Stretch) -> bool {
    stretch.error_ratio().is_some_and(|failures| failures > FAILURES)
}

/// For so many stretches a recovery has to last.
const LASTS: usize = 3;

/// How many moments are judged together.
pub fn window(moments: &Moments, objectives: &[Objective]) -> usize {
    let width = moments.width().as_secs_f64();
    let count = moments.count() as f64;
    let rate = moments.stretch(0..moments.count()).requests() as f64 / count;
    let quantiles = objectives.iter().filter_map(|objective| quantile_of(&objective.metric.value));
    let wanted = quantiles.map(|(quantile, _)| 1.0 / (1.0 - quantile)).fold(REQUESTS, f64::max);
    let shortest = 1f64.min(count * width / 20.0) / width;
    let enough = if rate > 0.0 { wanted / rate } else { 1.0 };
    // A rate that comes to whole moments may be a hair above.
    let enough = (enough - 1e-9).ceil();
    enough.max((shortest - 1e-9).ceil()).min((SECONDS_MAX / width).max(1.0)).clamp(1.0, count) as usize
}

/// What a stretch has to keep, to be as those before the event.
pub struct Limits {
    failures: f64,
    mean: Option<f64>,
    loads: f64,
}

impl Limits {
    /// Of the moments before.
    pub fn of(moments: &Moments, before: Range<usize>, window: usize) -> Self {
        let all = moments.stretch(before.clone());
        let begins = before.start..before.end + 1 - window;
        let (mut failures, mut mean, mut loads) = (0f64, 0f64, 0f64);
        for (_, stretch) in moments.slide(begins, window) {
            failures = failures.max(stretch.error_ratio().unwrap_or(0.0));
            mean = mean.max(stretch.mean_seconds().unwrap_or(0.0));
            loads = loads.max(stretch.load_rate());
        }
        Self {
            failures: failures.max(all.error_ratio().unwrap_or(0.0) + FAILURES),
            mean: all.mean_seconds().map(|level| mean.max(level * SLACK)),
            loads: loads.max(all.load_rate() * SLACK),
        }
    }

    /// Whether it does.
    pub fn keep(&self, stretch: &Stretch) -> bool {
        stretch.error_ratio().is_none_or(|failures| failures <= self.failures)
            && stretch.mean_seconds().zip(self.mean).is_none_or(|(mean, limit)| mean <= limit)
            && stretch.load_rate() <= self.loads
    }
}

/// Where a recovery is looked for.
pub struct Search<'m> {
    /// The run.
    pub moments: &'m Moments,
    /// The end of the event; nothing if it lasts to the end of the run.
    pub from: Option<usize>,
    /// The begin of the next event, or the end of the run.
    pub horizon: usize,
    /// How many moments are judged together.
    pub window: usize,
}

impl Search<'_> {
    /// When stretches are good again, counted from `end`, which is the end of the event in seconds.
    pub fn find(&self, end: Option<f64>, is_good: impl Fn(&Stretch) -> bool) -> Recovery {
        let (Some(from), Some(end)) = (self.from, end) else { return Recovery::CutOff };
        if from + self.window > self.horizon {
            return Recovery::CutOff;
        }
        let width = self.moments.width().as_secs_f64();
        let mut good_since = None;
        for (begin, stretch) in self.moments.slide(from..self.horizon + 1 - self.window, self.window) {
            if !is_good(&stretch) {
                good_since = None;
                continue;
            }
            let since = *good_since.get_or_insert(begin);
            if begin - since >= LASTS * self.window {
                break;
            }
        }
        match good_since {
            Some(moment) => Recovery::After((moment as f64 * width - end).max(0.0)),
            None => Recovery::NotIn(self.horizon as f64 * width - end),
        }
    }
}

/// The percentile that a metric of the latency is, and whether failed requests count in it.
pub fn quantile_of(metric: &str) -> Option<(f64, bool)> {
    let all = metric.strip_prefix("client.latency_p").map(|rest| (rest, true));
    let answers = metric.strip_prefix("client.answer_latency_p").map(|rest| (rest, false));
    let (rest, counts_failures) = all.or(answers)?;
    let digits = rest.strip_suffix("_seconds")?;
    let quantile: f64 = format!("0.{digits}").parse().ok()?;
    Some((quantile, counts_failures))
}

/// A metric of a stretch; nothing if nothing happened in it.
type OfStretch = Box<dyn Fn(&Stretch) -> Option<f64>>;

/// Whether a metric can be told of a stretch.
pub fn is_told(metric: &str) -> bool {
    of_stretch(metric).is_some()
}

/// How a metric is computed from a stretch; nothing for those that have no meaning there.
fn of_stretch(metric: &str) -> Option<OfStretch> {
    match (quantile_of(metric), metric) {
        (Some((quantile, true)), _) => Some(Box::new(move |stretch| stretch.quantile_seconds(quantile))),
        (Some((quantile, false)), _) => {
            Some(Box::new(move |stretch| stretch.answer_quantile_seconds(quantile)))
        }
        (None, "client.error_ratio") => Some(Box::new(Stretch::error_ratio)),
        (None, "client.latency_mean_seconds" | "client.answer_latency_mean_seconds") => {
            Some(Box::new(Stretch::mean_seconds))
        }
        (None, "database.load_rate_mean_per_s" | "database.load_rate_peak_per_s") => {
            Some(Box::new(|stretch| Some(stretch.load_rate())))
        }
        _ => None,
    }
}

/// Whether a stretch keeps all objectives that can be told of it.
pub fn keeps(objectives: &[Objective], stretch: &Stretch) -> bool {
    objectives.iter().all(|objective| {
        let value = of_stretch(&objective.metric.value).and_then(|of| of(stretch));
        value.is_none_or(|value| objective.bound.is_met_by(value))
    })
}
