//! Quantities with units: how times, sizes, rates and shares are written, and what is refused as ambiguous.

use super::measure::{Fault, Measure, bounded};
use super::nearest::{listed, nearest, quoted};
use super::node::{Node, Value};
use crate::quantity::{Bytes, Rate, Ratio};
use crate::time::Duration;
use serde_json::{Value as Json, json};
use std::ops::Bound;

/// A unit: how it is written, the shortest form first, and how many of the smallest unit it is.
type Unit = (&'static [&'static str], u64);

const TIMES: [Unit; 8] = [
    (&["ns", "nsec", "nsecs", "nanos", "nanosecond", "nanoseconds"], 1),
    (&["µs", "μs", "us", "usec", "usecs", "micros", "microsecond", "microseconds"], 1_000),
    (&["ms", "msec", "msecs", "millis", "millisecond", "milliseconds"], 1_000_000),
    (&["s", "sec", "secs", "second", "seconds"], 1_000_000_000),
    (&["min", "m", "mins", "minute", "minutes"], 60_000_000_000),
    (&["h", "hr", "hour", "hours"], 3_600_000_000_000),
    (&["d", "day", "days"], 86_400_000_000_000),
    (&["w", "week", "weeks"], 604_800_000_000_000),
];

const SIZES: [Unit; 5] = [
    (&["B", "byte", "bytes"], 1),
    (&["KiB", "Ki"], 1 << 10),
    (&["MiB", "Mi"], 1 << 20),
    (&["GiB", "Gi"], 1 << 30),
    (&["TiB", "Ti"], 1 << 40),
];

/// A number as it was written, before its unit; kept as text so that integers stay exact.
pub(super) struct Written {
    digits: u128,
    decimals: u32,
}

/// More digits than any quantity here can have.
const MOST_DIGITS: usize = 24;

impl Written {
    /// The number at the start of `text`, and the rest of it.
    pub(super) fn split(text: &str) -> Result<(Self, &str), Fault> {
        if text.starts_with('-') {
            return Err(Fault::new("it is negative", ""));
        }
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        if rest.starts_with(',') {
            return Err(Fault::new("it has a comma", "write the decimals after a point, and no separators"));
        }
        let number = number.replace('_', "");
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        if whole.is_empty() || fraction.contains('.') || (number.ends_with('.')) {
            return Err(Fault::new("it does not start with a number", ""));
        }
        if whole.len() + fraction.len() > MOST_DIGITS {
            return Err(Fault::OutOfRange);
        }
        let digits = format!("{whole}{fraction}").parse().map_err(|_| Fault::OutOfRange)?;
        Ok((Self { digits, decimals: fraction.len() as u32 }, rest.trim_start()))
    }

    /// So many of the smallest unit, to the nearest, and whether that is exact.
    pub(super) fn times(&self, unit: u64) -> Result<(u64, bool), Fault> {
        let scale = 10_u128.pow(self.decimals);
        let scaled = self.digits.checked_mul(u128::from(unit)).ok_or(Fault::OutOfRange)?;
        let nearest = scaled.checked_add(scale / 2).ok_or(Fault::OutOfRange)? / scale;
        let nearest = u64::try_from(nearest).map_err(|_| Fault::OutOfRange)?;
        Ok((nearest, scaled.is_multiple_of(scale)))
    }

    /// The nearest float: of a decimal number the parser of the standard library finds it.
    fn as_f64(&self) -> f64 {
        format!("{}e-{}", self.digits, self.decimals).parse().expect("digits and an exponent are a float")
    }
}

fn find(units: &[Unit], written: &str) -> Option<u64> {
    units.iter().find(|(names, _)| names.contains(&written)).map(|(_, scale)| *scale)
}

fn shortest(units: &[Unit]) -> impl Iterator<Item = &'static str> {
    units.iter().map(|(names, _)| names[0])
}

fn unknown(units: &[Unit], written: &str) -> Fault {
    let all = units.iter().flat_map(|(names, _)| names.iter().copied());
    let near = nearest(written, all).and_then(|near| units.iter().find(|(names, _)| names.contains(&near)));
    let help = match near {
        Some((names, _)) => format!("did you mean `{}`?", names[0]),
        None => format!("units are: {}", listed(shortest(units))),
    };
    Fault::new(format!("there is no unit {}", quoted(written)), help)
}

