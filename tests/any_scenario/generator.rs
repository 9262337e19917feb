//! Settings at random, from the schema that the program itself prints.

use cachestorm::model::Model;
use cachestorm::scenario::schema;
use serde_json::{Map, Value as Json};

/// Random numbers by `SplitMix64`: the same seed gives the same scenario.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    pub fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub fn pick<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Settings at the top that say nothing of the system: names, and what other commands do with it.
const LEFT_OUT: [&str; 9] =
    ["name", "description", "variant", "sweep", "plan", "objective", "replications", "duration", "seed"];

/// Lists whose elements a path can name.
const KEYS: [&str; 2] = ["workload", "keys"];

/// No value is nested deeper.
const DEPTH_MAX: u32 = 5;

pub struct Generator(Json);

impl Generator {
    pub fn new() -> Self {
        Self(schema("scenario", Model::read))
    }

    /// A setting and a value that the schema allows, as a `--set` argument; `groups` are the key groups that there are.
    pub fn setting(&self, dice: &mut Dice, groups: &[String]) -> String {
        let mut path: Vec<String> = Vec::new();
        let mut node = &self.0;
        loop {
            let properties = self.properties(node).expect("the walk goes on at tables only");
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            let name = dice.pick(&names);
            if path.is_empty() && LEFT_OUT.contains(&name) {
                continue;
            }
            path.push(name.to_owned());
            node = &properties[name];
            if path == KEYS {
                path.push(groups[dice.below(groups.len() as u64) as usize].clone());
                node = &self.list(node).expect("keys are a list")["items"];
                continue;
            }
            if self.properties(node).is_none() || dice.one_in(4) {
                break;
            }
        }
        format!("{}={}", path.join("."), self.value(node, path.last().expect("it has a name"), dice, 0))
    }

    /// What a reference leads to.
    fn target<'s>(&'s self, node: &'s Json) -> &'s Json {
        let mut node = node;
        while let Some(name) = node["$ref"].as_str().or_else(|| node["allOf"][0]["$ref"].as_str()) {
            node = self.0.pointer(name.trim_start_matches('#')).expect("references lead somewhere");
        }
        node
    }

    fn alternatives<'s>(&'s self, node: &'s Json) -> Vec<&'s Json> {
        let node = self.target(node);
        match node["anyOf"].as_array() {
            Some(all) => all.iter().flat_map(|one| self.alternatives(one)).collect(),
            None => vec![node],
        }
    }

    /// The settings of a table with names of its own, not of a choice that is written as a table.
    fn properties<'s>(&'s self, node: &'s Json) -> Option<&'s Map<String, Json>> {
        let is_table = |node: &&Json| node["properties"].as_object().is_some_and(|all| all.len() > 1);
        self.alternatives(node).into_iter().find(is_table)?["properties"].as_object()
    }

    fn list<'s>(&'s self, node: &'s Json) -> Option<&'s Json> {
        self.alternatives(node).into_iter().find(|node| node["type"] == "array")
    }

    fn value(&self, node: &Json, name: &str, dice: &mut Dice, depth: u32) -> String {
        let all = self.alternatives(node);
        let is_none = |node: &Json| node["enum"][0] == "none";
        let is_flat = |node: &Json| node["type"] != "object" && node["type"] != "array";
        let fitting: Vec<&Json> = all
            .iter()
            .copied()
            .filter(|node| all.len() == 1 || !is_none(node) || dice.one_in(6))
            .filter(|node| depth < DEPTH_MAX || is_flat(node))
            .collect();
        let node = dice.pick(if fitting.is_empty() { &all } else { &fitting });
        if let Some(words) = node["enum"].as_array() {
            return words[dice.below(words.len() as u64) as usize].to_string();
        }
        match node["type"].as_str() {
            Some("boolean") => dice.one_in(2).to_string(),
            Some("integer") => whole(node, dice).to_string(),
            Some("number") => format!("{:?}", real(node, dice)),
            Some("array") => self.elements(node, name, dice, depth),
            Some("object") => self.table(node, dice, depth),
            _ => format!("{:?}", text(node["pattern"].as_str().unwrap_or_default(), name, dice)),
        }
    }

