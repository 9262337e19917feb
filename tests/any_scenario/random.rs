//! Scenarios with many settings at random from the schema, given to the program as a user would.
//!
//! Each starts from a shipped scenario and takes on random settings, those that the program accepts. It must end with a
//! status that the docs name, and its numbers must not contradict each other. `RANDOM_SEED=17 RANDOM_COUNT=1` repeats the
//! scenario that a failure names; `RANDOM_COUNT=100000` looks longer.

use super::generator::{Dice, Generator};
use super::{SHIPPED, SHORT};
use cachestorm::model::{Model, Prepared, simulate};
use cachestorm::scenario::Document;
use cachestorm::time::Instant;
use serde_json::Value as Json;
use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run may take, and what the system lets the process have: code, stacks and the allocator's own come on top.
const MEMORY_MAX: &str = "200 MiB";
const ADDRESSES_MAX_KIB: u64 = (200 + 130) << 10;

/// A scenario that is expected to play more events is not taken on, and one that plays more is left: time is short.
const EVENTS_MAX: f64 = 100_000.0;
const LOOKS_MAX: u32 = 100;

/// A scenario: one that is shipped, and what is laid over it.
struct Case {
    shipped: usize,
    settings: Vec<String>,
    /// Whether one of the settings is refused.
    is_broken: bool,
}

fn group_of(text: &str) -> String {
    let group = text.split("[[workload.keys]]\nname = \"").nth(1).and_then(|rest| rest.split('"').next());
    group.expect("a shipped scenario has keys").to_owned()
}

/// The model of a shipped scenario with these settings, if it is accepted.
fn accepted(shipped: usize, settings: &[String]) -> Option<Model> {
    let (name, text) = SHIPPED[shipped];
    let mut document = Document::parse(name, text).expect("shipped scenarios are TOML");
    settings.iter().try_for_each(|setting| document.set(setting)).ok()?;
    document.read(None, Model::read).ok()
}

fn is_short(model: &Model) -> bool {
    let end = Instant::ZERO + model.duration.expect("it has a duration");
    model.events_of(&model.traffic(end, None)) < EVENTS_MAX
}

impl Case {
    fn of_seed(seed: u64, generator: &Generator) -> Self {
        let dice = &mut Dice::new(seed);
        let shipped = dice.below(SHIPPED.len() as u64) as usize;
        let group = group_of(SHIPPED[shipped].1);
        let mut settings: Vec<String> =
            SHORT.iter().map(|setting| setting.replace("GROUP", &group)).collect();
        settings.push("replications=2".into());
        let model = accepted(shipped, &settings).expect("shipped scenarios are sound");
        let groups: Vec<String> = model.workload.keys.iter().map(|group| group.name.clone()).collect();
        let mut refused = None;
        for _ in 0..6 + dice.below(30) {
            let setting = generator.setting(dice, &groups).replace("GROUP", &group);
            settings.push(setting);
            if accepted(shipped, &settings).is_none_or(|model| !is_short(&model)) {
                refused = settings.pop();
            }
        }
        let is_broken = refused.is_some() && dice.one_in(6);
        settings.extend(refused.filter(|_| is_broken));
        let is_broken = is_broken && accepted(shipped, &settings).is_none();
        if !is_broken && accepted(shipped, &settings).is_none_or(|model| !is_short(&model)) {
            settings.pop();
        }
        Self { shipped, settings, is_broken }
    }

    fn arguments(&self) -> Vec<&str> {
        let settings = self.settings.iter().flat_map(|setting| ["--set", setting.as_str()]);
        ["run", SHIPPED[self.shipped].0].into_iter().chain(settings).collect()
    }

    /// Whether it ends within the time that there is. On the way all that a record can tell is looked at.
    fn ends_soon(&self, seed: u64) -> bool {
        let model = accepted(self.shipped, &self.settings).expect("it was accepted before");
        let prepared = Prepared::new(model, None).expect("there is no trace");
        let mut looks = 0;
        let watch = |_| {
            looks += 1;
            if looks < LOOKS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let Some((record, _)) = simulate(&prepared, 0, watch).expect("there is no trace") else {
            return false;
        };
        let clients = &record.clients;
        let ended = clients.completed + clients.failures_total();
        assert_eq!(clients.arrived, ended, "{seed}: requests are answers and failures");
        true
    }

    /// As the program runs it, in a folder and on so many threads.
    fn run(&self, folder: &Path, threads: &str) -> Output {
        let rest = ["--json", "--quiet", "--no-charts", "--max-memory", MEMORY_MAX, "--threads", threads];
        let limited = format!("ulimit -v {ADDRESSES_MAX_KIB} && exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_cachestorm")]);
        command.args(self.arguments()).args(rest).arg("--out").arg(folder);
        // Each arena of glibc takes 64 MiB of addresses, whatever is used of them.
        command.env("MALLOC_ARENA_MAX", "1").stdin(Stdio::null());
        command.output().expect("the program can be started")
    }
}

/// What becomes of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Ran,
    Refused,
    /// It takes longer than a test has time for.
    Left,
}

