//! The page in a browser: Chromium, as `CACHESTORM_BROWSER` or the `PATH` names it. Where there is none, the test
//! says that it is skipped.

use crate::report::play_hostile;
use crate::support::Folder;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// A page that opens the report, uses its cursor, and writes down what it has seen. Its own errors are among those of
/// the report.
const VISITOR: &str = r##"<!DOCTYPE html><meta charset="utf-8"><iframe id="page" width="1200" height="900"
src="output/small/report.html"></iframe><pre id="seen"></pre><script>
addEventListener("load", () => {
  const view = document.querySelector("#page").contentWindow;
  const page = view.document;
  const bar = page.querySelector(".cursor");
  const slider = bar.querySelector("input");
  const lines = [...page.querySelectorAll(".line")];
  const state = () => ({
    time: bar.querySelector(".time").textContent,
    lines: lines.filter((line) => !line.hidden).map((line) => line.style.left),
    values: [...bar.querySelectorAll(".value")].map((value) => value.textContent),
    spoken: slider.getAttribute("aria-valuetext"),
  });
  const seen = { hidden: bar.hidden, steps: Number(slider.max), charts: lines.length, before: state() };
  slider.value = 10;
  slider.dispatchEvent(new Event("input"));
  seen.moved = state();
  const cover = page.querySelector(".cover");
  const box = cover.getBoundingClientRect();
  const place = { clientX: box.left + box.width / 2, clientY: box.top + 5, bubbles: true };
  cover.dispatchEvent(new view.PointerEvent("pointermove", place));
  seen.pointed = state();
  slider.dispatchEvent(new view.KeyboardEvent("keydown", { key: "Escape" }));
  seen.away = state();
  seen.hacked = view.hacked === undefined ? null : view.hacked;
  seen.wide = page.documentElement.scrollWidth > page.documentElement.clientWidth;
  document.querySelector("#seen").textContent = JSON.stringify(seen);
});
</script>"##;

/// A phone: what of the report reaches beyond its right side, and how large the letters of charts are.
const PHONE: &str = r##"<!DOCTYPE html><meta charset="utf-8"><iframe id="page" width="380" height="800"
src="output/RESULTS/report.html"></iframe><pre id="seen"></pre><script>
addEventListener("load", () => {
  const page = document.querySelector("#page").contentDocument;
  const box = (element) => element.getBoundingClientRect();
  // What lies in a box that scrolls is reached by scrolling that.
  const scrolls = (element) => element.closest(".scroll") && box(element.closest(".scroll")).right <= 380;
  const shown = (element) => box(element).width > 0;
  const all = [...page.querySelectorAll("main *, header *")].filter((element) => !element.closest("svg") || element.tagName === "svg");
  const beyond = all.filter((element) => shown(element) && box(element).right > 380.5 && !scrolls(element));
  const charts = [...page.querySelectorAll(".chart svg")].filter(shown);
  const letters = charts.flatMap((chart) =>
    [...chart.querySelectorAll("text")].map((text) => Number(text.getAttribute("font-size")) * box(chart).width / chart.viewBox.baseVal.width));
  document.querySelector("#seen").textContent = JSON.stringify({
    wide: page.documentElement.scrollWidth > 380,
    beyond: beyond.map((element) => `${element.tagName}.${element.className} ${box(element).right}`),
    charts: charts.length,
    smallest: Math.min(...letters),
  });
});
</script>"##;

/// What a page that visits the report writes down; nothing where there is no browser, which is said.
fn visit(folder: &Folder, visitor: &str) -> Option<(Value, Vec<String>)> {
    let Some(browser) = browser() else {
        // Past the test harness, which would keep it to itself.
        writeln!(std::io::stderr(), "skipped: no browser; name one in CACHESTORM_BROWSER")
            .expect("stderr is open");
        return None;
    };
    folder.write("visitor.html", visitor);
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"])
        // So that the visitor may look into the report; the policy of the report holds all the same.
        .args(["--allow-file-access-from-files", "--disable-web-security", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path("browser").display()))
        .arg(format!("file://{}", folder.path("visitor.html").display()))
        .output()
        .expect("the browser can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    let console = said.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    let page = String::from_utf8_lossy(&output.stdout);
    let seen = page.split("<pre id=\"seen\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let seen = seen.unwrap_or_default().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let seen = serde_json::from_str(&seen).unwrap_or_else(|error| panic!("{error}: {page}\n{said}"));
    Some((seen, console))
}

/// Nothing of a page runs off the right side of a phone, and the letters of its charts can be read there.
#[test]
fn on_a_phone_nothing_runs_off_the_side() {
    let folder = Folder::new("phone");
    play_hostile(&folder, "run");
    play_hostile(&folder, "compare");
    for results in ["small", "small.compare"] {
        let Some((seen, _)) = visit(&folder, &PHONE.replace("RESULTS", results)) else { return };
        assert_eq!((&seen["wide"], &seen["beyond"]), (&false.into(), &Value::Array(vec![])), "{results}");
        assert!(seen["charts"].as_u64().is_some_and(|charts| charts >= 3), "{results}: {seen}");
        assert!(seen["smallest"].as_f64().is_some_and(|size| size >= 12.0), "{results}: {seen}");
    }
}

fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CACHESTORM_BROWSER") {
        return Some(named.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file()))
}

#[test]
fn the_cursor_reads_all_charts_and_the_console_stays_empty() {
    let folder = Folder::new("browser");
    play_hostile(&folder, "run");
    let Some((seen, console)) = visit(&folder, VISITOR) else { return };
    assert!(console.is_empty(), "{console:#?}");

    assert_eq!(seen["hacked"], Value::Null, "a script of the scenario has run");
    assert_eq!((&seen["hidden"], &seen["wide"]), (&false.into(), &false.into()));
    assert_eq!(seen["charts"], 4, "the timeline, and the database's queue, each for screens and for phones");
    assert_eq!((&seen["before"]["time"], &seen["before"]["lines"]), (&"".into(), &Value::Array(vec![])));
    let (moved, pointed, away) = (&seen["moved"], &seen["pointed"], &seen["away"]);
    assert_eq!(moved["lines"].as_array().map(Vec::len), Some(4), "a line in each chart");
    let values = moved["values"].as_array().expect("a list");
    assert!(
        values.len() >= 6 && values.iter().any(|value| value.as_str().is_some_and(|it| it.ends_with("/s")))
    );
    assert_ne!(moved["time"], pointed["time"]);
    let spoken = moved["spoken"].as_str().expect("a text");
    let time = moved["time"].as_str().expect("a text");
    assert!(spoken.starts_with(time) && spoken.contains("hit ratio"), "{spoken}");
    // Time runs from the left edge of the panels, which lies right of that of the picture, so that the middle of the picture
    // is earlier than the middle of the 3 s.
    let seconds: f64 = pointed["time"]
        .as_str()
        .and_then(|time| {
            let (number, unit) = time.split_once(' ')?;
            Some(number.parse::<f64>().ok()? * if unit == "ms" { 1e-3 } else { 1.0 })
        })
        .expect("a time");
    assert!((1.0..2.0).contains(&seconds), "{seconds} s");
    assert_eq!((&away["time"], &away["lines"]), (&"".into(), &Value::Array(vec![])));
}
