//! Numbers for people: four significant digits, a prefix or a unit that suits the size, and intervals rounded to the
//! digits they support. Pure functions, the same in tables, charts and findings.
//!
//! | what | written as |
//! | --- | --- |
//! | a number | `249.8k/s`, `43.5 ms`, `81.9 %` |
//! | with half of its interval | `249.8k/s ± 0.2k/s`, `43.5 ± 0.6 ms`: what is glued to a number stands at both |
//! | with an interval that is not symmetric | `43.5 ms (42.9 to 44.8 ms)` |
//! | with an interval without an upper end | `43.5 ms (at least 42.9 ms)` |
//! | a latency that is no number, because too many requests fail | `fails` |
//! | a difference | `+8.4 ms`, `-1.2 points`, `+12 %`, `0` |
//!
//! Differences are in `change.rs`.

use serde::{Deserialize, Serialize};

/// What a number counts; decides how it is written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Things: `1234`, `12.3k`.
    Count,
    /// Things per second: `20k/s`.
    PerSecond,
    /// Time in seconds: `1.23 ms`, `100 s`, `2 min`.
    Seconds,
    /// A share of a whole, where 1 is all of it: `81.9 %`.
    Ratio,
    /// A size in bytes, in binary units: `1.5 GiB`.
    Bytes,
}

/// A metric's unit.
impl From<crate::measure::Unit> for Unit {
    fn from(unit: crate::measure::Unit) -> Self {
        match unit {
            crate::measure::Unit::Seconds => Self::Seconds,
            crate::measure::Unit::Ratio => Self::Ratio,
            crate::measure::Unit::PerSecond => Self::PerSecond,
            crate::measure::Unit::Count => Self::Count,
            crate::measure::Unit::Bytes => Self::Bytes,
        }
    }
}

/// How a latency is written that is slower than every limit, because more requests fail than its percentile leaves.
pub const FAILS: &str = "fails";

/// Significant digits of a number that stands alone.
const DIGITS: i32 = 4;

