//! The documentation says what the program does: lists in it are made from the declarations, and its examples
//! are read. After a change that is meant, `UPDATE_EXPECT=1 cargo test --test docs` writes the lists anew.

use cachestorm::measure::{Unit, metrics};
use cachestorm::model::{Model, PROFILES};
use cachestorm::report::findings::RULES;
use cachestorm::scenario::{Document, schema};
use expect_test::expect_file;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const METRICS_HEAD: &str = "\
# Metrics

Every number that a run gives, as `cachestorm metrics` lists them. This page is written by
`UPDATE_EXPECT=1 cargo test --test docs`.

A name is `layer.what` and ends with its unit, where it has one: `_seconds`, `_per_s`, `_bytes`, and `_ratio`
for shares and multiples. Metrics count from the end of the warm-up to the end of arrivals: those of clients by
when the request came, with its latency or failure even if that comes later, and so the answers of a layer with
their staleness and age; goodput and all else of layers by when things happened. A metric that has no meaning in a run (its layer is left out, or nothing happened that it could
be computed from) is absent, not zero.

| kind | what is shown for several replications |
| --- | --- |
| mean | The mean and its 95 % confidence interval. |
| percentile | The percentile of all requests of all replications, and its interval. \"At least\" means that the interval has no upper end. If too few requests lie above a percentile, it has no value. The interval of a single replication is rough: it comes from how much five parts of it differ. |
| share, count | The mean and its interval. What happens rarely is counted: 37 of 20,045 requests, in 2 of 5 runs. |
| peak | The median of the replications, the smallest and the largest. A peak grows with the measured time, so `compare` does not compare peaks of variants that are measured for different times. |

Percentiles are accurate to a cell of the histogram, at most 1/128 of the value. Means are exact. If the replications
disagree because the system collapses in some of them, the means of both parts are shown.

`client.latency_*` counts every request. A failed request is slower than any answer: if more requests fail than a percentile
leaves, the percentile is shown as `fails`. `client.answer_latency_*` counts answers only.

Staleness is the time since the source of truth stopped having the value that was served, zero if it still has
it. Age is the time since that value was read from the source of truth.

