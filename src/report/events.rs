//! What each event did, and how long the system took to recover: lines of the summary, a table of the page, `events` in `summary.json`,
//! `events.csv`. The last one is the worst minute of the run.

use super::format::Unit;
use super::table::{Align, Table};
use super::tables::{number, write};
use crate::experiment::{Aftermath, Effects, Outcome, Recovery};
use serde_json::{Value, json};

/// Takes a number out of what an event did in one replication.
type Take = fn(&Effects) -> Option<f64>;

/// The head of a column, and what it counts.
type Column = (&'static str, Unit);

/// The numbers of an event: their names in files, and in the table where they have a column there.
const NUMBERS: [(&str, Option<Column>, Take); 6] = [
    ("requests", None, |effects| Some(effects.requests as f64)),
    ("latency_p99_peak_seconds", Some(("highest p99", Unit::Seconds)), |effects| effects.latency_p99),
    ("failed", Some(("failed", Unit::Count)), |effects| Some(effects.failed as f64)),
    ("late", Some(("late", Unit::Count)), |effects| Some(effects.late? as f64)),
    ("database_load_rate_peak_per_s", Some(("db reads", Unit::PerSecond)), |effects| {
        Some(effects.load_rate_peak)
    }),
    ("under_way_max", Some(("under way", Unit::Count)), |effects| Some(effects.under_way_max as f64)),
];

/// Takes a recovery out of what an event did in one replication.
type TakeRecovery = fn(&Effects) -> Option<Recovery>;

/// The ways to have recovered: their names in files and in the table.
const RECOVERIES: [(&str, &str, TakeRecovery); 2] = [
    ("back_to_before", "back to before", |effects| effects.back),
    ("objectives_kept", "objectives kept again", |effects| effects.objectives),
];

/// The middle of some numbers, and the least and the most of them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let [low, high] = [(values.len() - 1) / 2, values.len() / 2].map(|place| values[place]);
        let median = if low.to_bits() == high.to_bits() { low } else { f64::midpoint(low, high) };
        Some(Self { median, least, most })
    }

    fn show(self, unit: Unit) -> String {
        let [median, least, most] = [self.median, self.least, self.most].map(|value| unit.show(value));
        if least == most { median } else { format!("{median} ({least} to {most})") }
    }
}

/// The table, if there is anything to tell: one line for each event, and one for the worst minute.
#[must_use]
pub fn summary(outcome: &Outcome) -> Option<Table> {
    let all = outcome.aftermaths();
    if all.is_empty() {
        return None;
    }
    let has_recovery =
        |take: &TakeRecovery| all.iter().flat_map(|one| &one.runs).any(|run| take(run).is_some());
    let recoveries: Vec<_> = RECOVERIES.iter().filter(|(.., take)| has_recovery(take)).collect();
    let numbers: Vec<_> =
        NUMBERS.iter().filter_map(|(_, column, take)| Some((column.as_ref()?, *take))).collect();
    let headers = numbers.iter().map(|((header, _), _)| (*header, Align::Right));
    let recovered = recoveries.iter().map(|(_, header, _)| (*header, Align::Right));
    let fixed = [("event", Align::Left), ("at", Align::Right)];
    let mut table = Table::new(fixed.into_iter().chain(headers).chain(recovered));
    for one in all {
        let cells = numbers.iter().map(|((_, unit), take)| {
            let spread = Spread::of(one.runs.iter().filter_map(take));
            spread.map_or("–".into(), |spread| unit.show(spread.median))
        });
        let back = recoveries.iter().map(|(.., take)| recovered_in(one, *take));
        table.row([name(one), at(one)].into_iter().chain(cells).chain(back));
    }
    Some(table)
}

