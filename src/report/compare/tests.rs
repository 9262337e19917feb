//! What is said about a comparison never contradicts its numbers: random variants, and known cases.

mod real;

use super::{Show, SideBySide, document, markdown, sentence, take, text, words};
use crate::experiment::{Compared, Comparison, Effect, Family, Outcome, PAIRS_MIN, Row, Standing, State};
use crate::measure::{Unit, metrics};
use crate::model::{Bound, Objective, Retries};
use crate::report::Subject;
use crate::report::subject::{Capacity, Resource};
use crate::scenario::Spanned;
use crate::time::Duration;
use crate::workload::backoff::{Backoff, Jitter};
use proptest::prelude::*;
use std::cmp::Ordering;

mod arms;

const ERRORS: &str = "client.error_ratio";
const P99: &str = "client.latency_p99_seconds";
const MEAN: &str = "client.latency_mean_seconds";
const LOAD: &str = "database.load_rate_mean_per_s";
const GOODPUT: &str = "client.goodput_per_s";
const BUSY: &str = "database.worker_utilisation";
const HERD: &str = "database.concurrent_loads_per_key_max";
const ANSWERS: &str = "client.answer_latency_mean_seconds";

type Values = Vec<(&'static str, Vec<Option<f64>>)>;

fn subject(name: &str, resources: &[f64]) -> Subject {
    let second = Duration::from_secs(1);
    let backoff = Backoff::new(second, 2.0, second, Jitter::None);
    Subject {
        scenario: "synthetic".into(),
        description: None,
        variant: name.into(),
        seed: 1,
        length: Duration::from_secs(10),
        warmup: Duration::ZERO,
        trace: None,
        happenings: Vec::new(),
        capacity: Capacity::default(),
        retries: Retries { attempts: 0, backoff: backoff.expect("it is sound") },
        sets: Vec::new(),
        cache_server: "redis",
        resources: resources.iter().map(|amount| Resource { name: "machines", amount: *amount }).collect(),
    }
}

fn objective(metric: &str, bound: Bound) -> Objective {
    let unit = metrics().iter().find(|known| known.name == metric).map_or(Unit::Count, |metric| metric.unit);
    Objective {
        metric: Spanned { value: metric.into(), span: crate::scenario::Span::default() },
        unit,
        bound,
        on: crate::model::On::Run,
    }
}

/// Compares variants, and hands over what is said about them.
fn compare<T>(arms: &[(&str, &Values)], objectives: &[Objective], see: impl FnOnce(&SideBySide) -> T) -> T {
    let outcomes = arms.iter().map(|(name, values)| Outcome::synthetic(name, values, objectives)).collect();
    let comparison = Comparison { outcomes };
    let subjects: Vec<Subject> = arms.iter().map(|(name, _)| subject(name, &[1.0])).collect();
    see(&SideBySide::new(&subjects, &comparison, &Show::Brief))
}

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

/// Noise with mean 0 and variance 1, nearly normal.
fn noise(seed: u64, ordinal: u64) -> f64 {
    // SplitMix64 (Steele, Lea, Flood 2014): a number for each place.
    let unit = |part: u64| {
        let mut word = (seed << 40 ^ ordinal << 4 ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ word >> 31) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..12).map(unit).sum::<f64>() - 6.0
}

/// Runs of a system whose numbers have these means and spreads.
fn system(seed: u64, runs: u64, level: impl Fn(&str) -> f64, spread: f64) -> Values {
    let value = |place: u64, name: &'static str| {
        let of_run = |run: u64| {
            let value = (level(name) * (1.0 + spread * noise(seed, 1000 * place + run))).max(0.0);
            Some(match name {
                HERD => value.round(),
                ERRORS => value.min(1.0),
                _ => value,
            })
        };
        (name, (0..runs).map(of_run).collect::<Vec<_>>())
    };
    (0..)
        .zip([ERRORS, P99, MEAN, LOAD, GOODPUT, BUSY, HERD, ANSWERS])
        .map(|(i, name)| value(i, name))
        .collect()
}

fn usual(name: &str) -> f64 {
    match name {
        ERRORS => 0.002,
        P99 => 0.1,
        MEAN | ANSWERS => 0.02,
        LOAD => 80.0,
        BUSY => 0.6,
        HERD => 8.0,
        _ => 400.0,
    }
}

/// The other way round.
fn mirror(effect: Effect) -> Effect {
    match effect {
        Effect::Better => Effect::Worse,
        Effect::Worse => Effect::Better,
        Effect::LessWork => Effect::MoreWork,
        Effect::MoreWork => Effect::LessWork,
        same => same,
    }
}

