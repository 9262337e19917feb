//! How much there will be to simulate, told from the settings alone: for whom a run may be too large or too long.
//!
//! Means, not bounds: nobody retries, and every request does what most do.

use super::Model;
use super::event::{Action, Event};
use super::http_cache_spec::HttpCacheSpec;
use super::key::{KeyGroup, PopularitySpec};
use super::source::rate_changes;
use super::traffic::ArrivalSpec;
use crate::random::math;
use crate::time::{Duration, Instant};
use crate::workload::arrivals::Profile;

/// What is to be expected of a replication, on average.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// How long requests arrive.
    pub seconds: f64,
    /// Requests of clients, writes included.
    pub requests: f64,
    /// Writes among them.
    pub writes: f64,
    /// What is done besides: reads of jobs and new instances, purges, jumps of the rate.
    pub besides: f64,
}

/// Events of a request, without the items of pages: measured, 5 with one cache and 10 with all layers.
/// See docs/PERFORMANCE.md.
const EVENTS_PER_REQUEST: f64 = 10.0;

/// Events of an item of a page, or of a read of the database that no client has asked for.
const EVENTS_PER_READ: f64 = 5.0;

/// Nobody asks more often than this, however short the thinking and the answers.
const ROUND_MIN_SECONDS: f64 = 1e-6;

/// A number that may be without bound, such as the mean of a heavy tail.
fn finite(number: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number.clamp(0.0, 1e18) }
}

impl Model {
    /// The traffic of a replication that ends then, of which a trace has so many requests and writes.
    #[must_use]
    pub fn traffic(&self, end: Instant, traced: Option<(u64, u64)>) -> Traffic {
        let length = end - Instant::ZERO;
        let seconds = length.as_secs_f64();
        let written: f64 = self.workload.keys.iter().map(|group| group.writes.0 * seconds).sum();
        let (requests, writes) = match (&self.workload.arrivals, traced) {
            (ArrivalSpec::Trace(_), Some((requests, writes))) => (requests as f64, writes as f64),
            (ArrivalSpec::Trace(_), None) => (0.0, 0.0),
            (ArrivalSpec::Closed(users, think), _) => {
                let round = think.mean() + self.time_in_system(true);
                let round = finite(round / 1e9).max(ROUND_MIN_SECONDS);
                (f64::from(*users) * (seconds / round) + written, written)
            }
            (ArrivalSpec::Open(profile, _), _) => (self.arrivals(profile, end) + written, written),
        };
        let sessions = finite(self.requests_per_visit());
        let crowds: f64 = self.events.iter().map(|event| crowd(event, end)).sum();
        let besides =
            self.events.iter().map(|event| self.besides(event, end)).sum::<f64>() + self.jumps(length);
        Traffic { seconds, requests: requests * sessions + crowds, writes, besides: finite(besides) }
    }

    /// Of arrivals at a rate that events change.
    fn arrivals(&self, profile: &Profile, end: Instant) -> f64 {
        let until = |instant: Instant| match profile {
            Profile::Schedule(schedule) => schedule.expected_arrivals(instant),
            Profile::Bursty(bursty) => bursty.mean_rate().0 * (instant - Instant::ZERO).as_secs_f64(),
        };
        let (mut sum, mut begin, mut factor) = (0.0, Instant::ZERO, 1.0);
        for change in rate_changes(&self.events) {
            let at = change.at.min(end);
            sum += factor * (until(at) - until(begin));
            (begin, factor) = (at, change.factor);
        }
        sum + factor * (until(end) - until(begin))
    }

    /// What an event has done besides the requests of clients.
    fn besides(&self, event: &Event, end: Instant) -> f64 {
        let left = end.since(event.at);
        let seconds = |lasts: Duration| lasts.min(left).as_secs_f64();
        let warmed = |top: u32, times: u32| f64::from(top) * f64::from(times);
        match &event.action {
            Action::Rebuild { lasts, reads } => reads.0 * seconds(*lasts),
            Action::Load(spec) => {
                let group = self.workload.keys.iter().find(|group| group.name == spec.group.value);
                let keys = group.map_or(0, |group| group.count).min(spec.top.unwrap_or(u32::MAX));
                f64::from(keys).min(spec.rate.0 * seconds(Duration::MAX))
            }
            Action::Restart { warm: Some(warm), instance, .. } => {
                warmed(warm.top, instance.map_or(self.app.instances, |_| 1))
            }
            Action::Deploy(spec) => {
                spec.warm.as_ref().map_or(0.0, |warm| warmed(warm.top, self.app.instances))
            }
            Action::Scale(spec) => spec.warm.as_ref().map_or(0.0, |warm| warmed(warm.top, spec.instances)),
            Action::Purge { of, .. } => {
                let nodes = self.http_caches().find(|spec| spec.layer == *of).map(HttpCacheSpec::nodes);
                nodes.map_or(0.0, f64::from)
            }
            _ => 0.0,
        }
    }

