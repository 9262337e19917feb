//! How events are called, and which paths lead to them.

use crate::scenario::{Document, Problems, Reader, count, events, name, table, text};
use std::collections::BTreeMap;

/// What events come to: of each its name, what it flushes, and the batch of its deploy.
type Read = Vec<(String, Option<String>, Option<u32>)>;

fn read(r: &mut Reader) -> Read {
    let event = |r: &mut Reader| {
        let name = r.field("name", "What it is called.", name()).optional();
        let _ = r.field("at", "When.", text()).optional();
        let flush = r.field("flush", "What is flushed.", text()).optional();
        let batch = |r: &mut Reader| r.field("batch", "How many.", count(1..=99u32)).or(1);
        let deploy = r.field("deploy", "A deploy.", table(batch)).optional();
        (name.unwrap_or_default(), flush, deploy)
    };
    r.field("event", "What happens.", events(table(event))).or_empty()
}

fn with(text: &str, arguments: &[&str], variant: Option<&str>) -> Result<Read, Problems> {
    let mut document = Document::parse("a.toml", text)?;
    arguments.iter().try_for_each(|argument| document.set(argument))?;
    document.read(variant, read)
}

#[test]
fn an_event_without_a_name_is_called_after_its_action_and_no_name_is_ambiguous() {
    let text = "event = [{ flush = \"a\" }, { deploy = {} }, { flush = \"b\" }, { name = \"flush-2\", flush = \"c\" },\
                { flush = \"d\" }, { name = \"deploy-2\", flush = \"e\" }]";
    let names: Vec<String> = with(text, &[], None).expect("it is right").into_iter().map(|it| it.0).collect();
    assert_eq!(names, ["flush", "deploy", "flush-3", "flush-2", "flush-4", "deploy-2"]);
}

#[test]
fn the_short_path_and_the_long_one_lead_to_the_same_setting() {
    let text = "event = [{ flush = \"a\" }, { deploy = { batch = 2 } }, { name = \"rollout\", deploy = {} }]\n\
                [[variant]]\nname = \"v\"\nevent.rollout.batch = 5\nevent.flush.flush = \"b\"\n";
    let batches = |arguments: &[&str], variant| {
        let events = with(text, arguments, variant).expect("it is right");
        let batch = |name: &str| events.iter().find(|event| event.0 == name).and_then(|event| event.2);
        [batch("deploy"), batch("rollout")]
    };
    assert_eq!(batches(&[], None), [Some(2), Some(1)]);
    for argument in
        ["event.deploy.batch=7", "event.deploy.deploy.batch=7", "event.deploy.deploy={ batch = 7 }"]
    {
        assert_eq!(batches(&[argument], None), [Some(7), Some(1)], "{argument}");
        assert_eq!(batches(&[argument], Some("v")), [Some(7), Some(5)], "{argument}");
    }
    // A later argument finds what an earlier one has put in the place of the list, by its default name.
    let anew = with(text, &["event=[{ deploy = { batch = 3 } }]", "event.deploy.batch=4"], None);
    assert_eq!(anew.expect("it is right"), [("deploy".to_owned(), None, Some(4))]);
    let flushed = with(text, &[], Some("v")).expect("it is right");
    assert_eq!(flushed[0].1.as_deref(), Some("b"));
}

#[test]
fn a_path_that_leads_nowhere_is_a_problem_that_names_the_events() {
    let text = "event = [{ flush = \"a\" }, { deploy = { batch = 2 } }]";
    let told: BTreeMap<&str, &str> = [
        ("event.flsh.at=1", "there is no `flsh` in `event`"),
        ("event.deploy.bacth=1", "unknown setting `bacth` in `event.deploy`"),
        ("event.flush.batch=1", "unknown setting `batch` in `event.flush`"),
    ]
    .into();
    for (argument, expected) in told {
        let problems = with(text, &[argument], None).expect_err("it leads nowhere").to_string();
        assert!(problems.contains(expected), "{argument}: {problems}");
    }
    let twice = "event = [{ deploy = {} }]\n[[variant]]\nname = \"v\"\nevent.deploy = { batch = 2, deploy.batch = 3 }\n";
    let problems = with(twice, &[], Some("v")).expect_err("it is given twice").to_string();
    assert!(problems.contains("twice") && problems.contains("`deploy.batch`"), "{problems}");
}
