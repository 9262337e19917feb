//! The part of an axis that is shown, and where on it a value lies; a coordinate range of `plotters`.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};

use super::{Axis, Scale, Style, ticks};
use crate::report::format::Unit;

/// From the smallest value shown to the largest.
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    pub low: f64,
    pub high: f64,
    pub unit: Unit,
    pub scale: Scale,
    pub is_whole: bool,
}

/// How far outside of an axis a value can lie, in lengths of the axis: far enough to draw a steep line at the
/// right angle, near enough not to overflow a coordinate.
const FAR: f64 = 1000.0;
/// Larger values cannot be drawn: the length of the axis would overflow.
const LARGEST: f64 = 1e300;
/// Parts into which the y axis is divided when its end is rounded up.
const PARTS: usize = 5;

impl Extent {
    /// For the x axis: from the first value to the last, and for bars half a bar more on each side.
    pub fn horizontal(axis: &Axis, values: &[f64], style: Option<Style>) -> Self {
        let shown = shown(axis, values);
        let Some((low, high)) = shown else { return Self::of(axis, 0.0, 1.0) };
        if axis.scale == Scale::Log {
            return Self::of(axis, round_down(low), round_up(high));
        }
        let margin = if style == Some(Style::Bars) { nearest(values) / 2.0 } else { 0.0 };
        Self::of(axis, low - margin, high + margin)
    }

    /// For the y axis: from zero to a round number, and on a logarithmic axis between round numbers.
    pub fn vertical(axis: &Axis, values: &[f64]) -> Self {
        let Some((low, high)) = shown(axis, values) else { return Self::of(axis, 0.0, 1.0) };
        if axis.scale == Scale::Log {
            return Self::of(axis, round_down(low), round_up(high));
        }
        let (low, high) = (low.min(0.0), high.max(0.0));
        let span = if high > low { high - low } else { 1.0 };
        let step = ticks::step(axis.unit, span, PARTS);
        let top = libm::ceil(high / step - 1e-9) * step;
        let top = if axis.unit == Unit::Ratio && high <= 1.0 { top.min(1.0) } else { top };
        Self::of(axis, libm::floor(low / step + 1e-9) * step, top.max(low + span))
    }

    /// The range that the axis names, if it is usable, else from `low` to `high`; never empty.
    fn of(axis: &Axis, low: f64, high: f64) -> Self {
        let is_usable = |(low, high): &(f64, f64)| {
            drawable(axis.scale, *low) && drawable(axis.scale, *high) && low < high
        };
        let (low, high) = axis.range.filter(is_usable).unwrap_or((low, high));
        let (low, high) = match axis.scale {
            Scale::Linear if high > low => (low, high),
            Scale::Linear => (low - (low.abs() / 10.0).max(0.5), low + (low.abs() / 10.0).max(0.5)),
            Scale::Log if low > 0.0 && high > low => (low, high),
            Scale::Log if low > 0.0 => (low / 10.0, low * 10.0),
            Scale::Log => (1.0, 10.0),
        };
        Self { low, high, unit: axis.unit, scale: axis.scale, is_whole: axis.is_whole }
    }

    /// Whether the value can be drawn at all.
    pub fn takes(&self, value: f64) -> bool {
        drawable(self.scale, value)
    }

    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Where a value lies: 0 at the lower end, 1 at the upper. What cannot be drawn lies at the lower end.
    pub fn share(&self, value: f64) -> f64 {
        if !self.takes(value) {
            return 0.0;
        }
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (libm::log(value) - libm::log(self.low)) / self.log_length(),
        };
        share.clamp(-FAR, FAR)
    }

    /// By difference, since the ratio of the ends can be too large for a number.
    fn log_length(&self) -> f64 {
        libm::log(self.high) - libm::log(self.low)
    }

    /// The value that lies there, the inverse of [`Extent::share`].
    pub fn at(&self, share: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.low + share * (self.high - self.low),
            Scale::Log => self.low * libm::exp(share * self.log_length()),
        }
    }
}

