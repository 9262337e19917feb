//! How a variant or `--set` reaches an event: by its name, and by short paths.
//!
//! An event that has no `name` is called after its action: the first that flushes is `flush`, the second `flush-2`. The
//! number skips names that the file gives, so that no name is ambiguous.
//!
//! In the file the settings of an action are in a table of their own: `deploy = { batch = 2 }`. A path may leave that
//! table out: of the event `rollout`, `event.rollout.batch` is `event.rollout.deploy.batch`. No action has a setting
//! with the name of an action, nor one called `name` or `at`; so both forms mean one thing.

use super::findings::Findings;
use super::kind::Kind;
use super::list::{List, named_list};
use super::nearest::quoted;
use super::node::{Entry, Node, Table, Value};
use super::problem::Problem;
use super::schema::Shape;
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The list of a scenario that has the events.
pub(super) const EVENT: &str = "event";

/// The settings that every event can have, besides its action.
const OF_ALL: [&str; 2] = ["name", "at"];

/// The settings that name an action; an event has one of them.
pub const ACTIONS: [&str; 15] = [
    "expire",
    "flush",
    "purge",
    "load",
    "restart",
    "crash",
    "deploy",
    "scale",
    "outage",
    "slow",
    "bus",
    "failover",
    "flash_crowd",
    "rate_change",
    "rebuild",
];

/// Gives a name to each event that has none.
pub(super) fn name_events(root: &mut Node) {
    let Value::Table(root) = &mut root.value else { return };
    let Some(list) = root.entries.iter_mut().find(|entry| entry.key == EVENT) else { return };
    let Value::Array(events) = &mut list.node.value else { return };
    let mut taken: BTreeSet<String> = events.iter().filter_map(Node::name).map(str::to_owned).collect();
    for event in events {
        let span = event.span;
        let Value::Table(settings) = &mut event.value else { continue };
        let action = settings.iter().find(|entry| ACTIONS.contains(&entry.key.as_str()));
        let Some(action) = action.filter(|_| settings.get("name").is_none()) else { continue };
        let numbered = |number: u32| match number {
            1 => action.key.clone(),
            _ => format!("{}-{number}", action.key),
        };
        let free = (1..=u32::MAX).map(numbered).find(|name| !taken.contains(name));
        let name = free.expect("there is always a next number");
        taken.insert(name.clone());
        let node = Node::new(span, Value::Text(name));
        settings.entries.push(Entry { key: "name".to_owned(), key_span: span, node, layer: 0, bare: false });
    }
}

/// The path of a setting, without the action of an event that is called after its action: `event.restart.for` in place of
/// `event.restart.restart.for`. Both reach the setting.
pub(super) fn short(path: &[String]) -> Vec<&str> {
    let mut short: Vec<&str> = path.iter().map(String::as_str).collect();
    if let [EVENT, name, action, ..] = short[..] {
        let number = name.strip_prefix(action).map(|rest| rest.strip_prefix('-').unwrap_or(rest));
        if ACTIONS.contains(&action)
            && number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        {
            short.remove(2);
        }
    }
    short
}

/// `patch`, with the short paths to events of `base` written out.
pub(super) fn written_out<'p>(base: &Node, patch: &'p Node, findings: &mut Findings) -> Cow<'p, Node> {
    let events_of = |node: &Node| node.as_table()?.get(EVENT).map(|entry| entry.node.clone());
    let (Some(Value::Array(events)), Some(Value::Table(changes))) =
        (events_of(base).map(|node| node.value), events_of(patch).map(|node| node.value))
    else {
        return Cow::Borrowed(patch);
    };
    let mut entries = Vec::with_capacity(changes.entries.len());
    for mut change in changes.entries {
        let event = events.iter().find(|event| event.name() == Some(&change.key));
        let name = change.key.clone();
        let is_sound = findings.within(EVENT, |findings| {
            findings.within(&name, |findings| match event.and_then(Node::as_table) {
                Some(event) => change_event(event, &mut change, findings),
                None => true,
            })
        });
        if is_sound {
            entries.push(change);
        }
    }
    let changes = Table { entries };
    let mut patch = patch.clone();
    if let Value::Table(root) = &mut patch.value
        && let Some(entry) = root.entries.iter_mut().find(|entry| entry.key == EVENT)
    {
        entry.node.value = Value::Table(changes);
    }
    Cow::Owned(patch)
}

/// Writes out what a patch says of an event; false if it is no change of one.
fn change_event(event: &Table, change: &mut Entry, findings: &mut Findings) -> bool {
    if let Value::Table(settings) = &mut change.node.value {
        write_out(event, settings, findings);
        return true;
    }
    let problem = findings.wrong_kind_problem(&change.node, "a table of settings");
    findings.add(problem.help(format!("to take the event away, write `event.{}.at = \"none\"`", change.key)));
    false
}

