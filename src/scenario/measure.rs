//! Kinds of numbers with a range: counts, plain numbers, and quantities with units.

use super::findings::Findings;
use super::kind::Kind;
use super::nearest::quoted;
use super::node::{Node, Value};
use super::problem::Problem;
use super::schema::Shape;
use crate::quantity::{Bytes, Rate, Ratio};
use crate::time::Duration;
use serde_json::{Value as Json, json};
use std::ops::{Bound, RangeBounds};

/// A number that a scenario can name, with or without a unit.
pub trait Measure: Copy + PartialOrd + 'static {
    /// What it is, with an article: `a length of time`.
    const NOUN: &'static str;
    /// Values that show how it is written; an error or a schema shows the first that is in range.
    const EXAMPLES: &'static [Self];
    /// The least value of the type, if a range without a lower bound should name it.
    const LEAST: Option<Self> = None;
    /// The largest value that any range admits, so that sums cannot overflow.
    const LARGEST: Option<Self>;

    /// The value of `node`, whatever its size.
    ///
    /// # Errors
    ///
    /// Why `node` is not such a number.
    fn from_node(node: &Node) -> Result<Self, Fault>;

    /// As JSON, the way one would write it in a file; exact, but for shares of more than ten digits.
    fn write(self) -> Json;

    /// JSON Schema of the values between the bounds, as far as a schema can say it.
    fn schema(low: Bound<Self>, high: Bound<Self>) -> Json;
}

/// Why a node is not a [`Measure`].
#[derive(Debug)]
pub enum Fault {
    /// Something else altogether.
    WrongKind,
    /// No value of the type is so large, or so small.
    OutOfRange,
    /// Nearly: the reason, and what to write instead.
    Reason { reason: String, help: Option<String> },
}

impl Fault {
    pub(super) fn new(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Reason { reason: reason.into(), help: Some(help.into()).filter(|help| !help.is_empty()) }
    }
}

/// A number within a range.
pub struct Measured<M> {
    low: Bound<M>,
    high: Bound<M>,
}

pub(super) fn within<M: Measure>(range: &impl RangeBounds<M>) -> Measured<M> {
    Measured { low: range.start_bound().cloned(), high: range.end_bound().cloned() }
}

/// A whole number of any unsigned type.
pub fn count<M: Measure + TryFrom<i128>>(range: impl RangeBounds<M>) -> Measured<M> {
    within(&range)
}

/// A finite number without a unit.
#[must_use]
pub fn number(range: impl RangeBounds<f64>) -> Measured<f64> {
    within(&range)
}

/// A length of time: `"250 ms"`, `"1h30m"`; at most 36 500 days.
#[must_use]
pub fn time(range: impl RangeBounds<Duration>) -> Measured<Duration> {
    within(&range)
}

/// A length of time that is not zero.
#[must_use]
pub fn positive_time() -> Measured<Duration> {
    time(Duration::from_nanos(1)..)
}

/// A size: `"512 MiB"`, `"64 B"`; at most 1 EiB.
#[must_use]
pub fn size(range: impl RangeBounds<Bytes>) -> Measured<Bytes> {
    within(&range)
}

/// A size that is not zero.
#[must_use]
pub fn positive_size() -> Measured<Bytes> {
    size(Bytes(1)..)
}

/// So many per time: `"2000/s"`, `"5/h"`; at most one per nanosecond, the tick of the simulated clock.
#[must_use]
pub fn rate(range: impl RangeBounds<Rate>) -> Measured<Rate> {
    within(&range)
}

/// A rate that is not zero.
#[must_use]
pub fn positive_rate() -> Measured<Rate> {
    within(&(Bound::Excluded(Rate(0.0)), Bound::Unbounded))
}

/// A share of a whole, from 0 to 100 %: `"10 %"` or `0.1`.
#[must_use]
pub fn share() -> Measured<Ratio> {
    share_in(Ratio(0.0)..=Ratio(1.0))
}

