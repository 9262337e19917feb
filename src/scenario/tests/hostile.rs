//! No document, however broken or large, makes the program panic, hang, or garble a terminal.

use super::demo::{GOOD, Scenario, read};
use crate::scenario::{Document, MAX_BYTES, fuzz};
use proptest::prelude::*;
use std::fmt::Write;

fn answer(text: &str) -> String {
    read(text).expect_err("it is broken").to_string()
}

#[test]
fn after_fifty_problems_the_rest_is_counted() {
    let mut text = String::from("name = \"demo\"\nkeys = [{ name = \"a\", rate = \"1/s\" }]\n");
    for key in 0..87 {
        writeln!(text, "unknown-{key:02} = 1").expect("writing to a string cannot fail");
    }
    let answer = answer(&text);
    assert_eq!(answer.matches("error: ").count(), 50);
    assert!(answer.ends_with("and 37 more\n\n87 problems in demo.toml\n"), "{answer}");
}

#[test]
fn a_terminal_is_neither_steered_nor_flooded() {
    let name = "x".repeat(100_000);
    let cases = [
        format!("name = 1\n{name} = \"\u{7}\"\n"),
        format!("name = \"\\u001b[31m{name}\"\n"),
        "\"\\u001b]0;title\\u0007\" = 1 # \u{202e}\n".to_owned(),
        format!("redis.ttl = \"{}\"\n", "9".repeat(100_000)),
        format!("redis.coalesce = \"{name}\"\n"),
        format!("a = 1{}\n", " ".repeat(100_000)),
    ];
    for text in cases {
        let mut document = answer(&text);
        document.retain(|letter| letter != '\n');
        assert!(document.len() < 8_000, "{} bytes", document.len());
        assert!(
            !document.contains(|letter: char| letter.is_control() || letter == '\u{202e}'),
            "{document:?}"
        );
    }
}

#[test]
fn depth_and_size_are_bounded() {
    assert!(answer(&"[".repeat(MAX_BYTES)).contains("not TOML"));
    assert!(answer(&format!("a = {}", "[".repeat(MAX_BYTES / 2))).contains("not TOML"));
    assert!(answer(&format!("a = {}", "{a=".repeat(100_000))).contains("not TOML"));
    assert!(answer(&format!("{}a = 1", "a.".repeat(MAX_BYTES / 2 - 10))).contains("not TOML"));
    let large = answer(&" ".repeat(MAX_BYTES + 1));
    assert!(large.contains("the file has 1048577 bytes, more than the 1048576 that are read"), "{large}");
}

#[test]
fn a_megabyte_of_unknown_settings_is_answered() {
    let keys: Vec<String> = (0..80_000).map(|key| format!("k{key}=1\n")).collect();
    assert!(answer(&keys.concat()).ends_with("problems in demo.toml\n"));
}

#[test]
fn the_number_of_variants_is_bounded() {
    let variants: Vec<String> = (0..201).map(|index| format!("[[variant]]\nname = \"v{index}\"\n")).collect();
    assert!(answer(&variants.concat()).contains("the file has 201 variants"));
}

#[test]
fn a_megabyte_of_syntax_errors_is_answered() {
    let answer = answer(&"= = =\n".repeat(MAX_BYTES / 6));
    assert!(answer.ends_with("problems in demo.toml\n"), "{answer}");
}

#[test]
fn line_ends_and_a_byte_order_mark_do_not_shift_the_places() {
    let bad = "name = \"demo\"\nkeys = [{ name = \"a\", rate = \"1/s\" }]\ncolour = 1\n";
    let place = |text: &str| answer(text).lines().nth(1).map(str::to_owned);
    assert_eq!(place(bad).as_deref(), Some(" --> demo.toml:3:1"));
    assert_eq!(place(&bad.replace('\n', "\r\n")), place(bad));
    assert_eq!(place(&format!("\u{feff}{bad}")), place(bad));
}

fn mutated() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("[[".to_owned()),
        Just("]".to_owned()),
        Just("{".to_owned()),
        Just("}\n".to_owned()),
        Just(" = ".to_owned()),
        Just(".".to_owned()),
        Just("\n".to_owned()),
        Just("é\u{202e}".to_owned()),
        Just("name = \"a\"\n".to_owned()),
        "\\PC{0,4}",
    ];
    proptest::collection::vec((0..GOOD.len(), 0..12_usize, piece), 1..6).prop_map(|edits| {
        let mut text = GOOD.to_owned();
        for (position, cut, piece) in edits {
            let start = text.floor_char_boundary(position.min(text.len()));
            let end = text.floor_char_boundary((start + cut).min(text.len())).max(start);
            text.replace_range(start..end, &piece);
        }
        text
    })
}

/// The good file with some lines' values or keys exchanged, or the lines gone: TOML still, most of the time.
fn rewritten() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "1",
        "-1",
        "1.5",
        "nan",
        "true",
        "[]",
        "{}",
        "[1, \"a\"]",
        "{ a = 1 }",
        "{ lease = \"1 s\" }",
        "2020-01-01",
        "\"\"",
        "\"5 s\"",
        "\"2 GB\"",
        "\"none\"",
        "\"10 %\"",
        "\"1/s\"",
        "\"article\"",
        "\"\\u001b\"",
    ]);
    let key =
        prop::sample::select(vec!["name", "ttl", "tll", "redis.read", "keys.user.size", "variant", "\"é\""]);
    let edit = (0..GOOD.lines().count(), 0..4_u8, key, value);
    proptest::collection::vec(edit, 1..6).prop_map(|edits| {
        let mut lines: Vec<String> = GOOD.lines().map(str::to_owned).collect();
        for (index, what, key, value) in edits {
            let (old_key, old_value) = lines[index].split_once(" = ").unwrap_or(("key", "1"));
            lines[index] = match what {
                0 => String::new(),
                1 => format!("{key} = {old_value}"),
                _ => format!("{old_key} = {value}"),
            };
        }
        lines.join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz(&bytes, Scenario::read);
    }

    #[test]
    fn no_damage_to_a_good_file_makes_it_panic(text in mutated(), argument in "[a-z.=\"'\\[{ 0-9]{0,20}") {
        fuzz(format!("{argument}\n{text}").as_bytes(), Scenario::read);
    }

    #[test]
    fn no_change_of_settings_makes_it_panic(text in rewritten(), argument in "(redis|keys|event|x)(\\.[a-z]{1,4})?=.{0,8}") {
        fuzz(format!("{argument}\n{text}").as_bytes(), Scenario::read);
    }

    #[test]
    fn every_problem_has_a_place_inside_its_text(text in prop_oneof![mutated(), rewritten()]) {
        let problems = Document::parse("a.toml", &text).and_then(|document| document.read_all(Scenario::read));
        if let Err(problems) = problems {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.iter().all(|problem| problem.span.is_some() && !problem.message.is_empty()));
        }
    }
}
