//! Where the answer lies among the values that were judged, and which value to judge next.
//!
//! The walk goes from the easy end of the range (of a load the smallest, of a capacity the largest) to the hard one. It
//! skips what does not meet the objectives at first, follows the values that do, and ends at the first that surely does
//! not: the answer is the last value before it that surely does. Nothing is assumed of what lies beyond, except that it
//! is said if something there meets the objectives again.

use super::Verdict;
use crate::model::{Goal, Level, Range};

/// Where the answer lies; places in the values that it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// The last value that surely meets the objectives.
    pub meets: Option<usize>,
    /// The first value after it that surely does not.
    pub misses: Option<usize>,
    /// Values between the two of which nothing is sure.
    pub open: Vec<usize>,
    /// Whether values that meet the objectives and values that do not lie on different sides of the answer.
    pub is_monotone: bool,
}

/// Where the answer lies among these values, of which the smallest comes first.
#[must_use]
pub fn bracket(verdicts: &[Verdict], goal: Goal) -> Bracket {
    let mut places: Vec<usize> = (0..verdicts.len()).collect();
    if goal == Goal::Least {
        places.reverse();
    }
    let is = |place: &usize, verdict: Verdict| verdicts[*place] == verdict;
    let none = || Bracket { meets: None, misses: None, open: Vec::new(), is_monotone: true };
    let Some(first) = places.iter().position(|place| is(place, Verdict::Meets)) else { return none() };
    let hard = |place: &usize| is(place, Verdict::Misses) || is(place, Verdict::Refused);
    let end = (first..places.len()).find(|step| hard(&places[*step]));
    let stretch = &places[first..end.unwrap_or(places.len())];
    let Some(last) = stretch.iter().rposition(|place| is(place, Verdict::Meets)) else { return none() };
    let beyond = end.map_or(&[][..], |end| &places[end..]);
    let is_monotone = !places[..first].iter().any(|place| is(place, Verdict::Misses))
        && !beyond.iter().any(|place| is(place, Verdict::Meets));
    Bracket {
        meets: Some(stretch[last]),
        misses: end.map(|end| places[end]),
        open: stretch[last + 1..].to_vec(),
        is_monotone,
    }
}

/// The value that is to be judged next; nothing if the answer is known as well as it can be. `precision` is how far the
/// values on both sides of a gap may be apart: a share of the larger one, or of the range if that is linear.
#[must_use]
pub fn next(values: &[(f64, Verdict)], goal: Goal, range: &Range, precision: f64) -> Option<Level> {
    let verdicts: Vec<Verdict> = values.iter().map(|(_, verdict)| *verdict).collect();
    let Bracket { meets, misses, open, .. } = bracket(&verdicts, goal);
    let gap = |one: usize, other: usize| {
        let (low, high) = (values[one].0.min(values[other].0), values[one].0.max(values[other].0));
        let width = width(range, low, high);
        let level = middle(range, low, high)?;
        (width > precision).then_some((width, level))
    };
    let meets = meets?;
    let gaps = match (open.first(), open.last(), misses) {
        (Some(first), Some(last), Some(misses)) => [gap(meets, *first), gap(*last, misses)],
        (Some(first), ..) => [gap(meets, *first), None],
        (None, _, Some(misses)) => [gap(meets, misses), None],
        (None, _, None) => [None, None],
    };
    // The wider one; of two alike the one beside the answer.
    let wider = gaps.into_iter().flatten().reduce(|one, other| if other.0 > one.0 { other } else { one });
    wider.map(|(_, level)| level)
}

/// How far two values are apart: as a share of the larger one, or of the range if that is linear.
pub(super) fn width(range: &Range, low: f64, high: f64) -> f64 {
    (high - low) / if range.is_log { high } else { range.to - range.from }
}