const PREFIXES: [(f64, &str); 5] = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
const TIMES: [(f64, &str); 7] =
    [(86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")];
const SIZES: [(f64, &str); 4] =
    [(1_099_511_627_776.0, "TiB"), (1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB")];

impl Unit {
    /// A number with its unit, in at most four significant digits. What is not a number is `–`, what is larger than any
    /// is `fails`.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        if !value.is_finite() {
            return not_finite(value);
        }
        let (size, suffix) = self.scale(value);
        let digits = significant(value / size);
        format!("{digits}{suffix}")
    }

    /// A number and half the width of its interval in one unit: `81.9 ± 0.2 %`, `249.8k/s ± 0.2k/s`. The interval has
    /// one significant digit, two if the first is a 1 or the number is smaller than the interval (`2.7 ± 6.3 %`), and
    /// the number ends at the same place. The scale is that of the larger of the two.
    #[must_use]
    pub fn show_interval(self, value: f64, half_width: f64) -> String {
        if !value.is_finite() || !half_width.is_finite() || half_width <= 0.0 {
            return self.show(value);
        }
        let (size, suffix) = self.scale(value.abs().max(half_width));
        let [value, half_width] = supported(value / size, half_width / size);
        // `k/s` is read as a part of its number, ` ms` as the unit of both.
        let glued = if suffix.starts_with(' ') { "" } else { suffix.as_str() };
        format!("{value}{glued} ± {half_width}{suffix}")
    }

    /// A number and its interval, from one end to the other: `43.5 ms (42.9 to 44.8 ms)`. If the number lies in the
    /// middle, as far as digits are shown, this is [`Unit::show_interval`]. An interval that goes on without end is
    /// `43.5 ms (at least 42.9 ms)`.
    #[must_use]
    pub fn show_between(self, value: f64, [low, high]: [f64; 2]) -> String {
        if low.is_nan() || high.is_nan() || value.is_nan() || low >= high {
            return self.show(value);
        }
        if !(value.is_finite() && high.is_finite()) {
            let is_known = low.is_finite() && low < value;
            let least = if is_known { format!(" (at least {})", self.show(low)) } else { String::new() };
            return self.show(value) + &least;
        }
        let (size, suffix) = self.scale(value.abs().max(high.abs()));
        let [value, low, high] = [value, low, high].map(|number| number / size);
        let gaps = [value - low, high - value].map(|gap| gap.max(0.0));
        let narrow = gaps.into_iter().filter(|gap| *gap > 0.0).fold(f64::INFINITY, f64::min);
        let place = last_place(value, narrow);
        let [shown, from, to] = [value, low, high].map(|number| at_place(number, place));
        if at_place(gaps[0], place) == at_place(gaps[1], place) {
            return self.show_interval(value * size, gaps[0].max(gaps[1]) * size);
        }
        let glued = if suffix.starts_with(' ') { "" } else { suffix.as_str() };
        format!("{shown}{suffix} ({from}{glued} to {to}{suffix})")
    }

    /// The largest scale that leaves at least 1 before the point, and what is written behind the number.
    pub(crate) fn scale(self, value: f64) -> (f64, String) {
        let value = rounded(value.abs());
        let largest =
            |scales: &[(f64, &'static str)]| scales.iter().find(|(size, _)| value >= *size).copied();
        match self {
            // Four digits are as short as three and a prefix.
            Self::Count | Self::PerSecond => {
                let (size, prefix) = largest(&PREFIXES).filter(|_| value >= 1e4).unwrap_or((1.0, ""));
                (size, format!("{prefix}{}", if self == Self::PerSecond { "/s" } else { "" }))
            }
            Self::Seconds => {
                let smallest = if value == 0.0 { (1.0, "s") } else { (1e-9, "ns") };
                // A few minutes and some seconds are read more easily as seconds.
                let in_seconds = (60.0..600.0).contains(&value) && value % 60.0 != 0.0;
                let scale = if in_seconds { Some((1.0, "s")) } else { largest(&TIMES) };
                let (size, name) = scale.unwrap_or(smallest);
                (size, format!(" {name}"))
            }
            Self::Ratio => (0.01, " %".to_owned()),
            Self::Bytes => {
                let (size, name) = largest(&SIZES).unwrap_or((1.0, "B"));
                (size, format!(" {name}"))
            }
        }
    }
}

/// A number and half the width of its interval, without a unit: `0.819 ± 0.002`.
#[must_use]
pub fn interval(value: f64, half_width: f64) -> String {
    if !value.is_finite() || !half_width.is_finite() || half_width <= 0.0 {
        return significant(value);
    }
    supported(value, half_width).join(" ± ")
}

/// A number and half the width of its interval, in the digits that the interval supports.
fn supported(value: f64, half_width: f64) -> [String; 2] {
    let place = last_place(value, half_width);
    [value, half_width].map(|number| at_place(number, place))
}

/// The power of ten of the last digit that is worth showing.
fn last_place(value: f64, half_width: f64) -> i32 {
    let (first, exponent) = leading_digit(half_width, 1);
    // Of a number that is smaller than its interval nothing might be left.
    let is_fine = first == 1 || half_width > value.abs();
    if is_fine { exponent - 1 } else { exponent }
}

/// A number rounded to this power of ten. Zero has neither a sign nor decimals: `-0.00` says what is not known.
pub(super) fn at_place(value: f64, place: i32) -> String {
    let decimals = usize::try_from(-place).unwrap_or(0);
    // Where the last certain digit stands left of the point, the digits after it are not certain either.
    let step = libm::exp10(f64::from(place.max(0)));
    let value = if place > 0 { libm::round(value / step) * step } else { value };
    let text = format!("{value:.decimals$}");
    let is_zero = text.chars().all(|letter| matches!(letter, '-' | '0' | '.'));
    if is_zero { "0".to_owned() } else { text }
}

/// At most four significant digits, without zeros at the end; very small and very large numbers as powers of
/// ten.
#[must_use]
pub fn significant(value: f64) -> String {
    if !value.is_finite() {
        return not_finite(value);
    }
    let value = rounded(value);
    if value == 0.0 {
        return "0".to_owned();
    }
    let (_, exponent) = leading_digit(value.abs(), DIGITS);
    if !(-5..9).contains(&exponent) {
        return format!("{value:e}");
    }
    let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// The nearest number of four significant digits; decimal, as a person rounds.
fn rounded(value: f64) -> f64 {
    scientific(value, DIGITS).parse().expect("a written number can be read")
}

/// So many significant digits and a power of ten.
fn scientific(value: f64, digits: i32) -> String {
    let decimals = usize::try_from(digits - 1).unwrap_or(0);
    format!("{value:.decimals$e}")
}

/// The first digit of a positive number, rounded to so many digits, and the power of ten it stands for.
fn leading_digit(value: f64, digits: i32) -> (u32, i32) {
    let text = scientific(value, digits);
    let (mantissa, exponent) = text.split_once('e').expect("the format has an exponent");
    let first = mantissa.chars().next().and_then(|digit| digit.to_digit(10)).expect("a number has a digit");
    (first, exponent.parse().expect("an exponent is a whole number"))
}

fn not_finite(value: f64) -> String {
    if value.is_nan() {
        "–"
    } else if value > 0.0 {
        FAILS
    } else {
        "-∞"
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_four_significant_digits_and_no_zeros_at_the_end() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (0.1 + 0.2, "0.3"),
            (1234.56, "1235"),
            (9999.6, "10000"),
            (0.012_345_6, "0.01235"),
            (-2.5, "-2.5"),
            (1e-7, "1e-7"),
            (-1.25e9, "-1.25e9"),
            (f64::NAN, "–"),
            (f64::INFINITY, "fails"),
        ];
        for (value, expected) in cases {
            assert_eq!(significant(value), expected, "{value}");
        }
    }

    #[test]
    fn a_quantity_is_written_in_the_unit_that_suits_its_size() {
        let cases = [
            (Unit::Count, 9999.0, "9999"),
            (Unit::Count, 9999.6, "10k"),
            (Unit::Count, 12_345.0, "12.35k"),
            (Unit::Count, -1.5e6, "-1.5M"),
            (Unit::PerSecond, 20_000.0, "20k/s"),
            (Unit::PerSecond, 0.25, "0.25/s"),
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Seconds, 0.001_23, "1.23 ms"),
            (Unit::Seconds, 0.999_99, "1 s"),
            (Unit::Seconds, 2.5e-5, "25 µs"),
            (Unit::Seconds, 3e-9, "3 ns"),
            (Unit::Seconds, 59.0, "59 s"),
            (Unit::Seconds, 100.0, "100 s"),
            (Unit::Seconds, 119.99, "2 min"),
            (Unit::Seconds, 120.0, "2 min"),
            (Unit::Seconds, 630.0, "10.5 min"),
            (Unit::Seconds, 5400.0, "1.5 h"),
            (Unit::Seconds, 172_800.0, "2 d"),
            (Unit::Ratio, 0.819, "81.9 %"),
            (Unit::Ratio, 0.000_012, "0.0012 %"),
            (Unit::Ratio, 1.0, "100 %"),
            (Unit::Bytes, 100.0, "100 B"),
            (Unit::Bytes, 1536.0, "1.5 KiB"),
            (Unit::Bytes, 3_221_225_472.0, "3 GiB"),
            (Unit::Seconds, f64::NAN, "–"),
        ];
        for (unit, value, expected) in cases {
            assert_eq!(unit.show(value), expected, "{unit:?} {value}");
        }
    }

    #[test]
    fn an_interval_has_the_digits_it_supports() {
        let cases = [
            (0.8193, 0.0021, "0.819 ± 0.002"),
            (0.8193, 0.0014, "0.8193 ± 0.0014"),
            (0.8193, 0.000_96, "0.8193 ± 0.0010"),
            (12_345.0, 678.0, "12300 ± 700"),
            (12_345.0, 134.0, "12350 ± 130"),
            (-0.0001, 0.02, "0 ± 0.020"),
            (-0.001, 0.02, "-0.001 ± 0.020"),
            (0.02, 0.02, "0.02 ± 0.02"),
            (2.74, 6.31, "2.7 ± 6.3"),
            (2.74, 9.96, "3 ± 10"),
            (30.0, 234.0, "30 ± 230"),
            (0.0, 0.5, "0 ± 0.50"),
            (5.0, 0.0, "5"),
            (5.0, f64::NAN, "5"),
            (f64::NAN, 1.0, "–"),
            (f64::INFINITY, 1.0, "fails"),
        ];
        for (value, half_width, expected) in cases {
            assert_eq!(interval(value, half_width), expected, "{value} ± {half_width}");
        }
    }

    #[test]
    fn a_unit_belongs_to_the_number_and_to_its_interval() {
        let cases = [
            (Unit::Count, 249_800.0, 200.0, "249.8k ± 0.2k"),
            (Unit::PerSecond, 249_800.0, 200.0, "249.8k/s ± 0.2k/s"),
            (Unit::PerSecond, 140.3, 2.1, "140/s ± 2/s"),
            (Unit::Seconds, 0.2498, 0.0002, "249.8 ± 0.2 ms"),
            (Unit::Ratio, 0.8193, 0.0021, "81.9 ± 0.2 %"),
            (Unit::Seconds, 0.001_234, 0.000_05, "1.23 ± 0.05 ms"),
            (Unit::Count, 42.0, 0.0, "42"),
            (Unit::Ratio, 0.0274, 0.0631, "2.7 ± 6.3 %"),
            (Unit::Seconds, 0.000_21, 0.002, "0.2 ± 2.0 ms"),
            (Unit::PerSecond, 300.0, 20_000.0, "0k/s ± 20k/s"),
            (Unit::Bytes, 512.0, 2048.0, "0.5 ± 2.0 KiB"),
            (Unit::Seconds, f64::INFINITY, 0.1, "fails"),
        ];
        for (unit, value, half_width, expected) in cases {
            assert_eq!(unit.show_interval(value, half_width), expected);
        }
    }

    #[test]
    fn an_interval_that_is_not_symmetric_is_shown_from_end_to_end() {
        let open = f64::INFINITY;
        let cases = [
            (Unit::Seconds, 0.0435, [0.0429, 0.0448], "43.5 ms (42.9 to 44.8 ms)"),
            (Unit::Seconds, 0.0435, [0.0429, 0.0441], "43.5 ± 0.6 ms"),
            (Unit::Seconds, 0.0435, [0.0429, open], "43.5 ms (at least 42.9 ms)"),
            (Unit::Seconds, open, [0.0429, open], "fails (at least 42.9 ms)"),
            (Unit::Seconds, open, [open, open], "fails"),
            (Unit::Count, 12_300.0, [12_100.0, 14_000.0], "12.3k (12.1k to 14.0k)"),
            (Unit::PerSecond, 12_300.0, [12_100.0, 14_000.0], "12.3k/s (12.1k/s to 14.0k/s)"),
            (Unit::Ratio, 0.002, [0.0, 0.03], "0.2 % (0 to 3.0 %)"),
            (Unit::Seconds, 0.0435, [0.0435, 0.0435], "43.5 ms"),
            (Unit::Seconds, 0.0435, [0.0435, 0.0448], "43.5 ms (43.5 to 44.8 ms)"),
            (Unit::Seconds, 0.0435, [f64::NAN, 0.0448], "43.5 ms"),
            (Unit::Seconds, f64::NAN, [0.0, 1.0], "–"),
        ];
        for (unit, value, interval, expected) in cases {
            assert_eq!(unit.show_between(value, interval), expected);
        }
    }
}