/// Moves what a patch says of an event's action, without naming the action, into the table of the action.
fn write_out(event: &Table, settings: &mut Table, findings: &mut Findings) {
    let Some(action) = action_of(event, settings) else { return };
    let is_of_event = |entry: &Entry| OF_ALL.into_iter().chain(ACTIONS).any(|known| known == entry.key);
    let (kept, moved): (Vec<Entry>, Vec<Entry>) =
        std::mem::take(&mut settings.entries).into_iter().partition(is_of_event);
    settings.entries = kept;
    let Some(first) = moved.first() else { return };
    let (key_span, span, layer) = (first.key_span, first.node.span, first.layer);
    let place = settings.entries.iter().position(|entry| entry.key == action).unwrap_or_else(|| {
        let node = Node::new(span, Value::Table(Table::default()));
        settings.entries.push(Entry { key: action.clone(), key_span, node, layer, bare: false });
        settings.entries.len() - 1
    });
    let Value::Table(of_action) = &mut settings.entries[place].node.value else { return };
    for entry in moved {
        match of_action.get(&entry.key) {
            None => of_action.entries.push(entry),
            Some(other) => {
                let (path, long) = (quoted(&entry.key), format!("`{action}.{}`", entry.key));
                let message = format!("{} is given {path} twice: as {path} and as {long}", findings.place());
                let problem = Problem::new(entry.key_span, message).label("expected one of the two");
                findings
                    .add(problem.related(other.key_span, "the other one").help("take one of the two away"));
            }
        }
    }
}

/// The action of an event, if it has settings: that of the patch where it names another one.
fn action_of(event: &Table, patch: &Table) -> Option<String> {
    let is_action = |entry: &&Entry| ACTIONS.contains(&entry.key.as_str());
    let of_patch = patch.iter().filter(is_action).find(|entry| entry.node.is_table());
    // The file may write the action's usual setting alone: `scale = 12`.
    let has_settings =
        |entry: &&Entry| entry.node.is_table() || !["expire", "flush"].contains(&entry.key.as_str());
    let of_event = || event.iter().filter(is_action).find(has_settings);
    of_patch.or_else(of_event).map(|entry| entry.key.clone())
}

/// See [`events`].
pub struct Events<K>(List<K>);

/// The list of events: a named list whose short paths a schema knows, too.
pub fn events<K: Kind>(event: K) -> Events<K> {
    Events(named_list(event).at_most(1_000))
}

impl<K: Kind> Kind for Events<K> {
    type Value = Vec<K::Value>;

    fn read(&self, node: &Node, findings: &mut Findings) -> Option<Self::Value> {
        if matches!(node.value, Value::Table(_)) {
            let problem = findings.wrong_kind_problem(node, &self.expected());
            let help = "write `[[event]]`, in double brackets; a path such as `event.deploy.batch` changes an event \
                        that the file has";
            findings.add(problem.help(help));
            return None;
        }
        self.0.read(node, findings)
    }

    fn example(&self) -> Self::Value {
        self.0.example()
    }

    fn schema(&self, shape: Shape) -> Json {
        let mut schema = self.0.schema(shape);
        let by_name = schema.pointer_mut("/anyOf/1/additionalProperties/properties");
        if let Some(settings) = by_name.and_then(Json::as_object_mut) {
            add_short_paths(settings);
        }
        schema
    }

    fn expected(&self) -> String {
        self.0.expected()
    }

    fn show(&self, values: &Self::Value) -> Option<Json> {
        self.0.show(values)
    }

    fn empty(&self) -> Value {
        self.0.empty()
    }
}

/// The settings of an action's table, which may have a bare form beside it.
fn table_of(schema: &Json) -> Option<&Json> {
    let below = || schema.get("anyOf").and_then(Json::as_array).into_iter().flatten().find_map(table_of);
    schema.get("properties").or_else(below)
}

/// Adds the settings of all actions to those of an event; one that several actions have may be that of any of them.
fn add_short_paths(settings: &mut Map<String, Json>) {
    let mut short: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for action in ACTIONS {
        let of_action = settings.get(action).and_then(table_of);
        for (key, schema) in of_action.and_then(Json::as_object).into_iter().flatten() {
            let known = short.entry(key.clone()).or_default();
            if !known.contains(schema) {
                known.push(schema.clone());
            }
        }
    }
    for (key, mut schemas) in short {
        let schema = match schemas.len() {
            1 => schemas.remove(0),
            _ => {
                json!({ "anyOf": schemas, "description": "See the setting of this name of the event's action." })
            }
        };
        settings.insert(key, schema);
    }
}