impl Ranged for Extent {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        start + libm::round(self.share(*value) * f64::from(end - start)) as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        ticks::ticks(self, hint.max_num_points()).into_iter().map(|tick| tick.value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

fn drawable(scale: Scale, value: f64) -> bool {
    value.abs() <= LARGEST && (scale == Scale::Linear || value >= 1.0 / LARGEST)
}

/// The smallest and the largest value that can be drawn.
fn shown(axis: &Axis, values: &[f64]) -> Option<(f64, f64)> {
    let mut values = values.iter().copied().filter(|value| drawable(axis.scale, *value));
    let first = values.next()?;
    Some(values.fold((first, first), |(low, high), value| (low.min(value), high.max(value))))
}

/// The smallest distance between two different values that follow each other; 1 if there is none.
pub fn nearest(values: &[f64]) -> f64 {
    let gaps = values.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    let least = gaps.filter(|gap| gap.is_finite() && *gap > 0.0).fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 1.0 }
}

/// The largest of 1, 2, 5 × 10ⁿ that is not above a positive value.
fn round_down(value: f64) -> f64 {
    let decade = libm::exp10(libm::floor(libm::log10(value) + 1e-9));
    [5.0, 2.0].into_iter().map(|digit| digit * decade).find(|round| *round <= value).unwrap_or(decade)
}

/// The smallest of 1, 2, 5 × 10ⁿ that is not below a positive value.
fn round_up(value: f64) -> f64 {
    let decade = libm::exp10(libm::ceil(libm::log10(value) - 1e-9));
    [decade * 0.2, decade * 0.5].into_iter().find(|round| *round >= value).unwrap_or(decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(extent: &Extent, low: f64, high: f64) {
        assert!((extent.low - low).abs() < 1e-9 && (extent.high - high).abs() < 1e-9, "{extent:?}");
    }

    #[test]
    fn a_y_axis_goes_from_zero_to_a_round_number() {
        let linear = |unit, values: &[f64]| Extent::vertical(&Axis::linear("", unit), values);
        check(&linear(Unit::Count, &[3.0, 87.0]), 0.0, 100.0);
        check(&linear(Unit::Ratio, &[0.5, 0.93]), 0.0, 1.0);
        check(&linear(Unit::Ratio, &[0.011, 0.018]), 0.0, 0.02);
        check(&linear(Unit::Count, &[-3.0, 4.0]), -4.0, 4.0);
        check(&linear(Unit::Count, &[0.0, 0.0]), 0.0, 1.0);
        check(&linear(Unit::Count, &[f64::NAN]), 0.0, 1.0);
    }

    #[test]
    fn a_log_axis_lies_between_round_numbers_and_ignores_what_is_not_positive() {
        let log = |values: &[f64]| Extent::vertical(&Axis::log("", Unit::Count), values);
        check(&log(&[0.0, 3.0, 700.0]), 2.0, 1000.0);
        check(&log(&[-1.0]), 1.0, 10.0);
        check(&log(&[10.0]), 1.0, 100.0);
    }

    #[test]
    fn a_named_range_wins_unless_it_is_unusable() {
        let named =
            |range| Extent::vertical(&Axis { range: Some(range), ..Axis::linear("", Unit::Count) }, &[4.0]);
        check(&named((0.9, 1.0)), 0.9, 1.0);
        check(&named((1.0, 1.0)), 0.0, 4.0);
        check(&named((f64::NAN, 1.0)), 0.0, 4.0);
    }

    #[test]
    fn a_value_comes_back_from_its_place() {
        for (axis, value) in [(Axis::linear("", Unit::Count), 42.0), (Axis::log("", Unit::Count), 42.0)] {
            let extent = Extent::of(&axis, 1.0, 1000.0);
            assert!((extent.at(extent.share(value)) - value).abs() < 1e-9);
            assert_eq!(extent.map(&1.0, (500, 0)), 500);
            assert_eq!(extent.map(&1000.0, (500, 0)), 0);
        }
    }
}
