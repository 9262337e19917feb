//! The results on disk.

use crate::support::{Folder, SMALL};

const CHARTS: [&str; 10] = [
    "arrivals",
    "database-load",
    "database-queue",
    "headroom",
    "hit-ratio",
    "hot-keys",
    "latency",
    "latency-distribution",
    "staleness-distribution",
    "timeline",
];
const DATA: [&str; 7] = [
    "events.csv",
    "groups.csv",
    "histograms.csv",
    "manifest.json",
    "report.json",
    "summary.json",
    "timeseries.csv",
];

#[test]
fn a_run_leaves_its_files_and_nothing_else() {
    let folder = Folder::new("all-files");
    folder.write("small.toml", SMALL);
    let ran = folder.run(&["run", "small.toml"]).ends_with(0);
    assert!(ran.stdout.ends_with("results in output/small\n"), "{}", ran.stdout);
    let charts = CHARTS.iter().flat_map(|name| [format!("charts/{name}.png"), format!("charts/{name}.svg")]);
    let mut expected: Vec<String> =
        charts.chain(DATA.map(String::from)).chain(["report.html".into()]).collect();
    expected.sort();
    assert_eq!(folder.files("output/small"), expected);
    assert_eq!(folder.files(".").len(), expected.len() + 1, "and the scenario");
}

#[test]
fn variants_have_folders_of_their_own_and_what_other_arguments_replace_is_told() {
    let folder = Folder::new("replaced");
    folder.write("small.toml", SMALL);
    let run = |more: &[&str]| {
        let few = ["run", "small.toml", "--replications", "1", "--no-charts"];
        folder.run(&[&few[..], more].concat()).ends_with(0).stderr
    };
    assert_eq!(run(&[]), "");
    assert!(run(&[]).starts_with("note: nothing had to be simulated: the replication was kept in "));
    assert_eq!(run(&["--variant", "bare"]), "");
    let said = "note: the results in output/small are of a run with `--replications 1` and will be replaced; \
                `--out DIR` keeps both\n";
    assert_eq!(run(&["--seed", "8"]), said);
    assert_eq!(run(&["--quiet"]), "");
    assert_eq!(folder.files("output/small.bare"), DATA);
}

#[test]
fn charts_of_an_earlier_run_do_not_stay_among_those_of_a_later_one() {
    let folder = Folder::new("old-charts");
    folder.write("small.toml", SMALL);
    folder.run(&["run", "small.toml", "--replications", "1"]).ends_with(0);
    folder.write("output/small/charts/mine.txt", "keep this");
    folder.run(&["run", "small.toml", "--replications", "1", "--no-charts"]).ends_with(0);
    let mut expected = vec!["charts/mine.txt"];
    expected.extend(DATA);
    assert_eq!(folder.files("output/small"), expected);
}

