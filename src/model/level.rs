//! Values that a setting is given in turn, by a sweep or by a search: as one writes them, and as numbers.

use crate::measure::Unit;
use crate::quantity::{Bytes, Rate, Ratio};
use crate::random::math;
use crate::scenario::{Document, Kind, count, number, rate, share, size, time};
use crate::time::Duration;

/// One value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// As one would write it in `--set`.
    pub text: String,
    /// As a number, in the unit of its kind.
    pub at: Option<f64>,
}

/// The kinds of numbers that a setting can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A whole number.
    Whole,
    /// Any number.
    Number,
    /// A length of time, in seconds.
    Time,
    /// A size in bytes.
    Size,
    /// So many per second.
    Rate,
    /// A share of a whole.
    Share,
}

/// All values of a kind between two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// What its values are.
    pub quantity: Quantity,
    /// The smallest.
    pub from: f64,
    /// The largest.
    pub to: f64,
    /// Whether they are spread by factors and not by differences.
    pub is_log: bool,
}

impl Quantity {
    /// What a text is, and how much, in the base unit of its kind.
    #[must_use]
    pub fn of(text: &str) -> Option<(Self, f64)> {
        let whole = read(text, count::<u64>(..)).map(|whole| (Self::Whole, whole as f64));
        let number = || read(text, number(..)).map(|number| (Self::Number, number));
        let time = || read(text, time(..)).map(|time: Duration| (Self::Time, time.as_secs_f64()));
        let size = || read(text, size(..)).map(|Bytes(bytes)| (Self::Size, bytes as f64));
        let rate = || read(text, rate(..)).map(|Rate(rate)| (Self::Rate, rate));
        let share = || read(text, share()).map(|Ratio(share)| (Self::Share, share));
        whole.or_else(number).or_else(time).or_else(size).or_else(rate).or_else(share)
    }

    /// What both are: a whole number is a number, too.
    #[must_use]
    pub fn common(one: Self, other: Self) -> Option<Self> {
        match (one, other) {
            _ if one == other => Some(one),
            (Self::Whole, Self::Number) | (Self::Number, Self::Whole) => Some(Self::Number),
            _ => None,
        }
    }

    /// The unit of its numbers.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::Whole | Self::Number => Unit::Count,
            Self::Time => Unit::Seconds,
            Self::Size => Unit::Bytes,
            Self::Rate => Unit::PerSecond,
            Self::Share => Unit::Ratio,
        }
    }

    /// A value of this kind, as near as it can be written.
    #[must_use]
    pub fn level(self, at: f64) -> Level {
        match self {
            Self::Whole => {
                let whole = at.round();
                Level { text: format!("{whole}"), at: Some(whole) }
            }
            Self::Number | Self::Share => Level { text: format!("{at}"), at: Some(at) },
            Self::Time => {
                let nanos = (at * 1e9).round();
                Level { text: format!("{nanos} ns"), at: Some(nanos / 1e9) }
            }
            Self::Size => {
                let bytes = at.round();
                Level { text: format!("{bytes} B"), at: Some(bytes) }
            }
            Self::Rate => Level { text: format!("{at}/s"), at: Some(at) },
        }
    }

    /// The value of this kind that is nearest and has few digits: four, or the first twelve bits of a size.
    ///
    /// # Panics
    /// Never: a number that was written can be read.
    #[must_use]
    pub fn round_level(self, at: f64) -> Level {
        if self == Self::Size {
            let bytes = at.round().max(1.0) as u64;
            let step = 1u64 << bytes.ilog2().saturating_sub(11);
            return self.level((bytes.saturating_add(step / 2) / step * step) as f64);
        }
        let digits = format!("{at:.3e}");
        self.level(digits.parse().expect("a written number can be read"))
    }
}

impl Range {
    /// The range of a setting from one text to another.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(setting: &str, from: &str, to: &str, is_log: bool) -> Result<Self, String> {
        let (Some((one, from_number)), Some((other, to_number))) = (Quantity::of(from), Quantity::of(to))
        else {
            return Err(format!(
                "`{from}..{to}` is no range: expected two numbers, with a unit if the setting has one"
            ));
        };
        let quantity = Quantity::common(one, other).ok_or_else(|| {
            format!("`{setting}` goes from one kind of number to another: give both ends the same unit")
        })?;
        if from_number >= to_number {
            return Err(format!(
                "the range of `{setting}` ends where it begins, or before: write the smaller end first"
            ));
        }
        if is_log && from_number <= 0.0 {
            return Err(format!(
                "the range of `{setting}` cannot be logarithmic from zero: begin above it, or write `:linear`"
            ));
        }
        Ok(Self { quantity, from: from_number, to: to_number, is_log })
    }

    /// The number at a share of the way from the smallest to the largest. Its ends are as they were written, to the last
    /// bit.
    #[must_use]
    pub fn at(&self, share: f64) -> f64 {
        let Self { from, to, .. } = *self;
        match share {
            ..=0.0 => from,
            1.0.. => to,
            _ if self.is_log => math::exp(math::ln(from) + share * (math::ln(to) - math::ln(from))),
            _ => from + share * (to - from),
        }
    }
}

/// A text as a scenario would take it for this kind.
fn read<K: Kind>(text: &str, kind: K) -> Option<K::Value> {
    let kind = std::cell::Cell::new(Some(kind));
    let mut document = Document::parse("a value", "").ok()?;
    document.set(&format!("value={text}")).ok()?;
    let read = document.read(None, |r| {
        r.field("value", "A value.", kind.take().expect("one document is read once")).required()
    });
    read.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_value_is_near_and_has_few_digits() {
        for (quantity, at, expected) in [
            (Quantity::Whole, 12.4, "12"),
            (Quantity::Whole, 123_456.0, "123500"),
            (Quantity::Rate, 4_137.283, "4137/s"),
            (Quantity::Time, 0.012_345_6, "12350000 ns"),
            (Quantity::Share, 0.123_45, "0.1235"),
            (Quantity::Size, 1_000.0, "1000 B"),
            // Between 2^28 and 2^29 in steps of 2^17: 412.3 MiB is 3298.4 of them.
            (Quantity::Size, 432_327_885.0, "432275456 B"),
        ] {
            assert_eq!(quantity.round_level(at).text, expected, "{at}");
        }
    }

    #[test]
    fn a_range_ends_as_it_was_written() {
        let range = Range::parse("redis.memory", "64MiB", "4GiB", true).expect("it is sound");
        let mib = [0.0, 0.5, 1.0].map(|share| range.at(share) / 1_048_576.0);
        assert!((mib[1] - 512.0).abs() < 1e-6, "{mib:?}");
        let ends = [(range.from, range.at(0.0)), (range.to, range.at(1.0))];
        assert!(ends.iter().all(|(written, at)| written.to_bits() == at.to_bits()));
    }
}