/// A share within a range, which may go beyond 100 %.
#[must_use]
pub fn share_in(range: impl RangeBounds<Ratio>) -> Measured<Ratio> {
    within(&range)
}

impl<M: Measure> Measured<M> {
    fn admits(&self, value: M) -> bool {
        (self.low, self.high).contains(&value) && !Self::is_excessive(value)
    }

    fn typical(&self) -> M {
        let bounds = [self.low, self.high].into_iter().filter_map(|bound| match bound {
            Bound::Included(value) | Bound::Excluded(value) => Some(value),
            Bound::Unbounded => None,
        });
        let fits = |value: &M| self.admits(*value);
        let fitting = M::EXAMPLES.iter().copied().chain(bounds).find(fits);
        fitting.expect("a range contains one of the examples or one of its bounds")
    }

    fn is_excessive(value: M) -> bool {
        M::LARGEST.is_some_and(|largest| value > largest)
    }

    /// `a whole number from 1 to 10`; with `limits`, the bounds of the type stand in for absent ones.
    fn phrase(&self, limits: bool) -> String {
        let or_limit = |bound: Bound<M>, limit: Option<M>| match (bound, limit) {
            (Bound::Unbounded, Some(limit)) if limits => Bound::Included(limit),
            _ => bound,
        };
        let low = or_limit(self.low, M::LEAST);
        let high = or_limit(self.high, M::LARGEST);
        if let (Bound::Included(low), Bound::Included(high)) = (low, high) {
            return format!("{} from {} to {}", M::NOUN, bare(low), bare(high));
        }
        let low = match low {
            Bound::Included(low) => Some(format!("of at least {}", bare(low))),
            Bound::Excluded(low) => Some(format!("above {}", bare(low))),
            Bound::Unbounded => None,
        };
        let high = match high {
            Bound::Included(high) => Some(format!("of at most {}", bare(high))),
            Bound::Excluded(high) => Some(format!("below {}", bare(high))),
            Bound::Unbounded => None,
        };
        let range: Vec<String> = low.into_iter().chain(high).collect();
        format!("{} {}", M::NOUN, range.join(" and ")).trim_end().to_owned()
    }

    fn fault(&self, node: &Node, fault: Fault, findings: &Findings) -> Problem {
        let value = node.as_text().map_or_else(|| node.describe(), quoted);
        let within_limits = M::from_node(node).is_ok_and(|value| !Self::is_excessive(value));
        let (reason, help, expected) = match fault {
            Fault::WrongKind => return findings.wrong_kind_problem(node, &self.expected()),
            Fault::OutOfRange => ("out of range".to_owned(), None, self.phrase(!within_limits)),
            Fault::Reason { reason, help } => (reason, help, self.expected()),
        };
        Problem::new(node.span, format!("{} cannot be {value}: {reason}", findings.place()))
            .label(format!("expected {expected}"))
            .help(help.unwrap_or_default())
    }
}

