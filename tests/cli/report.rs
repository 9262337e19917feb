//! `report.html`, `report.json` and `cachestorm report`.

use crate::support::{Folder, SMALL};
use html5gum::{DefaultEmitter, Token, Tokenizer};
use std::fmt::Write;
use std::sync::LazyLock;

/// Words of which a page that does not escape them would make elements and scripts. Names cannot hold such letters; a
/// description, a comment, a key of a trace and the name of its file can.
const HOSTILE: &str = r#"
name = "small"
description = '''</script></pre><img src=x onerror="window.hacked = 1"> & `<b>`'''
duration = "3 s"
warmup = "1 s"
replications = 2
seed = 7
# </code></pre><script>window.hacked = 2</script><!--
[workload]
arrivals = { poisson = "300/s" }
[[workload.keys]]
name = "page"
count = 50
[redis]
ttl = "2 s"
[database]
workers = 8
read = "5 ms"
[[variant]]
name = "bare"
redis = "none"
[[objective]]
metric = "client.error_ratio"
at_most = "1 %"
"#;
const HOSTILE_TRACE: &str = "<img src=x onerror=window.hacked=3>.csv";
const HOSTILE_KEY: &str = "<svg/onload=window.hacked=4>|'&amp;";

/// Writes the results of the hostile scenario into a folder.
pub fn play_hostile(folder: &Folder, command: &str) {
    folder.write("small.toml", HOSTILE);
    let line = |request: u32| format!("{:.3},{HOSTILE_KEY}{}\n", f64::from(request) / 300.0, request % 7);
    folder.write(HOSTILE_TRACE, format!("time,key\n{}", (0..900).map(line).collect::<String>()));
    folder.run(&[command, "small.toml", "-q", "--trace", HOSTILE_TRACE]).ends_with(0);
}

/// An element of a page.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
}

/// What a page consists of.
#[derive(Default)]
struct Parsed {
    elements: Vec<Element>,
    /// Of all elements, first to last.
    texts: String,
    problems: String,
}

/// Reads a page as a browser does, and complains where one would have to guess.
fn parse(page: &str) -> Parsed {
    const VOID: [&str; 6] = ["br", "img", "input", "link", "meta", "wbr"];
    let mut parsed = Parsed::default();
    let mut open: Vec<String> = Vec::new();
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for Ok(token) in Tokenizer::new_with_emitter(page, emitter) {
        match token {
            Token::StartTag(tag) => {
                let name = text(&tag.name);
                let attributes =
                    tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
                if !tag.self_closing && !VOID.contains(&name.as_str()) {
                    open.push(name.clone());
                }
                parsed.elements.push(Element { name, attributes });
            }
            Token::EndTag(tag) => {
                let name = text(&tag.name);
                if open.pop().as_ref() != Some(&name) {
                    writeln!(parsed.problems, "</{name}> closes nothing").expect("memory takes text");
                }
            }
            Token::String(string) => parsed.texts.push_str(&text(&string)),
            Token::Error(error) => writeln!(parsed.problems, "{error:?}").expect("memory takes text"),
            Token::Comment(_) => parsed.problems.push_str("a comment\n"),
            Token::Doctype(_) => {}
        }
    }
    if !open.is_empty() {
        writeln!(parsed.problems, "never closed: {open:?}").expect("memory takes text");
    }
    parsed
}

impl Parsed {
    fn count(&self, name: &str) -> usize {
        self.elements.iter().filter(|element| element.name == name).count()
    }

    /// All attributes, each with the name of its element.
    fn attributes(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.elements.iter().flat_map(|element| {
            let attributes = element.attributes.iter();
            attributes.map(|(name, value)| (element.name.as_str(), name.as_str(), value.as_str()))
        })
    }
}

/// The pages of a run and of a comparison, each with its command.
fn pages() -> &'static [(&'static str, String)] {
    static PAGES: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
        let folder = Folder::new("pages");
        folder.write("small.toml", SMALL);
        let page = |(command, results): (&'static str, &str)| {
            folder.run(&[command, "small.toml", "-q"]).ends_with(0);
            (command, folder.text(&format!("output/{results}/report.html")))
        };
        [("run", "small"), ("compare", "small.compare")].map(page).into()
    });
    &PAGES
}