/// A value between two others; nothing if there is none.
pub(super) fn middle(range: &Range, low: f64, high: f64) -> Option<Level> {
    let between = Range { from: low, to: high, ..*range };
    let level = range.quantity.round_level(between.at(0.5));
    let is_between = |level: &Level| level.at.is_some_and(|at| at > low && at < high);
    // Two values may be nearer to each other than round ones are.
    Some(level).filter(is_between)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict::{Meets, Misses, Open, Refused};
    use super::*;
    use crate::model::Goal::{Least, Most};

    #[test]
    fn the_answer_is_the_last_value_that_surely_meets_before_one_that_surely_does_not() {
        type Expected<'a> = (Option<usize>, Option<usize>, &'a [usize], bool);
        let cases: [(&[Verdict], Goal, Expected); 13] = [
            (&[Misses, Misses, Meets, Meets], Least, (Some(2), Some(1), &[], true)),
            (&[Meets, Meets, Misses], Most, (Some(1), Some(2), &[], true)),
            (&[Misses, Open, Open, Meets], Least, (Some(3), Some(0), &[2, 1], true)),
            (&[Meets, Open, Meets, Misses], Most, (Some(2), Some(3), &[], true)),
            (&[Meets, Meets], Most, (Some(1), None, &[], true)),
            (&[Open, Meets], Least, (Some(1), None, &[0], true)),
            (&[Misses, Misses], Least, (None, None, &[], true)),
            (&[Open, Misses], Most, (None, None, &[], true)),
            // An island: too few and too many are both wrong.
            (&[Misses, Meets, Meets, Misses], Least, (Some(1), Some(0), &[], false)),
            (&[Misses, Meets, Misses], Most, (Some(1), Some(2), &[], false)),
            // What meets again beyond is said, and is not the answer.
            (&[Meets, Misses, Meets], Least, (Some(2), Some(1), &[], false)),
            (&[Meets, Misses, Meets], Most, (Some(0), Some(1), &[], false)),
            (&[Meets, Refused], Most, (Some(0), Some(1), &[], true)),
        ];
        for (verdicts, goal, (meets, misses, open, is_monotone)) in cases {
            let expected = Bracket { meets, misses, open: open.to_vec(), is_monotone };
            assert_eq!(bracket(verdicts, goal), expected, "{verdicts:?} {goal:?}");
        }
    }

    /// A search among values of which those above a threshold meet, without noise.
    fn search(range: &str, threshold: f64, precision: f64) -> (f64, f64, usize) {
        let (from, to) = range.split_once("..").expect("a range");
        let range = Range::parse("a", from, to, true).expect("it is sound");
        let judged = |at: f64| (at, if at >= threshold { Meets } else { Misses });
        let mut values = vec![judged(range.from), judged(range.to)];
        while let Some(level) = next(&values, Least, &range, precision) {
            values.push(judged(level.at.expect("a number")));
            values.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        let verdicts: Vec<Verdict> = values.iter().map(|(_, verdict)| *verdict).collect();
        let found = bracket(&verdicts, Least);
        let at = |place: Option<usize>| values[place.expect("there is one")].0;
        (at(found.misses), at(found.meets), values.len())
    }

    #[test]
    fn a_gap_is_halved_until_it_is_narrow_or_cannot_be_divided() {
        let (misses, meets, judged) = search("1 MiB..1 GiB", 1e8, 0.01);
        assert!(misses < 1e8 && 1e8 <= meets && meets - misses <= 0.01 * meets, "{misses} {meets}");
        // Ten halvings of a factor of 1024 leave one of 1.0068.
        assert_eq!(judged, 12);
        for threshold in 2..=40 {
            let (misses, meets, _) = search("1..1000", f64::from(threshold), 0.001);
            assert_eq!([misses, meets].map(|at| at as u32), [threshold - 1, threshold]);
        }
    }

    #[test]
    fn values_of_which_nothing_is_sure_are_closed_in_from_both_sides() {
        let range = Range::parse("a", "1", "1000", true).expect("it is sound");
        let judged = |at: f64| {
            let verdict = if at < 90.0 {
                Meets
            } else if at < 110.0 {
                Open
            } else {
                Misses
            };
            (at, verdict)
        };
        let mut values: Vec<_> = [1.0, 32.0, 100.0, 1000.0].map(judged).into();
        while let Some(level) = next(&values, Most, &range, 0.001) {
            values.push(judged(level.at.expect("a number")));
            values.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        let verdicts: Vec<Verdict> = values.iter().map(|(_, verdict)| *verdict).collect();
        let found = bracket(&verdicts, Most);
        let at = |place: Option<usize>| values[place.expect("there is one")].0 as u32;
        assert_eq!([at(found.meets), at(found.misses)], [89, 110]);
    }
}