Violations are counted for answers to reads of key groups that set `consistency`, by the layer that the answer came
from; [MODEL.md](MODEL.md#sessions-and-consistency) has the exact definitions. `groups.csv` has the numbers of each key
group and layer, `events.csv` those of each event: [FILES.md](FILES.md) describes every column of every file.
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    let path = root().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_page_of_metrics_lists_those_there_are() {
    // The registry comes back to a layer for what it has beside others.
    let mut layers: Vec<(String, String)> = Vec::new();
    for metric in metrics() {
        let layer = metric.name.split('.').next().expect("a name has a layer");
        let unit = if metric.unit == Unit::Count { String::new() } else { metric.unit.to_string() };
        let row = format!("| `{}` | {unit} | {} | {} |\n", metric.name, metric.kind.name(), metric.sentence);
        match layers.iter_mut().find(|(known, _)| known == layer) {
            Some((_, rows)) => rows.push_str(&row),
            None => layers.push((layer.to_owned(), row)),
        }
    }
    let mut text = METRICS_HEAD.to_owned();
    for (layer, rows) in layers {
        write!(text, "\n## {layer}\n\n| metric | unit | kind | meaning |\n| --- | --- | --- | --- |\n{rows}")
            .unwrap();
    }
    expect_file!["../docs/METRICS.md"].assert_eq(&text);
}

const FINDINGS_HEAD: &str = "\
# Findings

What a run concludes from its own results, with the numbers that prove it and what to do. Findings are printed below the
tables and are in `summary.json` under `findings`. This page is written by `UPDATE_EXPECT=1 cargo test --test docs`.

A finding is shown only if the numbers leave no doubt, so a run without findings can still have problems. The numbers
are means over replications of the metrics in [METRICS.md](METRICS.md). A code never changes its meaning; codes that are
missing here are not in use.

D3 to D16 and D29 to D31 are about the system. D20 to D28 are about the run: is it fit to answer? They change no result. A
line under the verdict names them.
";

#[test]
fn the_page_of_findings_lists_those_there_are() {
    let mut text = FINDINGS_HEAD.to_owned();
    for rule in RULES {
        write!(text, "\n## {}: {}\n\n{}\n\n", rule.code, rule.title, rule.meaning).unwrap();
        writeln!(text, "- **Said when** {}.", (rule.when)()).unwrap();
        writeln!(text, "- **What to do:** {}", rule.remedy).unwrap();
        writeln!(text, "- **Source:** {}.", rule.source).unwrap();
    }
    expect_file!["../docs/FINDINGS.md"].assert_eq(&text);
}

const PROFILES_HEAD: &str = "\
# Profiles

A table that is listed here takes `profile = \"…\"`: the defaults of a real system in place of the table's own. What is
written in the table goes before what its profile says. This page is written by `UPDATE_EXPECT=1 cargo test --test docs`.

```toml
[gateway]
profile = \"nginx\"
ttl = \"10 s\"
coalesce = { lock = {} } # proxy_cache_lock on
```
";

#[test]
fn the_page_of_profiles_lists_those_there_are() {
    let mut text = PROFILES_HEAD.to_owned();
    for (table, profiles) in PROFILES {
        write!(text, "\n## `[{table}]`\n").unwrap();
        for profile in *profiles {
            let also: Vec<String> = profile.also.iter().map(|word| format!(", `{word}`")).collect();
            let also = also.concat();
            write!(text, "\n**`{}`**{also}: {}\n\n```text\n", profile.name, profile.doc).unwrap();
            for (setting, value) in profile.settings {
                writeln!(text, "{setting} = {value}").unwrap();
            }
            text += "```\n";
        }
    }
    expect_file!["../docs/PROFILES.md"].assert_eq(&text);
}

/// What stands between these lines of `docs/SCENARIOS.md` is made here.
const FROM: &str = "<!-- settings, written by `UPDATE_EXPECT=1 cargo test --test docs` -->\n";
const TO: &str = "<!-- end of settings -->\n";

#[test]
fn the_page_of_scenarios_lists_the_settings_there_are() {
    let page = page("docs/SCENARIOS.md");
    let (before, rest) = page.split_once(FROM).expect("the page has a place for settings");
    let (_, after) = rest.split_once(TO).expect("the list of settings has an end");
    let mut settings = String::new();
    let all = schema("scenario", Model::read);
    let mut rows = Vec::new();
    collect(&all, "", &mut rows);
    let mut table = None;
    for Row { path, default, meaning } in &rows {
        let of = path.split_once('.').map_or("", |(table, _)| table);
        if table != Some(of) {
            table = Some(of);
            let title = if of.is_empty() { "Top of the file".into() } else { format!("`{of}`") };
            write!(settings, "\n### {title}\n\n| setting | default | meaning |\n| --- | --- | --- |\n")
                .unwrap();
        }
        writeln!(settings, "| `{path}` | {default} | {meaning} |").unwrap();
    }
    assert!(rows.len() > 100, "{} settings", rows.len());
    expect_file!["../docs/SCENARIOS.md"].assert_eq(&format!("{before}{FROM}{settings}\n{TO}{after}"));
}

struct Row {
    path: String,
    default: String,
    meaning: String,
}

/// A setting of each table of the schema, those without tables of their own first.
fn collect(table: &Json, at: &str, rows: &mut Vec<Row>) {
    let mut inner = Vec::new();
    let mut seen = BTreeSet::new();
    for shape in shapes(table) {
        for (key, setting) in shape["properties"].as_object().into_iter().flatten() {
            let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            if path == "variant" || !seen.insert(path.clone()) {
                continue;
            }
            let is_table = shapes(setting).iter().any(|shape| shape.get("properties").is_some());
            let is_choice = shapes(setting).iter().any(|shape| is_tag(shape));
            if !is_table || is_choice || is_distribution(setting) || is_tag(shape) || has_bare_form(setting) {
                rows.push(row(&path, setting, shape));
            }
            if is_table && !is_distribution(setting) {
                inner.push((path, setting));
            }
        }
    }
    for (path, setting) in &inner {
        collect(setting, path, rows);
    }
}

fn row(path: &str, setting: &Json, shape: &Json) -> Row {
    let text = |part: &Json| part["description"].as_str().map(ToOwned::to_owned);
    let tag = if is_tag(shape) { text(shape) } else { None };
    let mut meaning = tag.into_iter().chain(text(setting)).collect::<Vec<_>>().join(" ");
    if is_distribution(setting) {
        meaning += " A distribution.";
    }
    for option in shapes(setting) {
        if let (Some([word, ..]), Some(text)) = (option["enum"].as_array().map(Vec::as_slice), text(option)) {
            write!(meaning, "<br>`{word}`: {text}").expect("a string takes any text");
        }
    }
    let default = setting.get("default").map_or_else(String::new, |default| format!("`{}`", toml(default)));
    Row { path: path.into(), default, meaning }
}

/// A default as one writes it in a scenario.
fn toml(value: &Json) -> String {
    match value.as_object() {
        Some(table) => {
            let entries: Vec<_> = table.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        None => value.to_string(),
    }
}

/// A schema and all its alternatives.
fn shapes(schema: &Json) -> Vec<&Json> {
    let alternatives = schema["anyOf"].as_array().into_iter().flatten().chain(schema.get("items"));
    std::iter::once(schema).chain(alternatives.flat_map(shapes)).collect()
}

/// One of several ways to write a value, as `{ zipf = 1.0 }`.
fn is_tag(shape: &Json) -> bool {
    let keys: Vec<_> = shape["properties"].as_object().into_iter().flatten().map(|(key, _)| key).collect();
    keys.len() == 1 && shape["required"] == json!(keys) && shape.get("description").is_some()
}

/// A table that a value may stand for.
fn has_bare_form(setting: &Json) -> bool {
    setting["description"].as_str().is_some_and(|text| text.contains("A value in place of the table"))
}

fn is_distribution(setting: &Json) -> bool {
    shapes(setting).iter().any(|shape| shape["properties"].get("lognormal").is_some())
}

/// An example that is not a whole scenario gets what it lacks.
const REST: [(&str, &str); 4] = [
    (
        "workload",
        "[[workload.keys]]\nname = \"article\"\ncount = 1_000\n[workload]\narrivals.poisson = \"100/s\"\n",
    ),
    ("redis", "[redis]\nttl = \"10 s\"\ntimeout = \"1 s\"\n"),
    ("process", "[process]\n"),
    ("database", "[database]\nworkers = 8\nread = \"5 ms\"\n"),
];

#[test]
fn every_example_is_a_scenario_that_the_program_reads() {
    let page = page("docs/SCENARIOS.md");
    let mut examples = 0;
    for example in page.split("```toml\n").skip(1) {
        let (example, _) = example.split_once("```").expect("an example has an end");
        let mut text = example.to_owned();
        if !text.starts_with("name =") && !text.contains("\nname = \"demo\"") {
            text = format!("name = \"demo\"\nduration = \"60 s\"\n{text}");
        }
        for (table, rest) in REST {
            if !text.contains(&format!("[{table}")) {
                text += rest;
            }
        }
        let read = Document::parse("example.toml", &text).and_then(|document| document.read_all(Model::read));
        if let Err(problems) = read {
            panic!("{text}\n{}", problems.render(false));
        }
        examples += 1;
    }
    assert!(examples >= 8, "{examples} examples");
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let docs = root().join("docs").read_dir().expect("there are pages");
    let pages =
        docs.map(|entry| entry.expect("the folder can be read").path()).chain([root().join("README.md")]);
    for path in pages.filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(&path).expect("a page is text");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.starts_with("http") {
                continue;
            }
            let target: PathBuf = path.parent().expect("a page has a folder").join(file);
            assert!(target.exists(), "{}: there is no `{link}`", path.display());
        }
    }
}

/// What the README shows of a command's output is what the program prints, cut only where it says so.
#[test]
fn the_output_in_the_readme_is_that_of_the_program() {
    const COMMAND: &str = "$ cargo run --release -- ";
    let readme = page("README.md");
    let commands: Vec<(&str, &str)> =
        readme.split(COMMAND).skip(1).filter_map(|rest| rest.split_once('\n')).collect();
    assert!(commands.len() >= 3, "{commands:?}");
    for (number, (command, shown)) in commands.into_iter().enumerate() {
        let (shown, _) = shown.split_once("```").expect("its output has an end");
        let folder = std::env::temp_dir().join(format!("cachestorm-docs-{number}-{}", std::process::id()));
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_cachestorm"))
            .args(command.split_whitespace())
            .args(["--quiet", "--no-charts", "--out"])
            .arg(&folder)
            .output()
            .expect("the program can be started");
        std::fs::remove_dir_all(&folder).expect("the program has written a folder");
        let printed = String::from_utf8(output.stdout).expect("it prints text");
        for part in shown.split("[…]\n") {
            assert!(printed.contains(part), "the README shows\n{part}\nthe program prints\n{printed}");
        }
    }
}