/// The part of a sentence that begins like this.
fn clause<'s>(sentence: &'s str, start: &str) -> &'s str {
    sentence.split("; ").find(|clause| clause.starts_with(start)).unwrap_or("")
}

fn check_row(row: &Row, sentence: &str, json: &serde_json::Value, runs: usize, served: Ordering) {
    let (change, name) = (&row.changes[0], row.metric.name.as_str());
    let label = format!("{} ", crate::report::shown::words(name));
    // The objectives come after the first full stop.
    let sentence = sentence.split(". ").next().unwrap_or(sentence);
    let starts = match change.effect {
        Effect::Better => "is better in ",
        Effect::Worse | Effect::MoreWork => "costs: worse in ",
        Effect::LessWork => "has less in ",
        Effect::Differs => "differs in ",
        Effect::NotShown => "",
    };
    assert_eq!(change.is_starred, change.effect != Effect::NotShown, "{name}");
    if change.is_starred {
        assert!(row.family.is_some() && runs >= PAIRS_MIN && change.pairs >= PAIRS_MIN, "{name}");
        let has = sentence.split("; ").any(|clause| clause.starts_with(starts) && clause.contains(&label));
        assert!(has, "{name} is {:?}: {sentence}", change.effect);
    } else {
        for start in ["is better in ", "costs: ", "has less in ", "differs in "] {
            assert!(!clause(sentence, start).contains(&label), "{name} has no star: {sentence}");
        }
        let is_open = matches!(change.standing, Standing::Unclear | Standing::Differs);
        if row.family.is_some() && is_open && change.value.is_some() {
            assert!(sentence.contains(&label), "{name} cannot be told: {sentence}");
        }
    }
    if served == Ordering::Less && change.effect == Effect::Better {
        assert_eq!(name, ERRORS, "an outage is no gain: {sentence}");
    }
    if row.base.is_some() && change.value.is_some() {
        let found = &json["differences"]["variant"][name];
        assert_eq!(found["effect"], change.effect.name(), "{name}");
        assert_eq!(found["starred"], change.is_starred, "{name}");
        assert_eq!(found["standing"], change.standing.name(), "{name}");
    }
}

/// Sentence, star, objective and JSON of a comparison say the same.
fn check_view(view: &SideBySide) {
    let (sentence, json) = (sentence(view, 1), document(view));
    let served = view.compared.served[0];
    for row in &view.compared.rows {
        check_row(row, &sentence, &json, view.runs(), served);
    }
    let states: Vec<Vec<State>> = view.comparison.outcomes.iter().map(states).collect();
    for (index, objective) in view.objectives().iter().enumerate() {
        let (before, after) = (states[0][index], states[1][index]);
        let named = words::objective(objective);
        let changes = sentence.split(". ").filter(|part| part.starts_with("Now ") && part.contains(&named));
        assert_eq!(
            changes.count(),
            usize::from(before != after),
            "{named}: {before:?} → {after:?}: {sentence}"
        );
        for (arm, states) in states.iter().enumerate() {
            assert_eq!(json["variants"][arm]["objectives"][index]["state"], states[index].name());
        }
    }
    let taken = take(view).expect("there are objectives");
    let all: Vec<State> = states.iter().map(|states| State::all(states.iter().copied())).collect();
    assert_eq!(taken.state, State::any(all.iter().copied()));
    assert!(taken.variant.is_none_or(|variant| all[variant] == State::Met), "{taken:?}");
    assert_eq!(json["take"]["state"], taken.state.name());
    for printed in [text(view, 100), markdown(view), json.to_string(), sentence] {
        assert!(!printed.contains("NaN") && !printed.contains("changes nothing"), "{printed}");
    }
}

fn states(outcome: &Outcome) -> Vec<State> {
    outcome.verdicts().iter().map(|verdict| verdict.state).collect()
}

