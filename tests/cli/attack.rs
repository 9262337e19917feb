//! Input that means harm, or more than a machine has: the program says no, or ends in order, and touches nothing else.

#![cfg(unix)]

use super::support::{Folder, Ran, SMALL};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

/// A run with hardly anything in it.
const TINY: &str = r#"
name = "tiny"
duration = "2 s"
replications = 1
[workload]
arrivals = { poisson = "10/s" }
[[workload.keys]]
name = "a"
count = 10
"#;

const PLAIN: [&str; 5] = ["run", "tiny.toml", "--quiet", "--out", "out"];

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("tiny.toml", TINY);
    folder
}

/// Runs in a process that has so many KiB of addresses, and fails where it wants more.
fn limited(folder: &Folder, limit: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{limit} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_cachestorm")]);
    command.args(arguments).current_dir(folder.path("")).stdin(Stdio::null());
    Ran::of(command.env("MALLOC_ARENA_MAX", "1").output().expect("the program can be started"))
}

/// What grows while a run goes on, and is in no estimate: all within 200 MiB, in a process that has 330.
#[test]
fn memory_is_bounded_by_what_a_run_really_takes() {
    let head = |arrivals: &str| {
        format!(
            "name = \"tiny\"\nduration = \"10 s\"\nreplications = 2\nworkload.arrivals = {{ constant = \"{arrivals}\" }}\n"
        )
    };
    let keys = |count: u32| format!("[[workload.keys]]\nname = \"g\"\ncount = {count}\n");
    let slow = "[client]\ntimeout = \"1 h\"\n";
    let cases = [
        ("200/s", 1_000, format!("{slow}[app]\nworkers = \"none\"\nround_trip = \"10 min\"\n[[event]]\nat = \"0 s\"\nrate_change = {{ factor = 1e6 }}\n")),
        ("1M/s", 1, format!("{slow}[cdn]\nttl = \"1 s\"\nregions = [{{ name = \"r\", round_trip = \"1 h\" }}]\n")),
        ("1M/s", 1, "[gateway]\nttl = \"1 s\"\ncoalesce = \"single-flight\"\n[database]\nworkers = 1\nread = \"1 h\"\n".into()),
        ("1M/s", 1_000, "[app]\nworkers = \"none\"\n[database]\nworkers = 1\nread = \"1 ms\"\nqueue = 10000000\npool = { size = 1, timeout = \"none\" }\n".into()),
        ("10/s", 1_000, format!("{slow}[app]\nround_trip = \"1 h\"\n[[event]]\nat = \"1 s\"\nflash_crowd = {{ key = \"g:1\", rate = \"1M/s\", for = \"9 s\" }}\n")),
    ];
    for (arrivals, count, rest) in cases {
        let folder = Folder::new("memory");
        folder.write("tiny.toml", head(arrivals) + &keys(count) + &rest);
        let arguments = [&PLAIN[..], &["--max-memory", "200 MiB", "--threads", "2"]].concat();
        let ran = limited(&folder, "ulimit -v 337920", &arguments).ends_with(2);
        let says = ["requests in flight", "requests under way"].iter().any(|what| ran.stderr.contains(what));
        assert!(says && ran.stderr.contains("memory"), "{rest}{}", ran.stderr);
    }
}

/// 3,000 keys of 60 kB: 180 MB of names.
#[test]
fn long_keys_of_a_trace_count_in_full() {
    let folder = folder("long-keys");
    let mut trace = String::from("time,key,size\n");
    for line in 0..3_000 {
        trace.extend([&format!("{line},"), &*"k".repeat(60_000), &format!("{line},1\n")]);
    }
    folder.write("long.csv", trace);
    let arguments = [&PLAIN[..], &["--trace", "long.csv", "--max-memory", "60 MiB"]].concat();
    let ran = limited(&folder, "ulimit -v 204800", &arguments).ends_with(2);
    assert!(
        ["no memory is left", "different keys", "allow more with"]
            .iter()
            .all(|said| ran.stderr.contains(said)),
        "{}",
        ran.stderr
    );
}

