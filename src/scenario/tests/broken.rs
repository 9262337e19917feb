//! Broken documents and what is said about each: `broken.txt` holds both, so that a reader of the file can judge
//! the messages as a user would. `UPDATE_EXPECT=1` writes the file anew.

use super::demo::Scenario;
use crate::scenario::Document;
use expect_test::expect_file;
use std::fmt::Write;

const FILE: &str = include_str!("broken.txt");
const CASE: &str = "======== ";
const ANSWER: &str = "--------\n";

/// The answer to a document: lines that start with `--set ` at its head are arguments, and all variants are read.
fn answer(case: &str) -> String {
    let arguments: Vec<&str> = case.lines().map_while(|line| line.strip_prefix("--set ")).collect();
    let text: String = case.split_inclusive('\n').skip(arguments.len()).collect();
    let read = || {
        let mut document = Document::parse("bad.toml", &text)?;
        arguments.iter().try_for_each(|argument| document.set(argument))?;
        document.read_all(Scenario::read)
    };
    match read() {
        Ok(_) => "no problem\n".to_owned(),
        Err(problems) => problems.render(false),
    }
}

#[test]
fn every_broken_document_is_answered_with_its_place_the_expectation_and_a_mend() {
    let mut actual = String::new();
    let mut cases = 0;
    for case in FILE.split(CASE).skip(1) {
        let (title, rest) = case.split_once('\n').expect("a case has a title");
        let (document, _) = rest.split_once(ANSWER).expect("a case has an answer");
        let answer = answer(document);
        assert!(!answer.contains("no problem"), "`{title}` is not broken");
        assert!(
            answer.lines().all(|line| !line.ends_with(' ')),
            "`{title}` leaves blanks at the end of a line"
        );
        write!(actual, "{CASE}{title}\n{document}{ANSWER}{answer}\n")
            .expect("writing to a string cannot fail");
        cases += 1;
    }
    assert!(cases >= 35, "{cases} cases");
    expect_file!["broken.txt"].assert_eq(&actual);
}
