//! Objectives: limits that a metric has to keep.

use super::words_of_events::{METRICS, OBJECTIVE};
use crate::measure::{Metric, Unit, metrics};
use crate::quantity::{Bytes, Rate, Ratio};
use crate::scenario::{
    Findings, Kind, Node, Problem, Reader, Shape, Spanned, Value, choice, is_same_word, number, rate,
    share_in, size, spanned, text, time,
};
use crate::time::Duration;
use serde_json::{Value as Json, json};

/// A limit on a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// The metric's name.
    pub metric: Spanned<String>,
    /// Its unit, which the limit is written in.
    pub unit: Unit,
    /// Which side of the limit is good.
    pub bound: Bound,
    /// What has to keep the limit.
    pub on: On,
}

impl Objective {
    /// Whether both set the same limit for the same metric, wherever they are written.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.metric.value, self.bound, self.on) == (&other.metric.value, other.bound, other.on)
    }
}

/// What has to keep a limit: each run, or the mean of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Each run, give or take the few that chance makes bad.
    Run,
    /// The mean of the runs.
    Average,
}

/// Which side of a limit is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

impl Bound {
    /// The number itself.
    #[must_use]
    pub fn limit(self) -> f64 {
        match self {
            Self::AtMost(limit) | Self::AtLeast(limit) => limit,
        }
    }

    /// Whether a value is on the good side.
    #[must_use]
    pub fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }
}

/// What somebody may have meant who wrote the name of a metric that there is not: what a word of other tools is called here,
/// the nearest name, or a few that have all of its words in them.
#[must_use]
pub fn metric_hint(written: &str) -> String {
    const MOST: usize = 4;
    let bare = written.strip_prefix("client.").unwrap_or(written);
    let word = METRICS.iter().find(|(word, _)| is_same_word(word, bare));
    if let Some((_, what)) = word {
        return (*what).to_owned();
    }
    let all = metrics();
    let names = || all.iter().map(|metric| metric.name.as_str());
    if let Some(near) = crate::scenario::nearest(written, names()) {
        return format!("did you mean `{near}`?");
    }
    let lower = written.to_lowercase();
    let words: Vec<&str> = lower
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| word.len() > 1)
        .map(|word| if word.len() > 3 { word.trim_end_matches('s') } else { word })
        .collect();
    let mut with_all: Vec<&str> =
        names().filter(|name| !words.is_empty() && words.iter().all(|word| name.contains(word))).collect();
    with_all.sort_by_key(|name| (!name.starts_with("client."), name.len()));
    let shown: Vec<String> = with_all.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match shown.as_slice() {
        [] => "`cachestorm metrics` lists all of them".into(),
        [only] => format!("did you mean {only}?"),
        several => format!("did you mean one of {}? `cachestorm metrics` lists all", several.join(", ")),
    }
}

impl Objective {
    pub(super) fn read(r: &mut Reader) -> Self {
        r.words(OBJECTIVE);
        let on = choice()
            .word("run", "Each run keeps the limit. Use it for latency and errors.", On::Run)
            .word(
                "average",
                "The mean of the runs keeps the limit; some runs may miss it. Use it for costs and hit ratios.",
                On::Average,
            );
        let on = r.field("on", "What has to keep the limit.", on).or(On::Run);
        let name =
            r.field("metric", "Which metric; `cachestorm metrics` lists them.", spanned(text())).required();
        let at_most = r.field("at_most", "The largest value that is good.", Limit).optional();
        let at_least = r.field("at_least", "The smallest value that is good.", Limit).optional();
        let Some(metric) = Self::known_metric(r, &name) else {
            return Self { metric: name, unit: Unit::Count, bound: Bound::AtMost(0.0), on };
        };
        let bound = match (at_most, at_least) {
            (Some(limit), None) => {
                in_unit(r, "at_most", &metric, limit);
                Bound::AtMost(limit.value)
            }
            (None, Some(limit)) => {
                in_unit(r, "at_least", &metric, limit);
                Bound::AtLeast(limit.value)
            }
            _ => {
                r.contradiction(
                    "metric",
                    "an objective has either `at_most` or `at_least`",
                    "give one of the two; for both limits write two objectives",
                );
                Bound::AtMost(0.0)
            }
        };
        Self { metric: name, unit: metric.unit, bound, on }
    }

    /// The metric of this name; it is told if there is none.
    pub(super) fn known_metric(r: &mut Reader, name: &Spanned<String>) -> Option<Metric> {
        let metric = metrics().into_iter().find(|metric| metric.name == name.value);
        if metric.is_none() {
            r.problem(name.span, format!("no metric is called `{}`", name.value), metric_hint(&name.value));
        }
        metric
    }
}