/// The text of a quantity; a bare number is told which units there are.
pub(super) fn text_of(node: &Node, examples: impl Fn(&str) -> String) -> Result<&str, Fault> {
    match &node.value {
        Value::Text(text) => Ok(text.trim()),
        Value::Integer(number) => Err(Fault::new("it has no unit", examples(&number.to_string()))),
        Value::Float(number) if number.is_finite() => {
            Err(Fault::new("it has no unit", examples(&number.to_string())))
        }
        Value::Float(_) => Err(Fault::new("it is not finite", "")),
        _ => Err(Fault::WrongKind),
    }
}

fn add_a_unit(number: &str) -> String {
    format!("add a unit: `\"{number} ms\"`, `\"{number} s\"` or `\"{number} min\"`")
}

impl Measure for Duration {
    const NOUN: &'static str = "a length of time";
    const EXAMPLES: &'static [Self] = &[Self::from_millis(250), Self::from_secs(10), Self::from_micros(1)];
    /// A hundred years.
    const LARGEST: Option<Self> = Some(Self::from_secs(36_500 * 86_400));

    fn from_node(node: &Node) -> Result<Self, Fault> {
        let mut rest = text_of(node, add_a_unit)?;
        let mut total = 0_u64;
        let mut previous = u64::MAX;
        loop {
            let (number, after) = Written::split(rest)?;
            let end = after.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(after.len());
            let (unit, after) = after.split_at(end);
            let scale = match (unit, find(&TIMES, unit)) {
                ("", _) => return Err(Fault::new("it has no unit", add_a_unit(rest))),
                ("M", _) => {
                    return Err(Fault::new("`M` may be minutes or months", "write `min` for minutes"));
                }
                (_, Some(scale)) => scale,
                (_, None) => return Err(unknown(&TIMES, unit)),
            };
            if scale >= previous {
                return Err(Fault::new(
                    "its units do not go from large to small",
                    "write it like `\"1h30m\"`",
                ));
            }
            previous = scale;
            total = total.checked_add(number.times(scale)?.0).ok_or(Fault::OutOfRange)?;
            rest = after.trim_start();
            if rest.is_empty() {
                return Ok(Self::from_nanos(total));
            }
        }
    }
    fn write(self) -> Json {
        json!(write_whole(self.as_nanos(), &TIMES[..7], "s"))
    }
    fn schema(_: Bound<Self>, _: Bound<Self>) -> Json {
        let units: Vec<_> = TIMES.iter().flat_map(|(names, _)| names.iter().copied()).collect();
        json!({ "type": "string", "pattern": format!("^\\s*({NUMBER}\\s*({})\\s*)+$", units.join("|")) })
    }
}

/// A number before its unit, as a pattern.
pub(super) const NUMBER: &str = r"[0-9][0-9_]*(\.[0-9_]+)?";

/// In the largest unit of which it is a whole number: exact, where rounding would lie about a default.
fn write_whole(amount: u64, units: &[Unit], zero: &str) -> String {
    if amount == 0 {
        return format!("0 {zero}");
    }
    let (names, scale) = units
        .iter()
        .rev()
        .find(|(_, scale)| amount.is_multiple_of(*scale))
        .expect("one divides every number");
    format!("{} {}", amount / scale, names[0])
}

impl Measure for Bytes {
    const NOUN: &'static str = "a size";
    const EXAMPLES: &'static [Self] = &[Self(512 << 20), Self(2 << 10), Self(64)];
    const LARGEST: Option<Self> = Some(Self(1 << 60));

    fn from_node(node: &Node) -> Result<Self, Fault> {
        let add =
            |number: &str| format!("add a unit: `\"{number} B\"`, `\"{number} KiB\"` or `\"{number} MiB\"`");
        let text = text_of(node, add)?;
        let (number, unit) = Written::split(text)?;
        if unit.is_empty() {
            return Err(Fault::new("it has no unit", add(text)));
        }
        let Some(scale) = find(&SIZES, unit) else {
            return Err(ambiguous_size(text, unit).unwrap_or_else(|| unknown(&SIZES, unit)));
        };
        match number.times(scale)? {
            (bytes, true) => Ok(Self(bytes)),
            (_, false) => Err(Fault::new("it is not a whole number of bytes", "")),
        }
    }
    fn write(self) -> Json {
        json!(write_whole(self.0, &SIZES, "B"))
    }
    fn schema(_: Bound<Self>, _: Bound<Self>) -> Json {
        let units: Vec<_> = SIZES.iter().flat_map(|(names, _)| names.iter().copied()).collect();
        json!({ "type": "string", "pattern": format!("^\\s*{NUMBER}\\s*({})\\s*$", units.join("|")) })
    }
}

