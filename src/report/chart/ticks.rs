//! Where an axis has its ticks and what is written there: round numbers of the unit, so 1, 2, 5, 10 for
//! numbers, but 15 s, 5 min and 12 h for time and powers of two for bytes.

use super::Scale;
use super::axis::Extent;
use crate::report::format::Unit;

/// A line of the grid; one without a label is fine grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub value: f64,
    pub label: Option<String>,
}

/// Round numbers of seconds from one second up.
const TIME_STEPS: [f64; 17] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0,
    21_600.0, 43_200.0,
];
const DAY: f64 = 86_400.0;
/// Decades of seconds as a person counts them: after 10 s come 1 min, 10 min, 1 h, 10 h and days.
const TIME_DECADES: [f64; 4] = [60.0, 600.0, 3600.0, 36_000.0];
/// Numbers from here on are written as powers of ten.
const LONGEST: f64 = 1e7;
/// Slack for sums of round numbers that are not round in binary.
const SLACK: f64 = 1e-9;

/// The ticks within an extent by ascending value, at most about `wanted` of them labelled.
pub fn ticks(extent: &Extent, wanted: usize) -> Vec<Tick> {
    let wanted = wanted.max(2);
    match extent.scale {
        Scale::Linear => linear(extent, wanted),
        Scale::Log => log(extent, wanted),
    }
}

/// The smallest round step that divides `span` into at most `wanted` parts.
pub fn step(unit: Unit, span: f64, wanted: usize) -> f64 {
    let least = span / wanted as f64 * (1.0 - SLACK);
    match unit {
        Unit::Bytes => libm::exp2(libm::ceil(libm::log2(least)).max(0.0)),
        Unit::Seconds if least > TIME_STEPS[TIME_STEPS.len() - 1] => DAY * decimal_step(least / DAY).max(1.0),
        Unit::Seconds if least > 0.5 => {
            *TIME_STEPS.iter().find(|step| **step >= least).expect("checked above")
        }
        _ => decimal_step(least),
    }
}

/// The smallest of 1, 2, 5 × 10ⁿ that is not below `least`.
fn decimal_step(least: f64) -> f64 {
    let decade = libm::exp10(libm::floor(libm::log10(least)));
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|digit| digit * decade)
        .find(|step| *step >= least)
        .unwrap_or(decade * 10.0)
}

fn linear(extent: &Extent, wanted: usize) -> Vec<Tick> {
    let step = step(extent.unit, extent.high - extent.low, wanted);
    let step = if extent.is_whole { step.max(1.0) } else { step };
    let (first, last) = (libm::ceil(extent.low / step - SLACK), libm::floor(extent.high / step + SLACK));
    // More ticks than wanted only where the range is too narrow for its size, and steps vanish in rounding.
    let count = ((last - first) as usize + 1).min(2 * wanted);
    let largest = extent.low.abs().max(extent.high.abs());
    let tick = |index: usize| {
        let value = (first + index as f64) * step;
        Tick { value, label: Some(linear_label(value, extent.unit, step, largest)) }
    };
    (0..count).map(tick).collect()
}

/// All labels of an axis have one unit and one number of decimals.
fn linear_label(value: f64, unit: Unit, step: f64, largest: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let (size, suffix) = match unit {
        Unit::Seconds if step >= 60.0 => {
            let whole = [DAY, 3600.0, 60.0].into_iter().find(|size| step % size == 0.0).unwrap_or(60.0);
            unit.scale(whole)
        }
        Unit::Seconds => unit.scale(largest.min(59.0)),
        _ => unit.scale(largest),
    };
    let scaled = step / size;
    let is_whole = |decimals: &usize| {
        let shifted = scaled * libm::exp10(*decimals as f64);
        (shifted - libm::round(shifted)).abs() < 1e-6 * shifted
    };
    match (0..9).find(is_whole) {
        Some(decimals) if largest / size < LONGEST => format!("{:.decimals$}{suffix}", value / size),
        _ => format!("{:.1e}{suffix}", value / size),
    }
}