#[test]
fn a_page_is_sound_html_of_less_than_two_megabytes() {
    for (command, page) in pages() {
        let parsed = parse(page);
        assert_eq!(parsed.problems, "", "{command}");
        assert!(page.len() < 2_000_000, "{command}: {} bytes", page.len());
        assert_eq!(parsed.count("h1"), 1, "{command}");
        assert!(
            parsed.texts.contains("Meets its objective") || parsed.texts.contains("it meets the objective")
        );
        assert!(
            parsed.texts.contains(&format!("cachestorm {command} small.toml")),
            "{command}: how it was run"
        );
        assert!(parsed.texts.contains("arrivals = { poisson = \"300/s\" }"), "{command}: the scenario");
    }
}

#[test]
fn a_page_loads_nothing_and_its_policy_forbids_it() {
    let parsed = parse(&pages()[0].1);
    let policy =
        parsed.attributes().find(|(element, _, value)| *element == "meta" && value.contains("default-src"));
    let (_, _, policy) = policy.expect("there is a policy");
    assert!(parsed.attributes().any(|(_, _, value)| value == "Content-Security-Policy"));
    for part in ["default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (element, name, value) in parsed.attributes() {
        let is_inside = value.starts_with('#') || value == "data:,";
        let loads = ["src", "srcset", "href", "xlink:href", "action", "data", "poster"].contains(&name);
        assert!(!loads || is_inside, "<{element} {name}={value}>");
        assert!(name != "style", "the policy allows no styles at elements: <{element} {name}={value}>");
        let is_address = value.contains("://") && name != "xmlns";
        assert!(!is_address, "<{element} {name}={value}>");
    }
}

#[test]
fn nothing_of_a_scenario_becomes_an_element_or_a_script() {
    for (command, results) in [("run", "small"), ("compare", "small.compare")] {
        let folder = Folder::new(&format!("hostile-{command}"));
        play_hostile(&folder, command);
        let parsed = parse(&folder.text(&format!("output/{results}/report.html")));
        assert_eq!(parsed.problems, "", "{command}");
        assert_eq!((parsed.count("script"), parsed.count("img")), (1, 0), "{command}");
        let handlers: Vec<_> = parsed.attributes().filter(|(_, name, _)| name.starts_with("on")).collect();
        assert!(handlers.is_empty(), "{command}: {handlers:?}");
        for text in
            ["</script></pre><img src=x onerror=\"window.hacked = 1\"> & ", "window.hacked = 2</script><!--"]
        {
            assert!(parsed.texts.contains(text), "{command}: `{text}` is shown as it was typed");
        }
        assert!(parsed.texts.contains(HOSTILE_KEY) && parsed.texts.contains(HOSTILE_TRACE), "{command}");
    }
}

#[test]
fn every_chart_of_a_page_has_a_title_names_on_its_axes_and_its_numbers_in_a_table() {
    for (command, page) in pages() {
        let figures: Vec<&str> = page.split("<figure>").skip(1).collect();
        assert!(figures.len() >= 4, "{command}: {} charts", figures.len());
        for figure in figures {
            let figure = figure.split("</figure>").next().expect("a piece");
            for part in
                ["role=\"img\"", "<title>", "<desc>", "<text ", "<details>", "<th scope=\"col\"", "<td"]
            {
                assert!(figure.contains(part), "{command}: `{part}` is missing in {}", &figure[..400]);
            }
            assert!(!figure.contains("<title></title>"));
        }
    }
}

fn all(folder: &Folder, of: &str) -> Vec<(String, Vec<u8>)> {
    let files = folder.files(of).into_iter();
    files.map(|name| (name.clone(), folder.read(&format!("{of}/{name}")))).collect()
}

