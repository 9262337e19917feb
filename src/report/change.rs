//! Differences for people: with a sign, and with a sign on nothing else.
//!
//! A difference of shares is in points, since `+12 %` could be a part of the base.

use super::format::{FAILS, Unit, significant};

impl Unit {
    /// A difference with its sign and its unit: `+8.4 ms`, `-1.2 points`, `0`.
    #[must_use]
    pub fn show_difference(self, difference: f64) -> String {
        signed(difference, self.in_points(&self.show(difference)))
    }

    /// A difference with half of its interval: `+8.4 ± 0.6 ms`, `-1.2 ± 0.3 points`.
    #[must_use]
    pub fn show_difference_interval(self, difference: f64, half_width: f64) -> String {
        if !difference.is_finite() || !half_width.is_finite() || half_width <= 0.0 {
            return self.show_difference(difference);
        }
        signed(difference, self.in_points(&self.show_interval(difference, half_width)))
    }

    /// Percentages are of a whole; their difference is not.
    fn in_points(self, shown: &str) -> String {
        if self == Self::Ratio { shown.replace('%', "points") } else { shown.to_owned() }
    }
}

/// How far a value is from its base, as a part of the base: `+12 %`, `-3.4 %`, `× 25` from ten times on, `0 %`. From
/// nothing, or to a latency that fails, there is no percentage.
#[must_use]
pub fn relative(base: f64, value: f64) -> Option<String> {
    /// From this factor on a percentage is harder to read than the factor.
    const FACTOR: f64 = 10.0;
    if !(base.is_finite() && value.is_finite()) || base <= 0.0 {
        return None;
    }
    let factor = value / base;
    if factor >= FACTOR {
        return Some(format!("× {}", significant(libm::round(factor))));
    }
    let percent = (factor - 1.0) * 100.0;
    let decimals = usize::from(percent.abs() < 9.95);
    Some(signed(percent, format!("{percent:.decimals$} %")))
}

/// With a plus where it is more; with no sign where what is shown is nothing.
fn signed(difference: f64, shown: String) -> String {
    let number: String = shown.chars().take_while(|letter| !letter.is_whitespace()).collect();
    let is_nothing = !number.contains(|letter: char| ('1'..='9').contains(&letter)) && number != FAILS;
    if is_nothing && number.contains(|letter: char| letter.is_ascii_digit()) {
        let rest = shown[number.len()..].to_owned();
        let bare = number.trim_start_matches('-');
        let zero = if bare.contains('.') { "0" } else { bare };
        return format!("{zero}{rest}");
    }
    if difference > 0.0 && difference.is_finite() { format!("+{shown}") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_a_sign_unless_it_is_nothing() {
        let cases = [
            (Unit::Seconds, 0.0084, "+8.4 ms"),
            (Unit::Seconds, -0.0084, "-8.4 ms"),
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Seconds, -0.0, "0 s"),
            (Unit::Ratio, -0.012, "-1.2 points"),
            (Unit::PerSecond, 12_300.0, "+12.3k/s"),
            (Unit::Count, 2.0, "+2"),
            (Unit::Seconds, f64::NAN, "–"),
            (Unit::Seconds, f64::INFINITY, "fails"),
        ];
        for (unit, difference, expected) in cases {
            assert_eq!(unit.show_difference(difference), expected);
        }
    }

    #[test]
    fn a_difference_and_its_interval_share_one_unit_and_nothing_has_no_sign() {
        let cases = [
            (Unit::Seconds, 0.0084, 0.0006, "+8.4 ± 0.6 ms"),
            (Unit::Ratio, -0.0118, 0.0031, "-1.2 ± 0.3 points"),
            (Unit::Ratio, 0.000_01, 0.002, "0 ± 0.20 points"),
            (Unit::Ratio, -0.000_01, 0.002, "0 ± 0.20 points"),
            (Unit::Count, 249_800.0, 200.0, "+249.8k ± 0.2k"),
            (Unit::PerSecond, -1.0, 20_000.0, "0k/s ± 20k/s"),
            (Unit::Count, 3.0, 0.0, "+3"),
        ];
        for (unit, difference, half_width, expected) in cases {
            assert_eq!(unit.show_difference_interval(difference, half_width), expected);
        }
    }

    #[test]
    fn a_change_is_a_percentage_of_the_base_or_a_factor() {
        let cases = [
            (100.0, 112.0, Some("+12 %")),
            (100.0, 96.6, Some("-3.4 %")),
            (100.0, 100.0, Some("0 %")),
            (100.0, 99.99, Some("0 %")),
            (100.0, 100.04, Some("0 %")),
            (100.0, 0.0, Some("-100 %")),
            (100.0, 109.96, Some("+10 %")),
            (1.0, 2.5, Some("+150 %")),
            (1.0, 25.2, Some("× 25")),
            (0.0, 3.0, None),
            (1.0, f64::INFINITY, None),
            (f64::NAN, 1.0, None),
        ];
        for (base, value, expected) in cases {
            assert_eq!(relative(base, value).as_deref(), expected, "{base} → {value}");
        }
    }
}