fn log(extent: &Extent, wanted: usize) -> Vec<Tick> {
    let decades = decades(extent, wanted);
    let inside = |value: f64| value >= extent.low * (1.0 - SLACK) && value <= extent.high * (1.0 + SLACK);
    let count = decades.iter().filter(|value| inside(**value)).count();
    // Few decades: 2 and 5 are labelled as well. Many: each second or third decade only.
    let fill = count * 3 <= wanted && extent.unit != Unit::Bytes;
    let stride = count.div_ceil(wanted).max(1);
    let mut ticks = Vec::new();
    for (index, pair) in decades.windows(2).enumerate() {
        for digit in 1..10 {
            let value = pair[0] * f64::from(digit);
            if !inside(value) || value >= pair[1] * (1.0 - SLACK) || (digit > 1 && count > 8) {
                continue;
            }
            let labelled = if digit == 1 { index % stride == 0 } else { fill && (digit == 2 || digit == 5) };
            ticks.push(Tick { value, label: labelled.then(|| extent.unit.show(value)) });
        }
    }
    // Less than a decade may hold no round number of decades.
    if ticks.iter().filter(|tick| tick.label.is_some()).count() < 2 { linear(extent, wanted) } else { ticks }
}

/// Round numbers from the one at or below the extent to the first above it.
fn decades(extent: &Extent, wanted: usize) -> Vec<f64> {
    let (first, last) =
        (libm::floor(libm::log10(extent.low)) as i32, libm::ceil(libm::log10(extent.high)) as i32);
    let all: Vec<f64> = match extent.unit {
        Unit::Seconds => {
            let below = (first.min(1)..=1).map(f64::from).map(libm::exp10);
            let days = (0..=last.max(0)).map(|power| DAY * libm::exp10(f64::from(power)));
            below.chain(TIME_DECADES).chain(days).collect()
        }
        Unit::Bytes => {
            let doublings = (libm::log2(extent.high) - libm::log2(extent.low)) / wanted as f64;
            let stride =
                [1, 2, 5, 10, 20].into_iter().find(|stride| f64::from(*stride) >= doublings).unwrap_or(40);
            (0..=120 / stride).map(|power| libm::exp2(f64::from(power * stride))).collect()
        }
        _ => (first - 1..=last + 1).map(f64::from).map(libm::exp10).collect(),
    };
    let start = all.iter().rposition(|value| *value <= extent.low * (1.0 + SLACK)).unwrap_or(0);
    let end =
        all.iter().position(|value| *value > extent.high * (1.0 + SLACK)).unwrap_or(all.len() - 1).max(start);
    all[start..=end].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(unit: Unit, scale: Scale, low: f64, high: f64, wanted: usize) -> String {
        let extent = Extent { low, high, unit, scale, is_whole: false };
        let labels: Vec<String> = ticks(&extent, wanted).into_iter().filter_map(|tick| tick.label).collect();
        labels.join("|")
    }

    #[test]
    fn linear_ticks_are_round_numbers_of_the_unit() {
        let cases = [
            (Unit::Count, 0.0, 10.0, 5, "0|2|4|6|8|10"),
            (Unit::Count, 0.0, 20_000.0, 5, "0|5k|10k|15k|20k"),
            (Unit::Count, 0.0, 1.5e6, 4, "0|0.5M|1.0M|1.5M"),
            (Unit::PerSecond, 0.0, 8000.0, 5, "0|2000/s|4000/s|6000/s|8000/s"),
            (Unit::Ratio, 0.0, 1.0, 5, "0|20 %|40 %|60 %|80 %|100 %"),
            (Unit::Ratio, 0.99, 1.0, 5, "99.0 %|99.2 %|99.4 %|99.6 %|99.8 %|100.0 %"),
            (Unit::Seconds, 0.0, 600.0, 6, "0|2 min|4 min|6 min|8 min|10 min"),
            (Unit::Seconds, 0.0, 90.0, 6, "0|15 s|30 s|45 s|60 s|75 s|90 s"),
            (Unit::Seconds, 0.0, 0.25, 5, "0|50 ms|100 ms|150 ms|200 ms|250 ms"),
            (Unit::Seconds, 0.0, 2.0, 4, "0|0.5 s|1.0 s|1.5 s|2.0 s"),
            (Unit::Seconds, 0.0, 86_400.0, 8, "0|3 h|6 h|9 h|12 h|15 h|18 h|21 h|24 h"),
            (Unit::Seconds, 0.0, 604_800.0, 8, "0|1 d|2 d|3 d|4 d|5 d|6 d|7 d"),
            (Unit::Bytes, 0.0, 1_073_741_824.0, 4, "0|0.25 GiB|0.50 GiB|0.75 GiB|1.00 GiB"),
        ];
        for (unit, low, high, wanted, expected) in cases {
            assert_eq!(labels(unit, Scale::Linear, low, high, wanted), expected, "{unit:?} {low} to {high}");
        }
    }

    #[test]
    fn log_ticks_stand_at_decades_as_a_person_counts_them() {
        let cases = [
            (Unit::Count, 1.0, 1e6, 8, "1|10|100|1000|10k|100k|1M"),
            (Unit::Count, 1.0, 50.0, 6, "1|2|5|10|20|50"),
            (Unit::Seconds, 0.021, 0.029, 4, "22 ms|24 ms|26 ms|28 ms"),
            (Unit::Seconds, 1e-4, 10.0, 8, "100 µs|1 ms|10 ms|100 ms|1 s|10 s"),
            (Unit::Seconds, 1.0, 864_000.0, 8, "1 s|10 s|1 min|10 min|1 h|10 h|1 d|10 d"),
            (Unit::Ratio, 1e-5, 1.0, 8, "0.001 %|0.01 %|0.1 %|1 %|10 %|100 %"),
            (Unit::Bytes, 1024.0, 1_073_741_824.0, 4, "1 KiB|1 MiB|1 GiB"),
            (Unit::Count, 1.0, 1e12, 5, "1|1000|1M|1G|1T"),
        ];
        for (unit, low, high, wanted, expected) in cases {
            assert_eq!(labels(unit, Scale::Log, low, high, wanted), expected, "{unit:?} {low} to {high}");
        }
    }

    /// Workers are whole: 6 to 9 has four ticks, and none at 6.5.
    #[test]
    fn whole_numbers_have_no_ticks_between_them() {
        for (scale, low, high, expected) in [
            (Scale::Linear, 6.0, 9.0, "6|7|8|9"),
            (Scale::Log, 6.0, 9.0, "6|7|8|9"),
            (Scale::Linear, 1.0, 2.0, "1|2"),
            (Scale::Linear, 0.0, 40.0, "0|5|10|15|20|25|30|35|40"),
        ] {
            let extent = Extent { low, high, unit: Unit::Count, scale, is_whole: true };
            let labels: Vec<String> = ticks(&extent, 8).into_iter().filter_map(|tick| tick.label).collect();
            assert_eq!(labels.join("|"), expected);
        }
    }

    #[test]
    fn extreme_ranges_have_few_ticks_inside_of_them() {
        let ranges = [(0.0, 1e-300), (-1e300, 1e300), (1e15, 1e15 + 1.0), (1e-30, 1e30), (0.5, 0.500_000_1)];
        for unit in [Unit::Count, Unit::PerSecond, Unit::Seconds, Unit::Ratio, Unit::Bytes] {
            for (low, high) in ranges {
                let extent = Extent { low, high, unit, scale: Scale::Linear, is_whole: false };
                assert!(ticks(&extent, 6).len() <= 12, "{unit:?} {low} to {high}");
                if low > 0.0 {
                    let extent = Extent { scale: Scale::Log, ..extent };
                    let labelled = ticks(&extent, 6).iter().filter(|tick| tick.label.is_some()).count();
                    assert!(labelled <= 12, "{unit:?} {low} to {high} has {labelled}");
                }
            }
        }
    }
}
