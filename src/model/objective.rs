//! Objectives: limits that a metric has to keep.

use crate::measure::{MULTIPLES, Metric, Unit, metrics};
use crate::quantity::{Bytes, Rate, Ratio};
use crate::scenario::{
    Findings, Kind, Node, Problem, Reader, Shape, Spanned, Value, choice, number, rate, share_in, size,
    spanned, text, time,
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

/// What somebody may have meant who wrote the name of a metric that there is not: the nearest name, or a few that have
/// all of its words in them.
#[must_use]
pub fn metric_hint(written: &str) -> String {
    const MOST: usize = 4;
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
        r.words(super::words::OBJECTIVE);
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
        let known = Self::known_unit(r, &name);
        let unit = known.unwrap_or(Unit::Count);
        if known.is_none() {
            return Self { metric: name, unit, bound: Bound::AtMost(0.0), on };
        }
        let bound = match (at_most, at_least) {
            (Some(limit), None) => Bound::AtMost(Self::in_unit(r, "at_most", &name.value, limit, unit)),
            (None, Some(limit)) => Bound::AtLeast(Self::in_unit(r, "at_least", &name.value, limit, unit)),
            _ => {
                r.contradiction(
                    "metric",
                    "an objective has either `at_most` or `at_least`",
                    "give one of the two; for both limits write two objectives",
                );
                Bound::AtMost(0.0)
            }
        };
        Self { metric: name, unit, bound, on }
    }

    /// The unit of the metric of this name; it is told if there is none.
    pub(super) fn known_unit(r: &mut Reader, name: &Spanned<String>) -> Option<Unit> {
        let all = metrics();
        if let Some(Metric { unit, .. }) = all.iter().find(|metric| metric.name == name.value) {
            return Some(*unit);
        }
        r.problem(name.span, format!("no metric is called `{}`", name.value), metric_hint(&name.value));
        None
    }

    fn in_unit(r: &mut Reader, key: &str, metric: &str, limit: Amount, unit: Unit) -> f64 {
        let is_share = unit == Unit::Ratio && !MULTIPLES.iter().any(|multiple| metric.ends_with(multiple));
        let (fits, expected) = match unit {
            Unit::Ratio if is_share => (
                matches!(limit.unit, None | Some(Unit::Ratio)) && limit.value <= 1.0,
                "a share of the whole, such as `\"99 %\"` or `0.99`",
            ),
            Unit::Seconds => (limit.unit == Some(Unit::Seconds), "a length of time, such as `\"250 ms\"`"),
            Unit::Ratio => (
                matches!(limit.unit, None | Some(Unit::Ratio)),
                "a share or a number, such as `\"99 %\"` or `12`",
            ),
            Unit::PerSecond => (limit.unit == Some(Unit::PerSecond), "a rate, such as `\"500/s\"`"),
            Unit::Count => (limit.unit.is_none(), "a number, such as `10`"),
            Unit::Bytes => (limit.unit == Some(Unit::Bytes), "a size, such as `\"512 MiB\"`"),
        };
        let is_above = is_share && matches!(limit.unit, None | Some(Unit::Ratio)) && limit.value > 1.0;
        if is_above {
            let problem =
                Problem::new(r.span_of(key), format!("`{key}` is above the whole, which no share can be"));
            r.report(problem.label(format!("expected {expected}")).help("the whole is 100 %, or `1`"));
        } else if !fits {
            let problem = Problem::new(r.span_of(key), format!("`{key}` is not in the unit of its metric"));
            r.report(
                problem.label(format!("expected {expected}")).help("the name of a metric ends with its unit"),
            );
        }
        limit.value
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
