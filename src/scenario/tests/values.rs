//! What quantities may be written like, and what they are then.

use crate::quantity::{Bandwidth, Bytes, Rate, Ratio};
use crate::scenario::{
    Document, Kind, Measure, Measured, Problems, bandwidth, choice, count, flag, list, name, number, rate,
    share, size, text, time,
};
use crate::time::Duration;
use std::fmt::Debug;

/// Reads `key = written` as `kind`.
fn read<K: Kind>(kind: impl Fn() -> K, written: &str) -> Result<K::Value, Problems> {
    let document = Document::parse("value.toml", &format!("key = {written}\n"))?;
    document.read(None, |r| r.field("key", "", kind()).required())
}

#[track_caller]
fn accepts<K: Kind<Value: Debug + PartialEq>>(kind: impl Fn() -> K, cases: &[(&str, K::Value)]) {
    for (written, value) in cases {
        let read = read(&kind, written).unwrap_or_else(|problems| panic!("{written}\n{problems}"));
        assert_eq!(read, *value, "{written}");
    }
}

#[track_caller]
fn refuses<K: Kind<Value: Debug>>(kind: impl Fn() -> K, cases: &[(&str, &str)]) {
    for (written, reason) in cases {
        let problems = read(&kind, written).expect_err(written).to_string();
        assert!(problems.contains(reason), "{written}: expected `{reason}` in\n{problems}");
    }
}

