//! Expected values are those of GNU `date -u -d TEXT +%s`.

use super::*;

const SECOND: i64 = 1_000_000_000;

#[test]
fn a_time_of_an_access_log_is_one_instant_in_every_zone() {
    let cases = [
        ("10/Oct/2000:13:55:36 -0700", Some(971_211_336)),
        ("29/Feb/2024:23:59:59 +0000", Some(1_709_251_199)),
        ("01/Jan/1970:00:00:00 +0000", Some(0)),
        ("01/Mar/1900:00:00:00 +0000", Some(-2_203_891_200)),
        ("01/Mar/2100:00:00:00 +0545", Some(4_107_521_700)),
        ("31/Dec/1999:23:59:59 -1130", Some(946_726_199)),
        ("29/Feb/2023:00:00:00 +0000", None),
        ("29/Feb/1900:00:00:00 +0000", None),
        ("00/Jan/2024:00:00:00 +0000", None),
        ("31/Apr/2024:00:00:00 +0000", None),
        ("10/Okt/2000:13:55:36 -0700", None),
        ("10/Oct/2000:24:00:00 -0700", None),
        ("10/Oct/2000:13:60:36 -0700", None),
        ("10/Oct/2000:13:55:61 -0700", None),
        ("10/Oct/2000:13:55:36 0700", None),
        ("10/Oct/2000:13:55:36 -07000", None),
        ("10/Oct/2000:13:55:36", None),
        // Found by fuzzing: more digits than a number of 64 bits has.
        ("10/Oct/2000:13:55:36 -070000000000000000000000", None),
        ("10/Oct/+000:13:55:36 -0700", None),
        ("", None),
    ];
    for (text, seconds) in cases {
        assert_eq!(common_log(text.as_bytes()), seconds.map(|seconds: i64| seconds * SECOND), "{text}");
    }
}

/// Central Europe, 31 March and 27 October 2024: a second passes, the wall clock jumps an hour.
#[test]
fn a_change_to_summer_time_and_back_is_one_second_like_any_other() {
    let pairs = [
        ("31/Mar/2024:01:59:59 +0100", "31/Mar/2024:03:00:00 +0200"),
        ("27/Oct/2024:02:59:59 +0200", "27/Oct/2024:02:00:00 +0100"),
        ("31/Dec/2016:23:59:59 +0000", "31/Dec/2016:23:59:60 +0000"),
    ];
    for (before, after) in pairs {
        let (before, after) = (common_log(before.as_bytes()), common_log(after.as_bytes()));
        assert_eq!(before.map(|nanos| nanos + SECOND), after);
    }
}

#[test]
fn numbers_are_exact_to_the_nanosecond() {
    use TimeUnit::{Microseconds, Milliseconds, Nanoseconds, Seconds};
    let cases = [
        ("0", Seconds, Some(0)),
        ("1700000000.123456789", Seconds, Some(1_700_000_000_123_456_789)),
        ("1.5", Seconds, Some(1_500_000_000)),
        (".5", Seconds, Some(500_000_000)),
        ("5.", Seconds, Some(5_000_000_000)),
        ("0.0000000019", Seconds, Some(1)),
        ("-2.25", Seconds, Some(-2_250_000_000)),
        ("+3", Seconds, Some(3_000_000_000)),
        ("1.7e9", Seconds, Some(1_700_000_000_000_000_000)),
        ("1.5", Milliseconds, Some(1_500_000)),
        ("1700000000123456", Microseconds, Some(1_700_000_000_123_456_000)),
        ("1700000000123456789", Nanoseconds, Some(1_700_000_000_123_456_789)),
        ("1.9", Nanoseconds, Some(1)),
        // Milliseconds since 1970 taken for seconds: 54 thousand years.
        ("1700000000123", Seconds, None),
        ("1e300", Seconds, None),
        ("1e", Seconds, None),
        ("nan", Seconds, None),
        ("inf", Seconds, None),
        ("", Seconds, None),
        ("-", Seconds, None),
        (".", Seconds, None),
        ("1.2.3", Seconds, None),
        ("12:30", Seconds, None),
        ("0x10", Seconds, None),
        ("99999999999999999999999999", Nanoseconds, None),
    ];
    for (text, unit, nanos) in cases {
        assert_eq!(decimal(text.as_bytes(), unit), nanos, "{text} {unit:?}");
    }
}

#[test]
fn dates_of_rfc_3339_are_read() {
    let cases = [
        ("2024-05-01T20:15:00+02:00", Some(1_714_587_300 * SECOND)),
        ("2024-05-01T18:15:00Z", Some(1_714_587_300 * SECOND)),
        ("2024-05-01 18:15:00", Some(1_714_587_300 * SECOND)),
        ("2024-05-01 18:15:00 UTC", Some(1_714_587_300 * SECOND)),
        ("2024-05-01t20:15:00.25+0200", Some(1_714_587_300 * SECOND + SECOND / 4)),
        ("1969-12-31T23:59:58.5Z", Some(-2 * SECOND + SECOND / 2)),
        ("2024-05-01T20:15:00.Z", None),
        ("2024-13-01T20:15:00Z", None),
        ("2024-05-32T20:15:00Z", None),
        ("2024-05-01", None),
        ("2024-05-01T20:15", None),
        ("9999-01-01T00:00:00Z", None),
        ("2024-05-01T20:15:00+2", None),
    ];
    for (text, nanos) in cases {
        assert_eq!(rfc3339(text.as_bytes()), nanos, "{text}");
    }
}