    /// How often the rate changes in the course of a run; each takes about as long as an event.
    fn jumps(&self, length: Duration) -> f64 {
        match &self.workload.arrivals {
            ArrivalSpec::Open(Profile::Bursty(bursty), _) => bursty.jumps(length) / EVENTS_PER_READ,
            _ => 0.0,
        }
    }

    /// Requests that come of one that arrives: those of its session.
    fn requests_per_visit(&self) -> f64 {
        let all: f64 = self.workload.keys.iter().map(|group| group.share).sum();
        let of = |group: &KeyGroup| {
            let session = group.needs.session.as_ref();
            group.share / all * session.map_or(1.0, |session| finite(session.requests.mean()).max(1.0))
        };
        if all > 0.0 { self.workload.keys.iter().map(of).sum() } else { 1.0 }
    }

    /// The mean time that a request is under way in nanoseconds if it waits for nobody: there and back, and with
    /// `all` what is behind an instance too.
    #[must_use]
    pub fn time_in_system(&self, all: bool) -> f64 {
        let edges = self.http_caches().map(HttpCacheSpec::mean_round_trip);
        let redis = self.redis.as_ref().map_or(0.0, |redis| redis.round_trip.mean());
        let database = self.database.as_ref();
        let database = database.map_or(0.0, |database| database.round_trip.mean() + database.read.mean());
        let behind = if all { self.app.work.mean() + redis + database } else { 0.0 };
        finite(self.app.round_trip.mean() + edges.sum::<f64>() + behind)
    }

    /// Events of a replication with so much traffic.
    #[must_use]
    pub fn events_of(&self, traffic: &Traffic) -> f64 {
        let all: f64 = self.workload.keys.iter().map(|group| group.share).sum();
        let items = self
            .workload
            .keys
            .iter()
            .filter_map(|group| Some(group.share / all * finite(group.page.as_ref()?.fan_out.mean())));
        let items = if all > 0.0 { items.sum() } else { 0.0 };
        traffic.requests * (EVENTS_PER_REQUEST + items * EVENTS_PER_READ) + traffic.besides * EVENTS_PER_READ
    }

    /// How many key groups so much traffic asks for, on average, each with its share of the requests.
    #[must_use]
    pub fn groups_asked(&self, traffic: &Traffic) -> f64 {
        let groups = &self.workload.keys;
        let all = groups.iter().map(|group| group.share).sum::<f64>().max(f64::MIN_POSITIVE);
        let asked = |group: &KeyGroup| -math::exp_m1(-(traffic.requests * group.share / all));
        groups.iter().map(asked).sum()
    }

    /// How many different keys so much traffic asks for, of all groups, on average.
    #[must_use]
    pub fn distinct_keys(&self, traffic: &Traffic) -> f64 {
        let groups = &self.workload.keys;
        let all: f64 = groups.iter().map(|group| group.share).sum();
        let shown = |group: &KeyGroup| -> f64 {
            let pages = groups.iter().filter_map(|page| Some((page.share, page.page.as_ref()?)));
            let pages = pages.filter(|(_, page)| page.items.value == group.name);
            pages.map(|(share, page)| share * finite(page.fan_out.mean())).sum()
        };
        let reads = |group: &KeyGroup| (group.share + shown(group)) / all.max(f64::MIN_POSITIVE);
        let of = |group: &KeyGroup| {
            let asked = (traffic.requests - traffic.writes).max(0.0) * reads(group)
                + group.writes.0 * traffic.seconds
                + traffic.besides;
            distinct(group, asked)
        };
        groups.iter().map(of).sum()
    }
}

fn crowd(event: &Event, end: Instant) -> f64 {
    match &event.action {
        Action::FlashCrowd { rate, lasts, .. } => rate.0 * (*lasts).min(end.since(event.at)).as_secs_f64(),
        _ => 0.0,
    }
}

