//! Where values that meet all objectives may lie, if none of those that were judged does.
//!
//! More of a setting can be good for one objective and bad for another one: a longer TTL raises the hit ratio, and the age of
//! what is served with it. Then only the values between the two edges meet both, and they may all lie between two values that
//! were judged. So the edge of each objective is looked for alone. Values that meet all can only be where at one end or the
//! other of a gap each objective is not surely missed, as long as each changes from met to missed once.

use super::Verdict;

/// What is known about a value: its number, and each objective alone.
pub type Known<'a> = (f64, &'a [Verdict]);

/// The gap between two neighbours, as places, that is to be divided next; nothing if all are as narrow as is asked for.
/// `width` is how wide a gap is, if it can be divided and is too wide.
#[must_use]
pub fn gap(values: &[Known], width: impl Fn(f64, f64) -> Option<f64>) -> Option<usize> {
    let wide = |place: &usize| width(values[*place].0, values[place + 1].0);
    let places: Vec<usize> =
        (0..values.len().saturating_sub(1)).filter(|place| wide(place).is_some()).collect();
    let may_hold = |place: &&usize| may_meet_all(values[**place].1, values[**place + 1].1);
    let has_edge = |place: &&usize| {
        let (one, other) = (values[**place].1, values[**place + 1].1);
        (0..one.len().min(other.len())).any(|objective| is_edge(one[objective], other[objective]))
    };
    let widest = |one: &&usize, other: &&usize| {
        let [one, other] = [one, other].map(|place| wide(place).unwrap_or(0.0));
        one.total_cmp(&other)
    };
    // The last of two alike; first where an answer may be, then where only edges are.
    places
        .iter()
        .filter(may_hold)
        .max_by(widest)
        .or_else(|| places.iter().filter(has_edge).max_by(widest))
        .copied()
}

fn may_meet_all(one: &[Verdict], other: &[Verdict]) -> bool {
    !one.is_empty()
        && one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| [one, other].iter().any(|it| **it != Verdict::Misses))
}

fn is_edge(one: Verdict, other: Verdict) -> bool {
    (one == Verdict::Misses) != (other == Verdict::Misses)
}

/// The edge of an objective: the last value on its good side, and its neighbour that surely misses it. Nothing if it is
/// missed everywhere or nowhere.
#[must_use]
pub fn edge(values: &[Known], objective: usize) -> Option<(f64, f64)> {
    let judged: Vec<_> = values.iter().filter(|(_, verdicts)| verdicts.len() > objective).collect();
    judged.windows(2).find_map(|pair| {
        let [(one, before), (other, after)] = [pair[0], pair[1]];
        match (before[objective], after[objective]) {
            (before, after) if !is_edge(before, after) => None,
            (Verdict::Misses, _) => Some((*other, *one)),
            _ => Some((*one, *other)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::Verdict::{Meets, Misses, Open};
    use super::*;

    /// Searches whole numbers for those that are at least `from` for one objective and at most `to` for the other one.
    fn search(from: f64, to: f64) -> Vec<(f64, Vec<Verdict>)> {
        let judged = |at: f64| {
            let verdict = |is_met: bool| if is_met { Meets } else { Misses };
            (at, vec![verdict(at >= from), verdict(at <= to)])
        };
        let mut values: Vec<_> = [0.0, 250.0, 500.0, 750.0, 1000.0].map(judged).into();
        loop {
            let known: Vec<Known> = values.iter().map(|(at, verdicts)| (*at, verdicts.as_slice())).collect();
            let meets_all = |(_, verdicts): &Known| verdicts.iter().all(|it| *it == Meets);
            if known.iter().any(meets_all) {
                return values;
            }
            let Some(place) = gap(&known, |one, other| (other - one > 1.0).then_some(other - one)) else {
                return values;
            };
            let middle = f64::midpoint(values[place].0, values[place + 1].0).round();
            values.insert(place + 1, judged(middle));
        }
    }

    #[test]
    fn values_between_two_edges_are_found_however_few_they_are() {
        for (from, to) in [(455.0, 499.0), (261.0, 264.0), (777.0, 777.0)] {
            let values = search(from, to);
            let found = values.iter().find(|(_, verdicts)| verdicts.iter().all(|it| *it == Meets));
            let (at, _) = found.unwrap_or_else(|| panic!("{from} to {to}: {values:?}"));
            assert!((from..=to).contains(at) && values.len() < 20, "{at}");
        }
    }

    #[test]
    fn where_two_edges_leave_nothing_between_them_both_are_known() {
        let values = search(600.0, 420.0);
        let known: Vec<Known> = values.iter().map(|(at, verdicts)| (*at, verdicts.as_slice())).collect();
        assert_eq!(
            [0, 1].map(|objective| edge(&known, objective)),
            [Some((600.0, 599.0)), Some((420.0, 421.0))]
        );
        assert_eq!(edge(&known[..2], 0), None);
    }

    #[test]
    fn what_is_open_may_be_met() {
        let (one, other) = ([Open, Misses], [Misses, Meets]);
        assert_eq!(gap(&[(1.0, &one), (2.0, &other)], |_, _| Some(1.0)), Some(0));
        assert_eq!(gap(&[(1.0, &one), (2.0, &other)], |_, _| None), None);
        // Not simulated: nothing is known of any objective.
        assert_eq!(gap(&[(1.0, &one), (2.0, &[])], |_, _| Some(1.0)), None);
    }
}