/// `GB` means 10⁹ bytes to a disk vendor and to SI, and 2³⁰ to `redis.conf` and most of its readers.
fn ambiguous_size(text: &str, unit: &str) -> Option<Fault> {
    let (letter, power) = match unit.to_ascii_lowercase().as_str() {
        "k" | "kb" => ('K', 1),
        "m" | "mb" => ('M', 2),
        "g" | "gb" => ('G', 3),
        "t" | "tb" => ('T', 4),
        _ => return None,
    };
    let number = text.strip_suffix(unit)?.trim_end();
    let reason = format!("`{unit}` may be 10^{} or 2^{} bytes", power * 3, power * 10);
    let help = format!(
        "write `\"{} {letter}iB\"` for 2^{} bytes each, as redis.conf means it",
        quoted(number).trim_matches('`'),
        power * 10
    );
    Some(Fault::new(reason, help))
}

impl Measure for Rate {
    const NOUN: &'static str = "a rate";
    const EXAMPLES: &'static [Self] = &[Self(2000.0), Self(1.0)];
    /// One per nanosecond, the tick of the simulated clock.
    const LARGEST: Option<Self> = Some(Self(1e9));

    fn from_node(node: &Node) -> Result<Self, Fault> {
        let add =
            |number: &str| format!("say per what: `\"{number}/s\"`, `\"{number}/min\"` or `\"{number}/h\"`");
        let text = text_of(node, add)?;
        let (number, unit) = Written::split(text)?;
        let Some((multiple, per)) = unit.split_once('/') else {
            return Err(if unit.is_empty() {
                Fault::new("it has no unit", add(text))
            } else {
                Fault::new(
                    format!("{} is not a unit of a rate", quoted(unit)),
                    "write it like `\"2000/s\"` or `\"2k/s\"`",
                )
            });
        };
        let multiple = match multiple.trim() {
            "" => 1.0,
            "k" => 1e3,
            "M" => 1e6,
            other => {
                let reason = format!("there is no multiple {}", quoted(other));
                return Err(Fault::new(reason, "multiples are `k`, a thousand, and `M`, a million"));
            }
        };
        let per = per.trim();
        if per == "M" {
            return Err(Fault::new("`M` may be minutes or months", "write `min` for minutes"));
        }
        // The ambiguity of weeks and of units below a second is not worth their use.
        let units = &TIMES[3..7];
        let nanos = find(units, per).ok_or_else(|| unknown(units, per))?;
        Ok(Self(number.as_f64() * multiple / (nanos / 1_000_000_000) as f64))
    }
    fn write(self) -> Json {
        json!(self.to_string())
    }
    fn schema(_: Bound<Self>, _: Bound<Self>) -> Json {
        let units: Vec<_> = TIMES[3..7].iter().flat_map(|(names, _)| names.iter().copied()).collect();
        let pattern = format!("^\\s*{NUMBER}\\s*[kM]?\\s*/\\s*({})\\s*$", units.join("|"));
        json!({ "type": "string", "pattern": pattern })
    }
}

impl Measure for Ratio {
    const NOUN: &'static str = "a share";
    const EXAMPLES: &'static [Self] = &[Self(0.1), Self(0.5), Self(1.0)];
    const LARGEST: Option<Self> = Some(Self(1e9));

    fn from_node(node: &Node) -> Result<Self, Fault> {
        match &node.value {
            Value::Integer(whole) if (2..=100).contains(whole) => {
                Err(Fault::new("1 is the whole", format!("write `\"{whole} %\"` for per cent")))
            }
            Value::Integer(whole) => Ok(Self(*whole as f64)),
            Value::Float(number) if number.is_finite() => Ok(Self(*number)),
            Value::Float(_) => Err(Fault::new("it is not finite", "")),
            Value::Text(text) => match Written::split(text.trim())? {
                (number, "%") => Ok(Self(number.as_f64() / 100.0)),
                (_, "") => Err(Fault::new("it has no unit", format!("write `\"{} %\"`", text.trim()))),
                (_, unit) => {
                    Err(Fault::new(format!("there is no unit {}", quoted(unit)), "write it like `\"10 %\"`"))
                }
            },
            _ => Err(Fault::WrongKind),
        }
    }
    fn write(self) -> Json {
        // Ten digits hide that a tenth has no exact binary form.
        json!(format!("{} %", (self.0 * 1e12).round() / 1e10))
    }
    fn schema(low: Bound<Self>, high: Bound<Self>) -> Json {
        let number = bounded("number", low, high, |bound| json!(bound.0));
        json!({ "anyOf": [number, { "type": "string", "pattern": format!("^\\s*{NUMBER}\\s*%\\s*$") }] })
    }
}
