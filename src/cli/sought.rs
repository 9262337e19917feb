//! Where a search looks: its range, whether the setting ends there, and how often each value is run.

use super::exit::Stop;
use super::plan::Overrides;
use super::point::Varied;
use cachestorm::model::{Goal, Level, Quantity, Range, Sought, Sure};

/// Without a range, the search goes from the scenario's own value divided by this to as many times as much.
const AROUND: f64 = 10.0;

/// Where it is searched: as asked for, or around what the scenario has.
pub fn range_of(sought: &Sought, path: &str, varied: &Varied) -> Result<Range, Stop> {
    if let Some(range) = sought.range {
        return Ok(range);
    }
    let written = varied.document()?.written(varied.variant(), path).and_then(|node| node.scalar());
    let found = written.as_deref().and_then(Quantity::of).filter(|(_, at)| *at > 0.0);
    let Some((quantity, at)) = found else {
        // That there is no such setting is told as such.
        if let Err(Stop::Problems(problems)) = varied.at(std::iter::once((path.to_owned(), "1".to_owned())))
            && problems.iter().any(|problem| problem.message.starts_with("unknown setting"))
        {
            return Err(problems.into());
        }
        let what =
            format!("search `{path}`: from where to where? The scenario gives it no number to search around");
        return Err(Stop::failed(
            what,
            format!("give the range, as in `--find {path}=10..1000`, with the unit of the setting"),
        ));
    };
    let least = if quantity == Quantity::Whole { 1.0 } else { 0.0 };
    let most = if quantity == Quantity::Share { 1.0 } else { f64::INFINITY };
    let end = |at: f64| quantity.round_level(at).at.unwrap_or(at);
    let (from, to) = (end((at / AROUND).max(least)), end((at * AROUND).min(most)));
    Ok(Range { quantity, from, to, is_log: true })
}

/// Whether the setting itself takes no value beyond the end of the range that the search goes to. Then an answer at that end
/// is the least, or the most, that there is.
pub fn is_bounded(range: &Range, goal: Goal, is_sound: impl Fn(&Level) -> bool) -> bool {
    let Range { quantity, from, to, .. } = *range;
    let (end, direction) = match goal {
        Goal::Least => (from, -1.0),
        Goal::Most => (to, 1.0),
    };
    // A step has to lead to another value: of those that are counted in units, at least to the next unit.
    let unit = match quantity {
        Quantity::Whole | Quantity::Size => 1.0,
        Quantity::Time => 1e-9,
        Quantity::Number | Quantity::Rate | Quantity::Share => 0.0,
    };
    let step = if quantity == Quantity::Whole { unit } else { (end * STEP).max(unit) };
    let beyond = end + direction * step;
    beyond < 0.0 || !is_sound(&quantity.level(beyond))
}

/// A step beyond the end of a range, as a share of it.
const STEP: f64 = 0.01;

/// An explicit number of runs of each value, if there is one: it is obeyed, or refused. The scenario's own number is that of
/// `run`, and says nothing about a search.
pub fn replications(
    overrides: &Overrides,
    asked: u32,
    most: Option<u32>,
    sure: Sure,
) -> Result<Option<u32>, Stop> {
    let Some(given) = overrides.explicit_replications() else { return check_most(most, sure).map(|()| None) };
    let fewest = sure.fewest_runs();
    if asked < fewest {
        let what = format!(
            "judge values by {asked} runs each (`{given}`): fewer than {fewest} cannot show that a value meets the objectives, \
             even if all of them do"
        );
        let help = format!(
            "ask for {fewest} or more, or leave `{given}` out: then each value is run as often as it needs"
        );
        return Err(Stop::failed(what, help));
    }
    if let Some(most) = most {
        let what = format!("choose between `{given}` ({asked}) and at most {most} runs (`max_replications`)");
        return Err(Stop::failed(what, "give only one of them"));
    }
    Ok(Some(asked))
}

fn check_most(most: Option<u32>, sure: Sure) -> Result<(), Stop> {
    let fewest = sure.fewest_runs();
    match most.filter(|most| *most < fewest) {
        None => Ok(()),
        Some(most) => {
            let what = format!(
                "judge values by at most {most} runs: for `{}`, fewer than {fewest} cannot show that a value meets the objectives",
                sure.name()
            );
            Err(Stop::failed(what, format!("raise `--max-replications` to {fewest} or more")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings that take what is not zero: the smallest of those that are counted in units is one unit.
    #[test]
    fn one_unit_is_the_least_that_there_is() {
        let is_positive = |level: &Level| level.at.is_some_and(|at| at > 0.0);
        let cases = [
            ("1", "9", true),
            ("2", "9", false),
            ("1 ns", "1 s", true),
            ("2 ns", "1 s", false),
            ("1 s", "2 s", false),
            ("1 B", "1 MiB", true),
            ("2 B", "1 MiB", false),
            ("0.5/s", "9/s", false),
        ];
        for (from, to, expected) in cases {
            let range = Range::parse("a", from, to, true).expect("it is sound");
            assert_eq!(is_bounded(&range, Goal::Least, is_positive), expected, "{from}");
        }
        let range = Range::parse("a", "1 ns", "9 ns", true).expect("it is sound");
        let is_below_ten = |level: &Level| level.at.is_some_and(|at| at < 9.5e-9);
        assert!(is_bounded(&range, Goal::Most, is_below_ten));
        assert!(!is_bounded(&range, Goal::Most, is_positive));
    }
}