/// A pair of variants: how many runs, how much each number of the variant is of the base's, and how much runs vary.
fn pair() -> impl Strategy<Value = (Values, Values)> {
    let factors = proptest::collection::vec(prop_oneof![Just(1.0), 0.1..10.0, Just(0.0)], 8);
    let broken = prop_oneof![3 => Just(0_u8), 1 => 1..4_u8];
    (0..u64::MAX / 2, 1..14_u64, factors, prop_oneof![Just(0.0), 0.001..0.5], broken, any::<u16>()).prop_map(
        |(seed, runs, factors, spread, broken, which)| {
            let base = system(seed, runs, usual, spread);
            let names = [ERRORS, P99, MEAN, LOAD, GOODPUT, BUSY, HERD, ANSWERS];
            let place =
                |name: &str| names.iter().position(|known| *known == name).expect("it is one of these");
            let level = |name: &str| usual(name) * factors[place(name)];
            let mut variant = system(seed ^ u64::from(which % 2), runs, level, spread);
            for (run, bit) in (0..runs as usize).zip(0..16) {
                if which >> bit & 1 == 1 {
                    match broken {
                        1 => variant[1].1[run] = Some(f64::INFINITY),
                        2 => variant[1].1[run] = None,
                        3 => (variant[0].1[run], variant[4].1[run]) = (Some(0.6), Some(160.0)),
                        _ => {}
                    }
                }
            }
            (base, variant)
        },
    )
}