/// The same in a sentence for each.
#[must_use]
pub fn lines(outcome: &Outcome) -> Vec<String> {
    let line = |one: &Aftermath| {
        let median = |take: Take| Spread::of(one.runs.iter().filter_map(take)).map(|spread| spread.median);
        let counted = |take: Take, what: &str| {
            let count = median(take).filter(|count| *count > 0.0)?;
            Some(format!("{} {what}", Unit::Count.show(count)))
        };
        let slow =
            median(|effects| effects.latency_p99).map(|p99| format!("p99 {}", Unit::Seconds.show(p99)));
        let loads = median(|effects| Some(effects.load_rate_peak)).filter(|rate| *rate > 0.0);
        let seen = [
            slow,
            counted(|effects| Some(effects.failed as f64), "failed"),
            counted(|effects| Some(effects.late? as f64), "late"),
            loads.map(|rate| format!("database {}", Unit::PerSecond.show(rate))),
            counted(|effects| Some(effects.under_way_max as f64), "under way"),
        ];
        let seen = seen.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        let recovered = RECOVERIES.iter().filter(|(.., take)| one.runs.iter().any(|run| take(run).is_some()));
        let recovered = recovered.map(|(_, what, take)| format!("; {what}: {}", recovered_in(one, *take)));
        format!("{} at {}: {seen}{}", name(one), at(one), recovered.collect::<String>())
    };
    outcome.aftermaths().iter().map(line).collect()
}

/// What has to be known to read the table.
#[must_use]
pub fn note(outcome: &Outcome) -> String {
    let of = match outcome.replications() {
        1 => String::new(),
        many => format!("Medians of {many} replications, times to recover with their range. "),
    };
    let late = late(outcome).map_or(String::new(), |late| format!("{late} "));
    format!("{of}Times to recover count from the end of the event. {late}Each replication: events.csv")
}

/// What is called late, if any answer is.
#[must_use]
pub fn late(outcome: &Outcome) -> Option<String> {
    let mut runs = outcome.aftermaths().iter().flat_map(|one| &one.runs);
    runs.any(|run| run.late.is_some_and(|late| late > 0)).then(|| {
        "Late: answers slower than the limit on the latency, or without one than twice the p99 of before."
            .into()
    })
}

/// What a row of the table is called.
fn name(one: &Aftermath) -> String {
    let length = one.runs.first().map_or(0.0, |run| run.until - run.begin);
    match &one.event {
        Some(event) => event.clone(),
        None if (length - 60.0).abs() < 1e-6 => "worst minute".into(),
        None => format!("worst {}", Unit::Seconds.show(length)),
    }
}

/// When it began; the worst minute, where it was worst.
fn at(one: &Aftermath) -> String {
    let bad = |run: &&Effects| run.failed + run.late.unwrap_or(0);
    // Of equals the first.
    let worst = one.runs.iter().rev().max_by_key(bad);
    let run = if one.event.is_some() { one.runs.first() } else { worst };
    run.map_or_else(String::new, |run| Unit::Seconds.show(run.begin))
}

