//! Broken scenarios and what the user is told: `broken_scenarios.txt` holds both, to be read as prose. After a
//! change that is meant, `UPDATE_EXPECT=1 cargo test --test broken_scenarios` writes the answers anew.

use cachestorm::model::{Model, check_values};
use cachestorm::scenario::{Document, MAX_BYTES, Problems};
use expect_test::expect_file;
use std::fmt::Write;

/// What a line of three dots stands for: a scenario that is right so far.
const GOOD: &str = r#"name = "demo"
duration = "60 s"
[workload]
arrivals = { poisson = "100/s" }
[[workload.keys]]
name = "article"
count = 1_000
"#;
const FILE: &str = include_str!("broken_scenarios.txt");
const CASE: &str = "======== ";
const ANSWER: &str = "--------\n";

/// Reads a document as the command line does. Lines at its head that begin with `--set ` or `--variant ` are
/// arguments; without the latter all variants are read.
fn read(case: &str) -> Result<(), Problems> {
    let arguments: Vec<&str> = case.lines().take_while(|line| line.starts_with("--")).collect();
    let text: String = case.split_inclusive('\n').skip(arguments.len()).collect();
    let text = text.replace("...\n", GOOD);
    let mut document = Document::parse("bad.toml", &text)?;
    let values =
        |flag: &str| arguments.iter().filter_map(move |line| line.strip_prefix(flag)).collect::<Vec<_>>();
    for argument in values("--set ") {
        document.set(argument)?;
    }
    if let Some(name) = values("--variant ").first() {
        return document.read(Some(*name), Model::read).map(|_| ());
    }
    let all = document.read_all(Model::read)?;
    check_values(&document, &all[0])
}

fn answer(case: &str) -> String {
    read(case).map_or_else(|problems| problems.render(false), |()| "no problem\n".to_owned())
}

#[test]
fn every_broken_scenario_is_answered_with_its_place_the_expectation_and_a_mend() {
    let (mut actual, mut faults, mut cases) = (String::new(), Vec::new(), 0);
    for case in FILE.split(CASE).skip(1) {
        let (title, rest) = case.split_once('\n').expect("a case has a title");
        let (document, _) = rest.split_once(ANSWER).expect("a case has an answer");
        let answer = answer(document);
        let says_what_to_do = answer.contains("expected") || answer.contains("help: ");
        if !says_what_to_do || answer.lines().any(|line| line.ends_with(' ')) {
            faults.push(format!("{title}:\n{answer}"));
        }
        write!(actual, "{CASE}{title}\n{document}{ANSWER}{answer}\n")
            .expect("a string takes what is written to it");
        cases += 1;
    }
    expect_file!["broken_scenarios.txt"].assert_eq(&actual);
    assert!(cases >= 60, "{cases} cases");
    assert!(faults.is_empty(), "what is to be done? {}", faults.join("\n"));
}

/// Documents too long for a file of cases: what must stand in the answer.
#[test]
fn size_depth_and_number_have_bounds_that_are_told() {
    let many = |one: &str, count: usize| format!("{GOOD}{}", one.repeat(count));
    let group = |n| format!("[[workload.keys]]\nname = \"k{n}\"\ncount = 1\n");
    let groups = (0..10_000).map(group).collect::<Vec<_>>().concat();
    let cases = [
        (" ".repeat(MAX_BYTES + 1), "more than the 1048576 that are read"),
        (format!("a = {}", "[".repeat(MAX_BYTES / 2)), "not TOML"),
        (format!("a = {}", "{a=".repeat(100_000)), "not TOML"),
        (format!("{GOOD}{groups}"), "`workload.keys` has 10001 elements"),
        (many("[[event]]\nat = \"0 s\"\nrestart.for = \"1 s\"\n", 1_001), "`event` has 1001 elements"),
        (
            many("[[objective]]\nmetric = \"client.error_ratio\"\nat_most = 1\n", 1_001),
            "`objective` has 1001 elements",
        ),
    ];
    for (text, expected) in cases {
        let answer = answer(&text);
        assert!(
            answer.contains(expected),
            "expected `{expected}`, got\n{}",
            &answer[..answer.len().min(2_000)]
        );
        assert!(answer.len() < 20_000, "{} bytes about `{expected}`", answer.len());
    }
}