/// How many different keys of a group so many requests ask for: the sum of 1 - (1 - p)^n over the keys, where keys of
/// about the same p are counted together.
fn distinct(group: &KeyGroup, requests: f64) -> f64 {
    let keys = f64::from(group.count);
    let alike = |keys: f64, share: f64| {
        if keys <= 0.0 { 0.0 } else { keys * -math::exp_m1(-requests * share / keys) }
    };
    match group.popularity {
        PopularitySpec::Scan => keys.min(requests),
        PopularitySpec::Uniform => alike(keys, 1.0),
        PopularitySpec::Hotspot { keys: hot, requests: share } => {
            let hot = (keys * hot.0).max(1.0).min(keys);
            alike(hot, share.0) + alike(keys - hot, 1.0 - share.0)
        }
        PopularitySpec::Zipf(alpha) => {
            let blocks = blocks(keys, alpha);
            let total: f64 = blocks.iter().map(|(_, weight)| weight).sum();
            blocks.iter().map(|(count, weight)| alike(*count, weight / total)).sum()
        }
    }
}

/// Blocks of neighbouring ranks under Zipf's law, each with its number of keys and their weight together. A block begins at
/// most a quarter before its end, so its keys are about as popular as its middle one.
fn blocks(keys: f64, alpha: f64) -> Vec<(f64, f64)> {
    let mut blocks = Vec::new();
    let mut first = 1.0;
    while first <= keys {
        let count = (first / 4.0).floor().max(1.0).min(keys - first + 1.0);
        blocks.push((count, count * math::pow(first + (count - 1.0) / 2.0, -alpha)));
        first += count;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Document;

    fn model(text: &str) -> Model {
        let text = format!("name = \"a\"\nduration = \"10 s\"\n{text}");
        let document = Document::parse("a.toml", &text).expect("TOML");
        document.read(None, Model::read).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn traffic(text: &str) -> Traffic {
        let model = model(text);
        model.traffic(Instant::ZERO + Duration::from_secs(10), None)
    }

    const KEYS: &str = "[[workload.keys]]\nname = \"k\"\ncount = 1000\npopularity = \"uniform\"\n";

    /// 10 s at 200/s, a millionfold for the last 4 s; a crowd of 1,000/s for 9 s of which the run has 5.
    #[test]
    fn changes_of_the_rate_and_crowds_are_part_of_the_traffic() {
        let text = format!(
            "workload.arrivals = {{ constant = \"200/s\" }}\n{KEYS}[[event]]\nat = \"6 s\"\n\
             rate_change = {{ factor = 1e6 }}\n[[event]]\nat = \"5 s\"\n\
             flash_crowd = {{ key = \"k:1\", rate = \"1k/s\", for = \"9 s\" }}"
        );
        let requests = traffic(&text).requests;
        assert!((requests - (1_200.0 + 8e8 + 5_000.0)).abs() < 1.0, "{requests}");
    }

    /// n draws of N equally likely keys meet N (1 - (1 - 1/N)^n) different ones: of 1,000 keys 632 in 1,000 draws.
    #[test]
    fn keys_are_counted_that_are_asked_for() {
        let text = format!("workload.arrivals = {{ constant = \"100/s\" }}\n{KEYS}");
        let model = model(&text);
        let traffic = model.traffic(Instant::ZERO + Duration::from_secs(10), None);
        let keys = model.distinct_keys(&traffic);
        assert!((keys - 632.0).abs() < 1.0, "{keys}");
    }

    /// The exact sum for Zipf's law, over all ranks.
    #[test]
    fn blocks_of_a_zipf_law_are_near_enough() {
        for (alpha, count, requests) in
            [(1.0_f64, 100_000, 20_000.0), (0.7, 1_000, 5_000.0), (1.3, 50_000, 1e6)]
        {
            let text = format!(
                "workload.arrivals = {{ constant = \"1/s\" }}\n[[workload.keys]]\nname = \"k\"\n\
                 count = {count}\npopularity = {{ zipf = {alpha:?} }}"
            );
            let weights: Vec<f64> = (1..=count).map(|rank| f64::from(rank).powf(-alpha)).collect();
            let total: f64 = weights.iter().sum();
            let exact: f64 = weights.iter().map(|weight| 1.0 - (-requests * weight / total).exp()).sum();
            let about = distinct(&model(&text).workload.keys[0], requests);
            assert!((about / exact - 1.0).abs() < 0.1, "{alpha}: {about} for {exact}");
        }
    }
}