/// Plays one scenario through.
fn play(seed: u64, generator: &Generator, folder: &Path) -> Fate {
    let case = Case::of_seed(seed, generator);
    if !case.is_broken && !case.ends_soon(seed) {
        return Fate::Left;
    }
    let [one, two] = ["1", "2"].map(|threads| {
        let folder = folder.join(threads);
        let output = case.run(&folder, threads);
        let files = results(&folder);
        // The next scenario finds nothing of this one.
        fs::remove_dir_all(&folder).ok();
        (output, files)
    });
    let said = String::from_utf8_lossy(&one.0.stderr).into_owned();
    let what = || format!("RANDOM_SEED={seed}: {:?}\n{said}", case.arguments());
    let status = one.0.status.code();
    assert!(matches!(status, Some(0 | 2 | 98 | 99)), "status {:?} of {}", one.0.status, what());
    if status == Some(2) {
        assert!(said.contains("error"), "{}", what());
        let is_for_memory = said.contains("memory") && !case.is_broken;
        assert!(case.is_broken || is_for_memory, "an accepted scenario is refused: {}", what());
        return Fate::Refused;
    }
    assert!(!case.is_broken, "a broken scenario runs: {}", what());
    let is_out_of_memory =
        two.0.status.code() == Some(2) && String::from_utf8_lossy(&two.0.stderr).contains("memory");
    if !is_out_of_memory {
        assert_eq!(status, two.0.status.code(), "two threads end otherwise: {}", what());
        assert!(one.0.stdout == two.0.stdout && one.1 == two.1, "two threads have other bytes: {}", what());
    }
    let document: Json =
        serde_json::from_slice(&one.0.stdout).unwrap_or_else(|error| panic!("{error}: {}", what()));
    check_metrics(&document["variants"][0]["metrics"], &what);
    Fate::Ran
}

/// All results in a folder and those in it, without the log, which is in no order.
fn results(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let mut all: Vec<(PathBuf, Vec<u8>)> = paths
        .filter(|path| !path.ends_with("replications.log"))
        .flat_map(|path| {
            if path.is_dir() {
                results(&path)
            } else {
                vec![(path.clone(), fs::read(&path).expect("it can be read"))]
            }
        })
        .map(|(path, bytes)| (path.strip_prefix(folder).map(Path::to_path_buf).unwrap_or(path), bytes))
        .collect();
    all.sort();
    all
}

/// Attempts beyond the first can be many for one request, and a miss takes many times as long as a hit.
const ABOVE_ONE: [&str; 2] = ["retry_ratio", "miss_penalty_ratio"];

/// Percentiles in order, by the end of their names.
const ORDER: [&str; 6] = ["_p50_", "_p90_", "_p95_", "_p99_", "_p999_", "_max_"];

/// Pairs of which the first is at most the second.
const PAIRS: [(&str, &str); 3] = [
    ("utilisation", "utilisation_max"),
    ("node_utilisation_mean", "node_utilisation_max"),
    ("request_rate_mean_per_s", "request_rate_peak_per_s"),
];

/// The mean of a metric over the replications, which may be without bound.
fn value(metrics: &Json, name: &str) -> Option<f64> {
    let metric = metrics.get(name)?;
    if metric["fails"] == true {
        return Some(f64::INFINITY);
    }
    metric["value"].as_f64().or_else(|| metric["mean"].as_f64())
}

/// What a metric is at most. Percentiles are of all replications together, and of peaks the median is shown: the highest
/// peak is the end of their range.
fn most(metrics: &Json, name: &str) -> Option<f64> {
    metrics.get(name)?["range"][1].as_f64().or_else(|| value(metrics, name))
}

fn check_metrics(metrics: &Json, what: &dyn Fn() -> String) {
    let names = metrics.as_object().expect("metrics have names");
    for (name, metric) in names {
        let Some(found) = value(metrics, name) else { continue };
        let is_ratio = metric["unit"] == "ratio" && !ABOVE_ONE.iter().any(|end| name.ends_with(end));
        assert!(!is_ratio || found <= 1.0 + 1e-9, "{name} is {found}: {}", what());
        assert!(found >= 0.0 && !found.is_nan(), "{name} is {found}: {}", what());
        if let Some(position) = ORDER.iter().position(|part| name.contains(part)) {
            let higher = ORDER[position + 1..].iter().map(|part| name.replace(ORDER[position], part));
            for higher in higher {
                let Some(most) = most(metrics, &higher) else { continue };
                assert!(found <= most * (1.0 + 1e-9), "{name} {found} > {higher} {most}: {}", what());
            }
        }
        for (less, more) in PAIRS {
            let Some(layer) = name.strip_suffix(less).filter(|layer| layer.ends_with(['.', '_'])) else {
                continue;
            };
            let Some(most) = most(metrics, &format!("{layer}{more}")) else { continue };
            assert!(found <= most * (1.0 + 1e-9), "{name} {found} > {layer}{more} {most}: {}", what());
        }
    }
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn play_many(count: u64) {
    let folder = std::env::temp_dir().join(format!("cachestorm-random-{}-{count}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder can be made");
    let (count, first) = (number("RANDOM_COUNT", count), number("RANDOM_SEED", 0));
    let generator = Generator::new();
    let fates: Vec<Fate> = (first..first + count).map(|seed| play(seed, &generator, &folder)).collect();
    fs::remove_dir_all(&folder).ok();
    let of = |fate| fates.iter().filter(|one| **one == fate).count();
    let (ran, refused, left) = (of(Fate::Ran), of(Fate::Refused), of(Fate::Left));
    writeln!(
        std::io::stderr(),
        "{ran} scenarios ran, {refused} were refused, {left} were left for want of time"
    )
    .expect("stderr takes a line");
    assert!(count < 10 || 3 * ran as u64 >= count, "only {ran} of {count} ran: they prove little");
}

#[test]
#[cfg(unix)]
fn scenarios_at_random_end_in_order_and_contradict_themselves_nowhere() {
    play_many(300);
}

/// `cargo test --test any_scenario -- --ignored` takes an hour.
#[test]
#[cfg(unix)]
#[ignore = "it takes an hour"]
fn ten_thousand_scenarios_at_random() {
    play_many(10_000);
}