/// How long it took to recover, and in how many replications.
fn recovered_in(one: &Aftermath, take: TakeRecovery) -> String {
    let all: Vec<Recovery> = one.runs.iter().filter_map(take).collect();
    let runs = all.len();
    if runs == 0 {
        return "–".into();
    }
    let after = all.iter().filter_map(|recovery| match recovery {
        Recovery::After(seconds) => Some(*seconds),
        _ => None,
    });
    let not_in = all.iter().filter_map(|recovery| match recovery {
        Recovery::NotIn(seconds) => Some(*seconds),
        _ => None,
    });
    let count = |kind: Recovery| all.iter().filter(|recovery| **recovery == kind).count();
    let parts = [
        (after.clone().count(), Spread::of(after).map(|spread| spread.show(Unit::Seconds))),
        (
            not_in.clone().count(),
            Spread::of(not_in).map(|spread| format!("not in {}", Unit::Seconds.show(spread.least))),
        ),
        (count(Recovery::CutOff), Some("cut off".into())),
        (count(Recovery::NotBefore), Some("already bad before".into())),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts = parts.filter_map(|(count, text)| {
        let text = text?;
        Some(if count == runs { text } else { format!("{text} in {count} of {runs}") })
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// All events and the worst minute, for `summary.json`.
#[must_use]
pub fn list(outcome: &Outcome) -> Value {
    outcome.aftermaths().iter().map(object).collect()
}

fn object(one: &Aftermath) -> Value {
    let first = one.runs.first();
    let mut object = json!({
        "event": one.event,
        "begin_seconds": first.map(|run| run.begin),
        "end_seconds": first.and_then(|run| run.end),
        "runs": one.runs.len(),
    });
    for (name, _, take) in NUMBERS {
        if let Some(spread) = Spread::of(one.runs.iter().filter_map(take)) {
            object[name] = spread_object(spread);
        }
    }
    for (name, _, take) in RECOVERIES {
        let all: Vec<Recovery> = one.runs.iter().filter_map(take).collect();
        if all.is_empty() {
            continue;
        }
        let spread = Spread::of(all.iter().filter_map(|recovery| seconds(*recovery)));
        let count = |state: &str| all.iter().filter(|recovery| self::state(**recovery) == state).count();
        object[name] = json!({
            "seconds": spread.map(spread_object),
            "recovered": count("recovered"),
            "not_recovered": count("not_recovered"),
            "cut_off": count("cut_off"),
            "not_before": count("not_before"),
        });
    }
    object
}

/// A number that is infinite is `null`, and `fails` says so.
fn spread_object(spread: Spread) -> Value {
    let mut object = json!({ "median": spread.median, "least": spread.least, "most": spread.most });
    if spread.most.is_infinite() {
        object["fails"] = json!(true);
    }
    object
}

fn state(recovery: Recovery) -> &'static str {
    match recovery {
        Recovery::After(_) => "recovered",
        Recovery::NotIn(_) => "not_recovered",
        Recovery::CutOff => "cut_off",
        Recovery::NotBefore => "not_before",
    }
}

/// How long it took, if it has recovered.
fn seconds(recovery: Recovery) -> Option<f64> {
    if let Recovery::After(seconds) = recovery { Some(seconds) } else { None }
}

/// `events.csv`: a row for each event and replication, and for the worst minute of each, whose `event` is empty.
#[must_use]
pub fn csv(outcome: &Outcome) -> Vec<u8> {
    let fixed = ["event", "replication", "begin_seconds", "end_seconds", "until_seconds"];
    let numbers = NUMBERS.iter().map(|(name, ..)| (*name).to_owned());
    let recoveries = RECOVERIES.iter().flat_map(|(name, ..)| [(*name).to_owned(), format!("{name}_seconds")]);
    let header = fixed.into_iter().map(str::to_owned).chain(numbers).chain(recoveries).collect();
    let cell = |value: Option<f64>| match value {
        Some(f64::INFINITY) => "inf".to_owned(),
        value => value.map(number).unwrap_or_default(),
    };
    let all = outcome.aftermaths();
    let rows = all.iter().flat_map(|one| (1..).zip(&one.runs).map(move |(run, effects)| (one, run, effects)));
    let row = |(one, run, effects): (&Aftermath, u32, &Effects)| {
        let name = one.event.clone().unwrap_or_default();
        let times = [Some(effects.begin), effects.end, Some(effects.until)].map(cell);
        let numbers = NUMBERS.iter().map(|(.., take)| cell(take(effects)));
        let recoveries = RECOVERIES.iter().flat_map(|(.., take)| {
            let recovery = take(effects);
            [recovery.map(state).unwrap_or_default().to_owned(), cell(recovery.and_then(seconds))]
        });
        let cells = [name, run.to_string()].into_iter().chain(times).chain(numbers);
        cells.chain(recoveries).collect()
    };
    write(std::iter::once(header).chain(rows.map(row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(back: Recovery) -> Effects {
        Effects {
            begin: 10.0,
            end: Some(12.0),
            until: 20.0,
            requests: 0,
            failed: 0,
            late: None,
            latency_p99: None,
            load_rate_peak: 0.0,
            under_way_max: 0,
            back: Some(back),
            objectives: None,
        }
    }

    #[test]
    fn a_recovery_is_told_with_its_range_and_in_how_many_replications_it_was() {
        use Recovery::{After, CutOff, NotBefore, NotIn};
        for (recoveries, expected) in [
            (&[After(3.0)][..], "3 s"),
            (&[After(3.0), After(1.0), After(8.0)], "3 s (1 s to 8 s)"),
            (&[After(3.0), NotIn(40.0), After(1.0)], "2 s (1 s to 3 s) in 2 of 3, not in 40 s in 1 of 3"),
            (&[NotIn(40.0), NotIn(40.0)], "not in 40 s"),
            (&[CutOff], "cut off"),
            (&[NotBefore, NotBefore], "already bad before"),
        ] {
            let runs = recoveries.iter().map(|recovery| effects(*recovery)).collect();
            let one = Aftermath { event: Some("flush".into()), runs };
            assert_eq!(recovered_in(&one, |effects| effects.back), expected);
            assert_eq!(recovered_in(&one, |effects| effects.objectives), "–");
        }
    }
}