#[test]
fn every_unit_of_time_is_known_and_compounds_add_up() {
    let nanos = Duration::from_nanos;
    let cases = [
        (r#""7ns""#, nanos(7)),
        (r#""50us""#, nanos(50_000)),
        (r#""50 µs""#, nanos(50_000)),
        (r#""50 μs""#, nanos(50_000)),
        (r#""0.6ms""#, nanos(600_000)),
        (r#"" 250 ms ""#, nanos(250_000_000)),
        (r#""1.5 s""#, nanos(1_500_000_000)),
        (r#""10 seconds""#, Duration::from_secs(10)),
        (r#""5m""#, Duration::from_secs(300)),
        (r#""2 min""#, Duration::from_secs(120)),
        (r#""1h30m""#, Duration::from_secs(5_400)),
        (r#""1 h 30 min 5 s""#, Duration::from_secs(5_405)),
        (r#""1 d""#, Duration::from_secs(86_400)),
        (r#""2 weeks""#, Duration::from_secs(1_209_600)),
        (r#""36500 d""#, Duration::from_secs(3_153_600_000)),
        (r#""1_000 ms""#, Duration::from_secs(1)),
        (r#""0 s""#, Duration::ZERO),
        (r#""0.0000000004 s""#, Duration::ZERO),
        (r#""0.0000000005 s""#, nanos(1)),
        (r#""0.1 s""#, nanos(100_000_000)),
    ];
    accepts(|| time(..), &cases);
}

#[test]
fn a_time_that_could_be_misread_is_refused() {
    let cases = [
        ("5", "`\"5 ms\"`, `\"5 s\"` or `\"5 min\"`"),
        ("0.5", "it has no unit"),
        (r#""5""#, "it has no unit"),
        (r#""1h30""#, "it has no unit"),
        (r#""1M""#, "minutes or months"),
        (r#""1 y""#, "there is no unit `y`"),
        (r#""5 MS""#, "did you mean `ms`?"),
        (r#""1e3 s""#, "there is no unit `e`"),
        (r#""s""#, "does not start with a number"),
        (r#""""#, "does not start with a number"),
        (r#"".5 s""#, "does not start with a number"),
        (r#""5. s""#, "does not start with a number"),
        (r#""1.2.3 s""#, "does not start with a number"),
        (r#""٣ s""#, "does not start with a number"),
        (r#""-1 s""#, "it is negative"),
        (r#""1 s 2 s""#, "from large to small"),
        (r#""1 s, 2 ms""#, "there is no unit `s,`"),
        (r#""36500.1 d""#, "a length of time of at most 36500 d"),
        (r#""9999999999999999999999999999 d""#, "out of range"),
        (r#""1 d 999999999999 h""#, "out of range"),
        ("true", "cannot be `true`"),
        ("[]", "cannot be a list"),
        ("inf", "it is not finite"),
    ];
    refuses(|| time(..), &cases);
}

#[test]
fn sizes_are_binary_and_say_so() {
    let cases = [
        (r#""64 B""#, Bytes(64)),
        (r#""64 bytes""#, Bytes(64)),
        (r#""2KiB""#, Bytes(2_048)),
        (r#""1.5 GiB""#, Bytes(1_610_612_736)),
        (r#""512Mi""#, Bytes(536_870_912)),
        (r#""1 TiB""#, Bytes(1 << 40)),
        (r#""1048576 TiB""#, Bytes(1 << 60)),
    ];
    accepts(|| size(..), &cases);
    let refused = [
        (r#""2 GB""#, "write `\"2 GiB\"`"),
        (r#""2gb""#, "`gb` may be 10^9 or 2^30 bytes"),
        (r#""2k""#, "write `\"2 KiB\"`"),
        (r#""2M""#, "`M` may be 10^6 or 2^20 bytes"),
        (r#""2 mib""#, "did you mean `MiB`?"),
        (r#""2 Mb""#, "`Mb` may be"),
        (r#""1.5 B""#, "not a whole number of bytes"),
        (r#""1 B 2 B""#, "there is no unit"),
        (r#""1048577 TiB""#, "a size of at most 1048576 TiB"),
        ("512", "`\"512 B\"`, `\"512 KiB\"` or `\"512 MiB\"`"),
        (r#""512""#, "it has no unit"),
    ];
    refuses(|| size(..), &refused);
}

#[test]
fn rates_are_per_second_whatever_they_were_written_per() {
    let cases = [
        (r#""2000/s""#, Rate(2_000.0)),
        (r#""2k/s""#, Rate(2_000.0)),
        (r#""1.5 M / sec""#, Rate(1_500_000.0)),
        (r#""120/min""#, Rate(2.0)),
        (r#""5/h""#, Rate(5.0 / 3_600.0)),
        (r#""86400/d""#, Rate(1.0)),
        (r#""0/s""#, Rate(0.0)),
        (r#""0.1/s""#, Rate(0.1)),
        (r#""1000M/s""#, Rate(1e9)),
    ];
    accepts(|| rate(..), &cases);
    let refused = [
        ("2000", "`\"2000/s\"`, `\"2000/min\"` or `\"2000/h\"`"),
        (r#""2000""#, "it has no unit"),
        (r#""2000 rps""#, "`rps` is not a unit of a rate"),
        (r#""2g/s""#, "there is no multiple `g`"),
        (r#""2/ms""#, "there is no unit `ms`"),
        (r#""2/M""#, "minutes or months"),
        (r#""-2/s""#, "it is negative"),
        (r#""1001M/s""#, "a rate of at most 1000000000/s"),
        ("nan", "it is not finite"),
    ];
    refuses(|| rate(..), &refused);
}

#[test]
fn bandwidths_are_bits_as_networks_are_sold_or_bytes_as_memory_is() {
    let cases = [
        (r#""1 Gbit/s""#, Bandwidth(1_000_000_000)),
        (r#""2.5Mbit/s""#, Bandwidth(2_500_000)),
        (r#""10 kbit/s""#, Bandwidth(10_000)),
        (r#""64 bit/s""#, Bandwidth(64)),
        (r#""1 MiB/s""#, Bandwidth(8 << 20)),
    ];
    accepts(|| bandwidth(..), &cases);
    let refused = [
        ("1000", "`\"1000 Mbit/s\"` or `\"1000 MiB/s\"`"),
        (r#""1000""#, "it has no unit"),
        (r#""1 Gbps""#, "`Gbps` is not a unit of bandwidth"),
        (r#""1 GB/s""#, "`\"1 Gbit/s\"` or `\"100 MiB/s\"`"),
        (r#""1 Gbit""#, "`Gbit` is not a unit of bandwidth"),
        (r#""-1 Gbit/s""#, "it is negative"),
        (r#""101000 Gbit/s""#, "a bandwidth of at most 100000 Gbit/s"),
    ];
    refuses(|| bandwidth(..), &refused);
}

#[test]
fn shares_are_per_cent_or_a_part_of_one() {
    let cases = [
        (r#""10 %""#, Ratio(0.1)),
        (r#""10%""#, Ratio(0.1)),
        (r#""0.5 %""#, Ratio(0.005)),
        ("0.1", Ratio(0.1)),
        ("1", Ratio(1.0)),
        ("0", Ratio(0.0)),
        (r#""100 %""#, Ratio(1.0)),
    ];
    accepts(share, &cases);
    let refused = [
        ("10", "write `\"10 %\"`"),
        ("1.5", "a share from 0 % to 100 %"),
        ("-0.1", "a share from 0 % to 100 %"),
        (r#""101 %""#, "out of range"),
        (r#""0.1""#, "write `0.1`, without quotes"),
        (r#""25""#, "write `\"25 %\"`"),
        (r#""5 ‰""#, "there is no unit `‰`"),
        ("inf", "it is not finite"),
    ];
    refuses(share, &refused);
}

#[test]
fn numbers_stay_inside_their_range_and_exact() {
    accepts(|| count::<u64>(..), &[("18446744073709551615", u64::MAX), ("0x10", 16), ("1_000", 1_000)]);
    accepts(|| number(..), &[("3", 3.0), ("-2.5", -2.5), ("1e3", 1e3)]);
    refuses(
        || count::<u8>(2..10),
        &[
            ("1", "of at least 2 and below 10"),
            ("10", "below 10"),
            ("1.0", "cannot be `1`"),
            ("-1", "out of range"),
        ],
    );
    refuses(|| count::<u8>(..), &[("256", "a whole number from 0 to 255")]);
    refuses(
        || number(0.0..1.0),
        &[("1", "of at least 0 and below 1"), ("nan", "not finite"), ("-inf", "not finite")],
    );
}

#[test]
fn texts_names_flags_and_lists_take_only_their_own_kind() {
    accepts(text, &[(r#""a b""#, "a b".to_owned())]);
    refuses(text, &[(r#""  ""#, "a text in quotes"), ("1", "a text in quotes")]);
    accepts(name, &[(r#""a-1_b.c""#, "a-1_b.c".to_owned()), (r#""1""#, "1".to_owned())]);
    let long = format!("\"{}\"", "x".repeat(65));
    refuses(
        name,
        &[
            (r#""A B""#, "write `\"a-b\"`"),
            (r#""""#, "a name"),
            (r#""../x""#, "a name"),
            (&long, "64"),
            ("1", "a name"),
        ],
    );
    accepts(flag, &[("true", true), ("false", false)]);
    refuses(flag, &[("1", "`true` or `false`"), (r#""true""#, "without quotes")]);
    accepts(
        || list(flag()).at_least(1).at_most(2),
        &[("[true]", vec![true]), ("[true, false]", vec![true, false])],
    );
    refuses(
        || list(flag()).at_least(1).at_most(2),
        &[
            ("[]", "has 0 elements"),
            ("[true, true, true]", "has 3 elements"),
            ("[1, true]", "`key#1` cannot be `1`"),
        ],
    );
}

#[test]
fn a_plain_value_and_words_share_a_choice() {
    let ttl = || choice().word("never", "It stays.", Duration::MAX).plain(time(..), |time| time);
    accepts(ttl, &[(r#""never""#, Duration::MAX), (r#""5 s""#, Duration::from_secs(5))]);
    refuses(
        ttl,
        &[(r#""nver""#, "did you mean `never`?"), (r#""5 x""#, "there is no unit `x`"), ("5", "no unit")],
    );
}

#[test]
fn what_is_written_for_a_value_reads_as_that_value() {
    fn check<M: Measure + Debug>(kind: impl Fn() -> Measured<M>, values: &[M]) {
        for value in values {
            let written = value.write().to_string();
            let read = read(&kind, &written).unwrap_or_else(|problems| panic!("{written}\n{problems}"));
            assert!(read == *value, "{value:?} was written as {written}");
        }
    }
    let times = [0, 1, 999, 1_500_000, 100_000_000_000, 5_400_000_000_000, 86_400_000_000_000];
    check(|| time(..), &times.map(Duration::from_nanos));
    check(|| size(..), &[0, 1, 1_536, 1 << 20, (1 << 40) + 1, 1 << 60].map(Bytes));
    check(|| rate(..), &[0.0, 1e-9, 0.1, 1.0 / 3.0, 2_000.0, 1e9].map(Rate));
    check(share, &[0.0, 0.001, 0.1, 0.35, 1.0].map(Ratio));
    check(|| number(..), &[0.0, 0.1, 1.0, -3.0, 1e300, f64::MIN_POSITIVE]);
}