fn limits() -> [Objective; 3] {
    [
        objective(P99, Bound::AtMost(0.12)),
        objective(ERRORS, Bound::AtMost(0.005)),
        objective(LOAD, Bound::AtMost(90.0)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn sentence_star_objective_and_json_never_contradict_each_other((base, variant) in pair()) {
        let there = compare(&[("base", &base), ("variant", &variant)], &limits(), check_pair);
        let back = compare(&[("base", &variant), ("variant", &base)], &limits(), check_pair);
        assert_mirrored(&there, &back);
    }
}

/// Checks what is said of a pair of variants, and hands over the table.
fn check_pair(view: &SideBySide) -> Compared {
    check_view(view);
    view.compared.clone()
}

/// The same pair the other way round has the same stars, and better is worse.
fn assert_mirrored(there: &Compared, back: &Compared) {
    assert_eq!(there.rows.len(), back.rows.len());
    assert_eq!(there.served[0], back.served[0].reverse());
    for (there, back) in there.rows.iter().zip(&back.rows) {
        let (one, other) = (&there.changes[0], &back.changes[0]);
        assert_eq!(one.effect, mirror(other.effect), "{}", there.metric.name);
        assert_eq!(one.is_starred, other.is_starred);
        assert_eq!(one.p_value.is_some(), other.p_value.is_some());
    }
    let sides = |compared: &Compared| compared.collapses[0].map(|it| ([it.base, it.variant], it.is_starred));
    let mirrored = sides(back).map(|([base, variant], is_starred)| ([variant, base], is_starred));
    assert_eq!(sides(there), mirrored);
}

/// Two systems alike: in at most 5 % of 1,000 comparisons a family has a star; three standard errors of that are 2.1 %.
#[test]
fn of_a_system_against_itself_at_most_five_percent_have_a_star() {
    for runs in [3, 5, 10] {
        let mut false_stars = [0; 2];
        for table in 0..1_000 {
            let [a, b] = [2 * table, 2 * table + 1].map(|seed| system(seed, runs, usual, 0.1));
            let objectives = [objective(HERD, Bound::AtMost(9.0)), objective(P99, Bound::AtMost(0.12))];
            compare(&[("base", &a), ("same", &b)], &objectives, |view| {
                for (count, family) in false_stars.iter_mut().zip([Family::Objectives, Family::Headline]) {
                    let rows = view.compared.rows.iter().filter(|row| row.family == Some(family));
                    *count += usize::from(rows.flat_map(|row| &row.changes).any(|change| change.is_starred));
                }
            });
        }
        assert!(false_stars.iter().all(|count| *count <= 70), "{runs} runs: {false_stars:?} of 1,000");
    }
}

/// `compare cold-start`, variant `failover`: all runs have their p99 in one cell of the histogram, and the variant's in the
/// next. Three differences of 2²³ ns are no certainty, since a cell is 2²³ ns wide.
#[test]
fn a_difference_below_the_resolution_has_no_star() {
    let cell = 0.008_388_608;
    let values = |p99: f64| vec![(P99, vec![Some(p99); 10]), (GOODPUT, vec![Some(400.0); 10])];
    let (base, variant) = (values(1.08), values(1.08 + 0.9 * cell));
    compare(&[("base", &base), ("failover", &variant)], &limits()[..1], |view| {
        let row = view.compared.rows.iter().find(|row| row.metric.name == P99).expect("it has a value");
        assert!(!row.changes[0].is_starred, "{row:?}");
        let [low, high] =
            row.changes[0].difference.and_then(crate::experiment::Estimate::interval).expect("ten");
        assert!(low < high, "an interval of equal differences is as wide as the resolution");
    });
}

/// 0 → 13.6 % errors in two runs: that cannot be told from chance, and is never "no change".
#[test]
fn many_errors_in_two_runs_are_too_few_to_tell() {
    let of = |errors: &[f64]| vec![(ERRORS, some(errors)), (GOODPUT, some(&[400.0, 400.0]))];
    let (base, variant) = (of(&[0.0, 0.0]), of(&[0.12, 0.152]));
    compare(&[("base", &base), ("variant", &variant)], &limits()[1..2], |view| {
        let said = sentence(view, 1);
        assert!(said.contains("error ratio 0 % → 13.6 %"), "{said}");
        assert!(said.contains("too few") && !said.contains("better"), "{said}");
        assert!(said.contains("runs would tell"), "{said}");
        assert!(said.contains("Now undecided") || said.contains("Now missed"), "{said}");
    });
}

/// `thundering-herd`, variant `lock`: it cures, but collapses in one of eight runs. No mean is tested, and the objectives
/// are undecided.
#[test]
fn a_variant_that_collapses_in_one_of_eight_runs_is_not_taken() {
    let of = |errors: &[f64], p99: &[f64], latency: f64| {
        vec![(ERRORS, some(errors)), (P99, some(p99)), (ANSWERS, vec![Some(latency); 8])]
    };
    let base = of(&[0.14, 0.15, 0.13, 0.16, 0.14, 0.13, 0.15, 0.14], &[1.9; 8], 0.3);
    let lock =
        of(&[0.0, 0.0, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0], &[0.04, 0.04, 0.04, 2.0, 0.04, 0.04, 0.04, 0.04], 0.03);
    compare(&[("base", &base), ("lock", &lock)], &limits()[..2], |view| {
        let said = sentence(view, 1);
        // 7 of 7 discordant pairs one way: 2 / 2⁷.
        assert!(said.starts_with("collapses in 1 of 8 runs, the base in 8 of 8 (better, p 0.016)"), "{said}");
        assert!(said.contains("1 of 8 runs miss"), "{said}");
        let take = take(view).expect("there are objectives");
        assert_eq!((take.state, take.variant), (State::Undecided, None), "{take:?}");
    });
}

/// The p99 of the base is that of failed requests in each run, that of the variant in none. Ten pairs one way: p = 2 / 2¹⁰.
#[test]
fn a_percentile_that_fails_in_one_variant_is_compared_by_runs() {
    let values = |p99: f64, runs: usize| vec![(P99, vec![Some(p99); runs]), (ERRORS, vec![Some(0.12); runs])];
    for (runs, expected) in [(10, Effect::Better), (5, Effect::NotShown)] {
        let (base, cured) = (values(f64::INFINITY, runs), values(0.05, runs));
        compare(&[("base", &base), ("variant", &cured)], &limits()[..1], |view| {
            check_view(view);
            let row = view.compared.rows.iter().find(|row| row.metric.name == P99).expect("it has a value");
            assert_eq!(row.changes[0].effect, expected);
            let said = sentence(view, 1);
            assert!(said.contains("latency p99 fails → 50 ms"), "{said}");
        });
    }
}

/// An outage in which 12 % of the requests fail: the database idles, and what is answered is answered quickly.
#[test]
fn an_outage_is_no_gain() {
    let base = system(1, 10, usual, 0.02);
    let outage = |name: &str| match name {
        ERRORS => 0.12,
        GOODPUT => 0.88 * usual(GOODPUT),
        other => 0.3 * usual(other),
    };
    let variant = system(1, 10, outage, 0.02);
    let objectives = [objective(BUSY, Bound::AtMost(0.9)), objective(LOAD, Bound::AtMost(90.0))];
    compare(&[("base", &base), ("variant", &variant)], &objectives, |view| {
        check_view(view);
        let said = sentence(view, 1);
        assert!(!said.contains("better"), "{said}");
        assert!(said.contains("costs: worse in error ratio") && said.contains("which is no gain"), "{said}");
        let take = take(view).expect("there are objectives");
        assert_eq!(take.variant, Some(0), "{}", take.text);
    });
}

/// 93 tests of which none is shown: the text says how many tests were made.
#[test]
fn the_number_of_tests_is_printed() {
    let (base, variant) = (system(1, 10, usual, 0.1), system(2, 10, usual, 0.1));
    compare(&[("base", &base), ("variant", &variant)], &limits()[..2], |view| {
        // Objectives: p99 and errors. Headline metrics without an objective: mean latency, database load.
        assert!(
            super::stated(view).contains("2 tests of objectives, 2 of headline metrics"),
            "{}",
            super::stated(view)
        );
    });
}