/// Says what is wrong with a limit: its unit, or that every value of the metric keeps it.
fn in_unit(r: &mut Reader, key: &str, metric: &Metric, limit: Amount) {
    let unit = metric.unit;
    let [least, most] = metric.range();
    let is_share = unit == Unit::Ratio && most.is_finite();
    let fits = match unit {
        Unit::Ratio => matches!(limit.unit, None | Some(Unit::Ratio)),
        Unit::Count => limit.unit.is_none(),
        unit => limit.unit == Some(unit),
    };
    let expected = format!("expected {}", expected(unit, is_share));
    let problem = |message: String| Problem::new(r.span_of(key), message).label(expected);
    let problem = if !fits {
        problem(format!("`{key}` is not in the unit of its metric"))
            .help("the name of a metric ends with its unit")
    } else if limit.value > most {
        problem(format!("`{key}` is above the whole, which no share can be")).help(whole_share(limit))
    } else if key == "at_most" && limit.value >= most {
        let message = format!("`{}` is never above 100 %: this objective cannot be missed", metric.name);
        problem(message).help(whole_share(limit))
    } else if key == "at_least" && limit.value <= least {
        let message = format!("`{}` is never below 0: this objective cannot be missed", metric.name);
        problem(message).help("write the least value that is good, or take the objective out")
    } else {
        return;
    };
    r.report(problem);
}

/// How a limit in that unit is written.
fn expected(unit: Unit, is_share: bool) -> &'static str {
    match unit {
        Unit::Ratio if is_share => "a share of the whole, such as `\"99 %\"` or `0.99`",
        Unit::Ratio => "a share or a number, such as `\"99 %\"` or `12`",
        Unit::Seconds => "a length of time, such as `\"250 ms\"`",
        Unit::PerSecond => "a rate, such as `\"500/s\"`",
        Unit::Count => "a number, such as `10`",
        Unit::Bytes => "a size, such as `\"512 MiB\"`",
    }
}

/// What somebody means who writes the whole, or more: a number of percent.
fn whole_share(limit: Amount) -> String {
    match limit.unit {
        None if limit.value <= 100.0 => {
            format!("`1` is the whole, 100 %: for {0} % write `\"{0} %\"`", limit.value)
        }
        _ if limit.value > 1.0 => "the whole is 100 %, or `1`".into(),
        _ => "write a limit below 100 %, such as `\"1 %\"`".into(),
    }
}

/// A limit as it is written: with the unit that its form shows.
struct Limit;

#[derive(Clone, Copy)]
struct Amount {
    value: f64,
    /// None for a plain number.
    unit: Option<Unit>,
}

impl Kind for Limit {
    type Value = Amount;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<Amount> {
        let amount = |value, unit| Amount { value, unit: Some(unit) };
        let Value::Text(text) = &node.value else {
            return number(0.0..=1e18).read(node, findings).map(|value| Amount { value, unit: None });
        };
        if text.contains('%') {
            share_in(Ratio(0.0)..).read(node, findings).map(|Ratio(value)| amount(value, Unit::Ratio))
        } else if text.contains('/') {
            rate(Rate(0.0)..).read(node, findings).map(|Rate(value)| amount(value, Unit::PerSecond))
        } else if text.trim_end().ends_with('B') {
            size(Bytes(0)..).read(node, findings).map(|Bytes(value)| amount(value as f64, Unit::Bytes))
        } else if text.trim_start().starts_with(|first: char| first.is_ascii_digit()) {
            time(Duration::ZERO..).read(node, findings).map(|time| amount(time.as_secs_f64(), Unit::Seconds))
        } else {
            findings.wrong_kind(node, &self.expected());
            None
        }
    }

    fn example(&self) -> Amount {
        Amount { value: 0.0, unit: None }
    }

    fn schema(&self, _: Shape) -> Json {
        json!({ "type": ["number", "string"], "description": "A number, or a quantity with its unit: \"250 ms\", \"99 %\", \"500/s\", \"1 GiB\"." })
    }

    fn expected(&self) -> String {
        "a number, or a quantity with its unit, as in \"250 ms\"".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name in a hint is that of a metric, so that it can be copied.
    #[test]
    fn words_of_other_tools_lead_to_metrics_that_there_are() {
        let all: Vec<String> = metrics().into_iter().map(|metric| metric.name).collect();
        for (word, what) in METRICS {
            let mut names = what.split('`').filter(|part| part.contains('.') && !part.contains([' ', '=']));
            assert!(names.clone().count() > 0, "{word}");
            assert!(names.all(|name| all.iter().any(|metric| metric == name)), "{word}: {what}");
        }
        assert_eq!(metric_hint("client.P95"), "did you mean `client.latency_p95_seconds`?");
        assert_eq!(metric_hint("redis.hit_rate"), "did you mean `redis.hit_ratio`?");
        assert!(metric_hint("availability").contains("`client.error_ratio` with `at_most`"));
    }
}
