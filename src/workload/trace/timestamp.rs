//! Times as traces write them: numbers, RFC 3339 and the Common Log Format, all as signed
//! nanoseconds, which reach 292 years to either side of zero.

/// The unit of the numbers in a time column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeUnit {
    /// `s`
    #[default]
    Seconds,
    /// `ms`
    Milliseconds,
    /// `us`
    Microseconds,
    /// `ns`
    Nanoseconds,
}

impl TimeUnit {
    /// Digits after the decimal point that are whole nanoseconds.
    const fn decimals(self) -> usize {
        match self {
            Self::Seconds => 9,
            Self::Milliseconds => 6,
            Self::Microseconds => 3,
            Self::Nanoseconds => 0,
        }
    }
}

/// Nanoseconds of a decimal number of `unit`, cut after the last whole one; also in the notation
/// `1.5e9`, in which programs write large floats.
#[inline]
pub(super) fn decimal(text: &[u8], unit: TimeUnit) -> Option<i64> {
    let (negative, digits) = match text {
        [sign @ (b'-' | b'+'), digits @ ..] => (*sign == b'-', digits),
        digits => (false, digits),
    };
    let mut nanos: i64 = 0;
    let mut decimals = None;
    for byte in digits {
        match (byte, decimals) {
            (b'0'..=b'9', Some(0)) => {}
            (b'0'..=b'9', _) => {
                nanos = nanos.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                decimals = decimals.map(|left| left - 1);
            }
            (b'.', None) => decimals = Some(unit.decimals()),
            (b'e' | b'E', _) => return scientific(text, unit),
            _ => return None,
        }
    }
    if !digits.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let left = decimals.unwrap_or(unit.decimals());
    let nanos = nanos.checked_mul(10_i64.pow(left as u32))?;
    Some(if negative { -nanos } else { nanos })
}

fn scientific(text: &[u8], unit: TimeUnit) -> Option<i64> {
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let nanos = number * f64::from(10_u32.pow(unit.decimals() as u32));
    // 2^63 is a float, the largest i64 is not.
    let limit = (1_u64 << 63) as f64;
    (nanos.abs() < limit).then_some(nanos as i64)
}

/// Nanoseconds since 1970 of `2024-05-01T20:15:00.25+02:00`; a space may stand for the `T`, and
/// without an offset it is UTC.
pub(super) fn rfc3339(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.split_at_checked(9)?;
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = date else { return None };
    if !matches!(time[0], b'T' | b't' | b' ') {
        return None;
    }
    let month = number(&[*m1, *m2])?;
    let day = number(&[*d1, *d2])?;
    let digits = rest.strip_prefix(b".").map(|rest| rest.iter().take_while(|b| b.is_ascii_digit()).count());
    let (fraction, zone) = rest.split_at(digits.map_or(0, |digits| digits + 1));
    let offset = match zone {
        b"" | b"Z" | b"z" | b" UTC" => 0,
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => zone_offset(*sign, &[*h1, *h2, *m1, *m2])?,
        _ => return None,
    };
    let seconds = seconds_since_1970(number(year)?, month, day)? + time_of_day(&time[1..])? - offset;
    let nanos = if fraction.is_empty() { 0 } else { decimal(fraction, TimeUnit::Seconds)? };
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// Nanoseconds since 1970 of `10/Oct/2000:13:55:36 -0700`, the Common Log Format of Apache and nginx.
/// The offset makes it one scale: days of 23 and 25 hours need no care.
#[inline]
pub(super) fn common_log(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_at_checked(12)?;
    let (time, zone) = rest.split_at_checked(8)?;
    let [d1, d2, b'/', m1, m2, m3, b'/', year @ .., b':'] = date else { return None };
    let [b' ', sign, zone @ ..] = zone else { return None };
    let month = (1..).zip(MONTHS).find(|(_, name)| **name == [*m1, *m2, *m3])?.0;
    let days = seconds_since_1970(number(year)?, month, number(&[*d1, *d2])?)?;
    (days + time_of_day(time)? - zone_offset(*sign, zone)?).checked_mul(1_000_000_000)
}

/// `13:55:36`; 60 is a leap second, the same instant as the second after it.
fn time_of_day(text: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = text else { return None };
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?);
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3_600 + minute * 60 + second)
}

/// Seconds that local time is ahead of UTC, of `+` and `0530`.
fn zone_offset(sign: u8, text: &[u8]) -> Option<i64> {
    let [h1, h2, m1, m2] = text else { return None };
    let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
    let seconds = hours * 3_600 + minutes * 60;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number: i64, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Seconds from 1970-01-01 to the start of a day of the Gregorian calendar: a year is counted from
/// March, so that the leap day is its last, and days are summed over eras of 400 years.
fn seconds_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    const DAYS_BEFORE: [i64; 12] = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];
    const DAYS_IN: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let index = usize::try_from(month - 1).ok()?;
    let days_in = DAYS_IN.get(index)? + i64::from(is_leap_year && month == 2);
    if !(1..=days_in).contains(&day) {
        return None;
    }
    let march_year = year - i64::from(month < 3);
    let leap_days = march_year.div_euclid(4) - march_year.div_euclid(100) + march_year.div_euclid(400);
    let days = march_year * 365 + leap_days + DAYS_BEFORE[index] + day - 1;
    Some((days - DAYS_TO_1970) * 86_400)
}

/// Days from 1 March of the year 0 to 1 January 1970: 1969 years of 365 days, the 477 leap days of
/// 1969 / 4 - 1969 / 100 + 1969 / 400, and the 306 days from March to January.
const DAYS_TO_1970: i64 = 1969 * 365 + 477 + 306;

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

#[cfg(test)]
mod tests;