    fn elements(&self, node: &Json, name: &str, dice: &mut Dice, depth: u32) -> String {
        let least = node["minItems"].as_u64().unwrap_or(0);
        let count = (least + dice.below(3)).max(1).min(node["maxItems"].as_u64().unwrap_or(u64::MAX));
        let all: Vec<String> =
            (0..count).map(|_| self.value(&node["items"], name, dice, depth + 1)).collect();
        format!("[{}]", all.join(", "))
    }

    fn table(&self, node: &Json, dice: &mut Dice, depth: u32) -> String {
        let Some(properties) = node["properties"].as_object() else { return "{}".into() };
        let required: Vec<&str> =
            node["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        // An event does one thing; so do tables all of whose settings are open.
        let only = if required.is_empty() || properties.contains_key("flash_crowd") {
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            Some(dice.pick(&names))
        } else {
            None
        };
        let is_event = properties.contains_key("flash_crowd");
        let mut all = Vec::new();
        for (name, node) in properties {
            let is_wanted = required.contains(&name.as_str())
                || only == Some(name.as_str())
                || is_event && name == "at"
                || !is_event && dice.one_in(5);
            if is_wanted {
                all.push(format!("{name} = {}", self.value(node, name, dice, depth + 1)));
            }
        }
        format!("{{ {} }}", all.join(", "))
    }
}

fn real(node: &Json, dice: &mut Dice) -> f64 {
    let least = node["minimum"].as_f64().unwrap_or(0.0);
    let most = node["maximum"].as_f64().unwrap_or(1e9);
    match dice.below(10) {
        0 => least,
        1 => most,
        2..5 => least + (most.min(least + 3.0) - least) * dice.below(1_000) as f64 / 1e3,
        _ => least + (most - least) * dice.below(1_000) as f64 / 1e3 * if most > 100.0 { 1e-3 } else { 1.0 },
    }
}

fn whole(node: &Json, dice: &mut Dice) -> u64 {
    let least = node["minimum"].as_u64().unwrap_or(0);
    let most = node["maximum"].as_u64().unwrap_or(1 << 40);
    let near = |dice: &mut Dice, width: u64| least + dice.below(width.min(most - least).saturating_add(1));
    match dice.below(12) {
        0 => least,
        1 => most,
        2..8 => near(dice, 8),
        8..10 => near(dice, 100),
        _ => near(dice, 5_000),
    }
}

/// Extremes are one in four or five; the others keep a run of a second interesting.
const TIMES: [&str; 15] = [
    "0 s", "1 ns", "30 us", "200 us", "1 ms", "2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms", "300 ms",
    "1 s", "1 min", "365 d",
];

/// When events happen: the run lasts a second.
const INSTANTS: [&str; 5] = ["0 s", "100 ms", "300 ms", "500 ms", "999 ms"];

const SIZES: [&str; 8] = ["1 B", "100 B", "1 KiB", "10 KiB", "64 KiB", "1 MiB", "64 MiB", "1 GiB"];
const RATES: [&str; 7] = ["0/s", "1/h", "1/s", "20/s", "200/s", "1k/s", "1M/s"];
const SHARES: [&str; 6] = ["0 %", "0.01 %", "1 %", "10 %", "50 %", "100 %"];
const BANDWIDTHS: [&str; 4] = ["10 kbit/s", "1 Mbit/s", "1 Gbit/s", "100 MiB/s"];

/// A text of the kind that a pattern describes.
fn text(pattern: &str, name: &str, dice: &mut Dice) -> String {
    let of = |all: &[&str], dice: &mut Dice| dice.pick(all).to_owned();
    match pattern {
        _ if name == "at" => of(&INSTANTS, dice),
        _ if pattern.contains("nanos") => of(&TIMES, dice),
        _ if pattern.contains("bit/s") => of(&BANDWIDTHS, dice),
        _ if pattern.contains("KiB") => of(&SIZES, dice),
        _ if pattern.contains("sec") => of(&RATES, dice),
        _ if pattern.contains('%') => of(&SHARES, dice),
        _ if name == "key" || name == "expire" => "GROUP:1".into(),
        _ if name == "group" || name == "items" => "GROUP".into(),
        _ => format!("n{}", dice.below(3)),
    }
}