#[test]
fn the_time_series_has_a_row_for_each_bucket_and_sums_up_to_the_metrics() {
    let folder = Folder::new("series");
    folder.write("small.toml", SMALL);
    folder.run(&["run", "small.toml", "--no-charts", "--set", "warmup=0s"]).ends_with(0);
    let text = folder.text("output/small/timeseries.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().expect("a header").iter().map(String::from).collect();
    let column = |name: &str| header.iter().position(|known| known == name).expect("the column is there");
    let (time, arrived, low) = (
        column("time_seconds"),
        column("client.request_rate_per_s"),
        column("client.request_rate_per_s.ci95_low"),
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a sound row")).collect();
    // 4 s in buckets of 10 ms: at most 600 of a round width.
    assert_eq!((rows.len(), &rows[0][time], &rows[399][time]), (400, "0.005", "3.995"));
    let number = |row: &csv::StringRecord, column: usize| row[column].parse::<f64>().expect("a number");
    assert!(rows.iter().all(|row| number(row, low) <= number(row, arrived)));
    let mean = rows.iter().map(|row| number(row, arrived)).sum::<f64>() / 400.0;
    let summary = folder.json("output/small/summary.json");
    let metric = summary["variants"][0]["metrics"]["client.request_rate_mean_per_s"]["value"].as_f64();
    assert!((mean - metric.expect("it has a value")).abs() < 1e-6, "{mean} {metric:?}");
}

#[test]
fn a_histogram_counts_every_answer() {
    let folder = Folder::new("histograms");
    folder.write("small.toml", SMALL);
    folder.run(&["run", "small.toml", "--no-charts"]).ends_with(0);
    let text = folder.text("output/small/histograms.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.expect("a sound row"));
    let latencies = rows.filter(|row| &row[0] == "client" && &row[1] == "latency");
    let counted: u64 = latencies.map(|row| row[3].parse::<u64>().expect("a count")).sum();
    let summary = folder.json("output/small/summary.json");
    let variant = &summary["variants"][0];
    let requests = variant["metrics"]["client.requests"]["value"].as_f64().expect("a mean") * 3.0;
    assert!((counted as f64 - requests).abs() < 1e-6, "none failed, so {counted} is {requests}");
}

#[test]
fn a_key_group_has_its_answers_by_layer_and_its_violations() {
    let folder = Folder::new("groups");
    folder.write("small.toml", SMALL);
    let strong = "workload.keys.page.consistency=strong";
    folder.run(&["run", "small.toml", "--no-charts", "--set", strong]).ends_with(0);
    let text = folder.text("output/small/groups.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().expect("a header").iter().map(String::from).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a sound row")).collect();
    let cell = |row: usize, name: &str| {
        let column = header.iter().position(|known| known == name).expect("the column is there");
        rows[row][column].to_owned()
    };
    let layers = [0, 1, 2, 3].map(|row| (cell(row, "group"), cell(row, "layer"), cell(row, "need")));
    let expected = ["client", "process", "redis", "database"];
    assert_eq!(layers, expected.map(|layer| ("page".into(), layer.into(), "strong".into())));
    assert_eq!(rows.len(), 4);
    for column in ["answers", "stale", "violations"] {
        let numbers = [0, 1, 2, 3].map(|row| cell(row, column).parse::<u64>().expect("a number"));
        assert!(numbers[0] > 0 && numbers[0] == numbers[1..].iter().sum::<u64>(), "{column}: {numbers:?}");
    }
    let summary = folder.json("output/small/summary.json");
    let of_clients = &summary["variants"][0]["groups"][0];
    assert_eq!((&of_clients["group"], &of_clients["layer"]), (&"page".into(), &"client".into()));
    let counted = of_clients["violations"].as_f64().expect("a number");
    assert_eq!(counted.to_string(), cell(0, "violations"));
    let metrics = &summary["variants"][0]["metrics"];
    let mean = metrics["client.strong_violations"]["value"].as_f64().expect("a number");
    assert!((3.0 * mean - counted).abs() < 1e-6, "{mean} in each of three replications are {counted}");
}

/// Each file of a folder and each column of a CSV file is on the page of files, but for what has the name of a metric or
/// of a setting: these have pages of their own.
#[test]
fn the_page_of_files_describes_every_file_and_every_column() {
    let folder = Folder::new("described");
    folder.write("small.toml", SMALL);
    let find = "database.workers=7..8";
    for arguments in [
        &["run", "small.toml"][..],
        &["compare", "small.toml"],
        &["sweep", "small.toml", "--vary", "database.workers=7,8"],
        &["plan", "small.toml", "--find", find, "--least", "--even-if-cold"],
    ] {
        folder.run(&[arguments, &["--no-charts", "--quiet"]].concat());
    }
    let page = include_str!("../../docs/FILES.md");
    let list = include_str!("../../output/README.md");
    let metrics: Vec<String> = cachestorm::measure::metrics().into_iter().map(|metric| metric.name).collect();
    let known = |column: &str| {
        let layer = column.split_once('.').map_or(String::new(), |(_, what)| format!("`LAYER.{what}`"));
        let is_described =
            page.contains(&format!("`{column}`")) || page.contains(&layer) && !layer.is_empty();
        is_described || column == "database.workers" || metrics.iter().any(|metric| metric == column)
    };
    let mut columns = 0;
    for file in folder.files("output") {
        let (_, name) = file.split_once('/').expect("it is in a folder of results");
        assert!(list.contains(&format!("`{name}`")), "output/README.md does not name {name}");
        if std::path::Path::new(name).extension().is_none_or(|extension| extension != "csv") {
            continue;
        }
        let mut headings = page.lines().filter(|line| line.starts_with("## "));
        assert!(headings.any(|line| line.contains(name)), "docs/FILES.md does not describe {name}");
        let text = folder.text(&format!("output/{file}"));
        let header = text.lines().next().expect("a header");
        for column in header.split(',') {
            let column = column.trim_end_matches(".ci95_low").trim_end_matches(".ci95_high");
            assert!(known(column), "docs/FILES.md does not describe {column} of {name}");
            columns += 1;
        }
    }
    assert!(columns > 100, "{columns} columns");
}
