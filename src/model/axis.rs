//! A setting that a sweep varies, and the values that it gets: `redis.memory=64MiB..4GiB:log:9`,
//! `redis.policy=allkeys-lru,allkeys-lfu`.

use super::level::{Level, Quantity, Range};
use crate::measure::Unit;
use std::fmt;

/// A setting and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Its path, as in `--set`.
    pub setting: String,
    /// What its values are, if they are numbers of one kind.
    pub unit: Option<Unit>,
    /// Whether they are spread by factors and not by differences.
    pub is_log: bool,
    values: Values,
    /// As it was asked for.
    written: String,
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Values {
    List(Vec<Level>),
    Range { range: Range, steps: usize },
}

/// More values of one setting than this are a mistake.
const STEPS_MAX: usize = 10_000;

impl Axis {
    /// Reads `SETTING=A,B,C` or `SETTING=FROM..TO:STEPS`, where `:log` or `:linear` may stand before the steps.
    ///
    /// # Errors
    /// What is wrong with it, and how it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shape = "expected `setting=a,b,c` or `setting=from..to:log:steps`, as in `redis.memory=64MiB..4GiB:log:9`";
        let (setting, values) =
            text.split_once('=').ok_or_else(|| format!("`{text}` names no values: {shape}"))?;
        let (setting, values) = (setting.trim(), values.trim());
        if setting.is_empty() || values.is_empty() {
            return Err(format!("`{text}` is not complete: {shape}"));
        }
        match values.split_once("..").filter(|_| !values.contains(['{', '[', '"'])) {
            Some((from, rest)) => Self::range(setting, from, rest),
            None => Self::list(setting, values),
        }
    }

    fn range(setting: &str, from: &str, rest: &str) -> Result<Self, String> {
        let from_text = from.trim();
        let mut parts = rest.split(':').map(str::trim);
        let to = parts.next().unwrap_or_default();
        let parts: Vec<&str> = parts.collect();
        let (is_log, steps) = match parts.as_slice() {
            [steps] | ["linear", steps] => (false, *steps),
            ["log", steps] => (true, *steps),
            _ => {
                return Err(format!(
                    "`{setting}={from}..{rest}` does not say how many values: end it with `:9` or `:log:9`"
                ));
            }
        };
        let count: Option<usize> = steps.parse().ok().filter(|steps| (2..=STEPS_MAX).contains(steps));
        let steps =
            count.ok_or_else(|| format!("`{steps}` is no number of values: expected 2 to {STEPS_MAX}"))?;
        let range = Range::parse(setting, from_text, to, is_log)?;
        let written = format!("{setting}={from_text}..{rest}");
        Ok(Self {
            setting: setting.to_owned(),
            unit: Some(range.quantity.unit()),
            is_log,
            values: Values::Range { range, steps },
            written,
        })
    }

    fn list(setting: &str, values: &str) -> Result<Self, String> {
        let texts = split(values);
        if texts.len() > STEPS_MAX || texts.iter().any(String::is_empty) {
            return Err(format!("`{setting}` has an empty value, or more than {STEPS_MAX}"));
        }
        let quantities: Vec<Option<(Quantity, f64)>> = texts.iter().map(|text| Quantity::of(text)).collect();
        let common = quantities
            .iter()
            .flatten()
            .map(|(quantity, _)| *quantity)
            .reduce(|one, other| Quantity::common(one, other).unwrap_or(one));
        let fits = |(quantity, _): &(Quantity, f64)| {
            common.is_some_and(|common| Quantity::common(*quantity, common).is_some())
        };
        let is_numeric = quantities.iter().all(|it| it.as_ref().is_some_and(fits));
        let levels = texts
            .into_iter()
            .zip(quantities)
            .map(|(text, quantity)| Level { text, at: quantity.filter(|_| is_numeric).map(|(_, at)| at) });
        let unit = common.filter(|_| is_numeric).map(Quantity::unit);
        let written = format!("{setting}={values}");
        let values = Values::List(levels.collect());
        Ok(Self { setting: setting.to_owned(), unit, is_log: false, values, written })
    }

    /// All its values; those of a range that round to the same one are one.
    #[must_use]
    pub fn levels(&self) -> Vec<Level> {
        match &self.values {
            Values::List(levels) => levels.clone(),
            Values::Range { steps, .. } => {
                let mut levels: Vec<Level> =
                    (0..*steps).map(|step| self.level_at(step as f64 / (steps - 1) as f64)).collect();
                levels.dedup();
                levels
            }
        }
    }

    /// Says so if a range has fewer values than were asked for, because some are the same when they are rounded.
    #[must_use]
    pub fn fewer_than_asked(&self) -> Option<String> {
        let Values::Range { steps, .. } = self.values else { return None };
        let count = self.levels().len();
        (count < steps).then(|| format!("`{self}` has {count} different values, not {steps}"))
    }

    /// Whether all its values are whole numbers.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let is_whole = |level: &Level| level.at.is_some_and(|at| at.fract() == 0.0);
        self.unit == Some(Unit::Count) && self.levels().iter().all(is_whole)
    }

    /// The value at a share of the way from the first to the last.
    #[must_use]
    pub fn level_at(&self, share: f64) -> Level {
        match &self.values {
            Values::List(levels) => {
                levels[((share * levels.len() as f64) as usize).min(levels.len() - 1)].clone()
            }
            Values::Range { range, .. } => range.quantity.level(range.at(share)),
        }
    }
}