/// Two million requests of one second, of which few are under way at once: the alarms of all those that have had their answers,
/// 16 bytes each and twice as many places, would take 64 MiB while their queue grows.
#[test]
fn requests_that_are_over_take_no_memory() {
    let folder = folder("one-second");
    folder.write("same.csv", String::from("time,key\n") + &"0,a\n".repeat(2_000_000));
    let layers = [
        "--set",
        "client.timeout=10s",
        "--set",
        "app.workers=1",
        "--set",
        "app.queue=10",
        "--set",
        "app.work=9s",
    ];
    let arguments = [&PLAIN[..], &["--trace", "same.csv", "--max-memory", "50 MiB"], &layers].concat();
    folder.run(&arguments).ends_with(0);
}

/// A hundred million keys of which 20 are asked for, and 10,000 instances with nothing to do.
#[test]
fn what_fits_is_not_refused() {
    let folder = folder("fits");
    for settings in [
        "workload.keys.a.count=100000000",
        "app={ instances = 10000 }",
        "app={ instances = 1300, workers = 1 }",
    ] {
        let arguments =
            [&PLAIN[..], &["--max-memory", "200 MiB", "--set", settings, "--set", "process={}"]].concat();
        limited(&folder, "ulimit -v 337920", &arguments).ends_with(0);
    }
}

#[test]
fn a_product_of_counts_beyond_the_numbers_of_keys_is_refused() {
    let folder = folder("products");
    let dimension = |name: char| format!("{{ name = \"{name}\", values = 50 }}");
    let dimensions = ['a', 'b', 'c', 'd', 'e'].map(dimension).join(", ");
    let settings = [
        format!("workload.dimensions=[{dimensions}]"),
        "workload.keys.a.varies_by=[\"a\", \"b\", \"c\", \"d\", \"e\"]".to_owned(),
    ];
    // 10 keys, and 10 times 50^5 representations, just have numbers of their own; those of 1,000 keys do not.
    let arguments = [&PLAIN[..], &["--set", &settings[0], "--set", &settings[1]]].concat();
    folder.run(&arguments).ends_with(0);
    let many = [&arguments[..], &["--set", "workload.keys.a.count=1000"]].concat();
    let ran = folder.run(&many).ends_with(2);
    assert!(ran.stderr.contains("needs 312500001000 different keys"), "{}", ran.stderr);
}

/// Ten reads a second for a year, of which one second is within the run.
#[test]
fn a_rebuild_ends_with_the_run() {
    let folder = folder("rebuild");
    let rest = "origin = \"search\"\n[database]\nworkers = 3\nread = \"50 ms\"\n[search]\nquery = \"1 ms\"\n[[event]]\nat = \"1 s\"\n\
                rebuild = { for = \"52 w\", reads = \"10/s\" }\n";
    folder.write("tiny.toml", TINY.to_owned() + rest);
    folder.run(&PLAIN).ends_with(0);
    let loads = folder.json("out/tiny/summary.json")["variants"][0]["metrics"]["database.loads"].clone();
    let loads = loads["value"].as_f64().or(loads["mean"].as_f64()).expect("the database is read");
    assert!((loads - 10.0).abs() <= 1.0, "{loads}");
}

#[test]
fn nothing_is_written_through_a_link_in_the_folder_of_results() {
    let names = [
        ".unfinished",
        "summary.json.unfinished",
        "report.html.unfinished",
        "summary.json",
        "manifest.json",
        "report.html",
        "report.json",
        "replications.log",
        "histograms.csv",
        "charts/load.svg",
    ];
    for name in names {
        let folder = folder("links");
        fs::create_dir_all(folder.path("out/tiny/charts")).expect("a folder can be made");
        folder.write("precious", "precious");
        let up = "../".repeat(2 + name.matches('/').count());
        symlink(format!("{up}precious"), folder.path("out/tiny").join(name)).expect("a link can be made");
        let ran = folder.run(&PLAIN);
        assert_eq!(folder.text("precious"), "precious", "{name}");
        if !name.ends_with("unfinished") {
            assert_eq!(ran.status, Some(2), "{name}: {}", ran.stderr);
            assert!(ran.stderr.contains("symbolic link"), "{name}: {}", ran.stderr);
            let log = folder.path("out/tiny/replications.log");
            assert!(name == "replications.log" || !log.exists(), "{name}: it is found before the simulation");
        }
    }
}