#[test]
fn report_draws_the_same_bytes_again_without_simulating() {
    let folder = Folder::new("drawn-again");
    folder.write("small.toml", SMALL);
    let vary =
        "--vary redis.ttl=1s,2s,4s --vary database.workers=4,8 --replications 1 --measure redis.hit_ratio";
    let vary: Vec<&str> = vary.split(' ').collect();
    let find = ["--find", "database.workers=2..8", "--least", "--max-replications", "20", "--even-if-cold"];
    for (command, more, results) in [
        ("run", &["--variant", "bare", "--theme", "dark"][..], "output/small.bare"),
        ("compare", &[], "output/small.compare"),
        ("sweep", &vary, "output/small.sweep"),
        ("plan", &find, "output/small.plan"),
    ] {
        folder.run(&[&[command, "small.toml", "-q"], more].concat()).ends_with(0);
        let before = all(&folder, results);
        assert!(before.iter().any(|(name, _)| name.starts_with("charts/")), "{command}");
        std::fs::remove_dir_all(folder.path(&format!("{results}/charts"))).expect("there are charts");
        let _ = std::fs::remove_file(folder.path(&format!("{results}/report.html")));
        folder.run(&["report", results]).ends_with(0);
        assert!(all(&folder, results) == before, "{command}");
    }
    let chart = || folder.text("output/small.bare/charts/latency.svg");
    let dark = chart();
    folder.run(&["report", "output/small.bare", "--theme", "light"]).ends_with(0);
    assert!(dark.contains("#16181c") && chart().contains("#ffffff") && !chart().contains("#16181c"));
}

#[test]
fn report_draws_what_a_run_without_charts_has_kept() {
    let folder = Folder::new("drawn-later");
    folder.write("small.toml", SMALL);
    folder.run(&["run", "small.toml", "-q", "--out", "now"]).ends_with(0);
    folder.run(&["run", "small.toml", "-q", "--no-charts", "--out", "later"]).ends_with(0);
    assert!(!folder.files("later/small").contains(&"report.html".to_owned()));
    folder.run(&["report", "later/small"]).ends_with(0);
    assert!(all(&folder, "later/small") == all(&folder, "now/small"));
}

#[test]
fn a_folder_without_sound_results_is_told_and_left_as_it_is() {
    let folder = Folder::new("no-report");
    folder.write("small.toml", SMALL);
    let said = folder.run(&["report", "nowhere"]).ends_with(2).stderr;
    assert!(said.contains("error: failed to read `nowhere/report.json`"), "{said}");
    assert!(said.contains("help: name the folder of one run"), "{said}");
    folder.run(&["run", "small.toml", "-q", "--replications", "1"]).ends_with(0);
    let whole = folder.text("output/small/report.json");
    for damaged in [whole.replace("latency", "latencx"), whole[..whole.len() / 3].to_owned(), "{}".into()] {
        folder.write("output/small/report.json", damaged);
        let before = all(&folder, "output/small");
        let said = folder.run(&["report", "output/small"]).ends_with(2).stderr;
        assert!(said.contains("error: failed to draw `output/small/report.json`: it is"), "{said}");
        assert!(said.contains("help: simulate again"), "{said}");
        assert!(all(&folder, "output/small") == before, "nothing is replaced");
    }
}

#[test]
fn a_sweep_and_a_search_have_a_page_with_the_answer_first() {
    let folder = Folder::new("report-points");
    folder.write("small.toml", SMALL);
    let vary = ["--vary", "redis.ttl=1s,2s,4s", "--vary", "workload.keys.page.count=100,4000000"];
    let limits = ["--max-memory", "96 MiB", "--replications", "2"];
    folder.run(&[&["sweep", "small.toml", "-q"], &vary[..], &limits[..]].concat()).ends_with(0);
    let find = ["--find", "database.workers=2..8", "--least", "--max-replications", "20", "--even-if-cold"];
    let ran = folder.run(&[&["plan", "small.toml", "-q"], &find[..]].concat()).ends_with(0);
    let answer = "database.workers: 2 is enough";
    assert!(ran.stdout.contains(answer), "{}", ran.stdout);
    for (page, said) in [
        ("small.sweep", ["3 of 6 points meet all objectives; 3 not simulated.", "The points, with", "✓ met"]),
        ("small.plan", [answer, "The objectives at the answer", "All values that were judged"]),
    ] {
        let parsed = parse(&folder.text(&format!("output/{page}/report.html")));
        assert!(parsed.problems.is_empty(), "{page}: {}", parsed.problems);
        for said in said {
            assert!(parsed.texts.contains(said), "{page}: `{said}` is not there");
        }
        assert!(parsed.texts.contains("Varied: ") || parsed.texts.contains("Wanted: "), "{page}");
    }
}