/// A bound in a sentence, without the quotes that TOML would want.
fn bare<M: Measure>(value: M) -> String {
    match value.write() {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

impl<M: Measure> Kind for Measured<M> {
    type Value = M;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<M> {
        let fault = match M::from_node(node) {
            Ok(value) if self.admits(value) => return Some(value),
            Ok(_) => Fault::OutOfRange,
            Err(fault) => fault,
        };
        let mut problem = self.fault(node, fault, findings);
        if let Some(mend) = self.mend(node) {
            problem = problem.help(mend);
        }
        findings.add(problem);
        None
    }

    fn example(&self) -> M {
        self.typical()
    }

    fn schema(&self, _: Shape) -> Json {
        let mut schema = M::schema(self.low, self.high);
        let phrase = self.phrase(false);
        let first = phrase[..1].to_uppercase();
        schema["description"] = json!(format!("{first}{}.", &phrase[1..]));
        schema["examples"] = json!([self.typical().write()]);
        schema
    }

    fn expected(&self) -> String {
        format!("{}, such as `{}`", self.phrase(false), self.typical().write())
    }

    fn show(&self, value: &M) -> Option<Json> {
        Some(value.write())
    }
}

impl<M: Measure> Measured<M> {
    /// What to write instead, where the mistake is plain: quotes round a number, or per cent where a plain number
    /// is meant.
    fn mend(&self, node: &Node) -> Option<String> {
        let text = node.as_text()?.trim();
        let admits = |number| {
            let value = M::from_node(&Node::new(node.span, number));
            value.is_ok_and(|value| self.admits(value))
        };
        if let Some(percent) = text.strip_suffix('%') {
            let number = percent.trim_end().parse::<f64>().ok()? / 100.0;
            return admits(Value::Float(number))
                .then(|| format!("write `{number}`, a number without a unit"));
        }
        let number = match text.parse::<i128>() {
            Ok(whole) => Value::Integer(whole),
            Err(_) => Value::Float(text.parse().ok()?),
        };
        admits(number).then(|| format!("write `{text}`, without quotes"))
    }
}

/// The parts of a JSON Schema that say what the bounds of a plain number are.
pub(super) fn bounded<M>(kind: &str, low: Bound<M>, high: Bound<M>, write: impl Fn(M) -> Json) -> Json {
    let mut schema = json!({ "type": kind });
    match low {
        Bound::Included(low) => schema["minimum"] = write(low),
        Bound::Excluded(low) => schema["exclusiveMinimum"] = write(low),
        Bound::Unbounded => {}
    }
    match high {
        Bound::Included(high) => schema["maximum"] = write(high),
        Bound::Excluded(high) => schema["exclusiveMaximum"] = write(high),
        Bound::Unbounded => {}
    }
    schema
}

impl Measure for f64 {
    const NOUN: &'static str = "a number";
    const EXAMPLES: &'static [Self] = &[1.0, 0.5, 2.0];
    const LARGEST: Option<Self> = None;

    fn from_node(node: &Node) -> Result<Self, Fault> {
        match node.value {
            Value::Integer(whole) => Ok(whole as Self),
            Value::Float(number) if number.is_finite() => Ok(number),
            Value::Float(_) => Err(Fault::new("it is not finite", "")),
            _ => Err(Fault::WrongKind),
        }
    }
    fn write(self) -> Json {
        // Below 2^53 every whole float is an integer, and reads better as one.
        if self.fract() == 0.0 && self.abs() < 9e15 { json!(self as i64) } else { json!(self) }
    }
    fn schema(low: Bound<Self>, high: Bound<Self>) -> Json {
        bounded("number", low, high, |bound| json!(bound))
    }
}

/// Below 2^53 every whole float is an integer.
const WHOLE_MAX: f64 = 9e15;

macro_rules! whole_numbers {
    ($($number:ty),*) => {$(
        impl Measure for $number {
            const NOUN: &'static str = "a whole number";
            const EXAMPLES: &'static [Self] = &[10, 1];
            const LEAST: Option<Self> = Some(0);
            const LARGEST: Option<Self> = Some(Self::MAX);

            fn from_node(node: &Node) -> Result<Self, Fault> {
                let whole = match node.value {
                    Value::Integer(whole) => whole,
                    Value::Float(number) if number.fract() == 0.0 && number.abs() < WHOLE_MAX => {
                        let help = format!("write `{number:.0}`");
                        return Err(Fault::new("it is written with a point or an exponent", help));
                    }
                    _ => return Err(Fault::WrongKind),
                };
                Self::try_from(whole).map_err(|_| Fault::OutOfRange)
            }
            fn write(self) -> Json {
                json!(self)
            }
            fn schema(low: Bound<Self>, high: Bound<Self>) -> Json {
                let low = if low == Bound::Unbounded { Bound::Included(0) } else { low };
                bounded("integer", low, high, |bound| json!(bound))
            }
        }
    )*};
}

whole_numbers!(u8, u16, u32, u64, usize);