#[test]
fn folders_that_are_links_are_refused_and_the_folder_of_all_results_may_be_one() {
    let folder = folder("linked-folders");
    for name in ["elsewhere", "out/tiny"] {
        fs::create_dir_all(folder.path(name)).expect("a folder can be made");
    }
    symlink("../../elsewhere", folder.path("out/tiny/charts")).expect("a link can be made");
    folder.run(&PLAIN).ends_with(2);
    fs::remove_dir_all(folder.path("out/tiny")).expect("it can be removed");
    symlink("../elsewhere", folder.path("out/tiny")).expect("a link can be made");
    folder.run(&PLAIN).ends_with(2);
    assert_eq!(folder.files("elsewhere"), Vec::<String>::new());
    symlink("elsewhere", folder.path("linked")).expect("a link can be made");
    folder.run(&["run", "tiny.toml", "--quiet", "--out", "linked"]).ends_with(0);
    assert!(folder.path("elsewhere/tiny/manifest.json").exists());
}

#[test]
fn pictures_are_drawn_through_no_link_in_a_folder_from_somebody_else() {
    for name in ["report.html", "report.html.unfinished", "charts"] {
        let folder = folder("stranger");
        folder.run(&PLAIN).ends_with(0);
        folder.write("precious", "precious");
        let path = folder.path("out/tiny").join(name);
        fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path)).ok();
        symlink("../../precious", path).expect("a link can be made");
        folder.run(&["report", "out/tiny"]);
        assert_eq!(folder.text("precious"), "precious", "{name}");
    }
}

/// A device where `report` reads has no end.
#[test]
fn a_device_in_place_of_a_file_is_not_read() {
    let folder = folder("device");
    fs::create_dir_all(folder.path("out/tiny")).expect("a folder can be made");
    symlink("/dev/zero", folder.path("out/tiny/report.json")).expect("a link can be made");
    let ran = folder.run(&["report", "out/tiny"]).ends_with(2);
    assert!(ran.stderr.contains("symbolic link"), "{}", ran.stderr);
}

/// The system stops writing a file beyond so many blocks of 512 or 1,024 bytes, as a disk does that is full.
#[test]
fn results_that_cannot_be_written_leave_the_earlier_ones_whole() {
    let folder = folder("full");
    folder.run(&PLAIN).ends_with(0);
    let before = folder.results("out");
    let arguments = [&PLAIN[..], &["--seed", "2"]].concat();
    let ran = limited(&folder, "trap '' XFSZ; ulimit -f 8", &arguments).ends_with(2);
    assert!(ran.stderr.contains("unchanged"), "{}", ran.stderr);
    assert!(folder.results("out") == before, "the earlier results have changed");
    folder.run(&arguments).ends_with(0);
    assert!(folder.results("out") != before, "another seed has other results");
}

#[test]
fn what_is_no_file_is_no_trace() {
    let folder = folder("no-file");
    for path in ["/dev/zero", "/dev/tty", "/dev/stdin"] {
        let ran = folder.run(&[&PLAIN[..], &["--trace", path]].concat()).ends_with(2);
        assert!(ran.stderr.contains("error"), "{path}: {}", ran.stderr);
    }
    Command::new("mkfifo").arg(folder.path("pipe")).status().expect("a pipe can be made");
    let ran = folder.run(&[&PLAIN[..], &["--trace", "pipe"]].concat()).ends_with(2);
    assert!(ran.stderr.contains("expected a file"), "{}", ran.stderr);
    folder.write("endless.csv", [b"time,key\n0,".to_vec(), vec![b'x'; 20 << 20]].concat());
    let ran = folder.run(&[&PLAIN[..], &["--trace", "endless.csv"]].concat()).ends_with(2);
    assert!(ran.stderr.contains("no line end within 16 MiB"), "{}", ran.stderr);
}

