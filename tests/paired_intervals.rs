//! What common random numbers are worth: how much narrower the interval of a difference is when both variants of
//! `thundering-herd` see the same traffic than when each has traffic of its own.
//!
//! The table in docs/MODEL.md comes from here:
//! `UPDATE_EXPECT=1 cargo test --release --test paired_intervals -- --ignored`.

mod common;

use cachestorm::experiment::{Outcome, Unwatched, paired_difference, replicate};
use cachestorm::model::{Model, Prepared};
use cachestorm::scenario::Document;
use expect_test::expect_file;

const SCENARIO: &str = include_str!("../scenarios/thundering-herd.toml");

/// With so many workers herds are served and pass; with the ten of the file the base collapses.
const STANDS: &[&str] = &["database.workers=40", "database.pool.size=80"];

/// All replications of a variant.
fn run(variant: &str, settings: &[&str], seed: u32, replications: u32) -> Outcome {
    let mut document = Document::parse("thundering-herd.toml", SCENARIO).expect("it is sound");
    let own = [format!("seed={seed}"), format!("replications={replications}")];
    for setting in settings.iter().copied().chain(own.iter().map(String::as_str)) {
        document.set(setting).expect("the setting is sound");
    }
    let name = Some(variant).filter(|name| *name != "base");
    let model = document.read(name, Model::read).expect("it is sound");
    let prepared = Prepared::new(model, None).expect("there is no trace");
    replicate(&prepared, variant, &Unwatched).expect("there is no trace")
}

/// The base, a variant on its traffic, and the variant on traffic of its own.
struct Compared {
    base: Outcome,
    paired: Outcome,
    independent: Outcome,
}

impl Compared {
    fn new(variant: &str, settings: &[&str], replications: u32) -> Self {
        Self {
            base: run("base", settings, 1, replications),
            paired: run(variant, settings, 1, replications),
            independent: run(variant, settings, 2, replications),
        }
    }

    /// How many times narrower the paired interval of a difference is than the independent one; nothing where one of them
    /// has no width.
    fn narrower(&self, metric: &str) -> Option<f64> {
        let [base, paired, independent] = [&self.base, &self.paired, &self.independent].map(|outcome| {
            let (_, values) = outcome.metrics.iter().find(|(known, _)| known.name == metric)?;
            values.iter().copied().collect::<Option<Vec<f64>>>()
        });
        let (base, paired, independent) = (base?, paired?, independent?);
        let half = |values: &[f64]| {
            let zeros = vec![0.0; values.len()];
            paired_difference(&zeros, values).and_then(|difference| difference.half_width)
        };
        let common: Vec<f64> = paired.iter().zip(&base).map(|(variant, base)| variant - base).collect();
        // Variances of what has nothing in common add.
        let apart = half(&base)?.hypot(half(&independent)?);
        let common = half(&common)?;
        (common > 0.0 && apart > 0.0).then(|| apart / common)
    }
}

/// The measures of the table.
const MEASURES: [&str; 9] = [
    "redis.node_utilisation_max",
    "client.goodput_per_s",
    "client.latency_mean_seconds",
    "redis.hit_ratio",
    "database.load_rate_mean_per_s",
    "client.latency_p99_seconds",
    "client.stale_ratio",
    "client.error_ratio",
    "database.concurrent_loads_per_key_max",
];

const VARIANTS: [&str; 6] = ["soft-ttl", "xfetch", "jitter", "together", "single-flight", "lock"];

/// Of the table in the docs; half of the interval of a ratio of two deviations is then a fifth to a third of it.
const REPLICATIONS: u32 = 30;

fn table(settings: &[&str]) -> String {
    let compared = VARIANTS.map(|variant| Compared::new(variant, settings, REPLICATIONS));
    let heads: Vec<String> = VARIANTS.iter().map(|variant| format!(" `{variant}` |")).collect();
    let rows = MEASURES.map(|measure| {
        let cells = compared.iter().map(|compared| match compared.narrower(measure) {
            None => " – |".to_owned(),
            Some(times) if times >= 100.0 => " **> 100** |".to_owned(),
            Some(times) if times >= 3.0 => format!(" **{times:.1}** |"),
            Some(times) => format!(" {times:.1} |"),
        });
        format!("| `{measure}` |{}\n", cells.collect::<String>())
    });
    let ruler = " ---: |".repeat(VARIANTS.len());
    format!("| measure |{}\n| --- |{ruler}\n{}", heads.concat(), rows.concat())
}

/// What stands between these lines of `docs/MODEL.md` is made here.
const FROM: &str =
    "<!-- written by `UPDATE_EXPECT=1 cargo test --release --test paired_intervals -- --ignored` -->\n";
const TO: &str = "<!-- end of intervals -->\n";

#[test]
#[ignore = "takes minutes; the quick test below holds what the table shows"]
fn the_table_in_the_docs_is_what_comes_out() {
    let page = include_str!("../docs/MODEL.md");
    let (before, rest) = page.split_once(FROM).expect("the page has a place for the tables");
    let (_, after) = rest.split_once(TO).expect("the tables have an end");
    let (stands, shipped) = (table(STANDS), table(&[]));
    let tables = format!(
        "\nWith `{}`, where herds come and pass:\n\n{stands}\nAs shipped, where the base collapses:\n\n{shipped}\n",
        STANDS.join("`, `")
    );
    expect_file!["../docs/MODEL.md"].assert_eq(&format!("{before}{FROM}{tables}{TO}{after}"));
}

/// Twelve replications of two thirds of the run: what is 4 times narrower comes out above 3 in nine of ten cases, by the F
/// distribution of the ratio of two variances.
#[test]
fn where_herds_pass_common_random_numbers_make_intervals_three_times_narrower() {
    let settings = [STANDS, &["duration=40 s"]].concat();
    let compared = Compared::new("jitter", &settings, 12);
    for (metric, at_least) in [
        ("redis.node_utilisation_max", 30.0),
        ("client.goodput_per_s", 30.0),
        ("client.latency_mean_seconds", 3.0),
        ("redis.hit_ratio", 3.0),
        ("database.load_rate_mean_per_s", 3.0),
    ] {
        let times = compared.narrower(metric).expect("both intervals have a width");
        assert!(times >= at_least, "{metric}: {times} times narrower");
    }
    assert_eq!(
        common::values(&compared.base, "client.requests"),
        common::values(&compared.paired, "client.requests")
    );
}