/// The values of a list: commas inside of brackets or quotes are part of a value.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut quoted) = (0i32, false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            ',' if depth == 0 && !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("there is one").push(letter);
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &str) -> Vec<String> {
        Axis::parse(axis).expect("it is sound").levels().into_iter().map(|level| level.text).collect()
    }

    #[test]
    fn a_list_is_taken_as_it_is_written() {
        assert_eq!(texts("redis.policy=allkeys-lru, allkeys-lfu"), ["allkeys-lru", "allkeys-lfu"]);
        assert_eq!(
            texts(r#"workload.arrivals={ poisson = "1/s", x = 1 },{ constant = "2,0/s" }"#),
            [r#"{ poisson = "1/s", x = 1 }"#, r#"{ constant = "2,0/s" }"#]
        );
        let ttl = Axis::parse("redis.ttl=1 s,2 min").expect("it is sound");
        assert_eq!(ttl.unit, Some(Unit::Seconds));
        assert_eq!(ttl.levels()[1].at, Some(120.0));
        assert_eq!(Axis::parse("redis.ttl=1 s,none").expect("it is sound").unit, None);
    }

    #[test]
    fn a_range_has_its_ends_and_equal_steps_or_equal_factors() {
        assert_eq!(texts("app.instances=1..4:4"), ["1", "2", "3", "4"]);
        assert_eq!(texts("app.instances=1..3:5"), ["1", "2", "3"], "what rounds to the same is one");
        let sizes = Axis::parse("redis.memory=64MiB..4GiB:log:7").expect("it is sound");
        let at: Vec<f64> = sizes.levels().iter().filter_map(|level| level.at).collect();
        for (step, at) in at.iter().enumerate() {
            assert!((at / (64.0 * 1_048_576.0) - f64::from(1u32 << step)).abs() < 1e-6, "{at}");
        }
        assert_eq!(texts("redis.ttl=1 s..2 s:linear:3"), ["1000000000 ns", "1500000000 ns", "2000000000 ns"]);
    }

    #[test]
    fn what_is_no_axis_says_how_it_is_written() {
        for (text, expected) in [
            ("redis.ttl", "names no values"),
            ("redis.ttl=", "not complete"),
            ("redis.ttl=1s..2s", "how many values"),
            ("redis.ttl=1s..2s:1", "expected 2 to"),
            ("redis.ttl=1s..2MiB:3", "one kind of number to another"),
            ("redis.ttl=2s..1s:3", "smaller end first"),
            ("redis.ttl=0s..1s:log:3", "cannot be logarithmic"),
            ("redis.ttl=a..b:3", "no range"),
            ("redis.policy=a,,b", "empty value"),
        ] {
            let error = Axis::parse(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