#[test]
fn naming_any_file_as_a_trace_does_not_show_what_is_in_it() {
    let folder = folder("secret");
    for text in [
        "token-0123456789-secret\n",
        "user=root,password-0123456789-secret\n",
        "1,2,token-0123456789-secret\n",
    ] {
        folder.write("secret", text);
        let ran = folder.run(&[&PLAIN[..], &["--trace", "secret"]].concat()).ends_with(2);
        assert!(!ran.stderr.contains("secret\n") && !ran.stderr.contains("-secret"), "{}", ran.stderr);
    }
}

#[test]
fn eighty_thousand_unknown_settings_are_told_shortly() {
    let folder = folder("unknown");
    let text = TINY.replace(
        "[workload]",
        &((0..80_000).map(|n| format!("a{n} = 1\n")).collect::<Vec<_>>().concat() + "[workload]"),
    );
    folder.write("tiny.toml", text);
    let ran = folder.run(&PLAIN).ends_with(2);
    assert!(ran.stderr.len() < 200_000 && ran.stderr.contains("more"), "{} bytes", ran.stderr.len());
}

/// A million requests a second for a year: no test has time for that, and nobody who has no terminal.
#[test]
fn a_run_of_hours_has_to_be_asked_for() {
    let folder = folder("hours");
    let arguments =
        [&PLAIN[..], &["--set", "duration=365 d", "--set", "workload.arrivals={ poisson = \"1M/s\" }"]]
            .concat();
    let ran = folder.run(&arguments).ends_with(2);
    assert!(ran.stderr.contains("billion events") && ran.stderr.contains("--yes"), "{}", ran.stderr);
    assert!(!folder.path("out").exists(), "nothing was begun");
    folder.write("small.toml", SMALL);
    folder.run(&["run", "small.toml", "--quiet", "--yes", "--out", "out"]).ends_with(0);
}

/// What steers a terminal or turns the direction of text, wherever it can come from: nothing of it is written as it is.
#[test]
fn nothing_from_outside_steers_the_terminal_or_the_page() {
    const HARM: &str = "\u{1b}]0;x\u{7}\u{9b}31m\u{202e}";
    let letters = HARM.chars().map(|letter| format!("\\u{:04x}", u32::from(letter)));
    let toml = letters.collect::<Vec<_>>().concat();
    let named = format!("n{HARM}");
    let folder = folder("harm");
    let text =
        TINY.replace("replications = 1", &format!("replications = 1\ndescription = \"d{toml}\\u0000\""));
    folder.write(
        "tiny.toml",
        format!("{text}[[variant]]\nname = \"other\"\ndescription = \"v{toml}\"\nseed = 1\n"),
    );
    folder.write(
        "trace.toml",
        text.replace("poisson = \"10/s\"", &format!("trace = {{ file = \"f{toml}.csv\" }}")),
    );
    folder.write(&format!("{named}.csv"), format!("time,key\n0,{named}\n1,b\n"));
    folder.write(&format!("{named}.toml"), "name = 1");
    let scenario = format!("{named}.toml");
    let trace = format!("{named}.csv");
    let cases: [&[&str]; 12] = [
        &["run", "tiny.toml", "--out", &named],
        &["run", "tiny.toml", "--json"],
        &["run", "trace.toml"],
        &["run", "tiny.toml", "--trace", &trace, "--set", "warmup=0s"],
        &["run", "tiny.toml", "--trace", &named],
        &["run", "tiny.toml", "--variant", &named],
        &["run", "tiny.toml", "--set", &named],
        &["run", &scenario],
        &["compare", "tiny.toml", "--gate", &named],
        &["sweep", "tiny.toml", "--vary", &named],
        &["report", &named],
        &["merge", &named],
    ];
    let hidden = |text: &str| text.chars().any(|it| it != '\n' && (it.is_control() || it == '\u{202e}'));
    for arguments in cases {
        let ran = folder.run(arguments);
        assert!(!hidden(&ran.stdout) && !hidden(&ran.stderr), "{arguments:?}: {ran:?}");
    }
    let page = folder.text("output/tiny/report.html");
    assert!(page.contains("\\u{202e}") && !hidden(&page.replace('\t', "")), "the page spells it out");
}
